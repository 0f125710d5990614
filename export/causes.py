"""What usually causes a difference at a stage, found by trying."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from ..inference.card import ModelCard
from ..inference.preprocessing import Preprocessing, resized_size
from .reference import decode_again, prepared_pixels

Pixels = NDArray[np.uint8]
"""RGB `[H, W, 3]`."""


def labels_cause(found: tuple[str, ...], expected: tuple[str, ...]) -> str:
    """Say whether labels are others or have changed places."""
    if sorted(found) != sorted(expected):
        odd = sorted(set(found) ^ set(expected))
        return f"its labels are not the checkpoint's: {_quoted(odd)}"
    moved = [label for label, other in zip(expected, found, strict=True) if label != other]
    return f"its labels have changed places: {_quoted(moved)}"


def thresholds_cause(found: ModelCard, expected: ModelCard) -> str:
    """Name the first label whose threshold is another; both cards have the same labels."""
    if found.thresholds is None or expected.thresholds is None:
        missing = "its card has none" if found.thresholds is None else "the checkpoint has none"
        return f"its thresholds are not the checkpoint's: {missing}"
    rows = zip(expected.labels, found.thresholds, expected.thresholds, strict=True)
    label, ours, theirs = next(row for row in rows if row[1] != row[2])
    return f"its threshold of {label!r} is {ours}, the checkpoint's {theirs}"


def decoding_cause(found: Pixels, expected: Pixels) -> str:
    """Try whether one is the other, turned or mirrored."""
    for upright in (expected, expected[:, ::-1]):
        if any(np.array_equal(found, np.rot90(upright, turns)) for turns in range(4)):
            return "the EXIF orientation is not applied, or wrongly"
    return "EXIF orientation, alpha, bit depth or DCT scale differs"


def resize_cause(found: Pixels, path: Path, rule: Preprocessing) -> str:
    """Try a crop that is shifted and a resize without antialiasing."""
    expected = prepared_pixels(path, rule)
    for down, right in np.ndindex(5, 5):
        down, right = down - 2, right - 2  # noqa: PLW2901
        if np.array_equal(_overlap(found, down, right), _overlap(expected, -down, -right)):
            return f"the crop is shifted by {-down} pixels down and {-right} to the right"
    for resized in _point_sampled(decode_again(path, rule.resize_side), rule.resize_side):
        tried = functional.center_crop(resized, [rule.crop]).permute(1, 2, 0).numpy()
        if np.abs(found.astype(float) - tried).mean() < 1:  # levels; others round differently
            return "the resize has no antialiasing"
    return "the resize has another filter, size or antialiasing, or the crop is elsewhere"


def normalisation_cause(found: NDArray[np.floating], pixels: Pixels, rule: Preprocessing) -> str:
    """Fit each channel `[3, S, S]` as (x / 255 - mean) / std and say what the file uses."""
    share = pixels.astype(np.float64) / 255
    if share.std(axis=(0, 1)).min() > 1e-3:  # a channel of one colour fits anything
        for order in ((0, 1, 2), (2, 1, 0)):
            fits = [
                np.polyfit(share[..., source].ravel(), found[channel].ravel().astype(float), 1)
                for channel, source in enumerate(order)
            ]
            lines = zip(fits, order, strict=True)
            predicted = [fit[0] * share[..., source] + fit[1] for fit, source in lines]
            if np.abs(np.stack(predicted) - found).max() < 1e-3:
                return _normalisation_text(fits, order, rule)
    return "mean, std or the order of channels or axes differs"


def logits_cause(
    found: NDArray[np.floating], expected: NDArray[np.floating], labels: tuple[str, ...]
) -> str:
    """Try whether outputs, `[C]`, have changed places or are scaled."""
    near = np.abs(found[:, None] - expected[None, :]) <= 1e-4 * np.abs(expected).max()
    moved = [index for index in range(len(labels)) if not near[index, index]]
    if moved and all(near[index, moved].any() for index in moved):
        return f"outputs have changed places: {_quoted([labels[index] for index in moved])}"
    scale = float(found @ expected / max(expected @ expected, 1e-30))
    if np.abs(found - scale * expected).max() <= 1e-4 * np.abs(found).max():
        return f"they are {scale:.4g} times too large; a temperature is for probabilities alone"
    return "the head's weights or bias are not the checkpoint's"


def _point_sampled(rgb: Image.Image, side: int) -> Iterator[Tensor]:
    """Resize as other libraries do unless they are told: uint8 `[3, H, W]`."""
    image = functional.to_image(rgb)
    yield functional.resize(image, [side], InterpolationMode.BILINEAR, antialias=False)
    yield functional.resize(image, [side], InterpolationMode.NEAREST)
    nearest = rgb.resize(resized_size(rgb.size, side), Image.Resampling.NEAREST)
    yield functional.to_image(nearest)


def _normalisation_text(
    fits: list[NDArray[np.float64]], order: tuple[int, ...], rule: Preprocessing
) -> str:
    if order != (0, 1, 2):
        return "the channels are in BGR order"
    mean = [round(float(-fit[1] / fit[0]), 4) for fit in fits]
    std = [round(float(1 / fit[0]), 4) for fit in fits]
    return f"it uses mean {mean} and std {std}, not {list(rule.mean)} and {list(rule.std)}"


def _overlap(pixels: Pixels, down: int, right: int) -> Pixels:
    """Cut off what a copy shifted by so many pixels does not show."""
    height, width = pixels.shape[:2]
    rows = slice(max(down, 0), height + min(down, 0))
    return pixels[rows, max(right, 0) : width + min(right, 0)]


def _quoted(labels: list[str]) -> str:
    return ", ".join(map(repr, labels))
