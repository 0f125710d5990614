"""The training loop: one epoch, one validation, readable from top to bottom."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from time import perf_counter

import torch
from torch import Tensor

from ..errors import TrainingError
from .batches import Batches
from .learner import Learner
from .processes import gather
from .resnet import PictureNetwork
from .torchrun import Processes

CHECKED = 20
"""Steps after which a GPU's loss is looked at: each look waits for the GPU."""


@dataclass(frozen=True)
class BatchDone:
    """Progress within an epoch; `phase` is "training" or "validation"."""

    phase: str
    done: int
    total: int
    pictures_per_second: float


@dataclass(frozen=True)
class BatchLowered:
    """The device ran out of memory: from here on each batch goes through it in `parts`."""

    parts: int


@dataclass(frozen=True)
class Learned:
    """What a pass of training was like: its loss on the pictures as they came, augmented.

    Attributes:
        loss: mean of the objective, in nats.
        accuracy: share of first labels that are the truth's; multi-label: of pictures with every
            label right at 0.5.
        pictures_per_second: over all processes.
    """

    loss: float
    accuracy: float
    pictures_per_second: float


@dataclass(frozen=True, eq=False)
class Validated:
    """Answers for all validation pictures: logits `[N, C]` and truth, on the CPU, in order."""

    logits: Tensor
    truth: Tensor


def train_epoch(
    learner: Learner, batches: Batches, epoch: int, frozen: str
) -> Generator[BatchDone | BatchLowered, None, Learned]:
    """Learn from every training picture once.

    Yields:
        `BatchDone` a batch; `BatchLowered` each time that a batch does not fit, until its parts are
        of two pictures.

    Returns:
        The score on the augmented pictures as they came, by the weights of each step.

    Raises:
        TrainingError: the loss is not finite.
    """
    learner.begin_epoch(frozen)
    tally = _Tally(learner.processes, sum(batches.sizes))
    for step, (size, (inputs, truth)) in enumerate(
        zip(batches.sizes, batches.epoch(epoch), strict=True)
    ):
        inputs = inputs.to(learner.device, non_blocking=True)  # noqa: PLW2901
        truth = truth.to(learner.device, non_blocking=True)  # noqa: PLW2901
        share = len(inputs) * learner.processes.count / size
        # The parts are not doubled in the handler: there the error still holds what did not fit.
        while (
            learned := _learn(learner, inputs, truth, batches.after, share, (epoch, step))
        ) is None:
            learner.parts *= 2
            yield BatchLowered(learner.parts)
        losses, logits = learned
        tally.add(losses, is_right(logits, truth))
        if learner.device.type == "cpu" or step % CHECKED == 0:
            _require_finite(losses.mean().item(), "training")
        yield BatchDone("training", tally.done, tally.total, tally.rate())
    learner.agree()
    return tally.learned()


def _learn(
    learner: Learner, inputs: Tensor, truth: Tensor, after: str, share: float, step: tuple[int, int]
) -> tuple[Tensor, Tensor] | None:
    """Make a step; None if the device has not the memory and smaller parts are still possible."""
    try:
        return learner.learn(inputs, truth, after, share, step)
    except torch.OutOfMemoryError:
        if 2 * learner.parts > len(inputs) // 2 or learner.processes.count > 1:
            raise
        return None


def validate(
    model: PictureNetwork, batches: Batches, processes: Processes
) -> Generator[BatchDone, None, Validated]:
    """Ask the weights as they would be exported: eval mode, fp32.

    Yields:
        `BatchDone` a batch.

    Returns:
        The answers of all processes, each picture's exactly once, in the pictures' order.
    """
    model.eval()
    device = model.device
    answers: list[Tensor] = []
    truths: list[Tensor] = []
    total, start, done = sum(batches.sizes), perf_counter(), 0
    for size, (inputs, truth) in zip(batches.sizes, batches.epoch(0), strict=True):
        # Inside: around a generator they would leak to whoever consumes it. TF32 would be the
        # default for convolutions on newer GPUs, and is no fp32.
        with torch.no_grad(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            answers.append(model(inputs.to(device, non_blocking=True), batches.after))
        truths.append(truth)
        done += size
        yield BatchDone("validation", done, total, done / (perf_counter() - start))
    own = [(step.cpu(), truth) for step, truth in zip(answers, truths, strict=True)]
    return _in_order(gather(processes, own))


def is_right(logits: Tensor, truth: Tensor) -> Tensor:
    """Tell, bool `[N]`, whether the first label is the truth's; multi-label: every label at 0.5."""
    if truth.ndim == 1:
        return logits.argmax(dim=1) == truth
    return ((logits > 0) == (truth > 0.5)).all(dim=1)


def _in_order(by_process: list[list[tuple[Tensor, Tensor]]]) -> Validated:
    """Put back together the batches that were dealt out card by card."""
    logits: list[Tensor] = []
    truth: list[Tensor] = []
    for parts in zip(*by_process, strict=True):
        size = sum(len(answers) for answers, _ in parts)
        rows = [torch.arange(size)[rank :: len(parts)] for rank in range(len(parts))]
        order = torch.cat(rows).argsort()
        logits.append(torch.cat([answers for answers, _ in parts])[order])
        truth.append(torch.cat([truths for _, truths in parts])[order])
    return Validated(torch.cat(logits), torch.cat(truth))


class _Tally:
    """Sums over the batches of one pass, kept on the device so that no step waits for them."""

    def __init__(self, processes: Processes, total: int) -> None:
        self.processes = processes
        self.total = total
        self.done = 0
        self._losses: list[Tensor] = []
        self._right: list[Tensor] = []
        self._start = perf_counter()

    def add(self, losses: Tensor, right: Tensor) -> None:
        self._losses.append(losses.sum())
        self._right.append(right.sum())
        self.done = min(self.total, self.done + len(losses) * self.processes.count)

    def rate(self) -> float:
        return self.done / (perf_counter() - self._start)

    def learned(self) -> Learned:
        loss = sum(part.item() for part in self._losses)
        right = sum(part.item() for part in self._right)
        sums = gather(self.processes, (loss, right))
        mean = sum(one for one, _ in sums) / self.total
        _require_finite(mean, "training")
        return Learned(mean, sum(one for _, one in sums) / self.total, self.rate())


def _require_finite(loss: float, phase: str) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"the {phase} loss is not finite; try a lower --lr, --clip 1 or --amp none (what the "
            "epochs before have written is kept)"
        )
