"""What the page Model says of a card."""

from dataclasses import replace

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from tlx.gui.pages.card_facts import file_facts, results, takes
from tlx.gui.protocol import Loaded
from tlx.gui.wording import data_size
from tlx.inference.card import MeasuredResult
from tlx.inference.session import ModelSession


def test_the_rule_for_unknown_pictures_is_shown(colour_model):
    card = ModelSession(colour_model).card
    assert dict(takes(card))["Unknown"] == "no rule"
    assert dict(takes(replace(card, unknown_threshold=12.5)))["Unknown"] == "score above 12.5"


def test_what_pictures_are_normalised_with_is_shown(colour_model):
    found = dict(takes(ModelSession(colour_model).card))["Normalised"]
    assert found == "mean 0.485 0.456 0.406, std 0.229 0.224 0.225"


@pytest.mark.parametrize(("opset", "shown"), [(18, "18"), (None, "")])
def test_the_opset_is_shown_where_the_file_names_one(opset, shown):
    loaded = Loaded(1, "m.onnx", 5, "ab", opset, True, {}, "CPUExecutionProvider", 2, 0.5)
    assert dict(file_facts(loaded))["Opset"] == shown


@pytest.mark.parametrize(
    ("length", "written"), [(741, "741 bytes"), (45_046_416, "45.0 MB"), (2_500_000_000, "2.5 GB")]
)
def test_sizes_are_written_in_the_units_of_the_command_line(length, written):
    assert data_size(length) == written


def test_what_all_results_were_measured_on_is_said_once(colour_model):
    card = ModelSession(colour_model).card
    accuracy = MeasuredResult("accuracy", 0.9, (0.8, 0.95), "validation", 60, True)
    loss = MeasuredResult("loss", 0.2, None, "validation", 60, True)
    assert results(replace(card, results=(accuracy, loss), quantization=None)) == [
        ("Pictures", "60 (validation), which chose the epoch"),
        ("Accuracy", "0.9000 (95% interval 0.8000 to 0.9500)"),
        ("Loss", "0.2000"),
    ]
    tested = replace(loss, split="test", pictures=30, used_for_selection=False)
    assert results(replace(card, results=(accuracy, tested), quantization=None)) == [
        (
            "Accuracy",
            "0.9000 (95% interval 0.8000 to 0.9500), 60 validation pictures, which chose the epoch",
        ),
        ("Loss", "0.2000, 30 test pictures"),
    ]
    nothing = results(replace(card, results=(), quantization=None))
    assert nothing == [("Result", "nothing was measured")]
