"""The bars of the window, measured: what is asked, what was found, whether it is met.

Hard links of real pictures make folders of 10,000 and 100,000 files. The window runs offscreen in
processes of its own; a timer of 5 ms is its pulse, and the longest waits between two beats are
what a person would feel. Prints a table and a line of JSON.

    python benchmarks/window.py MODEL PICTURES WORK

MODEL: an ONNX file of tlx; the smaller its network, the sooner it is done, and the harder the
window is driven. PICTURES: a folder. WORK: where the links go, on the same disk; kept if there.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
BEAT_MS = 5
SCROLL_MS = 16


@dataclass(frozen=True)
class Bar:
    """A bar: what was measured, in which unit, and the most that it may be."""

    what: str
    measured: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether it is kept."""
        return self.measured <= self.limit


def link_pictures(source: Path, folder: Path, count: int) -> Path:
    """Make `count` hard links of the pictures below `source`, in folders of their labels."""
    from tlx.samples.folders import find_pictures

    if folder.exists():
        return folder
    pictures = list(find_pictures(source))
    for number in range(count):
        picture = pictures[number % len(pictures)]
        place = folder / picture.parent.name / f"{number:06}{picture.suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        os.link(picture, place)
    return folder


class Pulse:
    """Notes the waits between the beats of a timer in the window's thread."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.waits: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def restart(self) -> None:
        """Forget what was noted."""
        self.waits, self._last = [], time.perf_counter()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.waits.append(1000 * (now - self._last))
        self._last = now

    def quantile(self, share: float) -> float:
        """Give the wait, in ms, that a share of them does not exceed."""
        return sorted(self.waits)[min(int(share * len(self.waits)), len(self.waits) - 1)]


class Run:
    """A window at work."""

    def __init__(self, settings: Path) -> None:
        from tlx.gui.app import begin, make_application, make_window
        from tlx.gui.settings import Settings
        from tlx.gui.theme import apply_theme

        self.application = make_application()
        apply_theme(self.application, "light")
        self.window = make_window(Settings(settings))
        self.window.painted.connect(lambda: begin(self.window, []))
        self.window.show()
        self.until(lambda: self.window.session.begun)
        self.window.show_folder()
        self.pulse = Pulse()

    def until(self, done: Callable[[], bool], limit: float = 900) -> float:
        """Let the window work until something is so; gives the seconds."""
        from PySide6.QtCore import QEventLoop

        start = time.perf_counter()
        while not done():
            self.application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            if time.perf_counter() - start > limit:
                raise SystemExit("this takes too long")
        return time.perf_counter() - start

    def wait(self, seconds: float) -> None:
        """Let the window work for a while."""
        end = time.perf_counter() + seconds
        self.until(lambda: time.perf_counter() > end)

    def open(self, folder: Path, count: int) -> tuple[float, float]:
        """Open a folder; gives the seconds to the first cards, and to all of them."""
        page = self.window.pages.folder
        start = time.perf_counter()
        self.window.open_places([str(folder)])
        self.until(lambda: page.browser.model.rowCount() > 0 and page.gallery._seen[1] >= 0)
        first = time.perf_counter() - start
        self.until(lambda: page.browser.model.rowCount() == count)
        self.application.processEvents()
        return first, time.perf_counter() - start

    def scroll(self, step: int, done: Callable[[], bool]) -> None:
        """Scroll up and down, a step every 16 ms, until something is so."""
        from PySide6.QtCore import QTimer

        bar = self.window.pages.folder.gallery.verticalScrollBar()
        ways = {"step": step}

        def move() -> None:
            if bar.value() in (bar.minimum(), bar.maximum()):
                ways["step"] = step if bar.value() == bar.minimum() else -step
            bar.setValue(bar.value() + ways["step"])

        timer = QTimer(interval=SCROLL_MS)
        timer.timeout.connect(move)
        timer.start()
        self.until(done)
        timer.stop()

    def close(self) -> None:
        """End the window and its worker."""
        self.window.session._jobs.clear()
        self.window.close()


def peak_mb() -> float:
    """Give the most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_run(run: Run, model: Path, folder: Path, count: int) -> Iterator[Bar]:
    """Classify a folder while it is scrolled."""
    session, results = run.window.session, run.window.session.results
    run.window.open_model(str(model))
    run.until(lambda: session.model is not None)
    run.wait(0.5)
    _, whole = run.open(folder, count)
    yield Bar("10,000 files: drop to gallery", whole, 1.0, "s")
    run.pulse.restart()
    run.scroll(120, lambda: not len(results.waiting()))
    yield Bar(
        "classifying and scrolling: 99 of 100 beats within", run.pulse.quantile(0.99), 16, "ms"
    )
    yield Bar("classifying and scrolling: longest beat", run.pulse.quantile(1), 100, "ms")
    yield from measure_filters(run, "10,000", 20)
    yield from measure_jump(run)
    yield Bar("memory of the window, peak", peak_mb(), 200, "MB")


