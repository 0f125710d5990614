"""The worker's process as the window sees it, with workers that misbehave."""

import sys

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from tlx.gui.client import Client
from tlx.gui.protocol import Classify, Done, Failed, Hello

WAIT = 60_000


def python(program: str) -> tuple[str, ...]:
    return sys.executable, "-c", program


@pytest.fixture
def lost(qtbot):
    """Give the function that starts a program as a worker and tells how it was lost."""

    def wait(*command: str) -> list[str]:
        client = Client(command)
        with qtbot.waitSignal(client.lost, timeout=WAIT) as signal:
            client.start()
        assert not client.running
        return signal.args

    return wait


def test_a_worker_says_hello_and_ends_when_it_is_asked_to(qtbot):
    client = Client()
    with qtbot.waitSignal(client.answered, timeout=WAIT) as signal:
        client.start()
    assert isinstance(signal.args[0], Hello)
    with qtbot.assertNotEmitted(client.lost):
        client.stop()
    assert not client.running
    client.stop()


def test_a_program_that_is_not_there_is_said_to_be_missing(lost):
    reason, details = lost("/nowhere/tlx", "worker")
    assert (reason, "/nowhere" in details or bool(details)) == (
        "The worker cannot be started",
        True,
    )


def test_what_a_worker_wrote_last_is_kept(lost):
    reason, details = lost(*python("import sys; sys.stderr.write('disk on fire'); sys.exit(3)"))
    assert (reason, details) == ("The worker stopped unexpectedly", "disk on fire")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_signal_is_named(lost):
    assert lost(*python("import os; os.kill(os.getpid(), 9)"))[1] == "signal 9"


def test_a_line_that_is_no_answer_loses_the_worker(lost):
    reason, details = lost(*python("print('hello there', flush=True); input()"))
    assert "not understood" in reason
    assert "not a line of JSON" in details


def test_a_worker_that_does_not_listen_is_killed(qtbot):
    client = Client(python("import time; print(flush=True, end=''); time.sleep(60)"))
    client.start()
    qtbot.waitUntil(lambda: client.process_id > 0, timeout=WAIT)
    client.stop()
    assert not client.running


def test_thousands_of_answers_all_come_in_order(qtbot):
    program = (
        "import json\n"
        "done = {'kind': 'done', 'rows': 1, 'seconds': 0.5}\n"
        "for number in range(5000): print(json.dumps(done | {'id': number}))\n"
        "print(json.dumps({'kind': 'failed', 'error': 'end', 'id': None}), flush=True)\n"
        "input()"
    )
    client, seen = Client(python(program)), []
    client.answered.connect(seen.append)
    client.start()
    qtbot.waitUntil(lambda: bool(seen) and isinstance(seen[-1], Failed), timeout=WAIT)
    assert seen[:-1] == [Done(number, 1, 0.5) for number in range(5000)]
    client.stop()


def test_sending_without_a_worker_does_nothing(qtbot):
    client = Client()
    client.send(Classify(1, ("a",)))
    assert client.process_id == 0
