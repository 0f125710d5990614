"""What is said of a loss that the pictures do not tell from the gate."""

from dataclasses import replace

import numpy as np
import pytest

from tlx.evaluation.paired import PairedDifference, compare_accuracy
from tlx.export import int8_search
from tlx.export.quantized_file import notes_on
from tlx.export.quantized_score import QuantizedScore
from tlx.export.speed import Speedup
from tlx.export.trial import Gates, Trial, not_told_text
from tlx.export.trial_table import trials_to_json


def trial(difference: PairedDifference, limit: float) -> Trial:
    score = QuantizedScore(
        difference=difference,
        agreement=1.0,
        clear_pictures=1,
        clear_agreement=1.0,
        mean_probability_difference=0.0,
        max_probability_difference=0.0,
    )
    return Trial("int8", "a recipe", (), 1, 4, score, None, Gates(limit, faster=False))


def compared(only_first: int, only_second: int) -> PairedDifference:
    """Compare two models on 3000 pictures, of which so many are answered right by one alone."""
    first, second = np.arange(3000) < 2000, np.arange(3000) < 2000
    first[2000 : 2000 + only_first] = True
    second[2500 : 2500 + only_second] = True
    return compare_accuracy(first, second)


@pytest.mark.parametrize(
    ("counts", "limit", "said"),
    [
        ((10, 10), 0.0, "within 0 points; no number would, if the true loss is as measured"),
        ((15, 0), 0.005, "within 0.5 points; no number would, if the true loss is as measured"),
        ((16, 2), 0.005, "within 0.5 points; about 222,"),
        ((0, 2), 0.0, "within 0 points; about "),
    ],
)
def test_the_number_of_pictures_that_would_tell_is_said_or_that_none_would(counts, limit, said):
    one = trial(compared(*counts), limit)
    assert one.passed
    assert not one.told
    text = not_told_text(one)
    assert text.startswith(f"3000 validation pictures do not tell whether the true loss is {said}")


def test_without_an_interval_there_is_no_number():
    one = trial(PairedDifference("mean average precision", 5, 0.5, 0.5, None), 0.01)
    assert not one.told
    assert not_told_text(one).endswith("1 points: no interval can be computed from them")


@pytest.mark.parametrize(
    ("agreement", "clear", "said"),
    [
        (0.974, 0.999, "same answer as the float file on 97.4% of the pictures, below 98%: "),
        (0.985, 0.981, "on 98.1% of the pictures on which that is clear, below 99%: "),
    ],
)
def test_a_file_that_often_answers_otherwise_is_said_to_at_export_and_in_the_table(
    agreement, clear, said
):
    one = trial(compared(0, 0), 0.1)
    one = replace(one, score=replace(one.score, agreement=agreement, clear_agreement=clear))
    (note,) = notes_on(one)
    assert said in note
    (row,) = trials_to_json([one], one)
    assert row["notes"] == [note]
    near = replace(one, score=replace(one.score, agreement=0.98, clear_agreement=0.99))
    assert notes_on(near) == ()


def test_a_speed_that_was_measured_on_a_busy_machine_is_said_to_be():
    speed = Speedup(8.0, 2.0, 4.0, (3.0, 5.0), 15, 2, "a processor", others=1.26)
    one = replace(trial(compared(0, 0), 0.1), speed=speed)
    (note,) = notes_on(one)
    assert note.startswith("its speed was measured while other programs kept 1.3 of the 2 cores")
    assert note.endswith("the ratio may be far off; measure again with tlx bench")
    (row,) = trials_to_json([one], one)
    assert (row["notes"], row["speed"]["others"]) == ([note], 1.26)
    for others in (0.49, None):
        assert notes_on(replace(one, speed=replace(speed, others=others))) == ()


@pytest.mark.parametrize(
    ("rows", "kept"),
    [  # agreement, difference in probability, times as fast, half the interval's width
        ([(0.988, 0.002, 2.5, 0.1), (0.997, 0.003, 2.5, 0.1)], 1),  # the same labels come first
        ([(0.975, 0.001, 2.5, 0.1), (0.985, 0.003, 2.5, 0.1)], 1),
        ([(0.992, 0.003, 2.5, 0.1), (0.997, 0.002, 2.5, 0.1)], 1),
        ([(0.997, 0.002, 2.0, 0.1), (0.988, 0.003, 2.6, 0.1)], 1),  # too slow
        ([(0.997, 0.002, 2.0, 0.5), (0.988, 0.003, 2.6, 0.1)], 0),  # not told to be
    ],
)
def test_of_files_as_fast_one_that_gives_the_same_labels_is_kept(rows, kept):
    plain = trial(compared(0, 0), 0.01)
    trials = [
        replace(
            plain,
            score=replace(plain.score, agreement=same, mean_probability_difference=far),
            speed=Speedup(
                10, 10 / ratio, ratio, (ratio - wide, ratio + wide), 15, 2, "a processor"
            ),
        )
        for same, far, ratio, wide in rows
    ]
    assert int8_search._best(trials) is trials[kept]
