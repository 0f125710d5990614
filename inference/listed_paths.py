"""Which files a run classifies: a list that is read once, from its beginning, and a share of it."""

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..errors import UsageError


@dataclass(frozen=True)
class Shard:
    """A share of a list: number 1 to `count` of as many."""

    number: int = 1
    count: int = 1

    @property
    def name(self) -> str:
        """How its files are named."""
        return f"shard-{self.number}-of-{self.count}"

    def holds(self, path: str) -> bool:
        """Tell whether a file is in it: of all shards it is in one.

        By the CRC-32 of its name, so that what else is listed, and in which order, does not matter.
        """
        return zlib.crc32(os.fsencode(path)) % self.count == self.number - 1


def read_shard(text: str) -> Shard:
    """Read "I/N".

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    shard = Shard(int(found[1]), int(found[2])) if found else Shard(0)
    if not 1 <= shard.number <= shard.count:
        raise UsageError(f"--shard {text}: give I/N, such as 2/8 for the second of eight shares")
    return shard


class ListedPaths:
    """Gives the files of a list that are in a shard, as they come; it can be read once.

    Attributes:
        count: files of the whole list up to now, in the shard or not.
    """

    def __init__(self, paths: Iterable[str], shard: Shard) -> None:
        self.count = 0
        self._paths, self._shard, self._digest = paths, shard, PathDigest()

    def __iter__(self) -> Iterator[str]:
        """Go through the list."""
        for path in self._paths:
            self.count += 1
            self._digest.add(path_text(path))
            if self._shard.holds(path):
                yield path

    @property
    def sha256(self) -> str:
        """The digest of the whole list up to now."""
        return self._digest.sha256


class PathDigest:
    """The SHA-256 of names in their order, each in UTF-8 and ended by a zero byte."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, *texts: str) -> "PathDigest":
        """Add names."""
        for text in texts:
            self._hash.update(text.encode() + b"\0")
        return self

    @property
    def sha256(self) -> str:
        """In hexadecimal digits."""
        return self._hash.hexdigest()


def path_text(path: str) -> str:
    r"""Write a file's name as Unicode text; bytes that are no UTF-8 become `\xNN`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
