"""One Classifier that many threads use at once."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tlx
from tlx.errors import PictureError

THREADS = 16


@pytest.fixture
def pictures(split_folder, tmp_path):
    """Good pictures, and two that cannot be read."""
    cut = tmp_path / "cut.jpg"
    good = sorted((split_folder / "test").rglob("*.jpg"))
    cut.write_bytes(good[0].read_bytes()[:200])
    return [*good, cut, tmp_path / "missing.jpg"]


def _answer(classifier, path):
    try:
        found = classifier.classify(path)
    except PictureError as error:
        return str(error)
    return found.label, found.logits.tobytes(), found.probability


def test_sixteen_threads_get_the_answers_of_one(model_file, pictures):
    classifier = tlx.Classifier(model_file)
    expected = [_answer(classifier, path) for path in pictures]
    chance = np.random.default_rng(0)
    orders = [chance.permutation(len(pictures)) for _ in range(THREADS)]

    def work(order):
        return {int(place): _answer(classifier, pictures[place]) for place in order}

    with ThreadPoolExecutor(THREADS) as threads:
        for answers in threads.map(work, orders):
            assert [answers[place] for place in range(len(pictures))] == expected
    assert sum(isinstance(answer, str) for answer in expected) == 2


def test_sixteen_threads_get_whole_batches_in_order(model_file, pictures):
    classifier = tlx.Classifier(model_file)

    def work(_number):
        return [
            (one.path, one.error, one.prediction and one.prediction.logits.tobytes())
            for one in classifier.classify_files(pictures)
        ]

    expected = work(0)
    with ThreadPoolExecutor(THREADS) as threads:
        assert list(threads.map(work, range(THREADS))) == [expected] * THREADS