def measure_jump(run: Run) -> Iterator[Bar]:
    """Jump to another place, and wait for its thumbnails."""
    page = run.window.pages.folder
    bar, waits = page.gallery.verticalScrollBar(), list[float]()
    for share in (0.31, 0.77, 0.12):
        start = time.perf_counter()
        bar.setValue(int(share * bar.maximum()))
        run.application.processEvents()
        first, last = page.gallery.grid.in_sight
        paths = [page._session.results.paths[page.numbers[row]] for row in range(first, last + 1)]
        run.until(lambda paths=paths: all(map(page.thumbnails.get, paths)))
        waits.append(time.perf_counter() - start)
    yield Bar("thumbnails after a jump", 1000 * max(waits), 250, "ms")


def measure_filters(run: Run, name: str, limit: float) -> Iterator[Bar]:
    """Filter and sort; the time until the new cards are painted."""
    page = run.window.pages.folder
    actions = {
        "filter": [lambda: page.filter.choose_state("unsure"), page.browser.clear],
        "sort": [
            *(lambda order=order: page.filter.choose_order(order) for order in ORDERS),
        ],
    }
    for what, steps in actions.items():
        times: list[float] = []
        for step in steps:
            run.wait(0.2)
            start = time.perf_counter()
            step()
            page.gallery.viewport().repaint()
            times.append(1000 * (time.perf_counter() - start))
        yield Bar(f"{what} {name}", max(times), limit, "ms")


ORDERS = ("name", "least probable", "most probable", "margin", "given")


def measure_many(run: Run, folder: Path, count: int) -> Iterator[Bar]:
    """Open a folder of a hundred thousand, filter and sort it."""
    run.pulse.restart()
    first, whole = run.open(folder, count)
    yield Bar("100,000 files: drop to gallery on screen", first, 3.0, "s")
    yield Bar("100,000 files: all of them in it", whole, 6.0, "s")
    yield Bar("100,000 files: longest beat", run.pulse.quantile(1), 250, "ms")
    answer_all(run)
    run.wait(1)
    yield from measure_filters(run, "100,000", 100)
    run.pulse.restart()
    end = time.perf_counter() + 5
    run.scroll(400, lambda: time.perf_counter() > end)
    yield Bar("100,000 files: 99 of 100 beats of scrolling", run.pulse.quantile(0.99), 16, "ms")
    yield Bar("100,000 files: memory of the window", peak_mb(), 400, "MB")


def answer_all(run: Run) -> None:
    """Give each picture an answer: what is measured is the window, not the model."""
    import numpy as np

    from tlx.gui.protocol import Ranked, Row

    labels, results = [f"label {n}" for n in range(10)], run.window.session.results
    results.set_labels(labels)
    chance = np.random.default_rng(0)
    for number, path in enumerate(results.paths):
        first = float(chance.uniform(0.2, 1))
        ranked = tuple(Ranked(labels[(number + n) % 10], first / (1 + n)) for n in range(5))
        results.answer(number, Row(path, ranked, None))
    run.window.pages.folder.browser.show_labels(labels)


def main() -> None:
    """Make the folders, measure each in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--part", choices=("run", "many"))
    arguments = parser.parse_args()
    if arguments.part:
        print(json.dumps([asdict(bar) for bar in measure(arguments)]))
        return
    link_pictures(arguments.pictures, arguments.work / "10k", 10_000)
    link_pictures(arguments.pictures, arguments.work / "100k", 100_000)
    command = [sys.executable, __file__, arguments.model, arguments.pictures, arguments.work]
    found: list[Bar] = []
    for part in ("run", "many"):
        ran = subprocess.run([*command, "--part", part], stdout=subprocess.PIPE, check=True)
        found += [Bar(**bar) for bar in json.loads(ran.stdout)]
    for bar in found:
        met = "met" if bar.met else "NOT MET"
        print(f"{bar.what:52} {bar.measured:9.2f} {bar.unit:3} of {bar.limit:6g}   {met}")
    print(json.dumps([{**asdict(bar), "met": bar.met} for bar in found]))


def measure(arguments: argparse.Namespace) -> list[Bar]:
    """Measure one part in this process."""
    with TemporaryDirectory() as settings:
        run = Run(Path(settings) / "settings.ini")
        if arguments.part == "run":
            bars = list(measure_run(run, arguments.model, arguments.work / "10k", 10_000))
        else:
            bars = list(measure_many(run, arguments.work / "100k", 100_000))
        run.close()
    return bars


if __name__ == "__main__":
    main()
