"""A frozen stage's outputs: computed once, kept on disk, and worth the same as computing anew."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tlx.inference.card import ModelCard, Provenance
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.samples.sample import Sample
from tlx.training import fit as fitting
from tlx.training import inputs
from tlx.training.augmentation import Augmentation
from tlx.training.batches import EpochBatches
from tlx.training.checkpoint import load_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.inputs import Noted
from tlx.training.precision import Precision
from tlx.training.resnet import PictureNetwork, build_resnet
from tlx.training.stage_cache import (
    StageBatches,
    StageProgress,
    StageWork,
    open_store,
    stage_batches,
)
from tlx.training.train import training_events

pytestmark = pytest.mark.usefixtures("on_the_processor")

RULE = Preprocessing(37, 32)
FP32 = Precision("none", "cpu")
STANDARD = Augmentation("standard")


@pytest.fixture
def samples(tmp_path) -> list[Sample]:
    return _write(tmp_path / "pictures", 40)


def _write(folder: Path, count: int, seed: int = 0) -> list[Sample]:
    chance = np.random.default_rng(seed)
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{seed}-{index:02}.png" for index in range(count)]
    for path in paths:
        Image.fromarray(chance.integers(0, 256, (40, 48, 3), np.uint8)).save(path)
    return [Sample(path, "red") for path in paths]


@pytest.fixture(scope="module")
def network() -> PictureNetwork:
    torch.manual_seed(0)
    model = PictureNetwork(build_resnet("resnet18", 3), RULE)
    with torch.no_grad():  # as after a training: statistics that are not 0 and 1
        model.train()(torch.randint(0, 256, (16, 32, 32, 3), dtype=torch.uint8))
    return model.eval()


def _work(folder: Path, model: PictureNetwork, samples: list[Sample], **changes) -> StageWork:
    origin = Provenance("0", "2", "resnet18", "none", None, "none", "f" * 64, "2026-01-01", 0)
    card = ModelCard(("blue", "green", "red"), RULE, origin)
    contents = {row.path: sha256(row.path.read_bytes()).hexdigest() for row in samples}
    plain = StageWork(folder, model, card, "layer2", contents, None, 5)
    return replace(plain, **changes)


def _batches(work: StageWork, samples: list[Sample], **options) -> tuple[StageBatches, int]:
    """Give the batches in the samples' order, and how many outputs had to be computed."""
    computed: list[StageProgress] = []
    truth = torch.zeros(len(samples), dtype=torch.long)
    order = EpochBatches(len(samples), 16)
    events = stage_batches(work, samples, truth, order, FP32, **options)
    batches = finish(events, computed.append)
    return batches, computed[-1].done if computed else 0


def _outputs(work: StageWork, samples: list[Sample], epoch: int = 0, **options) -> torch.Tensor:
    batches, _ = _batches(work, samples, **options)
    return torch.cat([values for values, _ in batches.epoch(epoch)])


def _pictures_seen(monkeypatch) -> list[int]:
    """Count the pictures of every forward pass of frozen stages; the black one asks for a shape."""
    seen: list[int] = []
    until = PictureNetwork.until

    def counting(self: PictureNetwork, images: torch.Tensor, stage: str) -> torch.Tensor:
        if images.any():
            seen.append(len(images))
        return until(self, images, stage)

    monkeypatch.setattr(PictureNetwork, "until", counting)
    return seen


@pytest.mark.parametrize("stage", ["stem", "layer2", "layer4"])
def test_stored_outputs_lead_to_the_answers_of_a_whole_forward_pass(
    network, samples, tmp_path, stage
):
    work = _work(tmp_path / "features", network, samples, stage=stage)
    images = torch.from_numpy(np.stack([preprocess(row.path, RULE) for row in samples]))
    with torch.no_grad():
        found = _outputs(work, samples)
        assert torch.allclose(found, network.until(images, stage), rtol=0, atol=1e-6)
        assert torch.allclose(network(found, stage), network(images), rtol=0, atol=1e-6)


def test_a_second_run_computes_nothing(network, samples, tmp_path, monkeypatch):
    seen = _pictures_seen(monkeypatch)
    first = _outputs(_work(tmp_path / "features", network, samples), samples)
    assert sum(seen) == len(samples)
    seen.clear()
    second = _outputs(_work(tmp_path / "features", network, samples), samples)
    assert seen == []
    assert first.equal(second)


