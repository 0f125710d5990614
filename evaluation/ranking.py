"""One label's pictures, ranked once for all resamples."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from .multi_label_metrics import MultiHot, Scores

Counts = NDArray[np.int32]
"""`[N, B]`: how often each of N pictures stands in each of B resamples."""


class Ranking:
    """Where the positive pictures of one label stand among the others.

    Args:
        scores: `[N]`, any numbers that rank the pictures.
        positive: `[N]`, with at least one True.

    Pictures of one score are one step of the curves. Only steps with a positive picture move the
    recall, so all that is counted are, for each such step, its positives, its negatives, and the
    negatives since the step before. Nothing behind the last positive picture matters.
    """

    def __init__(self, scores: Scores, positive: MultiHot) -> None:
        order = np.argsort(-scores, kind="stable")
        ranked, hit = scores[order], positive[order]
        step = np.append(0, np.cumsum(ranked[1:] != ranked[:-1]))
        steps = np.unique(step[hit])
        kept = int(np.searchsorted(step, steps[-1], side="right"))
        step, hit, order = step[:kept], hit[:kept], order[:kept]
        self._steps = len(steps)
        place = np.searchsorted(steps, step)
        part = np.where(hit, 0, np.where(steps[place] == step, 1, 2))
        rows = part * len(steps) + place
        ones = np.ones(kept, np.int32)
        self._sums = csr_matrix((ones, (rows, order)), (3 * len(steps), len(scores)))

    def areas(self, drawn: Counts) -> NDArray[np.float64]:
        """Compute scikit-learn's average precision and ROC AUC of each resample, `[2, B]`.

        NaN where a resample has no positive picture, and for the ROC AUC no negative one.
        """
        sums = np.asarray(self._sums @ drawn, np.int64)
        hits, tied, between = (sums[i * self._steps : (i + 1) * self._steps] for i in range(3))
        found = hits.cumsum(axis=0)
        above = between.cumsum(axis=0) + tied.cumsum(axis=0) - tied
        positives = found[-1]
        negatives = drawn.sum(axis=0) - positives
        precision = found / np.maximum(found + above + tied, 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            average = (hits * precision).sum(axis=0) / positives
            beaten = (hits * (above + 0.5 * tied)).sum(axis=0) / (positives * negatives)
        return np.stack([average, np.where(negatives > 0, 1 - beaten, np.nan)])
