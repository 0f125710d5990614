"""The precision in which training computes; validation is always fp32."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from ..errors import UsageError

_DTYPES = {"none": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Precision:
    """How forward and backward passes of training compute.

    Attributes:
        name: "none" (fp32), "bf16" or "fp16".
        device: "cpu", "cuda" or "mps".
    """

    name: str
    device: str

    @property
    def dtype(self) -> torch.dtype:
        """What convolutions give."""
        return _DTYPES[self.name]

    def autocast(self) -> AbstractContextManager[object]:
        """Compute in it what is safe to; weights, sums and losses stay fp32."""
        return torch.autocast(self.device, self.dtype, enabled=self.name != "none")

    def scaler(self) -> torch.amp.GradScaler:
        """Scale the loss in fp16, whose small gradients would vanish; else do nothing."""
        return torch.amp.GradScaler(self.device, enabled=self.name == "fp16")


def choose_precision(asked: str, device: torch.device) -> Precision:
    """Take the precision asked for; "auto" takes the fastest that the device has in hardware.

    That is bf16 on processors with AVX512-BF16 or AMX and on GPUs from NVIDIA's Ampere on, fp16
    on older ones, and fp32 elsewhere (docs/benchmarks.md).

    Raises:
        UsageError: the device has no such precision.
    """
    if asked == "auto":
        return Precision(_fastest(device), device.type)
    if asked == "fp16" and device.type == "cpu":
        raise UsageError("--amp fp16 is for GPUs; on a processor use bf16 or none")
    if asked == "bf16" and device.type == "cuda" and not _has_bf16(device):
        raise UsageError("--amp bf16: this GPU is older than it; use fp16 or none")
    return Precision(asked, device.type)


def _fastest(device: torch.device) -> str:
    if device.type == "cuda":
        return "bf16" if _has_bf16(device) else "fp16"
    return "bf16" if device.type == "cpu" and processor_has_bf16() else "none"


def processor_has_bf16() -> bool:
    """Tell whether the processor multiplies bf16 in hardware; software would be slower."""
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")  # private to torch: may go
    return any(getattr(torch.cpu, name, bool)() for name in checks)


def _has_bf16(device: torch.device) -> bool:
    return torch.cuda.get_device_capability(device) >= (8, 0)
