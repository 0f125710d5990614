"""What an export can be asked for, what is refused, and the card that comes of it."""

from dataclasses import replace

import pytest

from tlx.errors import ContradictionError, UsageError
from tlx.export.files import FORMATS
from tlx.export.options import ExportOptions, deployed_card
from tlx.export.publish import _names
from tlx.export.record import RECORD
from tlx.export.smaller import TABLE
from tlx.inference.card import MeasuredResult, ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing
from tlx.training.run_folder import RUN_FILES

PROVENANCE = Provenance("0", "2", "resnet18", "none", None, "none", "f", "2026-01-01", 0)
RESULT = MeasuredResult("accuracy", 0.9, None, "validation", 30, used_for_selection=True)
CARD = ModelCard(("a", "b"), Preprocessing(256, 224), PROVENANCE, results=(RESULT,))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"formats": ()}, "--format names no format; choose onnx, torchscript or pt2"),
        ({"formats": ("onnx", "tflite")}, "--format tflite: choose of onnx, torchscript, pt2"),
        ({"quantize": ("int4",)}, "--quantize int4: choose of fp16, int8"),
        ({"input": "uint8-any-size"}, "--input uint8-any-size: choose uint8-nhwc or float-nchw"),
        ({"batch": 0}, "--batch must be at least 1"),
        ({"imgsz": 31}, "--imgsz must be at least 32"),
        ({"opset": 12}, "--opset must be in 13 to 24"),
        ({"opset": 25}, "--opset must be in 13 to 24"),
        ({"calibration": 0}, "--calibration must be at least 1"),
        ({"max_drop": -0.1}, "--max-drop must be in 0 to 100 points"),
        ({"max_drop": float("nan")}, "--max-drop must be in 0 to 100 points"),
    ],
)
def test_a_value_that_is_not_possible_is_refused(values, said):
    with pytest.raises(UsageError) as caught:
        ExportOptions(**values)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"formats": ("pt2",), "quantize": ("int8",)}, "--quantize makes ONNX files"),
        ({"embed_resize": True}, "--embed-resize is for ONNX; give --format onnx"),
        (
            {"formats": ("onnx",), "embed_resize": True, "input": "float-nchw"},
            "--embed-resize takes uint8-nhwc",
        ),
        (
            {"formats": ("onnx",), "embed_resize": True, "opset": 17},
            "which ONNX has from opset 18 on",
        ),
        ({"legacy_exporter": True, "opset": 21}, "older exporter writes opsets up to 20"),
        ({"for_another_device": True}, "--for-another-device goes with --quantize int8"),
        ({"for_another_device": True, "quantize": ("fp16",)}, "goes with --quantize int8"),
    ],
)
def test_values_that_contradict_each_other_are_refused(values, said):
    with pytest.raises(ContradictionError) as caught:
        ExportOptions(**values)
    assert said in str(caught.value)


def test_the_older_exporter_writes_what_only_it_can():
    assert not ExportOptions().legacy
    assert ExportOptions(opset=17).legacy
    assert ExportOptions(legacy_exporter=True).legacy


def test_a_deployed_card_is_the_checkpoints_as_long_as_nothing_is_asked():
    assert deployed_card(CARD, ExportOptions()) == CARD
    assert deployed_card(CARD, ExportOptions(imgsz=224, batch=4, explain=False)) == CARD


def test_the_card_says_what_the_graph_takes():
    assert deployed_card(CARD, ExportOptions(input="float-nchw")).input == "float-nchw"
    embedded = ExportOptions(formats=("onnx",), embed_resize=True)
    assert deployed_card(CARD, embedded) == replace(CARD, input="uint8-any-size")


@pytest.mark.parametrize(("imgsz", "side"), [(96, 110), (160, 183), (288, 329), (32, 37)])
def test_another_size_keeps_the_share_of_the_crop_and_drops_what_was_measured(imgsz, side):
    card = deployed_card(CARD, ExportOptions(imgsz=imgsz))
    assert card == replace(CARD, preprocessing=Preprocessing(side, imgsz), results=())


def test_a_size_follows_the_checkpoints_own_share():
    card = replace(CARD, preprocessing=Preprocessing(232, 224))
    assert deployed_card(card, ExportOptions(imgsz=112)).preprocessing == Preprocessing(116, 112)


def test_a_replaced_run_leaves_no_file_of_any_export():
    options = ExportOptions(quantize=("fp16", "int8"))
    embedded = replace(options, formats=("onnx",), embed_resize=True)
    names = {name for target in FORMATS for name in _names(target, options)}
    names |= {*_names(FORMATS[0], embedded)}
    assert {"model.int8.onnx", "model.any-size.fp16.onnx", "model.ts", "model.pt2"} < names
    assert names | {RECORD, TABLE} < {*RUN_FILES}
