"""From a picture to the tensor that a graph takes: `ModelCard.input` says which."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .card import NORMALISED, ModelCard
from .picture import Picture, decode
from .preprocessing import preprocess, resize_and_crop, resized_size

Pixels = NDArray[np.uint8]
"""RGB `[H, W, 3]`, or `[N, H, W, 3]`."""

ANY_SIZE = "uint8-any-size"
FLOAT = "float-nchw"
CHANNELS_FIRST = (FLOAT, NORMALISED)


def prepare(picture: Picture, card: ModelCard) -> Pixels:
    """Bring a picture to what a session takes: uint8 RGB `[S, S, 3]`.

    For a graph that resizes by itself it is the decoded picture, `[H, W, 3]`.

    Raises:
        PictureError: it cannot be decoded, or its shape is beyond 1:200.
    """
    if card.input != ANY_SIZE:
        return preprocess(picture, card.preprocessing)
    return prepare_decoded(decode(picture, card.preprocessing.resize_side), card)


def prepare_decoded(rgb: Image.Image, card: ModelCard) -> Pixels:
    """Do the same with a picture that was decoded already.

    Raises:
        PictureError: its shape is beyond 1:200.
    """
    if card.input != ANY_SIZE:
        return resize_and_crop(rgb, card.preprocessing)
    resized_size(rgb.size, card.preprocessing.resize_side)  # refuses the shape
    return np.array(rgb)


def batches(images: Sequence[Pixels] | Pixels, size: int | None) -> Iterator[tuple[Pixels, int]]:
    """Put pictures together as a graph takes them.

    Args:
        images: uint8 RGB, each `[H, W, 3]`, in one array or one by one.
        size: the graph's fixed N; None for any.

    Yields:
        uint8 `[N, H, W, 3]` and how many of the N are pictures; the rest fills the fixed size.
    """
    if isinstance(images, np.ndarray) and size in (None, len(images)):
        yield images, len(images)
        return
    for _, same_shape in groupby(images, key=np.shape):
        group = list(same_shape)
        length = size or len(group)
        for start in range(0, len(group), length):
            part = group[start : start + length]
            yield np.stack(part + part[-1:] * (length - len(part))), len(part)


def as_tensor(images: Pixels, card: ModelCard) -> NDArray[np.uint8] | NDArray[np.float32]:
    """Turn uint8 `[N, H, W, 3]` into the graph's input.

    For "float-nchw" it is in 0..1; for "float-nchw-normalised" less the mean and divided by the
    deviation as well, in the order of torchvision's preset, so bit for bit as there.
    """
    if card.input not in CHANNELS_FIRST:
        return images
    scaled = np.divide(images.transpose(0, 3, 1, 2), 255, dtype=np.float32)
    if card.input == FLOAT:
        return scaled
    mean, std = (
        np.array(values, np.float32)[:, None, None]
        for values in (card.preprocessing.mean, card.preprocessing.std)
    )
    return (scaled - mean) / std
