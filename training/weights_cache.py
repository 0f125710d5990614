"""The offline cache: torchvision's own folder, with a recorded SHA-256 beside each file.

Copying the folder to another machine is all that it takes to work there without a network.
"""

import hashlib
import shutil
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import WeightsError
from ..inference.events import finish
from ..inference.whole_file import replacing
from .config import ARCHITECTURES
from .published_weights import CHOICES, PublishedWeights, published_files, published_weights
from .weights_file import architecture_of, read_weights_file

RECORD_SUFFIX = ".sha256"


@dataclass(frozen=True)
class HashProgress:
    """Bytes of a file that have been hashed."""

    name: str
    done: int
    total: int


@dataclass(frozen=True)
class ListedWeights:
    """One choice of weights, published or of the user's own.

    Attributes:
        model: what `--model` takes with it; None for the user's own, which may be of any.
        weights: what `--weights` takes.
        file: the file's name in the cache.
        size: in bytes; None if it is not in the cache.
        sha256: as recorded; None before its first use.
        sha256_prefix: as published; None for the user's own.
        accuracy: top-1 on ImageNet as published, 0..1; None for the user's own.
    """

    model: str | None
    weights: str
    file: str
    size: int | None
    sha256: str | None
    sha256_prefix: str | None
    accuracy: float | None


@dataclass(frozen=True)
class CheckedFile:
    """A cached file after hashing; `problem` is None if it is what it was."""

    file: str
    size: int | None
    sha256: str | None
    problem: str | None


@dataclass(frozen=True)
class AddedWeights:
    """A file that is in the cache now, and the options that use it."""

    path: Path
    sha256: str
    model: str
    weights: str


def cache_folder() -> Path:
    """Where torchvision keeps its downloads too, so that nothing is fetched twice."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def hash_file(path: Path) -> Generator[HashProgress, None, str]:
    """Compute a file's SHA-256, in hexadecimal."""
    digest, done, total = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
            done += len(chunk)
            yield HashProgress(path.name, done, total)
    return digest.hexdigest()


def check_cached(path: Path, prefix: str | None = None) -> str:
    """Check a cached file against the SHA-256 recorded at its first use; record it then.

    Args:
        path: a file in the cache.
        prefix: the beginning of its SHA-256 as published, if it was.

    Raises:
        WeightsError: it is not what was published or recorded.
    """
    sha256 = finish(hash_file(path))
    problem = _problem(path, sha256, prefix)
    if problem:
        raise WeightsError(f"{path} {problem}")
    if _recorded(path) is None:
        # A cache that may not be written (shared, in a container image) is good all the same.
        with suppress(OSError):
            _record(path, sha256)
    return sha256


def check_prefix(sha256: str, prefix: str | None, source: str) -> None:
    """Check a hash against the published beginning, where there is one.

    Raises:
        WeightsError: it is another file; `source` says whose.
    """
    if prefix and not sha256.startswith(prefix):
        raise WeightsError(f"{source} {_unpublished(sha256, prefix)}")


def published_prefix(name: str) -> str | None:
    """Give the beginning of the SHA-256 of torchvision's file of this name, if it is one."""
    published = published_files().get(name)
    return published.sha256_prefix if published else None


def list_weights() -> list[ListedWeights]:
    """List every choice: what torchvision publishes, cached or not, then the user's own."""
    published = [_listed(entry) for name in ARCHITECTURES for entry in published_weights(name)]
    files = published_files()
    own = [
        ListedWeights(None, path.name, path.name, path.stat().st_size, _recorded(path), None, None)
        for path in _tlx_files()
        if path.name not in files and path.is_file()
    ]
    return published + own


def verify_cache() -> Generator[HashProgress | CheckedFile, None, None]:
    """Hash every file that tlx downloaded, used or added; nothing is changed.

    Yields:
        Progress, and a `CheckedFile` for each. Files of other programs are left alone.
    """
    for path in _tlx_files():
        try:
            sha256 = yield from hash_file(path)
            problem = _problem(path, sha256, published_prefix(path.name))
            done = CheckedFile(path.name, path.stat().st_size, sha256, problem)
        except FileNotFoundError:
            problem = f"is gone; copy it here again, or delete {path.name}{RECORD_SUFFIX}"
            done = CheckedFile(path.name, None, None, problem)
        except OSError as error:
            problem = f"cannot be read ({error.strerror or error})"
            done = CheckedFile(path.name, None, None, problem)
        yield done


