"""The rule that says "none of these": how far features are from every label's, and how sure logits.

The score is the sum of two: the distance to the nearest label's mean, by one covariance that the
labels share (Lee et al., "A Simple Unified Framework for Detecting Out-of-Distribution Samples and
Adversarial Attacks", NeurIPS 2018, arXiv:1807.03888), and the energy of the logits (Liu et al.,
"Energy-based Out-of-distribution Detection", NeurIPS 2020, arXiv:2010.03759). docs/unknown.md
compares it with either alone, and with others.
"""

from dataclasses import dataclass, fields, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp
from sklearn.metrics import roc_auc_score

from ..inference.card import REFUSED, MeasuredResult

Features = NDArray[np.floating]
Logits = NDArray[np.floating]
Truth = NDArray[np.intp]
Scores = NDArray[np.floating]

FEWEST = 50
"""Training pictures, and validation pictures, below which there is no rule."""
DIRECTIONS = 128
"""In which the covariance is as measured; in all others it is the same, their mean. More are no
better (docs/unknown.md), and would make a file of 2048 features 16 MB larger."""


@dataclass(frozen=True, eq=False)
class UnknownRule:
    """A fitted rule; a picture whose score is above the threshold is none of the labels.

    Attributes:
        scale: float32 `[1]`; with `shift` it makes x = scale * features + shift.
        shift: float32 `[F]`.
        directions: float32 `[F, D]`, orthogonal, of length below 1: the squared distance of x from
            a mean m is |x - m|^2 - |(x - m) directions|^2.
        means: float32 `[K, F]`, of the x of the K labels with training pictures.
        weight: float32 `[1]`, of the energy in the score.
        level: float32 `[1]`, of the energy that counts as 0.
        threshold: of the score.
        refusal: the share of the validation pictures above the threshold that they chose.
    """

    scale: NDArray[np.float32]
    shift: NDArray[np.float32]
    directions: NDArray[np.float32]
    means: NDArray[np.float32]
    weight: NDArray[np.float32]
    level: NDArray[np.float32]
    threshold: float = np.inf
    refusal: MeasuredResult | None = None

    def scores(self, features: Features, logits: Logits) -> NDArray[np.float64]:
        """Compute `[N]` of `[N, F]` and `[N, C]`: about 1 for a known picture, larger is stranger.

        Each difference on its own and in float64; a graph takes another way to the same numbers.
        """
        energy = _energy(logits) - self.level.astype(np.float64)
        return self.distances(features) + self.weight.astype(np.float64) * energy

    def distances(self, features: Features) -> NDArray[np.float64]:
        """Compute how far features `[N, F]` are from the nearest mean, `[N]`."""
        placed = features.astype(np.float64) * self.scale + self.shift
        directions = self.directions.astype(np.float64)
        nearest = np.full(len(placed), np.inf)
        for mean in self.means.astype(np.float64):
            apart = placed - mean
            squared = np.square(apart).sum(axis=1) - np.square(apart @ directions).sum(axis=1)
            nearest = np.minimum(nearest, squared)
        return np.sqrt(np.maximum(nearest, 0))

    def fitted_to(self, features: Features, logits: Logits, refuse: float) -> "UnknownRule":
        """Weigh the energy, and choose the threshold, on known pictures it was not fitted on.

        Both parts of the score get the same spread.

        Args:
            features: `[N, F]`, N >= 2.
            logits: `[N, C]`.
            refuse: share of such pictures that is to be refused, in 0..1.
        """
        energy, distances = _energy(logits), self.distances(features)
        weight = distances.std() / max(float(energy.std()), 1e-30)
        level = np.array([energy.mean()], np.float32)
        rule = replace(self, weight=np.array([weight], np.float32), level=level)
        scores = rule.scores(features, logits)
        threshold = choose_threshold(scores, refuse)
        share = float((scores > threshold).mean())
        refusal = MeasuredResult(REFUSED, share, None, "validation", len(scores), True)
        return replace(rule, threshold=threshold, refusal=refusal)


RULE_CONSTANTS = tuple(
    f.name for f in fields(UnknownRule) if f.name not in ("threshold", "refusal")
)
"""What of a rule a file holds; its card has the others."""


def fit_rule(features: Features, truth: Truth) -> UnknownRule:
    """Fit means and covariance; the covariance is shrunk (Ledoit and Wolf, 2004).

    Args:
        features: `[N, F]` of training pictures, F >= 2.
        truth: `[N]`, their labels' indices; labels without pictures have no mean.
    """
    # Half of scikit-learn comes with it: not where a report asks for `area_under_curve` alone.
    from sklearn.covariance import LedoitWolf

    shown, row = np.unique(truth, return_inverse=True)
    wide = features.astype(np.float64)
    means = np.stack([wide[row == label].mean(axis=0) for label in range(len(shown))])
    fitted = LedoitWolf(assume_centered=True).fit(wide - means[row])
    spread, axes = np.linalg.eigh(fitted.covariance_)  # ascending
    count = features.shape[1]
    kept = min(DIRECTIONS, count - 1)
    rest = max(float(spread[: count - kept].mean()), 1e-30)
    # Along an axis x' P x is x^2 / spread = (x^2 - x^2 (1 - rest / spread)) / rest.
    lengths = np.sqrt(np.maximum(1 - rest / spread[count - kept :], 0))
    scale = 1 / np.sqrt(rest * count)  # by the number of features: about 1 for whatever network
    centre = means.mean(axis=0)
    arrays = (
        *(np.array([scale]), -centre * scale, axes[:, count - kept :] * lengths),
        *((means - centre) * scale, np.zeros(1), np.zeros(1)),
    )
    return UnknownRule(*(array.astype(np.float32) for array in arrays), threshold=np.inf)


def _energy(logits: Logits) -> NDArray[np.float64]:
    return -np.asarray(logsumexp(logits.astype(np.float64), axis=1))


def choose_threshold(scores: Scores, refuse: float) -> float:
    """Choose the score that a share of known pictures exceeds, `[N]`, N >= 1.

    With the correction for their number that keeps the share, on average over new pictures of the
    same kind, at or just below the stated one (split conformal prediction: Vovk et al., 2005; Bates
    et al., 2023, arXiv:2104.08279): of 217 scores 10/218 are expected above the 208th. The largest
    of the scores is the most it gives. `refusals.py` says how far the share scatters.
    """
    rank = ceil((len(scores) + 1) * (1 - refuse))
    return float(np.sort(scores)[min(max(rank, 1), len(scores)) - 1])


def area_under_curve(known: Scores, unknown: Scores) -> float:
    """Compute the chance that an unknown picture's score is larger than a known one's (AUROC)."""
    truth = np.r_[np.zeros(len(known)), np.ones(len(unknown))]
    return float(roc_auc_score(truth, np.r_[known, unknown]))
