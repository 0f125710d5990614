"""How a model file is called, in words and code, for a card for people."""

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

from .card import CARD_KEY, THRESHOLD, ModelCard
from .markdown import code, code_span, escape, numbered, python_string, table

if TYPE_CHECKING:
    from .inspection import FileDescription

_ONNX_IMPORTS = """\
import json

import numpy as np
import onnxruntime
from PIL import Image, ImageOps
"""
_TORCH_IMPORTS = """\
import json

import numpy as np
import torch
from PIL import Image, ImageOps
"""
_PICTURE = """\
picture = Image.open("picture.jpg")
picture.draft(None, ({twice}, {twice}))  # a JPEG far larger than needed: decoded at less
picture = ImageOps.exif_transpose(picture).convert("RGB")"""
_SQUARE = """\
width, height = (int({side} * length / min(picture.size)) for length in picture.size)
left, top = round((width - {crop}) / 2), round((height - {crop}) / 2)
picture = picture.resize((width, height), Image.Resampling.BILINEAR)
picture = picture.crop((left, top, left + {crop}, top + {crop}))"""
_ARRAYS = {
    "uint8-nhwc": "images = np.array(picture)[None]",
    "float-nchw": (
        "images = (np.array(picture, np.float32) / 255).transpose(2, 0, 1)[None].copy()"
    ),
    "uint8-any-size": "images = np.array(picture)[None]",
}
_RUN = {
    False: (
        '(answers,) = session.run(["probabilities"], {{{given}: images}})',
        "probabilities = answers[0]",
    ),
    True: (
        'answers, scores = session.run(["probabilities", "unknown_score"], {{{given}: images}})',
        "probabilities, unknown_score = answers[0], float(scores[0])",
    ),
}
"""By whether the file has a rule for unknown pictures."""
_RUN_TORCH = {
    False: (
        "answers = network(torch.from_numpy(images))[1]",
        "probabilities = answers[0].detach().numpy()",
    ),
    True: (
        "outputs = network(torch.from_numpy(images))",
        "probabilities = outputs[1][0].detach().numpy()",
        "unknown_score = outputs[-1][0].detach().item()",
    ),
}
_BEST = 'print(card["labels"][probabilities.argmax()], probabilities.max())'
_BEST_OR_UNKNOWN = f"""\
if unknown_score > card["unknown_threshold"]:
    print("unknown, nearest:", end=" ")
{_BEST}"""
_CHOSEN = """\
thresholds = card["thresholds"] or [{threshold}] * len(card["labels"])
rows = zip(card["labels"], probabilities.tolist(), thresholds)
print([(label, value) for label, value, threshold in rows if value >= threshold])"""

_TENSORS = {
    "logits": "before temperature and {function}",
    "probabilities": "the {function} of logits / temperature, a column a label",
    "activation_maps": "where each label's evidence lies; their mean plus the head's bias is the "
    "logit",
    "features": "after the pooling, before the head",
    "unknown_score": "larger is stranger",
}
_INPUTS = {
    "uint8-nhwc": "RGB pixels after resize and crop; the graph normalises them",
    "float-nchw": "RGB after resize and crop, in 0..1; the graph normalises it",
    "uint8-any-size": "RGB pixels as decoded; the graph resizes, crops and normalises them",
}


def call_text(found: "FileDescription") -> str:
    """Show how to ask the file: by tlx, and by a short program without it."""
    return _CALLS[found.kind](found)


def _of_onnx(found: "FileDescription") -> str:
    name, given = found.path.name, python_string(found.inputs[0].name)
    program = "\n".join(
        (
            _ONNX_IMPORTS,
            f"session = onnxruntime.InferenceSession({python_string(name)})",
            f"notes = session.get_modelmeta().custom_metadata_map[{python_string(CARD_KEY)}]",
            "card = json.loads(notes)",
            *_images(found),
            *(line.format(given=given) for line in _RUN[_judges(found.card)]),
            _answer(found.card),
        )
    )
    return "\n\n".join(
        (
            "With tlx:",
            code("sh", f"tlx classify {shlex.quote(name)} picture.jpg"),
            "Without it, with onnxruntime, numpy and Pillow, for a picture of 8 bits without "
            "transparency:",
            code("python", program),
        )
    )


def _of_torchscript(found: "FileDescription") -> str:
    name = python_string(found.path.name)
    return _of_torch(found, f"network = torch.jit.load({name}, _extra_files=extra)")


