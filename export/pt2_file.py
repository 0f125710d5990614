"""pt2: torch's exported program, the successor of TorchScript."""

import warnings
from pathlib import Path

import torch
from torch import nn
from torch.export import ExportedProgram

from ..inference.card import CARD_KEY, TENSORS_KEY, ModelCard
from ..inference.card_json import card_to_json
from .deployed import example_input
from .options import ExportOptions
from .tensors import tensors_note


def write_pt2(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
    """Export a deployed network and save it with its card and a note of its tensors."""
    images = example_input(card, options.batch or 2)
    dynamic = {"images": {0: torch.export.Dim("N")}} if options.batch is None else None
    with torch.no_grad():
        program = torch.export.export(network, (images,), dynamic_shapes=dynamic)
        note = tensors_note(card, network(images), options.batch)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it names source files by their paths on this machine
    _save(program, {CARD_KEY: card_to_json(card), TENSORS_KEY: note}, path)


def rewrite_pt2_card(path: Path, card: ModelCard) -> None:
    """Replace the card in a file; the program stays as it is."""
    program, notes = load_pt2(path)
    _save(program, notes | {CARD_KEY: card_to_json(card)}, path)


def load_pt2(path: Path) -> tuple[ExportedProgram, dict[str, str]]:
    """Load a file: the program, and the texts beside it, by `CARD_KEY` and `TENSORS_KEY`."""
    notes: dict[str, object] = {CARD_KEY: "", TENSORS_KEY: ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.load(path, extra_files=notes)
    return program, {key: _text(value) for key, value in notes.items()}


def _save(program: ExportedProgram, notes: dict[str, str], path: Path) -> None:
    temporary = path.with_name(f"{path.name}.pt2")  # torch warns of any other ending
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, temporary, extra_files=notes)
    temporary.replace(path)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
