"""Odd surroundings: no HOME, the locale C, closed or full outputs, an install that is read-only."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

posix = pytest.mark.skipif(os.name != "posix", reason="of a POSIX shell")


@pytest.fixture(scope="module")
def named(split_folder, tmp_path_factory) -> Path:
    """Label folders and pictures whose names are not ASCII."""
    root = tmp_path_factory.mktemp("named") / "Prüfung"
    for label, name in {"blue": "größe ✓", "green": "写真", "red": "naïve"}.items():
        (root / label).mkdir(parents=True)
        picture = split_folder / "test" / label / "000.jpg"
        shutil.copy(picture, root / label / f"{name}.jpg")
    return root


def _tlx(shell: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run shell code, in which `tlx` is the command, with nothing but PATH in the environment."""
    start = f'tlx() {{ "{sys.executable}" -m tlx "$@"; }}\n'
    surroundings = {"PATH": "/usr/bin:/bin", **environment}
    command = ["sh", "-c", start + shell]
    return subprocess.run(command, env=surroundings, capture_output=True, check=False)


@posix
@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_without_home_and_in_the_locale_c_names_keep_their_bytes(
    model_file, named, tmp_path, locale
):
    table = tmp_path / "a.csv"
    ran = _tlx(f'tlx classify "{model_file}" "{named}" --csv "{table}"', **locale)
    assert (ran.returncode, ran.stderr) == (0, b"")
    rows = table.read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == sorted(map(str, named.rglob("*.jpg")))


@posix
def test_a_notebooks_way_of_showing_plots_is_not_needed_here(model_file, split_folder, tmp_path):
    """Jupyter tells the commands that are begun in it to draw by a package of its own."""
    ran = _tlx(
        f'tlx eval "{model_file}" "{split_folder / "test"}" --out "{tmp_path / "out"}"',
        MPLBACKEND="module://no_such_package.backend_inline",
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert (tmp_path / "out" / "confusion.png").exists()


@posix
@pytest.mark.parametrize("words", ["classify MODEL DATA --json", "inspect MODEL --markdown"])
def test_closed_outputs_are_nobodys_and_no_error(model_file, split_folder, tmp_path, words):
    """What a library says must not land in a file that got the number of a closed output."""
    words = words.replace("MODEL", f'"{model_file}"').replace("DATA", f'"{split_folder / "test"}"')
    ran = _tlx(f'tlx {words} >&- 2>"{tmp_path / "err"}"; echo $?; tlx {words} <&- 2>&- | wc -l')
    code, lines = map(int, ran.stdout.split())
    assert (code, (tmp_path / "err").read_text()) == (0, "")
    assert lines > 5


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_an_output_that_is_full_is_one_line(model_file, split_folder):
    ran = _tlx(f'tlx classify "{model_file}" "{split_folder / "test"}" >/dev/full')
    assert ran.returncode == 2
    assert ran.stderr == (
        b"tlx: the output: No space left on device; make room there and run the command again\n"
    )


@posix
@pytest.mark.slow
def test_a_reader_that_has_gone_ends_every_command_quietly(
    finished_run, few_pictures, starter, tmp_path
):
    """As `| head -1` does once it has its line."""
    model, run = finished_run / "model.onnx", tmp_path / "run"
    train = f"{few_pictures} --out {run} --weights none --imgsz 32 --epochs 2 -j 0 --json"
    for words in (
        f"classify {model} {few_pictures}",
        f"classify {model} {few_pictures} --json",
        f"eval {model} {few_pictures / 'test'}",
        f"eval {model} {few_pictures / 'test'} --json",
        f"check {few_pictures}",
        f"inspect {finished_run / 'best.pt'}",
        f"train {train}",
    ):
        reader, writer = os.pipe()
        os.close(reader)
        os.set_inheritable(writer, True)
        command = [sys.executable, "-m", "tlx", *words.split()]
        ran = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert ran.returncode == 141, words
        assert b"Traceback" not in ran.stderr, words
        assert b"Exception" not in ran.stderr, words
    assert not list(run.glob(".*"))


GUARD = """
import os
import sys
from pathlib import Path

import tlx
from tlx.cli.main import main

root = str(Path(tlx.__file__).parent)


def guard(event, arguments):
    if event != "open" or not isinstance(arguments[0], str):
        return
    writes = arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes and os.path.abspath(arguments[0]).startswith(root):
        raise PermissionError(13, "Permission denied", arguments[0])


sys.addaudithook(guard)
for words in sys.stdin.read().splitlines():
    sys.argv = ["tlx", *words.split()]
    try:
        main()
    except SystemExit as ended:
        print(words.split()[0], ended.code or 0, file=sys.stderr)
"""


@pytest.mark.slow
def test_nothing_is_written_where_tlx_is_installed(few_pictures, tmp_path):
    run = tmp_path / "run"
    words = [
        f"train {few_pictures} --out {run} --weights none --imgsz 32 --epochs 1 -j 0",
        f"export {run} --legacy-exporter --format onnx,torchscript",
        f"eval {run}/model.onnx {few_pictures}/test --out {tmp_path}/e --report {tmp_path}/r.html",
        f"classify {run}/model.onnx {few_pictures} --csv {tmp_path}/a.csv",
        f"check {few_pictures} --html {tmp_path}/c.html",
    ]
    ran = subprocess.run(
        [sys.executable, "-B", "-c", GUARD],
        input="\n".join(words),
        capture_output=True,
        text=True,
        check=False,
    )
    ended = [line.split() for line in ran.stderr.splitlines() if len(line.split()) == 2]
    assert ended == [[word.split()[0], "0"] for word in words], ran.stderr