def test_only_pictures_that_are_new_are_computed(network, samples, tmp_path, monkeypatch):
    folder = tmp_path / "features"
    before = _outputs(_work(folder, network, samples), samples)
    seen = _pictures_seen(monkeypatch)
    more = [*_write(tmp_path / "pictures", 7, seed=1), *samples]
    found, computed = _batches(_work(folder, network, more), more)
    assert sum(seen) == computed == 7
    assert torch.cat([values for values, _ in found.epoch(0)])[7:].equal(before)


def test_two_files_of_one_content_share_their_output(network, samples, tmp_path):
    copy = tmp_path / "pictures" / "copy.png"
    copy.write_bytes(samples[0].path.read_bytes())
    both = [samples[0], Sample(copy, "red")]
    batches, computed = _batches(_work(tmp_path / "features", network, both), both)
    values, _ = next(batches.epoch(0))
    assert computed == 1
    assert values[0].equal(values[1])


@dataclass(frozen=True)
class Whole:
    """A store that nothing interrupted."""

    values: bytes
    names: bytes
    outputs: torch.Tensor

    @property
    def row(self) -> int:
        """The bytes of one picture's output."""
        return self.outputs[0].nbytes


def _store_folder(features: Path) -> Path:
    (folder,) = features.iterdir()
    return folder


def _whole(work: StageWork, samples: list[Sample]) -> Whole:
    outputs = _outputs(work, samples)
    folder = _store_folder(work.folder)
    return Whole(
        (folder / "values.bin").read_bytes(), (folder / "rows.txt").read_bytes(), outputs.clone()
    )


def _assert_goes_on(work: StageWork, samples: list[Sample], whole: Whole, rows: int) -> None:
    """Open what a kill left: `rows` whole rows are found, and the others computed."""
    assert len(open_store(work, FP32, None).rows) == rows
    batches, computed = _batches(work, samples)
    assert computed == len(samples) - rows
    found = torch.cat([values for values, _ in batches.epoch(0)])
    assert torch.allclose(found, whole.outputs, rtol=0, atol=1e-5)  # a batch of one: 4e-6 of 7
    folder = _store_folder(work.folder)
    assert (folder / "rows.txt").read_bytes() == whole.names
    assert (folder / "values.bin").stat().st_size == len(whole.values)


LINE = 65  # of a SHA-256 and a line feed


@pytest.mark.parametrize(
    ("values", "names", "rows"),
    [
        ((0, 0), 0, 0),
        ((0, 1), 0, 0),
        ((1, 0), 0, 0),
        ((1, -1), LINE, 0),
        ((1, 1), LINE, 1),
        ((5, 0), 5 * LINE - 1, 4),
        ((5, 0), 4 * LINE + 1, 4),
        ((5, 7), 40 * LINE, 5),
        ((40, -1), 40 * LINE, 39),
        ((40, 0), 40 * LINE - 1, 39),
        ((40, 0), 33 * LINE + 30, 33),
    ],
)
def test_a_store_cut_off_anywhere_holds_its_whole_rows_and_goes_on(
    network, samples, tmp_path, values, names, rows
):
    work = _work(tmp_path / "features", network, samples)
    whole = _whole(work, samples)
    folder = _store_folder(work.folder)
    rows_left, bytes_more = values
    (folder / "values.bin").write_bytes(whole.values[: rows_left * whole.row + bytes_more])
    (folder / "rows.txt").write_bytes(whole.names[:names])
    _assert_goes_on(work, samples, whole, rows)


@pytest.mark.parametrize("garbage", [b"\x00" * 20, b"abc", b"\xff\xfe\x80", b"\xff" * LINE])
def test_garbage_after_the_last_whole_line_is_cut_off(network, samples, tmp_path, garbage):
    work = _work(tmp_path / "features", network, samples)
    whole = _whole(work, samples)
    folder = _store_folder(work.folder)
    (folder / "values.bin").write_bytes(whole.values[: 9 * whole.row] + garbage)
    (folder / "rows.txt").write_bytes(whole.names[: 9 * LINE] + garbage)
    _assert_goes_on(work, samples, whole, 9)


def test_a_file_that_is_gone_costs_the_rows_and_no_more(network, samples, tmp_path):
    work = _work(tmp_path / "features", network, samples)
    whole = _whole(work, samples)
    (_store_folder(work.folder) / "values.bin").unlink()
    _assert_goes_on(work, samples, whole, 0)


