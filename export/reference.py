"""The checkpoint's side of a verification.

It shares no preprocessing with the file's side, so that a mistake of ours cannot cancel out:
pictures are decoded by the card's rule as written down a second time here, go through
torchvision's own preset, and then through torchvision's own forward pass in fp32.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor, nn
from torchvision.models import ResNet, ResNet18_Weights

from ..inference.card import ModelCard
from ..inference.preprocessing import Preprocessing
from ..training.checkpoint import Checkpoint, restore_network
from .answers import Answers, Stages, join

BATCH = 8


@dataclass(frozen=True)
class ComparisonProgress:
    """Pictures that one side has answered; `side` says which."""

    side: str
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Reference:
    """The checkpoint's answers in fp32, and how far fp32 itself is from fp64.

    Attributes:
        card: the checkpoint's card.
        network: torchvision's ResNet, eager, fp32, in eval mode.
        paths: the pictures, length N.
        answers: for N pictures.
        eager_distance: largest difference in probability between fp32 and fp64.
    """

    card: ModelCard
    network: ResNet
    paths: tuple[Path, ...]
    answers: Answers
    eager_distance: float


def compute_reference(
    checkpoint: Checkpoint, paths: Sequence[Path]
) -> Generator[ComparisonProgress, None, Reference]:
    """Answer pictures by the checkpoint.

    Raises:
        OSError: a picture is gone.
    """
    card = checkpoint.card
    network = restore_network(checkpoint).network
    exact = restore_network(checkpoint).network.double()
    batches: list[Answers] = []
    distance = 0.0
    for start in range(0, len(paths), BATCH):
        images = torch.stack([prepare(path, card.preprocessing) for path in paths[start:][:BATCH]])
        answers = _answer(network, images, card)
        distance = max(distance, _distance(answers, _answer(exact, images.double(), card)))
        batches.append(answers)
        yield ComparisonProgress("checkpoint", min(start + BATCH, len(paths)), len(paths))
    return Reference(card, network, tuple(paths), join(batches), distance)


def reference_stages(reference: Reference, index: int) -> Stages:
    """Compute every stage of the network for one picture, from "normalisation" on."""
    images = prepare(reference.paths[index], reference.card.preprocessing).unsqueeze(0)
    network = reference.network
    names = {"stem": "maxpool"} | {name: name for name in ("layer1", "layer2", "layer3", "layer4")}
    modules = {stage: network.get_submodule(name) for stage, name in names.items()}
    with _captured(modules) as captured:
        answers = _answer(network, images, reference.card)
    return {
        "normalisation": images.numpy(),
        **{stage: captured[stage].numpy() for stage in modules},
        "features": answers.features,
        "logits": answers.logits,
        "probabilities": answers.probabilities,
    }


def prepare(path: Path, rule: Preprocessing) -> Tensor:
    """Decode a picture and prepare it by torchvision's preset: float32 `[3, S, S]`."""
    return _preset(rule, rule.mean, rule.std)(decode_again(path, rule.resize_side))


def prepared_pixels(path: Path, rule: Preprocessing) -> NDArray[np.uint8]:
    """Get the same picture before normalisation: uint8 `[S, S, 3]`."""
    plain = _preset(rule, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    pixels = plain(decode_again(path, rule.resize_side)) * 255
    return pixels.round().to(torch.uint8).permute(1, 2, 0).numpy()


def decode_again(path: Path, resize_side: int) -> Image.Image:
    """Decode by the card's rule "tlx-1", written independently of `inference/picture.py`."""
    with Image.open(path) as image:
        image.draft(None, (2 * resize_side, 2 * resize_side))
        upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        upright = Image.fromarray(np.floor_divide(np.array(upright), 256).astype(np.uint8))
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", upright.size, (255,) * 4), upright)
    return upright.convert("RGB")


def _preset(
    rule: Preprocessing, mean: tuple[float, ...], std: tuple[float, ...]
) -> Callable[[Image.Image], Tensor]:
    """Build torchvision's `ImageClassification`, the same for every ResNet's weights."""
    build = ResNet18_Weights.IMAGENET1K_V1.transforms
    return build(crop_size=rule.crop, resize_size=rule.resize_side, mean=mean, std=std)


def _answer(network: ResNet, images: Tensor, card: ModelCard) -> Answers:
    with torch.no_grad(), _captured({"trunk": network.layer4, "pool": network.avgpool}) as seen:
        logits = network(images)
        scaled = logits / card.temperature
        multi_label = card.task == "multi-label"
        probabilities = scaled.sigmoid() if multi_label else scaled.softmax(dim=1)
        maps = torch.einsum("nfhw,cf->nchw", seen["trunk"], network.fc.weight)
    features = seen["pool"].flatten(1)
    return Answers(*(t.numpy() for t in (logits, probabilities, maps, features)))


@contextmanager
def _captured(modules: dict[str, nn.Module]) -> Generator[dict[str, Tensor]]:
    """Collect the modules' outputs of the forward passes inside the context."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda _module, _inputs, output: seen.update({name: output.detach()})

    hooks = [module.register_forward_hook(keep(name)) for name, module in modules.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _distance(answers: Answers, exact: Answers) -> float:
    return float(np.abs(answers.probabilities - exact.probabilities).max())