def _of_pt2(found: "FileDescription") -> str:
    name = python_string(found.path.name)
    return _of_torch(found, f"network = torch.export.load({name}, extra_files=extra).module()")


def _of_torch(found: "FileDescription", load: str) -> str:
    program = "\n".join(
        (
            _TORCH_IMPORTS,
            f'extra = {{{python_string(CARD_KEY)}: ""}}',
            load,
            f"card = json.loads(extra[{python_string(CARD_KEY)}])",
            *_images(found),
            *_RUN_TORCH[_judges(found.card)],
            _answer(found.card),
        )
    )
    return "\n\n".join(
        (
            "With torch, numpy and Pillow, for a picture of 8 bits without transparency (tlx "
            "itself answers from the ONNX file):",
            code("python", program),
        )
    )


def _of_checkpoint(_found: "FileDescription") -> str:
    return (
        f"A checkpoint is not called: {code_span('tlx export')} makes model files of the run "
        "folder that it lies in, each with a card of its own."
    )


def _images(found: "FileDescription") -> list[str]:
    card, batch = found.card, found.inputs[0].shape[0]
    rule = card.preprocessing
    lines = [_PICTURE.format(twice=2 * rule.resize_side)]
    if card.input != "uint8-any-size":
        lines.append(_SQUARE.format(side=rule.resize_side, crop=rule.crop))
    lines.append(_ARRAYS[card.input])
    if isinstance(batch, int):
        lines.append(f"images = images.repeat({batch}, axis=0)  # the file takes no other number")
    return lines


def _judges(card: ModelCard) -> bool:
    return card.unknown_threshold is not None


def _answer(card: ModelCard) -> str:
    if card.task == "multi-label":
        return _CHOSEN.format(threshold=THRESHOLD)
    return _BEST_OR_UNKNOWN if _judges(card) else _BEST


def preprocessing_text(found: "FileDescription") -> str:
    """Say step by step how a picture becomes the graph's input."""
    card, rule = found.card, found.card.preprocessing
    mean, std = (", ".join(f"{value:g}" for value in part) for part in (rule.mean, rule.std))
    scaled = {"float-nchw": "as float32 in 0..1, laid out `[N, 3, S, S]`"}
    steps = [
        f"decode (rule {code_span(rule.decode)}): the first picture of a file; a JPEG with a short "
        f"side of {4 * rule.resize_side} or more at the DCT scale that keeps it at "
        f"{2 * rule.resize_side} or more; 16-bit grey by its high byte; transparency on white; "
        f"then {escape(rule.colour)}",
        "turn it upright by its EXIF orientation",
        f"resize the short side to {rule.resize_side} ({escape(rule.resize_filter)} with "
        "antialiasing, as Pillow does it)",
        f"cut out the centre, {rule.crop} x {rule.crop}",
        f"give it {scaled.get(card.input, 'as uint8, laid out `[N, S, S, 3]`')}",
        f"inside the graph: divide by 255, subtract the mean ({mean}), divide by the standard "
        f"deviation ({std})",
    ]
    if card.input == "uint8-any-size":
        given = "give it as uint8, laid out `[N, H, W, 3]`"
        steps[2:5] = [given, *(f"inside the graph: {step}" for step in steps[2:4])]
    return numbered(steps)


def tensors_text(found: "FileDescription") -> str:
    """List what goes into the graph and what comes out."""
    function = function_of(found.card)
    meanings = {spec.name: _INPUTS[found.card.input] for spec in found.inputs}
    meanings |= {name: text.format(function=function) for name, text in _TENSORS.items()}
    rows = [
        (
            way,
            code_span(spec.name),
            code_span(f"{spec.dtype} [{', '.join(map(str, spec.shape))}]"),
            meanings.get(spec.name, ""),
        )
        for way, specs in (("in", found.inputs), ("out", found.outputs))
        for spec in specs
    ]
    return table(("", "name", "type", "what it is"), rows)


def function_of(card: ModelCard) -> str:
    """Name what makes probabilities of logits."""
    return "sigmoid" if card.task == "multi-label" else "softmax"


_CALLS: dict[str, Callable[["FileDescription"], str]] = {
    "onnx": _of_onnx,
    "torchscript": _of_torchscript,
    "pt2": _of_pt2,
    "checkpoint": _of_checkpoint,
}
