"""`tlx classify MODEL PICTURE` from a cold shell, without Typer and Rich: these would double it."""

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answer_text import show_outcome
from .plain_text import accept_any_file_name, json_line, one_line

if TYPE_CHECKING:
    from ..inference.prediction import Outcome

FEW = 8
"""Pictures up to which no bar has to be drawn."""
TOPK = 5


@dataclass(frozen=True)
class QuickWords:
    """What was asked for: a model file and pictures that are there, and how to show the answers."""

    model: str
    pictures: tuple[str, ...]
    topk: int = TOPK
    as_json: bool = False


def read_words(words: Sequence[str]) -> QuickWords | None:
    """Understand the plainest words after `tlx classify`; None where Typer has to read them."""
    rest, places, topk, as_json = list(words), list[str](), TOPK, False
    while rest:
        word = rest.pop(0)
        if word == "--json":
            as_json = True
        elif word == "--topk" and rest and _is_count(rest[0]):
            topk = int(rest.pop(0))
        elif word.startswith("-"):
            return None
        else:
            places.append(word)
    there = all(os.path.isfile(place) for place in places)  # noqa: PTH113 - says no, never raises
    if not (there and 2 <= len(places) <= 1 + FEW):
        return None
    return QuickWords(places[0], tuple(places[1:]), topk, as_json)


def _is_count(word: str) -> bool:
    """Tell a plain number above 0; Python refuses to read one of thousands of digits."""
    return word.isascii() and word.isdigit() and len(word) < 10 and int(word) > 0


def quick_classify(words: Sequence[str]) -> bool:
    """Classify if it is simple and all goes well; False if nothing was shown and all is to do.

    What went wrong is found again, and said, by the command itself.
    """
    asked = read_words(words)
    if asked is None:
        return False
    accept_any_file_name()
    with warnings.catch_warnings(), suppress(Exception):
        warnings.simplefilter("ignore")
        outcomes, multi_label = _classify(asked)
        if all(outcome.prediction for outcome in outcomes):
            screen = _Plain(asked.as_json)
            for outcome in outcomes:
                show_outcome(outcome, asked.topk, screen, multi_label)
            return _write(screen.lines)
    return False


def _classify(asked: QuickWords) -> "tuple[list[Outcome], bool]":
    from ..inference.classifier import Classifier

    classifier = Classifier(asked.model)
    outcomes = list(classifier.classify_files(asked.pictures))
    return outcomes, classifier.card.task == "multi-label"


class _Plain:
    """Lines for stdout, kept until all of them are there."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.lines: list[str] = []

    def row(self, text: str = "", style: str | None = None) -> None:
        """Keep a row; all is well, so none has a style."""
        self.lines.append(one_line(text) + "\n")

    def json(self, content: object) -> None:
        """Keep a line of JSON."""
        self.lines.append(json_line(content))


def _write(lines: Sequence[str]) -> bool:
    try:
        sys.stdout.write("".join(lines))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone; keep Python from complaining at its own end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    return True
