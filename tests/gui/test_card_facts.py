"""What the page Model says of a card."""

from dataclasses import replace

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from tlx.gui.pages.card_facts import takes
from tlx.inference.session import ModelSession


def test_the_rule_for_unknown_pictures_is_shown(colour_model):
    card = ModelSession(colour_model).card
    assert dict(takes(card))["Unknown"] == "no rule"
    assert dict(takes(replace(card, unknown_threshold=12.5)))["Unknown"] == "score above 12.5"
