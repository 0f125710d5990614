"""What is said of a score on pictures that a model learned or was tuned on."""

from collections import Counter

import pytest

from tlx.cli.selection_note import ADOPTED, refusal_notes, side_notes
from tlx.evaluation.report import Report
from tlx.inference.card import ModelCard, Provenance
from tlx.inference.preprocessing import Preprocessing


def card(fingerprint: str = "f" * 64, **more: object) -> ModelCard:
    origin = Provenance("0", "2", "resnet18", "none", None, "none", fingerprint, "2026-01-01", 0)
    return ModelCard(("a", "b"), Preprocessing(37, 32), origin, **more)


@pytest.mark.parametrize(
    ("of", "chosen"),
    [
        (card(), "the epoch"),
        (card(temperature=1.3), "the epoch and the temperature"),
        (
            card(temperature=1.3, unknown_threshold=2.0),
            "the epoch, the temperature and the unknown threshold",
        ),
        (card(task="multi-label", thresholds=(0.4, 0.6)), "the epoch and the thresholds"),
    ],
)
def test_all_that_validation_pictures_have_chosen_is_named(of: ModelCard, chosen: str):
    (note,) = side_notes(Counter(validation=341), 341, of, None)
    assert note == (
        f"341 of 341 are this run's validation pictures, which chose {chosen}: that flatters"
    )
    (note,) = side_notes(Counter(), 341, of, "validation")
    assert note == f"these are validation pictures of a run, which chose {chosen}: that flatters"


def test_each_side_that_judges_badly_has_its_count():
    notes = list(side_notes(Counter(train=2, test=5, validation=1), 9, card(), None))
    assert [note.split(",")[0] for note in notes] == [
        "2 of 9 are this run's train pictures",
        "1 of 9 are this run's validation pictures",
    ]


def test_what_the_run_knows_is_believed_more_than_the_name_of_the_split():
    assert list(side_notes(Counter(test=9), 9, card(), "validation")) == []


def test_nothing_is_said_of_pictures_that_were_not_learned():
    assert list(side_notes(Counter(), 9, card(), "test")) == []
    assert list(side_notes(Counter(), 9, card(), None)) == []


def test_of_an_adopted_file_only_what_was_calibrated_here_is_known():
    assert list(side_notes(Counter(validation=9), 9, card(""), None)) == [ADOPTED]
    notes = list(side_notes(Counter(validation=9), 9, card("", temperature=2.0), None))
    assert notes[0] == ADOPTED
    assert notes[1].endswith("validation pictures, which chose the temperature: that flatters")


@pytest.mark.parametrize(("refused", "more"), [(0.0, ", or were learned"), (0.2, "")])
def test_only_pictures_that_are_refused_too_seldom_may_have_been_learned(refused, more):
    report = object.__new__(Report)
    vars(report).update(refused=refused, refused_expected_interval=(0.02, 0.09))
    (note,) = refusal_notes(report)
    assert note == (
        f"{refused:.1%} are taken for unknown; for pictures like those of validation it lies "
        "between 2.0% and 9.0% 95% of the time: these are not like them (other shares of the "
        f"labels, another camera or light){more}"
    )
