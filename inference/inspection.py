"""What a model file says about itself, read without torch."""

import hashlib
import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from ..errors import CardError, ModelFileError
from .card import CARD_KEY, TENSORS_KEY, ModelCard
from .card_json import card_from_json
from .session import ModelSession, TensorSpec


@dataclass(frozen=True)
class FileDescription:
    """A file's own account of itself.

    Attributes:
        path: the file.
        kind: "onnx", "torchscript" or "checkpoint".
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
    """Tell a checkpoint or TorchScript file, both zip archives, from an ONNX file.

    By its first bytes: of an archive that was cut short the rest says nothing any more.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def is_torchscript(path: Path) -> bool:
    """Tell a TorchScript file of tlx from a checkpoint."""
    return is_zip(path) and _extra(path, CARD_KEY) is not None


def describe_onnx(path: Path) -> FileDescription:
    """Describe an ONNX file.

    Raises:
        ModelFileError: it is missing, damaged, or without a card.
    """
    session = ModelSession(path)
    return describe(path, "onnx", session.card, session.inputs, session.outputs)


def describe_torchscript(path: Path) -> FileDescription:
    """Describe a TorchScript file of tlx, from the notes in its archive.

    Raises:
        ModelFileError: the notes are missing or damaged.
    """
    card, tensors = _extra(path, CARD_KEY), _extra(path, TENSORS_KEY)
    if card is None or tensors is None:
        raise CardError(f"{path} has no card: it was not written by tlx export")
    try:
        specs = {
            key: tuple(TensorSpec(s["name"], s["dtype"], tuple(s["shape"])) for s in value)
            for key, value in json.loads(tensors).items()
        }
        return describe(
            path, "torchscript", card_from_json(card), specs["inputs"], specs["outputs"]
        )
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
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return FileDescription(path, kind, path.stat().st_size, sha256, card, inputs, outputs)


def _extra(path: Path, key: str) -> str | None:
    """Read an extra file of a TorchScript archive; torch.jit puts them under NAME/extra/."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(f"/extra/{key}"):
                    return archive.read(name).decode("utf-8")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path} is damaged: {error}") from None
    return None
