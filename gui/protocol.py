"""What the window and the worker say to each other: a message a line, as JSON.

docs/worker.md describes it for other front ends. The messages stand here, not in `cli/`, because
the window may not import that; they know neither Qt nor numpy, so that both sides can read them.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from ..inference.strict_json import UnexpectedJsonError, parse, read, shown
from .model_messages import Load, Loaded, Measure, Measured
from .scoring_messages import (
    Compare,
    Compared,
    Evaluate,
    Evaluated,
    Progressed,
    Scored,
    WriteReport,
    Written,
)

PROTOCOL = 1
"""Raised when a message changes its meaning or goes away; kinds and fields may be added."""
LONGEST = 128 << 20
"""Bytes of a request: a picture of 96 MB in base64, of which several copies are made."""
ENVELOPE = 1000
"""Bytes of a request that are more than enough for all but the content of a pasted picture."""


@dataclass(frozen=True)
class Classify:
    """Classify files; answered by `Classified` in chunks, in the order given, then `Done`."""

    id: int
    paths: tuple[str, ...]
    topk: int = 5


@dataclass(frozen=True)
class ClassifyBytes:
    """Classify one picture that is no file, given as a file's bytes in base64; so is `Explain`."""

    id: int
    name: str
    content: str
    topk: int = 5


@dataclass(frozen=True)
class Explain:
    """Where in a picture a label was seen; `content` (base64) goes before `path`."""

    id: int
    path: str
    label: str
    content: str | None = None


@dataclass(frozen=True)
class Cancel:
    """Give up a request; it takes effect between two batches."""

    id: int


@dataclass(frozen=True)
class Quit:
    """End at once; so does the end of stdin."""


@dataclass(frozen=True)
class Hello:
    """The first line of a worker."""

    protocol: int
    tlx: str


@dataclass(frozen=True)
class Ranked:
    """A label with its probability in 0..1."""

    label: str
    probability: float


@dataclass(frozen=True)
class Row:
    """The answer for one picture: the keys of `tlx classify --json`.

    Attributes:
        path: as it was given.
        predictions: ranked, the most probable first; none for a bad picture.
        error: one line, or None.
        unknown: whether it is none of the labels; None for a file without a rule for that.
        unknown_score: larger is stranger; None likewise.
        labels: those chosen, for the multi-label task; None for the other.
    """

    path: str
    predictions: tuple[Ranked, ...]
    error: str | None
    unknown: bool | None = None
    unknown_score: float | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Classified:
    """Some rows of a request; `first` is the place of the first of them among its paths."""

    id: int
    first: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Done:
    """All of a classification has been answered, after so many seconds of work on it."""

    id: int
    rows: int
    seconds: float


@dataclass(frozen=True)
class Cancelled:
    """A request was given up; `rows` of it had been answered."""

    id: int
    rows: int


@dataclass(frozen=True)
class Explained:
    """A label's activation map.

    Attributes:
        id: of the request.
        path: as it was given.
        label: as it was given.
        map: rows of numbers in logits; with the label's bias their mean is its logit.
        region: the part of the upright picture that the map covers, which is what the network
            saw: left, top, right, bottom in shares of its width and height.
    """

    id: int
    path: str
    label: str
    map: tuple[tuple[float, ...], ...]
    region: tuple[float, float, float, float]


@dataclass(frozen=True)
class Failed:
    """A request that cannot be fulfilled, in one line; `id` is None where the line gave none."""

    error: str
    id: int | None = None


Scoring = Evaluate | Compare | WriteReport
Request = Load | Classify | ClassifyBytes | Explain | Measure | Scoring | Cancel | Quit
Answer = (
    Hello
    | Loaded
    | Classified
    | Done
    | Cancelled
    | Explained
    | Measured
    | Progressed
    | Scored
    | Evaluated
    | Compared
    | Written
    | Failed
)

REQUESTS: dict[str, type[Any]] = {
    "load": Load,
    "classify": Classify,
    "classify-bytes": ClassifyBytes,
    "explain": Explain,
    "measure": Measure,
    "evaluate": Evaluate,
    "compare": Compare,
    "write-report": WriteReport,
    "cancel": Cancel,
    "quit": Quit,
}
ANSWERS: dict[str, type[Any]] = {
    "hello": Hello,
    "loaded": Loaded,
    "classified": Classified,
    "done": Done,
    "cancelled": Cancelled,
    "explained": Explained,
    "measured": Measured,
    "progressed": Progressed,
    "scored": Scored,
    "evaluated": Evaluated,
    "compared": Compared,
    "written": Written,
    "failed": Failed,
}
_NAMES = {kind: name for names in (REQUESTS, ANSWERS) for name, kind in names.items()}


def encode(message: Request | Answer) -> bytes:
    """Write a message as one line of JSON, in ASCII; names that are no valid Unicode survive."""
    line = json.dumps({"kind": _NAMES[type(message)], **asdict(message)}, allow_nan=False)
    return line.encode("ascii") + b"\n"


def decode_request(line: bytes | str) -> Request:
    """Read a request.

    Raises:
        UnexpectedJsonError: no JSON, an unknown kind or field, a value of another type.
    """
    return _decode(line, REQUESTS, "request")


def id_of_refused(line: bytes | str) -> int | None:
    """Give the id of a line that `decode_request` refused; None if it has none that can be read."""
    try:
        content = parse(line)
    except UnexpectedJsonError:
        return None
    number = content.get("id") if isinstance(content, dict) else None
    return number if type(number) is int else None  # True is an int too


def decode_answer(line: bytes | str) -> Answer:
    """Read an answer.

    Raises:
        UnexpectedJsonError: as for a request.
    """
    return _decode(line, ANSWERS, "answer")


def _decode(line: bytes | str, kinds: dict[str, type[Any]], what: str) -> Any:  # noqa: ANN401
    try:
        content = parse(line)
    except UnexpectedJsonError:
        raise UnexpectedJsonError(f"the {what} is not a line of JSON") from None
    if not isinstance(content, dict):
        raise UnexpectedJsonError(f"the {what} is not a JSON object")
    kind = content.pop("kind", None)
    if not isinstance(kind, str) or kind not in kinds:
        raise UnexpectedJsonError(
            f"the {what}'s kind {shown(kind)} is not one of {', '.join(kinds)}"
        )
    return read(kinds[kind], content, kind)
