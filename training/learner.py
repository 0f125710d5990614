"""The network with everything that changes it, a step at a time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from .config import TrainingConfig
from .freezing import freeze_stages, set_training
from .mixing import build_mixing
from .objective import Objective
from .optimization import build_optimizer, build_schedule, lower_at_plateau
from .precision import Precision
from .processes import take_from_first
from .randomness import seed_of, seeded
from .resnet import PictureNetwork
from .torchrun import Processes


class Learner:
    """What learns: the network, its optimizer, its schedule, its moving average.

    Args:
        model: on its device.
        config: the recipe.
        objective: what a step makes smaller.
        precision: of forward and backward passes.
        steps: of the whole training.
        processes: gradients are averaged over them.
    """

    def __init__(
        self,
        model: PictureNetwork,
        config: TrainingConfig,
        objective: Objective,
        precision: Precision,
        steps: int,
        processes: Processes,
    ) -> None:
        self.model = model.to(memory_format=torch.channels_last)
        self.config = config
        self.objective = objective
        self.precision = precision
        self.processes = processes
        self.optimizer = build_optimizer(model, config)
        self.schedule = build_schedule(self.optimizer, config, steps)
        self.scaler = precision.scaler()
        self.average = AveragedModel(model, **_moving(config.ema)) if config.ema else None
        self.parts = config.accumulate
        self._mix = build_mixing(config.mixup, config.cutmix, model.network.fc.out_features)
        self._wrapped: nn.Module = model

    @property
    def device(self) -> torch.device:
        """Where it learns."""
        return self.model.device

    @property
    def deployed(self) -> PictureNetwork:
        """The weights that are validated and exported: the moving average where there is one."""
        if self.average is None:
            return self.model
        module = self.average.module
        assert isinstance(module, PictureNetwork)
        return module

    def begin_epoch(self, frozen: str) -> None:
        """Freeze up to a stage, and go into training mode."""
        freeze_stages(self.model.network, frozen)
        self.model.train()  # validation has set it, its dropout too, to eval
        set_training(self.model.network, frozen)
        if self.processes.count > 1:
            # Anew each epoch: it counts on the gradients that there are when it is built.
            self._wrapped = DistributedDataParallel(self.model)

    def learn(
        self, inputs: Tensor, truth: Tensor, after: str, share: float, step: tuple[int, int]
    ) -> tuple[Tensor, Tensor]:
        """Make one step.

        Args:
            inputs: this process's part of the batch, on the device.
            truth: of these.
            after: the stage whose output the inputs are.
            share: what their mean loss counts in the mean over the whole batch and all processes,
                times the number of processes (by which gradients are divided).
            step: (epoch, number of the step): with the seed it gives all randomness.

        Returns:
            Each picture's loss `[N]`, and logits `[N, C]`.
        """
        with self._randomness(step):
            self.optimizer.zero_grad(set_to_none=True)
            images, target = self._mix(inputs, truth) if self._mix else (inputs, truth)
            done = [
                self._part(*part, after, share / len(inputs), gather)
                for part, gather in self._split(images, target)
            ]
        self._move()
        return torch.cat([losses for losses, _ in done]), torch.cat([logits for _, logits in done])

    def end_epoch(self, epochs_since_best: int) -> None:
        """Lower the rate if asked to and validation has not become better for a while."""
        if self.config.schedule == "plateau":
            lower_at_plateau(self.schedule, epochs_since_best)

    def agree(self) -> None:
        """Give every process the first one's statistics: BatchNorm's differ by what each saw."""
        take_from_first(self.processes, self.deployed)

    def state_dict(self) -> dict[str, Any]:
        """Give what resuming needs beside the weights that are deployed."""
        state: dict[str, Any] = {
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
            "precision": self.precision.name,
            "parts": self.parts,
        }
        if self.average is not None:
            state["learning"] = self.model.network.state_dict()
            state["averaged"] = self.average.n_averaged.item()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to where a training stopped; the deployed weights are in the model already."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.scaler.load_state_dict(state["scaler"])
        self.parts = int(state["parts"])
        if self.average is not None:
            self.average.n_averaged.fill_(state["averaged"])
            self.model.network.load_state_dict(state["learning"])

    def _split(
        self, images: Tensor, target: Tensor
    ) -> Iterator[tuple[tuple[Tensor, Tensor], AbstractContextManager[object]]]:
        """Cut a batch into parts; the processes' gradients are gathered at the last one only."""
        # Never a picture alone, on which BatchNorm cannot train: the last batch may be small.
        count = max(1, min(self.parts, len(images) // 2))
        parts = list(zip(images.tensor_split(count), target.tensor_split(count), strict=True))
        for number, part in enumerate(parts, 1):
            last = number == len(parts)
            waits = isinstance(self._wrapped, DistributedDataParallel) and not last
            yield part, self._wrapped.no_sync() if waits else nullcontext()  # pyright: ignore[reportCallIssue]

    def _part(
        self,
        images: Tensor,
        target: Tensor,
        after: str,
        weight: float,
        gather: AbstractContextManager[object],
    ) -> tuple[Tensor, Tensor]:
        with gather:
            with self.precision.autocast():
                logits = self._wrapped(images, after)
            losses = self.objective(logits.float(), target)
            self.scaler.scale(losses.sum() * weight).backward()
        return losses.detach(), logits.detach()

    def _move(self) -> None:
        if self.config.clip:
            self.scaler.unscale_(self.optimizer)
            clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.schedule.step()
        if self.average is not None:
            self.average.update_parameters(self.model)

    def _randomness(self, step: tuple[int, int]) -> AbstractContextManager[object]:
        """Seed dropout and mixing by (seed, epoch, step, process), and leave no trace of it."""
        if not (self.config.dropout or self._mix):
            return nullcontext()
        return seeded(seed_of(self.config.seed, *step, self.processes.rank), self.device)


def _moving(decay: float) -> dict[str, Any]:
    """Average weights and BatchNorm's statistics; the first steps count more than the decay says.

    With few steps an average of constant decay would still hold the random start.
    """

    def update(averaged: Any, current: Any, count: Any) -> None:  # noqa: ANN401 - torch's lists
        warm = min(decay, (1 + int(count)) / (10 + int(count)))
        get_ema_multi_avg_fn(warm)(averaged, current, count)

    update_type: Callable[..., None] = update
    return {"multi_avg_fn": update_type, "use_buffers": True}
