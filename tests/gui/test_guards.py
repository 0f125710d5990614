"""What the window must never do, tried in processes of their own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

FIRST_PAINT = """
import sys
sys.argv = ["tlx", "gui"]
import tlx.cli.start
from tlx.gui import app
def look(window, places):
    import json
    print(json.dumps(sorted(sys.modules)))
    window.close()
app.begin = look
from tlx.gui.settings import Settings
from pathlib import Path
app.run(settings=Settings(Path(sys.path[0] or ".") / "settings.ini"))
"""
LATER = (
    *("numpy", "PIL", "typer", "rich", "onnxruntime", "torch", "torchvision", "sklearn"),
    *("matplotlib", "scipy", "onnx"),
)


def run_python(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_heavy_is_loaded_before_the_first_paint(tmp_path: Path):
    loaded = set(json.loads(run_python(FIRST_PAINT, tmp_path)))
    assert "tlx.gui.window" in loaded
    assert not loaded & set(LATER)


def test_calls_that_return_nothing_take_no_reference_of_none(qapp):
    # PySide6 6.12.0 does on Python below 3.12, and the process aborts after a few thousand.
    from PySide6.QtWidgets import QLabel

    label = QLabel()
    before = sys.getrefcount(None)
    for number in range(1000):
        label.setText(str(number))
        label.update()
    assert sys.getrefcount(None) > before - 500


def test_the_window_s_process_never_loads_what_computes(open_window, qtbot, colour_model, pictures):
    program = f"""
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from tlx.gui import app
from tlx.gui.settings import Settings
begin = app.begin
def work(window, places):
    def end(_):
        heavy = {{"onnxruntime", "torch", "torchvision", "typer", "sklearn"}}
        print(sorted(set(sys.modules) & heavy),
              len(window.session.results.waiting()))
        window.close()
    window.session.finished.connect(end)
    begin(window, places)
app.begin = work
app.run([{str(colour_model)!r}, {str(pictures)!r}], Settings(Path("s.ini").absolute()))
"""
    assert run_python(program, pictures.parent).split() == ["[]", "0"]


def test_no_thread_of_qt_s_pool_is_used():
    # gui/background.py says why: the process crashes sooner or later.
    folder = Path(__file__).parents[2] / "gui"
    users = [
        path.name for path in folder.rglob("*.py")
        if path.name != "background.py" and {"QThreadPool", "QRunnable"} & set(_words(path))
    ]  # fmt: skip
    assert users == []


def _words(path: Path) -> list[str]:
    return re.findall(r"\w+", path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_hundreds_of_pictures_may_be_opened_one_after_the_other(
    colour_model, real_pictures, tmp_path
):
    program = f"""
import time
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from tlx.gui import app
from tlx.gui.settings import Settings
from tlx.gui.theme import apply_theme
apply_theme(app.make_application(), "light")
window = app.make_window(Settings(Path("s.ini").absolute()))
window.painted.connect(lambda: app.begin(window, [{str(colour_model)!r}]))
window.show()
def until(true):
    while not true():
        QCoreApplication.processEvents()
        time.sleep(0.002)
until(lambda: window.session.begun and window.session.model)
pictures = sorted(map(str, Path({str(real_pictures)!r}, "clothing", "test").rglob("*.jpg")))
for number, picture in enumerate(pictures):
    window.open_places([picture])
    results = window.session.results
    until(lambda: len(results) > number and results.rows[number] is not None)
window.close()
print("all answered")
"""
    assert run_python(program, tmp_path).strip() == "all answered"
