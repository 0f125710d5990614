"""A file of weights: a plain state dict, or a checkpoint of an earlier run."""

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import ResNet

from ..errors import WeightsError
from ..inference.card import ModelCard
from .checkpoint import is_state, load_checkpoint, refuse_packed
from .config import ARCHITECTURES
from .resnet import build_resnet

HEAD = ("fc.weight", "fc.bias")


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a file holds.

    Attributes:
        state: tensors by torchvision's names.
        card: what a checkpoint says of itself; None for a plain state dict.
    """

    state: Mapping[str, Tensor]
    card: ModelCard | None = None


def read_weights_file(path: Path) -> WeightsFile:
    """Read a state dict or a checkpoint of `tlx train`; nothing in the file is executed.

    Raises:
        WeightsError: it cannot be read, or is neither.
        CheckpointError: it is a checkpoint that this tlx cannot use.
    """
    content = load_plain(path)
    if isinstance(content, dict) and isinstance(content.get("card"), str):
        return _from_checkpoint(path)
    if not is_state(content):
        raise WeightsError(
            f"{path} holds no plain state dict; save one with "
            "torch.save(network.state_dict(), FILE)"
        )
    return WeightsFile(content)


def load_plain(path: Path) -> object:
    """Read a file that torch saved, if it holds nothing but tensors and plain types.

    Of other types only argparse's Namespace, which is as plain as a dict: training scripts, those
    of torchvision among them, keep their options beside the weights in one.

    Raises:
        WeightsError: it cannot be read, or holds more; nothing in it is executed.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise WeightsError(f"{path} is not a regular file; give a state dict")
    try:
        refuse_packed(path)
        with torch.serialization.safe_globals([Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file") from None
    except (PermissionError, IsADirectoryError) as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror})") from None
    except Exception:  # noqa: BLE001 - torch.load raises nearly anything on other files
        # Its text is not passed on: it advises weights_only=False, which would run a file's code.
        raise WeightsError(
            f"{path} is damaged or holds more than tensors, and is not read; give a state dict "
            "saved with torch.save(network.state_dict(), FILE)"
        ) from None


def require_fit(
    name: str, state: Mapping[str, Tensor], architecture: str, option: str = "--model"
) -> None:
    """Check that a state dict has all of an architecture but the head, and nothing else.

    `option` is what the user chose the architecture with.

    Raises:
        WeightsError: a tensor is missing, unknown, or of another shape.
    """
    problem = _misfit(_shapes(architecture), state)
    if problem:
        other = architecture_of(state)
        raise WeightsError(
            f"{name} does not fit {architecture}: {problem}; "
            + (f"give {option} {other}" if other else f"it fits no {option} of tlx")
        )


def architecture_of(state: Mapping[str, Tensor]) -> str | None:
    """Find the architecture that a state dict is of, by names and shapes; the head is no matter."""
    fitting = (name for name in ARCHITECTURES if _misfit(_shapes(name), state) is None)
    return next(fitting, None)


def head_inputs(architecture: str) -> int:
    """Count the features that an architecture's head takes."""
    return _skeleton(architecture).fc.in_features


def without_head(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give everything but the head."""
    return {name: tensor for name, tensor in state.items() if not name.startswith("fc.")}


def _from_checkpoint(path: Path) -> WeightsFile:
    found = load_checkpoint(path)
    architecture, rows = found.card.provenance.architecture, len(found.card.labels)
    if architecture not in ARCHITECTURES:
        raise WeightsError(f"{path} is of a run of {architecture}, which is no --model of this tlx")
    head = {"fc.weight": (rows, head_inputs(architecture)), "fc.bias": (rows,)}
    if not is_state(found.weights) or any(
        name not in found.weights or found.weights[name].shape != shape
        for name, shape in head.items()
    ):
        raise WeightsError(f"{path} is damaged: its head has not one row for each of its labels")
    return WeightsFile(found.weights, found.card)


@cache
def _skeleton(architecture: str) -> ResNet:
    with torch.device("meta"):  # random weights would cost time, and the caller's randomness
        return build_resnet(architecture, 2)


def _shapes(architecture: str) -> dict[str, torch.Size]:
    """Give the shape of every tensor but the head's."""
    state = without_head(_skeleton(architecture).state_dict())
    return {name: tensor.shape for name, tensor in state.items()}


def _misfit(shapes: Mapping[str, torch.Size], state: Mapping[str, Tensor]) -> str | None:
    for name, shape in shapes.items():
        if name not in state:
            if not name.endswith("num_batches_tracked"):  # older files lack it; nothing reads it
                return f"it has no {name}"
        elif state[name].shape != shape:
            return f"{name} is {list(state[name].shape)}, not {list(shape)}"
    unknown = sorted(without_head(state).keys() - shapes.keys())
    return f"it has an unknown {unknown[0]}" if unknown else None
