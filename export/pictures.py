"""The real pictures on which an export is verified, and those that set the ranges of int8."""

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from ..errors import DataError, PictureError
from ..evaluation.report import require_known_labels
from ..inference.card import ModelCard
from ..inference.preprocessing import Preprocessing, preprocess
from ..samples.folders import find_pictures
from ..samples.sample import LeftOut, Sample, normalise_label
from ..samples.splitting import read_split
from ..training.config import read_config

FEWEST, MOST = 64, 320
"""Pictures compared: fewer validation pictures are filled up with training pictures, and what is
still missing with parts of two photographs; of more some are taken, spread over the labels."""
SAMPLE = "sample"
NAMED = 10
"""Pictures and folders that a note names; the others are counted."""


@dataclass(frozen=True)
class VerificationPictures:
    """Pictures to verify an export on.

    Attributes:
        samples: the pictures, those whose truth is known first.
        source: "validation", "validation and training", "folder" (given by the user) or
            "sample" (parts of the two photographs that come with scikit-learn); "run and sample"
            or "folder and sample" where the run or the folder has fewer than `FEWEST`.
        labelled: how many of them have a known truth.
        notes: what the user should know of them, one line each.
    """

    samples: tuple[Sample, ...]
    source: str
    labelled: int
    notes: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the pictures lie."""
        return tuple(sample.path for sample in self.samples)


@contextmanager
def verification_pictures(
    run: Path, card: ModelCard, data: Path | None
) -> Generator[VerificationPictures]:
    """Choose the pictures of a run that an export is verified on.

    Args:
        run: a run folder.
        card: of its checkpoint.
        data: the folder it was trained on, if that has moved, or any folder of pictures: the
            truth of those is known that lie in a folder named as a label of the card, and what
            cannot be read is left out.

    Raises:
        DataError: they are not where they were, none in the folder can be read, or the run's
            split has labels that the card does not have.
    """
    _require_own_split(run, card)
    with tempfile.TemporaryDirectory(prefix="tlx-") as folder:
        root = data or read_config(run).data
        if data is not None and not _holds_split(run, data):
            chosen = _of_folder(data, card)
        else:
            chosen = _of_run(run, root)
        yield _fill_up(chosen, Path(folder))


def own_pictures(run: Path, data: Path | None, split: str) -> list[Sample]:
    """List a run's own pictures of one split.

    Args:
        run: a run folder.
        data: the folder it was trained on, if that has moved; another one is passed over.
        split: "train" or "validation".

    Raises:
        DataError: they are not where they were.
    """
    moved = data is not None and _holds_split(run, data)
    root = data if moved and data else read_config(run).data
    return _present(_split(run, root, split))


def own_samples(run: Path, data: Path | None, split: str) -> list[Sample]:
    """List those of a run's own pictures of one split that are still there."""
    moved = data is not None and _holds_split(run, data)
    root = data if moved and data else read_config(run).data
    return [sample for sample in _split(run, root, split) if sample.path.is_file()]


def _require_own_split(run: Path, card: ModelCard) -> None:
    """Refuse a `split.csv` that was changed, or is another run's."""
    for split in ("validation", "train"):
        samples = _split(run, run, split)
        try:
            require_known_labels(samples, card.labels, card.task)
        except DataError as error:
            raise DataError(
                f"{run / 'split.csv'} is not of this run: {error}; put back the one that its "
                "training wrote, or train again"
            ) from None


def _of_run(run: Path, root: Path) -> VerificationPictures:
    validation = spread(_split(run, root, "validation"), MOST)
    more = spread(_split(run, root, "train"), max(0, FEWEST - len(validation)))
    source = "validation and training" if more else "validation"
    samples = tuple(_present([*validation, *more]))
    return VerificationPictures(samples, source, len(samples))


