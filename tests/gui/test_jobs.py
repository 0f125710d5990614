"""Which request an answer belongs to."""

from tlx.gui.jobs import Jobs
from tlx.gui.protocol import Classified, Done, Row

ROWS = tuple(Row(name, (), "bad") for name in "abc")


def test_rows_go_to_the_pictures_that_were_asked_for():
    jobs = Jobs()
    jobs.begin(1, [5, 7, 9, 11])
    jobs.begin(2, [3])
    assert jobs.busy == {3, 5, 7, 9, 11}
    assert [index for index, _ in jobs.answered(Classified(1, 1, ROWS))] == [7, 9, 11]
    assert jobs.answered(Classified(2, 0, ROWS[:1])) == [(3, ROWS[0])]


def test_answers_to_what_was_given_up_are_nobody_s():
    jobs = Jobs()
    jobs.begin(1, [0])
    assert jobs.clear() == [1]
    assert not jobs
    assert jobs.answered(Classified(1, 0, ROWS[:1])) == []


def test_the_time_for_a_picture_is_that_since_there_was_nothing_to_do():
    jobs = Jobs()
    jobs.begin(1, [0, 1])
    jobs.begin(2, [2, 3])
    jobs.end(Done(1, 2, 1.0))
    assert jobs.seconds_each == 0.5
    jobs.end(Done(2, 2, 3.0))
    assert jobs.seconds_each == 1.0
    jobs.begin(3, [4])
    assert jobs.seconds_each is None


def test_only_a_request_that_is_held_can_fail():
    jobs = Jobs()
    jobs.begin(1, [0])
    assert not jobs.drop(2)
    assert jobs.drop(1)
    assert not jobs
