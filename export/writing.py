"""A checkpoint written as a file, before it is verified."""

from dataclasses import replace
from pathlib import Path

import onnx

from ..errors import VerificationError
from ..evaluation.unknown import UnknownRule
from ..inference.card import ModelCard
from ..inference.graph_input import ANY_SIZE
from ..training.checkpoint import Checkpoint, restore_network
from .any_size import embed_resize
from .deployed import DeployedNetwork, network_of
from .files import Format
from .onnx_file import save_onnx
from .options import ExportOptions
from .unknown_graph import add_unknown_score


def write_plain(
    target: Format,
    checkpoint: Checkpoint,
    path: Path,
    options: ExportOptions,
    rule: UnknownRule | None = None,
) -> None:
    """Write a checkpoint in a format, in fp32.

    ONNX is without a resize and without the rule for unknown pictures: smaller files are made of
    it, and `complete` adds both.

    Args:
        target: the format.
        checkpoint: with the card of what is exported.
        path: where.
        options: of the export.
        rule: for unknown pictures.

    Raises:
        VerificationError: torch cannot write it.
    """
    plain = target.name == "onnx"
    card = _plain(checkpoint.card) if plain else checkpoint.card
    model = restore_network(replace(checkpoint, card=card))
    deployed = DeployedNetwork(model, card).eval()
    network = network_of(deployed, options.explain, None if plain else rule)
    try:
        target.write(network.eval(), card, path, options)
    except OSError:  # the disk is full, say: no exporter helps
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise VerificationError(f"{target.name} cannot be written by torch: {reason}") from error


def _plain(card: ModelCard) -> ModelCard:
    """Give the card of the graph before it is complete."""
    resizes = card.input == ANY_SIZE
    taken = "uint8-nhwc" if resizes else card.input
    return replace(card, input=taken, unknown_threshold=None)


def complete(path: Path, card: ModelCard, rule: UnknownRule | None) -> None:
    """Add to a written ONNX file what its card says it has; `card` becomes its card."""
    model = onnx.load(path)
    if rule is not None:
        add_unknown_score(model, rule)
    if card.input == ANY_SIZE:
        embed_resize(model, card.preprocessing)
    save_onnx(model, card, path)
