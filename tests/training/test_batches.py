"""Samples as batches of uint8 tensors."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from tlx.errors import PictureError
from tlx.inference.events import finish
from tlx.inference.picture import decode
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.samples.sample import Sample
from tlx.training import picture_cache
from tlx.training.augmentation import Augmentation
from tlx.training.batches import (
    EpochBatches,
    LoadedBatches,
    PictureDataset,
    truth_of,
    workers_for,
)
from tlx.training.picture_cache import PictureCache, RamCache, write_disk_cache
from tlx.training.torchrun import Processes

RULE = Preprocessing(37, 32)
LABELS = ("red", "blue", "green")


@pytest.fixture(scope="module")
def samples(split_folder: Path) -> list[Sample]:
    paths = sorted((split_folder / "val").glob("*/*.jpg"))
    return [Sample(path, path.parent.name) for path in paths]


def _dataset(
    samples: list[Sample], geometry: str = "none", cache: PictureCache | None = None
) -> PictureDataset:
    truth = truth_of(samples, LABELS, "single-label")
    return PictureDataset(samples, truth, RULE, Augmentation(geometry), seed=3, cache=cache)


def _in_order(samples: list[Sample], batch: int, workers: int = 0) -> LoadedBatches:
    return LoadedBatches(_dataset(samples), EpochBatches(len(samples), batch), workers)


def _epochs(
    samples: list[Sample], workers: int, count: int = 2, cache: PictureCache | None = None
) -> list[torch.Tensor]:
    order = EpochBatches(len(samples), 8, seed=3)
    batches = LoadedBatches(_dataset(samples, "standard", cache), order, workers)
    found: list[torch.Tensor] = []
    for epoch in range(1, count + 1):
        for images, truth in batches.epoch(epoch):
            found += [images, truth]
    return found


def test_worker_processes_change_nothing_in_the_batches(samples):
    alone, shared = _epochs(samples, workers=0), _epochs(samples, workers=2)
    assert len(alone) == len(shared) == 16
    assert all(one.equal(other) for one, other in zip(alone, shared, strict=True))


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_a_cache_changes_nothing_in_the_batches(samples, where, tmp_path, monkeypatch):
    expected = _epochs(samples, workers=0)
    paths = [sample.path for sample in samples]
    cache: PictureCache | None = RamCache(RULE.resize_side, 1 << 30)
    if where == "disk":
        cache = finish(write_disk_cache(tmp_path / "cache", paths, RULE.resize_side, 1 << 30))
    else:
        for path in paths:
            cache.keep(path, "", decode(path, RULE.resize_side))
    monkeypatch.setattr(picture_cache, "decode", None)  # nothing is decoded again
    found = _epochs(samples, workers=0, cache=cache)
    assert all(one.equal(other) for one, other in zip(found, expected, strict=True))


def test_an_epoch_can_be_had_again_by_its_number(samples):
    batches = LoadedBatches(_dataset(samples, "standard"), EpochBatches(len(samples), 8, seed=3), 0)
    first = [images for images, _ in batches.epoch(2)]
    list(batches.epoch(5))
    again = [images for images, _ in batches.epoch(2)]
    assert all(one.equal(other) for one, other in zip(first, again, strict=True))


def test_a_second_epoch_is_shuffled_and_augmented_anew(samples):
    found = _epochs(samples, workers=0)
    first, second = torch.cat(found[:8:2]), torch.cat(found[8::2])
    assert not first.equal(second)
    assert not torch.cat(found[1:8:2]).equal(torch.cat(found[9::2]))


def test_a_batch_holds_uint8_pictures_and_the_positions_of_their_labels(samples):
    images, truth = next(_in_order(samples, 30).epoch(0))
    assert (images.dtype, tuple(images.shape)) == (torch.uint8, (30, 32, 32, 3))
    assert truth.dtype == torch.int64
    assert [LABELS[position] for position in truth] == [sample.label for sample in samples]


def test_several_labels_are_a_row_of_0_and_1(samples):
    several = [Sample(Path("a"), "blue|red"), Sample(Path("b"), ""), Sample(Path("c"), "green")]
    truth = truth_of(several, LABELS, "multi-label")
    assert truth.dtype == torch.float32
    assert truth.tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_without_augmentation_a_picture_is_what_the_card_says(samples):
    images, _ = _dataset(samples)[7, 4]
    assert (images.numpy() == preprocess(samples[4].path, RULE)).all()


def _positions(batches: EpochBatches) -> list[list[int]]:
    return [[index for _, index in batch] for batch in batches]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 8, 9, 12, 13])
def test_every_picture_comes_once_an_epoch(count):
    batches = EpochBatches(count, 4, seed=0)
    found = _positions(batches)
    assert sorted(index for batch in found for index in batch) == list(range(count))
    assert len(found) == len(batches)


@pytest.mark.parametrize(
    ("count", "sizes"), [(9, [4, 5]), (10, [4, 4, 2]), (8, [4, 4]), (5, [5]), (3, [3])]
)
def test_a_last_batch_of_one_picture_joins_the_one_before(count, sizes):
    assert [len(batch) for batch in EpochBatches(count, 4, seed=0)] == sizes


def test_the_sizes_are_those_of_the_batches():
    for count in (2, 5, 9, 10):
        batches = EpochBatches(count, 4, seed=0)
        assert batches.sizes == [len(batch) for batch in batches]


@pytest.mark.parametrize(("count", "seed"), [(17, 0), (18, 0), (9, None), (16, 3)])
def test_processes_share_each_batch_without_a_picture_twice(count, seed):
    whole = EpochBatches(count, 8, seed, processes=Processes(0, 1))
    dealt = [_positions(EpochBatches(count, 8, seed, processes=Processes(r, 2))) for r in range(2)]
    for parts in zip(*dealt, strict=True):
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    if count == 17:  # alone a rest of one joins, and so it does here
        assert [sum(map(len, parts)) for parts in zip(*dealt, strict=True)] == whole.sizes
    together = [index for batches in dealt for batch in batches for index in batch]
    assert sorted(together) == list(range(count))


def test_a_balanced_epoch_draws_pictures_by_their_weights():
    weights = [1.0] * 90 + [9.0] * 10
    batches = EpochBatches(100, 10, seed=0, weights=weights)
    drawn: list[int] = []
    for epoch in range(1, 41):
        batches.epoch = epoch
        found = [index for batch in _positions(batches) for index in batch]
        assert len(found) == 100
        drawn += found
    assert np.mean(np.array(drawn) >= 90) == pytest.approx(0.5, abs=0.03)
    batches.epoch = 40
    assert [index for batch in _positions(batches) for index in batch] == drawn[-100:]


def test_validation_keeps_its_order_and_its_last_single_picture():
    assert _positions(EpochBatches(5, 2, seed=None)) == [[0, 1], [2, 3], [4]]


def test_the_order_depends_on_seed_and_epoch_alone():
    def order(seed: int, epoch: int) -> list[list[int]]:
        batches = EpochBatches(20, 20, seed)
        batches.epoch = epoch
        return _positions(batches)

    assert order(1, 2) == order(1, 2)
    assert order(1, 2) != order(1, 3)
    assert order(1, 2) != order(2, 2)


def test_every_key_carries_its_epoch():
    batches = EpochBatches(4, 4, seed=0)
    batches.epoch = 6
    assert {epoch for batch in batches for epoch, _ in batch} == {6}


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_vanished_is_named_in_one_line(samples, workers, tmp_path):
    gone = [*samples[:3], Sample(tmp_path / "gone.jpg", "red")]
    text = f"{tmp_path / 'gone.jpg'}: no such file"
    with pytest.raises(PictureError, match=f"^{re.escape(text)}$"):
        list(_in_order(gone, 2, workers).epoch(0))


def test_processes_decode_only_where_it_pays_unless_asked():
    for device in ("cpu", "cuda"):
        assert workers_for(None, 63, cached=False, device=device) == 0
        assert 1 <= workers_for(None, 64, cached=False, device=device) <= 8
        assert workers_for(0, 1000, cached=False, device=device) == 0
        assert workers_for(3, 2, cached=True, device=device) == 3
    assert workers_for(None, 1000, cached=True, device="cpu") == 0
    assert 1 <= workers_for(None, 1000, cached=True, device="cuda") <= 8
