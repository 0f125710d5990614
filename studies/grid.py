"""The grid of a study: which options vary, and the configuration of each cell."""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import product
from math import prod
from pathlib import Path
from types import NoneType
from typing import get_args, get_type_hints

from ..errors import ContradictionError, UsageError
from ..training.config import TrainingConfig
from ..training.options import option_name, options_of

Value = str | int | float | bool | Path | None
Configure = Callable[..., TrainingConfig]
"""Makes the configuration of some values, given by their fields' names, beside the fixed ones."""

LONGEST_NAME = 100
"""Characters of a cell's folder; file systems take 255 bytes."""
MOST = 10_000
"""Trainings of a study: more would not end, and fill the memory before the first began."""

_SAME_PICTURES = "cells are compared on the same pictures; run a study of its own for each"
_NOT_VARIED = {
    **dict.fromkeys(("data", "labels", "file_column", "label_columns"), _SAME_PICTURES),
    **dict.fromkeys(("group_by", "split"), _SAME_PICTURES),
    "seed": "give --seeds N, and the first one with --seed",
    "out": "it is the folder of the whole study",
    "overwrite": "it is for the whole study",
    "log": "it changes nothing that could be compared",
}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_KINDS = {int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Variation:
    """An option that varies.

    Attributes:
        name: of its field in `TrainingConfig`, such as "weight_decay".
        texts: its values as they were typed.
        values: the same, as the field takes them.
    """

    name: str
    texts: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Cell:
    """One combination of values.

    Attributes:
        name: its folder's name: stable, unique, safe in any file system.
        values: each varied option's field and its value as typed, in the order of the grid.
        configs: one for each seed; none if the cell is skipped. `out` is not set yet.
        skipped: why the combination is impossible, or None.
    """

    name: str
    values: tuple[tuple[str, str], ...]
    configs: tuple[TrainingConfig, ...]
    skipped: str | None = None

    @property
    def title(self) -> str:
        """The values as a person reads them."""
        return ", ".join(f"{name}={shown_value(text)}" for name, text in self.values)


@dataclass(frozen=True)
class Grid:
    """What a study trains: every combination of values, each with every seed."""

    variations: tuple[Variation, ...]
    seeds: tuple[int, ...]
    cells: tuple[Cell, ...]

    @property
    def base(self) -> TrainingConfig:
        """A configuration of the grid; what does not vary is the same in all."""
        return next(cell.configs[0] for cell in self.cells if cell.configs)


def shown_value(text: str) -> str:
    """Shorten a value that is a path to the file's name."""
    return Path(text).name if "/" in text or "\\" in text else text


def read_variations(texts: Sequence[str]) -> tuple[Variation, ...]:
    """Read what `--vary` was given, each `NAME=VALUE,VALUE`.

    Raises:
        UsageError: a name that is no option or cannot vary, or a value of the wrong kind.
    """
    if not texts:
        raise UsageError("nothing varies; give --vary NAME=VALUE,VALUE, such as freeze=backbone")
    variations = tuple(_read_variation(text) for text in texts)
    names = [variation.name for variation in variations]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--vary {name} is given twice; list all its values in one")
    return variations


def build_grid(configure: Configure, variations: Sequence[Variation], seeds: int) -> Grid:
    """Build every configuration, before anything runs.

    Args:
        configure: makes a configuration of the varied values; its seed is the first one.
        variations: by `read_variations`.
        seeds: how many trainings a cell, with seeds that follow each other.

    Raises:
        UsageError: a value that its option refuses, in the option's own words; two cells that are
            the same training; fewer than two cells that are possible; or more trainings than
            `MOST`.
    """
    trainings = prod((len(variation.texts) for variation in variations), start=seeds)
    if trainings > MOST:
        raise UsageError(
            f"{trainings:,} trainings are asked for, and a study takes {MOST:,} at most; give "
            "fewer values or --seeds"
        )
    texts = product(*(variation.texts for variation in variations))
    values = product(*(variation.values for variation in variations))
    names = [variation.name for variation in variations]
    cells = tuple(
        _cell(
            configure,
            dict(zip(names, typed, strict=True)),
            tuple(zip(names, text, strict=True)),
            seeds,
        )
        for typed, text in zip(values, texts, strict=True)
    )
    _require_comparable(cells)
    first = next(cell for cell in cells if cell.configs).configs
    return Grid(tuple(variations), tuple(config.seed for config in first), cells)


def _read_variation(text: str) -> Variation:
    typed, equals, listed = text.partition("=")
    name = typed.strip().removeprefix("--").replace("-", "_")
    _require_variable(name, typed.strip())
    texts = tuple(part.strip() for part in listed.split(","))
    if not equals or texts == ("",):
        raise UsageError(f"--vary {text}: give its values, as in --vary {typed}=VALUE,VALUE")
    if "" in texts:
        raise UsageError(f"--vary {text}: one of its values is empty; take the comma out")
    values = tuple(_read_value(name, part) for part in texts)
    for index, value in enumerate(values):
        if value in values[:index]:
            raise UsageError(f"--vary {text}: {texts[index]} stands there twice")
    return Variation(name, texts, values)


def _require_variable(name: str, typed: str) -> None:
    if reason := _NOT_VARIED.get(name):
        raise UsageError(f"--vary {typed}: {name} does not vary in a study: {reason}")
    known = [option for option in options_of(TrainingConfig) if option not in _NOT_VARIED]
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.6)
        hint = f"did you mean {' or '.join(near)}?" if near else "tlx train --help lists them"
        raise UsageError(f"--vary {typed}: tlx train has no option {typed!r}; {hint}")


