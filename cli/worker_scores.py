"""What `tlx worker` answers about scores: the evaluation, the comparison, and their files."""

import shlex
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..gui.protocol import (
    Answer,
    Compare,
    Compared,
    Evaluate,
    Evaluated,
    Scored,
    WriteReport,
    Written,
)
from ..gui.scoring_messages import AtThreshold, ScoredRow
from .eval_page import page_events, refuse_foreign_page
from .extras import require_extra
from .report_content import is_report, report_content, write_content
from .selection_note import report_notes
from .worker_comparison import DoneComparison, compare, write_comparison
from .worker_progress import read_data, watched
from .written_files import require_writable, writing

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..inference.classifier import Classifier

Answers = Generator[Answer, None, Answer]

SCORING = ("sklearn", "scipy")
"""What scores and the report need: the one-folder application has no matplotlib."""
CHUNK = 200
"""Rows in one line: the window reads it within a frame."""
WHERE = "report"
"""Names the file in an error, as an option's name does on the command line."""


@dataclass(frozen=True)
class Evaluation:
    """What is kept of an evaluation, to be written to files."""

    request: Evaluate
    classifier: "Classifier"
    report: "Report | MultiLabelReport"
    notes: list[str]


class Evaluations:
    """Makes evaluations and comparisons, and keeps the last of each."""

    def __init__(self) -> None:
        self._last: Evaluation | None = None
        self._compared: DoneComparison | None = None

    def answers(
        self, request: Evaluate | Compare | WriteReport, classifier: "Classifier", threads: int
    ) -> Answers:
        """Work on a request; its last answer is the generator's result.

        Args:
            request: what is asked.
            classifier: the open model file.
            threads: of the processor, for a second file.

        Raises:
            TlxError: it cannot be done.
        """
        require_extra("eval", "worker", SCORING)
        if isinstance(request, Evaluate):
            return self._evaluate(request, classifier)
        if isinstance(request, Compare):
            return self._compare(request, classifier, threads)
        return self._write(request)

    def _evaluate(self, request: Evaluate, classifier: "Classifier") -> Answers:
        from ..evaluation.scoring import evaluate

        if request.topk < 1:
            raise UsageError(f"topk {request.topk} is not above 0")
        samples = read_data(request)
        report = yield from watched(evaluate(classifier, samples, topk=request.topk), request.id)
        notes = report_notes(classifier, report, request.split)
        self._last = Evaluation(request, classifier, report, notes)
        rows = _rows(report)
        for first in range(0, len(rows), CHUNK):
            yield Scored(request.id, first, tuple(rows[first : first + CHUNK]))
        content = report_content(report, classifier, Path(request.data), request.split, notes)
        return Evaluated(request.id, content, _thresholds(report))

    def _compare(self, request: Compare, first: "Classifier", threads: int) -> Answers:
        self._compared = yield from compare(request, first, threads)
        return Compared(request.id, self._compared.content)

    def _write(self, request: WriteReport) -> Answers:
        done, compared, path = self._last, self._compared, Path(request.path)
        if compared is not None and compared.request.id == request.evaluation:
            write_comparison(compared, path)
            return Written(request.id, request.path)
        if done is None or done.request.id != request.evaluation:
            raise UsageError(
                f"evaluation {request.evaluation} is not there: it has not ended, or a later one "
                "took its place"
            )
        if path.suffix == ".html":
            yield from _page(request.id, done, path)
        elif path.suffix in (".json", ".csv"):
            _write_plainly(done, path)
        else:
            raise UsageError(f"{path}: a report ends in .html, .json or .csv")
        return Written(request.id, request.path)


def _rows(report: "Report | MultiLabelReport") -> list[ScoredRow]:
    from ..evaluation.report import Report

    if isinstance(report, Report):
        return [
            ScoredRow(
                *(row.path, (row.truth,), (row.predicted,), row.predicted),
                *(row.probability, row.correct, row.unknown),
            )
            for row in report.rows
        ]
    return [
        ScoredRow(row.path, row.truth, row.predicted, row.label, row.probability, row.correct)
        for row in report.rows
    ]


def _thresholds(report: "Report | MultiLabelReport") -> tuple[AtThreshold, ...]:
    import numpy as np

    from ..evaluation.coverage import at_thresholds
    from ..evaluation.report import Report

    if not isinstance(report, Report):
        return ()
    confidence = np.array([row.probability for row in report.rows], np.float64)
    right = np.array([row.correct for row in report.rows], np.bool_)
    percents = [percent / 100 for percent in range(101)]
    return tuple(AtThreshold(**asdict(p)) for p in at_thresholds(confidence, right, percents))


def _page(number: int, done: Evaluation, path: Path) -> Generator[Answer, None, None]:
    refuse_foreign_page(path, WHERE)
    request, data = done.request, Path(done.request.data)
    model = done.classifier.session.path
    what = ["--labels", request.data] if data.is_file() else [request.data]
    given = (("--root", request.root), ("--split", request.split))
    what += [word for option, value in given if value is not None for word in (option, value)]
    command = shlex.join(["tlx", "eval", str(model), *what, "--report", str(path)])
    note = "; ".join(done.notes)
    events = page_events(
        done.report, done.classifier.session, path, command, note, data, option=WHERE
    )
    yield from watched(events, number)


def _write_plainly(done: Evaluation, path: Path) -> None:
    """Write report.json or predictions.csv."""
    from ..evaluation.report_json import HEADERS, write_predictions

    if not path.parent.is_dir():
        raise UsageError(f"{WHERE} {path}: there is no folder {path.parent}; make it first")
    header = ",".join(HEADERS["single-label"][:3])
    ours = is_report(path) if path.suffix == ".json" else _starts(path, header)
    if path.exists() and not ours:
        raise UsageError(f"{WHERE} {path}: exists and was not written by tlx; choose another")
    require_writable(WHERE, path, path.parent)
    request = done.request
    with writing(WHERE, path):
        if path.suffix == ".csv":
            write_predictions(done.report, path)
            return
        data = Path(request.data)
        content = report_content(done.report, done.classifier, data, request.split, done.notes)
        write_content(content, path)


def _starts(path: Path, text: str) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:  # which may be anybody's, and of any size
        return file.read(len(text.encode())) == text.encode()
