"""What moves the weights: the optimizer with its groups, and the learning rate over the steps."""

import math
from collections.abc import Callable

from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from .config import STAGES, TrainingConfig

PRETRAINED_LR = 0.1
"""Learning rate of pretrained stages as a share of the head's, which starts from nothing."""
MOMENTUM = 0.9
RISE_OF_ONE_CYCLE = 0.25
"""Share of the steps in which one-cycle rises (fastai's; Smith, 2018, arXiv:1803.09820)."""
STEP_AT, STEP_FACTOR = (0.5, 0.75), 0.1
"""Shares of the steps at which `--schedule step` lowers the rate, and by what."""
PLATEAU_PATIENCE, PLATEAU_FACTOR = 2, 0.1
"""Epochs without a better one after which `--schedule plateau` lowers the rate, and by what."""


def build_optimizer(model: nn.Module, config: TrainingConfig) -> Optimizer:
    """Build AdamW (Loshchilov and Hutter, 2019) or SGD with Nesterov's momentum.

    The head learns at the full rate, pretrained stages at `PRETRAINED_LR` of it, each at
    `layer_decay` of the one above; norms and biases are not decayed. Stages that are frozen now
    are in it too, for gradual unfreezing: without a gradient nothing moves them.
    """
    groups: dict[tuple[str, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        groups.setdefault((stage_of(name), parameter.ndim > 1), []).append(parameter)
    settings = [
        {
            "params": parameters,
            "lr": config.peak_lr * _share(stage, config),
            "weight_decay": config.weight_decay if decayed else 0.0,
        }
        for (stage, decayed), parameters in groups.items()
    ]
    if config.optimizer == "sgd":
        return SGD(settings, momentum=MOMENTUM, nesterov=True)
    return AdamW(settings)


def stage_of(name: str) -> str:
    """Name the stage that a parameter belongs to: one of `STAGES`, or "head"."""
    parts = name.split(".")
    found = [stage for stage in STAGES[2:] if stage in parts]
    return found[0] if found else "head" if "fc" in parts else "stem"


def _share(stage: str, config: TrainingConfig) -> float:
    """Give a stage's learning rate as a share of the head's."""
    if stage == "head":
        return 1.0
    below_the_top = len(STAGES) - 1 - STAGES.index(stage)
    start = PRETRAINED_LR if config.pretrained else 1.0
    return start * config.layer_decay**below_the_top


def build_schedule(optimizer: Optimizer, config: TrainingConfig, steps: int) -> LRScheduler:
    """Build the learning rate over `steps` steps of the optimizer."""
    if config.schedule == "one-cycle":
        peaks = [group["lr"] for group in optimizer.param_groups]
        return OneCycleLR(optimizer, peaks, max(steps, 2), pct_start=RISE_OF_ONE_CYCLE)
    return LambdaLR(optimizer, _factor(config, steps))


def _factor(config: TrainingConfig, steps: int) -> Callable[[int], float]:
    rise = max(1, round(config.warmup * steps)) if config.warmup else 0

    def factor(step: int) -> float:
        if step < rise:
            return (step + 1) / rise
        if config.schedule == "cosine":
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, steps - rise))))
        if config.schedule == "step":
            return STEP_FACTOR ** sum(step >= share * steps for share in STEP_AT)
        return 1.0  # constant; plateau lowers the base rate at an epoch's end

    return factor


def lower_at_plateau(schedule: LRScheduler, epochs_since_best: int) -> None:
    """Lower the rate for good where validation has not become better for a while."""
    if epochs_since_best and epochs_since_best % PLATEAU_PATIENCE == 0:
        schedule.base_lrs = [lr * PLATEAU_FACTOR for lr in schedule.base_lrs]
