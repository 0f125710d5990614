"""Weights from elsewhere: the forms that people have, and what is refused."""

import hashlib
import os
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tlx.errors import WeightsError
from tlx.training.adopted_weights import read_adopted_weights
from tlx.training.resnet import build_resnet

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def state() -> State:
    """A ResNet-18 of three labels."""
    torch.manual_seed(0)
    return dict(build_resnet("resnet18", 3).state_dict())


@pytest.fixture
def read(tmp_path):
    """Give the function that saves something and reads it as a resnet18."""

    def save_and_read(content: object, architecture: str = "resnet18"):
        torch.save(content, tmp_path / "weights.pth")
        return read_adopted_weights(tmp_path / "weights.pth", architecture)

    return save_and_read


@pytest.fixture
def refusal(read):
    """Give the function that returns why something is refused."""

    def refuse(content: object, architecture: str = "resnet18") -> str:
        with pytest.raises(WeightsError) as caught:
            read(content, architecture)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return refuse


def same(one: State, other: State) -> bool:
    return one.keys() == other.keys() and all(one[name].equal(other[name]) for name in one)


def prefixed(state: State, prefix: str) -> State:
    return {f"{prefix}{name}": tensor for name, tensor in state.items()}


def test_a_plain_state_dict_is_taken_as_it_is(read, state, tmp_path):
    found = read(state)
    assert same(found.state, state)
    assert (found.outputs, found.notes) == (3, ())
    content = (tmp_path / "weights.pth").read_bytes()
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("wrapper", ["state_dict", "model", "model_state_dict"])
def test_a_state_dict_is_found_beside_what_training_scripts_keep(read, state, wrapper):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1).state_dict()
    found = read({wrapper: state, "optimizer": optimizer, "epoch": 3, "args": Namespace(lr=0.1)})
    assert same(found.state, state)
    assert found.notes == (f"the weights are those under {wrapper!r} in the file",)


def test_a_networks_name_beside_its_state_dict_is_not_taken_for_it(read, state):
    found = read({"model": "resnet18", "model_state_dict": state})
    assert same(found.state, state)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "module.backbone."])
def test_a_prefix_that_all_names_have_is_removed(read, state, prefix):
    found = read(prefixed(state, prefix))
    assert same(found.state, state)
    assert found.notes == (f"{prefix!r} was removed from the beginning of every name",)


def test_what_data_parallel_saves_is_taken(read, state):
    network = build_resnet("resnet18", 3)
    network.load_state_dict(state)
    assert same(read(nn.DataParallel(network).state_dict()).state, state)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32_and_that_is_said(read, state, dtype):
    found = read({n: t.to(dtype) if t.is_floating_point() else t for n, t in state.items()})
    assert {t.dtype for n, t in found.state.items() if "tracked" not in n} == {torch.float32}
    assert torch.allclose(found.state["fc.weight"], state["fc.weight"], atol=1e-3)
    (note,) = found.notes
    assert str(dtype).removeprefix("torch.") in note
    assert ("rounded" in note) == (dtype == torch.float64)


def test_counters_that_older_files_lack_are_added(read, state):
    found = read({name: t for name, t in state.items() if "num_batches" not in name})
    assert found.state.keys() == state.keys()
    assert build_resnet("resnet18", 3).load_state_dict(found.state)


def test_nothing_of_the_file_but_the_weights_is_kept(read, state):
    count = state["fc.weight"].shape[1]
    large = torch.zeros(3, 10_000)
    large[:, :count] = state["fc.weight"]
    found = read(state | {"fc.weight": large[:, :count]})
    assert found.state["fc.weight"].untyped_storage().nbytes() == 3 * count * 4


def test_another_architecture_is_named_if_the_weights_fit_it(refusal, state):
    text = refusal(build_resnet("resnet34", 3).state_dict())
    assert "does not fit resnet18" in text
    assert text.endswith("give --arch resnet34")
    assert "give --arch resnet18" in refusal(state, "wide_resnet50_2")


def test_missing_and_unknown_names_are_named(refusal, state):
    without = {name: tensor for name, tensor in state.items() if name != "layer2.0.bn1.weight"}
    assert "it has no layer2.0.bn1.weight; it fits no --arch" in refusal(without)
    assert "it has an unknown layer1.0.se.weight" in refusal(
        state | {"layer1.0.se.weight": torch.zeros(1)}
    )
    assert "it has no conv1.weight" in refusal({"features.0.weight": torch.zeros(1)})


def test_a_prefix_that_only_some_names_have_is_no_prefix(refusal, state):
    assert "it has no conv1.weight" in refusal(
        prefixed(state, "model.") | {"loss.weight": torch.ones(3)}
    )


def test_the_head_must_be_one_linear_layer(refusal, state):
    backbone = {name: t for name, t in state.items() if not name.startswith("fc.")}
    assert "has no head; tlx train DATA --weights" in refusal(backbone)
    several = backbone | {"fc.1.weight": state["fc.weight"], "fc.1.bias": state["fc.bias"]}
    assert "this one is fc.1.bias, fc.1.weight (docs/adopt.md)" in refusal(several)
    assert "has an unknown fc.2.weight" in refusal(state | {"fc.2.weight": torch.zeros(1)})
    assert "has no fc.bias" in refusal({n: t for n, t in state.items() if n != "fc.bias"})
    for head in (torch.zeros(3, 2048), torch.zeros(4, 512), torch.zeros(512)):
        assert "its head does not fit resnet18" in refusal(state | {"fc.weight": head})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(refusal, state, value):
    broken = state["conv1.weight"].clone()
    broken[0, 0, 0, 0] = value
    assert "conv1.weight holds infinite values or NaN" in refusal(state | {"conv1.weight": broken})


def test_weights_in_whole_numbers_are_refused(refusal, state):
    whole = state | {"conv1.weight": state["conv1.weight"].to(torch.int8)}
    assert "conv1.weight holds int8, not floating point" in refusal(whole)


@pytest.mark.parametrize(
    "content", [{}, {"epoch": 3}, {"model": {}}, [torch.ones(1)], {"state_dict": {"a": 1}}]
)
def test_what_holds_no_state_dict_says_how_to_save_one(refusal, content):
    assert "holds no state dict, plain or under state_dict, model_state_dict, model" in refusal(
        content
    )


def test_a_run_of_tlx_needs_no_adoption(light_run):
    with pytest.raises(WeightsError, match="is a checkpoint of tlx: tlx export takes its run"):
        read_adopted_weights(light_run / "best.pt", "resnet18")


class _Harmful:
    """Unpickled carelessly, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_beside_the_weights_is_refused_and_does_not_run(refusal, state, tmp_path):
    text = refusal({"state_dict": state, "args": _Harmful(tmp_path / "it-ran")})
    assert "holds more than tensors" in text
    assert not (tmp_path / "it-ran").exists()


def test_a_whole_pickled_network_is_refused(refusal):
    assert "holds more than tensors" in refusal(build_resnet("resnet18", 3))
