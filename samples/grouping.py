"""Groups: what must stay on one side of a split."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path

from ..errors import UsageError
from .picture_names import relative_name


class Together:
    """Things that belong together, in any chain (union-find with path halving).

    Tarjan and van Leeuwen, 1984, https://doi.org/10.1145/62.2160.
    """

    def __init__(self) -> None:
        self._above: dict[Hashable, Hashable] = {}

    def join(self, one: Hashable, other: Hashable) -> None:
        """Say that two belong together."""
        self._above[self.first(one)] = self.first(other)

    def first(self, one: Hashable) -> Hashable:
        """Give the one that stands for all that belong to `one`."""
        above = self._above
        while (parent := above.setdefault(one, one)) != one:
            above[one] = above.setdefault(parent, parent)
            one = above[one]
        return one


def group_pictures(
    contents: Mapping[Path, str],
    near_duplicates: Iterable[tuple[str, str]],
    names: Mapping[Path, str],
) -> list[tuple[Path, ...]]:
    """Join identical pictures, near-duplicates, and those whose group has one name.

    Args:
        contents: each picture's content hash.
        near_duplicates: pairs of content hashes.
        names: group names, of any of the pictures.

    Returns:
        Groups of every picture, most of a single one, in no special order.
    """
    together = Together()
    for one, other in near_duplicates:
        together.join(("content", one), ("content", other))
    for path, content in contents.items():
        if path in names:
            together.join(("name", names[path]), ("content", content))
    groups: dict[Hashable, list[Path]] = defaultdict(list)
    for path, content in contents.items():
        groups[together.first(("content", content))].append(path)
    return [tuple(sorted(group)) for group in groups.values()]


def groups_by_path(paths: Iterable[Path], root: Path, pattern: str) -> dict[Path, str]:
    """Name each picture's group by a regular expression on its path.

    Args:
        paths: the pictures.
        root: what the path is taken relative to, with slashes.
        pattern: its first group names the picture's group, or the whole match without one; a
            picture in which it is not found belongs to nobody.

    Raises:
        UsageError: no regular expression, or it is found nowhere.
    """
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--group-by {pattern}: no regular expression: {error}") from None
    names: dict[Path, str] = {}
    for path in paths:
        match = expression.search(relative_name(path, root))
        name = match and match.group(1 if expression.groups else 0)
        if name:
            names[path] = name
    if not names:
        raise UsageError(
            f"--group-by {pattern}: it is no column of a CSV, and found in no picture's path below "
            f"{root}"
        )
    return names
