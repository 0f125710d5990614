"""Pretrained weights from a local file, and what fits a network."""

import hashlib
import io
import os
import pickle
from pathlib import Path

import pytest
import torch

from tlx.errors import WeightsError
from tlx.inference.events import finish
from tlx.training.resnet import build_resnet
from tlx.training.weights import Weights, fit_backbone, load_weights, published_url, read_state


def _state(architecture: str = "resnet18", labels: int = 5) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return dict(build_resnet(architecture, labels).state_dict())


def _refusal(state: dict[str, torch.Tensor]) -> str:
    with pytest.raises(WeightsError) as caught:
        fit_backbone(build_resnet("resnet18", 3), Weights("FILE", None, state), "resnet18")
    return str(caught.value)


def test_none_leaves_the_network_as_it_is():
    weights = finish(load_weights("none", "resnet18"))
    network = build_resnet("resnet18", 3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fit_backbone(network, weights, "resnet18")
    assert weights.sha256 is None
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())


def test_a_file_that_fits_fills_everything_but_the_head(tmp_path):
    state = _state()
    torch.save(state, tmp_path / "mine.pth")
    weights = finish(load_weights(str(tmp_path / "mine.pth"), "resnet18"))
    network = build_resnet("resnet18", 3)
    head = network.fc.weight.detach().clone()
    fit_backbone(network, weights, "resnet18")
    filled = network.state_dict()
    assert all(filled[n].equal(value) for n, value in state.items() if not n.startswith("fc."))
    assert filled["fc.weight"].equal(head)


def test_a_file_goes_into_the_card_by_its_name_and_hash_and_not_by_its_path(tmp_path):
    path = tmp_path / "mine.pth"
    torch.save({"conv1.weight": torch.ones(2)}, path)
    weights = finish(load_weights(str(path), "resnet18"))
    assert weights.name == "mine.pth"
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_half_precision_weights_are_used_as_float32():
    state = {name: value.half() for name, value in _state().items()}
    network = build_resnet("resnet18", 3)
    fit_backbone(network, Weights("FILE", None, state), "resnet18")
    assert network.conv1.weight.dtype == torch.float32
    assert network.conv1.weight.equal(state["conv1.weight"].float())


def test_older_files_without_batch_counters_fit():
    state = {n: value for n, value in _state().items() if not n.endswith("num_batches_tracked")}
    network = build_resnet("resnet18", 3)
    fit_backbone(network, Weights("FILE", None, state), "resnet18")
    assert network.conv1.weight.equal(state["conv1.weight"])


@pytest.mark.parametrize("other", ["resnet34", "resnet50"])
def test_weights_of_another_architecture_are_refused_and_say_so(other):
    text = _refusal(_state(other))
    assert text.startswith("FILE does not fit resnet18")
    assert "--model" in text


def test_a_missing_or_misshapen_tensor_is_named():
    state = _state()
    without = {name: value for name, value in state.items() if name != "layer3.1.conv2.weight"}
    assert "it has no layer3.1.conv2.weight" in _refusal(without)
    misshapen = state | {"layer1.0.conv1.weight": torch.zeros(64, 64, 1, 1)}
    assert "layer1.0.conv1.weight is [64, 64, 1, 1], not [64, 64, 3, 3]" in _refusal(misshapen)


def test_a_misfit_leaves_the_network_as_it_was():
    network = build_resnet("resnet18", 3)
    before = network.conv1.weight.detach().clone()
    state = _state() | {"layer4.1.bn2.bias": torch.zeros(1)}
    with pytest.raises(WeightsError):
        fit_backbone(network, Weights("FILE", None, state), "resnet18")
    assert network.conv1.weight.equal(before)


def test_a_file_that_is_not_there_is_refused_with_the_choices(tmp_path):
    with pytest.raises(WeightsError, match=r"no such file; give imagenet, imagenet-v2, none"):
        finish(load_weights(str(tmp_path / "gone.pth"), "resnet18"))


@pytest.mark.parametrize(
    "content", [b"", b"hello, this is no tensor\n", b"PK\x03\x04 and so on", b"\x80\x02."]
)
def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_state(path)
    assert str(caught.value).startswith(f"{path} is damaged or holds more than tensors")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": {"conv1.weight": torch.ones(1)}},
        [torch.ones(1)],
        {"conv1.weight": 3},
        {1: torch.ones(1)},
        torch.ones(3),
    ],
)
def test_what_is_no_plain_state_dict_is_refused_with_how_to_save_one(tmp_path, content):
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(WeightsError, match=r"torch\.save\(network\.state_dict\(\), FILE\)"):
        read_state(tmp_path / "weights.pth")


class _Harmful:
    """Unpickled carelessly, it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_pickle_does_not_run(tmp_path):
    trace = tmp_path / "it-ran"
    content = {"conv1.weight": _Harmful(trace)}
    pickle.loads(pickle.dumps(content))
    assert trace.is_dir()  # the trap itself works
    trace.rmdir()

    torch.save(content, tmp_path / "zipped.pth")
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(content))
    for name in ("zipped.pth", "plain.pth"):
        with pytest.raises(WeightsError, match="is damaged or holds more than tensors"):
            read_state(tmp_path / name)
    assert not trace.exists()


def test_a_torchscript_file_is_no_state_dict(model_file):
    with pytest.raises(WeightsError, match="is damaged or holds more than tensors"):
        read_state(model_file.with_name("model.ts"))


def test_imagenet_v2_weights_that_nobody_published_are_a_clear_error():
    with pytest.raises(WeightsError, match=r"no imagenet-v2 weights for resnet18.*imagenet-v1"):
        finish(load_weights("imagenet-v2", "resnet18"))


@pytest.mark.parametrize("architecture", ["resnet18", "resnet34", "resnet50", "resnet152"])
def test_torchvisions_addresses_carry_a_prefix_of_the_hash(architecture):
    assert published_url(architecture, "IMAGENET1K_V1").startswith("https://")
    name = published_url(architecture, "IMAGENET1K_V1").rsplit("/", 1)[1]
    assert len(name.removesuffix(".pth").rsplit("-", 1)[1]) == 8


def test_a_state_dict_saved_to_memory_and_disk_reads_the_same(tmp_path):
    state = {"a": torch.arange(3.0)}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    (tmp_path / "a.pth").write_bytes(buffer.getvalue())
    assert read_state(tmp_path / "a.pth")["a"].equal(state["a"])
