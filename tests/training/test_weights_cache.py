"""The offline cache: recorded, listed, verified, added to, and copied to another machine."""

import hashlib
import io
import os
import pickle
import shutil
import urllib.request
from pathlib import Path

import pytest
import torch

from tlx.errors import CheckpointError, WeightsError
from tlx.inference.events import finish
from tlx.training import weights_cache
from tlx.training.checkpoint import load_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.published_weights import PublishedWeights
from tlx.training.resnet import build_resnet
from tlx.training.train import training_events
from tlx.training.weights import load_weights
from tlx.training.weights_cache import (
    AddedWeights,
    CheckedFile,
    HashProgress,
    add_to_cache,
    cache_folder,
    hash_file,
    list_weights,
    verify_cache,
)

PUBLISHED = "resnet18-f37072fd.pth"


@pytest.fixture
def cache(monkeypatch, tmp_path) -> Path:
    """Where the cache of this test's own will be; nothing is there yet."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture(scope="module")
def content() -> bytes:
    """A ResNet-18's state dict, as a file holds it."""
    torch.manual_seed(3)
    buffer = io.BytesIO()
    torch.save(build_resnet("resnet18", 4).state_dict(), buffer)
    return buffer.getvalue()


@pytest.fixture
def mine(tmp_path, content) -> Path:
    """A state dict of the user's own, outside the cache."""
    path = tmp_path / "my.pth"
    path.write_bytes(content)
    return path


@pytest.fixture
def published(monkeypatch, content) -> PublishedWeights:
    """Let torchvision have published the same content, for ResNet-18."""
    name = f"resnet18-{_sha256(content)[:8]}.pth"
    entry = PublishedWeights("resnet18", "imagenet-v1", f"https://weights.invalid/{name}", 0.5, 256)
    monkeypatch.setattr(weights_cache, "published_files", lambda: {name: entry})
    monkeypatch.setattr("tlx.training.weights.choose_published", lambda *_: entry)
    return entry


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _add(path: Path) -> AddedWeights:
    return finish(add_to_cache(path))


