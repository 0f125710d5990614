"""Several processes that train one network: torchrun starts them, this is how they work together.

`torchrun --nproc-per-node N -m tlx train DATA` gives each process its number through the
environment. Process 0 reads, writes and speaks for all. Whatever one process has to tell the
others in Python objects goes over Gloo; gradients go over NCCL between GPUs, else over Gloo.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn

from ..errors import TlxError
from .torchrun import TOLD, Processes, this_process

Thing = TypeVar("Thing")
Event = TypeVar("Event")

PATIENCE = timedelta(hours=12)
"""How long a process waits for the others: the first one may read a million pictures."""


@contextmanager
def joined(device: torch.device) -> Generator[Processes]:
    """Meet the other processes, and leave them at the end."""
    processes = this_process()
    if processes.count == 1:
        yield processes
        return
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        yield processes
    finally:
        distributed.destroy_process_group()


def told_by_first(
    processes: Processes, work: Callable[[], Generator[Event, None, Thing]]
) -> Generator[Event, None, Thing]:
    """Let the first process do something and tell the others its result, or its error.

    Raises:
        TlxError: the first process met one; every process raises it.
    """
    if processes.count == 1:
        return (yield from work())
    result: object = None
    if processes.first:
        try:
            result = yield from work()
        except TlxError as error:
            result = error
    told = [result]
    distributed.broadcast_object_list(told, src=0, device=torch.device("cpu"))
    if isinstance(told[0], TlxError):
        if not processes.first:
            told[0].add_note(TOLD)
        raise told[0]
    return told[0]  # pyright: ignore[reportReturnType] - what `work` returned


def gather(processes: Processes, thing: Thing) -> list[Thing]:
    """Give every process the things of all, in the order of their ranks."""
    if processes.count == 1:
        return [thing]
    things: list[Thing] = [thing] * processes.count
    distributed.all_gather_object(things, thing)
    return things


def take_from_first(processes: Processes, module: nn.Module) -> None:
    """Give every process the first one's weights and statistics."""
    if processes.count > 1:
        for tensor in _tensors(module):
            dense = tensor.contiguous()  # channels_last is not what the collectives take
            distributed.broadcast(dense, src=0)
            tensor.copy_(dense)


def wait_for_all(processes: Processes) -> None:
    """Go on when every process has come here."""
    if processes.count > 1:
        gather(processes, None)


def _tensors(module: nn.Module) -> Iterator[torch.Tensor]:
    for tensor in (*module.parameters(), *module.buffers()):
        yield tensor.data
