"""What training minimises. Validation is always scored by the plain loss (`scoring.py`)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from .config import TrainingConfig

Objective = Callable[[Tensor, Tensor], Tensor]
"""From logits `[N, C]` and truth (indices `[N]`, or shares `[N, C]` in 0..1) to each picture's
loss `[N]`. Plain means over pictures follow, so parts of a batch and processes add up exactly."""

NEGATIVE_FOCUS, NEGATIVE_MARGIN = 4, 0.05
"""Ridnik et al., 2021 (arXiv:2009.14119): easy negatives fade, the easiest do not count."""


def build_objective(config: TrainingConfig, task: str, truth: Tensor) -> Objective:
    """Build the loss of a run.

    Args:
        config: loss, label smoothing and balance.
        task: "single-label" or "multi-label".
        truth: of all training pictures, indices `[N]` or 0/1 `[N, C]`.
    """
    weights = label_weights(truth) if config.balance == "weights" else None
    smoothing = config.label_smoothing
    if task == "single-label":
        return lambda logits, target: cross_entropy(
            logits, target, _on(weights, logits), label_smoothing=smoothing, reduction="none"
        )
    loss = _asymmetric if config.loss == "asymmetric" else _binary
    return lambda logits, target: loss(
        logits, target * (1 - smoothing) + smoothing / 2, _on(weights, logits)
    )


def label_weights(truth: Tensor) -> Tensor:
    """Compute each label's weight, float32 `[C]`: by the inverse of its frequency.

    Single-label weights have the mean 1 over the training pictures. Those of the multi-label task
    count for positives: negatives per positive, at most 100.
    """
    if truth.ndim == 2:
        positive = truth.sum(dim=0).clamp(min=1)
        return ((len(truth) - positive) / positive).clamp(max=100).float()
    counts = torch.bincount(truth).clamp(min=1)
    return len(truth) / (len(counts) * counts).float()


def picture_weights(truth: Tensor) -> Sequence[float]:
    """Compute how often each picture is drawn by `--balance sampler`: its rarest label decides."""
    if truth.ndim == 1:
        return label_weights(truth)[truth].tolist()
    share = truth.float().mean(dim=0).clamp(min=1 / len(truth))
    rarest = torch.where(truth > 0, 1 / share, 0).amax(dim=1)
    without = 1 / (truth.sum(dim=1) == 0).float().mean().clamp(min=1 / len(truth))
    return torch.where(truth.sum(dim=1) > 0, rarest, without).tolist()


def shares(truth: Tensor, labels: int) -> Tensor:
    """Write truth as float32 `[N, C]` in 0..1, as mixing pictures needs it."""
    return one_hot(truth, labels).float() if truth.ndim == 1 else truth.float()


def _binary(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    return binary_cross_entropy_with_logits(
        logits, target, pos_weight=weights, reduction="none"
    ).mean(dim=1)


def _asymmetric(logits: Tensor, target: Tensor, weights: Tensor | None) -> Tensor:
    probability = logits.sigmoid()
    shifted = (probability - NEGATIVE_MARGIN).clamp(min=0)
    positive = target * torch.nn.functional.logsigmoid(logits) * (1 if weights is None else weights)
    negative = (1 - target) * torch.log1p(-shifted) * shifted**NEGATIVE_FOCUS
    return -(positive + negative).mean(dim=1)


def _on(weights: Tensor | None, logits: Tensor) -> Tensor | None:
    return None if weights is None else weights.to(logits.device)
