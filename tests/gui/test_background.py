"""Jobs in a thread: in order, forgotten when not wanted, and never in the way of the end."""

import threading

from tlx.gui.background import Background


def test_jobs_are_done_in_order_and_waited_for():
    background, done = Background(), []
    for number in range(50):
        background.start(lambda number=number: done.append(number))
    assert background.wait()
    assert done == list(range(50))
    background.start(lambda: done.append("later"))
    assert background.wait()
    assert done[-1] == "later"


def test_those_that_wait_can_be_forgotten_and_a_long_one_is_not_waited_for_for_ever():
    background, begun, go, done = Background(), threading.Event(), threading.Event(), []
    background.start(lambda: (begun.set(), go.wait()))
    assert begun.wait(60)
    background.start(lambda: done.append("forgotten"))
    background.clear()
    assert not background.wait(0.01)
    go.set()
    assert background.wait(60)
    assert done == []


def test_after_a_job_that_fails_others_are_done(monkeypatch):
    background, done, failed = Background(), [], []
    monkeypatch.setattr(threading, "excepthook", failed.append)
    background.start(lambda: 1 / 0)
    assert background.wait(60)
    background.start(lambda: done.append(1))
    assert background.wait(60)
    assert done == [1]
    assert [one.exc_type for one in failed] == [ZeroDivisionError]
