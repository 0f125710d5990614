"""A label's activation map for one picture, and where in the picture it lies."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelFileError
from ..inference.graph_input import prepare_decoded
from ..inference.picture import Picture, decode
from ..inference.preprocessing import Preprocessing, resized_size
from ..inference.session import ModelSession

Region = tuple[float, float, float, float]
"""Left, top, right, bottom, in shares of the upright picture's width and height."""


@dataclass(frozen=True, eq=False)
class ActivationMap:
    """A map, float32 `[h, w]` in logits, and the region of the picture that it covers."""

    values: NDArray[np.float32]
    region: Region


def activation_map(session: ModelSession, picture: Picture, label: str) -> ActivationMap:
    """Compute where a label was seen in a picture.

    Raises:
        ModelFileError: the file has no activation maps, or no such label.
        PictureError: the picture cannot be read.
    """
    if not session.explains:
        raise ModelFileError(f"{session.path} has no activation maps (exported with --no-explain)")
    if label not in session.card.labels:
        raise ModelFileError(f"{session.path} has no label {label!r}")
    rule = session.card.preprocessing
    rgb = decode(picture, rule.resize_side)
    maps = session.run([prepare_decoded(rgb, session.card)]).activation_maps
    assert maps is not None
    values = maps[0, session.card.labels.index(label)]
    return ActivationMap(values, seen_region(rgb.size, rule))


def seen_region(size: tuple[int, int], rule: Preprocessing) -> Region:
    """Compute which part of a picture of this width and height the centre crop keeps."""
    width, height = resized_size(size, rule.resize_side)
    left, top = (round((length - rule.crop) / 2) for length in (width, height))
    right, bottom = left + rule.crop, top + rule.crop
    return left / width, top / height, right / width, bottom / height
