"""Downloading torchvision's weights: from its server or a mirror, checked, written whole."""

import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from ..errors import WeightsError
from ..inference.events import finish
from ..inference.whole_file import replacing
from .published_weights import PublishedWeights
from .weights_cache import check_prefix, hash_file

MIRROR_VARIABLE = "TLX_WEIGHTS_URL"
"""Environment variable: a folder's URL to download from instead of torchvision's."""


@dataclass(frozen=True)
class DownloadProgress:
    """Bytes of a weights file that have arrived; total 0 where the server does not say."""

    name: str
    done: int
    total: int


def download(published: PublishedWeights, path: Path) -> Iterator[DownloadProgress]:
    """Download a file to `path`; on any error nothing is left there.

    Raises:
        WeightsError: it cannot be had, or is not what was published; the text names the ways out.
    """
    mirror = os.environ.get(MIRROR_VARIABLE)
    source = f"{mirror.rstrip('/')}/{path.name}" if mirror else published.url
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            yield from _fetch(source, temporary, path.name)
            check_prefix(finish(hash_file(temporary)), published.sha256_prefix, source)
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
