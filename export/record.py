"""`verification.json`: what was published, with what it was verified, and the SHA-256s."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .. import __version__
from ..errors import UsageError
from ..training.checkpoint import Checkpoint

RECORD = "verification.json"


@dataclass(frozen=True)
class ExportedFile:
    """A published file.

    Attributes:
        path: where it lies.
        format: "onnx" or "torchscript".
        verified: True: nothing else is published.
        pictures: real pictures it was verified on.
        max_probability_difference: from the checkpoint, in 0..1.
        agreement: share of pictures outside ties with the same first label.
        sha256: of the file.
    """

    path: Path
    format: str
    verified: bool
    pictures: int
    max_probability_difference: float
    agreement: float
    sha256: str


def clear_the_way(folder: Path, names: Sequence[str]) -> None:
    """Remove what an earlier export left, so that nothing stale stays if this one fails.

    Raises:
        UsageError: a file of one of the names was not written by tlx.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ours = _recorded_names(folder / RECORD)
    for name in names:
        if (folder / name).exists() and name not in ours:
            raise UsageError(f"{folder / name} is not an export of tlx; choose another --out")
    for name in set(ours) & set(names):
        (folder / name).unlink(missing_ok=True)
    (folder / RECORD).unlink(missing_ok=True)


def write_record(folder: Path, checkpoint: Checkpoint, files: Sequence[ExportedFile]) -> None:
    """Write `verification.json` over the files published so far."""
    content = {
        "tlx": __version__,
        "torch": torch.__version__,
        "onnxruntime": onnxruntime.__version__,
        "numpy": np.__version__,
        "checkpoint_sha256": checkpoint.sha256,
        "files": [asdict(file) | {"path": file.path.name} for file in files],
    }
    temporary = folder / f".{RECORD}.{os.getpid()}.partial"
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(folder / RECORD)


def _recorded_names(record: Path) -> list[str]:
    if not record.exists():
        return []
    try:
        return [file["path"] for file in json.loads(record.read_text(encoding="utf-8"))["files"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{record} is not a record of tlx export; choose another --out") from None
