"""The strip at the window's bottom."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from tlx.gui.widgets.status_strip import StatusStrip


def test_an_offer_goes_with_its_message(qtbot):
    strip = StatusStrip()
    qtbot.addWidget(strip)
    strip.say("Cancelled")
    strip.offer("Continue", lambda: None)
    assert strip.offered == "Continue"
    strip.say("Another model is open")
    assert strip.offered == ""
