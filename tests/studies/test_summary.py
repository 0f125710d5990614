"""The summary claims what the numbers bear, and says so where they bear nothing."""

from dataclasses import replace

import pytest

from tlx.studies.comparison_table import build_table
from tlx.studies.contrast import Scores, compare_scores
from tlx.studies.summary import summarise, write_summary

PRETRAINED = ["freeze=backbone,none", "weights=imagenet,none"]


def lines(study) -> list[str]:
    return summarise(study.study.grid.variations, build_table(study))


def line(study, begin: str) -> str:
    (found,) = [text for text in lines(study) if text.startswith(begin)]
    return found


def test_a_difference_beyond_the_noise_is_told_with_its_size(make_study):
    study = make_study(
        ["freeze=none,backbone"],
        {"freeze=none": [0.80, 0.81, 0.82], "freeze=backbone": [0.60, 0.61, 0.62]},
    )
    found = line(study, "Only the head learning (freeze=backbone) against fine-tuning everything")
    assert "test accuracy 61.0% against 81.0%, 20.0 points worse, noise " in found
    assert "do not tell them apart" not in found


def test_a_difference_within_the_binomial_noise_is_not_claimed(make_study):
    study = make_study(
        ["freeze=none,backbone"],
        {"freeze=none": [0.8], "freeze=backbone": [0.7]},
        pictures=50,
    )
    found = line(study, "Only the head learning")
    assert "the difference of 10.0 is within the noise of" in found
    assert "the data do not tell them apart" in found
    assert "better" not in found and "worse" not in found


def test_a_difference_within_the_spread_over_seeds_is_not_claimed(make_study):
    study = make_study(
        ["dropout=0,0.5"], {"dropout=0": [0.5, 0.9], "dropout=0.5": [0.6, 0.95]}, pictures=100_000
    )
    assert "the data do not tell them apart" in line(study, "dropout=0.5 against dropout=0:")


def test_the_noise_is_the_binomial_one_for_single_seeds():
    found = compare_scores([(Scores((0.9,), 96), Scores((0.5,), 96))])
    one, other = (0.9 * 96 + 2) / 100, (0.5 * 96 + 2) / 100
    variance = one * (1 - one) / 100 + other * (1 - other) / 100
    assert found.noise == pytest.approx(1.96 * variance**0.5)
    assert found.size == pytest.approx(0.4)


def test_the_noise_of_many_pictures_is_that_of_the_seeds_with_students_factor():
    many = 10**12
    found = compare_scores([(Scores((0.5, 0.7), many), Scores((0.4, 0.4), many))])
    assert found.noise == pytest.approx(4.302653 * (0.02 / 2) ** 0.5, rel=1e-4)  # 2 degrees


def test_more_pairs_lessen_the_noise_of_seeds_but_not_that_of_pictures():
    pair = (Scores((0.5, 0.7), 100), Scores((0.4, 0.4), 100))
    single = (Scores((0.5,), 100), Scores((0.4,), 100))
    assert compare_scores([pair] * 4).noise < compare_scores([pair]).noise
    assert compare_scores([single] * 4).noise == pytest.approx(compare_scores([single]).noise)


def test_an_all_right_score_is_not_without_noise():
    assert compare_scores([(Scores((1.0,), 20), Scores((1.0,), 20))]).noise > 0.05


def test_pretrained_is_held_against_nothing_frozen_and_fine_tuned(make_study):
    study = make_study(
        PRETRAINED,
        {
            "freeze=backbone,weights=imagenet": [0.7, 0.7],
            "freeze=none,weights=imagenet": [0.8, 0.8],
            "freeze=none,weights=none": [0.3, 0.3],
        },
    )
    begin = "Pretrained weights (weights=imagenet, freeze={}) against training from nothing"
    assert "70.0% against 30.0%, 40.0 points better" in line(study, begin.format("backbone"))
    fine = line(study, begin.format("none"))
    assert "80.0% against 30.0%, 50.0 points better" in fine
    assert "At equal time (1 s of training): validation accuracy 80.0% against 30.0%" in fine
    freezing = line(study, "Only the head learning (freeze=backbone)")
    assert "70.0% against 80.0%" in freezing


