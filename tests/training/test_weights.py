"""What a network starts from: nothing, a state dict, an earlier run."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tlx.errors import WeightsError
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.training.checkpoint import load_checkpoint, save_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.fit import Prepared
from tlx.training.resnet import build_resnet
from tlx.training.train import training_events
from tlx.training.weights import Weights, fit_network, load_weights

LABELS = ("blue", "green", "red")


def _state(architecture: str = "resnet18", labels: int = 5) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return dict(build_resnet(architecture, labels).state_dict())


def _fit(weights: Weights, labels: tuple[str, ...] = LABELS) -> dict[str, torch.Tensor]:
    torch.manual_seed(5)
    network = build_resnet("resnet18", len(labels))
    fit_network(network, weights, "resnet18", labels)
    return network.state_dict()


def _fresh_head(labels: int = 3) -> torch.Tensor:
    torch.manual_seed(5)
    return build_resnet("resnet18", labels).fc.weight.detach()


def _load(choice: object, architecture: str = "resnet18") -> Weights:
    return finish(load_weights(os.fspath(choice), architecture))


@pytest.fixture
def cache(monkeypatch, tmp_path) -> Path:
    """An empty cache of this test's own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_none_leaves_the_network_as_it_is():
    weights = _load("none")
    torch.manual_seed(5)
    before = build_resnet("resnet18", 3).state_dict()
    assert weights.sha256 is None
    assert all(value.equal(before[name]) for name, value in _fit(weights).items())


def test_a_file_that_fits_fills_everything_but_the_head(tmp_path):
    state = _state(labels=1000)
    torch.save(state, tmp_path / "mine.pth")
    weights = _load(tmp_path / "mine.pth")
    filled = _fit(weights)
    assert all(filled[n].equal(value) for n, value in state.items() if not n.startswith("fc."))
    assert filled["fc.weight"].equal(_fresh_head())
    assert weights.notes(LABELS) == ()


def test_a_file_goes_into_the_card_by_its_name_and_hash_and_not_by_its_path(tmp_path):
    path = tmp_path / "mine.pth"
    torch.save(_state(), path)
    weights = _load(path)
    assert weights.name == "mine.pth"
    assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_half_precision_weights_are_used_as_float32():
    state = {name: value.half() for name, value in _state().items()}
    filled = _fit(Weights("FILE", None, state, ("red", "b", "c", "d", "e")))
    assert filled["conv1.weight"].dtype == filled["fc.weight"].dtype == torch.float32
    assert filled["conv1.weight"].equal(state["conv1.weight"].float())
    assert filled["fc.weight"][2].equal(state["fc.weight"][0].float())


def test_older_files_without_batch_counters_fill_the_network():
    state = {n: value for n, value in _state().items() if not n.endswith("num_batches_tracked")}
    filled = _fit(Weights("FILE", None, state))
    assert filled["conv1.weight"].equal(state["conv1.weight"])


def test_a_misfit_leaves_the_network_as_it_was():
    network = build_resnet("resnet18", 3)
    before = network.conv1.weight.detach().clone()
    state = _state() | {"layer4.1.bn2.bias": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"FILE does not fit resnet18"):
        fit_network(network, Weights("FILE", None, state), "resnet18", LABELS)
    assert network.conv1.weight.equal(before)


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("name", ["gone.pth", "folder/gone.pth", "imagenet-v3", "best.pt"])
def test_a_file_that_is_not_there_is_refused_with_the_choices(name):
    with pytest.raises(
        WeightsError, match=rf"{name}: no such file; give imagenet, imagenet-v2, none"
    ):
        _load(name)


def test_a_file_of_another_architecture_is_refused_before_any_picture_is_read(tmp_path):
    torch.save(_state("resnet34"), tmp_path / "mine.pth")
    with pytest.raises(WeightsError, match=r"does not fit resnet18: .*; give --model resnet34"):
        _load(tmp_path / "mine.pth")


def test_imagenet_v2_weights_that_nobody_published_are_a_clear_error():
    with pytest.raises(WeightsError, match=r"no imagenet-v2 weights for resnet18.*imagenet-v1"):
        _load("imagenet-v2")


def test_a_file_in_the_cache_is_found_by_its_name_and_its_hash_recorded(
    cache, tmp_path, monkeypatch
):
    torch.save(_state(), cache / "mine.pth")
    sha256 = hashlib.sha256((cache / "mine.pth").read_bytes()).hexdigest()
    monkeypatch.chdir(tmp_path)
    assert _load("mine.pth").sha256 == sha256
    assert (cache / "mine.pth.sha256").read_text(encoding="utf-8") == f"{sha256}  mine.pth\n"


def test_a_file_in_the_working_directory_comes_before_the_cache(cache, tmp_path, monkeypatch):
    torch.save(_state(), cache / "mine.pth")
    torch.save({"not": torch.ones(1)}, tmp_path / "mine.pth")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=r"mine\.pth does not fit"):
        _load("mine.pth")


@pytest.mark.parametrize("by_path", [False, True])
def test_a_cached_file_of_the_users_own_that_changed_is_refused(
    cache, tmp_path, monkeypatch, by_path
):
    torch.save(_state(), cache / "mine.pth")
    monkeypatch.chdir(tmp_path)
    _load("mine.pth")
    torch.save(_state(labels=6), cache / "mine.pth")
    with pytest.raises(WeightsError, match=r"has changed since its first use .*add it again"):
        _load(cache / "mine.pth" if by_path else "mine.pth")


