"""Healthy exports of every kind pass at the first attempt: no false alarm."""

import pytest

from tlx.export.events import Verified, Writing
from tlx.export.options import ExportOptions
from tlx.export.publish import export_events
from tlx.inference.events import finish

OLDER = {"formats": ("onnx",), "legacy_exporter": True}
SEVERAL = {"task": "multi-label"}
RUNS = [
    ({}, {"formats": ("onnx", "torchscript", "pt2")}),
    ({"labels": 2}, {"formats": ("onnx",), "opset": 13}),
    ({"labels": 100, "temperature": 0.3}, OLDER),
    ({"labels": 100, "temperature": 4.0, "seed": 1}, {"formats": ("torchscript",)}),
    ({"architecture": "resnet34"}, {"formats": ("torchscript",)}),
    ({"architecture": "resnet34", "labels": 2, "temperature": 0.2}, {**OLDER, "opset": 16}),
    ({"architecture": "resnet34", "labels": 100, "seed": 2}, {"formats": ("pt2",), "batch": 5}),
    ({"architecture": "resnet34", **SEVERAL}, {**OLDER, "batch": 1}),
    ({"architecture": "resnet50"}, {"formats": ("torchscript",)}),
    ({"architecture": "resnet50", "labels": 100, "seed": 3}, OLDER),
    ({"architecture": "resnet50", "labels": 2, **SEVERAL}, {**OLDER, "explain": False}),
    ({"architecture": "resnet50", "seed": 4}, {**OLDER, "input": "float-nchw", "imgsz": 48}),
    ({**SEVERAL}, {"formats": ("onnx",), "opset": 20}),
    ({**SEVERAL, "thresholds": (0.4, 0.5, 0.6)}, {**OLDER, "embed_resize": True}),
    ({**SEVERAL, "labels": 100, "temperature": 2.0}, {"formats": ("torchscript",)}),
    ({"seed": 5, "labels": 100}, {**OLDER, "embed_resize": True, "explain": False}),
    ({"seed": 6}, {**OLDER, "embed_resize": True, "batch": 4, "imgsz": 64}),
    ({"seed": 7, "imgsz": 64}, {**OLDER, "opset": 20}),
    ({"seed": 8, "imgsz": 33}, {"formats": ("torchscript",), "input": "float-nchw"}),
    ({"seed": 9, "labels": 2, "temperature": 8.0}, {"formats": ("onnx",), "opset": 24}),
]


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(RUNS)))
def test_a_healthy_export_raises_no_false_alarm(make_run, number):
    about_run, about_file = RUNS[number]
    options = ExportOptions(**about_file)
    events = export_events(make_run(**about_run), options=options)
    seen: list[object] = []
    files = finish(events, seen.append)
    assert [file.format for file in files] == [*options.formats]
    for event in seen:
        assert not isinstance(event, Writing) or event.instead_of is None
        assert not isinstance(event, Verified) or event.verification.passed
    for file in files:
        assert (file.agreement, file.pictures) == (1, 64)
        # A graph that resizes rounds otherwise than Pillow, and these networks know nothing.
        assert file.max_probability_difference < (0.05 if options.embed_resize else 2e-5)
        assert all(row.max_probability_difference < 2e-5 for row in file.conditions)


def test_twenty_kinds_are_tried():
    assert len(RUNS) == 20
    assert len({str(about) for about in RUNS}) == 20
