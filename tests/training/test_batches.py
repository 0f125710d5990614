"""Samples as batches of uint8 tensors."""

import re
from pathlib import Path

import pytest
import torch

from tlx.errors import PictureError
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.samples.sample import Sample
from tlx.training.batches import EpochBatches, PictureDataset, batch_loader, workers_for

RULE = Preprocessing(37, 32)
LABELS = ("red", "blue", "green")


@pytest.fixture(scope="module")
def samples(split_folder: Path) -> list[Sample]:
    paths = sorted((split_folder / "val").glob("*/*.jpg"))
    return [Sample(path, path.parent.name) for path in paths]


def _epochs(samples: list[Sample], workers: int, count: int = 2) -> list[torch.Tensor]:
    dataset = PictureDataset(samples, LABELS, RULE, "standard", seed=3)
    batches = batch_loader(dataset, 8, workers, shuffle_seed=3)
    found: list[torch.Tensor] = []
    for epoch in range(1, count + 1):
        batches.batch_sampler.epoch = epoch
        for images, truth in batches:
            found += [images, truth]
    return found


def test_worker_processes_change_nothing_in_the_batches(samples):
    alone, shared = _epochs(samples, workers=0), _epochs(samples, workers=2)
    assert len(alone) == len(shared) == 16
    assert all(one.equal(other) for one, other in zip(alone, shared, strict=True))


def test_a_second_epoch_is_shuffled_and_augmented_anew(samples):
    found = _epochs(samples, workers=0)
    first, second = torch.cat(found[:8:2]), torch.cat(found[8::2])
    assert not first.equal(second)
    assert not torch.cat(found[1:8:2]).equal(torch.cat(found[9::2]))


def test_a_batch_holds_uint8_pictures_and_the_positions_of_their_labels(samples):
    images, truth = next(iter(batch_loader(PictureDataset(samples, LABELS, RULE), 30, 0)))
    assert (images.dtype, tuple(images.shape)) == (torch.uint8, (30, 32, 32, 3))
    assert truth.dtype == torch.int64
    assert [LABELS[position] for position in truth] == [sample.label for sample in samples]


def test_without_augmentation_a_picture_is_what_the_card_says(samples):
    images, _ = PictureDataset(samples, LABELS, RULE)[7, 4]
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
        list(batch_loader(PictureDataset(gone, LABELS, RULE), 2, workers))


def test_processes_decode_only_where_it_pays_unless_asked():
    assert workers_for(None, 63) == 0
    assert 1 <= workers_for(None, 64) <= 8
    assert workers_for(0, 1000) == 0
    assert workers_for(3, 2) == 3
