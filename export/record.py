"""`verification.json`: what was published, with what it was verified, and the SHA-256s."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
import torchvision

from .. import __version__
from ..errors import UsageError
from ..inference.card import Quantization
from ..inference.cores import available_cores
from ..inference.strict_json import parse
from ..inference.whole_file import file_digest, replacing, unfinished
from ..training.checkpoint import Checkpoint
from .verification import ConditionResult, Verification

RECORD = "verification.json"


@dataclass(frozen=True)
class ExportedFile:
    """A published file.

    Attributes:
        path: where it lies.
        format: "onnx", "torchscript" or "pt2".
        verified: True: nothing else is published.
        pictures: real pictures it was verified on.
        source: where they are from: as in `VerificationPictures`.
        max_probability_difference: from the checkpoint, in 0..1.
        agreement: share of pictures outside ties with the same first label, or chosen labels.
        sha256: of the file.
        metric: "accuracy" or "mean average precision"; None where no truth was known.
        score: the file's on these pictures, 0..1.
        checkpoint_score: the checkpoint's.
        score_interval: paired 95 % interval of the file's score less the checkpoint's.
        conditions: the answers under other conditions.
        quantization: what was made smaller, if anything.
    """

    path: Path
    format: str
    verified: bool
    pictures: int
    source: str
    max_probability_difference: float
    agreement: float
    sha256: str
    metric: str | None
    score: float | None
    checkpoint_score: float | None
    score_interval: tuple[float, float] | None
    conditions: tuple[ConditionResult, ...]
    quantization: Quantization | None = None

    @classmethod
    def of(
        cls,
        path: Path,
        name: str,
        verification: Verification,
        sha256: str,
        quantization: Quantization | None,
    ) -> "ExportedFile":
        """Describe a file that passed."""
        summary = verification.summary
        return cls(
            path=path,
            format=name,
            verified=True,
            pictures=summary.pictures,
            source=verification.source,
            max_probability_difference=summary.max_probability_difference,
            agreement=summary.agreement,
            sha256=sha256,
            metric=summary.metric,
            score=summary.score,
            checkpoint_score=summary.checkpoint_score,
            score_interval=summary.score_interval,
            conditions=verification.conditions,
            quantization=quantization,
        )


def file_json(file: ExportedFile, path: str) -> dict[str, object]:
    """Turn a published file into plain JSON, its path as given."""
    return {**asdict(file), "path": path}


def clear_the_way(folder: Path, names: Sequence[str]) -> None:
    """Remove what an earlier export left, so that nothing stale stays if this one fails.

    Other files that it published, and what is recorded of them, stay.

    Raises:
        UsageError: a file of one of the names was not written by tlx, or not as it is now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in unfinished(folder / RECORD):
        path.unlink(missing_ok=True)
    for path in find_earlier(folder, names):
        path.unlink()
    rows = [row for row in _recorded(folder) if (folder / row["path"]).exists()]
    if rows:
        _write(folder, rows)
    else:
        (folder / RECORD).unlink(missing_ok=True)


def find_earlier(folder: Path, names: Sequence[str]) -> list[Path]:
    """List the files that an earlier export left under these names.

    Raises:
        UsageError: a file of one of the names was not written by tlx, or not as it is now.
    """
    ours = {row["path"]: row["sha256"] for row in _recorded(folder)}
    present = [folder / name for name in names if (folder / name).exists()]
    for path in present:
        if path.name not in ours or sha256_of(path) != ours[path.name]:
            raise UsageError(
                f"{path} is not what tlx export wrote, so it is left as it is; "
                "choose another --out or move it away"
            )
    return present


def write_record(folder: Path, checkpoint: Checkpoint, file: ExportedFile) -> None:
    """Add a file to `verification.json`, with the checkpoint, the versions and the machine.

    The other files there may be of other exports, so each has its own.
    """
    row = file_json(file, file.path.name) | origin(checkpoint)
    others = [other for other in _recorded(folder) if other["path"] != file.path.name]
    _write(folder, [*others, row])


def origin(checkpoint: Checkpoint) -> dict[str, object]:
    """Say of which checkpoint something was made, by which versions and kind of machine."""
    return {
        "checkpoint_sha256": checkpoint.sha256,
        "versions": _versions(),
        "machine": _machine(),
    }


def sync_and_hash(path: Path) -> str:
    """Bring a file to the disk and give its SHA-256."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return file_digest(path)


def _versions() -> dict[str, str]:
    packages = (torch, torchvision, onnx, onnxruntime, np)
    named = {package.__name__: package.__version__ for package in packages}
    return {"tlx": __version__, "python": platform.python_version(), **named}


def _machine() -> dict[str, object]:
    """Say what kind of machine it is; no name of it or of its user."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": available_cores(),
        "providers": onnxruntime.get_available_providers(),
        "cuda": torch.version.cuda if torch.cuda.is_available() else None,
    }


def _write(folder: Path, rows: list[dict[str, Any]]) -> None:
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps({"files": rows}, indent=1) + "\n", encoding="utf-8")


def _recorded(folder: Path) -> list[dict[str, Any]]:
    """Read what stands in the record of each published file; nothing where there is none.

    Raises:
        UsageError: it is a file of something else.
    """
    record = folder / RECORD
    if not record.exists():
        return []
    try:
        assert record.is_file()
        rows = [dict(row) for row in parse(record.read_text(encoding="utf-8"))["files"]]
        assert all(isinstance(row[key], str) for row in rows for key in ("path", "sha256"))
    except (OSError, KeyError, TypeError, ValueError, AssertionError):
        raise UsageError(f"{record} is not a record of tlx export; choose another --out") from None
    return rows


def sha256_of(path: Path) -> str:
    """Give a file's SHA-256, or "no file"."""
    return file_digest(path) if path.is_file() else "no file"
