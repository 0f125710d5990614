"""The ImageNet weights that torchvision publishes for its ResNets."""

from dataclasses import dataclass
from functools import cache

from torchvision.models import get_model_weights

from ..errors import WeightsError
from .config import ARCHITECTURES

IMAGENET = "imagenet"
"""The choice that takes an architecture's first version."""

_VERSIONS = {"IMAGENET1K_V1": "imagenet-v1", "IMAGENET1K_V2": "imagenet-v2"}
CHOICES = (IMAGENET, *_VERSIONS.values())


@dataclass(frozen=True)
class PublishedWeights:
    """One file of torchvision's.

    Attributes:
        architecture: torchvision's name of the network.
        choice: what `--weights` takes: "imagenet-v1" or "imagenet-v2".
        url: where it lies; the file's name ends in a prefix of its SHA-256.
        accuracy: top-1 on ImageNet's validation pictures as published, 0..1.
        resize: short side in pixels before its crop of 224: 256, or 232 of the newer recipe.
    """

    architecture: str
    choice: str
    url: str
    accuracy: float
    resize: int

    @property
    def file_name(self) -> str:
        """The file's name, in the cache too."""
        return self.url.rsplit("/", 1)[1]

    @property
    def sha256_prefix(self) -> str:
        """The beginning of the file's SHA-256, from its name."""
        return self.file_name.rsplit("-", 1)[1].split(".")[0]


@cache
def published_weights(architecture: str) -> tuple[PublishedWeights, ...]:
    """List what torchvision publishes for an architecture, V1 first."""
    published = get_model_weights(architecture).__members__
    return tuple(
        PublishedWeights(
            architecture,
            choice,
            url=str(published[version].url),
            accuracy=published[version].meta["_metrics"]["ImageNet-1K"]["acc@1"] / 100,
            resize=published[version].transforms().resize_size[0],
        )
        for version, choice in _VERSIONS.items()
        if version in published
    )


def published_files() -> dict[str, PublishedWeights]:
    """Give every published file by its name."""
    return {entry.file_name: entry for name in ARCHITECTURES for entry in published_weights(name)}


def choose_published(architecture: str, choice: str) -> PublishedWeights:
    """Look up the file that a choice means; "imagenet" is the first version there is.

    Raises:
        WeightsError: this version was never published for the architecture.
    """
    published = published_weights(architecture)
    for entry in published:
        if choice in (IMAGENET, entry.choice):
            return entry
    others = " or ".join(entry.choice for entry in published) or "none"
    raise WeightsError(
        f"torchvision publishes no {choice} weights for {architecture}; use --weights {others}"
    )