def test_equal_time_is_that_of_the_two_compared_and_may_turn_the_verdict(make_study, make_result):
    study = make_study(["freeze=none,backbone"], {"freeze=none": [0.9], "freeze=backbone": [0.8]})
    results = (
        make_result("freeze=none", 0, (0.4, 0.9), test=0.9, epoch_seconds=10),
        make_result("freeze=backbone", 0, (0.6, 0.7, 0.8), test=0.8, epoch_seconds=4),
    )
    found = line(replace(study, results=results), "Only the head")
    assert "80.0% against 90.0%, 10.0 points worse" in found
    assert "At equal time (12 s of training): validation accuracy 80.0% against 40.0%" in found
    assert "40.0 points better" in found
    assert "An epoch took 4 s against 10 s" in found


def test_where_no_epoch_fits_the_equal_time_that_is_said(make_study, make_result):
    study = make_study(["freeze=none,backbone"], {"freeze=none": [0.9], "freeze=backbone": [0.8]})
    results = (
        make_result("freeze=none", 0, (0.9,), epoch_seconds=10),
        make_result("freeze=backbone", 0, (0.8,), epoch_seconds=1),
    )
    found = line(replace(study, results=results), "Only the head")
    assert "In equal time (1 s) not every training had an epoch done." in found


def test_cells_are_paired_with_those_that_differ_in_nothing_else(make_study):
    study = make_study(
        ["optimizer=adamw,sgd", "dropout=0,0.5"],
        {
            "optimizer=adamw,dropout=0": [0.9],
            "optimizer=sgd,dropout=0": [0.8],
            "optimizer=adamw,dropout=0.5": [0.6],
            "optimizer=sgd,dropout=0.5": [0.3],
        },
    )
    found = line(study, "optimizer=sgd against optimizer=adamw")
    assert "(2 pairs of cells): test accuracy 55.0% against 75.0%, 20.0 points worse" in found
    assert "By pair it goes from -30.0 to -10.0 points." in found


def test_a_cell_without_its_partner_is_left_out(make_study):
    study = make_study(["dropout=0,0.5,0.9"], {"dropout=0": [0.9], "dropout=0.9": [0.5]})
    assert len([text for text in lines(study) if " against dropout=0" in text]) == 1


def test_single_seeds_and_many_comparisons_are_warned_of(make_study):
    tests = {f"dropout={value}": [0.5] for value in ("0", "0.2", "0.5")}
    text = "\n".join(lines(make_study(["dropout=0,0.2,0.5"], tests)))
    assert "3 cells with a single seed each" in text
    assert "give --seeds 3 or more" in text
    assert "Of 2 such comparisons" in text
    repeated = make_study(["dropout=0,0.2"], {f"dropout={v}": [0.5] * 3 for v in ("0", "0.2")})
    text = "\n".join(lines(repeated))
    assert "2 cells with 3 seeds each" in text
    assert "single seed" not in text and "such comparisons" not in text


def test_without_test_pictures_the_summary_says_that_validation_flatters(make_study, make_result):
    study = make_study(["dropout=0,0.5"], {"dropout=0": [0.5], "dropout=0.5": [0.5]})
    results = tuple(replace(result, test=None) for result in study.results)
    text = "\n".join(lines(replace(study, results=results)))
    assert "validation accuracy 50.0% against 50.0%" in text
    assert "which chose the epochs" in text


def test_one_cell_alone_is_compared_with_nothing(make_study):
    study = make_study(["dropout=0,0.5"], {"dropout=0": [0.5]})
    assert lines(study) == ["Fewer than two cells came to an end, so there is nothing to compare."]


def test_the_summary_is_written_a_line_each(tmp_path):
    write_summary(tmp_path / "summary.txt", ["one", "two"])
    assert (tmp_path / "summary.txt").read_text() == "one\ntwo\n"