@pytest.mark.parametrize("name", ["values.bin", "rows.txt"])
def test_a_link_in_the_place_of_a_file_is_not_written_through(network, samples, tmp_path, name):
    work = _work(tmp_path / "features", network, samples)
    whole = _whole(work, samples)
    (tmp_path / "own.txt").write_bytes(b"mine")
    planted = _store_folder(work.folder) / name
    planted.unlink()
    planted.symlink_to(tmp_path / "own.txt")
    _assert_goes_on(work, samples, whole, 0)
    assert (tmp_path / "own.txt").read_bytes() == b"mine"


def _folder(work: StageWork, precision: Precision = FP32, augmentation=None) -> Path:
    return open_store(work, precision, augmentation).folder


def test_each_thing_that_a_row_depends_on_has_a_store_of_its_own(network, samples, tmp_path):
    work = _work(tmp_path / "features", network, samples)
    other = PictureNetwork(build_resnet("resnet18", 3), RULE)
    other.load_state_dict(network.state_dict())
    assert _folder(replace(work, model=other)) == _folder(work)  # equal weights, from anywhere
    with torch.no_grad():
        other.network.fc.weight.add_(1)
        other.network.layer3[0].conv1.weight.add_(1)
    assert _folder(replace(work, model=other)) == _folder(work)  # above what is frozen
    with torch.no_grad():
        other.network.layer2[1].conv2.weight.view(-1)[7] += 1e-6
    moved = PictureNetwork(build_resnet("resnet18", 3), RULE)
    moved.load_state_dict(network.state_dict())
    moved.network.bn1.running_mean[3] += 1e-6
    larger = replace(work.card, preprocessing=replace(RULE, resize_side=38))
    folders = [
        _folder(work),
        _folder(replace(work, model=other)),
        _folder(replace(work, model=moved)),
        _folder(replace(work, stage="layer1")),
        _folder(replace(work, card=larger)),
        _folder(work, Precision("bf16", "cpu")),
        _folder(work, FP32, STANDARD),
        _folder(work, FP32, replace(STANDARD, jitter=0.1)),
        _folder(replace(work, seed=6), FP32, STANDARD),
    ]
    assert len(set(folders)) == len(folders)


def test_plain_outputs_do_not_depend_on_the_seed(network, samples, tmp_path):
    work = _work(tmp_path / "features", network, samples)
    assert _folder(replace(work, seed=6)) == _folder(work)


def test_views_are_functions_of_content_seed_and_view(network, samples, tmp_path):
    def views(folder: str, some: list[Sample], epoch: int, **changes) -> torch.Tensor:
        work = _work(tmp_path / folder, network, some, **changes)
        return _outputs(work, some, epoch, views=2, augmentation=STANDARD)

    some = samples[:4]
    first = views("one", some, 0)
    elsewhere = views("two", some[::-1], 1)  # another place: content decides, and the turn moves
    assert torch.allclose(elsewhere.flip(0), first, rtol=0, atol=1e-6)
    assert not torch.allclose(views("one", some, 1), first, atol=1e-3)  # another view
    assert not torch.allclose(views("three", some, 0, seed=6), first, atol=1e-3)
    assert views("one", some, 2).equal(first)  # they take turns


def test_pictures_begin_with_different_views(network, samples, tmp_path):
    some = samples[:4]
    work = _work(tmp_path / "features", network, some)
    batches, computed = _batches(work, some, views=4, augmentation=STANDARD)
    assert computed == 16
    epochs = [torch.cat([values for values, _ in batches.epoch(n)]) for n in range(4)]
    for picture in range(4):  # in 4 epochs each picture shows each of its 4 views
        assert len({epoch[picture].numpy().tobytes() for epoch in epochs}) == 4


# Whole runs: with and without stored outputs.


