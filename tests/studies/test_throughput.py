"""The search for the threads and the batch that answer soonest and most."""

from collections import defaultdict

import pytest

from tlx.inference.events import finish
from tlx.studies import throughput
from tlx.studies.throughput import BATCHES, find_best_answers, thread_counts


@pytest.mark.parametrize(
    ("cores", "counts"),
    [(1, [1]), (2, [1, 2]), (4, [1, 2, 4]), (6, [1, 2, 3, 4, 6]), (12, [1, 2, 4, 6, 8, 12])],
)
def test_powers_of_two_half_of_the_cores_and_all_are_tried(cores, counts):
    assert thread_counts(cores) == counts


@pytest.fixture
def made_up(monkeypatch):
    """Sessions that take made-up seconds a picture: by name, threads and batch, 1 by default.

    The value of a setting is a list: of the search, and of the measurement after it.
    """
    seconds: dict = defaultdict(lambda: [1.0])

    def answering(session, batch):
        taken = seconds[(*session, batch)]
        now = taken.pop(0) if len(taken) > 1 else taken[0]
        return lambda _number: (now * batch,)

    monkeypatch.setattr(throughput, "ModelSession", lambda model, threads: (model, threads))
    monkeypatch.setattr(throughput, "answering", answering)
    return seconds


def settings(best) -> list:
    return [(row.threads, row.batch) for row in best.tried]


def test_each_file_gets_its_own_best_threads_and_batch(made_up):
    made_up["a", 1, 4] = made_up["b", 2, 1] = [0.5]
    made_up["a", 2, 1] = [0.9]
    a, b = finish(find_best_answers(["a", "b"], [1, 2], 0))
    assert (a.latency_threads, a.throughput.threads, a.throughput.batch) == (2, 1, 4)
    assert a.throughput.pictures_per_second == pytest.approx(2)
    assert a.latency_times.mean() == pytest.approx(0.9)
    assert (b.latency_threads, b.throughput.threads, b.throughput.batch) == (2, 2, 1)
    assert b.throughput_times.mean() == pytest.approx(0.5)


def test_batches_grow_as_long_as_one_of_the_files_gains(made_up):
    made_up["a", 1, 4], made_up["a", 1, 8] = [0.5], [0.49]
    a, b = finish(find_best_answers(["a", "b"], [1, 2], 0))
    assert settings(a) == settings(b) == [(1, 1), (1, 4), (1, 8), (2, 1), (2, 4)]
    made_up.clear()
    for rank, batch in enumerate(BATCHES):
        made_up["b", 1, batch] = [1 / (1 + rank)]
    a, _ = finish(find_best_answers(["a", "b"], [1], 0))
    assert settings(a) == [(1, batch) for batch in BATCHES]


def test_the_result_is_measured_again_and_not_the_searchs_lucky_figure(made_up):
    made_up["a", 1, 4] = [0.1, 0.8]
    (a,) = finish(find_best_answers(["a"], [1], 0))
    assert a.throughput.batch == 4
    assert a.throughput.pictures_per_second == pytest.approx(1.25)
    assert max(row.pictures_per_second for row in a.tried) == pytest.approx(10)


def test_a_real_file_is_searched(model_file):
    (found,) = finish(find_best_answers([model_file], [1], 0.01))
    assert settings(found)[:2] == [(1, 1), (1, 4)]
    assert found.throughput.batch in BATCHES
    assert found.throughput.pictures_per_second > 0
    assert found.latency_times.size >= 30
