"""Faults in a variant: floats, a resize in the graph, explanations, pt2; caught and named."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import GraphProto, helper, numpy_helper
from torch import Tensor, nn

from tlx.errors import VerificationError
from tlx.export import publish, writing
from tlx.export.answers import Answers
from tlx.export.deployed import FloatNormalisation, ScoresNetwork
from tlx.export.events import Verified
from tlx.export.onnx_opened import OnnxFile
from tlx.export.options import ExportOptions
from tlx.export.verification import Verification
from tlx.inference.card import ModelCard
from tlx.inference.graph_input import Pixels

ANY_SIZE = ExportOptions(formats=("onnx",), embed_resize=True, legacy_exporter=True)
FLOATS = ExportOptions(formats=("torchscript",), input="float-nchw")


def test_explanations_that_were_left_out_are_missed(plant_network, refusal):
    plant_network("torchscript", ScoresNetwork)
    assert "model.ts gives no activation maps and features" in refusal()


def test_explanations_that_nobody_asked_for_are_told(plant_network, refusal):
    plant_network("torchscript", lambda network: network.deployed)
    options = ExportOptions(formats=("torchscript",), explain=False)
    assert "model.ts gives unasked activation maps and features" in refusal(options=options)


class Undivided(FloatNormalisation):
    """Takes its floats for numbers in 0..255."""

    def forward(self, images: Tensor) -> Tensor:
        return images.div(255.0).sub(self.mean).div(self.std)


class ReversedFloats(FloatNormalisation):
    """Takes its floats as BGR."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flip(1).sub(self.mean).div(self.std)


@pytest.mark.parametrize(
    ("kind", "named"),
    [(Undivided, "it uses mean ["), (ReversedFloats, "the channels are in BGR order")],
)
def test_a_fault_in_how_floats_are_taken_is_named(plant_network, refusal, kind, named):
    def change(network: nn.Module) -> None:
        network.normalise.__class__ = kind

    plant_network("torchscript", change)
    assert f"is normalisation: {named}" in refusal(options=FLOATS)


def _resize_node(graph: GraphProto):
    (node,) = (node for node in graph.node if node.op_type == "Resize")
    return node


def _without_antialias(graph: GraphProto) -> None:
    for attribute in _resize_node(graph).attribute:
        if attribute.name in ("antialias", "exclude_outside"):
            attribute.i = 0


def _cubic(graph: GraphProto) -> None:
    for attribute in _resize_node(graph).attribute:
        if attribute.name == "mode":
            attribute.s = b"cubic"


def _crop_a_pixel_off(graph: GraphProto) -> None:
    graph.initializer.append(numpy_helper.from_array(np.array([1]), "one"))
    (node,) = (node for node in graph.node if node.name == "resize.end")
    position = list(graph.node).index(node)
    graph.node.insert(position, helper.make_node("Sub", ["resize.start", "one"], ["moved"]))
    for other in list(graph.node)[position + 1 :]:
        other.input[:] = ["moved" if name == "resize.start" else name for name in other.input]


def _rounded_down(graph: GraphProto) -> None:
    """Resize floats and cut off what is behind the point, as a cast to uint8 does."""
    node = _resize_node(graph)
    position = list(graph.node).index(node)
    node.input[0], output = "floats", node.output[0]
    node.output[0] = "resized_floats"
    cast = helper.make_node("Cast", ["images"], ["floats"], to=onnx.TensorProto.FLOAT)
    back = helper.make_node("Cast", ["resized_floats"], [output], to=onnx.TensorProto.UINT8)
    graph.node.insert(position + 1, back)
    graph.node.insert(position, cast)


def _larger(graph: GraphProto) -> None:
    (side,) = (tensor for tensor in graph.initializer if tensor.name == "resize.side")
    side.CopyFrom(numpy_helper.from_array(np.array([39]), "resize.side"))


RESIZES = {
    "no antialias": _without_antialias,
    "another filter": _cubic,
    "crop off by a pixel": _crop_a_pixel_off,
    "rounded down": _rounded_down,
    "another side": _larger,
}


@pytest.mark.parametrize("fault", RESIZES)
def test_a_fault_in_the_resize_inside_the_graph_is_named(plant_graph, refusal, monkeypatch, fault):
    healthy = writing.embed_resize

    def faulty(model: onnx.ModelProto, rule: object) -> None:
        healthy(model, rule)
        RESIZES[fault](model.graph)

    monkeypatch.setattr(writing, "embed_resize", faulty)
    plant_graph()
    text = refusal(options=ANY_SIZE)
    assert text.startswith("model.any-size.onnx does not answer as the checkpoint does (")
    assert "its resize is off by up to " in text
    assert "resize and crop: the resize or crop in the graph is not Pillow's" in text


def test_a_file_fixed_to_another_batch_than_asked_for_is_told(plant_network, refusal, monkeypatch):
    plant_network("pt2", lambda network: network)
    (target,) = publish.FORMATS

    def write(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
        target.write(network, card, path, replace(options, batch=2))

    monkeypatch.setattr(publish, "FORMATS", (replace(target, write=write),))
    text = refusal(options=ExportOptions(formats=("pt2",)))
    assert "model.pt2 takes 2 pictures a run, not any number" in text


def test_a_fault_in_a_pt2_file_is_named_by_its_stage(plant_network, refusal):
    def change(network: nn.Module) -> None:
        with torch.no_grad():
            network.network.layer2[0].bn1.running_var.mul_(1.1)

    plant_network("pt2", change)
    text = refusal(options=ExportOptions(formats=("pt2",)))
    assert text.startswith("model.pt2 does not answer as the checkpoint does")
    assert "is layer2: weights or BatchNorm statistics of layer2" in text


class FaultyAsDecoded(OnnxFile):
    """Answers with the labels in another order where the graph has something to resize."""

    def run(self, images: Sequence[Pixels]) -> Answers:
        answers = super().run(images)
        if all(min(image.shape[:2]) == self.card.preprocessing.resize_side for image in images):
            return answers
        return replace(
            answers,
            logits=np.roll(answers.logits, 1, axis=1),
            probabilities=np.roll(answers.probabilities, 1, axis=1),
        )


def test_labels_that_change_where_the_graph_resizes_are_told(plant_graph, refusal, monkeypatch):
    plant_graph()
    (target,) = publish.FORMATS
    monkeypatch.setattr(publish, "FORMATS", (replace(target, open=FaultyAsDecoded),))
    text = refusal(options=ANY_SIZE)
    assert "(on pictures as decoded: " in text
    assert "same label outside ties 0.00%" in text
    assert "resize and crop: the file answers otherwise where it resizes by itself" in text


def test_scores_and_agreement_are_those_of_pictures_as_decoded(plant_graph, light_run, monkeypatch):
    plant_graph()
    (target,) = publish.FORMATS
    monkeypatch.setattr(publish, "FORMATS", (replace(target, open=FaultyAsDecoded),))
    seen: list[Verification] = []
    with pytest.raises(VerificationError):
        for event in publish.export_events(light_run, options=ANY_SIZE):
            seen += [event.verification] if isinstance(event, Verified) else []
    (found,) = seen
    assert found.comparison.passed
    assert found.comparison.agreement == 1.0
    assert found.summary.agreement == 0.0
    assert found.scores.first > found.scores.second
    assert found.summary.max_probability_difference == found.whole.max_probability_difference > 0.1
