"""The rule that says "none of these": how far a picture's features are from every label's.

The distance to the nearest label's mean, by one covariance that the labels share (Lee et al., "A
Simple Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", NeurIPS
2018, arXiv:1807.03888). docs/unknown.md compares it with others.
"""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf
from sklearn.metrics import roc_auc_score

Features = NDArray[np.floating]
Truth = NDArray[np.intp]
Scores = NDArray[np.floating]

FEWEST = 50
"""Training pictures, and validation pictures, below which there is no rule."""


@dataclass(frozen=True, eq=False)
class UnknownRule:
    """A fitted rule; a picture whose score is above the threshold is none of the labels.

    Attributes:
        whitening: float32 `[F, F]`; features @ whitening + shift have the shared covariance 1/F.
        shift: float32 `[F]`, so that the mean of the labels' means is 0.
        means: float32 `[K, F]`, the means of the K labels with training pictures, whitened.
        threshold: of the score.
    """

    whitening: NDArray[np.float32]
    shift: NDArray[np.float32]
    means: NDArray[np.float32]
    threshold: float = np.inf

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Compute `[N]` of features `[N, F]`: about 1 for a training picture, larger is stranger.

        Each difference on its own and in float64; a graph takes another way to the same numbers.
        """
        wide = features.astype(np.float64) @ self.whitening.astype(np.float64) + self.shift
        nearest = np.full(len(wide), np.inf)
        for mean in self.means.astype(np.float64):
            nearest = np.minimum(nearest, np.square(wide - mean).sum(axis=1))
        return np.sqrt(nearest)

    def with_threshold(self, features: Features, refuse: float) -> "UnknownRule":
        """Choose the threshold on known pictures, of which a share is to be refused.

        Args:
            features: `[N, F]` of pictures that the rule was not fitted on, N >= 1.
            refuse: the share, in 0..1.
        """
        return replace(self, threshold=choose_threshold(self.scores(features), refuse))


def fit_rule(features: Features, truth: Truth) -> UnknownRule:
    """Fit means and covariance; the covariance is shrunk (Ledoit and Wolf, 2004).

    Args:
        features: `[N, F]` of training pictures.
        truth: `[N]`, their labels' indices; labels without pictures have no mean.
    """
    shown, row = np.unique(truth, return_inverse=True)
    wide = features.astype(np.float64)
    means = np.stack([wide[row == label].mean(axis=0) for label in range(len(shown))])
    fitted = LedoitWolf(assume_centered=True).fit(wide - means[row])
    precision = np.asarray(fitted.get_precision(), np.float64)
    # x' P x = |L' x|^2 with P = L L'; divided by F, it is about 1 for whatever network.
    whitening = np.linalg.cholesky(precision) / np.sqrt(features.shape[1])
    centre = means.mean(axis=0)
    arrays = (whitening, -centre @ whitening, (means - centre) @ whitening)
    return UnknownRule(*(array.astype(np.float32) for array in arrays))


def choose_threshold(scores: Scores, refuse: float) -> float:
    """Choose the score that a share of known pictures exceeds, `[N]`, N >= 1.

    With the correction for their number that makes the share right on average for new pictures of
    the same kind (split conformal prediction: Vovk et al., 2005; Bates et al., 2023,
    arXiv:2104.08279). The largest of the scores is the most it gives.
    """
    rank = ceil((len(scores) + 1) * (1 - refuse))
    return float(np.sort(scores)[min(max(rank, 1), len(scores)) - 1])


def area_under_curve(known: Scores, unknown: Scores) -> float:
    """Compute the chance that an unknown picture's score is larger than a known one's (AUROC)."""
    truth = np.r_[np.zeros(len(known)), np.ones(len(unknown))]
    return float(roc_auc_score(truth, np.r_[known, unknown]))
