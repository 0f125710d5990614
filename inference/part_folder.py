"""A folder of Parquet files that readers open as one table: written part by part, gone on with.

A part has its name only when it is whole and on the disk. It says itself which files it is about,
so that a later run over the same list passes them, and one over another list is refused.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .. import __version__
from ..errors import DataError, UsageError
from .folder_lock import only_holder
from .listed_paths import PathDigest, Shard, path_text
from .part_manifest import (
    SCHEMA,
    Manifest,
    PartPlan,
    WholeShard,
    manifest_path,
    manifests,
    read_manifest,
    require_same_plan,
    write_manifest,
)
from .whole_file import replacing

if TYPE_CHECKING:
    import pyarrow

_MODEL, _FILES, _FAILURES = b"tlx.model_sha256", b"tlx.paths_sha256", b"tlx.failures"
_VERSION = b"tlx.version"


@dataclass(frozen=True)
class Part:
    """A part that has its name.

    Attributes:
        path: of the Parquet file.
        pictures: its rows.
        failures: those of them with an error.
        paths_sha256: digest of the names of its pictures.
    """

    path: Path
    pictures: int
    failures: int
    paths_sha256: str


@contextmanager
def open_parts(folder: Path, plan: PartPlan, shard: Shard) -> Generator["PartFolder"]:
    """Make or open the folder, for one process a shard.

    Raises:
        UsageError: it is not of tlx, was begun with another plan, or somebody else writes the
            same shard.
    """
    _require_own(folder)
    folder.mkdir(exist_ok=True)
    share = f"share {shard.number}/{shard.count} of " if shard.count > 1 else ""
    refusal = (
        f"another tlx classify writes {share}{folder}; wait until it has ended, "
        "or choose another --out"
    )
    with only_holder(folder / f".{shard.name}.lock", refusal):
        yield PartFolder(folder, plan, shard)


class PartFolder:
    """One shard of the folder; `open_parts` makes it."""

    def __init__(self, folder: Path, plan: PartPlan, shard: Shard) -> None:
        self.folder, self.plan, self.shard = folder, plan, shard
        for path in manifests(folder):
            require_same_plan(path, read_manifest(path).plan, plan)
        # Of nobody else: what a killed process left of this shard.
        for path in folder.glob(f".{shard.name}-*.partial"):
            path.unlink(missing_ok=True)
        manifest = manifest_path(folder, shard)
        self._whole = manifest.exists() and read_manifest(manifest).whole is not None
        if not manifest.exists():
            self._write_manifest(None)

    def parts(self) -> list[Part]:
        """Read what the parts that are there say about themselves, in their order.

        Raises:
            UsageError: one of them cannot be read, is of another model, or is absent.
        """
        count = sum(1 for _ in self.folder.glob(f"{self.shard.name}-part-*.parquet"))
        return [self._read(number) for number in range(count)]

    def write(self, number: int, rows: "pyarrow.Table") -> Part:
        """Write a part.

        Raises:
            OSError: it cannot be written; `filename` is its path.
        """
        import pyarrow.parquet as pq

        if self._whole:  # the list has grown since
            self._write_manifest(None)
        path, failures = self._path(number), len(rows) - rows["error"].null_count
        names = cast(list[str], rows["path"].to_pylist())
        digest = PathDigest().add(*names).sha256
        said = {
            _MODEL: self.plan.model_sha256,
            _FILES: digest,
            _FAILURES: str(failures),
            _VERSION: __version__,
        }
        with replacing(path) as temporary, _in_the_systems_words():
            pq.write_table(rows.replace_schema_metadata(said), temporary, compression="zstd")
        return Part(path, len(rows), failures, digest)

    def finish(self, whole: WholeShard) -> None:
        """Note that all parts are there.

        Raises:
            DataError: another shard was of another list, so that files may be absent.
        """
        self._write_manifest(whole)
        for path in manifests(self.folder):
            manifest = read_manifest(path)
            require_same_plan(path, manifest.plan, self.plan)
            other = manifest.whole
            if other and (other.listed, other.list_sha256) != (whole.listed, whole.list_sha256):
                raise DataError(
                    f"{path.stem[1:]} of {self.folder} is of another list ({other.listed} files, "
                    f"here {whole.listed}, or other names or order); classify one of them again"
                )

    def _path(self, number: int) -> Path:
        return self.folder / f"{self.shard.name}-part-{number:05}.parquet"

    def _write_manifest(self, whole: WholeShard | None) -> None:
        self._whole = whole is not None
        path = manifest_path(self.folder, self.shard)
        write_manifest(path, Manifest(SCHEMA, __version__, self.plan, whole))

    def _read(self, number: int) -> Part:
        import pyarrow.parquet as pq

        path = self._path(number)
        try:
            found = pq.read_metadata(path)
            said = found.metadata or {}
            part = Part(path, found.num_rows, int(said[_FAILURES]), said[_FILES].decode())
        except FileNotFoundError:
            raise UsageError(
                f"{path} is absent, but later parts are there; put it back, or choose another --out"
            ) from None
        except (OSError, ValueError, KeyError) as error:
            raise UsageError(
                f"{path} is no part that tlx wrote ({error}); choose another --out"
            ) from None
        if said[_MODEL].decode() != self.plan.model_sha256:
            raise UsageError(f"{path} is of another model file; choose another --out")
        return part


def pass_parts(paths: Iterator[str], parts: list[Part]) -> None:
    """Go on in a list behind the files of the parts that are there.

    Raises:
        UsageError: the list has other files there.
    """
    for part in parts:
        names = (path_text(path) for path in islice(paths, part.pictures))
        if PathDigest().add(*names).sha256 != part.paths_sha256:
            raise UsageError(
                f"{part.path} was made of other files than are listed now (or another order); "
                "go on with the same list, or choose another --out"
            )


@contextmanager
def _in_the_systems_words() -> Generator[None]:
    """Let an error of Arrow, which has the system's number and words of its own, say the usual."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.strerror = os.strerror(error.errno)
        raise


def _require_own(folder: Path) -> None:
    """Refuse what an earlier run did not make."""
    if not folder.parent.is_dir():
        raise UsageError(f"--out {folder}: there is no folder {folder.parent}")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"--out {folder}: is a file; it becomes a folder, choose another name")
    if not manifests(folder) and any(path.name[0] != "." for path in folder.iterdir()):
        raise UsageError(f"--out {folder}: exists and was not written by tlx; choose another name")
