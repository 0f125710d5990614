"""Pictures that are named by a URL: fsspec opens them, of the extra `parquet`."""

import os
import re
from contextlib import AbstractContextManager
from http import HTTPStatus
from http.client import responses
from typing import IO, cast

from ..errors import MissingExtraError, PictureError
from .opening import BYTES_A_PIXEL, require_bytes
from .picture import Picture
from .pixel_limit import pixel_limit

AT_ONCE = 8
"""Pictures a core that are waited for at a time where they come over a network."""
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


def is_url(path: str) -> bool:
    """Tell whether a path is a URL, such as s3://bucket/a.jpg; a drive's letter makes none."""
    return _URL.match(path) is not None


def picture_at(path: str | os.PathLike[str], folder: str = "") -> Picture:
    """Give what a classifier takes: a file's path in `folder`, the content of what a URL names.

    Raises:
        PictureError: it cannot be fetched.
        MissingExtraError: a package for this kind of URL is not installed.
    """
    name = os.fspath(path)
    if is_url(name):
        return _fetched(name)
    return os.path.join(folder, name)  # noqa: PTH118 - a path that begins at the root stays


def _fetched(url: str) -> bytes:
    import fsspec

    most = BYTES_A_PIXEL * pixel_limit()
    try:
        with cast(AbstractContextManager[IO[bytes]], fsspec.open(url, "rb")) as file:
            content = file.read(most + 1)
    except ImportError as error:
        raise MissingExtraError(f"{url} cannot be opened: {error}") from None
    except Exception as error:  # noqa: BLE001 - every file system of fsspec raises its own
        text = _http_cause(error) if _HTTP.match(url) else _cause(error)
        reason = "no such file" if text is None else f"cannot be fetched ({text})"
        raise PictureError(reason, url) from None
    require_bytes(len(content), whole=False)
    return content


def _cause(error: Exception) -> str | None:
    """Say why a file was not fetched in one line; None where there is no such file."""
    if isinstance(error, FileNotFoundError):
        return None
    return " ".join(str(error).split()) or type(error).__name__


def _http_cause(error: BaseException) -> str | None:
    """Say the same of HTTP, where fsspec raises FileNotFoundError whatever failed.

    The errors' own texts may repeat the URL, and a signed one is a secret.
    """
    while isinstance(error, FileNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    status = getattr(error, "status", None)
    if status == HTTPStatus.NOT_FOUND or isinstance(error, FileNotFoundError):
        return None
    if isinstance(status, int):
        return f"HTTP {status} {responses.get(status, '')}".rstrip()
    said = error.strerror if isinstance(error, OSError) else None
    return " ".join((said or type(error).__name__).split())
