"""Two model files on pictures whose truth is not known: how often they say the same."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from ..errors import DataError
from ..inference.classifier import Classifier, PictureFile
from ..inference.prediction import Prediction, RankedLabel
from ..inference.together import classify_together
from .report import none_left
from .scoring import EvaluationProgress
from .two_models import require_comparable


@dataclass(frozen=True)
class Difference:
    """A picture that two files answer differently.

    Attributes:
        path: the picture.
        first: what the first file says: its first label, or all those chosen, with probabilities.
        second: what the second says.
    """

    path: str
    first: tuple[RankedLabel, ...]
    second: tuple[RankedLabel, ...]


@dataclass(frozen=True)
class Agreement:
    """Two files on the same pictures, without truth.

    Attributes:
        paths: of the two files, as they were given.
        task: of both.
        pictures: that both answered.
        same: those for which both say the same.
        differences: the others, the surest answers first.
        unreadable: path and reason of each picture that one of them cannot read.
    """

    paths: tuple[str, str]
    task: str
    pictures: int
    same: int
    differences: tuple[Difference, ...]
    unreadable: tuple[tuple[str, str], ...]


def agree(
    first: Classifier, second: Classifier, paths: Sequence[PictureFile]
) -> Generator[EvaluationProgress, None, Agreement]:
    """Let two files answer the same pictures, and say where they differ.

    Yields:
        An `EvaluationProgress` a picture.

    Raises:
        UsageError: the files have different tasks or different labels.
        DataError: no picture can be read.
    """
    require_comparable(first, second)
    pictures, differences = 0, list[Difference]()
    unreadable: list[tuple[str, str]] = []
    for done, (one, other) in enumerate(classify_together((first, second), paths), start=1):
        if one.prediction is None or other.prediction is None:
            unreadable.append((one.path, one.error or other.error or ""))
        else:
            pictures += 1
            differences += _differ(one.path, one.prediction, other.prediction)
        yield EvaluationProgress(done, len(paths))
    if not pictures:
        raise DataError(none_left(unreadable, "so nothing is compared"))
    return Agreement(
        (str(first.session.path), str(second.session.path)),
        first.card.task,
        pictures,
        pictures - len(differences),
        tuple(sorted(differences, key=_sureness, reverse=True)),
        tuple(unreadable),
    )


def _differ(path: str, one: Prediction, other: Prediction) -> list[Difference]:
    said = one.chosen, other.chosen
    names = [{entry.label for entry in part} for part in said]
    return [] if names[0] == names[1] else [Difference(path, *said)]


def _sureness(row: Difference) -> float:
    return max(entry.probability for entry in (*row.first, *row.second))
