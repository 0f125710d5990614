"""The machine that figures are measured on: processor, cores, system, versions, load."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version

from ..inference.cores import available_cores
from ..inference.processor import UNKNOWN, Processor, describe_processor
from ..inference.providers import runtime_packages


@dataclass(frozen=True)
class Machine:
    """What figures were measured on.

    Attributes:
        processor: its name and instructions.
        cores: that this process may use.
        system: operating system and architecture.
        python: its version.
        onnxruntime: its version, or "unknown".
        load_average: processes that wanted a core over the last minute; None where the system
            does not tell.
    """

    processor: Processor
    cores: int
    system: str
    python: str
    onnxruntime: str
    load_average: float | None


def describe_machine() -> Machine:
    """Describe this machine, before it is kept busy."""
    return Machine(
        processor=describe_processor(),
        cores=available_cores(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        onnxruntime=_runtime_version(),
        load_average=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    )


def _runtime_version() -> str:
    # The package has other names where it brings other providers, such as onnxruntime-gpu.
    packages = runtime_packages()
    return version(packages[0]) if packages else UNKNOWN
