"""The output of a frozen stage, computed once for each picture and kept on disk."""

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import torch
from torch import Tensor

from ..inference.card import ModelCard
from ..inference.cores import available_cores
from ..samples.sample import Sample
from .augmentation import Augment, Augmentation
from .batches import Batch, EpochBatches
from .picture_cache import PictureCache, resized_picture
from .precision import Precision
from .resnet import PictureNetwork
from .stage_store import StageKey, StageStore

BATCH = 32
"""Pictures in one forward pass of the frozen stages."""


@dataclass(frozen=True)
class StageProgress:
    """How many outputs of the frozen stage have been computed, of those that were missing."""

    done: int
    total: int


class StageBatches:
    """Batches of a frozen stage's outputs.

    Args:
        after: the stage.
        values: mapped rows.
        rows: of each picture, its rows, one a view.
        truth: of each picture.
        order: which pictures, in which order.
        earlier_seconds: how long earlier runs took to compute those of the rows that they stored.
    """

    def __init__(
        self,
        after: str,
        values: Tensor,
        rows: Sequence[Sequence[int]],
        truth: Tensor,
        order: EpochBatches,
        earlier_seconds: float = 0.0,
    ) -> None:
        self.after = after
        self.order = order
        self.earlier_seconds = earlier_seconds
        self._values = values
        self._rows = torch.tensor(rows)
        self._truth = truth

    @property
    def sizes(self) -> Sequence[int]:
        """How many pictures each step has."""
        return self.order.sizes

    def epoch(self, number: int) -> Iterator[Batch]:
        """Give an epoch's batches; the views take turns, each picture beginning with another."""
        self.order.epoch = number
        views = self._rows.shape[1]
        for keys in self.order:
            pictures = torch.tensor([index for _, index in keys])
            rows = self._rows[pictures, (pictures + number) % views]
            yield self._values[rows].float(), self._truth[pictures]


@dataclass(frozen=True, eq=False)
class StageWork:
    """Everything that computing a frozen stage's outputs needs.

    Attributes:
        folder: where stores lie.
        model: on its device; only its frozen stages are used.
        card: for the preprocessing.
        stage: the last frozen one.
        contents: SHA-256 by path.
        cache: of decoded pictures.
        seed: of augmented views.
    """

    folder: Path
    model: PictureNetwork
    card: ModelCard
    stage: str
    contents: Mapping[Path, str]
    cache: PictureCache | None
    seed: int


def stage_batches(
    work: StageWork,
    samples: Sequence[Sample],
    truth: Tensor,
    order: EpochBatches,
    precision: Precision,
    views: int | None = None,
    augmentation: Augmentation | None = None,
) -> Generator[StageProgress, None, StageBatches]:
    """Compute what is missing of a frozen stage's outputs, and give them as batches.

    Args:
        work: see there.
        samples: N pictures.
        truth: of these.
        order: of the batches.
        precision: of the forward pass; fp32 for validation.
        views: how many augmented views of each picture; None for the plain one.
        augmentation: of the views.

    Raises:
        PictureError: a picture cannot be read any more.
    """
    store = open_store(work, precision, augmentation if views else None)
    names = [_row_names(work.contents[sample.path], views) for sample in samples]
    missing = _missing(work, store, samples, views)
    found = len({name for of_sample in names for name in of_sample}) - len(missing)
    earlier = store.seconds * found / max(1, len(store.rows))
    start = perf_counter()
    yield from _compute(work, store, missing, precision, augmentation if views else None)
    if missing:
        store.add_seconds(perf_counter() - start)
    rows = [[store.rows[name] for name in of_sample] for of_sample in names]
    return StageBatches(work.stage, store.values(), rows, truth, order, earlier)


def bytes_missing(
    work: StageWork,
    samples: Sequence[Sample],
    precision: Precision,
    views: int | None,
    augmentation: Augmentation,
) -> int:
    """Tell how much disk `stage_batches` will take beyond what is stored already."""
    store = open_store(work, precision, augmentation if views else None)
    return store.row_bytes * len(_missing(work, store, samples, views))


def open_store(
    work: StageWork, precision: Precision, augmentation: Augmentation | None
) -> StageStore:
    """Open the store for a stage's outputs; its row's shape is asked of the network."""
    rule = work.card.preprocessing
    key = StageKey(
        weights=_sha256_of_stages(work.model, work.stage),
        stage=work.stage,
        preprocessing=asdict(rule),
        precision=precision.name,
        augmentation=asdict(augmentation) if augmentation else None,
        seed=work.seed if augmentation else 0,
    )
    black = torch.zeros(1, rule.crop, rule.crop, 3, dtype=torch.uint8)
    output = _forward(work.model, black, work.stage, precision)
    return StageStore(work.folder, key, output.shape[1:], output.dtype)


def _missing(
    work: StageWork, store: StageStore, samples: Sequence[Sample], views: int | None
) -> dict[str, tuple[Path, int]]:
    """Find the rows that are not stored yet, with the picture and the view of each."""
    return {
        name: (sample.path, view)
        for sample in samples
        for view, name in enumerate(_row_names(work.contents[sample.path], views))
        if name not in store.rows
    }


def _compute(
    work: StageWork,
    store: StageStore,
    missing: Mapping[str, tuple[Path, int]],
    precision: Precision,
    augmentation: Augmentation | None,
) -> Iterator[StageProgress]:
    augment = Augment(augmentation or Augmentation(), work.card.preprocessing, work.seed)
    side = work.card.preprocessing.resize_side
    done = 0
    for names in _portions(missing, BATCH):
        images: list[Tensor] = []
        paths = [missing[name][0] for name in names]
        with ThreadPoolExecutor(available_cores()) as threads:
            pictures = list(threads.map(lambda p: resized_picture(p, side, work.cache), paths))
        for name, resized in zip(names, pictures, strict=True):
            path, view = missing[name]
            # By content, not by place: another split or order finds the same views again.
            number = int(work.contents[path][:12], 16)
            images.append(torch.from_numpy(augment(resized, view, number)))
        store.add(names, _forward(work.model, torch.stack(images), work.stage, precision))
        done += len(names)
        yield StageProgress(done, len(missing))


def _forward(model: PictureNetwork, images: Tensor, stage: str, precision: Precision) -> Tensor:
    model.eval()
    with torch.no_grad(), precision.autocast():
        return model.until(images.to(model.device), stage)


def _row_names(content: str, views: int | None) -> list[str]:
    return [content] if views is None else [f"{content}-{view}" for view in range(views)]


def _portions(names: Iterable[str], size: int) -> Iterator[list[str]]:
    everything = list(names)
    for start in range(0, len(everything), size):
        yield everything[start : start + size]


def _sha256_of_stages(model: PictureNetwork, stage: str) -> str:
    """Hash what the frozen stages compute with; equal weights from anywhere give equal rows."""
    from .freezing import frozen_modules

    digest = hashlib.sha256()
    for module in frozen_modules(model.network, stage):
        for name, tensor in module.state_dict().items():
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
