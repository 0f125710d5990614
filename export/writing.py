"""A checkpoint written as a file, before it is verified."""

from dataclasses import replace
from pathlib import Path

import onnx

from ..errors import VerificationError
from ..inference.card import ModelCard
from ..training.checkpoint import Checkpoint, restore_network
from .any_size import embed_resize
from .deployed import DeployedNetwork, ScoresNetwork
from .files import Format
from .onnx_file import save_onnx
from .options import ExportOptions


def write_plain(target: Format, checkpoint: Checkpoint, path: Path, options: ExportOptions) -> None:
    """Write a checkpoint in a format, in fp32; a resize is not in front of it yet.

    Args:
        target: the format.
        checkpoint: with the card of what is exported.
        path: where.
        options: of the export.

    Raises:
        VerificationError: torch cannot write it.
    """
    card = _plain(checkpoint.card)
    model = restore_network(replace(checkpoint, card=card))
    deployed = DeployedNetwork(model, card).eval()
    network = deployed if options.explain else ScoresNetwork(deployed)
    try:
        target.write(network, card, path, options)
    except OSError:  # the disk is full, say: no exporter helps
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise VerificationError(f"{target.name} cannot be written by torch: {reason}") from error


def _plain(card: ModelCard) -> ModelCard:
    """Give the card of the graph before a resize is put in front."""
    return replace(card, input="uint8-nhwc") if card.input == "uint8-any-size" else card


def put_resize_in_front(path: Path, card: ModelCard) -> None:
    """Make a written ONNX file take pictures of any size; `card` becomes its card."""
    model = onnx.load(path)
    embed_resize(model, card.preprocessing)
    save_onnx(model, card, path)
