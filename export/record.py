"""`verification.json`: what was published, with what it was verified, and the SHA-256s."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from .. import __version__
from ..errors import UsageError
from ..inference.whole_file import replacing
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
        agreement: share of pictures outside ties with the same first label, or chosen labels.
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
        UsageError: a file of one of the names was not written by tlx, or not as it is now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for path in find_earlier(folder, names):
        path.unlink()
    (folder / RECORD).unlink(missing_ok=True)


def find_earlier(folder: Path, names: Sequence[str]) -> list[Path]:
    """List the files that an earlier export left under these names.

    Raises:
        UsageError: a file of one of the names was not written by tlx, or not as it is now.
    """
    ours = _recorded_hashes(folder / RECORD)
    present = [folder / name for name in names if (folder / name).exists()]
    for path in present:
        if path.name not in ours or _sha256(path) != ours[path.name]:
            raise UsageError(
                f"{path} is not what tlx export wrote, so it is left as it is; "
                "choose another --out or move it away"
            )
    return present


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
    with replacing(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _recorded_hashes(record: Path) -> dict[str, str]:
    """Read the SHA-256 of each published file by its name."""
    if not record.exists():
        return {}
    try:
        files = json.loads(record.read_text(encoding="utf-8"))["files"]
        return {file["path"]: file["sha256"] for file in files}
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{record} is not a record of tlx export; choose another --out") from None


def _sha256(path: Path) -> str:
    if not path.is_file():
        return "no file"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
