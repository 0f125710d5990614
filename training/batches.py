"""Samples as batches: which pictures, in which order, decoded where."""

import signal
from collections.abc import Iterator, Sequence
from typing import Protocol, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from ..errors import PictureError
from ..inference.cores import available_cores
from ..inference.preprocessing import Preprocessing
from ..samples.sample import Sample
from .augmentation import Augment, Augmentation
from .picture_cache import PictureCache, resized_picture
from .torchrun import ALONE, Processes

Key = tuple[int, int]
"""(epoch, index of the sample): all that a picture's augmentation depends on, with the seed."""

Batch = tuple[Tensor, Tensor]
"""Inputs, and truth: indices of the labels int64 `[N]`, or for multi-label 0/1 float32 `[N, C]`.
Inputs are pictures uint8 `[N, S, S, 3]` RGB, or the output of the stage `Batches.after`."""

Items = list[tuple[Tensor, Tensor]]


class Batches(Protocol):
    """What an epoch is made of.

    Attributes:
        after: the stage whose output the inputs are; "none" for pictures.
        sizes: how many pictures each step has, over all processes together.
    """

    @property
    def after(self) -> str: ...  # noqa: D102 - described above

    @property
    def sizes(self) -> Sequence[int]: ...  # noqa: D102

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give this process's share of an epoch's batches; augmented and shuffled by number."""
        ...


def truth_of(samples: Sequence[Sample], labels: Sequence[str], task: str) -> Tensor:
    """Write truth as numbers: int64 `[N]`, or for multi-label 0/1 float32 `[N, C]`."""
    positions = {label: position for position, label in enumerate(labels)}
    if task == "single-label":
        return torch.tensor([positions[sample.label] for sample in samples], dtype=torch.long)
    truth = torch.zeros(len(samples), len(labels))
    for row, sample in enumerate(samples):
        truth[row, [positions[label] for label in sample.labels]] = 1
    return truth


class PictureDataset(Dataset[tuple[Tensor, Tensor]]):
    """Samples decoded, and augmented or brought to the network's input by the card's rule.

    An item is (uint8 `[S, S, 3]` RGB, truth). A picture that cannot be read any more raises
    `PictureError` with its path.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        truth: Tensor,
        rule: Preprocessing,
        augmentation: Augmentation = Augmentation(),  # noqa: B008 - frozen
        seed: int = 0,
        cache: PictureCache | None = None,
    ) -> None:
        self.samples = samples
        self.truth = truth
        self.rule = rule
        self.augmentation = augmentation
        self.seed = seed
        self.cache = cache
        self._augment = Augment(augmentation, rule, seed)

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: Key) -> tuple[Tensor, Tensor]:
        epoch, index = key
        path = self.samples[index].path
        resized = resized_picture(path, self.rule.resize_side, self.cache)
        return torch.from_numpy(self._augment(resized, epoch, index)), self.truth[index]

    def __getitems__(self, keys: list[Key]) -> Items | PictureError:
        """Get a batch's items, for the loader.

        An error is handed over: of one that is raised in a worker process, torch makes a text
        with the whole traceback in it.
        """
        try:
            return [self[key] for key in keys]
        except PictureError as error:
            return error

    def collate(self, items: Items | PictureError) -> Batch | PictureError:
        """Put items together; a process whose share of a batch is nothing gets none."""
        if isinstance(items, PictureError):
            return items
        if not items:
            side = self.rule.crop
            return torch.zeros(0, side, side, 3, dtype=torch.uint8), self.truth[:0]
        return default_collate(items)


class EpochBatches(Sampler[list[Key]]):
    """Batches of keys for one epoch after the other; shuffled by (seed, epoch) alone.

    Args:
        count: pictures.
        batch: pictures a step, over all processes together.
        seed: shuffles; None keeps the order.
        weights: how often each picture is drawn, for a balanced epoch of as many pictures.
        processes: each batch is dealt out among them.
    """

    def __init__(
        self,
        count: int,
        batch: int,
        seed: int | None = None,
        weights: Sequence[float] | None = None,
        processes: Processes = ALONE,
    ) -> None:
        self.count = count
        self.batch = batch
        self.seed = seed
        self.weights = weights
        self.processes = processes
        self.epoch = 0

    def __iter__(self) -> Iterator[list[Key]]:
        keys = [(self.epoch, index) for index in self._order()]
        starts = self._starts()
        for start, end in zip(starts, [*starts[1:], self.count], strict=True):
            yield keys[start:end][self.processes.rank :: self.processes.count]

    def __len__(self) -> int:
        return len(self._starts())

    @property
    def sizes(self) -> list[int]:
        """How many pictures each batch has, over all processes together."""
        starts = self._starts()
        return [end - start for start, end in zip(starts, [*starts[1:], self.count], strict=True)]

    def _starts(self) -> list[int]:
        starts = list(range(0, self.count, self.batch))
        # BatchNorm cannot train on one picture alone: such a rest joins the batch before.
        rest = self.count - starts[-1]
        lonely = self.seed is not None and rest < 2 * self.processes.count and len(starts) > 1
        return starts[:-1] if lonely else starts

    def _order(self) -> list[int]:
        if self.seed is None:
            return list(range(self.count))
        chance = np.random.default_rng((self.seed, self.epoch))
        if self.weights is None:
            return chance.permutation(self.count).tolist()
        shares = np.array(self.weights) / np.sum(self.weights)
        return chance.choice(self.count, self.count, p=shares).tolist()


class LoadedBatches:
    """Batches of pictures, decoded and augmented by worker processes or by this one.

    Args:
        dataset: the pictures.
        order: which of them, in which order.
        workers: decoding processes; 0 for none.
        pin: keep batches in page-locked memory, from where a CUDA device copies faster.
    """

    after = "none"

    def __init__(
        self, dataset: PictureDataset, order: EpochBatches, workers: int, pin: bool = False
    ) -> None:
        self.dataset = dataset
        self.order = order
        self._loader: DataLoader[Batch] = DataLoader(
            cast(Dataset[Batch], dataset),  # items of (Tensor, Tensor) collate to a Batch
            batch_sampler=order,
            collate_fn=dataset.collate,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=pin,
            worker_init_fn=_leave_interruption_to_the_parent,
        )

    @property
    def sizes(self) -> Sequence[int]:
        """How many pictures each step has, over all processes together."""
        return self.order.sizes

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give an epoch's batches; a picture that cannot be read raises its `PictureError`."""
        self.order.epoch = number
        for batch in self._loader:
            if isinstance(batch, PictureError):
                # Not itself: with this frame in its traceback it would keep the loader in a
                # cycle, and workers that the garbage collector stops take 5 s each.
                raise PictureError(batch.reason, batch.name)
            yield batch


def _leave_interruption_to_the_parent(_worker: int) -> None:
    # A terminal sends Ctrl-C to every process; without its workers the parent could not finish
    # the batch at hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def workers_for(asked: int | None, pictures: int, cached: bool, device: str) -> int:
    """Decide how many processes decode: as asked, or one a core up to 8 where it pays.

    Beside a network that learns on the processor, pictures that need no decoding are best left
    to its own process: others would only take its cores.
    """
    if asked is not None:
        return asked
    few = pictures < 64 or (cached and device == "cpu")
    return 0 if few else min(available_cores(), 8)