def _refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        _add(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def _verified() -> dict[str, CheckedFile]:
    return {row.file: row for row in verify_cache() if isinstance(row, CheckedFile)}


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_the_cache_is_torchvisions_own_and_moves_with_torch_home(cache):
    assert cache_folder() == cache == Path(torch.hub.get_dir()) / "checkpoints"


def test_hashing_says_how_far_it_is(tmp_path):
    content = bytes(5_000_000)
    (tmp_path / "big").write_bytes(content)
    events = list(hash_file(tmp_path / "big"))
    assert events[-1] == HashProgress("big", 5_000_000, 5_000_000)
    assert len(events) == 2
    assert finish(hash_file(tmp_path / "big")) == _sha256(content)


def test_an_empty_cache_has_nothing_to_verify_and_lists_what_could_be_there(cache):
    assert _verified() == {}
    found = list_weights()
    assert len(found) == 17
    assert {(row.size, row.sha256) for row in found} == {(None, None)}
    cache.mkdir(parents=True)
    assert _verified() == {}


def test_an_added_file_is_copied_recorded_listed_and_found_by_its_name(
    cache, mine, content, monkeypatch, tmp_path
):
    added = _add(mine)
    assert added == AddedWeights(cache / "my.pth", _sha256(content), "resnet18", "my.pth")
    assert (cache / "my.pth").read_bytes() == mine.read_bytes() == content
    assert _names(cache) == {"my.pth", "my.pth.sha256"}
    record = (cache / "my.pth.sha256").read_text(encoding="utf-8")
    assert record == f"{_sha256(content)}  my.pth\n"
    listed = list_weights()[-1]
    assert (listed.model, listed.weights, listed.size) == (None, "my.pth", len(content))
    assert listed.sha256 == _sha256(content)

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    found = finish(load_weights("my.pth", "resnet18"))
    assert (found.name, found.sha256) == ("my.pth", _sha256(content))


def test_adding_a_file_again_changes_nothing_and_another_of_its_name_is_refused(cache, mine):
    assert _add(mine) == _add(mine)
    torch.save(build_resnet("resnet34", 2).state_dict(), mine)
    before = (cache / "my.pth").read_bytes()
    assert "is another file of that name; rename my.pth" in _refusal(mine)
    assert (cache / "my.pth").read_bytes() == before


def test_a_file_that_lies_in_the_cache_already_is_recorded(cache, content):
    cache.mkdir(parents=True)
    (cache / "my.pth").write_bytes(content)
    assert _verified() == {}  # nobody has said yet that it is tlx's
    _add(cache / "my.pth")
    assert _verified()["my.pth"].problem is None


def test_a_runs_checkpoint_can_be_added(cache, light_run, monkeypatch, tmp_path):
    shutil.copy(light_run / "best.pt", tmp_path / "colours.pt")
    assert _add(tmp_path / "colours.pt").model == "resnet18"
    (tmp_path / "colours.pt").unlink()
    monkeypatch.chdir(tmp_path)
    found = finish(load_weights("colours.pt", "resnet18"))
    assert found.labels == ("blue", "green", "red")


def test_a_file_of_torchvisions_is_taken_by_its_hash(cache, tmp_path, content, published):
    (tmp_path / published.file_name).write_bytes(content)
    added = _add(tmp_path / published.file_name)
    assert (added.model, added.weights) == ("resnet18", "imagenet-v1")
    assert _verified()[published.file_name].problem is None


def test_a_file_that_only_has_torchvisions_name_is_refused(cache, tmp_path, content):
    (tmp_path / PUBLISHED).write_bytes(content)
    assert "published is f37072fd" in _refusal(tmp_path / PUBLISHED)
    assert _names(cache) == set()


def test_a_date_in_a_name_is_no_hash(cache, mine):
    dated = mine.rename(mine.with_name("mine-20261123.pth"))
    assert _add(dated).weights == "mine-20261123.pth"
    assert _verified()["mine-20261123.pth"].problem is None


@pytest.mark.parametrize(
    ("name", "text"),
    [("gone.pth", "gone.pth: no such file"), ("folder", "folder is a folder; give a file")],
)
def test_what_is_no_file_is_refused(cache, tmp_path, name, text):
    (tmp_path / "folder").mkdir()
    assert text in _refusal(tmp_path / name)
    assert _names(cache) == set()


@pytest.mark.parametrize("name", ["none", "imagenet", "imagenet-v2", ".my.pth", "my.sha256"])
def test_a_name_that_could_not_be_asked_for_is_refused(cache, mine, name):
    assert "rename it" in _refusal(mine.rename(mine.with_name(name)))
    assert _names(cache) == set()


@pytest.mark.parametrize(
    "made", [b"", b"no tensor\n", pickle.dumps({"a": 1}), pickle.dumps(os.mkdir)]
)
def test_what_holds_no_weights_is_refused_and_leaves_nothing(cache, tmp_path, made):
    (tmp_path / "odd.pth").write_bytes(made)
    assert "odd.pth" in _refusal(tmp_path / "odd.pth")
    assert _names(cache) == set()


def test_code_in_a_pickle_does_not_run_when_it_is_added(cache, tmp_path):
    class Harmful:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "it-ran"),)

    (tmp_path / "bad.pth").write_bytes(pickle.dumps({"conv1.weight": Harmful()}))
    torch.save({"conv1.weight": Harmful()}, tmp_path / "bad.pt")
    for name in ("bad.pth", "bad.pt"):
        assert "is damaged or holds more than tensors" in _refusal(tmp_path / name)
    assert not (tmp_path / "it-ran").exists()
    assert _names(cache) == set()


def test_a_truncated_file_is_refused(cache, mine, content):
    mine.write_bytes(content[:-1000])
    assert "is damaged" in _refusal(mine)


def test_a_state_dict_of_no_architecture_is_refused_with_those_there_are(cache, tmp_path):
    torch.save({"conv1.weight": torch.ones(3)}, tmp_path / "odd.pth")
    assert "fits no --model; give a state dict of one of resnet18" in _refusal(tmp_path / "odd.pth")


def test_a_damaged_checkpoint_is_refused(cache, light_run, tmp_path):
    content = torch.load(light_run / "best.pt", weights_only=True)
    torch.save({**content, "card": "{}"}, tmp_path / "odd.pt")
    with pytest.raises(CheckpointError, match=r"odd\.pt"):
        _add(tmp_path / "odd.pt")


def test_a_file_that_changes_while_it_is_copied_is_refused(cache, mine, monkeypatch):
    monkeypatch.setattr(
        weights_cache.shutil, "copyfile", lambda _from, to: Path(to).write_bytes(b"other")
    )
    assert "changed while it was copied" in _refusal(mine)
    assert _names(cache) == set()


