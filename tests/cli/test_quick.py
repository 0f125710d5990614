"""The quick way of `tlx classify`: the plainest words only, and the same answers to the byte."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tlx.cli.quick import FEW, QuickWords, quick_classify, read_words


@pytest.fixture
def pictures(split_folder: Path) -> list[str]:
    return [str(path) for path in sorted((split_folder / "test").glob("*/000.jpg"))]


def test_a_model_file_and_pictures_are_understood(model_file, pictures):
    model = str(model_file)
    assert read_words([model, *pictures]) == QuickWords(model, tuple(pictures))
    words = ["--json", model, pictures[0], "--topk", "2"]
    assert read_words(words) == QuickWords(model, (pictures[0],), 2, as_json=True)


@pytest.mark.parametrize(
    "more",
    [
        "--help",
        "--csv a.csv",
        "--topk",
        "--topk 0",
        pytest.param(f"--topk {'9' * 5000}", id="5000 digits"),
        "--topk -1",
        "--topk=2",
        "--jso",
    ],
)
def test_whatever_is_not_plain_is_left_to_the_command(model_file, pictures, more):
    assert read_words([str(model_file), pictures[0], *more.split()]) is None


@pytest.mark.parametrize("place", ["-", "nowhere.jpg", "*.jpg", "."])
def test_whatever_is_no_file_is_left_to_the_command(model_file, pictures, place):
    assert read_words([str(model_file), pictures[0], place]) is None


def test_no_picture_and_many_pictures_are_left_to_the_command(model_file, pictures):
    assert read_words([]) is None
    assert read_words([str(model_file)]) is None
    assert read_words([str(model_file), *pictures[:1] * (FEW + 1)]) is None


@pytest.mark.parametrize("options", [[], ["--json"], ["--topk", "1"], ["--json", "--topk", "2"]])
def test_it_shows_what_the_command_shows(model_file, pictures, run_tlx, capsys, options):
    words = [str(model_file), *pictures, *options]
    assert quick_classify(words)
    assert capsys.readouterr().out == run_tlx("classify", *words).out


def test_it_shows_nothing_where_something_is_wrong(model_file, pictures, tmp_path, capsys):
    bad = tmp_path / "bad.jpg"
    bad.write_text("no picture")
    assert not quick_classify([str(model_file), pictures[0], str(bad)])
    assert not quick_classify([str(bad), pictures[0]])
    assert capsys.readouterr() == ("", "")


def test_a_cold_start_imports_neither_front_end_nor_what_only_training_needs(model_file, pictures):
    program = (
        "import json, sys\n"
        f"sys.argv = ['tlx', 'classify', {str(model_file)!r}, {pictures[0]!r}, '--json']\n"
        "from tlx.cli.start import main\n"
        "main()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    answer, loaded = map(json.loads, done.stdout.splitlines())
    assert answer["path"] == pictures[0]
    assert "onnxruntime" in loaded
    assert not {*loaded} & {"typer", "rich", "pydantic", "pandas", "sklearn", "matplotlib", "torch"}
