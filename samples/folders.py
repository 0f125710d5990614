"""Finding pictures in folders: one sub-folder a label, or such folders under train, val, test."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from ..errors import DataError
from ..inference.picture import PICTURE_SUFFIXES
from .sample import Sample, normalise_label

SPLIT_NAMES = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class FoundSamples:
    """The samples of a data folder, by split if it has one.

    `validation` and `test` are None where the folder has no such sub-folder; `flat` is True
    where no split is given, all samples then standing in `train`.

    Attributes:
        task: "single-label" or "multi-label".
        fixed: the split of pictures that is known beforehand, from an earlier `split.csv` or from
            a CSV's own column; it goes before the folders.
        groups: pictures whose group has one name stay together, where a split is made.
        notes: what the user should know.
        from_csv: a CSV gives the labels, not the folders.
    """

    root: Path
    flat: bool
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...] | None = None
    test: tuple[Sample, ...] | None = None
    task: str = "single-label"
    fixed: Mapping[Path, str] = field(default_factory=dict[Path, str])
    groups: Mapping[Path, str] = field(default_factory=dict[Path, str])
    notes: tuple[str, ...] = ()
    from_csv: bool = False

    @property
    def everything(self) -> tuple[Sample, ...]:
        """All samples."""
        return (*self.train, *(self.validation or ()), *(self.test or ()))


def find_samples(root: Path) -> FoundSamples:
    """Find the samples of a data folder.

    Raises:
        DataError: no such folder, no pictures, or a layout that is not understood.
    """
    _require_folder(root)
    found: dict[str, tuple[Sample, ...]] = {}
    for folder in _split_folders(root):
        split = SPLIT_NAMES[folder.name.lower()]
        if split in found:
            raise DataError(f"{root} has two folders for {split}; keep one of them")
        found[split] = tuple(label_folders(folder))
    if not found:
        return FoundSamples(root, flat=True, train=tuple(label_folders(root)))
    if "train" not in found:
        raise DataError(f"{root} has {' and '.join(found)} but no train folder; add train/")
    return FoundSamples(root, False, found["train"], found.get("validation"), found.get("test"))


def label_folders(root: Path) -> list[Sample]:
    """List the pictures below `root`; the first folder's name is the label.

    Raises:
        DataError: no such folder, no pictures in sub-folders, or a name that can be no label.
    """
    _require_folder(root)
    folders = _folders(root)
    _require_text(root, [folder.name for folder in folders])
    samples = [
        Sample(path, normalise_label(folder.name))
        for folder in folders
        for path in find_pictures(folder)
    ]
    if not samples:
        raise DataError(_why_no_samples(root))
    return samples


def find_pictures(folder: Path) -> Iterator[Path]:
    """Walk a folder in sorted order; what begins with a dot or ends as no picture is passed.

    Raises:
        DataError: a folder in it may not be listed.
    """
    for parent, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower().endswith(PICTURE_SUFFIXES):
                yield Path(parent, name)


def looks_split(root: Path) -> bool:
    """Tell whether a folder holds train, val, test rather than label folders."""
    return bool(_split_folders(root))


def _split_folders(root: Path) -> list[Path]:
    """List the folders train, val, test of a data folder; none if it is a flat one.

    A label may be called "train" too, so the name alone does not decide: beside folders of other
    names it is a label, unless label folders lie in it, which is not understood. Other folders
    without pictures do not count.
    """
    folders = _folders(root)
    named = [folder for folder in folders if folder.name.lower() in SPLIT_NAMES]
    others = [f for f in folders if f not in named and next(find_pictures(f), None)]
    if not others:
        return named
    if any(folder.name.lower() == "train" and _holds_label_folders(folder) for folder in named):
        raise DataError(
            f"{root} holds label folders in train/ and also pictures in {others[0].name}/; move "
            f"{others[0].name}/ away, or into train/ if it is a label"
        )
    return []


def _holds_label_folders(folder: Path) -> bool:
    first = next(find_pictures(folder), None)  # one directly in the folder would come first
    return first is not None and first.parent != folder


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    raise DataError(f"{error.filename} cannot be listed: {error.strerror}") from None


def _require_folder(root: Path) -> None:
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataError(f"{root} {what}; give a folder with one sub-folder a label")


def _require_text(root: Path, labels: list[str]) -> None:
    """Refuse names that are no UTF-8, as Linux allows: a label goes into the card as text."""
    for label in labels:
        try:
            label.encode()
        except UnicodeEncodeError:
            raise DataError(f"{root}: the folder name {label!a} is not UTF-8; rename it") from None


def _why_no_samples(root: Path) -> str:
    if next(find_pictures(root), None) is None:
        return f"no pictures in {root} (looked for {' '.join(PICTURE_SUFFIXES)}); give another"
    return f"the pictures of {root} lie in no sub-folder; put them into one sub-folder a label"
