"""Faults planted between a picture's bytes and the graph: caught, named, not published."""

from io import BytesIO
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tlx
from tlx.export import pictures
from tlx.inference import picture, preprocessing
from tlx.inference.preprocessing import Preprocessing, resized_size

Resize = dict[str, object]


@pytest.fixture
def plant_resize(monkeypatch, plant_graph):
    """Make the file's side resize and crop in another way; the graph is healthy."""

    def plant(resize, shift: tuple[int, int] = (0, 0)) -> None:
        def resize_and_crop(rgb: Image.Image, rule: Preprocessing) -> np.ndarray:
            width, height = resized_size(rgb.size, rule.resize_side)
            left = round((width - rule.crop) / 2) + shift[0]
            top = round((height - rule.crop) / 2) + shift[1]
            square = (left, top, left + rule.crop, top + rule.crop)
            return np.array(resize(rgb, (width, height)).crop(square))

        monkeypatch.setattr(preprocessing, "resize_and_crop", resize_and_crop)
        plant_graph()

    return plant


def _right(rgb: Image.Image, size: tuple[int, int]) -> Image.Image:
    return rgb.resize(size, Image.Resampling.BILINEAR)


def _point_sampled(rgb: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize bilinearly from the four nearest pixels alone, as OpenCV and browsers do."""
    across, down = rgb.width / size[0], rgb.height / size[1]
    matrix = (across, 0, 0, 0, down, 0)
    return rgb.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _nearest(rgb: Image.Image, size: tuple[int, int]) -> Image.Image:
    return rgb.resize(size, Image.Resampling.NEAREST)


def _bicubic(rgb: Image.Image, size: tuple[int, int]) -> Image.Image:
    return rgb.resize(size, Image.Resampling.BICUBIC)


@pytest.fixture
def own_pictures(tmp_path, split_folder):
    """Give the function that writes the validation pictures anew, each saved by `save`."""

    def write(save) -> Path:
        for path in sorted((split_folder / "val").glob("*/*.jpg")):
            target = tmp_path / "pictures" / path.relative_to(split_folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            with Image.open(path) as image:
                save(image, target)
        return tmp_path / "pictures"

    return write


def _save_turned(image: Image.Image, target: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(target, exif=exif)


def _save_large(image: Image.Image, target: Path) -> None:
    image.resize((480, 400), Image.Resampling.NEAREST).save(target, quality=95)


def _save_transparent(image: Image.Image, target: Path) -> None:
    alpha = Image.linear_gradient("L").resize(image.size)
    image.putalpha(alpha)
    image.save(target, format="PNG")


def _save_palette(image: Image.Image, target: Path) -> None:
    image.quantize(16).save(target, format="PNG", transparency=3)


def _save_deep(image: Image.Image, target: Path) -> None:
    grey = np.asarray(image.convert("L")).astype(np.uint16)
    Image.fromarray(grey * 256 + 200).save(target, format="PNG")


def _save_cmyk(image: Image.Image, target: Path) -> None:
    image.convert("CMYK").save(target)


def test_the_planted_resize_itself_is_healthy(plant_resize, light_run):
    plant_resize(_right)
    (file,) = tlx.export(light_run)
    assert file.verified


@pytest.mark.parametrize("resize", [_point_sampled, _nearest])
def test_a_resize_without_antialiasing_is_named(plant_resize, refusal, resize):
    plant_resize(resize)
    assert "is resize and crop: the resize has no antialiasing" in refusal()


def test_another_filter_is_named(plant_resize, refusal):
    plant_resize(_bicubic)
    assert "is resize and crop: the resize has another filter" in refusal()


def test_a_crop_off_by_one_pixel_is_named(plant_resize, refusal):
    plant_resize(_right, (1, 0))
    named = "the crop is shifted by 0 pixels down and 1 to the right"
    assert f"is resize and crop: {named}" in refusal()


def test_an_exif_orientation_that_is_ignored_is_named(
    plant_graph, refusal, own_pictures, monkeypatch
):
    monkeypatch.setattr(picture, "_orientation", lambda _image: 1)
    plant_graph()
    text = refusal(data=own_pictures(_save_turned))
    assert "is decoding: the EXIF orientation is not applied" in text


def test_a_picture_decoded_fully_where_the_rule_scales_it_is_named(
    plant_graph, refusal, own_pictures, monkeypatch
):
    def open_fully(content: bytes, _side: int, use, _look: object) -> object:
        with Image.open(BytesIO(content)) as image:
            return use(picture._to_rgb(image))

    monkeypatch.setattr(picture, "_open_scaled", open_fully)
    plant_graph()
    text = refusal(data=own_pictures(_save_large))
    assert "is decoding: EXIF orientation, alpha, bit depth or DCT scale differs" in text


def test_alpha_on_black_is_named(plant_graph, refusal, own_pictures, monkeypatch):
    def on_black(image: Image.Image) -> Image.Image:
        rgba = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "black"), rgba).convert("RGB")

    monkeypatch.setattr(picture, "_without_depth_and_alpha", on_black)
    plant_graph()
    assert "is decoding: EXIF orientation, alpha" in refusal(data=own_pictures(_save_transparent))


def test_a_healthy_file_raises_no_false_alarm_on_any_kind_of_picture(
    plant_graph, light_run, own_pictures, monkeypatch
):
    kinds = cycle(
        [_save_turned, _save_large, _save_transparent, _save_palette, _save_deep, _save_cmyk]
    )
    plant_graph()
    monkeypatch.setattr(pictures, "MOST", 30)
    monkeypatch.setattr(pictures, "FEWEST", 30)

    def save(image: Image.Image, target: Path) -> None:
        next(kinds)(image, target)

    (file,) = tlx.export(light_run, data=own_pictures(save))
    assert (file.verified, file.pictures, file.agreement) == (True, 30, 1)
