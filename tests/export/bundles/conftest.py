"""Small graphs of every kind by the contract, in milliseconds, and bundles made of them."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import NodeProto, TensorProto, helper

from tlx.export.bundle import write_bundle
from tlx.inference.card import CARD_KEY, ModelCard, Provenance
from tlx.inference.card_json import card_to_json
from tlx.inference.preprocessing import Preprocessing

LABELS = ("blue", "green", "rötlich", "white")
ORIGIN = Provenance("0.1.0", "2.14.1", "resnet18", "none", None, "none", "0" * 64, "2026-11-23", 1)


@dataclass(frozen=True)
class Kind:
    """A kind of model file: what a bundle has to be right for."""

    card: dict[str, object] = field(default_factory=dict)
    batch: int | str = "N"
    explains: bool = True


MULTI_LABEL = {"task": "multi-label", "temperature": 2.5}
KINDS = {
    "uint8": Kind(),
    "float": Kind({"input": "float-nchw"}),
    "any size": Kind({"input": "uint8-any-size"}),
    "batch of 3": Kind(batch=3),
    "float, batch of 2": Kind({"input": "float-nchw"}, batch=2),
    "scores alone": Kind(explains=False),
    "multi-label": Kind({**MULTI_LABEL, "thresholds": (0.45, 0.3, 0.6, 0.5)}),
    "multi-label without thresholds": Kind(MULTI_LABEL),
    "with a rule": Kind({"unknown_threshold": 140.5}),
    "another rule": Kind({"preprocessing": Preprocessing(resize_side=45, crop=32)}),
}

WriteModel = Callable[..., Path]
Unpack = Callable[..., Path]


def model_card(kind: Kind) -> ModelCard:
    card = ModelCard(LABELS, Preprocessing(resize_side=37, crop=32), ORIGIN)
    return replace(card, **kind.card)


def _front(card: ModelCard) -> list[NodeProto]:
    """From the input to the mean colour, float32 [N, 3] of 0..255."""
    if card.input == "float-nchw":
        return [
            helper.make_node("ReduceMean", ["images", "rows and columns"], ["share"], keepdims=0),
            helper.make_node("Mul", ["share", "255"], ["features"]),
        ]
    return [
        helper.make_node("Cast", ["images"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["real", "rows and columns"], ["features"], keepdims=0),
    ]


def _graph(card: ModelCard, batch: int | str, explains: bool) -> onnx.GraphProto:
    weight = np.random.default_rng(5).normal(0, 0.03, (3, len(card.labels))).astype(np.float32)
    weight[:, 0] = (-0.03, -0.01, 0.04)
    several, count = card.task == "multi-label", len(card.labels)
    nodes = [
        *_front(card),
        helper.make_node("MatMul", ["features", "weight"], ["logits"]),
        helper.make_node("Div", ["logits", "temperature"], ["scaled"]),
        helper.make_node("Sigmoid" if several else "Softmax", ["scaled"], ["probabilities"]),
        helper.make_node("Unsqueeze", ["logits", "maps' sides"], ["activation_maps"]),
    ]
    shapes: dict[str, list[int]] = {"logits": [count], "probabilities": [count]}
    if explains:
        shapes |= {"activation_maps": [count, 1, 1], "features": [3]}
    if card.unknown_threshold is not None:  # how red it is
        nodes.append(helper.make_node("Gather", ["features", "red"], ["unknown_score"], axis=1))
        shapes["unknown_score"] = []
    side = card.preprocessing.crop
    sizes = {"float-nchw": [3, side, side], "uint8-any-size": ["H", "W", 3]}
    planes = card.input == "float-nchw"
    dtype = TensorProto.FLOAT if planes else TensorProto.UINT8
    constants = {
        "weight": weight,
        "temperature": np.float32(card.temperature),
        **({"255": np.float32(255)} if planes else {}),
        "rows and columns": np.array([2, 3] if planes else [1, 2]),
        "maps' sides": np.array([2, 3]),
        **({} if card.unknown_threshold is None else {"red": np.array(0)}),
    }
    return helper.make_graph(
        nodes,
        "colours",
        [
            helper.make_tensor_value_info(
                "images", dtype, [batch, *sizes.get(card.input, [side, side, 3])]
            )
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *shape])
            for name, shape in shapes.items()
        ],
        [onnx.numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()],
    )


@pytest.fixture(scope="session")
def write_kind() -> WriteModel:
    """Give the function that writes a model file of a kind."""

    def write(path: Path, kind: Kind, **changes: object) -> Path:
        card = replace(model_card(kind), **changes)
        graph = _graph(card, kind.batch, kind.explains)
        opsets = [helper.make_opsetid("", 18)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        helper.set_model_props(model, {CARD_KEY: card_to_json(card)})
        onnx.save(model, path)
        onnx.checker.check_model(path)
        return path

    return write


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of model file in turn."""
    return KINDS[request.param]


@pytest.fixture(scope="session")
def pictures(write_pictures, tmp_path_factory) -> list[Path]:
    """Six pictures of three colours, 48 x 40."""
    return sorted(write_pictures(tmp_path_factory.mktemp("pictures"), 2).rglob("*.jpg"))


@pytest.fixture(scope="session")
def plain_model(write_kind: WriteModel, tmp_path_factory) -> Path:
    """A model file of the usual kind, to be read only."""
    return write_kind(tmp_path_factory.mktemp("plain") / "model.onnx", KINDS["uint8"])


@pytest.fixture(scope="session")
def unpack(tmp_path_factory) -> Unpack:
    """Give the function that writes a bundle of a model file and unpacks it into a new folder."""

    def unpacked(model: Path, pictures: list[Path]) -> Path:
        folder = tmp_path_factory.mktemp("bundle")
        write_bundle(model, pictures, folder / "out.zip")
        with zipfile.ZipFile(folder / "out.zip") as archive:
            archive.extractall(folder / "unpacked")
        return folder / "unpacked"

    return unpacked


@pytest.fixture(scope="session")
def bundle_of_kind(kind: Kind, write_kind, unpack, pictures, tmp_path_factory) -> Path:
    """The unpacked bundle of each kind of model file, to be read only."""
    return unpack(write_kind(tmp_path_factory.mktemp("kind") / "model.onnx", kind), pictures)


@pytest.fixture(scope="session", params=["uint8", "any size", "another rule"])
def bundle_of_rule(
    request: pytest.FixtureRequest, write_kind, unpack, pictures, tmp_path_factory
) -> Path:
    """The unpacked bundle of each kind that prepares pictures otherwise, to be read only."""
    model = write_kind(tmp_path_factory.mktemp("rule") / "model.onnx", KINDS[request.param])
    return unpack(model, pictures)


@pytest.fixture
def plain_bundle(plain_model: Path, unpack: Unpack, pictures: list[Path]) -> Path:
    """A fresh unpacked bundle of the usual kind, which may be damaged."""
    return unpack(plain_model, pictures)


@pytest.fixture(scope="session")
def run_script() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Give the function that runs a script of a bundle, elsewhere than in its folder."""

    def run(script: Path, *arguments: object, python: Path | str = sys.executable):
        return subprocess.run(
            [str(python), str(script), *map(str, arguments)],
            cwd=script.anchor,
            capture_output=True,
            encoding="utf-8",
            env={"PYTHONIOENCODING": "utf-8", "PATH": ""},
            check=False,
        )

    return run
