"""Reading every picture once: which are bad, and what each holds."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from ..errors import PictureError
from ..inference.cores import available_cores
from ..inference.picture import decode_bytes, read_bytes
from ..inference.preprocessing import resized_size
from .file_endings import content_findings
from .findings import Finding
from .near_duplicates import thumbnail
from .sample import Sample

Keep = Callable[[Path, str, Image.Image], None]
"""Takes a picture while it is open: its path, SHA-256, and the decoded RGB pixels."""


@dataclass(frozen=True)
class ReadSample:
    """A sample after reading.

    Attributes:
        sample: as it was given.
        sha256: of the file's bytes; empty if it is left out.
        error: why it is left out, or None.
        thumbnail: what near-duplicates are found by.
        findings: about the file, beside the error.
    """

    sample: Sample
    sha256: str
    error: str | None
    thumbnail: bytes = field(default=b"", repr=False, compare=False)
    findings: tuple[Finding, ...] = ()


def read_all(
    samples: Sequence[Sample], resize_side: int, keep: Keep | None = None
) -> Iterator[ReadSample]:
    """Decode every picture as training will, in parallel; results come in order.

    `keep` is called in the reading threads, with good pictures only, in no order.
    """
    with ThreadPoolExecutor(available_cores()) as threads:
        yield from threads.map(lambda sample: _read(sample, resize_side, keep), samples)


def _read(sample: Sample, resize_side: int, keep: Keep | None) -> ReadSample:
    try:
        content = read_bytes(sample.path)
        sha256 = hashlib.sha256(content).hexdigest()
        picture = decode_bytes(content, resize_side)
        resized_size(picture.size, resize_side)
    except PictureError as error:
        return ReadSample(sample, "", error.reason)
    if keep is not None:
        keep(sample.path, sha256, picture)
    found = tuple(content_findings(sample.path, content))
    return ReadSample(sample, sha256, None, thumbnail(picture), found)