def test_a_cache_that_is_no_folder_is_an_error_of_the_system(cache, mine):
    cache.parent.mkdir(parents=True)
    cache.touch()
    with pytest.raises(OSError, match="checkpoints"):
        _add(mine)
    with pytest.raises(NotADirectoryError):
        _verified()


def test_verifying_names_what_changed_is_gone_or_was_never_published(cache, mine, content):
    _add(mine)
    for name in ("changed.pth", "gone.pth", "good.pth", "norecord.pth"):
        shutil.copy(mine, mine.with_name(name))
        _add(mine.with_name(name))
    (cache / "changed.pth").write_bytes(content + b"x")
    (cache / "gone.pth").unlink()
    (cache / "norecord.pth.sha256").write_text("", encoding="utf-8")
    (cache / PUBLISHED).write_bytes(content)
    (cache / "vgg16-397923af.pth").write_bytes(b"another program's")
    problems = {name: row.problem for name, row in _verified().items()}
    assert problems.pop("changed.pth").startswith("has changed since its first use")
    assert problems.pop("gone.pth") == "is gone; copy it here again, or delete gone.pth.sha256"
    assert problems.pop("norecord.pth").startswith("has changed since its first use")
    assert "published is f37072fd" in problems.pop(PUBLISHED)
    assert problems == {"good.pth": None, "my.pth": None}


def test_verifying_goes_on_after_a_file_that_cannot_be_read(cache, mine):
    _add(mine)
    (cache / "folder.pth").mkdir()
    (cache / "folder.pth.sha256").touch()
    problems = {name: row.problem for name, row in _verified().items()}
    assert problems == {"folder.pth": "cannot be read (Is a directory)", "my.pth": None}


def test_verifying_writes_nothing(cache, content):
    cache.mkdir(parents=True)
    (cache / PUBLISHED).write_bytes(content)
    _verified()
    assert _names(cache) == {PUBLISHED}


@pytest.fixture
def second_machine(cache, mine, content, published, monkeypatch, tmp_path) -> Path:
    """The cache of a machine without a network that was given a copy of the folder."""
    cache.mkdir(parents=True)
    (cache / published.file_name).write_bytes(content)
    finish(load_weights("imagenet", "resnet18"))
    _add(mine)
    copy = tmp_path / "second" / "hub" / "checkpoints"
    shutil.copytree(cache, copy)
    shutil.rmtree(tmp_path / "torch")
    mine.unlink()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "second"))

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(urllib.request, "urlopen", no_network)
    monkeypatch.chdir(tmp_path)
    return copy


@pytest.mark.usefixtures("quick_runs")
@pytest.mark.parametrize("choice", ["imagenet", "my.pth"])
def test_a_copied_cache_is_enough_to_train_without_a_network(
    second_machine, tmp_path, write_pictures, content, choice
):
    assert all(row.problem is None for row in _verified().values())
    write_pictures(tmp_path / "data" / "train", 2)
    write_pictures(tmp_path / "data" / "val", 1, seed=1)
    options = {"freeze": "backbone", "epochs": 1, "imgsz": 32, "workers": 0}
    config = TrainingConfig(tmp_path / "data", tmp_path / "run", weights=choice, **options)
    finish(training_events(config))
    provenance = load_checkpoint(tmp_path / "run" / "best.pt").card.provenance
    assert provenance.weights_sha256 == _sha256(content)


@pytest.mark.parametrize("choice", ["imagenet", "my.pth"])
def test_a_file_that_was_tampered_with_on_its_way_is_refused(second_machine, published, choice):
    path = second_machine / (published.file_name if choice == "imagenet" else choice)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="has changed since its first use"):
        finish(load_weights(choice, "resnet18"))
    assert _verified()[path.name].problem is not None


def test_a_new_record_does_not_cover_up_another_file_of_torchvisions(second_machine, published):
    path = second_machine / published.file_name
    path.write_bytes(b"something else")
    record = path.with_name(f"{path.name}.sha256")
    record.write_text(f"{_sha256(b'something else')}  {path.name}\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="damaged or replaced on its way"):
        finish(load_weights("imagenet", "resnet18"))
    assert "damaged or replaced" in _verified()[path.name].problem
