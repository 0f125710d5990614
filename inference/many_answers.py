"""Very many pictures: answers go into a folder of parts, and a run goes on where one ended."""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .listed_paths import ListedPaths, Shard
from .part_folder import Part, PartFolder, open_parts, pass_parts
from .part_manifest import PartPlan, WholeShard

if TYPE_CHECKING:
    import pyarrow

Answers = Callable[[Iterator[str]], Iterator["pyarrow.Table"]]
"""Gives tables of `answer_schema` with a row a file, in the order of the files."""


@dataclass(frozen=True)
class PartsFound:
    """Parts of an earlier run, which are passed."""

    parts: int
    pictures: int


@dataclass(frozen=True)
class Answered:
    """How many pictures of the shard have an answer, those of earlier runs among them."""

    pictures: int


Event = PartsFound | Answered | Part


def write_parts(
    paths: Iterable[str], folder: Path, plan: PartPlan, shard: Shard, answers: Answers
) -> Generator[Event, None, WholeShard]:
    """Classify the files of a list and write a part whenever its pictures have answers.

    The list is read as far as needed, and the rows of a part are held.

    Args:
        paths: the whole list, in an order that is the same in every run.
        folder: of the parts.
        plan: what the rows depend on.
        shard: which share of the list is classified.
        answers: classifies.

    Yields:
        What is found, answered and written.

    Returns:
        What the shard holds.

    Raises:
        UsageError: the folder cannot be used, or was begun with another plan or list.
        DataError: the list cannot be read, or another shard was of another one.
        OSError: a part cannot be written; `filename` is its path.
    """
    with open_parts(folder, plan, shard) as parts:
        listed = ListedPaths(paths, shard)
        wanted, there = iter(listed), parts.parts()
        pass_parts(wanted, there)
        written = list(there)
        yield PartsFound(len(there), _pictures(there))
        for event in _write(parts, answers(wanted), there):
            if isinstance(event, Part):
                written.append(event)
            yield event
        failures = sum(part.failures for part in written)
        whole = WholeShard(_pictures(written), failures, listed.count, listed.sha256)
        parts.finish(whole)
    return whole


def _write(
    parts: PartFolder, tables: Iterable["pyarrow.Table"], there: list[Part]
) -> Generator[Answered | Part]:
    number, done, rows = len(there), _pictures(there), _Rows()
    for table in tables:
        rows.add(table)
        yield Answered(done + len(rows))
        while len(rows) >= parts.plan.part_size:
            part = parts.write(number, rows.take(parts.plan.part_size))
            number, done = number + 1, done + part.pictures
            yield part
    if len(rows):
        yield parts.write(number, rows.take(len(rows)))


def _pictures(parts: Iterable[Part]) -> int:
    return sum(part.pictures for part in parts)


class _Rows:
    """Rows that wait until they make a part."""

    def __init__(self) -> None:
        self._tables: list[pyarrow.Table] = []

    def __len__(self) -> int:
        return sum(len(table) for table in self._tables)

    def add(self, table: "pyarrow.Table") -> None:
        self._tables.append(table)

    def take(self, count: int) -> "pyarrow.Table":
        import pyarrow as pa

        rows = pa.concat_tables(self._tables)
        rest = rows.slice(count)
        self._tables = [rest] if len(rest) else []
        return rows.slice(0, count)
