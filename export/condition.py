"""Under which conditions a file is asked: the answer must not depend on them."""

from dataclasses import dataclass

import onnxruntime

from ..inference.session import CPU

BATCH = 8
"""Pictures that the checkpoint, and by default a file, answers at a time."""


@dataclass(frozen=True)
class Condition:
    """How a file is asked.

    Attributes:
        batch: pictures a run.
        threads: of the processor; None for as many as the runtime chooses.
        provider: onnxruntime's name of what computes.
    """

    batch: int = BATCH
    threads: int | None = None
    provider: str = CPU

    def __str__(self) -> str:
        """Say it in words, such as "CPU, 1 thread, batches of 8"."""
        threads = {None: "all threads", 1: "1 thread"}.get(self.threads, f"{self.threads} threads")
        batches = f"batches of {self.batch}" if self.batch > 1 else "one picture at a time"
        return f"{self.provider.removesuffix('ExecutionProvider')}, {threads}, {batches}"


USUAL = Condition()


def other_conditions(runtime: bool) -> list[Condition]:
    """List the conditions beside the usual one.

    Args:
        runtime: whether onnxruntime runs the file; then every execution provider of this machine
            that computes here is asked too.
    """
    common = [Condition(threads=1), Condition(batch=1), Condition(batch=3 * BATCH)]
    return common + ([Condition(provider=name) for name in other_providers()] if runtime else [])


def other_providers() -> list[str]:
    """List the execution providers beside the processor's; Azure's sends pictures elsewhere."""
    names: list[str] = onnxruntime.get_available_providers()
    return [name for name in names if name not in (CPU, "AzureExecutionProvider")]
