"""The checkpoint's side of a verification.

It shares no preprocessing with the file's side, so that a mistake of ours cannot cancel out:
pictures are decoded by the card's rule as written down a second time here, go through
torchvision's own preset, and then through torchvision's own forward pass in fp32.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image
from torch import Tensor, nn
from torchvision.models import ResNet, ResNet18_Weights

from ..errors import DataError
from ..evaluation.unknown import UnknownRule
from ..inference.card import ModelCard
from ..inference.preprocessing import Preprocessing
from ..training.checkpoint import Checkpoint, restore_network
from .answers import Answers, Stages, join
from .condition import BATCH

_TURNS: dict[object, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, 3),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels, 1),
}
"""By EXIF orientation, how `[H, W, 3]` pixels are turned upright."""


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
        eager_relative: largest difference of logits, maps and features between fp32 and fp64, as
            a share of their largest magnitude in the batch.
        rule: for unknown pictures, by which `answers` have a score; None without one.
    """

    card: ModelCard
    network: ResNet
    paths: tuple[Path, ...]
    answers: Answers
    eager_distance: float
    eager_relative: float = 0.0
    rule: UnknownRule | None = None

    def with_rule(self, rule: UnknownRule | None) -> "Reference":
        """Score the pictures by a rule for unknown ones, from the checkpoint's own features."""
        score = None
        if rule is not None:
            assert self.answers.features is not None  # the checkpoint always gives them
            score = rule.scores(self.answers.features, self.answers.logits)
        return replace(self, rule=rule, answers=replace(self.answers, unknown_score=score))

    def at(self, pictures: Sequence[int]) -> "Reference":
        """Keep only some of the pictures."""
        paths = tuple(self.paths[index] for index in pictures)
        return replace(self, paths=paths, answers=self.answers.at(pictures))


def compute_reference(
    checkpoint: Checkpoint, paths: Sequence[Path]
) -> Generator[ComparisonProgress, None, Reference]:
    """Answer pictures by the checkpoint.

    Raises:
        DataError: a picture cannot be read any more.
    """
    card = checkpoint.card
    network = restore_network(checkpoint).network
    exact = restore_network(checkpoint).network.double()
    batches: list[Answers] = []
    distance, relative = 0.0, 0.0
    for start in range(0, len(paths), BATCH):
        images = torch.stack([_readable(path, card) for path in paths[start:][:BATCH]])
        answers = _answer(network, images, card)
        true = _answer(exact, images.double(), card)
        distance = max(distance, float(np.abs(answers.probabilities - true.probabilities).max()))
        relative = max(relative, *_relative_distances(answers, true))
        batches.append(answers)
        yield ComparisonProgress("checkpoint", min(start + BATCH, len(paths)), len(paths))
    return Reference(card, network, tuple(paths), join(batches), distance, relative)


def reference_stages(reference: Reference, index: int) -> Stages:
    """Compute every stage of the network for one picture, from "normalisation" on."""
    images = prepare(reference.paths[index], reference.card.preprocessing).unsqueeze(0)
    network = reference.network
    names = {"stem": "maxpool"} | {name: name for name in ("layer1", "layer2", "layer3", "layer4")}
    modules = {stage: network.get_submodule(name) for stage, name in names.items()}
    with _captured(modules) as captured:
        answers = _answer(network, images, reference.card)
    if reference.rule is not None and answers.features is not None:
        score = reference.rule.scores(answers.features, answers.logits)
        answers = replace(answers, unknown_score=score)
    return {
        "normalisation": images.numpy(),
        **{stage: captured[stage].numpy() for stage in modules},
        **answers.stages(),
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
    # From bytes: Pillow maps an uncompressed TIFF by its path, and then turns it wrongly.
    with Image.open(BytesIO(path.read_bytes())) as image:
        image.draft(None, (2 * resize_side, 2 * resize_side))
        image.load()
        turn = _TURNS.get(_orientation(image), np.asarray)
        flat = image.copy()
    if flat.mode.startswith("I"):
        flat = Image.fromarray(np.floor_divide(np.array(flat), 256).astype(np.uint8))
    if flat.has_transparency_data:
        flat = flat.convert("LA") if flat.mode == "La" else flat
        white = Image.new("RGBA", flat.size, (255, 255, 255, 255))
        flat = Image.alpha_composite(white, flat.convert("RGBA"))
    return Image.fromarray(np.ascontiguousarray(turn(np.asarray(flat.convert("RGB")))))


def _orientation(image: Image.Image) -> object:
    try:
        return image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - the rule: damaged EXIF data is no orientation
        return None


def _readable(path: Path, card: ModelCard) -> Tensor:
    try:
        return prepare(path, card.preprocessing)
    except Exception as error:  # noqa: BLE001 - Pillow's plugins raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{path} cannot be read any more, and the export is verified on it ({reason})"
        ) from None


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


def _relative_distances(answers: Answers, true: Answers) -> list[float]:
    found, exact = answers.stages(), true.stages()
    pairs = [(found[name], exact[name]) for name in ("logits", "activation maps", "features")]
    return [float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-30)) for a, b in pairs]
