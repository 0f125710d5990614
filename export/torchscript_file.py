"""TorchScript: deprecated upstream, still what libtorch on many machines loads."""

import re
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import torch
from torch import nn
from torch.jit import ScriptModule

from ..inference.card import CARD_KEY, TENSORS_KEY, ModelCard
from ..inference.card_json import card_to_json
from .deployed import example_input
from .options import ExportOptions
from .tensors import tensors_note

_CONSTANTS = re.compile(rb"(?m)(?:^  \w+ : Final\[.*\n)+")


def write_torchscript(
    network: nn.Module, card: ModelCard, path: Path, _options: ExportOptions
) -> None:
    """Script a deployed network and save it with its card and a note of its tensors.

    A script takes any number of pictures, whatever the options say.
    """
    note = tensors_note(card, network(example_input(card)), None)
    with _quiet():
        _save(torch.jit.script(network), {CARD_KEY: card_to_json(card), TENSORS_KEY: note}, path)


def rewrite_torchscript_card(path: Path, card: ModelCard) -> None:
    """Replace the card in a file; the network stays as it is."""
    module, notes = load_torchscript(path)
    with _quiet():
        _save(module, notes | {CARD_KEY: card_to_json(card)}, path)


def load_torchscript(path: Path) -> tuple[ScriptModule, dict[str, str]]:
    """Load a file: the module, and the texts beside it, by `CARD_KEY` and `TENSORS_KEY`."""
    notes: dict[str, str | bytes] = {CARD_KEY: "", TENSORS_KEY: ""}
    with _quiet():
        module = torch.jit.load(path, map_location="cpu", _extra_files=notes)
    texts = {key: note.decode() if isinstance(note, bytes) else note for key, note in notes.items()}
    return module, texts


def _save(module: ScriptModule, notes: dict[str, str], path: Path) -> None:
    content = BytesIO()
    torch.jit.save(module, content, _extra_files=notes)
    _write_plainly(content, path)


def _write_plainly(content: BytesIO, path: Path) -> None:
    """Leave out what only differs from one writing to the next, or tells about this machine.

    Debug entries name the source files by their paths here. Of a module's constants torch keeps a
    set, so their order is chance; a hash of all entries follows from it.
    """
    with ZipFile(content) as source, ZipFile(path, "w") as target:
        for entry in source.infolist():
            if not entry.filename.endswith((".debug_pkl", "/.data/serialization_id")):
                target.writestr(entry, sorted_constants(source.read(entry), entry.filename))


def sorted_constants(content: bytes, name: str) -> bytes:
    """Sort the lines of a module's constants in an archive's entry of code."""
    if not name.endswith(".py"):
        return content
    return _CONSTANTS.sub(
        lambda lines: b"".join(sorted(lines[0].splitlines(keepends=True))), content
    )


@contextmanager
def _quiet() -> Generator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*")  # known: see above
        yield
