"""Rows of numbers on disk, one a picture, to which rows can be added at any time.

A folder holds one store for each combination of what its rows depend on beside the picture:
weights, stage, preprocessing, precision, augmentation. A store is two files to which rows are
added: `values.bin`, and `rows.txt` with a line a row, written after the row's values. What a kill
leaves beyond the last whole line is cut off when the store is opened again.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..inference.whole_file import replacing

ABOUT, SECONDS = "about.json", "seconds.txt"


@dataclass(frozen=True)
class StageKey:
    """What a row depends on beside the picture's content.

    Attributes:
        weights: SHA-256 over the frozen stages' weights and statistics.
        stage: the last frozen one.
        preprocessing: of the card.
        precision: of the computation: "none" is fp32.
        augmentation: of the views; None for the card's plain centre crop.
        seed: of the views.
    """

    weights: str
    stage: str
    preprocessing: Mapping[str, object]
    precision: str
    augmentation: Mapping[str, object] | None
    seed: int


class StageStore:
    """Rows of one key, in a folder of its own.

    Args:
        folder: for all keys.
        key: what the rows depend on.
        shape: of a row.
        dtype: of its values.
    """

    def __init__(
        self, folder: Path, key: StageKey, shape: Sequence[int], dtype: torch.dtype
    ) -> None:
        about = json.dumps({**asdict(key), "shape": list(shape), "dtype": str(dtype)}, indent=1)
        self.folder = folder / hashlib.sha256(about.encode()).hexdigest()[:16]
        self.shape = tuple(shape)
        self.dtype = dtype
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / ABOUT).exists():
            with replacing(self.folder / ABOUT) as temporary:
                temporary.write_text(about + "\n", encoding="utf-8")
        self.rows = self._whole_rows()

    @property
    def row_bytes(self) -> int:
        """Bytes of a row."""
        return torch.Size(self.shape).numel() * self.dtype.itemsize

    def add(self, names: Sequence[str], values: Tensor) -> None:
        """Add rows `[N, ...]` under their names."""
        raw = values.to(self.dtype).contiguous().cpu().view(torch.uint8).numpy().tobytes()
        with (self.folder / "values.bin").open("ab") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # before the rows: a power cut must not leave a row of zeros
        with (self.folder / "rows.txt").open("a", encoding="ascii") as file:
            file.write("".join(f"{name}\n" for name in names))
        for name in names:
            self.rows[name] = len(self.rows)

    @property
    def seconds(self) -> float:
        """Tell how long computing the rows took, all in all; 0 where it is not known."""
        told = self.folder / SECONDS
        try:
            return float(told.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0

    def add_seconds(self, seconds: float) -> None:
        """Remember how long computing more rows took."""
        with replacing(self.folder / SECONDS) as temporary:
            temporary.write_text(f"{self.seconds + seconds}\n", encoding="ascii")

    def values(self) -> Tensor:
        """Map all rows into memory: `[rows, ...]`."""
        count = len(self.rows) * torch.Size(self.shape).numel()
        path = str(self.folder / "values.bin")
        return torch.from_file(path, shared=False, size=count, dtype=self.dtype).view(
            -1, *self.shape
        )

    def _whole_rows(self) -> dict[str, int]:
        """Read which rows there are; cut off what a kill left half-written."""
        values, rows = self.folder / "values.bin", self.folder / "rows.txt"
        for path in (values, rows):
            if path.is_symlink():  # in a stranger's run, to somebody's own file
                path.unlink()
            path.touch()
        # In bytes: what a power failure leaves behind the last line need not be text.
        whole = rows.read_bytes().rpartition(b"\n")[0].decode("ascii").split("\n")
        names = [name for name in whole if name][: values.stat().st_size // self.row_bytes]
        with rows.open("r+", encoding="ascii") as file:
            file.truncate(sum(len(name) + 1 for name in names))
        with values.open("r+b") as file:
            file.truncate(len(names) * self.row_bytes)
        return {name: row for row, name in enumerate(names)}