def _read_value(name: str, text: str) -> Value:
    hint = get_type_hints(TrainingConfig)[name]
    kinds: tuple[type, ...] = get_args(hint) or (hint,)
    if NoneType in kinds and text == "none":
        return None
    try:
        return _BOOLEANS[text.lower()] if kinds[0] is bool else kinds[0](text)
    except (ValueError, KeyError):
        wanted = _KINDS.get(kinds[0], "a value")
        raise UsageError(f"{option_name(name)} {text}: it must be {wanted}") from None


def _cell(
    configure: Configure, values: dict[str, Value], texts: tuple[tuple[str, str], ...], seeds: int
) -> Cell:
    name = _folder_name(texts)
    try:
        first = configure(**values)
    except ContradictionError as error:
        return Cell(name, texts, (), str(error))
    return Cell(name, texts, tuple(replace(first, seed=first.seed + n) for n in range(seeds)))


def _folder_name(values: Sequence[tuple[str, str]]) -> str:
    """Spell a cell's values; what had to be changed is told apart by a hash of what was meant."""
    name = ",".join(f"{name}={_safe(text)}" for name, text in values)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 9]}-{_hash(str(values))}"


def _safe(text: str) -> str:
    if re.fullmatch(r"[a-z0-9+_-][a-z0-9.+_-]*", text) and not text.endswith("."):
        return text
    # Capitals too: some file systems do not tell them from small letters.
    name = re.sub(r"[^A-Za-z0-9.+_-]", "-", shown_value(text)).strip(".")
    return f"{name[:40]}-{_hash(text)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:8]


def _require_comparable(cells: Sequence[Cell]) -> None:
    possible = [cell for cell in cells if cell.configs]
    reasons = [cell.skipped for cell in cells if cell.skipped]
    if len(possible) < 2 and reasons:
        raise UsageError(f"fewer than two cells are possible: {reasons[0]}")
    if len(possible) < 2:
        raise UsageError(
            "a single cell compares nothing; give --vary another value (tlx train trains one)"
        )
    for index, cell in enumerate(possible):
        for earlier in possible[:index]:
            if cell.configs[0] == earlier.configs[0]:
                raise UsageError(
                    f"--vary: {earlier.title} and {cell.title} are the same training; "
                    "take one of them out"
                )
