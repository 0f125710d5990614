"""What a training run was asked for."""

import json
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from tlx.errors import CheckpointError, UsageError
from tlx.training.config import STAGES, TrainingConfig, read_config, write_config
from tlx.training.options import COMMON, options_of

DATA = Path("pictures")


def test_backbone_is_another_name_for_everything_up_to_layer4():
    assert TrainingConfig(DATA, freeze="backbone").freeze == "layer4"


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_can_be_frozen_with_pretrained_weights(stage):
    assert TrainingConfig(DATA, freeze=stage).freeze == stage


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("model", "resnet19"),
        ("freeze", "layer5"),
        ("augment", "strong"),
        ("epochs", 0),
        ("batch", 1),
        ("lr", 0.0),
        ("lr", float("nan")),
        ("lr", float("inf")),
        ("weight_decay", -0.1),
        ("imgsz", 31),
        ("imgsz", 4096),
        ("workers", -1),
        ("seed", -1),
        ("seed", 2**63),
    ],
)
def test_a_value_without_sense_is_refused_by_the_name_of_its_option(option, value):
    with pytest.raises(UsageError, match=f"--{option.replace('_', '-')} {value}"):
        TrainingConfig(DATA, **{option: value})


def test_random_weights_are_not_frozen():
    with pytest.raises(UsageError, match="--freeze stem with --weights none"):
        TrainingConfig(DATA, weights="none", freeze="stem")


def test_any_choice_of_weights_but_none_counts_as_pretrained():
    assert TrainingConfig(DATA, weights="backbone.pth").pretrained
    assert not TrainingConfig(DATA, weights="none").pretrained


def test_the_default_rate_follows_the_start_and_a_given_one_stays():
    assert TrainingConfig(DATA).peak_lr == 1e-2
    assert TrainingConfig(DATA, weights="none").peak_lr == 1e-3
    assert TrainingConfig(DATA, lr=0.5).peak_lr == 0.5


def test_a_written_config_is_read_back_with_its_own_folder_as_out(tmp_path):
    config = TrainingConfig(DATA, out=Path("elsewhere"), epochs=3, freeze="layer2", seed=7)
    write_config(tmp_path / "config.json", config)
    found = read_config(tmp_path)
    assert found.out == tmp_path
    assert (found.data, found.epochs, found.freeze, found.seed) == (DATA, 3, "layer2", 7)


def test_a_folder_without_config_is_no_run(tmp_path):
    with pytest.raises(CheckpointError, match="is no run folder"):
        read_config(tmp_path)


def test_a_file_of_a_run_is_no_run_and_its_folder_is_named(tmp_path):
    (tmp_path / "last.pt").touch()
    with pytest.raises(CheckpointError, match=f"is no run folder; give the folder, {tmp_path}$"):
        read_config(tmp_path / "last.pt")


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"data": 1}', '{"data": "x", "colour": "red"}', '{"data": "x", "epochs": 0}'],
)
def test_a_config_that_is_not_ours_is_refused(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read"):
        read_config(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_a_config_that_cannot_be_opened_says_why_in_words(tmp_path):
    (tmp_path / "config.json").symlink_to("config.json")
    with pytest.raises(CheckpointError, match=r"config\.json cannot be read: [A-Z][a-z ]+$"):
        read_config(tmp_path)


def test_a_config_holds_paths_as_text(tmp_path):
    write_config(tmp_path / "config.json", TrainingConfig(DATA))
    content = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert content["data"] == "pictures"
    assert content["out"] is None


def test_the_defaults_can_be_read_without_torch():
    code = "import sys; sys.modules['torch'] = None; import tlx.training.config"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"views": 2}, "--views needs|--views keeps"),
        ({"views": 2, "freeze": "gradual"}, "--views keeps"),
        ({"views": 2, "freeze": "backbone", "augment": "none"}, "are all the same"),
        ({"views": 2, "freeze": "layer2", "mixup": 0.2}, "leave one out"),
        ({"views": 2, "freeze": "layer2", "cutmix": 1.0}, "leave one out"),
        ({"file_column": "name"}, "give it with --labels"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, said):
    with pytest.raises(UsageError, match=said):
        TrainingConfig(DATA, **options)


def test_the_help_of_every_option_is_declared_once_and_common_ones_are_fifteen():
    options = options_of(TrainingConfig)
    assert {field.name for field in fields(TrainingConfig)} == {"data", *options}
    assert all(option.help for option in options.values())
    # With --resume, which the command adds.
    assert sum(option.panel == COMMON for option in options.values()) == 14
