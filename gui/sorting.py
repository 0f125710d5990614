"""Pictures into folders named after their labels: a plan, its doing, and its undoing.

Nothing is overwritten, nothing is written outside the chosen folder, and each file is written
under a temporary name and then renamed. A manifest lists what was made as it is made.
"""

import csv
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from itertools import count
from pathlib import Path

from ..errors import DataError, TlxError
from .copying import Stopped, copy, digest_of
from .manifest import MANIFEST, Made, open_manifest, read_manifest

RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL"} | {f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10)}
)
"""Names that Windows keeps for devices, with any ending."""
LONGEST_FOLDER = 200
"""Bytes of a folder's name in UTF-8; systems allow 255, some of them less."""


class SortingError(TlxError):
    """The system refused to write; what was made before is whole and in the manifest."""


@dataclass(frozen=True)
class Step:
    """A picture and where it is to go, relative to the target."""

    source: str
    place: str


@dataclass(frozen=True)
class Plan:
    """What would be done.

    Attributes:
        target: the folder that was chosen; all that is written lies in it.
        steps: a picture each, in the order given.
        counts: how many go into each folder.
        renamed: how many need another name, as theirs is taken.
        there: how many lie in their place already, and stay as they are.
        size: of all pictures, in bytes.
    """

    target: Path
    steps: tuple[Step, ...]
    counts: Mapping[str, int]
    renamed: int
    there: int
    size: int


@dataclass(frozen=True)
class Undone:
    """How many files were taken back, which were left, and why, and whether it ended early."""

    files: int
    left: tuple[str, ...]
    stopped: bool = False


def make_plan(pictures: Iterable[tuple[str, str]], target: Path) -> Plan:
    """Plan to put pictures into folders of their labels; nothing is written.

    Args:
        pictures: paths with their labels.
        target: an existing folder.

    Raises:
        DataError: the target is no folder, or a label's folder in it is a link to elsewhere.
    """
    if not target.is_dir():
        raise DataError(f"{target} is no folder; choose another")
    root = os.path.abspath(target)  # noqa: PTH100 - links stay, as in the pictures' paths
    taken: dict[str, set[str]] = {}
    steps: list[Step] = []
    renamed = there = size = 0
    for source, label in pictures:
        folder, name = folder_name(label), Path(source).name
        if source == os.path.join(root, folder, name):  # noqa: PTH118 - a hundred thousand times
            there += 1
            continue
        names = taken[folder] if folder in taken else _names_in(target / folder)
        free = next(one for one in _numbered(name) if one.casefold() not in names)
        names.add(free.casefold())
        taken[folder] = names
        renamed += free != name
        steps.append(Step(source, f"{folder}/{free}"))
        with suppress(OSError):  # it is gone: said when it is to be copied
            size += os.stat(source).st_size  # noqa: PTH116
    counts = Counter(step.place.partition("/")[0] for step in steps)
    return Plan(target, tuple(steps), dict(sorted(counts.items())), renamed, there, size)


