"""Small pictures: upright, newest first, no more than fit."""

import threading
import time
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("PySide6.QtWidgets", exc_type=ImportError)

from PySide6.QtGui import QImage

from tlx.gui import thumbnails
from tlx.gui.thumbnails import Thumbnails, read_scaled
from tlx.inference.picture import decode

WAIT = 60_000


@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_shown_upright_as_the_network_sees_it(tmp_path: Path, orientation, ending):
    picture = Image.new("RGB", (80, 40), "white")
    picture.paste((200, 0, 0), (0, 0, 20, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{ending}"
    picture.save(path, exif=exif)
    shown, seen = read_scaled(str(path)), decode(path, 32)
    assert (shown.width(), shown.height()) == seen.size
    for x, y in ((2, 2), (seen.width - 3, 2), (2, seen.height - 3)):
        red, green, blue = seen.getpixel((x, y))
        assert shown.pixelColor(x, y).red() == pytest.approx(red, abs=3)
        assert shown.pixelColor(x, y).green() == pytest.approx(green, abs=3)
        assert shown.pixelColor(x, y).blue() == pytest.approx(blue, abs=3)


def test_a_large_picture_is_scaled_and_a_small_one_is_not(tmp_path: Path):
    Image.new("RGB", (800, 400)).save(tmp_path / "large.jpg")
    Image.new("RGB", (30, 20)).save(tmp_path / "small.jpg")
    large = read_scaled(str(tmp_path / "large.jpg"), 160)
    assert (large.width(), large.height()) == (160, 80)
    assert read_scaled(str(tmp_path / "small.jpg"), 160).width() == 30
    assert read_scaled(str(tmp_path / "missing.jpg"), 160).isNull()


def test_a_jpeg_beyond_the_limits_is_not_decoded(tmp_path: Path, monkeypatch):
    plain, scans = tmp_path / "plain.jpg", tmp_path / "scans.jpg"
    Image.effect_noise((64, 48), 50).save(plain, progressive=True)
    content = plain.read_bytes()
    start = content.rindex(b"\xff\xda")
    scans.write_bytes(content[:start] + 100 * content[start:-2] + content[start:])
    assert read_scaled(str(plain), 32).width() == 32
    decoded: list[bytes] = []
    monkeypatch.setattr(thumbnails, "_read_jpeg", lambda content, _: decoded.append(content))
    assert read_scaled(str(scans), 32).isNull()
    monkeypatch.setenv("TLX_MAX_PIXELS", str(64 * 48 - 1))
    assert read_scaled(str(plain), 32).isNull()
    assert read_scaled(str(plain)).isNull()
    assert decoded == []


def test_stopping_does_not_wait_for_a_file_that_does_not_come(qtbot, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()

    def read(path: str, side: int) -> QImage:
        begun.set()
        go_on.wait(60)
        return QImage()

    monkeypatch.setattr(thumbnails, "read_scaled", read)
    found = Thumbnails(40)
    found.get("slow share")
    assert begun.wait(60)
    before = time.monotonic()
    found.stop()
    assert time.monotonic() - before < 10
    assert not go_on.is_set()
    go_on.set()
    assert found._thread.wait(60)


def test_a_wish_comes_later_and_the_newest_first(qtbot, pictures, tmp_path):
    found, order = Thumbnails(40), []
    found.ready.connect(order.append)
    paths = [str(path) for path in sorted(pictures.rglob("*.png"))]
    assert all(found.get(path) is None for path in paths)
    qtbot.waitUntil(lambda: len(order) == len(paths), timeout=WAIT)
    assert sorted(order) == sorted(paths)
    assert order.index(paths[-1]) <= 1  # the first wish may be under way
    sizes = {path: found.get(path).width() for path in paths}
    assert {sizes.pop(path) for path in list(sizes) if "damaged" in path} == {0}
    assert set(sizes.values()) == {40}
    found.stop()


def test_what_nobody_looks_at_any_more_is_not_read(qtbot, pictures):
    found, order = Thumbnails(40), []
    found.ready.connect(order.append)
    for path in pictures.rglob("*.png"):
        found.get(str(path))
    found.forget_wishes()
    later = str(pictures / "red" / "0.png")
    found.get(later)
    qtbot.waitUntil(lambda: bool(order), timeout=WAIT)
    qtbot.wait(100)
    assert order == [later]
    found.stop()


def test_only_so_many_are_kept(qtbot, pictures):
    found, order = Thumbnails(30, capacity=2 * 4 * 30 * 20), []
    found.ready.connect(order.append)
    paths = [str(pictures / label / "0.png") for label in ("blue", "green", "red")]
    for count, path in enumerate(paths, start=1):
        found.get(path)
        qtbot.waitUntil(lambda count=count: len(order) == count, timeout=WAIT)
    assert found.get(paths[2]) is not None
    assert found.get(paths[1]) is not None
    assert found.get(paths[0]) is None
    found.stop()


def test_what_has_scrolled_away_is_given_up_and_what_is_seen_stays(qtbot, pictures):
    found, order = Thumbnails(40), []
    found.ready.connect(order.append)
    paths = [str(path) for path in sorted(pictures.rglob("*.png"))]
    for path in paths:
        found.get(path)
    found.wish_only(paths[:2])
    qtbot.waitUntil(lambda: set(paths[:2]) <= set(order), timeout=WAIT)
    qtbot.wait(100)
    assert len(order) <= 3  # the last wish may have been under way
    found.get(paths[3])
    qtbot.waitUntil(lambda: paths[3] in order, timeout=WAIT)
    found.stop()


def test_another_size_forgets_what_was_kept(qtbot, pictures):
    found, path = Thumbnails(30), str(pictures / "red" / "0.png")
    for side, ratio, pixels in ((30, 1, 30), (20, 2, 40), (20, 1, 20)):
        found.set_side(side, ratio)
        with qtbot.waitSignal(found.ready, timeout=WAIT):
            assert found.get(path) is None
        assert found.get(path).width() == pixels
        assert found.get(path).deviceIndependentSize().width() == pixels / ratio
    found.stop()
