"""Where epochs are logged beside `metrics.csv`."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import tlx
from tlx.errors import MissingExtraError
from tlx.training import fit, logs
from tlx.training.config import LOGS, TrainingConfig
from tlx.training.inputs import Noted
from tlx.training.logs import Log, close_logs, log_epoch, open_logs, require_logs
from tlx.training.run_folder import EpochDone
from tlx.training.train import training_events

NUMBERS = {
    "loss/train": [0.5, 0.5],
    "loss/validation": [0.25, 0.125],
    "accuracy/train": [0.75, 0.75],
    "accuracy/validation": [0.875, 0.875],
    "monitored/balanced-accuracy": [0.625, 0.6875],
    "learning rate": [0.001, 0.001],
    "pictures per second": [100.0, 100.0],
}


@pytest.fixture
def two_epochs(epoch_done) -> list[EpochDone]:
    return [epoch_done, replace(epoch_done, epoch=2, validation_loss=0.125, monitored=0.6875)]


def _needs(package: str) -> None:
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed: it comes with the extra '{package}'")


def _config(*names: str) -> TrainingConfig:
    return TrainingConfig(Path("pictures"), log=names, lr=0.125)


def _log(name: str, run: Path, *epochs: EpochDone) -> None:
    (log,) = open_logs(_config(name), run)
    for epoch in epochs:
        log.epoch(epoch)
    log.close()


def _event_values(run: Path) -> dict[str, list[tuple[int, float]]]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(run / "tensorboard"))
    events.Reload()
    names = events.Tags()["scalars"]
    return {name: [(e.step, e.value) for e in events.Scalars(name)] for name in names}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tensorboards_event_files_hold_every_number_of_every_epoch(tmp_path, two_epochs):
    _needs("tensorboard")
    _log("tensorboard", tmp_path, *two_epochs)
    found = _event_values(tmp_path)
    assert found.keys() == NUMBERS.keys()
    for name, values in NUMBERS.items():
        assert [step for step, _ in found[name]] == [1, 2]
        assert [value for _, value in found[name]] == pytest.approx(values)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_resumed_run_goes_on_in_the_same_curves_of_tensorboard(tmp_path, two_epochs):
    _needs("tensorboard")
    _log("tensorboard", tmp_path, two_epochs[0])
    _log("tensorboard", tmp_path, two_epochs[1])
    assert [step for step, _ in _event_values(tmp_path)["loss/train"]] == [1, 2]


@pytest.fixture
def mlflow(tmp_path, monkeypatch) -> Iterator[object]:
    """MLflow with a store of files in this test's own folder."""
    _needs("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "store").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    import mlflow

    yield mlflow
    mlflow.end_run()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_mlflow_gets_the_options_and_every_number_of_every_epoch(tmp_path, mlflow, two_epochs):
    run = tmp_path / "a-run"
    run.mkdir()
    _log("mlflow", run, *two_epochs)
    name = (run / "mlflow.txt").read_text(encoding="utf-8").strip()
    found = mlflow.get_run(name)
    assert (found.info.run_name, found.info.status) == ("a-run", "FINISHED")
    assert found.data.params["lr"] == "0.125"
    client = mlflow.MlflowClient()
    for metric, values in NUMBERS.items():
        history = client.get_metric_history(name, metric)
        assert [(row.step, row.value) for row in history] == list(enumerate(values, 1))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_resumed_run_goes_on_in_the_same_run_of_mlflow(tmp_path, mlflow, two_epochs):
    run = tmp_path / "a-run"
    run.mkdir()
    _log("mlflow", run, two_epochs[0])
    name = (run / "mlflow.txt").read_text(encoding="utf-8")
    _log("mlflow", run, two_epochs[1])
    assert (run / "mlflow.txt").read_text(encoding="utf-8") == name
    history = mlflow.MlflowClient().get_metric_history(name.strip(), "loss/validation")
    assert [row.value for row in history] == NUMBERS["loss/validation"]
    assert len(mlflow.search_runs(output_format="list")) == 1


@pytest.mark.parametrize("name", LOGS)
def test_a_missing_package_is_one_line_and_nothing_was_written(
    split_folder, tmp_path, monkeypatch, name
):
    monkeypatch.setattr(logs, "find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError) as caught:
        tlx.train(split_folder, out=tmp_path / "run", weights="none", log=(name,))
    text = str(caught.value)
    assert text.startswith(f"--log {name} needs the extra '{name}' (not installed): pip install")
    assert "\n" not in text
    assert list(tmp_path.iterdir()) == []


def test_without_log_no_package_is_asked_for(monkeypatch, tmp_path):
    monkeypatch.setattr(logs, "find_spec", lambda _name: None)
    require_logs(_config())
    assert open_logs(_config(), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


class _Gone:
    """A log whose server went away after the first epoch."""

    name = "mlflow"

    def __init__(self) -> None:
        self.epochs: list[int] = []

    def epoch(self, done: EpochDone) -> None:
        if self.epochs:
            raise ConnectionError("no route\nto host")
        self.epochs.append(done.epoch)

    def close(self) -> None:
        raise ConnectionError("no route to host")


class _Kept(_Gone):
    name = "tensorboard"

    def epoch(self, done: EpochDone) -> None:
        self.epochs.append(done.epoch)


def test_a_log_that_fails_is_named_once_and_the_others_go_on(two_epochs):
    gone, kept = _Gone(), _Kept()
    logs: list[Log] = [gone, kept]
    said = [[*log_epoch(logs, epoch)] for epoch in (*two_epochs, two_epochs[1])]
    assert [len(lines) for lines in said] == [0, 1, 0]
    assert said[1][0].startswith("--log mlflow failed (no route to host) and is left out from here")
    assert (gone.epochs, kept.epochs) == ([1], [1, 2, 2])
    close_logs([gone, kept])


@pytest.mark.usefixtures("quick_runs")
def test_a_training_outlives_its_log(split_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "open_logs", lambda *_: [_Gone()])
    options = {"weights": "none", "epochs": 3, "imgsz": 32, "batch": 8, "workers": 0}
    events = training_events(TrainingConfig(split_folder, tmp_path / "run", **options))
    seen = [*events]
    assert [event.epoch for event in seen if isinstance(event, EpochDone)] == [1, 2, 3]
    assert ["--log mlflow failed" in e.text for e in seen if isinstance(e, Noted)] == [True]


def test_a_log_that_is_named_twice_is_opened_once():
    assert _config("mlflow", "tensorboard", "mlflow").log == ("mlflow", "tensorboard")