def folder_name(label: str) -> str:
    """Turn a label into the name of one folder, on every system."""
    kept = "".join("_" if sign in '/\\:*?"<>|' or ord(sign) < 32 else sign for sign in label)
    kept = kept.rstrip(". ") or "_"
    stem, dot, rest = kept.partition(".")
    if stem.strip().upper() in RESERVED:
        kept = f"{stem}_{dot}{rest}"
    kept = f"_{kept}" if kept.startswith(".") else kept
    content = kept.encode(errors="surrogatepass")
    if len(content) <= LONGEST_FOLDER:
        return kept
    known = hashlib.sha256(label.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{content[: LONGEST_FOLDER - 9].decode(errors='ignore')}-{known}"


def apply(
    plan: Plan, way: str = "copy", stopped: Callable[[], bool] = lambda: False
) -> Generator[Made]:
    """Do what is planned; each file is given as it stands. The first thing given is the manifest.

    Args:
        plan: of now: a name that was taken since gets a number.
        way: "copy"; "link" for hard links; "move" removes a picture once its copy stands. Of a
            symbolic link what it leads to is copied.
        stopped: asked before each piece of a file whether to end early; of that file nothing stays.

    Raises:
        SortingError: the system refused; nothing is half written.
    """
    manifest = _free(plan.target, MANIFEST)
    with _refusing(plan.target), open_manifest(manifest, "x") as file:
        lines = csv.DictWriter(file, [field.name for field in fields(Made)])
        lines.writeheader()
        file.flush()
        yield Made(manifest.name, "", "manifest", "")
        for made in _done(plan, way, stopped):
            if made.way == "gone":
                yield made
                continue
            lines.writerow(asdict(made))
            file.flush()
            if made.way == "move":  # only now that it can be found again
                os.unlink(made.source)  # noqa: PTH108
            if made.way != "folder":
                yield made


def undo(manifest: Path, stopped: Callable[[], bool] = lambda: False) -> Undone:
    """Take back what a manifest lists, as far as it is unchanged; a move is moved back.

    The manifest goes when nothing is left of it.

    Args:
        manifest: its path.
        stopped: asked before each piece of a file whether to end early; the manifest stays then.

    Raises:
        DataError: it is no manifest.
        SortingError: the system refused to; what is left stays in the manifest.
    """
    lines, target = read_manifest(manifest), manifest.parent
    left: list[str] = []
    files = 0
    with _refusing(target):
        for made in reversed(lines):
            if stopped():
                return Undone(files, tuple(left), stopped=True)
            if made.way == "folder":
                with suppress(OSError):  # somebody else has put something into it
                    (target / made.place).rmdir()
                continue
            there = (target / made.place).is_file()
            try:
                reason = _take_back(target / made.place, made, stopped)
            except Stopped:
                return Undone(files, tuple(left), stopped=True)
            if reason:
                left.append(f"{made.place}: {reason}")
            else:
                files += there
        if not left:
            manifest.unlink()
    return Undone(files, tuple(left))


def _done(plan: Plan, way: str, stopped: Callable[[], bool]) -> Iterator[Made]:
    for step in plan.steps:
        folder, _, name = step.place.partition("/")
        if not os.path.isfile(step.source):  # noqa: PTH113
            yield Made(step.place, step.source, "gone", "")
            continue
        if not (plan.target / folder).is_dir():
            (plan.target / folder).mkdir()
            yield Made(folder, "", "folder", "")
        try:
            yield _put(step.source, plan.target / folder, name, way, stopped)
        except Stopped:
            return


def _put(source: str, folder: Path, name: str, way: str, stopped: Callable[[], bool]) -> Made:
    """Write a picture's copy, or link it, under the first free name.

    What a symbolic link leads to is copied and the link stays: elsewhere it may lead nowhere.
    """
    way = "copy" if os.path.islink(source) else way  # noqa: PTH114
    temporary = folder / f".tlx-{os.getpid()}.partial"
    try:
        if way != "copy" and _link(source, temporary, must=way == "link"):
            digest = digest_of(temporary, stopped)
        else:
            digest = copy(source, temporary, stopped)
        place = _settle(temporary, folder, name)
    finally:
        temporary.unlink(missing_ok=True)
    return Made(f"{folder.name}/{place.name}", os.path.abspath(source), way, digest)  # noqa: PTH100


def _link(source: str, place: Path, must: bool) -> bool:
    """Make a hard link; where it need not be one, tell whether it could be made."""
    try:
        os.link(source, place)
    except OSError:
        if must:
            raise
        return False
    return True


def _settle(temporary: Path, folder: Path, name: str) -> Path:
    """Give a finished file its name; a link, unlike a renaming, never replaces another file."""
    for free in _numbered(name):
        place = folder / free
        try:
            os.link(temporary, place)
        except FileExistsError:
            continue
        except OSError:  # a file system without links, as on a memory stick
            if place.exists():
                continue
            temporary.rename(place)
        return place
    raise AssertionError("names do not run out")


def _take_back(place: Path, made: Made, stopped: Callable[[], bool]) -> str:
    """Remove a file that was made, or move it back; gives why it is left."""
    if not place.is_file():
        return "" if made.way != "move" or os.path.exists(made.source) else "it is gone"  # noqa: PTH110
    if digest_of(place, stopped) != made.sha256:
        return "it was changed since"
    if made.way == "move":
        home = Path(made.source)
        if home.exists():
            return f"{home} is there again"
        home.parent.mkdir(parents=True, exist_ok=True)
        _put(str(place), home.parent, home.name, "copy", stopped)
    place.unlink()
    return ""


def _names_in(folder: Path) -> set[str]:
    if folder.is_symlink():
        raise DataError(f"{folder} is a link to elsewhere; choose another place")
    if not folder.is_dir():
        return set()
    return {entry.name.casefold() for entry in os.scandir(folder)}


def _numbered(name: str) -> Iterator[str]:
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    yield name
    for number in count(2):
        yield f"{stem} ({number}){dot}{ending}"


def _free(folder: Path, name: str) -> Path:
    return next(folder / one for one in _numbered(name) if not (folder / one).exists())


@contextmanager
def _refusing(target: Path) -> Generator[None]:
    """Turn what the system says against writing into one line."""
    try:
        yield
    except OSError as error:
        where, said = error.filename or target, error.strerror or error
        raise SortingError(f"{where}: {said}; what was made before is whole") from None
