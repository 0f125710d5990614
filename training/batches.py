"""Samples as batches of uint8 tensors, decoded by worker processes."""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler, default_collate

from ..errors import PictureError
from ..inference.cores import available_cores
from ..inference.picture import decode
from ..inference.preprocessing import Preprocessing, resize_and_crop
from ..samples.sample import Sample
from .augmentation import augment, build_augmentation

Key = tuple[int, int]
"""(epoch, index of the sample): all that a picture's augmentation depends on, with the seed."""

Batch = tuple[Tensor, Tensor]
"""Pictures uint8 `[N, S, S, 3]` RGB, and indices of their labels int64 `[N]`."""

Items = list[tuple[Tensor, int]]


class PictureDataset(Dataset[tuple[Tensor, int]]):
    """Samples decoded, augmented or brought to the network's input by the card's rule.

    An item is (uint8 `[S, S, 3]` RGB, index of the label). A picture that cannot be read any
    more raises `PictureError` with its path.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        labels: Sequence[str],
        rule: Preprocessing,
        augmentation: str = "none",
        seed: int = 0,
    ) -> None:
        self.samples = samples
        self.rule = rule
        self.seed = seed
        self.transform = build_augmentation(augmentation, rule.crop)
        positions = {label: position for position, label in enumerate(labels)}
        self.truth = [positions[sample.label] for sample in samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, key: Key) -> tuple[Tensor, int]:
        epoch, index = key
        picture = decode(self.samples[index].path, self.rule.resize_side)
        if self.transform is None:
            pixels = resize_and_crop(picture, self.rule)
        else:
            pixels = np.array(augment(self.transform, picture, self.seed, epoch, index))
        return torch.from_numpy(pixels), self.truth[index]

    def __getitems__(self, keys: list[Key]) -> Items | PictureError:
        """Get a batch's items, for the loader.

        An error is handed over: of one that is raised in a worker process, torch makes a text
        with the whole traceback in it.
        """
        try:
            return [self[key] for key in keys]
        except PictureError as error:
            return error


class PictureLoader(DataLoader[Batch]):
    """Batches of a `PictureDataset`; a picture that cannot be read raises its `PictureError`."""

    def __iter__(self) -> Iterator[Batch]:  # pyright: ignore[reportIncompatibleMethodOverride]
        for batch in super().__iter__():
            if isinstance(batch, PictureError):
                # Not itself: with this frame in its traceback it would keep the loader in a
                # cycle, and workers that the garbage collector stops take 5 s each.
                raise PictureError(batch.reason, batch.name)
            yield batch


class EpochBatches(Sampler[list[Key]]):
    """Batches of keys for one epoch after the other; shuffled by (seed, epoch) alone."""

    def __init__(self, count: int, batch: int, seed: int | None) -> None:
        self.count = count
        self.batch = batch
        self.seed = seed
        self.epoch = 0

    def __iter__(self) -> Iterator[list[Key]]:
        keys = [(self.epoch, index) for index in self._order()]
        starts = self._starts()
        for start, end in zip(starts, [*starts[1:], self.count], strict=True):
            yield keys[start:end]

    def __len__(self) -> int:
        return len(self._starts())

    def _starts(self) -> list[int]:
        starts = list(range(0, self.count, self.batch))
        # BatchNorm cannot train on one picture alone: it joins the batch before.
        lonely = self.seed is not None and self.count % self.batch == 1 and len(starts) > 1
        return starts[:-1] if lonely else starts

    def _order(self) -> list[int]:
        if self.seed is None:
            return list(range(self.count))
        return np.random.default_rng((self.seed, self.epoch)).permutation(self.count).tolist()


def batch_loader(
    dataset: PictureDataset,
    batch: int,
    workers: int | None,
    shuffle_seed: int | None = None,
    pin: bool = False,
) -> DataLoader[Batch]:
    """Load batches; `loader.batch_sampler.epoch` is set before each pass.

    `pin` keeps them in page-locked memory, from where a CUDA device copies faster.
    """
    return PictureLoader(
        cast(Dataset[Batch], dataset),  # items of (Tensor, int) collate to a Batch
        batch_sampler=EpochBatches(len(dataset), batch, shuffle_seed),
        collate_fn=_collate,
        num_workers=workers_for(workers, len(dataset)),
        persistent_workers=workers_for(workers, len(dataset)) > 0,
        pin_memory=pin,
    )


def workers_for(asked: int | None, pictures: int) -> int:
    """Decide how many processes decode: as asked, or one a core up to 8 where it pays."""
    if asked is not None:
        return asked
    return min(available_cores(), 8) if pictures >= 64 else 0


def _collate(items: Items | PictureError) -> Batch | PictureError:
    return items if isinstance(items, PictureError) else default_collate(items)
