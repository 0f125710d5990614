"""The limit on pixels, from the environment."""

import pytest
from PIL import Image

from tlx.errors import UsageError
from tlx.inference.picture import decode
from tlx.inference.pixel_limit import MAX_PIXELS, VARIABLE, pixel_limit


def test_without_the_variable_it_is_the_default(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert pixel_limit() == MAX_PIXELS


@pytest.mark.parametrize(
    "text", ["abc", "0", "-5", "1.5", pytest.param("9" * 5000, id="5000 digits")]
)
def test_what_is_no_number_is_the_user_s_mistake_and_no_picture_s(monkeypatch, tmp_path, text):
    Image.new("RGB", (40, 30)).save(tmp_path / "a.png")
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(UsageError, match="give a whole number of pixels above 0"):
        decode(tmp_path / "a.png", 32)
