"""The one preprocessing of tlx: from a decoded RGB picture to the graph's uint8 input.

It serves validation during training, the file's side of verification, the command line and
the window. On a decoded RGB picture it equals torchvision's `ImageClassification` preset bit
for bit (tests/inference/test_preprocessing.py), which resizes a Pillow image with Pillow.
"""

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import PictureError
from .picture import Picture, decode, read_bytes, use_decoded
from .pixel_limit import pixel_limit

MAX_SHAPE = 200
"""Longest allowed ratio of the sides: a longer strip shows nothing after the crop."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """The whole rule from a file's bytes to the network, as the card states it.

    Attributes:
        exif: "transpose": the EXIF orientation is applied.
        colour: "RGB": the order of the channels.
        decode: "tlx-1": the decode rule of `inference/picture.py`.
        resize_side: length of the short side after resizing, in pixels, >= crop.
        resize_filter: "bilinear": Pillow's, which is antialiased.
        crop: side S of the square centre crop, in pixels.
        mean: per channel, subtracted after division by 255, inside the graph (but for
            "float-nchw-normalised", `ModelCard.input`).
        std: per channel, divides after that, inside the graph.
    """

    resize_side: int
    crop: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    exif: str = "transpose"
    colour: str = "RGB"
    decode: str = "tlx-1"
    resize_filter: str = "bilinear"


def preprocess(picture: Picture, rule: Preprocessing) -> NDArray[np.uint8]:
    """Decode a picture and bring it to the graph's input.

    Returns:
        uint8 `[S, S, 3]`, RGB, S = `rule.crop`.

    Raises:
        PictureError: it cannot be decoded, or its shape is beyond 1:200.
    """
    if isinstance(picture, str | os.PathLike):
        content, name = read_bytes(picture), os.fsdecode(picture)
        return use_decoded(content, rule.resize_side, lambda rgb: resize_and_crop(rgb, rule), name)
    return resize_and_crop(decode(picture, rule.resize_side), rule)


def resize_and_crop(rgb: Image.Image, rule: Preprocessing) -> NDArray[np.uint8]:
    """Resize the short side, crop the centre.

    Args:
        rgb: a Pillow image of mode RGB and any size.
        rule: the card's preprocessing.

    Returns:
        uint8 `[S, S, 3]`, RGB.

    Raises:
        PictureError: the picture's shape is beyond 1:200.
    """
    return crop_centre(resize(rgb, rule.resize_side), rule.crop)


def resize(rgb: Image.Image, side: int) -> Image.Image:
    """Resize an RGB picture so that its short side is `side`.

    Raises:
        PictureError: the picture's shape is beyond 1:200.
    """
    return rgb.resize(resized_size(rgb.size, side), Image.Resampling.BILINEAR)


def crop_centre(resized: Image.Image, side: int) -> NDArray[np.uint8]:
    """Cut out the centre: uint8 `[side, side, 3]`, RGB."""
    # Python's round() is to even, as in torchvision's center_crop: not the same as // 2.
    left, top = (round((length - side) / 2) for length in resized.size)
    return np.array(resized.crop((left, top, left + side, top + side)), dtype=np.uint8)


def resized_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height after resizing, rounded as torchvision does it.

    Raises:
        PictureError: the shape is beyond 1:200, or there would be more pixels than are allowed.
    """
    width, height = size
    short, long = min(width, height), max(width, height)
    if not short or long > MAX_SHAPE * short:
        raise PictureError(f"{width} x {height} pixels is a shape beyond 1:{MAX_SHAPE}")
    longer = int(side * long / short)
    if side * longer > pixel_limit():
        raise PictureError(
            f"{width} x {height} pixels become {side * longer:,} where the short side is {side}; "
            "--max-pixels allows more"
        )
    return (side, longer) if width <= height else (longer, side)
