"""Ctrl-C is taken between two events, once it is pressed twice at once."""

import os
import signal
import sys
import threading

import pytest

from tlx.cli.interruption import Interruption


@pytest.fixture(autouse=True)
def _as_in_a_shell(monkeypatch):
    for module, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(module, name, getattr(module, f"__{name}__"))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_nothing_is_raised_before_the_check():
    with Interruption() as interruption:
        interruption.check()
        press()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def test_a_second_one_is_raised_at_once():
    with Interruption():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()


def test_it_is_as_before_afterwards():
    with Interruption():
        pass
    with pytest.raises(KeyboardInterrupt):
        press()


def test_what_ignores_it_goes_on_ignoring_it():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Interruption() as interruption:
        press()
        interruption.check()


def test_one_swallowed_by_python_is_not_lost():
    class Swallowing:
        def __del__(self) -> None:
            press()

    with Interruption() as interruption:
        thing = Swallowing()
        del thing
        with pytest.raises(KeyboardInterrupt):
            interruption.check()


def _fail() -> None:
    raise ConnectionResetError("a process that decoded pictures is gone")


class _Failing:
    def __del__(self) -> None:
        raise KeyboardInterrupt


def _tear_down() -> None:
    thread = threading.Thread(target=_fail)
    thread.start()
    thread.join()
    _Failing()


def test_what_is_torn_down_says_nothing_once_it_is_raised(capsys):
    with Interruption() as interruption:
        _tear_down()
        assert capsys.readouterr().err.count("Traceback") == 2
        press()
        with pytest.raises(KeyboardInterrupt):
            interruption.check()
        _tear_down()
    assert capsys.readouterr().err == ""
