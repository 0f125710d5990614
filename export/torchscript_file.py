"""TorchScript: deprecated upstream, still what libtorch on many machines loads."""

import json
import warnings
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import torch
from torch.jit import ScriptModule

from ..inference.card import CARD_KEY, TENSORS_KEY, ModelCard
from ..inference.card_json import card_to_json
from ..inference.session import INPUT, OUTPUTS, TensorSpec
from .deployed import DeployedNetwork, example_input


def write_torchscript(network: DeployedNetwork, card: ModelCard, path: Path) -> None:
    """Script the network and save it with its card and a note of its tensors."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*")  # known: see above
        _save(torch.jit.script(network), network(example_input(card)), card, path)


def rewrite_torchscript_card(path: Path, card: ModelCard) -> None:
    """Replace the card in a file; the network stays as it is."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*")
        module = torch.jit.load(path, map_location="cpu")
        _save(module, module(example_input(card)), card, path)


def load_torchscript(path: Path) -> tuple[ScriptModule, str]:
    """Load a file: the module, and the card's JSON."""
    extra = {CARD_KEY: ""}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*")
        module = torch.jit.load(path, map_location="cpu", _extra_files=extra)
    card = extra[CARD_KEY]
    return module, card.decode() if isinstance(card, bytes) else card


def _save(
    module: ScriptModule, outputs: tuple[torch.Tensor, ...], card: ModelCard, path: Path
) -> None:
    side = card.preprocessing.crop
    specs = {
        "inputs": [asdict(TensorSpec(INPUT, "uint8", ("N", side, side, 3)))],
        "outputs": [
            asdict(TensorSpec(name, "float32", ("N", *output.shape[1:])))
            for name, output in zip(OUTPUTS, outputs, strict=True)
        ],
    }
    extra = {CARD_KEY: card_to_json(card), TENSORS_KEY: json.dumps(specs)}
    content = BytesIO()
    torch.jit.save(module, content, _extra_files=extra)
    _write_without_sources(content, path)


def _write_without_sources(content: BytesIO, path: Path) -> None:
    """Leave out the debug entries: they name the source files by their paths on this machine."""
    with ZipFile(content) as source, ZipFile(path, "w") as target:
        for entry in source.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                target.writestr(entry, source.read(entry))
