"""A list of pictures in a Parquet file, or in a folder of them; needs the extra `parquet`."""

from collections.abc import Iterator
from pathlib import Path

from ..errors import DataError

COLUMNS = ("path", "file", "url")
"""The first of these that is there counts."""
_ROWS = 4096


def listed_in_parquet(source: Path) -> Iterator[str]:
    """Give the paths or URLs, in the order of the rows, files by name; empty ones are left out.

    Raises:
        DataError: it cannot be read, or has no such column.
    """
    import pyarrow.parquet as pq

    files = sorted(source.rglob("[!._]*.parquet")) if source.is_dir() else [source]
    for path in files:
        try:
            with pq.ParquetFile(path) as table:
                column = _column(table.schema_arrow.names, path)
                for batch in table.iter_batches(_ROWS, columns=[column]):
                    yield from (
                        _text(value, column, path) for value in batch.column(0).to_pylist() if value
                    )
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read as Parquet: {error}") from None


def _column(names: list[str], path: Path) -> str:
    found = next((name for name in COLUMNS if name in names), None)
    if found is None:
        raise DataError(f"{path} has no column {', '.join(COLUMNS)}; name one of its columns so")
    return found


def _text(value: object, column: str, path: Path) -> str:
    if not isinstance(value, str):
        raise DataError(f"{path}: column {column} holds {type(value).__name__}, not text")
    return value
