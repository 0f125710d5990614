"""What the processor offers to a network: its name, and instructions for small numbers."""

import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

UNKNOWN = "unknown"

_X86 = {
    "AVX2": ("avx2",),
    "AVX-512": ("avx512f",),
    "VNNI": ("avx512_vnni", "avx_vnni"),
    "AVX512-BF16": ("avx512_bf16",),
    "AMX": ("amx_int8", "amx_bf16"),
}
_ARM = {"dot product": ("asimddp",), "i8mm": ("i8mm",)}
"""Linux's flags by what they stand for; one of them is enough."""

_X86_MAC = {"AVX2": "hw.optional.avx2_0", "AVX-512": "hw.optional.avx512f"}
_ARM_MAC = {"dot product": "hw.optional.arm.FEAT_DotProd", "i8mm": "hw.optional.arm.FEAT_I8MM"}


@dataclass(frozen=True)
class Processor:
    """A processor.

    Attributes:
        name: as it calls itself, or "unknown".
        features: whether it has each of the instructions that its family may have; None where
            that cannot be known.
    """

    name: str
    features: dict[str, bool | None]


def describe_processor() -> Processor:
    """Ask the system: /proc/cpuinfo on Linux, sysctl on macOS; elsewhere nothing is known."""
    machine = platform.machine()
    if sys.platform == "linux":
        try:
            return processor_of_linux(Path("/proc/cpuinfo").read_text(errors="replace"), machine)
        except OSError:
            return _unknown(machine)
    if sys.platform == "darwin":
        return processor_of_mac(_sysctl(), machine)
    return _unknown(machine)


def processor_of_linux(cpuinfo: str, machine: str) -> Processor:
    """Read the text of /proc/cpuinfo; `machine` is the architecture's name."""
    entries = _entries(cpuinfo)
    name = entries.get("model name") or entries.get("Model") or UNKNOWN
    listed = entries.get("flags") or entries.get("Features")
    if listed is None:
        return Processor(name, _unknown(machine).features)
    flags = set(listed.split())
    family = _ARM if _is_arm(machine) else _X86 if _is_x86(machine) else {}
    return Processor(name, {title: bool(flags & {*any_of}) for title, any_of in family.items()})


def processor_of_mac(sysctl: str, machine: str) -> Processor:
    """Read what sysctl printed; a key that it does not know leaves its feature unknown."""
    entries = _entries(sysctl)
    keys = _ARM_MAC if _is_arm(machine) else _X86_MAC
    known = {"0": False, "1": True}
    found = {title: known.get(entries.get(key, "")) for title, key in keys.items()}
    name = entries.get("machdep.cpu.brand_string") or UNKNOWN
    return Processor(name, {**_unknown(machine).features, **found})


def _entries(text: str) -> dict[str, str]:
    """Split lines of `key: value`; of a key that is there for each core the first counts."""
    entries: dict[str, str] = {}
    for line in text.splitlines():
        key, _, value = line.partition(":")
        entries.setdefault(key.strip(), value.strip())
    return entries


def _unknown(machine: str) -> Processor:
    family = _ARM if _is_arm(machine) else _X86 if _is_x86(machine) else {}
    return Processor(platform.processor() or UNKNOWN, dict.fromkeys(family))


def _is_arm(machine: str) -> bool:
    return machine.lower().startswith(("arm", "aarch64"))


def _is_x86(machine: str) -> bool:
    return machine.lower() in ("x86_64", "amd64", "i386", "i686", "x86")


def _sysctl() -> str:
    command = ["/usr/sbin/sysctl", "hw.optional", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
