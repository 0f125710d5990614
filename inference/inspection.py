"""What a model file says about itself, read without torch."""

import json
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import CardError, ModelFileError
from .card import CARD_KEY, TENSORS_KEY, ModelCard
from .card_json import card_from_json
from .session import ModelSession, TensorSpec
from .whole_file import file_digest


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
    """

    path: Path
    kind: str
    size: int
    sha256: str
    card: ModelCard
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
        specs = {
            key: tuple(TensorSpec(s["name"], s["dtype"], tuple(s["shape"])) for s in value)
            for key, value in json.loads(tensors).items()
        }
        return describe(path, kind, card_from_json(card), specs["inputs"], specs["outputs"])
    except CardError as error:
        raise CardError(f"{path}: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFileError(f"{path}: its note of tensors is damaged ({error})") from None


def describe(
    path: Path,
    kind: str,
    card: ModelCard,
    inputs: tuple[TensorSpec, ...],
    outputs: tuple[TensorSpec, ...],
) -> FileDescription:
    """Put a description together, with the file's size and SHA-256."""
    size, sha256 = path.stat().st_size, file_digest(path)
    return FileDescription(path, kind, size, sha256, card, inputs, outputs)


def _extra(path: Path, key: str) -> str | None:
    """Read an extra file of an archive; torch puts them under NAME/extra/."""
    with _opened(path) as archive:
        names = [name for name in archive.namelist() if _is_extra(name, key)]
        return archive.read(names[0]).decode("utf-8") if names else None


def _is_extra(name: str, key: str) -> bool:
    return name.endswith(f"/extra/{key}")


@contextmanager
def _opened(path: Path) -> Generator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None
