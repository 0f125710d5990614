"""All randomness of training is a function of a few numbers, never of what was drawn before."""

from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import torch


def seed_of(*numbers: int) -> int:
    """Mix numbers into one 63-bit seed."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Generator[None]:
    """Let torch's own generators begin at a seed, and leave them as they were.

    Never around a `yield`: whoever consumes a generator would draw from them too.
    """
    generator = torch.default_generator
    state = generator.get_state()
    gpu = device if device is not None and device.type == "cuda" else None
    gpu_state = torch.cuda.get_rng_state(gpu) if gpu is not None else None
    try:
        generator.manual_seed(seed)
        if gpu is not None:
            torch.cuda.manual_seed(seed)
        yield
    finally:
        generator.set_state(state)
        if gpu is not None and gpu_state is not None:
            torch.cuda.set_rng_state(gpu_state, gpu)
