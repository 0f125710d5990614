"""ONNX: written by torch's exporters, then brought to what older runtimes load."""

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from onnx import ModelProto
from torch import nn

from ..inference.card import CARD_KEY, ModelCard
from ..inference.card_json import card_to_json
from ..inference.session import INPUT, OUTPUTS, SCORES
from .deployed import example_input
from .options import ExportOptions
from .unknown_graph import name_features

IR_VERSION = 9
"""With opset 18 onnxruntime 1.17 still loads the file; later opsets need a later version."""


def write_onnx(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
    """Export a deployed network with its card, in one file."""
    with warnings.catch_warnings(), _quiet(logging.getLogger("torch.onnx")):
        warnings.simplefilter("ignore")  # the exporters' own deprecations are not the user's
        write = _write_legacy if options.legacy else _write_dynamo
        write(network, card, path, options)
    model = onnx.load(path)
    make_portable(model)
    name_features(model)
    save_onnx(model, card, path)


def rewrite_onnx_card(path: Path, card: ModelCard) -> None:
    """Replace the card in a file; the graph stays as it is."""
    save_onnx(onnx.load(path), card, path)


def save_onnx(model: ModelProto, card: ModelCard, path: Path) -> None:
    """Save a model with a card and nothing else of metadata, checked."""
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = CARD_KEY, card_to_json(card)
    onnx.save(model, path)
    onnx.checker.check_model(path)


def make_portable(model: ModelProto) -> None:
    """Ask for no newer a runtime than needed, and leave out where the graph was made."""
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    model.ir_version = max(IR_VERSION, onnx.helper.find_min_ir_version_for(kept))
    # The exporter notes source lines, with paths of this machine, at every node.
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    model.graph.doc_string = ""


def _write_dynamo(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
    dynamic = {"images": {0: torch.export.Dim("N")}} if options.batch is None else None
    torch.onnx.export(
        network,
        (example_input(card, options.batch or 2),),
        path,
        dynamo=True,
        input_names=[INPUT],
        output_names=_outputs(options),
        dynamic_shapes=dynamic,
        opset_version=options.opset,
        external_data=False,
        verbose=False,
    )


def _write_legacy(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
    names = [INPUT, *_outputs(options)]
    torch.onnx.export(
        network,
        (example_input(card, options.batch or 2),),
        path,
        dynamo=False,
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={name: {0: "N"} for name in names} if options.batch is None else None,
        opset_version=options.opset,
    )


def _outputs(options: ExportOptions) -> list[str]:
    return list(OUTPUTS if options.explain else SCORES)


@contextmanager
def _quiet(logger: logging.Logger) -> Generator[None]:
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
