"""Counts are written with the noun's right form."""

from tlx.inference.wording import counted


def test_one_has_the_singular_and_every_other_count_the_plural():
    said = [counted(number, "training picture") for number in (0, 1, 2)]
    assert said == ["0 training pictures", "1 training picture", "2 training pictures"]
