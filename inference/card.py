"""The card: what a model file says about itself.

It travels inside every file: `metadata_props["tlx.card"]` of an ONNX file, `_extra_files` of
TorchScript, and the checkpoint. `inference/card_json.py` reads and writes it as JSON. No
absolute path, user name or host name stands in it.
"""

from dataclasses import dataclass

from ..errors import CardError
from .preprocessing import Preprocessing
from .wording import counted

SCHEMA = 2
"""Raised when a field is added or changes its meaning; every schema ever released stays readable.

1: the first. 2: `input`, `quantization`, and on what and how well a verified file scored.
"""

CARD_KEY = "tlx.card"
TENSORS_KEY = "tlx.tensors"

TASKS = ("single-label", "multi-label")
NORMALISED = "float-nchw-normalised"
"""Never that of a file of tlx: only of a card given beside the file of another program."""
INPUTS = ("uint8-nhwc", "float-nchw", "uint8-any-size", NORMALISED)
"""What a graph takes: `ModelCard.input` says which."""
QUANTIZATIONS = ("fp16", "int8")
REFUSED = "refused as unknown"
"""The metric of what a rule for unknown pictures refuses of those that chose its threshold."""
LARGEST_SIDE = 4096
"""Of a picture after resizing, in pixels: larger ones take gigabytes."""
THRESHOLD = 0.5
"""Of every label of a multi-label card without thresholds of its own."""


@dataclass(frozen=True)
class Provenance:
    """Where the model comes from.

    Attributes:
        tlx: version of tlx that trained it, or that adopted it.
        torch: version of torch that trained it; "unknown" if tlx adopted it.
        architecture: torchvision's name of the network, such as "resnet18".
        weights: what it was started from: "imagenet-v1", "imagenet-v2", "none", a file's name, or
            "best.pt of a run of 2026-11-23"; the file that all of it is from if tlx adopted it.
        weights_sha256: SHA-256 of the weights' file, None for "none".
        freeze: the stage up to which the network was kept as it was, or "none"; "unknown" if tlx
            adopted it.
        data_fingerprint: SHA-256 over the pictures' contents, labels and splits; empty if tlx
            adopted it, for it does not know what it was trained on.
        date: day of training, or of adoption, ISO 8601.
        seed: the seed that all randomness of the training follows from; 0 if tlx adopted it.
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

    @property
    def adopted(self) -> bool:
        """Whether it was trained elsewhere and only taken over, by `tlx adopt`."""
        return not self.data_fingerprint


@dataclass(frozen=True)
class MeasuredResult:
    """One measured number, with what it was measured on.

    Attributes:
        metric: "accuracy", "exact match", "mean average precision", "loss" (at temperature 1),
            "calibration error at temperature 1", "calibration error": expected, each half of
            the pictures at the temperature that was fitted on the other half; or "refused as
            unknown": share of the pictures that are above the unknown threshold they chose.
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
        limit: the largest difference allowed; None for a quantized file, which is held to the
            loss of accuracy in `Quantization` instead, and for one that resizes by itself, which
            is held to its labels.
        eager_distance: largest distance of the fp32 checkpoint from itself in fp64.
        source: where the pictures are from: "validation", "validation and training", "folder"
            or "sample" (parts of two photographs that come with scikit-learn, for want of
            others); "run and sample" or "folder and sample" where such parts fill up too few.
        metric: "accuracy" or "mean average precision"; None where no truth was known.
        score: the file's on those of known truth, 0..1, None without a metric.
        checkpoint_score: the checkpoint's on the same.
        score_interval: paired 95 % interval of `score` - `checkpoint_score`.
    """

    pictures: int
    max_probability_difference: float
    agreement: float
    limit: float | None
    eager_distance: float
    source: str = "validation"
    metric: str | None = None
    score: float | None = None
    checkpoint_score: float | None = None
    score_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Quantization:
    """What was made smaller in a file, and what that cost and brought.

    Attributes:
        kind: "fp16" or "int8".
        recipe: how, in words, such as "per-channel, uint8 x int8, min-max; first layer in fp32".
        calibration_pictures: training pictures that set the ranges; 0 for fp16.
        pictures: validation pictures on which the loss was measured.
        metric: "accuracy" or "mean average precision".
        drop: the float file's score minus this one's, in -1..1; below zero it is the better one.
        drop_interval: paired 95 % interval of `drop`.
        max_drop: the largest `drop` that was allowed.
        agreement: share of these pictures on which both files say the same.
        speedup: the float file's time a picture divided by this one's, batch of 1; None where it
            was not measured on the processor that it is for.
        measured_on: the processor of that measurement, None likewise.
    """

    kind: str
    recipe: str
    calibration_pictures: int
    pictures: int
    metric: str
    drop: float
    drop_interval: tuple[float, float] | None
    max_drop: float
    agreement: float
    speedup: float | None = None
    measured_on: str | None = None


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
        input: what the graph takes: "uint8-nhwc" (`[N, S, S, 3]`, after resize and crop),
            "float-nchw" (the same as float32 `[N, 3, S, S]` in 0..1), "uint8-any-size"
            (`[N, H, W, 3]` as decoded; the graph resizes and crops) or "float-nchw-normalised"
            (as "float-nchw", then less the mean and divided by the deviation: only of a card that
            is given beside the file of another program).
        quantization: what was made smaller; None for a file in fp32.
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
    input: str = INPUTS[0]
    quantization: Quantization | None = None
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        """Refuse a card that contradicts itself."""
        for problem in _problems(self):
            raise CardError(f"the card is not usable: {problem}")

    @property
    def refusal(self) -> MeasuredResult | None:
        """What the unknown rule refuses of those who chose its threshold; None if not recorded."""
        return next((result for result in self.results if result.metric == REFUSED), None)

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
        (card.input in INPUTS, f"unknown input {card.input!r}"),
        (
            card.quantization is None or card.quantization.kind in QUANTIZATIONS,
            f"unknown quantization {card.quantization and card.quantization.kind!r}",
        ),
        (
            len(card.labels) >= 2,
            f"it has {counted(len(card.labels), 'label')}, at least 2 are needed",
        ),
        (len(set(card.labels)) == len(card.labels), "its labels are not unique"),
        (all(card.labels), "one of its labels is empty"),
        (all(map(_is_text, card.labels)), "one of its labels is no Unicode text"),
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
        (
            rule.resize_side <= LARGEST_SIDE,
            f"resize {rule.resize_side} is above {LARGEST_SIDE}",
        ),
        (rule.exif == "transpose", f"unknown EXIF rule {rule.exif!r}"),
        (rule.colour == "RGB", f"unknown colour order {rule.colour!r}"),
        (rule.decode == "tlx-1", f"unknown decode rule {rule.decode!r}"),
        (rule.resize_filter == "bilinear", f"unknown resize filter {rule.resize_filter!r}"),
        (all(value > 0 for value in rule.std), f"std {rule.std} is not above 0"),
    ]
    return [problem for good, problem in checks if not good]


def _is_text(label: str) -> bool:
    """Tell whether it can be written; half of a pair of UTF-16, which JSON can hold, cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in label)
