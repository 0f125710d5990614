"""Checkpoints: plain tensors and plain types, read with `weights_only=True`."""

import hashlib
import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard

import torch
from torch import Tensor

from ..errors import CardError, CheckpointError
from ..inference.card import ModelCard
from ..inference.card_json import card_from_json, card_to_json
from ..inference.inspection import DAMAGES
from ..inference.whole_file import replacing
from .config import ARCHITECTURES
from .resnet import PictureNetwork, build_resnet

FORMAT = 1
_FIELDS = {"format": int, "card": str, "epoch": int, "weights": dict, "progress": dict}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A trained network at the end of an epoch.

    Attributes:
        card: what the file says about itself.
        epoch: 1-based.
        weights: torchvision's ResNet state dict, float32.
        progress: what resuming needs (optimizer, schedule, history); empty in `best.pt`.
    """

    card: ModelCard
    epoch: int
    weights: dict[str, Tensor]
    progress: dict[str, Any]
    sha256: str = ""


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint; a crash at any moment leaves the old file or the new one."""
    content = {
        "format": FORMAT,
        "card": card_to_json(checkpoint.card),
        "epoch": checkpoint.epoch,
        "weights": checkpoint.weights,
        "progress": checkpoint.progress,
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        noting = _Noting(file)
        try:
            torch.save(content, noting)  # pyright: ignore[reportArgumentType] - it only writes
        except RuntimeError:
            if noting.refused is None:
                raise
            raise noting.refused from None


class _Noting:
    """A file that remembers why it could not be written: torch's own error does not say."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.refused: OSError | None = None

    def write(self, content: bytes) -> int:
        try:
            return self._file.write(content)
        except OSError as error:
            self.refused = error
            raise

    def flush(self) -> None:
        self._file.flush()


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; nothing in the file is executed.

    Raises:
        CheckpointError: missing, damaged, or not a checkpoint of tlx.
    """
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file; give the folder that tlx train wrote")
    raw = path.read_bytes()
    try:
        refuse_packed(BytesIO(raw))
        content = torch.load(BytesIO(raw), map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - torch.load raises nearly anything on damaged files
        # Its text is not passed on: it advises weights_only=False, which would run a file's code.
        raise CheckpointError(
            f"{path} is damaged or not a checkpoint of tlx train; nothing in it was executed"
        ) from None
    if not isinstance(content, dict) or not all(
        isinstance(content.get(name), kind) for name, kind in _FIELDS.items()
    ):
        raise CheckpointError(f"{path} is not a checkpoint of tlx train")
    if not is_state(content["weights"]):
        raise CheckpointError(f"{path} is not a checkpoint of tlx train")
    if content["format"] != FORMAT:
        raise CheckpointError(
            f"{path} has checkpoint format {content['format']}, this tlx reads {FORMAT}"
        )
    try:
        card = card_from_json(content["card"])
    except CardError as error:
        raise CheckpointError(f"{path}: {error}") from None
    sha256 = hashlib.sha256(raw).hexdigest()
    return Checkpoint(card, content["epoch"], content["weights"], content["progress"], sha256)


def refuse_packed(file: BinaryIO | Path) -> None:
    """Refuse an archive that is larger unpacked: torch packs nothing, so its files never are.

    Raises:
        ValueError: it is.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            swelling = any(one.file_size > one.compress_size for one in archive.infolist())
    except DAMAGES:  # torch says what is wrong with it
        return
    if swelling:
        raise ValueError("it is packed")


def is_state(content: object) -> TypeGuard[dict[str, Tensor]]:
    """Tell whether something is a plain state dict: tensors by their names."""
    return isinstance(content, dict) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    )


def restore_network(checkpoint: Checkpoint, dropout: float = 0.0) -> PictureNetwork:
    """Build the trained network, in eval mode on the CPU; `dropout` is for training it further.

    Raises:
        CheckpointError: the weights do not fit the card's architecture and labels.
    """
    card = checkpoint.card
    if card.provenance.architecture not in ARCHITECTURES:
        raise CheckpointError(
            f"the checkpoint's card names the architecture {card.provenance.architecture!r}; "
            f"this tlx builds {', '.join(ARCHITECTURES)}"
        )
    with torch.device("meta"):  # random weights would cost time, and the caller's randomness
        network = build_resnet(card.provenance.architecture, len(card.labels))
    network.to_empty(device="cpu")
    try:
        network.load_state_dict(checkpoint.weights)
    except RuntimeError as error:
        raise CheckpointError(
            f"the checkpoint's weights do not fit its card ({card.provenance.architecture}, "
            f"{len(card.labels)} labels): {str(error).splitlines()[-1].strip()}"
        ) from None
    return PictureNetwork(network, card.preprocessing, dropout).eval()
