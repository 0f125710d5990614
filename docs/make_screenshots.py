"""Take docs/screenshots: each page of the window, light and dark, with the model of `tlx demo`.

Run it after `tlx demo`: python docs/make_screenshots.py tlx-demo. It needs no display.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtWidgets import QApplication

from tlx.gui.app import begin, make_application, make_window
from tlx.gui.page_stack import CLASSIFY, EVALUATE, FOLDER, MODEL, WATCH
from tlx.gui.settings import Settings
from tlx.gui.theme import apply_theme
from tlx.gui.window import MainWindow

TARGET = Path(__file__).with_name("screenshots")
FACTORY = Path(tempfile.gettempdir()) / "factory"
"""Where the pictures lie meanwhile: it is seen in the window."""
PATIENCE = 120.0
"""Seconds."""
COLOURS = 256


def main() -> None:
    """Take all of them."""
    demo = Path(sys.argv[1] if len(sys.argv) > 1 else "tlx-demo").absolute()
    application = make_application()
    TARGET.mkdir(exist_ok=True)
    for theme in ("light", "dark"):
        FACTORY.mkdir()
        try:
            shutil.copytree(demo / "digits" / "test", FACTORY / "digits")
            shutil.copy(demo / "run" / "model.onnx", FACTORY)
            take_pages(application, FACTORY, theme)
        finally:
            shutil.rmtree(FACTORY)


def take_pages(application: QApplication, folder: Path, theme: str) -> None:
    """Open the model and the pictures of a folder, and visit every page."""
    settings = Settings(folder / "settings.ini")
    settings.theme = theme
    apply_theme(application, theme)
    window = make_window(settings)
    window.resize(1280, 800)
    window.painted.connect(lambda: begin(window, [str(folder / "model.onnx")]))
    window.show()
    wait(lambda: window.session.model is not None)
    data = folder / "digits"
    window.open_places([str(data)])
    wait(lambda: len(window.session.results) > 0 and not window.session.at_work)
    look(window, FOLDER, theme)
    window.show_page(CLASSIFY)
    window.classify.filmstrip.choose(12)
    look(window, CLASSIFY, theme)
    window.show_page(EVALUATE)
    window.pages.evaluate.evaluate(str(data))
    wait(lambda: not window.session.evaluations.running)
    look(window, EVALUATE, theme)
    look(window, MODEL, theme)
    watch(window, data, folder / "arrivals")
    look(window, WATCH, theme)
    window.pages.watch.close_all()
    window.close()
    settle()


def watch(window: MainWindow, data: Path, arrivals: Path) -> None:
    """Let pictures come into a folder that is watched."""
    arrivals.mkdir()
    window.show_page(WATCH)
    page = window.pages.watch
    page.setup.set_folder(str(arrivals))
    page.start()
    pictures = sorted(data.rglob("*.png"))[::40]
    for number, path in enumerate(pictures):
        shutil.copy(path, arrivals / f"part-{number:04}.png")
    wait(lambda: page.log.model().rowCount() >= len(pictures))


def look(window: MainWindow, page: int, theme: str) -> None:
    """Show a page and save what is seen, in few colours: the files stay small."""
    window.show_page(page)
    settle()
    name = window.tabs.tabText(page).lower()
    path = TARGET / f"{name}-{theme}.png"
    window.grab().save(str(path))
    with Image.open(path) as image:
        few = image.convert("RGB").quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def wait(ready: Callable[[], bool]) -> None:
    """Let the window work until it is ready."""
    end = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > end:
            sys.exit("the window did not come to its end")
        QApplication.processEvents()
        time.sleep(0.01)


def settle() -> None:
    """Let what was asked for be drawn."""
    end = time.monotonic() + 1.5
    wait(lambda: time.monotonic() > end)


if __name__ == "__main__":
    main()
