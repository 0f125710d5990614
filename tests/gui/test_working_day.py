"""A working day at the window: everything in any order, faults between, and what stays."""

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PIL import Image
from PySide6.QtCore import Qt

from tlx.gui import watched
from tlx.gui.page_stack import EVALUATE, FOLDER
from tlx.gui.widgets.copy_plan import CopyPlan
from tlx.inference.classifier import Classifier

WAIT = 120_000
COPIES = 6
"""Of each picture of the fixture."""
SECONDS = float(os.environ.get("TLX_SOAK_SECONDS", "1800"))
REQUESTS = 10_000
MIB = 1 << 20


@dataclass(frozen=True)
class Held:
    """What a process holds: memory in MiB, open files and other handles, threads."""

    process: int
    memory: float
    handles: int
    threads: int


def held(process: int) -> Held:
    of = Path(f"/proc/{process}")
    memory = int((of / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / MIB
    return Held(
        process, memory, len(list((of / "fd").iterdir())), len(list((of / "task").iterdir()))
    )


def contents(folder: Path) -> dict[Path, tuple[bytes, int] | None]:
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns) if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


class Day:
    """Somebody at the window, and what may go wrong meanwhile; each action ends at rest."""

    def __init__(self, window, qtbot, folders: dict[str, Path], models: dict[str, Path]) -> None:
        self.window, self.qtbot, self.session = window, qtbot, window.session
        self.folders, self.models = folders, models
        self.chance, self.requests, self.done = random.Random(5), 0, Counter()
        answered = Classifier(models["colours"]).classify_files(
            sorted(folders["photos"].rglob("*.png"))
        )
        self.expected = {
            one.path: (one.prediction.label, one.prediction.probability) if one.prediction else None
            for one in answered
        }
        send = self.session.client.send

        def counted(request: object) -> None:
            self.requests += 1
            send(request)

        self.session.client.send = counted
        self.accuracy: float | None = None

    def do(self, name: str) -> None:
        """Do one of the things below, by its name."""
        getattr(self, name)()
        self.done[name] += 1

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(true, timeout=WAIT)

    def rest(self) -> None:
        """Wait for all answers; they are those of the classifier, to the last digit."""
        results = self.session.results
        self.until(lambda: not self.session.running and not len(results.waiting()))
        for path, expected in self.expected.items():
            row = results.row(results.index_of(path))
            found = (
                (row.predictions[0].label, row.predictions[0].probability)
                if row.predictions
                else None
            )
            assert found == expected, path

    def again(self) -> None:
        self.session.classify_again()
        self.rest()

    def explain(self) -> None:
        good = [path for path, answer in self.expected.items() if answer]
        for path in self.chance.sample(good, 6):
            with self.qtbot.waitSignal(self.session.explained, timeout=WAIT):
                self.session.explain(self.session.results.index_of(path), "green")

    def cancel(self) -> None:
        self.session.classify_again()
        self.qtbot.wait(self.chance.choice([0, 5, 40]))
        self.session.cancel()
        self.session.classify_waiting()
        self.rest()

    def kill(self) -> None:
        self.session.classify_again()
        os.kill(self.session.client.process_id, signal.SIGKILL)
        self.until(lambda: not self.session.client.running)
        assert "stopped unexpectedly" in self.window.banner.text
        self.window.banner.act()
        self.until(lambda: not self.session.loading)
        self.rest()

    def spoil(self) -> None:
        """Let a picture be no picture, be gone, and be back."""
        path = self.folders["spoiled"] / "0.png"
        for content in (b"no picture", None, self.spoiled):
            path.unlink() if content is None else path.write_bytes(content)
            self.session.classify_again()
            self.rest()
            row = self.session.results.row(self.session.results.index_of(str(path)))
            assert (row.error is None) == (content == self.spoiled)

    def bad_model(self) -> None:
        with self.qtbot.waitSignal(self.session.model_failed, timeout=WAIT):
            self.window.open_model(str(self.models["none"]))
        self.rest()

    def other_model(self) -> None:
        for name in ("renamed", "colours"):
            with self.qtbot.waitSignal(self.session.model_loaded, timeout=WAIT):
                self.window.open_model(str(self.models[name]))
        self.rest()

    def evaluate(self) -> None:
        page, out = self.window.pages.evaluate, self.folders["out"]
        self.window.show_page(EVALUATE)
        with self.qtbot.waitSignal(self.session.evaluations.evaluated, timeout=WAIT):
            page.evaluate(str(self.folders["photos"]))
        found = self.session.evaluations.last.numbers.number("accuracy")
        self.accuracy = found if self.accuracy is None else self.accuracy
        assert found == self.accuracy
        with self.qtbot.waitSignal(self.session.evaluations.written, timeout=WAIT):
            page.save(str(out / self.chance.choice(["report.json", "rows.csv"])))

    def compare(self) -> None:
        self.evaluate()
        with self.qtbot.waitSignal(self.session.evaluations.compared, timeout=WAIT):
            self.window.pages.evaluate.compare(str(self.models["plain"]))

    def give_up(self) -> None:
        self.window.pages.evaluate.evaluate(str(self.folders["photos"]))
        self.session.evaluations.cancel()
        self.rest()

    def look(self) -> None:
        """Walk about on the page Folder."""
        keys = [*(Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_Return)]
        keys += [*(Qt.Key.Key_Escape, Qt.Key.Key_H, Qt.Key.Key_Space, Qt.Key.Key_F4)]
        self.press(*(self.chance.choice(keys) for _ in range(8)))
        self.window.pages.folder.filter.choose_state(self.chance.choice(["all", "wrong", "all"]))

    def judge(self) -> None:
        keys = [*(Qt.Key.Key_Y, Qt.Key.Key_U, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_Backspace)]
        self.press(*(self.chance.choice(keys) for _ in range(4)))
        for _ in range(self.chance.randint(0, 4)):
            self.qtbot.keyClick(self.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    def press(self, *keys: Qt.Key) -> None:
        self.window.show_page(FOLDER)
        page = self.window.pages.folder
        for key in keys:
            self.qtbot.keyClick(page.close_up.viewer if page.looking else page.gallery, key)

    def export(self) -> None:
        out, exporting = self.folders["out"], self.window.exporting
        exporting.write_results(str(out / "answers.csv"))
        (out / "corrections.csv").unlink(missing_ok=True)
        exporting.write_corrections(str(out / "corrections.csv"))

    def sort(self) -> None:
        """Put the pictures into label folders, one way or another, and take that back."""
        exporting, target = self.window.exporting, self.folders["out"] / "sorted"
        target.mkdir(exist_ok=True)
        self.window.pages.folder.browser.clear()
        exporting.plan_copies(str(target))
        dialog = self.window.findChildren(CopyPlan)[-1]
        dialog.choose(self.chance.randrange(3))
        with self.qtbot.waitSignal(exporting.sorter.made, timeout=WAIT):
            dialog.confirm()
        assert len(list(target.rglob("*.png"))) > COPIES
        with self.qtbot.waitSignal(exporting.sorter.undone, timeout=WAIT):
            self.window.banner.act()
        assert list(target.iterdir()) == []

    def watch(self) -> None:
        self.window.show_watch()
        page, camera = self.window.pages.watch, self.folders["camera"]
        page.setup.set_folder(str(camera))
        page.setup._csv.setText(str(self.folders["out"] / "watched.csv"))
        page.start()
        self.until(lambda: page.watch.state == "watching")
        seen = page._pictures
        one = self.chance.choice(list(self.folders["photos"].rglob("*.png")))
        shutil.copy(one, camera / f"{time.time_ns()}.png")
        self.until(lambda: page._pictures > seen)
        page.stop()
        self.until(lambda: not page.running)

    def paint(self) -> None:
        self.window.set_theme(self.chance.choice(["light", "dark"]))
        self.window.show_page(self.chance.randrange(4))


@pytest.fixture
def folders(tmp_path: Path, pictures: Path) -> dict[str, Path]:
    """Give pictures of which a third lie in a wrong folder, and places for what is written."""
    names = ("photos", "spoiled", "camera", "out")
    found = {name: tmp_path / "desk" / name for name in names}
    for folder in found.values():
        folder.mkdir(parents=True)
    for path in pictures.rglob("*.png"):
        for number in range(COPIES):
            label = "blue" if number < COPIES // 3 else path.parent.name
            place = found["photos"] / label / f"{path.parent.name}-{path.stem}-{number}.png"
            place.parent.mkdir(exist_ok=True)
            shutil.copy(path, place)
    Image.new("RGB", (50, 50), "red").save(found["spoiled"] / "0.png")
    return found


@pytest.fixture
def day(open_window, qtbot, folders, colour_model, other_models, monkeypatch) -> Iterator[Day]:
    monkeypatch.setattr(watched, "INTERVAL", 0.05)
    window = open_window(colour_model, folders["photos"])
    day = Day(window, qtbot, folders, {**other_models, "colours": colour_model})
    day.spoiled = (folders["spoiled"] / "0.png").read_bytes()
    day.until(lambda: window.session.model is not None)
    day.until(lambda: len(window.session.results) == len(day.expected))
    window.open_places([str(folders["spoiled"] / "0.png")])
    day.rest()
    yield day
    if window.pages.currentWidget() is not None:
        window.pages.watch.close_all()


OFTEN = ("again", "explain", "look", "judge", "cancel", "export")
SELDOM = ("evaluate", "compare", "give_up", "sort", "spoil", "bad_model", "other_model", "paint")
RARELY = ("watch", "kill")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_hour_s_worth_of_actions_changes_no_picture_and_writes_only_where_it_was_told(day):
    desk = day.folders["out"].parent
    before = contents(desk)
    pool = [*OFTEN * 2, *SELDOM, *RARELY]
    for name in [*OFTEN, *SELDOM, *RARELY, *(day.chance.choice(pool) for _ in range(100))]:
        day.do(name)
    after = contents(desk)
    new = {path.relative_to(desk).as_posix() for path in after.keys() - before.keys()}
    assert {path: after[path] for path in before if path.parts[-2] != "spoiled"} == {
        path: content for path, content in before.items() if path.parts[-2] != "spoiled"
    }
    camera = {name for name in new if name.startswith("camera/")}
    assert len(camera) == day.done["watch"]
    assert new - camera <= {
        *("out/answers.csv", "out/corrections.csv", "out/report.json", "out/rows.csv"),
        *("out/watched.csv", "out/sorted"),
    }
    assert day.done["sort"] >= 2
    assert day.done["judge"] >= 5


@pytest.mark.soak
@pytest.mark.timeout(4 * SECONDS + 600)
def test_for_half_an_hour_of_faults_memory_and_handles_stay(day):
    """At least 10,000 requests; in the first half workers are killed, the last one goes on."""
    start, seen = time.monotonic(), list[tuple[int, Held, Held]]()
    share = lambda: (time.monotonic() - start) / SECONDS  # noqa: E731
    while share() < 1 or day.requests < REQUESTS * min(SECONDS / 1800, 1):
        for name in (*OFTEN, *OFTEN, day.chance.choice(SELDOM)):
            day.do(name)
        if day.chance.random() < 0.02:
            day.do("watch")
        if share() < 0.5 and day.chance.random() < 0.05:
            day.do("kill")
        seen.append((day.requests, held(os.getpid()), held(day.session.client.process_id)))
    last = seen[-1][2].process
    window = [one for _, one, _ in seen]
    worker = [one for _, _, one in seen if one.process == last]
    said = [f"{day.requests:,} requests in {time.monotonic() - start:.0f} s; {dict(day.done)}"]
    for name, found in (("window", window), ("last worker", worker)):
        said.append(f"{name}: {growth(found):+.1f} MiB, {found[len(found) // 4]} to {found[-1]}")
    sys.stdout.write("\n".join(["", *said, ""]))  # -s shows it
    for found in (window, worker):
        assert growth(found) < 10
        assert abs(found[-1].handles - found[len(found) // 4].handles) <= 2
        assert abs(found[-1].threads - found[len(found) // 4].threads) <= 2


def growth(found: list[Held]) -> float:
    """Compare the last quarter with the second; in the first, caches fill."""
    quarter = len(found) // 4
    parts = found[quarter : 2 * quarter], found[-quarter:]
    before, after = (median(one.memory for one in part) for part in parts)
    return after - before
