"""The latency of a model file: how it is measured."""

from dataclasses import replace

from tlx.inference.session import ModelSession
from tlx.studies.latency import FEWEST, answering, measure_latency


def test_the_latency_is_the_median_of_some_runs_with_its_threads_told(model_file):
    short = measure_latency(model_file, seconds=0)
    assert short.runs == FEWEST
    assert short.threads >= 1
    found = measure_latency(model_file, seconds=0.05)
    assert found.runs >= FEWEST
    assert 0 < found.milliseconds < 1000


def test_the_session_gets_a_batch_of_the_size_asked_for(model_file, monkeypatch):
    session = ModelSession(model_file, 1)
    shapes: list = []
    monkeypatch.setattr(session, "scores", lambda images: shapes.append(images.shape))
    for batch in (1, 5):
        (seconds,) = answering(session, batch)(0)
        assert seconds > 0
    assert shapes == [(1, 32, 32, 3), (5, 32, 32, 3)]


def test_a_graph_that_resizes_gets_pictures_that_it_has_to_resize(model_file, monkeypatch):
    session = ModelSession(model_file, 1)
    monkeypatch.setattr(session, "card", replace(session.card, input="uint8-any-size"))
    shapes: list = []
    monkeypatch.setattr(session, "scores", lambda images: shapes.append(images.shape))
    answering(session, 2)(0)
    assert shapes == [(2, 480, 640, 3)]
