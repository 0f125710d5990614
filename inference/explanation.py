"""Where in a picture a label was seen: its class activation map, laid over the picture.

The graph gives the map itself (Zhou et al., "Learning Deep Features for Discriminative
Localization", CVPR 2016, https://arxiv.org/abs/1512.04150). For a network that ends in mean
pooling and one linear layer, as a ResNet does, it is exact: the mean of a label's map, plus its
bias, is its logit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from ..errors import ModelFileError
from .graph_input import prepare_decoded
from .picture import Picture, decode
from .preprocessing import Preprocessing, resized_size
from .session import ModelSession

LONGEST, SHORTEST = 1024, 320
"""Pixels of a shown picture's long side: a larger one is scaled down, a smaller one up."""

_OUTSIDE = 0.35
"""Share of a picture's own brightness where the network did not look."""
_COLOURED = (0.45, 0.65)
"""Share of the colour where the map is lowest and highest; the rest is the picture in grey."""
_COLOURS = np.array(
    [
        *[(0, 0, 4), (29, 17, 71), (81, 18, 124), (131, 38, 129), (183, 55, 121), (231, 82, 99)],
        *[(252, 137, 97), (254, 196, 136), (252, 253, 191)],
    ],
    np.float32,
)
"""The perceptually even map "magma" of Smith and van der Walt (CC0), at nine even steps."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The activation map of one label in one picture.

    Attributes:
        label: the label.
        probability: what the file gives it, 0..1.
        activation_map: float32 `[h, w]`, in logits; its mean plus the label's bias is the logit.
        picture: the whole picture as decoded, turned upright, of mode RGB.
        region: the part that the network saw and the map covers: left, top, right, bottom in
            pixels of `picture`.
    """

    label: str
    probability: float
    activation_map: NDArray[np.float32]
    picture: Image.Image
    region: Box

    def overlay(self, longest: int = LONGEST) -> Image.Image:
        """Lay the map over the picture.

        The brighter the colour, the higher the map, from its lowest value in this picture to its
        highest. What the network did not see is dark and grey.

        Args:
            longest: the most pixels that a side may have.

        Returns:
            A Pillow image of mode RGB in the shape of `picture`.
        """
        shown = _to_show(self.picture, longest)
        scale = (shown.width / self.picture.width, shown.height / self.picture.height) * 2
        left, top, right, bottom = (
            round(at * by) for at, by in zip(self.region, scale, strict=True)
        )
        seen = shown.crop((left, top, max(right, left + 1), max(bottom, top + 1)))
        whole = Image.fromarray((_grey(shown) * _OUTSIDE).astype(np.uint8))
        whole.paste(_coloured(seen, self.activation_map), (left, top))
        if seen.size != shown.size:
            ImageDraw.Draw(whole).rectangle(
                (left, top, left + seen.width - 1, top + seen.height - 1), outline="white"
            )
        return whole


def explain(
    session: ModelSession, picture: Picture, labels: Sequence[str]
) -> tuple[Explanation, ...]:
    """Compute where in a picture some labels were seen, from the model file alone.

    Args:
        session: an opened file that explains.
        picture: a path, bytes, a Pillow image or uint8 RGB `[H, W, 3]`.
        labels: some of the card's.

    Raises:
        ModelFileError: the file has no activation maps.
        PictureError: the picture cannot be read.
    """
    require_maps(session)
    rule = session.card.preprocessing
    rgb = decode(picture, rule.resize_side)
    outputs = session.run([prepare_decoded(rgb, session.card)])
    assert outputs.activation_maps is not None
    columns = [session.card.labels.index(label) for label in labels]
    return tuple(
        Explanation(
            session.card.labels[column],
            float(outputs.probabilities[0, column]),
            outputs.activation_maps[0, column],
            rgb,
            seen_region(rgb.size, rule),
        )
        for column in columns
    )


def require_maps(session: ModelSession) -> None:
    """Refuse a file that cannot explain.

    Raises:
        ModelFileError: it was exported without activation maps.
    """
    if not session.explains:
        raise ModelFileError(
            f"{session.path} has no activation maps; export it again without --no-explain"
        )


def seen_region(size: tuple[int, int], rule: Preprocessing) -> Box:
    """Compute which part of a picture the centre crop keeps.

    Args:
        size: width and height of the upright picture.
        rule: the card's preprocessing.

    Returns:
        left, top, right, bottom in pixels of the picture, not rounded.
    """
    resized = resized_size(size, rule.resize_side)
    x, y = (length / after for length, after in zip(size, resized, strict=True))
    left, top = (round((length - rule.crop) / 2) for length in resized)
    return left * x, top * y, (left + rule.crop) * x, (top + rule.crop) * y


def colours(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Colour values in 0..1: `[...]` to RGB `[..., 3]` in 0..255, from dark to bright."""
    steps = np.linspace(0, 1, len(_COLOURS))
    channels = [np.interp(values, steps, channel) for channel in _COLOURS.T]
    return np.stack(channels, axis=-1).astype(np.float32)


def _coloured(seen: Image.Image, activation_map: NDArray[np.float32]) -> Image.Image:
    low, high = float(activation_map.min()), float(activation_map.max())
    even = (activation_map - low) / (high - low) if high > low else np.zeros_like(activation_map)
    spread = Image.fromarray(even.astype(np.float32)).resize(seen.size, Image.Resampling.BILINEAR)
    values = np.asarray(spread)
    share = np.interp(values, (0, 1), _COLOURED)[..., None]
    pixels = _grey(seen) * (1 - share) + colours(values) * share
    return Image.fromarray(pixels.round().astype(np.uint8))


def _grey(picture: Image.Image) -> NDArray[np.uint8]:
    return np.asarray(picture.convert("L").convert("RGB"))


def _to_show(picture: Image.Image, longest: int) -> Image.Image:
    long = max(picture.size)
    wanted = min(max(long, SHORTEST), longest)
    if wanted == long:
        return picture
    size = [max(1, round(length * wanted / long)) for length in picture.size]
    return picture.resize((size[0], size[1]), Image.Resampling.BICUBIC)
