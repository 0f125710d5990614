"""ONNX: written by torch's exporter, then brought to what older runtimes load."""

import logging
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import onnx
import torch
from onnx import ModelProto

from ..inference.card import CARD_KEY, ModelCard
from ..inference.card_json import card_to_json
from ..inference.session import INPUT, OUTPUTS
from .deployed import DeployedNetwork, example_input

OPSET = 18
IR_VERSION = 9
"""With this pair onnxruntime 1.17 still loads the file."""


def write_onnx(network: DeployedNetwork, card: ModelCard, path: Path) -> None:
    """Export the network with its card; any batch size, one file."""
    with warnings.catch_warnings(), _quiet(logging.getLogger("torch.onnx")):
        warnings.simplefilter("ignore")  # the exporter's own deprecations are not the user's
        torch.onnx.export(
            network,
            (example_input(card),),
            path,
            dynamo=True,
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_shapes={"images": {0: torch.export.Dim("N")}},
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
    model = onnx.load(path)
    _make_portable(model)
    _save(model, card, path)


@contextmanager
def _quiet(logger: logging.Logger) -> Generator[None]:
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def rewrite_onnx_card(path: Path, card: ModelCard) -> None:
    """Replace the card in a file; the graph stays as it is."""
    _save(onnx.load(path), card, path)


def _make_portable(model: ModelProto) -> None:
    model.ir_version = IR_VERSION
    used = {node.domain for node in model.graph.node}
    kept = [entry for entry in model.opset_import if entry.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    # The exporter notes source lines, with paths of this machine, at every node.
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    for value in (*model.graph.value_info, *model.graph.input, *model.graph.output):
        value.doc_string = ""
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    model.graph.doc_string = ""


def _save(model: ModelProto, card: ModelCard, path: Path) -> None:
    del model.metadata_props[:]
    entry = model.metadata_props.add()
    entry.key, entry.value = CARD_KEY, card_to_json(card)
    onnx.save(model, path)
    onnx.checker.check_model(path)
