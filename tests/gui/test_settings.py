"""What is remembered between two starts."""

import pytest

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from tlx.gui.settings import RECENTS, Settings


def test_what_is_set_is_there_at_the_next_start(tmp_path):
    first = Settings(tmp_path / "s.ini")
    first.theme, first.heat_opacity = "dark", 30
    first.opened("models", "/a/ä b.onnx")
    del first
    again = Settings(tmp_path / "s.ini")
    assert (again.theme, again.heat_opacity) == ("dark", 30)
    assert again.recent("models") == ["/a/ä b.onnx"]
    assert again.recent("folders") == []


def test_recent_ones_are_the_latest_first_each_once(tmp_path):
    settings = Settings(tmp_path / "s.ini")
    for name in [*map(str, range(12)), "5"]:
        settings.opened("folders", name)
    assert settings.recent("folders") == ["5", "11", "10", "9", "8", "7", "6", "4"]
    assert len(settings.recent("folders")) == RECENTS


def test_a_file_that_was_tampered_with_does_no_harm(tmp_path):
    (tmp_path / "s.ini").write_text("[General]\ntheme=pink\nheat_opacity=lots\ngeometry=7\n")
    settings = Settings(tmp_path / "s.ini")
    assert (settings.theme, settings.heat_opacity, settings.geometry) == ("system", 55, None)


def test_the_journal_lies_beside_settings_that_are_not_the_user_s(tmp_path):
    assert Settings(tmp_path / "s.ini").journal() == tmp_path / "review.jsonl"