def _of_folder(folder: Path, card: ModelCard) -> VerificationPictures:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give one with pictures as --data")
    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"no pictures in {folder}; give another folder as --data")
    samples = [Sample(path, normalise_label(path.parent.name)) for path in paths]
    chosen, left_out = _readable(spread(samples, MOST), card.preprocessing)
    if not chosen:
        first = left_out[0]
        raise DataError(
            f"no picture tried in {folder} can be read, such as {first.path} ({first.reason}); "
            "give another folder as --data"
        )
    notes = [_left_out_note(folder, left_out)] if left_out else []
    if card.task != "single-label":
        return VerificationPictures(tuple(chosen), "folder", 0, tuple(notes))
    known = [sample for sample in chosen if sample.label in card.labels]
    unknown = [sample for sample in chosen if sample.label not in card.labels]
    if unknown:
        notes.append(_unknown_note(unknown, len(known)))
    return VerificationPictures((*known, *unknown), "folder", len(known), tuple(notes))


def _readable(samples: Sequence[Sample], rule: Preprocessing) -> tuple[list[Sample], list[LeftOut]]:
    """Part pictures into those that can be brought to a file and those that cannot."""
    readable: list[Sample] = []
    left_out: list[LeftOut] = []
    for sample in samples:
        try:
            preprocess(sample.path, rule)
            readable.append(sample)
        except PictureError as error:
            left_out.append(LeftOut(sample.path, error.reason))
    return readable, left_out


def _left_out_note(folder: Path, left_out: Sequence[LeftOut]) -> str:
    named = [f"{picture.path} ({picture.reason})" for picture in left_out]
    count = f"{len(left_out)} picture{'s' if len(left_out) > 1 else ''}"
    return f"left out of {folder}: {count} that cannot be read: {_named(named)}"


def _unknown_note(unknown: Sequence[Sample], known: int) -> str:
    names = [repr(label) for label in sorted({sample.label for sample in unknown})]
    scored = f"the score is that of the other {known} alone" if known else "so there is no score"
    return (
        f"the card has no label {_named(names)}: the truth of {len(unknown)} pictures in folders "
        f"named so is unknown, {scored}"
    )


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def spread(samples: Sequence[Sample], count: int) -> list[Sample]:
    """Take `count` samples at most, evenly from all of them in the order of their labels."""
    ordered = sorted(samples, key=lambda sample: (sample.label, sample.path))
    count = min(count, len(ordered))
    return [ordered[index * len(ordered) // count] for index in range(count)]


def _split(run: Path, root: Path, split: str) -> list[Sample]:
    return read_split(run / "split.csv", root, split)


def _holds_split(run: Path, data: Path) -> bool:
    """Tell whether a folder is the one that a run was trained on, which has moved."""
    samples = _split(run, data, "validation") + _split(run, data, "train")
    return any(sample.path.is_file() for sample in samples)


def _present(samples: list[Sample]) -> list[Sample]:
    for sample in samples:
        if not sample.path.is_file():
            raise DataError(
                f"{sample.path} is gone, and the export is verified on it; "
                "if the pictures have moved, give their folder with --data"
            )
    return samples


def _fill_up(chosen: VerificationPictures, folder: Path) -> VerificationPictures:
    """Add parts of photographs, written into `folder`, up to `FEWEST` pictures."""
    missing = FEWEST - len(chosen.samples)
    if missing <= 0:
        return chosen
    own = "folder" if chosen.source == "folder" else "run"
    return replace(
        chosen,
        samples=(*chosen.samples, *_shipped(folder, missing)),
        source=f"{own} and {SAMPLE}" if chosen.samples else SAMPLE,
    )


def _shipped(folder: Path, count: int) -> list[Sample]:
    """Cut parts, `FEWEST` at most, out of scikit-learn's two photographs: PNG and JPEG in turn."""
    from sklearn.datasets import load_sample_images

    photographs = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    samples: list[Sample] = []
    for number in range(count):
        photograph = photographs[number % 2]
        side = 160 + 4 * number  # pixels; the photographs are 640 x 427
        left = 37 * number % (photograph.width - side)
        top = 23 * number % max(1, photograph.height - side)
        path = folder / f"{number:02}.{'png' if number % 4 < 2 else 'jpg'}"
        photograph.crop((left, top, left + side, top + side * 3 // 4)).save(path)
        samples.append(Sample(path, ""))
    return samples
