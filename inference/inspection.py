"""What a model file says about itself, read without torch."""

import lzma
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import CardError, ModelFileError
from .card import CARD_KEY, TENSORS_KEY, ModelCard
from .card_json import card_from_json
from .onnx_opset import read_opset
from .session import ModelSession, TensorSpec
from .strict_json import UnexpectedJsonError, parse, read
from .whole_file import file_digest

LONGEST_NOTE = 100_000_000
"""Bytes of a card or another note in an archive, unpacked: a small archive may hold far more."""
DAMAGES = (
    *(OSError, RuntimeError, ValueError, EOFError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""What Python's zipfile raises on archives that are none, or damaged."""


@dataclass(frozen=True)
class FileDescription:
    """A file's own account of itself.

    Attributes:
        path: the file.
        kind: "onnx", "torchscript", "pt2" or "checkpoint".
        size: in bytes.
        sha256: of its bytes.
        card: what it says.
        inputs: tensors that go in.
        outputs: tensors that come out.
        opset: of an ONNX file; None of another.
    """

    path: Path
    kind: str
    size: int
    sha256: str
    card: ModelCard
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    opset: int | None = None


@dataclass(frozen=True)
class _Tensors:
    """The note of tensors in an archive."""

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


def is_zip(path: Path) -> bool:
    """Tell a checkpoint, TorchScript or pt2 file, all zip archives, from an ONNX file.

    By its first bytes: of an archive that was cut short the rest says nothing any more.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def archive_kind(path: Path) -> str:
    """Tell what a zip archive is: "pt2", "torchscript", or else a "checkpoint" at best.

    Raises:
        ModelFileError: it is damaged.
    """
    with _opened(path) as archive:
        names = archive.namelist()
    if any(name.endswith("/models/model.json") for name in names):
        return "pt2"
    return "torchscript" if any(_is_extra(name, CARD_KEY) for name in names) else "checkpoint"


def describe_onnx(path: Path, card: ModelCard | None = None) -> FileDescription:
    """Describe an ONNX file; `card` is that of one without a card in it.

    Raises:
        ModelFileError: it is missing, damaged, or without a card.
    """
    session = ModelSession(path, card=card)
    return describe(path, "onnx", session.card, session.inputs, session.outputs)


def describe_archive(path: Path) -> FileDescription:
    """Describe a TorchScript or pt2 file of tlx, from the notes in its archive.

    Raises:
        ModelFileError: the notes are missing or damaged.
    """
    kind = archive_kind(path)
    card, tensors = _extra(path, CARD_KEY), _extra(path, TENSORS_KEY)
    if card is None or tensors is None:
        raise CardError(f"{path} has no card: it was not written by tlx export")
    try:
        specs = read(_Tensors, parse(tensors), "it")
        if not (specs.inputs and specs.inputs[0].shape):
            raise UnexpectedJsonError("it names no input with a shape")
        return describe(path, kind, card_from_json(card), specs.inputs, specs.outputs)
    except CardError as error:
        raise CardError(f"{path}: {error}") from None
    except UnexpectedJsonError as error:
        raise ModelFileError(f"{path}: its note of tensors is damaged ({error})") from None


def describe(
    path: Path,
    kind: str,
    card: ModelCard,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
) -> FileDescription:
    """Put a description together, with the file's size, SHA-256, and opset."""
    size, sha256 = path.stat().st_size, file_digest(path)
    opset = read_opset(path) if kind == "onnx" else None
    return FileDescription(path, kind, size, sha256, card, inputs, outputs, opset)


def _extra(path: Path, key: str) -> str | None:
    """Read an extra file of an archive; torch puts them under NAME/extra/."""
    with _opened(path) as archive:
        found = [entry for entry in archive.infolist() if _is_extra(entry.filename, key)]
        if not found:
            return None
        if found[0].file_size > LONGEST_NOTE:
            raise ModelFileError(f"{path}: its note {key} is longer than {LONGEST_NOTE:,} bytes")
        return archive.read(found[0]).decode("utf-8")


def _is_extra(name: str, key: str) -> bool:
    return name.endswith(f"/extra/{key}")


@contextmanager
def _opened(path: Path) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except DAMAGES as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None
