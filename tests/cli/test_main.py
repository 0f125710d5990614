"""The command as a whole: help, wrong usage, and every way in which it can end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tlx.cli import inspect

COMMANDS = (
    *("train", "adopt", "export", "verify", "eval", "classify", "inspect", "bench", "check"),
    *("compare", "demo", "weights", "worker", "gui"),
)
HEAVY = {"numpy", "torch", "torchvision", "onnx", "onnxruntime", "PIL", "sklearn", "matplotlib"}


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_command(run_tlx, option):
    ran = run_tlx(option)
    assert (ran.code, ran.err) == (0, "")
    assert all(re.search(rf"^\W*{command}\b", ran.out, re.MULTILINE) for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(run_tlx, command):
    long, short = run_tlx(command, "--help"), run_tlx(command, "-h")
    assert long == short
    assert (long.code, long.err) == (0, "")
    assert f"Usage: tlx {command}" in long.out


def test_nothing_typed_shows_the_help_and_counts_as_wrong_usage(run_tlx):
    ran = run_tlx()
    assert (ran.code, ran.err) == (2, "")
    assert ran.out.strip() == run_tlx("--help").out.strip()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["teach"], "'teach'"),
        (["--colour"], "--colour"),
        (["classify"], "tlx classify --help"),
        (["classify", "model.onnx"], "no pictures are given; name files"),
        (["classify", "model.onnx", "a.jpg", "--topk", "0"], "'--topk'"),
        (["classify", "model.onnx", "a.jpg", "--topk", "many"], "'--topk'"),
        (["classify", "model.onnx", "a.jpg", "--best"], "--best"),
        (["eval"], "tlx eval --help"),
        (["export"], "tlx export --help"),
        (["export", "run", "another"], "another"),
        (["inspect"], "tlx inspect --help"),
        (["train", "data", "--epochs", "2.5"], "'--epochs'"),
        (["train", "data", "--epochs"], "; tlx train --help"),
        (["weights", "path", "--bogus"], "; tlx weights path --help"),
        (["classfy"], "Did you mean 'classify'? tlx --help"),
        (["demo", "folder"], "folder"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it(run_tlx, arguments, named):
    assert named in run_tlx(*arguments).error


def test_wrong_usage_is_one_line_in_a_process_of_its_own(tlx_process):
    assert "'teach'" in tlx_process("teach").error


def raise_in_inspect(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(_file: Path, _card: Path | None) -> None:
        raise error

    monkeypatch.setattr(inspect, "_describe", fail)


def test_an_interruption_is_one_line_and_130(run_tlx, monkeypatch):
    raise_in_inspect(monkeypatch, KeyboardInterrupt())
    ran = run_tlx("inspect", "model.onnx")
    assert (ran.code, ran.out, ran.failure) == (130, "", "tlx: interrupted\n")


def test_an_unexpected_exception_is_one_line_and_70(run_tlx, monkeypatch):
    raise_in_inspect(monkeypatch, ZeroDivisionError("first\nsecond"))
    ran = run_tlx("inspect", "model.onnx")
    assert (ran.code, ran.out) == (70, "")
    assert "unexpected ZeroDivisionError: first second" in ran.failure
    assert "TLX_TRACEBACK=1" in ran.failure


@pytest.mark.parametrize("error", [ZeroDivisionError, FileExistsError])
def test_tlx_traceback_lets_the_exception_through(monkeypatch, error):
    from tlx.cli.main import main

    raise_in_inspect(monkeypatch, error("planted"))
    monkeypatch.setattr(sys, "argv", ["tlx", "inspect", "model.onnx"])
    monkeypatch.setenv("TLX_TRACEBACK", "1")
    with pytest.raises(error, match="planted"):
        main()


def test_what_the_system_refuses_is_no_bug_of_tlx(run_tlx, monkeypatch):
    raise_in_inspect(monkeypatch, OSError(28, "No space left on device", "out/model.onnx"))
    error = run_tlx("inspect", "model.onnx").error
    step = "make room there and run the command again"
    assert error == f"tlx: out/model.onnx: No space left on device; {step}\n"


def test_an_error_stays_one_line_whatever_the_files_name(run_tlx):
    error = run_tlx("inspect", "first\nsecond\x1b[31m  end.onnx").error
    assert "\x1b" not in error
    assert r"\x1b[31m  end.onnx: no such file" in error


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_reader_that_goes_away_ends_the_command_without_a_word(journey, tlx_process, option):
    reader, writer = os.pipe()
    os.close(reader)
    pictures = [journey.run / "model.onnx", journey.data / "test"]
    done = tlx_process("classify", *pictures, *option, stdout=writer)
    os.close(writer)
    assert (done.code, done.err) == (141, "")


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["classify", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    command = [sys.executable, "-X", "importtime", "-m", "tlx", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if "|" in line}
    assert "tlx.cli.main" in imported
    assert not {name.split(".")[0] for name in imported} & HEAVY


def test_the_shell_completes_commands_and_options(run_tlx, monkeypatch):
    monkeypatch.setenv("_TLX_COMPLETE", "complete_bash")
    for typed, words in {
        "tlx ": COMMANDS,
        "tlx e": ("export", "eval"),
        "tlx t": ("train",),
    }.items():
        monkeypatch.setenv("COMP_WORDS", typed)
        monkeypatch.setenv("COMP_CWORD", "1")
        assert set(run_tlx().out.split()) == set(words)
    monkeypatch.setenv("COMP_WORDS", "tlx train --fr")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert run_tlx().out.split() == ["--freeze"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_asks_the_command_back(run_tlx, monkeypatch, shell):
    monkeypatch.setenv("_TLX_COMPLETE", f"source_{shell}")
    ran = run_tlx()
    assert ran.code == 0
    assert f"_TLX_COMPLETE=complete_{shell}" in ran.out
