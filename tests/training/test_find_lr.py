"""The learning-rate range test."""

import json
import math

import numpy as np
import pytest
from PIL import Image

from tlx.errors import TrainingError, UsageError
from tlx.inference.events import finish
from tlx.training import find_lr
from tlx.training.config import TrainingConfig
from tlx.training.find_lr import HIGHEST, LOWEST, STEPS, find_lr_events, steepest


@pytest.fixture(scope="module")
def found(tmp_path_factory, split_folder):
    """The test on colours that are easy to tell apart, and the folder it wrote into."""
    folder = tmp_path_factory.mktemp("rates") / "lr"
    config = TrainingConfig(
        split_folder, out=folder, weights="none", imgsz=32, batch=16, workers=0, amp="none"
    )
    return finish(find_lr_events(config)), folder


def test_the_rates_rise_by_an_even_factor_from_lowest_to_highest(found):
    rates = found[0].rates
    assert rates[0] == pytest.approx(LOWEST)
    assert 10 < len(rates) <= STEPS
    factors = np.array(rates[1:]) / np.array(rates[:-1])
    assert factors == pytest.approx((HIGHEST / LOWEST) ** (1 / (STEPS - 1)))


def test_the_suggestion_lies_before_the_lowest_loss(found):
    result = found[0]
    assert len(result.losses) == len(result.rates)
    assert all(math.isfinite(loss) for loss in result.losses)
    assert LOWEST < result.suggestion <= result.rates[int(np.argmin(result.losses))]


def test_nothing_is_left_but_the_plot(found):
    result, folder = found
    assert [path.name for path in folder.iterdir()] == ["find-lr.png"]
    with Image.open(result.plot) as plot:
        plot.verify()


def test_the_steepest_fall_is_found_on_a_made_curve():
    rates = [10.0**power for power in np.linspace(-6, 0, 61)]
    losses = [2.3 - 1.5 / (1 + math.exp(-4 * (math.log10(rate) + 3))) for rate in rates]
    losses[50:] = [losses[49] + 0.1 * index for index in range(1, 12)]
    assert steepest(rates, losses) == pytest.approx(1e-3, rel=0.3)


def test_a_loss_that_never_falls_gives_no_suggestion():
    chance = np.random.default_rng(0)
    rates = list(np.geomspace(1e-6, 1, 60))
    noise = list(2.3 + 0.01 * chance.standard_normal(60))
    for losses in ([], [1.0, 1.1, 1.2], list(np.linspace(1, 2, 60)), noise):
        with pytest.raises(TrainingError, match="does not fall clearly"):
            steepest(rates[: len(losses)], losses)


def test_several_processes_are_refused(split_folder, monkeypatch):
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "RANK": "0", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOCAL_RANK", "0")
    with pytest.raises(UsageError, match="without torchrun"):
        next(find_lr_events(TrainingConfig(split_folder, weights="none")))


def test_a_file_in_the_way_is_refused(split_folder, tmp_path):
    (tmp_path / "file").write_text("mine")
    config = TrainingConfig(split_folder, out=tmp_path / "file", weights="none")
    with pytest.raises(UsageError, match="is a file"):
        next(find_lr_events(config))
    assert (tmp_path / "file").read_text() == "mine"


def test_the_command_prints_the_suggestion_as_json(found, monkeypatch, capsys, split_folder):
    from tlx.cli.main import main

    def told(_config):
        return found[0]
        yield

    monkeypatch.setattr(find_lr, "find_lr_events", told)
    monkeypatch.setattr("sys.argv", ["tlx", "train", str(split_folder), "--find-lr", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    content = json.loads(capsys.readouterr().out)
    assert content["suggestion"] == found[0].suggestion
    assert len(content["rates"]) == len(content["losses"])
