"""Pretrained weights: torchvision's, downloaded once and checked, or a local state dict."""

import hashlib
import os
import re
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

import torch
from torch import Tensor
from torchvision.models import ResNet, get_model_weights

from ..errors import WeightsError
from ..inference.whole_file import replacing

MIRROR_VARIABLE = "TLX_WEIGHTS_URL"
"""Environment variable: a folder's URL to download from instead of torchvision's."""

_VERSIONS = {
    "imagenet": ("imagenet-v1", "IMAGENET1K_V1"),
    "imagenet-v1": ("imagenet-v1", "IMAGENET1K_V1"),
    "imagenet-v2": ("imagenet-v2", "IMAGENET1K_V2"),
}


@dataclass(frozen=True)
class DownloadProgress:
    """Bytes of a weights file that have arrived; total 0 where the server does not say."""

    name: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Weights:
    """A state dict with what the card says of it; no state for "none"."""

    name: str
    sha256: str | None
    state: Mapping[str, Tensor] | None


def load_weights(choice: str, architecture: str) -> Generator[DownloadProgress, None, Weights]:
    """Get the weights a network starts from.

    Args:
        choice: "imagenet", "imagenet-v1", "imagenet-v2", "none" or a file's path.
        architecture: torchvision's name of the network.

    Yields:
        `DownloadProgress` while a file is fetched.

    Returns:
        The weights, with what the card says of them.

    Raises:
        WeightsError: they cannot be had or fail their check; the text names the ways out.
    """
    if choice == "none":
        return Weights("none", None, None)
    if choice not in _VERSIONS:
        state = read_state(Path(choice))
        return Weights(Path(choice).name, _sha256_of_file(Path(choice)), state)
    name, version = _VERSIONS[choice]
    url = published_url(architecture, version)
    path = cache_folder() / url.rsplit("/", 1)[1]
    if not path.exists():
        yield from _download(url, path)
    return Weights(name, _check_cached(path), read_state(path))


def published_url(architecture: str, version: str) -> str:
    """Look up torchvision's URL; its file name ends in a prefix of the file's SHA-256."""
    published = get_model_weights(architecture)
    if version not in published.__members__:
        raise WeightsError(
            f"torchvision publishes no imagenet-v2 weights for {architecture}; "
            "use --weights imagenet-v1"
        )
    return str(published[version].url)


def cache_folder() -> Path:
    """Where torchvision keeps its downloads too, so that nothing is fetched twice."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def read_state(path: Path) -> Mapping[str, Tensor]:
    """Read a state dict; nothing in the file is executed.

    Raises:
        WeightsError: no such file, or no state dict in it.
    """
    if not path.is_file():
        raise WeightsError(
            f"--weights {path}: no such file; give imagenet, imagenet-v2, none or a state dict"
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # noqa: BLE001 - torch.load raises nearly anything on other files
        # Its text is not passed on: it advises weights_only=False, which would run a file's code.
        raise WeightsError(
            f"{path} is damaged or holds more than tensors, and is not read; give a state dict "
            "saved with torch.save(network.state_dict(), FILE)"
        ) from None
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    ):
        raise WeightsError(
            f"{path} holds no plain state dict; save one with "
            "torch.save(network.state_dict(), FILE)"
        )
    return state


def fit_backbone(network: ResNet, weights: Weights, architecture: str) -> None:
    """Copy everything but the head into the network.

    Raises:
        WeightsError: a tensor is missing, unknown, or of another shape.
    """
    if weights.state is None:
        return
    own = {k: v for k, v in network.state_dict().items() if not k.startswith("fc.")}
    given = {k: v for k, v in weights.state.items() if not k.startswith("fc.")}
    problem = _misfit(own, given)
    if problem:
        raise WeightsError(
            f"{weights.name} does not fit {architecture}: {problem}; "
            "is it of another architecture (--model)?"
        )
    network.load_state_dict(given, strict=False)


def _misfit(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> str | None:
    for name, tensor in own.items():
        if name not in given:
            if not name.endswith("num_batches_tracked"):  # older files lack it; nothing reads it
                return f"it has no {name}"
        elif given[name].shape != tensor.shape:
            return f"{name} is {list(given[name].shape)}, not {list(tensor.shape)}"
    unknown = sorted(given.keys() - own.keys())
    return f"it has an unknown {unknown[0]}" if unknown else None


def _download(url: str, path: Path) -> Iterator[DownloadProgress]:
    mirror = os.environ.get(MIRROR_VARIABLE)
    source = f"{mirror.rstrip('/')}/{path.name}" if mirror else url
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            yield from _fetch(source, temporary, path.name)
            _check_prefix(_sha256_of_file(temporary), path.name, source)
    except (OSError, ValueError, HTTPException) as error:  # URLError, time-outs are OSErrors
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        raise WeightsError(
            f"cannot download {source} ({_reason(error)}). Ways out: connect to the network; "
            f"copy {path.name} into {path.parent}; set {MIRROR_VARIABLE} to a mirror; "
            "--weights FILE with a local state dict; --weights none"
        ) from None


def _reason(error: Exception) -> str:
    """Say in one line why a download failed."""
    text = " ".join(str(getattr(error, "reason", error)).split())
    return text or type(error).__name__


def _fetch(source: str, target: Path, name: str) -> Iterator[DownloadProgress]:
    with urllib.request.urlopen(source, timeout=30) as answer, target.open("wb") as file:
        total = int(answer.headers.get("Content-Length") or 0)
        done = 0
        while chunk := answer.read(1 << 20):
            file.write(chunk)
            done += len(chunk)
            yield DownloadProgress(name, done, total)
        if done < total:
            raise OSError(f"the connection ended after {done} of {total} bytes")


def _check_cached(path: Path) -> str:
    """Check a cached file against the SHA-256 recorded at its first use; record it then."""
    sha256 = _sha256_of_file(path)
    record = path.with_name(f"{path.name}.sha256")
    if not record.exists():
        _check_prefix(sha256, path.name, str(path))
        # A cache that may not be written (shared, in a container image) is good all the same.
        with suppress(PermissionError), replacing(record) as temporary:
            temporary.write_text(f"{sha256}  {path.name}\n", encoding="utf-8")
    elif not record.read_text(encoding="utf-8").startswith(sha256):
        raise WeightsError(
            f"{path} has changed since its first use (SHA-256 {sha256}, recorded in "
            f"{record.name}); delete both files to download it again"
        )
    return sha256


def _check_prefix(sha256: str, name: str, source: str) -> None:
    published = re.search(r"-([0-9a-f]{8,})\.", name)
    if published and not sha256.startswith(published[1]):
        raise WeightsError(
            f"{source} has SHA-256 {sha256[:16]}..., published is {published[1]}...: damaged or "
            "replaced on its way; delete it if it lies on disk, and download it again"
        )


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
