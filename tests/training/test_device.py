"""Which device to train on."""

import pytest
import torch

from tlx.errors import UsageError
from tlx.training.device import choose_device


def _pretend(monkeypatch, cuda, mps):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(False, False, "cpu"), (True, False, "cuda"), (True, True, "cuda"), (False, True, "mps")],
)
def test_auto_takes_a_gpu_where_there_is_one(monkeypatch, cuda, mps, chosen):
    _pretend(monkeypatch, cuda, mps)
    assert choose_device("auto").type == chosen


def test_the_device_asked_for_is_taken():
    assert choose_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("asked", ["cuda:99", "gpu", "", "cpu:x", "meta"])
def test_a_device_that_is_not_there_is_refused_with_a_way_out(asked):
    with pytest.raises(UsageError, match="use --device cpu"):
        choose_device(asked)
