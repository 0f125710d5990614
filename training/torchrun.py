"""Which of the processes that torchrun started this one is; alone without it. Light to import."""

import os
from dataclasses import dataclass

from ..errors import MissingExtraError, UsageError

TOLD = "told by the first process"
"""Note of an error that another process met and has told this one of."""


@dataclass(frozen=True)
class Processes:
    """One process among those that train together.

    Attributes:
        rank: its number over all machines, from 0.
        count: how many there are.
        local_rank: its number on this machine, which is that of its GPU.
        local_count: how many there are on this machine, who share its cores.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    @property
    def first(self) -> bool:
        """Whether it is the one that reads, writes and speaks."""
        return self.rank == 0


ALONE = Processes()


def this_process() -> Processes:
    """Read from the environment what torchrun says; `ALONE` without it."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return ALONE
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
    return Processes(*(int(os.environ.get(name, "1")) for name in names))


def said_by_first(error: BaseException) -> bool:
    """Tell whether the first process says an error: it told of it, or every process meets it."""
    met_by_all = isinstance(error, UsageError | MissingExtraError)
    return not this_process().first and (met_by_all or TOLD in getattr(error, "__notes__", ()))
