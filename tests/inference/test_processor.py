"""What is read of a processor, from texts as systems give them."""

import platform

import pytest

from tlx.inference import processor
from tlx.inference.processor import (
    Processor,
    describe_processor,
    processor_of_linux,
    processor_of_mac,
)

XEON = """processor\t: 0
vendor_id\t: GenuineIntel
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
flags\t\t: fpu sse2 avx avx2 avx512f avx512bw avx512_vnni avx512_bf16 amx_bf16 amx_tile amx_int8
bugs\t\t: spectre_v1

processor\t: 1
model name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz
flags\t\t: fpu sse2
"""
OLD = "model name\t: Intel(R) Core(TM) i5-3320M\nflags\t\t: fpu sse2 avx\n"
ALDER_LAKE = "model name\t: 12th Gen Intel(R) Core(TM) i5-12500\nflags\t\t: avx avx2 avx_vnni\n"
PI_4 = """processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41

Hardware\t: BCM2835
Model\t\t: Raspberry Pi 4 Model B Rev 1.4
"""
PI_5 = PI_4.replace("crc32", "crc32 atomics asimdhp asimdrdm lrcpc dcpop asimddp")
GRAVITON_3 = "processor\t: 0\nFeatures\t: fp asimd asimddp sve i8mm bf16\n"
M2 = """hw.optional.arm.FEAT_DotProd: 1
hw.optional.arm.FEAT_I8MM: 1
machdep.cpu.brand_string: Apple M2
"""
M1 = M2.replace("I8MM: 1", "I8MM: 0").replace("M2", "M1")
INTEL_MAC = """hw.optional.avx2_0: 1
hw.optional.avx512f: 0
machdep.cpu.brand_string: Intel(R) Core(TM) i5-8259U CPU @ 2.30GHz
"""


def features(found: Processor) -> str:
    """Write yes, no or unknown as +, - or ? with the feature's name."""
    words = {True: "+", False: "-", None: "?"}
    return " ".join(f"{words[has]}{name}" for name, has in found.features.items())


@pytest.mark.parametrize(
    ("cpuinfo", "machine", "name", "expected"),
    [
        (XEON, "x86_64", "Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz",
         "+AVX2 +AVX-512 +VNNI +AVX512-BF16 +AMX"),
        (OLD, "x86_64", "Intel(R) Core(TM) i5-3320M", "-AVX2 -AVX-512 -VNNI -AVX512-BF16 -AMX"),
        (ALDER_LAKE, "x86_64", "12th Gen Intel(R) Core(TM) i5-12500",
         "+AVX2 -AVX-512 +VNNI -AVX512-BF16 -AMX"),
        (PI_4, "aarch64", "Raspberry Pi 4 Model B Rev 1.4", "-dot product -i8mm"),
        (PI_5, "aarch64", "Raspberry Pi 4 Model B Rev 1.4", "+dot product -i8mm"),
        (GRAVITON_3, "aarch64", "unknown", "+dot product +i8mm"),
        ("isa\t: rv64imafdc\n", "riscv64", "unknown", ""),
    ],
)  # fmt: skip
def test_linux_says_name_and_instructions_in_cpuinfo(cpuinfo, machine, name, expected):
    found = processor_of_linux(cpuinfo, machine)
    assert (found.name, features(found)) == (name, expected)


def test_what_cpuinfo_does_not_list_is_unknown_and_not_absent():
    found = processor_of_linux("processor\t: 0\n", "aarch64")
    assert (found.name, features(found)) == ("unknown", "?dot product ?i8mm")


@pytest.mark.parametrize(
    ("sysctl", "machine", "name", "expected"),
    [
        (M2, "arm64", "Apple M2", "+dot product +i8mm"),
        (M1, "arm64", "Apple M1", "+dot product -i8mm"),
        (INTEL_MAC, "x86_64", "Intel(R) Core(TM) i5-8259U CPU @ 2.30GHz",
         "+AVX2 -AVX-512 ?VNNI ?AVX512-BF16 ?AMX"),
        ("", "arm64", "unknown", "?dot product ?i8mm"),
    ],
)  # fmt: skip
def test_macos_says_it_by_sysctl_and_a_key_it_does_not_know_is_unknown(
    sysctl, machine, name, expected
):
    found = processor_of_mac(sysctl, machine)
    assert (found.name, features(found)) == (name, expected)


def test_another_system_says_nothing_and_nothing_is_claimed(monkeypatch):
    monkeypatch.setattr(processor.sys, "platform", "win32")
    monkeypatch.setattr(platform, "machine", lambda: "AMD64")
    monkeypatch.setattr(platform, "processor", lambda: "")
    found = describe_processor()
    assert (found.name, features(found)) == (
        "unknown",
        "?AVX2 ?AVX-512 ?VNNI ?AVX512-BF16 ?AMX",
    )
