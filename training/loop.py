"""The training loop: one epoch, one validation, readable from top to bottom."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from ..errors import TrainingError
from .batches import Batch, PictureDataset
from .resnet import PictureNetwork, set_training

PRETRAINED_LR = 0.03
"""Learning rate of pretrained stages as a share of the head's, which starts from nothing."""
WARM_UP = 0.05
"""Share of all steps over which the learning rate rises from zero."""


@dataclass(frozen=True)
class BatchDone:
    """Progress within an epoch; `phase` is "training" or "validation"."""

    phase: str
    done: int
    total: int
    pictures_per_second: float


@dataclass(frozen=True)
class Score:
    """Mean loss in nats and accuracy in 0..1 over a number of pictures, and their rate."""

    loss: float
    accuracy: float
    pictures: int
    pictures_per_second: float


def train_epoch(
    model: PictureNetwork,
    batches: DataLoader[Batch],
    optimizer: Optimizer,
    schedule: LambdaLR,
    freeze: str,
) -> Generator[BatchDone, None, Score]:
    """Learn from every training picture once.

    Yields:
        `BatchDone` a batch.

    Returns:
        The score on the augmented pictures as they came, by the weights of each step.

    Raises:
        TrainingError: the loss is not finite.
    """
    set_training(model.network, freeze)
    device = model.mean.device
    tally = _Tally("training", batches)
    for images, truth in batches:
        truth = truth.to(device, non_blocking=True)  # noqa: PLW2901
        logits = model(images.to(device, non_blocking=True))  # uint8 [N, S, S, 3] -> [N, C]
        loss = cross_entropy(logits, truth)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        yield tally.add(logits, truth, loss)
    return _finite(tally)


def validate(
    model: PictureNetwork, batches: DataLoader[Batch]
) -> Generator[BatchDone, None, Score]:
    """Score the weights as they would be exported: eval mode, fp32, plain cross-entropy.

    Yields:
        `BatchDone` a batch.

    Returns:
        The score.

    Raises:
        TrainingError: the loss is not finite: the last step of training went astray.
    """
    model.eval()
    device = model.mean.device
    tally = _Tally("validation", batches)
    for images, truth in batches:
        truth = truth.to(device, non_blocking=True)  # noqa: PLW2901
        # Inside: around a generator they would leak to whoever consumes it. TF32 would be the
        # default for convolutions on newer GPUs, and is no fp32.
        with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            logits = model(images.to(device, non_blocking=True))
            loss = cross_entropy(logits, truth)
        yield tally.add(logits, truth, loss)
    return _finite(tally)


def build_optimizer(model: nn.Module, lr: float, weight_decay: float, pretrained: bool) -> AdamW:
    """Build AdamW (Loshchilov and Hutter, 2019) over what is not frozen.

    The head learns at `lr`, pretrained stages at `PRETRAINED_LR` of it; norms and biases are
    not decayed.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            key = (".fc." in f".{name}", parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
    return AdamW(
        [
            {
                "params": parameters,
                "lr": lr if head or not pretrained else lr * PRETRAINED_LR,
                "weight_decay": weight_decay if decayed else 0.0,
            }
            for (head, decayed), parameters in groups.items()
        ]
    )


def build_schedule(optimizer: Optimizer, steps: int) -> LambdaLR:
    """Rise linearly, then fall to zero along a cosine, a step a batch."""
    return LambdaLR(optimizer, _warm_up_then_cosine(steps))


def _warm_up_then_cosine(steps: int) -> Callable[[int], float]:
    rise = max(1, round(WARM_UP * steps))

    def factor(step: int) -> float:
        if step < rise:
            return (step + 1) / rise
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, steps - rise))))

    return factor


class _Tally:
    """Sums over the batches of one pass, kept on the device so that no step waits for them."""

    def __init__(self, phase: str, batches: DataLoader[Batch]) -> None:
        self.phase = phase
        self.total = len(cast(PictureDataset, batches.dataset))
        self.done = 0
        self.losses: list[torch.Tensor] = []
        self.correct: list[torch.Tensor] = []
        self.start = perf_counter()

    def add(self, logits: torch.Tensor, truth: torch.Tensor, loss: torch.Tensor) -> BatchDone:
        self.losses.append(loss.detach() * len(truth))
        self.correct.append((logits.detach().argmax(dim=1) == truth).sum())
        self.done += len(truth)
        return BatchDone(self.phase, self.done, self.total, self._rate())

    def score(self) -> Score:
        loss = sum(part.item() for part in self.losses) / self.done
        accuracy = sum(part.item() for part in self.correct) / self.done
        return Score(loss, accuracy, self.done, self._rate())

    def _rate(self) -> float:
        return self.done / (perf_counter() - self.start)


def _finite(tally: _Tally) -> Score:
    score = tally.score()
    if not math.isfinite(score.loss):
        raise TrainingError(
            f"the {tally.phase} loss is not finite; try a lower --lr (the checkpoints of the "
            "epochs before are kept)"
        )
    return score
