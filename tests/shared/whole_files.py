"""Telling whether what `tlx` has written is whole."""

import csv
import hashlib
import json
from pathlib import Path

from tlx.training.checkpoint import load_checkpoint


def _read(path: Path) -> None:
    """Read a file as a whole, by its kind."""
    import onnx
    import torch
    from PIL import Image

    if path.suffix == ".pt":
        assert load_checkpoint(path).weights
    elif path.suffix == ".json":
        assert json.loads(path.read_text(encoding="utf-8"))
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows
        assert all(None not in row and None not in row.values() for row in rows)
    elif path.suffix == ".png":
        with Image.open(path) as image:
            image.load()
    elif path.suffix == ".onnx":
        onnx.checker.check_model(path, full_check=True)
    elif path.suffix == ".ts":
        torch.jit.load(path)
    elif path.suffix == ".parquet":
        import pyarrow.parquet as pq

        assert pq.read_table(path).num_rows
    elif path.suffix == ".html":
        assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    else:
        assert path.suffix == ".txt", path
        assert path.read_text(encoding="utf-8").endswith("\n")


def assert_whole(folder: Path) -> int:
    """Read every file that stands under its final name, and hold exports against their record."""
    files = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _is_final(path.relative_to(folder))
    ]
    for path in files:
        try:
            _read(path)
        except Exception as error:
            raise AssertionError(f"{path} is not whole") from error
    for record in (path for path in files if path.name == "verification.json"):
        rows = json.loads(record.read_text(encoding="utf-8"))["files"]
        hashes = {row["path"]: row["sha256"] for row in rows}
        for file in (*record.parent.glob("model*.onnx"), *record.parent.glob("model.ts")):
            assert hashlib.sha256(file.read_bytes()).hexdigest() == hashes[file.name], file
    return len(files)


def _is_final(path: Path) -> bool:
    """Tell what a reader takes for finished: not hidden, and no cache that is written anew."""
    hidden = any(part.startswith(".") for part in path.parts)
    return bool(path.suffix) and not (
        hidden or path.name == "pictures.cache" or "features" in path.parts
    )
