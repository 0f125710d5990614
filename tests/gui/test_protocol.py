"""Messages between the window and the worker."""

from dataclasses import asdict

import pytest

from tlx.gui import protocol
from tlx.gui.scoring_messages import AtThreshold, ScoredRow
from tlx.inference.strict_json import UnexpectedJsonError

ROWS = (
    protocol.Row("a.jpg", (protocol.Ranked("cat", 0.1 + 0.2),), None),
    protocol.Row("c.jpg", (protocol.Ranked("cat", 0.5),), None, True, 7.25),
    protocol.Row("b\udcff.jpg", (), "empty file (0 bytes)", labels=()),
)
ANSWERS = [
    protocol.Hello(1, "0.1.0"),
    protocol.Loaded(1, "m.onnx", 5, "ab", 18, True, {"labels": ["a"]}, "CPU", 2, 0.5),
    protocol.Classified(2, 8, ROWS),
    protocol.Done(2, 9, 1.5),
    protocol.Cancelled(2, 8),
    protocol.Explained(3, "a.jpg", "cat", ((1.0, 2.5), (0.0, -1.0)), (0.0, 0.1, 1.0, 0.9)),
    protocol.Measured(4, 12.5, 10, 2),
    protocol.Progressed(5, 8, 20, 0.25),
    protocol.Scored(5, 0, (ScoredRow("a.jpg", ("cat",), ("dog",), "dog", 0.1 + 0.2, False, True),)),
    protocol.Evaluated(
        5,
        {"accuracy": 0.5, "confusion": [[1, 0], [0, 1]]},
        (AtThreshold(0.5, 2, 1.0, 0.5, (0.1, 0.9)), AtThreshold(1.0, 0, 0.0, None, None)),
    ),
    protocol.Compared(6, {"agreement": 1.0, "difference": None}),
    protocol.Written(7, "report.html"),
    protocol.Failed("no", None),
]
REQUESTS = [
    protocol.Load(1, "m.onnx"),
    protocol.Classify(2, ("a.jpg", "b\udcff.jpg")),
    protocol.ClassifyBytes(3, "pasted", "aGk="),
    protocol.Explain(4, "a.jpg", "cat"),
    protocol.Measure(5),
    protocol.Evaluate(6, "data"),
    protocol.Evaluate(6, "data.csv", "root", "test", 3),
    protocol.Compare(7, "b.onnx", "data", truth=False),
    protocol.WriteReport(8, 6, "report.html"),
    protocol.Cancel(2),
    protocol.Quit(),
]


@pytest.mark.parametrize("message", ANSWERS, ids=lambda message: type(message).__name__)
def test_an_answer_comes_back_as_it_was(message):
    assert protocol.decode_answer(protocol.encode(message)) == message


@pytest.mark.parametrize("message", REQUESTS, ids=lambda message: type(message).__name__)
def test_a_request_comes_back_as_it_was(message):
    line = protocol.encode(message)
    assert line.endswith(b"\n")
    assert line.isascii()
    assert protocol.decode_request(line) == message


def test_every_kind_of_message_is_tried_here():
    assert {type(message) for message in ANSWERS} == set(protocol.ANSWERS.values())
    assert {type(message) for message in REQUESTS} == set(protocol.REQUESTS.values())


def test_an_answer_is_no_request():
    with pytest.raises(UnexpectedJsonError, match="kind 'done' is not one of load"):
        protocol.decode_request(protocol.encode(protocol.Done(1, 1, 0.0)))


def test_a_number_that_json_does_not_have_is_not_written():
    with pytest.raises(ValueError, match="JSON compliant"):
        protocol.encode(protocol.Measured(1, float("nan"), 1, 1))
    assert asdict(protocol.Measured(1, 1.0, 1, 1))["milliseconds"] == 1.0
