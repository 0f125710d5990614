"""An execution provider is used only after its answers were compared with the processor's."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ModelFileError, ProviderError
from .card import ModelCard
from .graph_input import ANY_SIZE, Pixels
from .prediction import decide
from .providers import Provider
from .session import CPU, ModelOutputs, ModelSession

SMOOTH = (2, 3, 4, 7, 10, 14, 28, 56)
"""Sides of the random pictures that are enlarged: shapes and colours, as in photographs."""
NOISY = 8
"""Pictures of noise."""
_PRODUCTS = ("Conv", "MatMul", "Gemm")
"""What the names of operators hold that do nearly all of a network's work."""


@dataclass(frozen=True)
class ProviderLimits:
    """How far a provider's answers may be from the processor's.

    Attributes:
        probability: largest difference, in 0..1.
        relative: of every other output, as a share of its largest magnitude.
        tie: decisions nearer to another one than this, in probability, may differ.
    """

    probability: float
    relative: float
    tie: float


EXACT = ProviderLimits(1e-4, 1e-4, 2e-4)
"""Of fp32: what an exported file is held to (docs/verification.md)."""
ROUGH = ProviderLimits(0.01, 0.02, 0.02)
"""Of a provider that computes in TF32 or fp16: what an fp16 file is held to."""
SMALLER = ProviderLimits(0.02, 0.05, 0.1)
"""Of an fp16 or INT8 file, whose values another order of sums rounds to the next step: what it is
held to against itself."""


@dataclass(frozen=True)
class ProviderCheck:
    """A provider's answers against the processor's, on made pictures.

    Attributes:
        provider: that computes.
        pictures: how many were compared.
        probability: largest difference, in 0..1.
        relative: largest difference of another output, as a share of its largest magnitude.
        exact: whether both are within the limits of fp32.
        left: convolutions and matrix products that the processor computes all the same.
        products: of how many.
    """

    provider: Provider
    pictures: int
    probability: float
    relative: float
    exact: bool
    left: int
    products: int


def open_checked(
    path: Path, provider: Provider, threads: int | None, card: ModelCard | None = None
) -> tuple[ModelSession, ProviderCheck]:
    """Open a model file on a provider, and compare its answers with the processor's.

    Args:
        path: of the model file.
        provider: another one than the processor.
        threads: of the processor, for what the provider leaves to it.
        card: of a file that has none in it.

    Raises:
        ModelFileError: the file cannot be used.
        ProviderError: the provider does not compute on this machine, cannot do with the file,
            leaves all of it to the processor, or answers otherwise.
    """
    with TemporaryDirectory(prefix="tlx-provider-") as folder:
        usual = ModelSession(path, threads, card=card, profile=Path(folder, "usual"))
        pictures = made_pictures(usual.card)
        expected = usual.run(pictures)
        products = len(_products(usual.end_profile()))
        del usual
        try:
            session = ModelSession(
                *(path, threads, provider.runtime_name, False, card),
                profile=Path(folder, "provider"),
            )
            found = session.run(pictures)
        except ProviderError:
            raise
        except ModelFileError as error:
            raise ProviderError(f"--provider {provider.name}: {error}") from None
        left = len(_products(session.end_profile(), CPU))
    if products and left >= products:
        raise ProviderError(
            f"--provider {provider.name}: it leaves all {products} convolutions and matrix "
            f"products of {path} to the processor; leave --provider out"
        )
    return session, _check(provider, session, found, expected, left, products)


def made_pictures(card: ModelCard) -> list[Pixels]:
    """Make pictures as a session takes them, always the same: half of them smooth, half noise."""
    side, random = card.preprocessing.crop, np.random.default_rng(0)
    width = side * 3 // 2 if card.input == ANY_SIZE else side
    smooth = (random.integers(0, 256, (n, n, 3), dtype=np.uint8) for n in SMOOTH)
    enlarged = (
        np.array(Image.fromarray(small).resize((width, side), Image.Resampling.BICUBIC))
        for small in smooth
    )
    return [*enlarged, *random.integers(0, 256, (NOISY, side, width, 3), dtype=np.uint8)]


def _products(profile: Path, provider: str | None = None) -> set[str]:
    """Find the names of convolutions and products that ran, in onnxruntime's record of it."""
    events: list[dict[str, Any]] = json.loads(profile.read_text(encoding="utf-8"))
    found: set[str] = set()
    for event in (event for event in events if event.get("cat") == "Node"):
        ran, operator = (event["args"].get(key, "") for key in ("provider", "op_name"))
        name = str(event["name"])
        counts = name.endswith("_kernel_time") and any(part in operator for part in _PRODUCTS)
        if counts and provider in (None, ran):
            found.add(name)
    return found


def _check(
    provider: Provider,
    session: ModelSession,
    found: ModelOutputs,
    expected: ModelOutputs,
    left: int,
    products: int,
) -> ProviderCheck:
    card = session.card
    probability = float(np.abs(found.probabilities - expected.probabilities).max())
    others = ("logits", "activation_maps", "features", "unknown_score")
    pairs = ((getattr(found, name), getattr(expected, name)) for name in others)
    # numpy's max, of which a NaN is the largest
    relative = float(np.max([_relative(one, other) for one, other in pairs if other is not None]))
    limits = ROUGH if card.quantization is None else SMALLER
    exact = probability <= EXACT.probability and relative <= EXACT.relative
    same = _same_decisions(found, expected, card, EXACT.tie if exact else limits.tie)
    within = probability <= limits.probability and relative <= limits.relative
    if not (within and same):  # a NaN is within nothing
        raise ProviderError(
            f"--provider {provider.name} is refused: on {len(found.logits)} made pictures its "
            f"probabilities are up to {probability:.1e} from the processor's (allowed "
            f"{limits.probability:g}), its other outputs {relative:.1e} (allowed "
            f"{limits.relative:g}), the labels {'are the same' if same else 'differ'}"
        )
    return ProviderCheck(provider, len(found.logits), probability, relative, exact, left, products)


def _relative(found: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    return float(np.abs(found - expected).max()) / max(float(np.abs(expected).max()), 1e-30)


def _same_decisions(
    found: ModelOutputs, expected: ModelOutputs, card: ModelCard, tie: float
) -> bool:
    if card.decision_thresholds is not None:
        chosen, right = (
            decide(outputs.probabilities, card.decision_thresholds) for outputs in (found, expected)
        )
        gaps = np.abs(expected.probabilities - np.array(card.decision_thresholds))
        return bool((chosen == right)[gaps > tie].all())
    ordered = np.sort(expected.probabilities, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > tie
    return bool((found.logits.argmax(1) == expected.logits.argmax(1))[clear].all())


def check_text(check: ProviderCheck) -> Iterable[str]:
    """Say what was found, a line each, for people."""
    name = check.provider.name
    yield (
        f"computed by {name}, up to {check.probability:.1e} in probability from the processor, "
        f"on {check.pictures} made pictures"
    )
    if not check.exact:
        yield (
            f"that is beyond the {EXACT.probability:g} of fp32: {name} rounds otherwise "
            "(docs/devices.md)"
        )
    if check.left:
        yield (
            f"{check.left} of {check.products} convolutions and matrix products are left to the "
            "processor"
        )
