"""Generators of events run to their end."""

from collections.abc import Generator

from tlx.inference.events import finish


def counting() -> Generator[int, None, str]:
    yield 1
    yield 2
    return "done"


def test_the_result_is_given_and_each_event_shown_in_order():
    shown: list[int] = []
    assert finish(counting(), shown.append) == "done"
    assert shown == [1, 2]
    assert finish(counting()) == "done"
