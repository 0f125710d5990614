"""`tlx worker`: a classifier that other programs talk to, a message a line (docs/worker.md)."""

import base64
import os
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, BinaryIO

from ..errors import ModelFileError, TlxError, UsageError
from ..gui.protocol import (
    LONGEST,
    PROTOCOL,
    Answer,
    Cancel,
    Cancelled,
    Classified,
    Classify,
    ClassifyBytes,
    Compare,
    Done,
    Evaluate,
    Explain,
    Explained,
    Failed,
    Hello,
    Load,
    Loaded,
    Measure,
    Measured,
    Progressed,
    Quit,
    Request,
    WriteReport,
    decode_request,
    encode,
    id_of_refused,
)
from ..inference.cores import MOST_THREADS
from ..inference.strict_json import UnexpectedJsonError
from .low_priority import lower_priority
from .worker_rows import classify_rows, is_multi, row_of
from .worker_scores import Evaluations

if TYPE_CHECKING:
    from ..inference.classifier import Classifier

_Asked = Load | Classify | ClassifyBytes | Explain | Measure | Evaluate | Compare | WriteReport


def worker_command() -> None:
    """Serve another program: JSON requests on stdin, answers on stdout, a line each."""
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word
    # Whatever else writes to stdout must not stand between the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(BrokenPipeError):  # whoever asked has gone
        Worker(sys.stdin.buffer, answers).serve()
    # Not by Python's own end: it waits for pictures that are being decoded, and aborts where the
    # thread that reads holds stdin.
    os._exit(0)


@dataclass
class _Job:
    """A long work that is under way: a step of its generator gives an answer; `rows` are done."""

    id: int
    answers: Generator[Answer, None, Answer]
    rows: int = 0


