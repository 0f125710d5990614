"""Two model files asked about the same labelled pictures, and compared picture by picture.

Labels are aligned by name: the files may have them in different orders.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..inference.classifier import Classifier
from ..inference.prediction import Outcome, RankedLabel
from ..inference.together import classify_together
from ..samples.sample import Sample
from .multi_label_two_models import MultiLabelComparison, compare_multi_label
from .paired import Counts, PairedDifference, Right, compare_accuracy, who_is_right
from .report import Report, require_known_labels, score
from .same_pictures import compare_right, largest_first, lost_first
from .scored_picture import ScoredPicture
from .scoring import EvaluationProgress

Reports = tuple[Report, Report]


@dataclass(frozen=True)
class Disagreement:
    """A picture to which two files give different labels.

    Attributes:
        path: the picture.
        truth: its label by folder or CSV.
        first: the first file's label, with that file's probability.
        second: the second file's.
        right: "first", "second" or "neither".
    """

    path: str
    truth: str
    first: RankedLabel
    second: RankedLabel
    right: str


@dataclass(frozen=True)
class Comparison:
    """Two files of the single-label task on the same pictures.

    Attributes:
        paths: of the two files, as they were given.
        reports: of each, as for a single file; over the same pictures.
        difference: the accuracy of the second less that of the first (it is `difference.first`).
        p_value: of McNemar's exact test.
        counts: how many pictures which of them gets right.
        same: pictures to which both give the same label.
        per_label: the same difference over the pictures of one label, whose shares are recalls;
            the largest difference first, labels without pictures left out.
        disagreements: those that the first alone gets right, those that the second alone gets
            right, the others; in each part the surest wrong answer first.
    """

    paths: tuple[str, str]
    reports: Reports
    difference: PairedDifference
    p_value: float
    counts: Counts
    same: int
    per_label: dict[str, PairedDifference]
    disagreements: tuple[Disagreement, ...]

    @property
    def main(self) -> PairedDifference:
        """The difference that the verdict is about, the second less the first."""
        return self.difference

    @property
    def whole(self) -> PairedDifference:
        """The difference of the pictures that are right, which `counts` and the test are of."""
        return self.difference


def compare_events(
    first: Classifier, second: Classifier, samples: Sequence[Sample]
) -> Generator[EvaluationProgress, None, Comparison | MultiLabelComparison]:
    """Let two files answer the same samples, and compare the answers.

    A picture that one of them cannot read is a failure of both.

    Yields:
        An `EvaluationProgress` a picture.

    Returns:
        The comparison of the files' task.

    Raises:
        UsageError: the files have different tasks or different labels.
        DataError: a label that the files do not know, or no picture that can be read.
    """
    require_comparable(first, second)
    card = first.card
    require_known_labels(samples, card.labels, card.task)
    rows: list[tuple[Outcome, ...]] = []
    start = perf_counter()
    for outcomes in classify_together((first, second), (sample.path for sample in samples)):
        rows.append(outcomes)
        yield EvaluationProgress(len(rows), len(samples))
    seconds = perf_counter() - start
    answers = [row[0] for row in rows], [row[1] for row in rows]
    paths = str(first.session.path), str(second.session.path)
    if card.task == "multi-label":
        return compare_multi_label(paths, samples, answers, seconds)
    reports = [
        score(one.session.path.name, one.card.labels, samples, outcomes, seconds)
        for one, outcomes in zip((first, second), answers, strict=True)
    ]
    return compare_reports(paths, *reports)


def require_comparable(first: Classifier, second: Classifier) -> None:
    """Refuse two files that do not answer the same question.

    Raises:
        UsageError: their tasks differ, or their labels as sets, which are named then.
    """
    a, b = first.session.path, second.session.path
    if first.card.task != second.card.task:
        raise UsageError(
            f"{a} is of the {first.card.task} task, {b} of the {second.card.task} task; only "
            "files of one task can be compared"
        )
    ours, theirs = set(first.card.labels), set(second.card.labels)
    if ours != theirs:
        parts = [(a, ours - theirs), (b, theirs - ours)]
        said = "; ".join(f"only {path} knows {_listed(names)}" for path, names in parts if names)
        raise UsageError(f"the labels differ, so the files cannot be compared: {said}")


def _listed(names: set[str], most: int = 20) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - most} more" if ordered[most:] else ""
    return ", ".join(ordered[:most]) + more


def compare_reports(paths: tuple[str, str], first: Report, second: Report) -> Comparison:
    """Compare two reports over the same pictures, which stand in the same order."""
    one, other = _right(first), _right(second)
    right = compare_right(one, other)
    pairs = list(zip(first.rows, second.rows, strict=True))
    return Comparison(
        paths=paths,
        reports=(first, second),
        difference=right.difference,
        p_value=right.p_value,
        counts=right.counts,
        same=sum(a.predicted == b.predicted for a, b in pairs),
        per_label=_per_label(first, one, other),
        disagreements=_disagreements(pairs),
    )


def _right(report: Report) -> Right:
    return np.array([row.correct for row in report.rows], np.bool_)


def _per_label(report: Report, one: Right, other: Right) -> dict[str, PairedDifference]:
    truth = cast(NDArray[np.str_], np.array([row.truth for row in report.rows], object))
    found: dict[str, PairedDifference] = {}
    for label in report.labels:
        having = truth == label
        if having.any():
            found[label] = compare_accuracy(other[having], one[having])
    return largest_first(found)


def _disagreements(
    pairs: Sequence[tuple[ScoredPicture, ScoredPicture]],
) -> tuple[Disagreement, ...]:
    found = [
        Disagreement(
            a.path,
            a.truth,
            RankedLabel(a.predicted, a.probability),
            RankedLabel(b.predicted, b.probability),
            who_is_right(a.correct, b.correct),
        )
        for a, b in pairs
        if a.predicted != b.predicted
    ]
    return lost_first(found, _surest_wrong)


def _surest_wrong(row: Disagreement) -> float:
    return max(one.probability for one in (row.first, row.second) if one.label != row.truth)
