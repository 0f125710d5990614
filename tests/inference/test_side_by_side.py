"""Work by threads: in order, bounded, and given up when nobody wants more."""

import threading
import time
from itertools import count, islice

import pytest

from tlx.inference.side_by_side import chunks, in_order


def test_results_come_in_the_order_of_the_items_though_later_ones_are_done_first():
    def work(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number

    assert list(in_order(work, range(20), 4, 8)) == list(range(20))


def test_threads_work_at_the_same_time():
    both = threading.Barrier(2, timeout=10)
    assert list(in_order(lambda number: both.wait() >= 0, range(4), 2, 4)) == [True] * 4


def test_items_are_read_only_as_far_ahead_as_allowed():
    source = count()
    results = in_order(lambda number: number, source, 2, 5)
    assert list(islice(results, 10)) == list(range(10))
    results.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert next(source) == 10 + 5


def test_what_is_not_begun_when_nobody_wants_more_is_left():
    done: list[int] = []

    def work(number: int) -> int:
        done.append(number)
        time.sleep(0.05)
        return number

    results = in_order(work, range(100), 1, 50)
    assert next(results) == 0
    results.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(done) <= 3


def test_an_error_of_the_work_comes_where_its_result_would():
    results = in_order(lambda number: 1 // number, [1, 1, 0, 1], 2, 4)
    assert list(islice(results, 2)) == [1, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_items_are_cut_into_lists_of_a_size():
    assert list(chunks(iter("abcde"), 2)) == [["a", "b"], ["c", "d"], ["e"]]
    assert list(chunks([], 2)) == []
