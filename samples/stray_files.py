"""Files of a data folder that are no samples: pictures without a label, and others."""

import os
from collections.abc import Iterator
from pathlib import Path

from ..inference.picture import PICTURE_SUFFIXES
from .findings import Finding
from .folders import SPLIT_NAMES, FoundSamples
from .picture_facts import read_header
from .picture_names import place


def stray_findings(found: FoundSamples) -> Iterator[Finding]:
    """Find pictures that nothing names, and what lies in label folders without being used.

    Where a CSV gives the labels, only pictures that it does not name are told.
    """
    for path, depth in _unnamed(found):
        if path.name.lower().endswith(PICTURE_SUFFIXES):
            why = "the CSV does not name it" if found.from_csv else "it lies in no label folder"
            yield Finding("unlabelled", (path,), why)
        elif not found.from_csv and depth >= _label_depth(found):
            yield _other(path)


def _unnamed(found: FoundSamples) -> list[tuple[Path, int]]:
    """List the files that are no samples, each with the number of folders above it."""
    spelled = {str(sample.path) for sample in found.everything}
    others = [(Path(file), depth) for file, depth in _files(found.root) if file not in spelled]
    # A CSV, or a root such as ".", may spell a file in another way.
    known = {place(sample.path) for sample in found.everything} if others else set[str]()
    return [(path, depth) for path, depth in others if place(path) not in known]


def empty_label_findings(found: FoundSamples) -> Iterator[Finding]:
    """Find label folders without pictures."""
    used = {found.root.joinpath(*parts) for parts in _label_parts(found)}
    for folder in _label_folders(found):
        if folder not in used:
            yield Finding("label-empty", (folder,), "no pictures in it: it becomes no label")


def merged_label_findings(found: FoundSamples) -> Iterator[Finding]:
    """Find folders of one place whose names differ in Unicode form only, and are one label."""
    spellings: dict[str, dict[str, Path]] = {}
    for label, parts in dict.fromkeys((s.label, _parts(found, s.path)) for s in found.everything):
        folder = found.root.joinpath(*parts)
        spellings.setdefault(label, {}).setdefault(folder.name, folder)
    for label, folders in spellings.items():
        if len(folders) > 1:
            paths = tuple(sorted(folders.values()))
            yield Finding("label-merged", paths, f"read as one label, {label!r}")


def _label_parts(found: FoundSamples) -> set[tuple[str, ...]]:
    return {_parts(found, sample.path) for sample in found.everything}


def _parts(found: FoundSamples, path: Path) -> tuple[str, ...]:
    """Name a sample's label folder, relative to the root."""
    above = len(found.root.parts)
    return path.parts[above : above + _label_depth(found)]


def _label_depth(found: FoundSamples) -> int:
    return 1 if found.flat else 2


def _label_folders(found: FoundSamples) -> Iterator[Path]:
    tops = [found.root] if found.flat else _folders(found.root)
    for top in tops:
        if found.flat or top.name.lower() in SPLIT_NAMES:
            yield from _folders(top)


def _folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] != ".")


def _files(root: Path) -> Iterator[tuple[str, int]]:
    """Walk to every file whose name does not begin with a dot; with the folders above it."""
    for parent, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        depth = len(Path(parent).relative_to(root).parts)
        for name in sorted(files):
            if not name.startswith("."):
                yield os.path.join(parent, name), depth  # noqa: PTH118 - many, and few become paths


def _other(path: Path) -> Finding:
    header = read_header(path) if path.is_file() else None  # a FIFO would wait for ever
    if header is None:
        return Finding("no-picture", (path,), "not a picture; it is not used")
    return Finding("other-ending", (path,), f"{header.format} inside; rename it to be used")
