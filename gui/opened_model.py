"""The open model file as the window knows it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .protocol import Loaded

if TYPE_CHECKING:
    from ..inference.card import ModelCard


@dataclass(frozen=True)
class Model:
    """A model file: what the worker said, and its card as read here."""

    loaded: Loaded
    card: "ModelCard"


def read_model(loaded: Loaded) -> Model:
    """Read the card that the worker sent.

    Raises:
        CardError: it is of an unknown schema, as from a worker of another version.
    """
    from ..inference.card_json import card_from_json

    return Model(loaded, card_from_json(json.dumps(loaded.card)))
