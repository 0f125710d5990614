"""The latency of a model file: how it is measured."""

from tlx.studies.latency import FEWEST, MOST, measure_latency


def test_the_latency_is_the_median_of_some_runs_with_its_threads_told(model_file):
    short = measure_latency(model_file, seconds=0)
    assert short.runs == FEWEST
    assert short.threads >= 1
    found = measure_latency(model_file, seconds=0.05)
    assert FEWEST <= found.runs <= MOST
    assert 0 < found.milliseconds < 1000
