"""Which device to train on."""

import torch

from ..errors import UsageError
from .torchrun import this_process


def choose_device(asked: str) -> torch.device:
    """Take the device asked for; "auto" takes a GPU where there is one.

    Of processes that train together, each takes its own.

    Raises:
        UsageError: torch has no such device here.
    """
    processes = this_process()
    if asked in ("auto", "cuda") and processes.count > 1 and torch.cuda.is_available():
        return _use(torch.device("cuda", processes.local_rank))
    if asked != "auto":
        return _require_device(asked)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _use(device: torch.device) -> torch.device:
    """Make a GPU the current one: torch seeds and counts memory there."""
    if device.type == "cuda" and ":" in str(device):
        if device.index >= torch.cuda.device_count():
            raise UsageError(
                f"process {device.index} of this machine has no GPU of its own: there are "
                f"{torch.cuda.device_count()}; start no more processes than that"
            )
        torch.cuda.set_device(device)
    return device


def _require_device(asked: str) -> torch.device:
    try:
        device = torch.device(asked)
        if device.type not in ("cpu", "cuda", "mps"):  # such as meta, which computes nothing
            raise RuntimeError
        torch.zeros(1, device=device)
        _use(device)
    except (RuntimeError, AssertionError, NotImplementedError):
        raise UsageError(
            f"--device {asked}: torch has no such device here; use --device cpu or leave it out"
        ) from None
    return device