def test_a_file_named_like_torchvisions_must_be_torchvisions(cache, tmp_path, monkeypatch):
    torch.save(_state(), cache / "resnet18-f37072fd.pth")
    monkeypatch.chdir(tmp_path)
    for choice in ("imagenet", "resnet18-f37072fd.pth"):
        with pytest.raises(WeightsError, match=r"published is f37072fd"):
            _load(choice)


@pytest.mark.parametrize("choice", ["", "best.pt"])
def test_a_run_continues_by_its_folder_or_its_file(light_run, choice):
    weights = _load(light_run / choice)
    earlier = load_checkpoint(light_run / "best.pt")
    assert weights.sha256 == earlier.sha256
    assert weights.name == f"best.pt of a run of {earlier.card.provenance.date}"
    filled = _fit(weights)
    assert all(filled[name].equal(value) for name, value in earlier.weights.items())


def test_the_last_epoch_of_a_run_is_a_start_too(trained_run):
    weights = _load(trained_run / "last.pt")
    assert weights.name.startswith("last.pt of a run of ")
    assert _fit(weights)["fc.bias"].equal(
        load_checkpoint(trained_run / "last.pt").weights["fc.bias"]
    )


def test_known_labels_keep_their_row_by_name_and_new_ones_start_fresh(light_run):
    weights = _load(light_run)
    labels = ("red", "apple", "blue", "zebra")
    filled = _fit(weights, labels)
    earlier = load_checkpoint(light_run / "best.pt").weights
    fresh = _fresh_head(4)
    for name in ("fc.weight", "fc.bias"):
        assert filled[name][0].equal(earlier[name][LABELS.index("red")])
        assert filled[name][2].equal(earlier[name][LABELS.index("blue")])
    assert filled["fc.weight"][[1, 3]].equal(fresh[[1, 3]])
    assert weights.notes(labels) == (
        f"2 of 4 labels take their row of the head from {weights.name}",
    )


def test_a_run_with_other_labels_alone_gives_its_backbone(light_run):
    weights = _load(light_run)
    assert _fit(weights, ("hat", "shirt"))["fc.weight"].equal(_fresh_head(2))
    assert weights.notes(("hat", "shirt"))[0].startswith("0 of 2 labels take")


def test_a_run_of_another_architecture_names_the_model_to_give(light_run):
    with pytest.raises(WeightsError) as caught:
        _load(light_run, "resnet50")
    text = str(caught.value)
    assert text.endswith("is of a run of resnet18, not resnet50; give --model resnet18")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"a folder without a best.pt; give a run or a file"):
        _load(tmp_path)


@pytest.mark.parametrize(
    ("resize", "imgsz", "side"),
    [(256, 224, 256), (232, 224, 232), (256, 32, 37), (232, 96, 99), (232, 32, 33)],
)
def test_the_resize_side_is_in_the_proportion_of_the_weights(resize, imgsz, side):
    weights = Weights("FILE", None, {}, rule=Preprocessing(resize, 224))
    assert weights.preprocessing(imgsz) == Preprocessing(side, imgsz)


@pytest.mark.parametrize(("side", "expected"), [(37, 256), (33, 232), (32, 224), (40, 280)])
def test_an_earlier_runs_proportion_and_normalisation_stay(light_run, tmp_path, side, expected):
    found = load_checkpoint(light_run / "best.pt")
    rule = Preprocessing(side, 32, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))
    save_checkpoint(
        tmp_path / "odd.pt", replace(found, card=replace(found.card, preprocessing=rule))
    )
    weights = _load(tmp_path / "odd.pt")
    assert weights.preprocessing(32) == rule
    assert weights.preprocessing(224) == replace(rule, resize_side=expected, crop=224)


@pytest.mark.usefixtures("quick_runs")
def test_a_training_continues_from_a_run_with_one_more_label(light_run, tmp_path, write_pictures):
    data = tmp_path / "more"
    write_pictures(data / "train", 4, seed=11)
    write_pictures(data / "val", 2, seed=12)
    for split in ("train", "val"):
        (data / split / "green").rename(data / split / "olive")
    config = TrainingConfig(
        data, tmp_path / "new", weights=str(light_run), epochs=1, imgsz=32, batch=4, workers=0
    )
    events = training_events(config)
    prepared = next(event for event in events if isinstance(event, Prepared))
    assert any("2 of 3 labels take their row of the head" in n for n in prepared.pictures.notes)
    finish(events)
    earlier = load_checkpoint(light_run / "best.pt")
    card = load_checkpoint(tmp_path / "new" / "best.pt").card
    assert card.labels == ("blue", "olive", "red")
    assert card.provenance.weights_sha256 == earlier.sha256
    assert str(tmp_path) not in card.provenance.weights
    assert card.preprocessing == earlier.card.preprocessing


@pytest.mark.usefixtures("quick_runs")
def test_a_training_says_that_the_earlier_run_learned_from_held_out_pictures(
    light_run, split_folder, tmp_path
):
    (held_out, *_) = (split_folder / "val").rglob("*.jpg")
    name = held_out.relative_to(split_folder).as_posix()
    (light_run / "split.csv").write_text(f"file,label,split\n{name},red,train\n")
    config = TrainingConfig(
        split_folder, tmp_path / "new", weights=str(light_run), epochs=1, imgsz=32, workers=0
    )
    prepared = next(e for e in training_events(config) if isinstance(e, Prepared))
    assert (
        "in validation or test, which flatters the scores: 1 picture;"
        in prepared.pictures.notes[-1]
    )
