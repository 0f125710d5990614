"""What window and worker say to each other about scores; a part of `protocol`."""

from dataclasses import dataclass

Interval = tuple[float, float]
"""Ends of a 95 % interval."""


@dataclass(frozen=True)
class Evaluate:
    """Score the open model file on labelled pictures, as `tlx eval` does.

    Answered by `Progressed` after each batch, `Scored` in chunks, then `Evaluated`.

    Attributes:
        id: of the request.
        data: a folder with one sub-folder a label, or a CSV of files and labels.
        root: what the CSV's file names are relative to; None for its own folder.
        split: only the CSV's rows with this in the column split.
        topk: labels that may be named for the top-k accuracy.
    """

    id: int
    data: str
    root: str | None = None
    split: str | None = None
    topk: int = 5


@dataclass(frozen=True)
class Compare:
    """Compare the open model file, A, with another, B, as `tlx eval A B` does.

    Answered by `Progressed` after each batch, then `Compared`.

    Attributes:
        id: of the request.
        other: path of the other `.onnx` file.
        data: as in `Evaluate`; without truth any folder of pictures.
        root: as in `Evaluate`, likewise the next.
        split: of the CSV.
        truth: whether the pictures' labels are known; without them only the answers are compared.
    """

    id: int
    other: str
    data: str
    root: str | None = None
    split: str | None = None
    truth: bool = True


@dataclass(frozen=True)
class WriteReport:
    """Write what an `Evaluate` or `Compare` found; answered by `Written`.

    Attributes:
        id: of the request.
        evaluation: id of the `Evaluate` or `Compare`; the worker keeps the last of each.
        path: the file: `.html` for the report as a page, `.json` for its numbers, `.csv` for a row
            for each picture; of a comparison `.json`, or `.csv` for the pictures that differ.
    """

    id: int
    evaluation: int
    path: str


@dataclass(frozen=True)
class Progressed:
    """How many of the pictures of a request are done, after so many seconds of work on them."""

    id: int
    done: int
    total: int
    seconds: float


@dataclass(frozen=True)
class ScoredRow:
    """A picture that was scored.

    Attributes:
        path: the picture.
        truth: its labels; one in the single-label task, any number in the other.
        predicted: the first label, or the labels chosen.
        label: the first label; in the multi-label task the one most wrong.
        probability: of `label`, 0..1.
        correct: whether `predicted` is `truth`.
        unknown: whether the file says that it is none of the labels; None without such a rule.
    """

    path: str
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    label: str
    probability: float
    correct: bool
    unknown: bool | None = None


@dataclass(frozen=True)
class Scored:
    """Some pictures of an evaluation; `first` is the place of the first of them."""

    id: int
    first: int
    rows: tuple[ScoredRow, ...]


@dataclass(frozen=True)
class AtThreshold:
    """What is gained where answers less probable than a threshold are refused.

    Attributes:
        threshold: 0..1; what is as probable is answered.
        pictures: answered.
        coverage: their share, 0..1.
        accuracy: of them, 0..1; None where there are none, as its interval (Wilson).
        interval: of the accuracy.
    """

    threshold: float
    pictures: int
    coverage: float
    accuracy: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Evaluated:
    """An evaluation is done.

    Attributes:
        id: of the request.
        report: the object of `tlx eval --json`.
        thresholds: for each percent of probability from 0 to 100; none for the multi-label task.
    """

    id: int
    report: dict[str, object]
    thresholds: tuple[AtThreshold, ...]


@dataclass(frozen=True)
class Compared:
    """A comparison is done.

    Attributes:
        id: of the request.
        comparison: the object of `tlx eval A B --json`; without truth the keys that need it are
            null.
    """

    id: int
    comparison: dict[str, object]


@dataclass(frozen=True)
class Written:
    """A report has been written."""

    id: int
    path: str
