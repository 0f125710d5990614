"""What `window_process.py` measures inside the window's own process."""

import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QMainWindow

from tlx.gui import window as window_module
from tlx.gui.app import begin, make_application, make_window
from tlx.gui.protocol import Cancelled
from tlx.gui.settings import Settings
from tlx.gui.theme import apply_theme

RATE = 20
"""Pictures a second in the soak."""
MIB = 1 << 20


def inside(row: str, model: str, folder: str, seconds: str) -> None:
    """Open the window with a model, take a row's figures, print them."""
    pictures = json.loads(os.environ["TLX_PICTURES"])
    application = make_application()
    apply_theme(application, "light")
    window = make_window(Settings(Path(folder) / "settings.ini"))
    window.painted.connect(lambda: begin(window, [model]))
    window.show()
    until(lambda: window.session.begun and window.session.model is not None)
    if row == "soak":
        found = soak(window, pictures, Path(folder), float(seconds))
    else:
        found = ROWS[row](window, pictures, Path(folder))
    print(json.dumps(found), flush=True)
    window_module.may_close = lambda *_: True
    window.close()


def until(true: Callable[[], object], seconds: float = 120) -> None:
    """Let the window work until something holds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            sys.exit("waited in vain")
        rest(0.002)


def rest(seconds: float) -> None:
    """Let the window work; QTest.qWait would hold Python's lock, and its threads would starve."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def drop(window: QMainWindow, pictures: list[str], _folder: Path) -> dict[str, float]:
    """Time from a drop to the answer in the panel, one picture at a time."""
    times = []
    for number, picture in enumerate(pictures[:21]):
        shown: list[float] = []
        slot = lambda _: shown.append(time.perf_counter())  # noqa: B023, E731
        window.session.answered.connect(slot)
        start = time.perf_counter()
        window.open_places([picture])
        until(lambda: shown and window.session.results.rows[number] is not None)  # noqa: B023
        window.session.answered.disconnect(slot)
        times.append(shown[-1] - start)
    return {"first_drop": times[0], "drop": median(times[1:]), "worst_drop": max(times[1:])}


def memory(window: QMainWindow, pictures: list[str], _folder: Path) -> dict[str, float]:
    """Peak memory of both processes after some hundred pictures."""
    window.open_places(pictures)
    until(lambda: len(window.session.results) == len(pictures) and not window.session.running)
    worker = window.session.client.process_id
    return {"worker_mib": peak(worker) / MIB, "window_mib": peak(os.getpid()) / MIB}


def cancel(window: QMainWindow, pictures: list[str], folder: Path) -> dict[str, float]:
    """Time from the click to the worker's word that it has stopped."""
    work(window, pictures, folder)
    said: list[float] = []
    window.session.client.answered.connect(
        lambda answer: said.append(time.perf_counter()) if isinstance(answer, Cancelled) else None
    )
    start = time.perf_counter()
    window.strip._stop.click()
    until(lambda: said)
    return {"idle": said[0] - start}


def close(window: QMainWindow, pictures: list[str], folder: Path) -> dict[str, float]:
    """Say when the window was told to close at work; its caller sees when all has ended."""
    work(window, pictures, folder)
    process = window.session.client.process_id
    return {"asked": time.time(), "window": os.getpid(), "worker": process}


def kill(window: QMainWindow, pictures: list[str], folder: Path) -> dict[str, float]:
    """Time from the worker's death to the banner; its answers are kept, and it can be restarted."""
    work(window, pictures, folder)
    start = time.perf_counter()
    os.kill(window.session.client.process_id, signal.SIGKILL)
    until(lambda: window.banner.text)
    seconds = time.perf_counter() - start
    answered = len(window.session.results) - len(window.session.results.waiting())
    assert answered > 0
    restart = time.perf_counter()
    window.banner.act()
    more = lambda: len(window.session.results) - len(window.session.results.waiting())  # noqa: E731
    until(lambda: more() > answered)
    return {"banner": seconds, "restarted": time.perf_counter() - restart}


ROWS = {"drop": drop, "memory": memory, "cancel": cancel, "close": close, "kill": kill}


def work(window: QMainWindow, pictures: list[str], folder: Path) -> None:
    """Classify a folder of thousands, and return in the midst of it."""
    many = folder / "many"
    many.mkdir()
    for number in range(5000):
        (many / f"{number}.jpg").symlink_to(pictures[number % len(pictures)])
    window.open_places([str(many)])
    results = window.session.results
    until(lambda: len(results) == 5000 and len(results) - len(results.waiting()) >= 60)


def soak(
    window: QMainWindow, pictures: list[str], folder: Path, seconds: float
) -> dict[str, float]:
    """Watch a folder into which pictures come and from which they go; memory must stay."""
    place, ended = folder / "in", threading.Event()
    place.mkdir()
    window.show_page(window.tabs.count() - 1)
    page = window.pages.watch
    page.setup.set_folder(str(place))
    page.setup._csv.setText(str(folder / "log.csv"))
    page.start()
    until(lambda: page.watch.state == "watching")
    threading.Thread(target=deliver, args=[place, pictures, ended], daemon=True).start()
    processes = {"slope_mib": os.getpid(), "worker_slope_mib": page.watch.client.process_id}
    seen: list[tuple[int, dict[str, float]]] = []
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        rest(5)
        if page._pictures > 1000:  # caches are full by then
            seen.append((page._pictures, {name: resident(one) for name, one in processes.items()}))
    ended.set()
    slopes = {name: slope([(n, one[name]) for n, one in seen]) for name in processes}
    return {**slopes, "answered": page._pictures, "window_mib": peak(os.getpid()) / MIB}


def deliver(place: Path, pictures: list[str], ended: threading.Event) -> None:
    """Bring pictures as a camera does, and take away those of before."""
    number = 0
    while not ended.wait(1 / RATE):
        part = place / f".{number}.jpg"
        shutil.copyfile(pictures[number % len(pictures)], part)
        part.rename(place / f"{number}.jpg")
        if number >= 30 * RATE:
            (place / f"{number - 30 * RATE}.jpg").unlink()
        number += 1


def slope(points: list[tuple[int, float]]) -> float:
    """Fit a line: MiB per 1,000 pictures."""
    count = len(points)
    x, y = sum(p[0] for p in points) / count, sum(p[1] for p in points) / count
    over = sum((px - x) * (py - y) for px, py in points)
    return 1000 * over / sum((px - x) ** 2 for px, _ in points) / MIB


def resident(process: int) -> float:
    """Give a process's memory in bytes."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGESIZE")


def peak(process: int) -> float:
    """Give the most memory that a process ever had, in bytes."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024
