"""How well a file's rule tells unknown pictures from known ones."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.metrics import roc_curve

from ..errors import CardError, DataError
from ..inference.classifier import Classifier
from ..inference.prediction import Outcome
from ..inference.wording import none_can_be_read
from ..samples.sample import LeftOut
from .curves import Points, thinned
from .metrics import wilson_interval
from .report import Report
from .scoring import EvaluationProgress
from .unknown import area_under_curve

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class AskedPicture:
    """A picture of something else, and what the file said of it; None where it is unreadable.

    Attributes:
        path: the picture, as it was given.
        score: larger is stranger.
        unknown: whether the score is above the threshold.
        nearest: the most probable label.
        probability: of `nearest`, 0..1.
        error: why the picture could not be read; empty if it could.
    """

    path: str
    score: float | None
    unknown: bool | None
    nearest: str | None
    probability: float | None
    error: str = ""


@dataclass(frozen=True, eq=False)
class UnknownReport:
    """A file's rule, measured on known pictures and on unknown ones.

    Attributes:
        threshold: of the score, the card's.
        known: scores of the known pictures, `[N]`.
        unknown: scores of the unknown ones, `[M]`.
        auroc: chance that an unknown picture's score is larger than a known one's.
        auroc_interval: 95 %, DeLong; None with a single picture on either side.
        false_accepts: share of the unknown pictures that are taken for known.
        false_accepts_interval: 95 %, Wilson.
        refused: share of the known pictures that are taken for unknown.
        refused_interval: 95 %, Wilson.
        pictures: the unknown ones in their order, those that could not be read among them.
    """

    threshold: float
    known: Scores
    unknown: Scores
    auroc: float
    auroc_interval: tuple[float, float] | None
    false_accepts: float
    false_accepts_interval: tuple[float, float]
    refused: float
    refused_interval: tuple[float, float]
    pictures: tuple[AskedPicture, ...] = ()

    @property
    def unreadable(self) -> tuple[LeftOut, ...]:
        """Unknown pictures that could not be read."""
        return tuple(LeftOut(Path(row.path), row.error) for row in self.pictures if row.error)


def evaluate_unknown(
    classifier: Classifier, report: Report, paths: Sequence[Path]
) -> Generator[EvaluationProgress, None, UnknownReport]:
    """Ask a file about pictures that show none of its labels.

    Args:
        classifier: the file.
        report: its report on known pictures.
        paths: the unknown ones.

    Raises:
        DataError: none of them can be read.
    """
    threshold = require_rule(classifier)
    asked: list[AskedPicture] = []
    for outcome in classifier.classify_files(paths):
        asked.append(_asked(outcome))
        yield EvaluationProgress(len(asked), len(paths))
    scores = [row.score for row in asked if row.score is not None]
    if not scores:
        raise DataError(none_can_be_read(len(paths), "unknown picture"))
    known = np.array([row.unknown_score for row in report.rows], np.float64)
    return judge(known, np.array(scores), threshold, tuple(asked))


def _asked(outcome: Outcome) -> AskedPicture:
    found = outcome.prediction
    if found is None:
        return AskedPicture(outcome.path, None, None, None, None, outcome.error or "unreadable")
    assert found.unknown_score is not None  # the session has seen to it
    said = (found.unknown_score, found.unknown, found.label, found.probability)
    return AskedPicture(outcome.path, *said)


def require_rule(classifier: Classifier) -> float:
    """Give the threshold of a file's rule.

    Raises:
        CardError: it has none.
    """
    if classifier.card.unknown_threshold is None:
        raise CardError(
            f"{classifier.session.path} has no rule for unknown pictures; tlx export adds one to a "
            "single-label file whose run has training and validation pictures"
        )
    return classifier.card.unknown_threshold


def judge(
    known: Scores, unknown: Scores, threshold: float, pictures: tuple[AskedPicture, ...] = ()
) -> UnknownReport:
    """Measure scores, `[N]` and `[M]`, N and M >= 1, against a threshold."""
    accepted, refused = int((unknown <= threshold).sum()), int((known > threshold).sum())
    return UnknownReport(
        threshold=threshold,
        known=known,
        unknown=unknown,
        auroc=area_under_curve(known, unknown),
        auroc_interval=auroc_interval(known, unknown),
        false_accepts=accepted / len(unknown),
        false_accepts_interval=wilson_interval(accepted, len(unknown)),
        refused=refused / len(known),
        refused_interval=wilson_interval(refused, len(known)),
        pictures=pictures,
    )


def unknown_curve(report: UnknownReport) -> Points:
    """Compute the ROC: share of known refused, share of unknown found, up to 101 points."""
    truth = [0] * len(report.known) + [1] * len(report.unknown)
    refused, found, _ = roc_curve(truth, [*report.known, *report.unknown])
    return thinned(refused, found)


def auroc_interval(known: Scores, unknown: Scores) -> tuple[float, float] | None:
    """Compute the 95 % interval of the area (DeLong et al., Biometrics 44, 1988), within 0..1.

    The area is a mean over the pictures of both sides: of the share of the other side that each
    is right against. Its variance is that of both means. None with one picture on a side.
    """
    n, m = len(known), len(unknown)
    if min(n, m) < 2:
        return None
    ranks = rankdata(np.r_[known, unknown])
    of_known = 1 - (ranks[:n] - rankdata(known)) / m
    of_unknown = (ranks[n:] - rankdata(unknown)) / n
    spread = np.sqrt(of_known.var(ddof=1) / n + of_unknown.var(ddof=1) / m)
    area, reach = of_unknown.mean(), norm.ppf(0.975) * spread
    return float(max(0.0, area - reach)), float(min(1.0, area + reach))
