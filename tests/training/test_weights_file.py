"""Files of weights: what is read, what is refused, and what fits which network."""

import io
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tlx.errors import CheckpointError, WeightsError
from tlx.training.checkpoint import load_checkpoint, save_checkpoint
from tlx.training.config import ARCHITECTURES
from tlx.training.resnet import build_resnet
from tlx.training.weights_file import architecture_of, read_weights_file, require_fit


def _state(architecture: str = "resnet18", labels: int = 5) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        return dict(build_resnet(architecture, labels).state_dict())


def _refusal(state: dict[str, torch.Tensor]) -> str:
    with pytest.raises(WeightsError) as caught:
        require_fit("FILE", state, "resnet18")
    return str(caught.value)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_state_dict_tells_its_architecture(architecture):
    assert architecture_of(_state(architecture)) == architecture
    require_fit("FILE", _state(architecture), architecture)


def test_half_of_a_state_dict_or_none_is_of_no_architecture():
    state = _state()
    assert architecture_of({}) is None
    assert architecture_of({"conv1.weight": state["conv1.weight"]}) is None


@pytest.mark.parametrize("other", ["resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2"])
def test_weights_of_another_architecture_are_refused_with_the_model_they_fit(other):
    text = _refusal(_state(other))
    assert text.startswith("FILE does not fit resnet18")
    assert text.endswith(f"; give --model {other}")


def test_a_missing_or_misshapen_tensor_is_named(full_width):
    state = _state()
    without = {name: value for name, value in state.items() if name != "layer3.1.conv2.weight"}
    assert "it has no layer3.1.conv2.weight; it fits no --model" in _refusal(without)
    misshapen = state | {"layer1.0.conv1.weight": torch.zeros(64, 64, 1, 1)}
    assert "layer1.0.conv1.weight is [64, 64, 1, 1], not [64, 64, 3, 3]" in _refusal(misshapen)
    assert "it has an unknown extra" in _refusal(state | {"extra": torch.zeros(1)})


def test_older_files_without_batch_counters_fit():
    state = {n: value for n, value in _state().items() if not n.endswith("num_batches_tracked")}
    require_fit("FILE", state, "resnet18")


@pytest.mark.parametrize(
    "content", [b"", b"hello, this is no tensor\n", b"PK\x03\x04 and so on", b"\x80\x02."]
)
def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "weights.pth"
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_weights_file(path)
    assert str(caught.value).startswith(f"{path} is damaged or holds more than tensors")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, kept):
    path = tmp_path / "weights.pth"
    torch.save({"conv1.weight": torch.ones(1000)}, path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(WeightsError, match="is damaged or holds more than tensors"):
        read_weights_file(path)


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": {"conv1.weight": torch.ones(1)}},
        [torch.ones(1)],
        {"conv1.weight": 3},
        {1: torch.ones(1)},
        {"card": torch.ones(1), "other": 3},
        torch.ones(3),
    ],
)
def test_what_is_no_plain_state_dict_is_refused_with_how_to_save_one(tmp_path, content):
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(WeightsError, match=r"torch\.save\(network\.state_dict\(\), FILE\)"):
        read_weights_file(tmp_path / "weights.pth")


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
            read_weights_file(tmp_path / name)
    assert not trace.exists()


def test_a_torchscript_file_is_no_state_dict(model_file):
    with pytest.raises(WeightsError, match="is damaged or holds more than tensors"):
        read_weights_file(model_file.with_name("model.ts"))


def test_a_folder_or_a_file_that_may_not_be_read_says_so(tmp_path, monkeypatch):
    with pytest.raises(WeightsError, match=r"cannot be read \(Is a directory\)"):
        read_weights_file(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(torch, "load", refuse)
    with pytest.raises(WeightsError, match=r"mine.pth cannot be read \(Permission denied\)"):
        read_weights_file(tmp_path / "mine.pth")


def test_a_state_dict_saved_to_memory_and_disk_reads_the_same(tmp_path):
    state = {"a": torch.arange(3.0)}
    buffer = io.BytesIO()
    torch.save(state, buffer)
    (tmp_path / "a.pth").write_bytes(buffer.getvalue())
    found = read_weights_file(tmp_path / "a.pth")
    assert found.state["a"].equal(state["a"])
    assert found.card is None


def test_a_checkpoint_is_read_with_its_card(light_run):
    found = read_weights_file(light_run / "best.pt")
    earlier = load_checkpoint(light_run / "best.pt")
    assert found.card == earlier.card
    assert found.state.keys() == earlier.weights.keys()


def test_a_checkpoint_whose_head_is_not_its_cards_is_refused(light_run, tmp_path):
    found = load_checkpoint(light_run / "best.pt")
    broken = [
        replace(found, card=replace(found.card, labels=("a", "b"))),
        replace(found, weights={**found.weights, "fc.weight": torch.zeros(3, 7)}),
        replace(found, weights={**found.weights, "fc.bias": torch.zeros(1)}),
        replace(found, weights={n: v for n, v in found.weights.items() if n != "fc.bias"}),
    ]
    for checkpoint in broken:
        save_checkpoint(tmp_path / "odd.pt", checkpoint)
        with pytest.raises(WeightsError, match="its head has not one row for each of its labels"):
            read_weights_file(tmp_path / "odd.pt")


def test_a_checkpoint_whose_weights_are_no_tensors_is_none(light_run, tmp_path):
    found = load_checkpoint(light_run / "best.pt")
    save_checkpoint(
        tmp_path / "odd.pt", replace(found, weights={**found.weights, "fc.bias": "text"})
    )
    with pytest.raises(CheckpointError, match="is not a checkpoint of tlx train"):
        read_weights_file(tmp_path / "odd.pt")


def test_a_checkpoint_of_a_network_that_tlx_does_not_have_is_refused(light_run, tmp_path):
    found = load_checkpoint(light_run / "best.pt")
    provenance = replace(found.card.provenance, architecture="vgg16")
    card = replace(found.card, provenance=provenance)
    save_checkpoint(tmp_path / "odd.pt", replace(found, card=card))
    with pytest.raises(WeightsError, match="is of a run of vgg16, which is no --model"):
        read_weights_file(tmp_path / "odd.pt")


def test_a_checkpoint_of_a_later_format_is_refused_as_by_every_command(light_run, tmp_path):
    content = torch.load(light_run / "best.pt", weights_only=True)
    torch.save({**content, "format": 99}, tmp_path / "later.pt")
    with pytest.raises(CheckpointError, match="has checkpoint format 99"):
        read_weights_file(tmp_path / "later.pt")
