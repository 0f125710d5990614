"""A search for an INT8 file on a network at 32 px; what several tests read is searched once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tlx.errors import VerificationError
from tlx.export import int8_search
from tlx.export.int8_graph import FloatGraph
from tlx.export.int8_search import search_int8
from tlx.export.quantized_file import QuantizedFile
from tlx.export.sensitivity import SensitivityProgress
from tlx.export.speed import Speedup
from tlx.inference.events import finish
from tlx.inference.processor import Processor
from tlx.samples.sample import Sample

Search = Callable[..., QuantizedFile]
VNNI = Processor("a processor", {"AVX2": True, "VNNI": True})


def _speedup(ratio: float) -> Speedup:
    return Speedup(10.0, 10 / ratio, ratio, (ratio - 0.1, ratio + 0.1), 15, 2, "a processor (VNNI)")


@dataclass(frozen=True)
class Searched:
    """A search that has ended, to be read only: `found`, or the error that it ended with."""

    folder: Path
    events: Sequence[object]
    found: QuantizedFile | None = None
    error: VerificationError | None = None

    @property
    def target(self) -> Path:
        """The file that was searched for; it exists where one was found."""
        return self.folder / "target"


@pytest.fixture(scope="session")
def calibration(split_folder) -> tuple[Sample, ...]:
    paths = sorted((split_folder / "train").glob("*/00*.jpg"))
    return tuple(Sample(path, path.parent.name) for path in paths[::5])  # 6


@pytest.fixture(scope="session")
def validation(split_folder) -> tuple[Sample, ...]:
    return tuple(Sample(p, p.parent.name) for p in sorted((split_folder / "val").glob("*/*.jpg")))


@pytest.fixture
def ratios(monkeypatch) -> list[float]:
    """How many times as fast the files are measured, one after the other; the last one stays."""
    values = [3.0]

    def measured(*_: object) -> Speedup:
        return _speedup(values.pop(0) if len(values) > 1 else values[0])

    monkeypatch.setattr(int8_search, "measure_speedup", measured)
    monkeypatch.setattr(int8_search, "describe_processor", lambda: VNNI)
    return values


@pytest.fixture
def search(model_file, calibration, validation, tmp_path, ratios) -> Search:
    """Search with the pictures of the fixtures; `search.events` are those of the last one."""

    def run(**options: object) -> QuantizedFile:
        run.events = []
        pictures = options.pop("calibration", calibration)
        events = search_int8(model_file, pictures, validation, tmp_path / "target", **options)
        return finish(events, run.events.append)

    return run


def _assumed(graph: FloatGraph, *_: object):
    yield SensitivityProgress(1, 1)
    return dict.fromkeys(graph.layers, 1.0)


@pytest.fixture
def assumed_sensitivity(monkeypatch) -> None:
    """Take the layers in their order for the most sensitive ones, without measuring each."""
    monkeypatch.setattr(int8_search, "measure_sensitivity", _assumed)


@pytest.fixture(scope="session")
def _search_once(model_file, calibration, validation, tmp_path_factory) -> Callable[..., Searched]:
    """Give the function that searches with changes to the module that hold for that search."""

    def run(changes: dict[str, object], **options: object) -> Searched:
        folder, events = tmp_path_factory.mktemp("search"), []
        searching = search_int8(model_file, calibration, validation, folder / "target", **options)
        with pytest.MonkeyPatch.context() as patched:
            for name, value in {"describe_processor": lambda: VNNI, **changes}.items():
                patched.setattr(int8_search, name, value)
            try:
                return Searched(folder, events, found=finish(searching, events.append))
            except VerificationError as error:
                return Searched(folder, events, error=error)

    return run


THREE_TIMES = {"measure_speedup": lambda *_: _speedup(3.0)}


@pytest.fixture(scope="session")
def within_five_points(_search_once) -> Searched:
    """A search that may lose 5 points; every file is measured 3 times as fast."""
    return _search_once(THREE_TIMES, max_drop=0.05)


@pytest.fixture(scope="session")
def for_another_device(_search_once) -> Searched:
    """The same for another device: an attempt to time a file is an error."""

    def fail(*_: object) -> Speedup:
        raise AssertionError("it must not be timed here")

    return _search_once({"measure_speedup": fail}, max_drop=0.05, for_another_device=True)


@pytest.fixture(scope="session")
def never_good(_search_once) -> Searched:
    """A search that may lose everything, but no file is good enough to end it."""
    return _search_once({**THREE_TIMES, "GOOD_AGREEMENT": 1.1}, max_drop=1.0)


@pytest.fixture(scope="session")
def refused(_search_once) -> Searched:
    """A search that no file can pass: it would have to be better by half."""
    return _search_once({**THREE_TIMES, "measure_sensitivity": _assumed}, max_drop=-0.5)
