"""Execution providers of onnxruntime: what computes instead of the processor."""

import io
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.metadata import packages_distributions
from pathlib import Path

import onnxruntime

from ..errors import ProviderError, UsageError

CPU = "cpu"
QUIET, USUAL = 4, 2
"""Severities of onnxruntime's log: nothing but what is fatal; what it begins with."""


@dataclass(frozen=True)
class Provider:
    """An execution provider.

    Attributes:
        name: as the user writes it.
        runtime_name: onnxruntime's.
        package: of onnxruntime, which has it.
        needs: what must be there besides, in words.
        options: of onnxruntime; each is given for the reason beside it.
        behind: onnxruntime's name of what does what it cannot, before the processor.
        memory_pattern: whether onnxruntime may plan its memory ahead.
        preload: whether onnxruntime looks for NVIDIA's libraries where pip puts them.
    """

    name: str
    runtime_name: str
    package: str
    needs: str
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    behind: str | None = None
    memory_pattern: bool = True
    preload: bool = False


_CUDA = Provider(
    "cuda",
    "CUDAExecutionProvider",
    "onnxruntime-gpu",
    "NVIDIA's driver, CUDA and cuDNN",
    # TF32, the default, is no fp32: it is off by more than a verified file may be.
    {"use_tf32": "0"},
    preload=True,
)
_ALL = (
    Provider("cpu", "CPUExecutionProvider", "onnxruntime", "nothing"),
    _CUDA,
    Provider(
        *("tensorrt", "TensorrtExecutionProvider", "onnxruntime-gpu"),
        "NVIDIA's driver, CUDA, cuDNN and TensorRT",
        behind=_CUDA.runtime_name,
        preload=True,
    ),
    Provider(
        *("openvino", "OpenVINOExecutionProvider", "onnxruntime-openvino"),
        "Linux or Windows on x86-64",
        # Without the first it may take whatever device it finds; without the second some
        # processors compute in bfloat16.
        {"device_type": "CPU", "precision": "FP32"},
    ),
    Provider(
        *("coreml", "CoreMLExecutionProvider", "onnxruntime"),
        "macOS 12 or newer",
        # The older format may compute in fp16; in an ML program the file's fp32 stays fp32.
        {"ModelFormat": "MLProgram"},
    ),
    Provider(
        *("directml", "DmlExecutionProvider", "onnxruntime-directml"),
        "Windows with DirectX 12",
        memory_pattern=False,  # DirectML cannot
    ),
)
PROVIDERS = {provider.name: provider for provider in _ALL}


def require_provider(name: str) -> Provider:
    """Give the provider of a name, if this onnxruntime has it.

    Raises:
        UsageError: there is none of that name.
        ProviderError: it is not in this onnxruntime, or two of them are installed.
    """
    provider = PROVIDERS.get(name)
    if provider is None:
        raise UsageError(f"--provider {name}: choose {', '.join(PROVIDERS)}")
    _refuse_two(provider)
    available: list[str] = onnxruntime.get_available_providers()
    if provider.runtime_name not in available:
        present = ", ".join(p.name for p in _ALL if p.runtime_name in available)
        raise ProviderError(
            f"--provider {name}: this onnxruntime has {present} only; {_exchange(provider)} "
            f"(it needs {provider.needs})"
        )
    return provider


def runtime_packages() -> list[str]:
    """List the installed packages that bring onnxruntime; more than one spoil each other."""
    return sorted(set(packages_distributions().get("onnxruntime", ())))


def clash_text(packages: list[str]) -> str:
    """Say what is wrong with several packages of onnxruntime."""
    return f"{' and '.join(packages)} are both installed and overwrite each other's files"


def _refuse_two(provider: Provider) -> None:
    packages = runtime_packages()
    if len(packages) > 1:
        raise ProviderError(f"{clash_text(packages)}: {_exchange(provider, packages)}")


def _exchange(provider: Provider, packages: list[str] | None = None) -> str:
    """Say how to get a provider: its package takes the place of all others of onnxruntime."""
    old = " ".join(packages or runtime_packages() or ["onnxruntime"])
    return f"pip uninstall {old}, then pip install {provider.package}"


def open_elsewhere(
    path: Path, name: str, options: onnxruntime.SessionOptions
) -> onnxruntime.InferenceSession:
    """Open a file on another provider than the processor; `name` is onnxruntime's.

    Raises:
        ProviderError: it does not compute on this machine.
        Exception: of onnxruntime, where the provider cannot do with the file.
    """
    known = next((provider for provider in _ALL if provider.runtime_name == name), None)
    chosen = [(name, dict(known.options) if known else {})]
    if known is not None:
        options.enable_mem_pattern = known.memory_pattern
        if known.behind is not None:
            behind = next(p for p in _ALL if p.runtime_name == known.behind)
            chosen.append((behind.runtime_name, dict(behind.options)))
    chosen.append((PROVIDERS[CPU].runtime_name, {}))
    # What cannot be loaded is left out with some lines on stderr, and computed by the processor.
    onnxruntime.set_default_logger_severity(QUIET)
    try:
        _load_libraries(known)
        session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=chosen, enable_fallback=0
        )
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ProviderError(f"{_refusal(name, known)}: {reason}") from None
    finally:
        onnxruntime.set_default_logger_severity(USUAL)
    session.disable_fallback()
    if name not in session.get_providers():
        raise ProviderError(_refusal(name, known))
    return session


def _refusal(name: str, known: Provider | None) -> str:
    needs = f"; it needs {known.needs} (docs/devices.md)" if known else ""
    return f"{name} does not compute on this machine{needs}"


def _load_libraries(provider: Provider | None) -> None:
    preload = getattr(onnxruntime, "preload_dlls", None)  # from onnxruntime 1.21 on
    if preload is not None and provider is not None and provider.preload:
        with redirect_stdout(io.StringIO()):  # what is missing shows when the session is opened
            preload()
