"""The card: what a model file says about itself.

It travels inside every file: `metadata_props["tlx.card"]` of an ONNX file, `_extra_files` of
TorchScript, and the checkpoint. `inference/card_json.py` reads and writes it as JSON. No
absolute path, user name or host name stands in it.
"""

from dataclasses import dataclass

from ..errors import CardError
from .preprocessing import Preprocessing

SCHEMA = 1
"""Raised when a field changes its meaning; every schema ever released stays readable."""

CARD_KEY = "tlx.card"
TENSORS_KEY = "tlx.tensors"

TASKS = ("single-label", "multi-label")
THRESHOLD = 0.5
"""Of every label of a multi-label card without thresholds of its own."""


@dataclass(frozen=True)
class Provenance:
    """Where the model comes from.

    Attributes:
        tlx: version of tlx that trained it.
        torch: version of torch that trained it.
        architecture: torchvision's name of the network, such as "resnet18".
        weights: what it was started from: "imagenet-v1", "imagenet-v2", "none", a file's name, or
            "best.pt of a run of 2026-11-23".
        weights_sha256: SHA-256 of the weights' file, None for "none".
        freeze: the stage up to which the network was kept as it was, or "none".
        data_fingerprint: SHA-256 over the pictures' contents, labels and splits.
        date: day of training, ISO 8601.
        seed: the seed that all randomness of the training follows from.
    """

    tlx: str
    torch: str
    architecture: str
    weights: str
    weights_sha256: str | None
    freeze: str
    data_fingerprint: str
    date: str
    seed: int


@dataclass(frozen=True)
class MeasuredResult:
    """One measured number, with what it was measured on.

    Attributes:
        metric: "accuracy", "mean average precision" or "loss".
        value: the number; loss in nats, the others in 0..1.
        interval: 95 % interval (low, high), None where none was computed.
        split: "train", "validation" or "test".
        pictures: how many pictures it was measured on.
        used_for_selection: True if the same pictures chose the epoch, which flatters.
    """

    metric: str
    value: float
    interval: tuple[float, float] | None
    split: str
    pictures: int
    used_for_selection: bool


@dataclass(frozen=True)
class VerificationSummary:
    """How far the file's answers were from the checkpoint's when it was published.

    Attributes:
        pictures: real pictures compared, from bytes to label.
        max_probability_difference: largest over pictures and labels, in 0..1.
        agreement: share of pictures outside ties with the same first label; for multi-label
            with the same chosen labels.
        limit: the largest difference allowed.
        eager_distance: largest distance of the fp32 checkpoint from itself in fp64.
    """

    pictures: int
    max_probability_difference: float
    agreement: float
    limit: float
    eager_distance: float


@dataclass(frozen=True)
class ModelCard:
    """What a model file says about itself.

    Attributes:
        labels: in the order of the outputs, unique, at least two.
        preprocessing: the rule from bytes to the graph's input.
        provenance: where the model comes from.
        task: "single-label" (softmax) or "multi-label" (sigmoid).
        temperature: divides the logits before the probabilities, > 0.
        thresholds: per label, 0..1, for multi-label; None otherwise, or if they are not tuned.
        unknown_threshold: `unknown_score` above it means "none of these"; None without a rule.
        results: measured numbers.
        verification: set by `tlx export`.
        schema: number of the card's schema.
    """

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    provenance: Provenance
    task: str = "single-label"
    temperature: float = 1.0
    thresholds: tuple[float, ...] | None = None
    unknown_threshold: float | None = None
    results: tuple[MeasuredResult, ...] = ()
    verification: VerificationSummary | None = None
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse a card that contradicts itself."""
        for problem in _problems(self):
            raise CardError(f"the card is not usable: {problem}")

    @property
    def decision_thresholds(self) -> tuple[float, ...] | None:
        """The probability from which on each label is chosen; None for single-label."""
        if self.task == "single-label":
            return None
        return self.thresholds or (THRESHOLD,) * len(self.labels)


def _problems(card: ModelCard) -> list[str]:
    rule = card.preprocessing
    checks = [
        (card.task in TASKS, f"task {card.task!r} is not one of {', '.join(TASKS)}"),
        (len(card.labels) >= 2, f"it has {len(card.labels)} label(s), at least 2 are needed"),
        (len(set(card.labels)) == len(card.labels), "its labels are not unique"),
        (all(card.labels), "one of its labels is empty"),
        (card.temperature > 0, f"temperature {card.temperature} is not above 0"),
        (
            card.thresholds is None or len(card.thresholds) == len(card.labels),
            "it has not one threshold a label",
        ),
        (
            all(0 <= threshold <= 1 for threshold in card.thresholds or ()),
            f"thresholds {card.thresholds} are not all in 0..1",
        ),
        (0 < rule.crop <= rule.resize_side, f"crop {rule.crop} of resize {rule.resize_side}"),
        (rule.exif == "transpose", f"unknown EXIF rule {rule.exif!r}"),
        (rule.colour == "RGB", f"unknown colour order {rule.colour!r}"),
        (rule.decode == "tlx-1", f"unknown decode rule {rule.decode!r}"),
        (rule.resize_filter == "bilinear", f"unknown resize filter {rule.resize_filter!r}"),
        (all(value > 0 for value in rule.std), f"std {rule.std} is not above 0"),
    ]
    return [problem for good, problem in checks if not good]
