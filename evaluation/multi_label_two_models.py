"""Two model files of the multi-label task on the same pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..inference.prediction import Outcome, Prediction, decide
from ..samples.sample import Sample
from .multi_label_metrics import MultiHot, average_precisions, multi_hot
from .multi_label_report import MultiLabelReport, score_multi_label
from .paired import Counts, PairedDifference, compare_mean_average_precision, who_is_right
from .report import sort_out
from .same_pictures import compare_right, largest_first, lost_first

Outcomes = tuple[Sequence[Outcome], Sequence[Outcome]]


@dataclass(frozen=True)
class LabelRankings:
    """How two files rank the pictures by one label.

    Attributes:
        support: pictures that have the label, at least 1.
        first: average precision of the first file, 0..1.
        second: of the second.
    """

    support: int
    first: float
    second: float

    @property
    def value(self) -> float:
        """The second's less the first's, -1..1."""
        return self.second - self.first


@dataclass(frozen=True)
class LabelsDisagreement:
    """A picture for which two files choose different labels.

    Attributes:
        path: the picture.
        truth: its labels by the CSV, sorted, as the next two.
        first: what the first file chose.
        second: what the second chose.
        label: of those that one of them alone chose, the one with the most different
            probabilities.
        probabilities: of `label`, by each file, 0..1.
        right: "first", "second" or "neither".
    """

    path: str
    truth: tuple[str, ...]
    first: tuple[str, ...]
    second: tuple[str, ...]
    label: str
    probabilities: tuple[float, float]
    right: str


@dataclass(frozen=True)
class MultiLabelComparison:
    """Two files of the multi-label task on the same pictures.

    Attributes:
        paths: of the two files, as they were given.
        reports: of each, as for a single file; over the same pictures.
        difference: the mean average precision of the second less that of the first (it is
            `difference.first`); None where no picture has a label.
        exact_match: the same difference of the exact match.
        p_value: of McNemar's exact test, of the exact match.
        counts: how many pictures which of them gets all right.
        same: pictures for which both choose the same labels.
        per_label: average precisions; the largest difference first, labels without pictures left
            out.
        disagreements: those that the first alone gets right, those that the second alone gets
            right, the others; in each part the most different probabilities first.
    """

    paths: tuple[str, str]
    reports: tuple[MultiLabelReport, MultiLabelReport]
    difference: PairedDifference | None
    exact_match: PairedDifference
    p_value: float
    counts: Counts
    same: int
    per_label: dict[str, LabelRankings]
    disagreements: tuple[LabelsDisagreement, ...]

    @property
    def main(self) -> PairedDifference:
        """The difference that the verdict is about, the second less the first."""
        return self.difference or self.exact_match

    @property
    def whole(self) -> PairedDifference:
        """The difference of the pictures that are right, which `counts` and the test are of."""
        return self.exact_match


@dataclass(frozen=True, eq=False)
class _Answers:
    """One file's answers, `[N, C]` each, in the order of the first file's labels."""

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    decisions: MultiHot


def compare_multi_label(
    paths: tuple[str, str], samples: Sequence[Sample], outcomes: Outcomes, seconds: float
) -> MultiLabelComparison:
    """Compare what two files of the same labels answered to samples, in the same order.

    Raises:
        DataError: a label that the files do not know, or no picture that could be read.
    """
    answered = sort_out(samples, outcomes[0])[0], sort_out(samples, outcomes[1])[0]
    labels = answered[0][0][1].labels
    truth = multi_hot([sample for sample, _ in answered[0]], labels)
    one, other = (_answers([said for _, said in part], labels) for part in answered)
    right = compare_right(*((part.decisions == truth).all(axis=1) for part in (one, other)))
    first, second = (
        _report(Path(path).name, samples, rows, seconds)
        for path, rows in zip(paths, outcomes, strict=True)
    )
    return MultiLabelComparison(
        paths=paths,
        reports=(first, second),
        difference=_difference(one, other, truth),
        exact_match=right.difference,
        p_value=right.p_value,
        counts=right.counts,
        same=int((one.decisions == other.decisions).all(axis=1).sum()),
        per_label=_per_label(labels, one, other, truth),
        disagreements=_disagreements(
            [str(sample.path) for sample, _ in answered[0]], labels, truth, one, other
        ),
    )


def _report(
    model: str, samples: Sequence[Sample], outcomes: Sequence[Outcome], seconds: float
) -> MultiLabelReport:
    said = next(outcome.prediction for outcome in outcomes if outcome.prediction)
    assert said.thresholds is not None
    return score_multi_label(model, said.labels, said.thresholds, samples, outcomes, seconds)


def _answers(predictions: Sequence[Prediction], labels: Sequence[str]) -> _Answers:
    own, thresholds = predictions[0].labels, predictions[0].thresholds
    assert thresholds is not None
    columns = [own.index(label) for label in labels]
    logits = np.stack([said.logits for said in predictions])
    probabilities = np.stack([said.probabilities for said in predictions])
    decisions = decide(probabilities, thresholds)
    return _Answers(logits[:, columns], probabilities[:, columns], decisions[:, columns])


def _difference(one: _Answers, other: _Answers, truth: MultiHot) -> PairedDifference | None:
    if not truth.any():
        return None
    return compare_mean_average_precision(other.logits, one.logits, truth)


def _per_label(
    labels: Sequence[str], one: _Answers, other: _Answers, truth: MultiHot
) -> dict[str, LabelRankings]:
    support = truth.sum(axis=0).tolist()
    scores = (average_precisions(part.logits, truth).tolist() for part in (one, other))
    rows = {
        label: LabelRankings(pictures, *both)
        for label, pictures, *both in zip(labels, support, *scores, strict=True)
        if pictures
    }
    return largest_first(rows)


def _disagreements(
    paths: Sequence[str],
    labels: Sequence[str],
    truth: MultiHot,
    one: _Answers,
    other: _Answers,
) -> tuple[LabelsDisagreement, ...]:
    def named(columns: MultiHot) -> tuple[str, ...]:
        return tuple(sorted(labels[index] for index in np.flatnonzero(columns).tolist()))

    differing = one.decisions != other.decisions
    found: list[LabelsDisagreement] = []
    for row in np.flatnonzero(differing.any(axis=1)).tolist():
        apart = np.abs(one.probabilities[row] - other.probabilities[row])
        most = int(np.where(differing[row], apart, -1).argmax())
        ours, theirs, wanted = one.decisions[row], other.decisions[row], truth[row]
        right = who_is_right(bool((ours == wanted).all()), bool((theirs == wanted).all()))
        found.append(
            LabelsDisagreement(
                path=paths[row],
                truth=named(wanted),
                first=named(ours),
                second=named(theirs),
                label=labels[most],
                probabilities=(
                    float(one.probabilities[row, most]),
                    float(other.probabilities[row, most]),
                ),
                right=right,
            )
        )
    return lost_first(found, lambda row: abs(row.probabilities[0] - row.probabilities[1]))
