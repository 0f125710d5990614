"""What the system refuses, in one line with the next step; without Typer and Rich."""

import errno

_STEPS = {
    errno.ENOSPC: "make room there and run the command again",
    errno.EDQUOT: "make room there and run the command again",
    errno.EFBIG: "the system allows no larger file there; choose another place",
    errno.EROFS: "choose a place that can be written to",
    errno.EACCES: "ask for the right to it, or choose another place",
    errno.EPERM: "ask for the right to it, or choose another place",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.EIO: "the disk or its connection fails; choose another place",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)


def system_advice(error: OSError | MemoryError) -> str:
    """Say what failed, where, and what to do about it."""
    if isinstance(error, MemoryError):
        return "out of memory; end other programs, or give fewer or smaller pictures at a time"
    # What has no name is the output: whatever writes a file of ours names it.
    place = error.filename or ("the output" if error.errno in _FULL else None)
    name = "" if place is None else f"{place}: "
    return f"{name}{error.strerror or error}{next_step(error)}"


def next_step(error: BaseException | None) -> str:
    """Say what to do about an error of the system, behind a semicolon; else nothing."""
    step = _STEPS.get(error.errno or 0) if isinstance(error, OSError) else None
    return f"; {step}" if step else ""
