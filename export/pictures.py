"""The real pictures on which an export is verified, and those that set the ranges of int8."""

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import DataError
from ..inference.card import ModelCard
from ..samples.folders import find_pictures
from ..samples.sample import Sample, normalise_label
from ..samples.splitting import read_split
from ..training.config import read_config

FEWEST, MOST = 64, 320
"""Pictures compared: fewer validation pictures are filled up with training pictures; of more
some are taken, spread over the labels."""
SAMPLE = "sample"


@dataclass(frozen=True)
class VerificationPictures:
    """Pictures to verify an export on.

    Attributes:
        samples: the pictures, with their truth where it is known.
        source: "validation", "validation and training", "folder" (given by the user) or
            "sample" (parts of the two photographs that come with scikit-learn).
        labelled: whether the truth of all of them is known.
    """

    samples: tuple[Sample, ...]
    source: str
    labelled: bool

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
        data: the folder it was trained on, if that has moved, or any folder of pictures; their
            truth is known where the folders in it are named as the card's labels.

    Raises:
        DataError: they are not where they were.
    """
    with tempfile.TemporaryDirectory(prefix="tlx-") as folder:
        root = data or read_config(run).data
        if data is not None and not _holds_split(run, data):
            yield _of_folder(data, card)
        elif any(_split(run, root, name) for name in ("validation", "train")):
            yield _of_run(run, root)
        else:
            yield _shipped(Path(folder))


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


def _of_run(run: Path, root: Path) -> VerificationPictures:
    validation = spread(_split(run, root, "validation"), MOST)
    more = spread(_split(run, root, "train"), max(0, FEWEST - len(validation)))
    source = "validation and training" if more else "validation"
    return VerificationPictures(tuple(_present([*validation, *more])), source, labelled=True)


def _of_folder(folder: Path, card: ModelCard) -> VerificationPictures:
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder; give one with pictures as --data")
    paths = list(find_pictures(folder))
    if not paths:
        raise DataError(f"no pictures in {folder}; give another folder as --data")
    samples = [Sample(path, normalise_label(path.parent.name)) for path in paths]
    known = card.task == "single-label" and {s.label for s in samples} <= {*card.labels}
    return VerificationPictures(tuple(spread(samples, MOST)), "folder", known)


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


def _shipped(folder: Path) -> VerificationPictures:
    """Cut `FEWEST` parts out of scikit-learn's two photographs, as PNG and JPEG in turn."""
    from sklearn.datasets import load_sample_images

    photographs = [Image.fromarray(pixels) for pixels in load_sample_images().images]
    samples: list[Sample] = []
    for number in range(FEWEST):
        photograph = photographs[number % 2]
        side = 160 + 4 * number  # pixels; the photographs are 640 x 427
        left = 37 * number % (photograph.width - side)
        top = 23 * number % max(1, photograph.height - side)
        path = folder / f"{number:02}.{'png' if number % 4 < 2 else 'jpg'}"
        photograph.crop((left, top, left + side, top + side * 3 // 4)).save(path)
        samples.append(Sample(path, ""))
    return VerificationPictures(tuple(samples), SAMPLE, labelled=False)
