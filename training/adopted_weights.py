"""The weights of a classifier that was trained elsewhere, by torchvision's names in float32."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..errors import WeightsError
from ..inference.events import finish
from .checkpoint import is_state
from .weights_cache import hash_file
from .weights_file import HEAD, head_inputs, load_plain, require_fit

WRAPPERS = ("state_dict", "model_state_dict", "model")
"""Where training scripts put the state dict, beside the optimizer's and others."""

_KNOWN = "layer1.0.conv1.weight"
"""Every ResNet has it; what stands before it in a name is a wrapper's prefix."""
_COUNTER = "num_batches_tracked"


@dataclass(frozen=True, eq=False)
class AdoptedWeights:
    """A whole classifier's state dict.

    Attributes:
        state: tensors by torchvision's names, float32 and dense; the counters of batches int64.
        outputs: rows of the head.
        sha256: of the file.
        notes: what was done to get there.
    """

    state: dict[str, Tensor]
    outputs: int
    sha256: str
    notes: tuple[str, ...]


def read_adopted_weights(path: Path, architecture: str) -> AdoptedWeights:
    """Read a classifier's weights from a state dict, plain or inside a training script's file.

    Names may begin with a prefix that all have, such as "module." of DataParallel.

    Args:
        path: a file that torch saved; nothing in it is executed.
        architecture: torchvision's name of the network.

    Raises:
        WeightsError: it cannot be read, is no state dict, or is not of this architecture.
    """
    found, wrapper = _find_state(path)
    state, prefix = _without_prefix(found)
    require_fit(str(path), state, architecture, "--arch")
    outputs = _count_outputs(path, state, architecture)
    _require_numbers(path, state)
    notes = (*_notes(wrapper, prefix), *_type_notes(state))
    return AdoptedWeights(_complete(state), outputs, finish(hash_file(path)), notes)


def _find_state(path: Path) -> tuple[dict[str, Tensor], str]:
    """Find the state dict in a file, and the name of what it lies in; empty for a plain one."""
    content = load_plain(path)
    if isinstance(content, dict):
        if isinstance(content.get("card"), str):
            raise WeightsError(f"{path} is a checkpoint of tlx: tlx export takes its run folder")
        if content and is_state(content):
            return content, ""
        for wrapper in WRAPPERS:
            if (inner := content.get(wrapper)) and is_state(inner):
                return inner, wrapper
    raise WeightsError(
        f"{path} holds no state dict, plain or under {', '.join(WRAPPERS)}; save one with "
        "torch.save(network.state_dict(), FILE)"
    )


def _without_prefix(state: dict[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    """Remove what DataParallel, torch.compile or Lightning put before every name."""
    found = {name.removesuffix(_KNOWN) for name in state if name.endswith(_KNOWN)}
    prefix = found.pop() if len(found) == 1 else ""
    if not all(name.startswith(prefix) for name in state):
        prefix = ""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items()}, prefix


def _count_outputs(path: Path, state: Mapping[str, Tensor], architecture: str) -> int:
    for name in HEAD:
        if name not in state:
            raise WeightsError(f"{path} has no {name}: {_of_the_head(path, state)}")
    for name in sorted(state):
        if name.startswith("fc.") and name not in HEAD:
            raise WeightsError(f"{path} has an unknown {name}: the head must be one linear layer")
    weight, bias = (state[name] for name in HEAD)
    inputs = head_inputs(architecture)
    if weight.ndim != 2 or weight.shape[1] != inputs or bias.shape != weight.shape[:1]:
        raise WeightsError(
            f"{path}: its head does not fit {architecture}: fc.weight is {list(weight.shape)}, "
            f"fc.bias {list(bias.shape)}, not [C, {inputs}] and [C]"
        )
    return len(weight)


def _of_the_head(path: Path, state: Mapping[str, Tensor]) -> str:
    others = sorted(name for name in state if name.startswith("fc."))
    if not others:
        return f"it has no head; tlx train DATA --weights {path} trains one"
    return f"the head must be one linear layer, this one is {', '.join(others)} (docs/adopt.md)"


def _require_numbers(path: Path, state: Mapping[str, Tensor]) -> None:
    for name, tensor in state.items():
        if name.endswith(_COUNTER):
            continue
        if not tensor.is_floating_point():
            raise WeightsError(f"{path}: {name} holds {_name(tensor.dtype)}, not floating point")
        if not tensor.isfinite().all():
            raise WeightsError(f"{path}: {name} holds infinite values or NaN")


def _complete(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Copy everything into float32, and add the counters that older files lack."""
    whole: dict[str, Tensor] = {}
    for name, tensor in state.items():
        dtype = torch.int64 if name.endswith(_COUNTER) else torch.float32
        whole[name] = tensor.detach().to(dtype, copy=True, memory_format=torch.contiguous_format)
        if name.endswith("running_var"):
            counter = name.removesuffix("running_var") + _COUNTER
            whole.setdefault(counter, torch.tensor(0))
    return whole


def _notes(wrapper: str, prefix: str) -> tuple[str, ...]:
    notes: list[str] = []
    if wrapper:
        notes.append(f"the weights are those under {wrapper!r} in the file")
    if prefix:
        notes.append(f"{prefix!r} was removed from the beginning of every name")
    return tuple(notes)


def _type_notes(state: Mapping[str, Tensor]) -> tuple[str, ...]:
    types = {tensor.dtype for tensor in state.values() if tensor.is_floating_point()}
    return tuple(
        f"weights in {_name(dtype)} are kept in float32, "
        + ("rounded" if dtype == torch.float64 else "which changes no value")
        for dtype in sorted(types - {torch.float32}, key=str)
    )


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
