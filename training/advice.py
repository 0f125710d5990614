"""What to do about failures of the machine that a training runs on, in words."""

from collections.abc import Generator
from typing import TypeVar

import torch

from ..errors import StoppedError, TrainingError
from .torchrun import this_process

Event = TypeVar("Event")
Result = TypeVar("Result")


def with_advice(events: Generator[Event, None, Result]) -> Generator[Event, None, Result]:
    """Say what to do about the failures that every trainer meets."""
    try:
        return (yield from events)
    except (RuntimeError, MemoryError) as error:
        told = _advice(error)
        if told is None:
            raise
        raise told from None


def _advice(error: RuntimeError | MemoryError) -> TrainingError | None:
    text = str(error)
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "not enough memory" in text:
        return TrainingError(
            "the device ran out of memory; give a lower --batch or --imgsz, or --freeze more"
        )
    if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
        return TrainingError(
            f"--compile failed ({type(error).__name__}): on a processor it needs a C++ "
            "compiler; leave it out"
        )
    if this_process().count > 1 and "peer" in text:  # Gloo's word and NCCL's
        return TrainingError("another process has ended; its own line says why")
    if "DataLoader worker" in text:
        return StoppedError(
            "a decoding process was killed, usually for want of memory; give fewer --workers"
        )
    if isinstance(error, torch.AcceleratorError) or "CUDA error" in text:
        return StoppedError(
            f"the GPU has failed ({text.splitlines()[0].rstrip('.')}); see to it, or go on with "
            "--device cpu"
        )
    return None
