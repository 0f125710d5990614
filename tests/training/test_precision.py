"""The precision of training: what is chosen, what is refused, what it computes in."""

import pytest
import torch

from tlx.errors import UsageError
from tlx.training import precision
from tlx.training.precision import Precision, choose_precision

CPU = torch.device("cpu")
CUDA = torch.device("cuda")


@pytest.mark.parametrize(("has", "chosen"), [(True, "bf16"), (False, "none")])
def test_auto_is_bf16_on_a_processor_that_has_it_and_fp32_on_others(monkeypatch, has, chosen):
    monkeypatch.setattr(precision, "processor_has_bf16", lambda: has)
    assert choose_precision("auto", CPU) == Precision(chosen, "cpu")


@pytest.mark.parametrize(("capability", "chosen"), [((9, 0), "bf16"), ((8, 0), "bf16")])
def test_auto_is_bf16_on_a_gpu_from_ampere_on(monkeypatch, capability, chosen):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: capability)
    assert choose_precision("auto", CUDA) == Precision(chosen, "cuda")


def test_an_older_gpu_has_fp16_and_is_refused_bf16(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _device: (7, 5))
    assert choose_precision("auto", CUDA).name == "fp16"
    with pytest.raises(UsageError, match="--amp bf16: this GPU is older than it; use fp16"):
        choose_precision("bf16", CUDA)


def test_auto_is_fp32_on_a_mac(monkeypatch):
    monkeypatch.setattr(precision, "processor_has_bf16", lambda: True)
    assert choose_precision("auto", torch.device("mps")).name == "none"


def test_fp16_on_a_processor_is_refused_with_what_to_give():
    with pytest.raises(UsageError, match="--amp fp16 is for GPUs; on a processor use bf16 or none"):
        choose_precision("fp16", CPU)


@pytest.mark.parametrize("asked", ["none", "bf16"])
def test_what_is_asked_for_is_taken_even_where_it_is_slow(monkeypatch, asked):
    monkeypatch.setattr(precision, "processor_has_bf16", lambda: False)
    assert choose_precision(asked, CPU).name == asked


def test_a_processor_is_asked_even_where_torch_has_no_such_question(monkeypatch):
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert precision.processor_has_bf16() is False


@pytest.mark.parametrize(("name", "dtype"), [("none", torch.float32), ("bf16", torch.bfloat16)])
def test_products_are_computed_in_it_and_weights_stay_fp32(name, dtype):
    layer = torch.nn.Linear(4, 4)
    with Precision(name, "cpu").autocast():
        answer = layer(torch.ones(2, 4))
    assert answer.dtype == dtype == Precision(name, "cpu").dtype
    answer.sum().backward()
    assert layer.weight.dtype == torch.float32
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32


def test_none_computes_bit_for_bit_as_without():
    layer, images = torch.nn.Linear(64, 64), torch.rand(8, 64)
    with Precision("none", "cpu").autocast():
        inside = layer(images)
    assert inside.equal(layer(images))


def test_only_fp16_scales_its_loss():
    assert not Precision("none", "cpu").scaler().is_enabled()
    assert not Precision("bf16", "cpu").scaler().is_enabled()
    loss = torch.tensor(3.0)
    assert Precision("bf16", "cpu").scaler().scale(loss).item() == 3
    scaler = Precision("fp16", "cpu").scaler()
    assert scaler.is_enabled()
    assert scaler.scale(loss).item() > 3