@pytest.fixture(scope="module")
def data(write_pictures, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("stage") / "data"
    write_pictures(folder / "train", 5, 1)
    return write_pictures(folder / "val", 3, 2).parent


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("start") / "start.pth"
    torch.manual_seed(3)
    torch.save(build_resnet("resnet18", 3).state_dict(), path)
    return path


def _config(data: Path, start: Path, out: Path, freeze: str, **changes) -> TrainingConfig:
    plain = {"weights": str(start), "epochs": 2, "imgsz": 32, "batch": 4, "workers": 0, "seed": 4}
    options = plain | changes
    return TrainingConfig(data, out, freeze=freeze, augment="none", amp="none", **options)


def _train(config: TrainingConfig, monkeypatch, keeps: bool | None = None):
    """Train; give the result, the notes, and after which stage training began."""
    notes: list[str] = []
    afters: list[str] = []
    train_epoch = fitting.train_epoch

    def watching(learner, batches, epoch, frozen):
        afters.append(batches.after)
        return train_epoch(learner, batches, epoch, frozen)

    def note(event: object) -> None:
        if isinstance(event, Noted):
            notes.append(event.text)

    with monkeypatch.context() as patch:
        patch.setattr(fitting, "train_epoch", watching)
        if keeps is not None:
            patch.setattr(inputs, "keeps_stage", lambda *_: keeps)
        result = finish(training_events(config), note)
    return result, notes, set(afters)


@pytest.mark.usefixtures("quick_runs")
@pytest.mark.parametrize(("freeze", "stage"), [("layer2", "layer2"), ("backbone", "layer4")])
def test_a_run_on_stored_outputs_ends_as_one_on_pictures(
    data, start, tmp_path, monkeypatch, freeze, stage
):
    stored, _, after = _train(_config(data, start, tmp_path / "stored", freeze), monkeypatch)
    assert after == {stage}
    plain, _, after = _train(_config(data, start, tmp_path / "plain", freeze), monkeypatch, False)
    assert after == {"none"}
    for name in ("last.pt", "best.pt"):
        one = load_checkpoint(stored.run / name).weights
        other = load_checkpoint(plain.run / name).weights
        assert one.keys() == other.keys()
        for tensor, expected in zip(one.values(), other.values(), strict=True):
            assert torch.allclose(tensor, expected, rtol=0, atol=1e-6)
    for row, expected in zip(stored.history, plain.history, strict=True):
        assert row.validation_loss == pytest.approx(expected.validation_loss, abs=1e-6)
        assert row.validation_accuracy == expected.validation_accuracy
        assert row.train_loss == pytest.approx(expected.train_loss, abs=1e-6)


@pytest.mark.usefixtures("quick_runs")
def test_too_little_disk_is_noted_and_the_run_goes_on_without_stored_outputs(
    data, start, tmp_path, monkeypatch
):
    monkeypatch.setattr(inputs, "disk_limit", lambda _: 10)
    config = _config(data, start, tmp_path / "run", "layer4", cache="none", epochs=1)
    result, notes, after = _train(config, monkeypatch)
    (note,) = notes
    assert "the output of layer4 is computed anew in each epoch" in note
    assert "a quarter of the free disk is 0.0 GB" in note
    assert after == {"none"}
    assert len(result.history) == 1


@pytest.mark.usefixtures("quick_runs")
def test_outputs_that_are_stored_already_need_no_more_disk(data, start, tmp_path, monkeypatch):
    config = _config(data, start, tmp_path / "run", "layer4", cache="none", epochs=1)
    features = tmp_path / "features"
    finish(training_events(config, features))
    monkeypatch.setattr(inputs, "disk_limit", lambda _: 10)
    seen: list[object] = []
    finish(training_events(replace(config, out=tmp_path / "again"), features), seen.append)
    assert not [event for event in seen if isinstance(event, Noted)]


def test_what_an_earlier_run_computed_counts_in_the_time_of_the_next(split_folder, tmp_path):
    torch.save(build_resnet("resnet18", 3).state_dict(), tmp_path / "start.pth")
    features = tmp_path / "features"

    def seconds(out: str) -> list[float]:
        config = TrainingConfig(
            split_folder,
            out=tmp_path / out,
            weights=str(tmp_path / "start.pth"),
            imgsz=32,
            freeze="backbone",
            epochs=2,
            batch=16,
            workers=0,
        )
        result = finish(training_events(config, features))
        return [row.seconds for row in result.history]

    seconds("first")
    stored = sum(float(path.read_text()) for path in features.glob("*/seconds.txt"))
    assert stored > 0
    for told in features.glob("*/seconds.txt"):
        told.write_text("50.0")
    again = seconds("second")
    assert again[0] > 100  # both stores, of training and of validation
    assert again[1] < 50
