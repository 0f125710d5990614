"""How fast model files answer on this machine, side by side (docs/bench.md says what is what)."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import DataError
from ..inference.classifier import Classifier
from ..inference.cores import available_cores
from ..inference.prediction import Outcome, Prediction
from ..inference.timing import Measuring, SpeedRatio, Times, Timing, rate_ratio, speed_ratio, timing
from .agreement import Agreement, answer_all, count_agreement
from .bench_pictures import BenchPictures, make_pictures, pictures_of
from .footprint import FreshFigures, measure_fresh_processes, time_loading
from .machine import Machine, describe_machine
from .picture_path import PARTS, time_picture_path
from .throughput import BestAnswers, Setting, find_best_answers, thread_counts


@dataclass(frozen=True)
class Latency:
    """Answering one picture alone, from pixels to scores, with the threads that do it soonest."""

    timing: Timing
    threads: int


@dataclass(frozen=True)
class FileFigures:
    """Everything measured of one model file.

    Attributes:
        path: as it was given.
        size_bytes: of the file.
        path_of_picture: decode, preprocess, inference and whole, one picture at a time.
        latency: of one picture at its best.
        throughput: most pictures a second.
        throughput_repeats: runs of that batch size it was measured on.
        tried: the search for these two.
        load: opening the file.
        fresh: cold start and peak memory of the command.
    """

    path: Path
    size_bytes: int
    path_of_picture: dict[str, Timing]
    latency: Latency
    throughput: Setting
    throughput_repeats: int
    tried: tuple[Setting, ...]
    load: Timing
    fresh: FreshFigures


@dataclass(frozen=True)
class AgainstFirst:
    """A further file against the first one; speeds above 1 are to its advantage.

    Attributes:
        path: of the further file.
        agreement: None where the two do not have the same labels and task.
        inference: speed of the inference of one picture.
        whole: speed from a picture's path to its prediction.
        throughput: of the best throughputs.
        size: how many times smaller the file is.
    """

    path: Path
    agreement: Agreement | None
    inference: SpeedRatio
    whole: SpeedRatio
    throughput: SpeedRatio
    size: float


@dataclass(frozen=True)
class Unreadable:
    """A picture that was left out, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class BenchResult:
    """What was measured, on what.

    Attributes:
        machine: this one, as it was before.
        pictures: that were chosen; without those of `unreadable`, each was answered.
        seconds: about how long each measurement of a file went on.
        threads: the user's choice, or None.
        files: in the order given.
        against_first: of each file but the first.
        unreadable: pictures that were left out.
    """

    machine: Machine
    pictures: BenchPictures
    seconds: float
    threads: int | None
    files: tuple[FileFigures, ...]
    against_first: tuple[AgainstFirst, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, eq=False)
class _Measured:
    """The raw times of one file."""

    path: Path
    predictions: list[Prediction]
    picture: Times
    best: BestAnswers
    load: Times
    fresh: FreshFigures


def bench_events(
    models: Sequence[Path],
    data: Path | None,
    threads: int | None,
    seconds: float,
) -> Generator[Measuring, None, BenchResult]:
    """Measure model files, taking turns so that what else the machine does hits all alike.

    Args:
        models: ONNX files; the first is what the others are compared with.
        data: folder of pictures; made ones for None.
        threads: of the processor; for None what gives most is searched, and the path of a
            picture is gone as `tlx classify` does it.
        seconds: about how long each measurement of a file goes on, > 0.

    Raises:
        ModelFileError: a file cannot be used.
        DataError: no folder, or no picture in it that can be read.
    """
    machine = describe_machine()
    classifiers = [Classifier(model, threads) for model in models]
    with ExitStack() as stack:
        pictures = _pictures(data, stack)
        answers = yield from answer_all(classifiers, pictures.paths)
        unreadable = _unreadable(answers)
        good = _readable(pictures.paths, unreadable, data)
        measured = yield from _measure(models, classifiers, answers, good, threads, seconds)
    return BenchResult(
        machine,
        pictures,
        seconds,
        threads,
        tuple(_figures(file) for file in measured),
        tuple(_against(measured[0], other) for other in measured[1:]),
        tuple(unreadable),
    )


def _pictures(data: Path | None, stack: ExitStack) -> BenchPictures:
    if data is not None:
        return pictures_of(data)
    return make_pictures(Path(stack.enter_context(TemporaryDirectory(prefix="tlx-bench-"))))


def _unreadable(answers: Sequence[Sequence[Outcome]]) -> list[Unreadable]:
    """List pictures that at least one of the files could not read, with its reason."""
    failed = {row.path: row.error for rows in answers for row in rows if row.error is not None}
    return [Unreadable(Path(path), reason) for path, reason in sorted(failed.items())]


def _readable(
    paths: Sequence[Path], unreadable: Sequence[Unreadable], data: Path | None
) -> list[Path]:
    left_out = {row.path for row in unreadable}
    good = [path for path in paths if path not in left_out]
    if not good:
        raise DataError(f"no picture of {data} can be read; the first one: {unreadable[0].reason}")
    return good


def _measure(
    models: Sequence[Path],
    classifiers: Sequence[Classifier],
    answers: Sequence[Sequence[Outcome]],
    good: Sequence[Path],
    threads: int | None,
    seconds: float,
) -> Generator[Measuring, None, list[_Measured]]:
    usable = {str(path) for path in good}
    pictures = yield from time_picture_path(classifiers, good, seconds)
    counts = [threads] if threads else thread_counts(available_cores())
    best = yield from find_best_answers(models, counts, seconds)
    loads = yield from time_loading(models, threads, seconds)
    fresh = yield from measure_fresh_processes(models, good)
    return [
        _Measured(
            path=model,
            predictions=[
                row.prediction for row in answers[index] if row.prediction and row.path in usable
            ],
            picture=pictures[index],
            best=best[index],
            load=loads[index],
            fresh=fresh[index],
        )
        for index, model in enumerate(models)
    ]


def _figures(file: _Measured) -> FileFigures:
    return FileFigures(
        path=file.path,
        size_bytes=file.path.stat().st_size,
        path_of_picture={part: timing(file.picture, i) for i, part in enumerate(PARTS)},
        latency=Latency(timing(file.best.latency_times), file.best.latency_threads),
        throughput=file.best.throughput,
        throughput_repeats=file.best.throughput_times.size,
        tried=file.best.tried,
        load=timing(file.load),
        fresh=file.fresh,
    )


def _against(first: _Measured, other: _Measured) -> AgainstFirst:
    inference, whole = PARTS.index("inference"), PARTS.index("whole")
    return AgainstFirst(
        path=other.path,
        agreement=count_agreement(first.predictions, other.predictions),
        inference=speed_ratio(first.picture, other.picture, inference),
        whole=speed_ratio(first.picture, other.picture, whole),
        throughput=rate_ratio(first.best.throughput_times, other.best.throughput_times),
        size=first.path.stat().st_size / other.path.stat().st_size,
    )
