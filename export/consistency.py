"""What must hold inside one file's answers, however coarse its numbers are."""

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ..evaluation.unknown import UnknownRule
from ..inference.card import ModelCard
from .answers import Answers
from .diagnosis import Diagnosis

EXACT = 1e-4
"""Largest difference of probabilities from what the file's own logits give; both are in fp32."""
NEAR = 0.05
"""Of logits from what its own features and maps give, as a share of their largest magnitude: the
head, and in fp16 the maps, may be rounded on the way."""

SCORE = 1e-3
"""Of a file's score for unknown pictures from what the rule makes of its own features and logits,
as a share of the largest; both are in fp32."""


def find_inconsistency(
    answers: Answers, card: ModelCard, head: nn.Linear, rule: UnknownRule | None = None
) -> Diagnosis | None:
    """Hold a file's outputs against each other; accuracy cannot tell when they disagree.

    Args:
        answers: the file's, to N pictures.
        card: the file's, with the checkpoint's labels in the checkpoint's order.
        head: the checkpoint's last layer.
        rule: for unknown pictures, as it was fitted to the file.
    """
    logits = answers.logits.astype(np.float64)
    if not np.abs(answers.probabilities - _probabilities(logits, card)).max() <= EXACT:
        return Diagnosis("probabilities", "temperature, softmax or sigmoid differs")
    if answers.features is None or answers.activation_maps is None:
        return None
    weight, bias = head.weight.detach().numpy(), head.bias.detach().numpy()
    if not _near(answers.features @ weight.T + bias, logits):
        return Diagnosis("logits", "they are not the head's answer to the features")
    if not _near(answers.activation_maps.mean(axis=(2, 3)) + bias, logits):
        return Diagnosis("activation maps", "their mean and the head's bias are not the logits")
    if rule is not None and answers.unknown_score is not None:
        expected = rule.scores(answers.features, answers.logits)
        if not np.abs(answers.unknown_score - expected).max() <= SCORE * np.abs(expected).max():
            return Diagnosis(
                "unknown score", "it is not what the rule makes of the features and logits"
            )
    return None


def _probabilities(logits: NDArray[np.float64], card: ModelCard) -> NDArray[np.float64]:
    scaled = logits / card.temperature
    if card.task == "multi-label":
        return 1 / (1 + np.exp(-scaled))
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def _near(found: NDArray[np.floating], logits: NDArray[np.float64]) -> bool:
    return bool(np.abs(found - logits).max() <= NEAR * np.abs(logits).max())