class Worker:
    """Reads requests and writes answers until stdin ends or `Quit` comes.

    What takes long (`Classify`, `Evaluate`, `Compare`, `WriteReport`) is a job, and everything else
    is done as soon as it is read, between two batches. Of several jobs the newest goes first, so
    that one picture does not wait for a folder.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._answers = answers
        self._inbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._jobs: list[_Job] = []
        self._classifier: Classifier | None = None
        self._threads = 0
        self._evaluations = Evaluations()
        threading.Thread(target=self._read, args=[requests], daemon=True).start()

    def serve(self) -> None:
        """Answer until the end."""
        from .. import __version__

        self._say(Hello(PROTOCOL, __version__))
        import_module("..inference.classifier", __package__)  # while the user chooses a file
        while self._take_requests():
            if self._jobs:
                self._advance(self._jobs[-1])

    def _read(self, requests: BinaryIO) -> None:
        while line := requests.readline(LONGEST):
            whole = line.endswith(b"\n") or len(line) < LONGEST
            self._inbox.put(line if whole else None)
            while not whole and (line := requests.readline(LONGEST)):
                whole = line.endswith(b"\n")
        self._inbox.put(b"")

    def _say(self, answer: Answer) -> None:
        self._answers.write(encode(answer))

    def _take_requests(self) -> bool:
        """Do what has come; wait for it only if there is nothing else to do. False at the end."""
        while not (self._inbox.empty() and self._jobs):
            line = self._inbox.get()
            if line is None:
                self._say(Failed(f"the request is longer than {LONGEST:,} bytes"))
                continue
            if not line:
                return False
            try:
                request = decode_request(line)
            except UnexpectedJsonError as error:
                self._say(Failed(str(error), id_of_refused(line)))
                continue
            if isinstance(request, Quit):
                return False
            self._take(request)
        return True

    def _take(self, request: Request) -> None:
        if isinstance(request, Cancel):
            self._cancel(request.id)
        elif not isinstance(request, Quit):
            try:
                self._do(request)
            except Exception as error:  # noqa: BLE001 - nothing that is asked may end the worker
                self._say(Failed(_reason(error), request.id))

    def _do(self, request: _Asked) -> None:
        if isinstance(request, Load):
            self._say(self._load(request))
        elif isinstance(request, Classify):
            self._begin(request.id, self._classify(request))
        elif isinstance(request, Evaluate | Compare | WriteReport):
            opened = self._opened()
            lower_priority()
            self._begin(request.id, self._evaluations.answers(request, opened, self._threads))
        elif isinstance(request, ClassifyBytes):
            self._classify_bytes(request)
        elif isinstance(request, Explain):
            self._say(self._explain(request))
        else:
            self._say(self._measure(request))

    def _load(self, request: Load) -> Loaded:
        from ..inference.card_json import card_content
        from ..inference.classifier import Classifier
        from ..inference.cores import available_cores
        from ..inference.freed_memory import give_back
        from ..inference.inspection import describe
        from ..inference.session import CPU

        start = perf_counter()
        threads = available_cores() if request.threads is None else request.threads
        if not 0 < threads <= MOST_THREADS:
            raise UsageError(f"threads {threads}: it must be from 1 to {MOST_THREADS}")
        # One session: a second one, for single pictures, would take half as much memory again.
        opened = Classifier(request.model, threads, spinning=False, many=True)
        session = opened.session
        give_back()
        found = describe(session.path, "onnx", session.card, session.inputs, session.outputs)
        self._classifier, self._threads = opened, threads
        return Loaded(
            request.id,
            request.model,
            found.size,
            found.sha256,
            found.opset,
            session.explains,
            card_content(found.card),
            CPU,
            threads,
            perf_counter() - start,
        )

    def _opened(self) -> "Classifier":
        if self._classifier is None:
            raise ModelFileError("no model file is open; send a request of kind load first")
        return self._classifier

    def _begin(self, number: int, answers: Generator[Answer, None, Answer]) -> None:
        if any(job.id == number for job in self._jobs):
            raise UsageError(f"request {number} is still under way; give each its own id")
        self._jobs.append(_Job(number, answers))

    def _advance(self, job: _Job) -> None:
        """Do one step of a job, such as a batch, and say so."""
        try:
            answer = next(job.answers)
        except StopIteration as end:
            self._jobs.remove(job)
            answer = end.value
        except Exception as error:  # noqa: BLE001 - as above
            self._jobs.remove(job)
            answer = Failed(_reason(error), job.id)
        if isinstance(answer, Classified):
            job.rows = answer.first + len(answer.rows)
        elif isinstance(answer, Progressed):
            job.rows = answer.done
        self._say(answer)

    def _classify(self, request: Classify) -> Generator[Answer, None, Answer]:
        from ..inference.classifier import BATCH

        if request.topk < 1:
            raise UsageError(f"topk {request.topk} is not above 0")
        if len(request.paths) > BATCH:
            lower_priority()
        return classify_rows(request, self._opened())

    def _cancel(self, number: int) -> None:
        for job in [job for job in self._jobs if job.id == number]:
            self._jobs.remove(job)
            self._say(Cancelled(number, job.rows))

    def _classify_bytes(self, request: ClassifyBytes) -> None:
        from ..inference.prediction import Outcome

        classifier, start = self._opened(), perf_counter()
        content = _content(request.content)
        try:
            outcome = Outcome(request.name, classifier.classify(content), None)
        except TlxError as error:
            outcome = Outcome(request.name, None, str(error))
        row = row_of(outcome, max(request.topk, 1), is_multi(classifier))
        self._say(Classified(request.id, 0, (row,)))
        self._say(Done(request.id, 1, perf_counter() - start))

    def _explain(self, request: Explain) -> Explained:
        from ..inference.explanation import explain

        session = self._opened().session
        if request.label not in session.card.labels:
            raise UsageError(f"{session.path} has no label {request.label!r}")
        picture = request.path if request.content is None else _content(request.content)
        (found,) = explain(session, picture, [request.label])
        rows = tuple(tuple(map(float, row)) for row in found.activation_map)
        (left, top, right, bottom), (width, height) = found.region, found.picture.size
        region = (left / width, top / height, right / width, bottom / height)
        return Explained(request.id, request.path, request.label, rows, region)

    def _measure(self, request: Measure) -> Measured:
        from ..studies.latency import measure_latency

        found = measure_latency(Path(self._opened().session.path), threads=self._threads)
        return Measured(request.id, found.milliseconds, found.runs, found.threads)


def _content(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise UsageError("the picture's content is not base64") from None


def _reason(error: Exception) -> str:
    if isinstance(error, TlxError):
        return str(error)
    if isinstance(error, OSError) and error.filename:  # a name too long, a full disk
        return f"{error.filename}: {error.strerror}"
    return f"unexpected {type(error).__name__}: {' '.join(str(error).split())} (a bug of tlx)"
