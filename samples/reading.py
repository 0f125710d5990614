"""Reading every picture once: which are bad, and what each holds."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..errors import PictureError
from ..inference.cores import available_cores
from ..inference.picture import decode_bytes, read_bytes
from ..inference.preprocessing import resized_size
from .sample import Sample


@dataclass(frozen=True)
class ReadSample:
    """A sample after reading: the SHA-256 of its bytes, or the reason why it is left out."""

    sample: Sample
    sha256: str
    error: str | None


def read_all(samples: Sequence[Sample], resize_side: int) -> Iterator[ReadSample]:
    """Decode every picture as training will, in parallel; results come in order."""
    with ThreadPoolExecutor(available_cores()) as threads:
        yield from threads.map(lambda sample: _read(sample, resize_side), samples)


def _read(sample: Sample, resize_side: int) -> ReadSample:
    try:
        content = read_bytes(sample.path)
        sha256 = hashlib.sha256(content).hexdigest()
        resized_size(decode_bytes(content, resize_side).size, resize_side)
    except PictureError as error:
        return ReadSample(sample, "", error.reason)
    return ReadSample(sample, sha256, None)