def add_to_cache(path: Path) -> Generator[HashProgress, None, AddedWeights]:
    """Copy a file into the cache: torchvision's own, or the user's state dict or checkpoint.

    Yields:
        Progress of hashing.

    Raises:
        WeightsError: it is damaged, holds more than tensors, fits no architecture, or another
            file of its name is there.
        CheckpointError: it is a checkpoint that this tlx cannot use.
    """
    _require_file(path)
    sha256 = yield from hash_file(path)
    added = _described(path, sha256)
    if added.path.exists():
        there = yield from hash_file(added.path)
        if there != sha256:
            raise WeightsError(
                f"{added.path} is another file of that name; rename {path.name}, or delete that one"
            )
    else:
        added.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(added.path) as temporary:
            shutil.copyfile(path, temporary)
            if (yield from hash_file(temporary)) != sha256:
                raise WeightsError(f"{path} changed while it was copied; add it again")
    _record(added.path, sha256)
    return added


def _require_file(path: Path) -> None:
    if path.is_dir():
        raise WeightsError(f"{path} is a folder; give a file, such as the best.pt of a run")
    if not path.is_file():
        raise WeightsError(f"{path}: no such file; give a state dict or a checkpoint of tlx train")
    if path.name in (*CHOICES, "none") or path.name.startswith(".") or not _is_weights(path):
        raise WeightsError(f"--weights could not find {path} by its name; rename it, as in my.pth")


def _described(path: Path, sha256: str) -> AddedWeights:
    """Find out what a file is; torchvision's by its name and hash, others by what they hold."""
    target = cache_folder() / path.name
    published = published_files().get(path.name)
    if published:
        check_prefix(sha256, published.sha256_prefix, str(path))
        return AddedWeights(target, sha256, published.architecture, published.choice)
    model = architecture_of(read_weights_file(path).state)
    if model is None:
        raise WeightsError(
            f"{path} fits no --model; give a state dict of one of {', '.join(ARCHITECTURES)}"
        )
    return AddedWeights(target, sha256, model, path.name)


def _tlx_files() -> list[Path]:
    """List published files that are there, and whatever has a record, there or not."""
    folder = cache_folder()
    if not folder.exists():
        return []
    names = {path.name for path in folder.iterdir()}
    recorded = {name.removesuffix(RECORD_SUFFIX) for name in names if name.endswith(RECORD_SUFFIX)}
    found = (names & published_files().keys()) | recorded
    return [folder / name for name in sorted(found) if _is_weights(Path(name))]


def _is_weights(path: Path) -> bool:
    return path.suffix not in (RECORD_SUFFIX, ".partial")


def _listed(published: PublishedWeights) -> ListedWeights:
    path = cache_folder() / published.file_name
    return ListedWeights(
        model=published.architecture,
        weights=published.choice,
        file=path.name,
        size=path.stat().st_size if path.is_file() else None,
        sha256=_recorded(path),
        sha256_prefix=published.sha256_prefix,
        accuracy=published.accuracy,
    )


def _problem(path: Path, sha256: str, prefix: str | None) -> str | None:
    if _recorded(path) not in (None, sha256):
        return (
            f"has changed since its first use (SHA-256 {sha256}, another is recorded in "
            f"{path.name}{RECORD_SUFFIX}); delete both files, and download or add it again"
        )
    return _unpublished(sha256, prefix) if prefix and not sha256.startswith(prefix) else None


def _unpublished(sha256: str, prefix: str) -> str:
    return (
        f"has SHA-256 {sha256[:16]}..., published is {prefix}...: damaged or replaced on its way; "
        "delete it if it lies on disk, and download it again"
    )


def _record(path: Path, sha256: str) -> None:
    with replacing(path.with_name(f"{path.name}{RECORD_SUFFIX}")) as temporary:
        temporary.write_text(f"{sha256}  {path.name}\n", encoding="utf-8")


def _recorded(path: Path) -> str | None:
    """Read the recorded SHA-256; None without a record, "" from one that is damaged."""
    record = path.with_name(f"{path.name}{RECORD_SUFFIX}")
    try:
        words = record.read_text(encoding="utf-8", errors="replace").split()
    except FileNotFoundError:
        return None
    return words[0] if words else ""
