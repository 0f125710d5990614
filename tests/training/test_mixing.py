"""MixUp and CutMix over a batch."""

import pytest
import torch

from tlx.training.mixing import build_mixing

WAYS = [(0.4, 0.0), (0.0, 1.0), (0.4, 1.0)]
TRUTH = torch.tensor([0, 1, 2, 3, 0])


@pytest.fixture
def images() -> torch.Tensor:
    """Five pictures of one level each: 0, 50, ... 200."""
    levels = torch.arange(5, dtype=torch.uint8) * 50
    return levels.view(5, 1, 1, 1).expand(5, 32, 32, 3)


def _mixed(images, seed: int, mixup: float, cutmix: float, truth=TRUTH):
    mix = build_mixing(mixup, cutmix, 4)
    assert mix is not None
    torch.manual_seed(seed)
    return mix(images, truth)


def test_without_either_there_is_no_mixing():
    assert build_mixing(0.0, 0.0, 4) is None


@pytest.mark.parametrize(("mixup", "cutmix"), WAYS)
def test_a_mixed_batch_has_the_shape_and_range_of_pictures_and_shares_that_sum_to_1(
    images, mixup, cutmix
):
    for seed in range(10):
        mixed, target = _mixed(images, seed, mixup, cutmix)
        assert (mixed.shape, mixed.dtype) == ((5, 32, 32, 3), torch.float32)
        assert 0 <= mixed.min() <= mixed.max() <= 200
        assert (target.shape, target.dtype) == ((5, 4), torch.float32)
        torch.testing.assert_close(target.sum(dim=1), torch.ones(5))
        assert (target >= 0).all()


@pytest.mark.parametrize(("mixup", "cutmix"), WAYS)
def test_the_same_seed_mixes_the_same_and_another_otherwise(images, mixup, cutmix):
    one, same = (_mixed(images, 3, mixup, cutmix) for _ in range(2))
    assert one[0].equal(same[0])
    assert one[1].equal(same[1])
    others = [_mixed(images, seed, mixup, cutmix)[0] for seed in range(4, 9)]
    assert any(not one[0].equal(other) for other in others)


def _levels(mixed: torch.Tensor) -> list[float]:
    return mixed[:, :, :, 0].mean(dim=(1, 2)).tolist()


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.4, 0.0), (0.0, 1.0)])
def test_the_shares_are_those_of_the_pixels(images, mixup, cutmix):
    truth = torch.tensor([0, 1, 2, 3, 3])
    weights = torch.tensor([0.0, 50.0, 100.0, 150.0])
    for seed in range(8):
        mixed, target = _mixed(images, seed, mixup, cutmix, truth)
        # Pictures 1 to 3 mix with a neighbour below whose level its label tells.
        expected = (target @ weights)[1:4].tolist()
        assert _levels(mixed)[1:4] == pytest.approx(expected, abs=0.01)


def test_mixup_mixes_whole_pictures_and_cutmix_boxes(images):
    whole = _mixed(images, 1, 0.4, 0.0)[0]
    assert (whole == whole[:, :1, :1]).all()
    boxes = _mixed(images, 1, 0.0, 1.0)[0]
    assert set(boxes.unique().tolist()) <= {0, 50, 100, 150, 200}
    assert (boxes != boxes[:, :1, :1]).any()


def test_with_both_chance_chooses_one_a_batch(images):
    kinds = [bool((mixed == mixed[:, :1, :1]).all()) for mixed, _ in _batches(images, 40)]
    assert 0.25 < sum(kinds) / 40 < 0.75


def _batches(images, count: int):
    return [_mixed(images, seed, 0.4, 1.0) for seed in range(count)]


def test_several_labels_mix_into_shares_of_each(images):
    truth = torch.tensor([[1, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0, 1, 0, 0.0]])
    mixed, target = _mixed(images, 2, 0.4, 0.0, truth)
    share = 1 - _levels(mixed)[1] / 50  # of picture 0 in picture 1
    expected = (1 - share) * truth + share * truth.roll(1, 0)
    torch.testing.assert_close(target, expected, atol=1e-4, rtol=0)
    assert target.max() <= 1


def test_the_pictures_given_stay_as_they_are(images):
    before = images.clone()
    for seed in range(4):
        _mixed(images, seed, 0.4, 1.0)
    assert images.equal(before)
