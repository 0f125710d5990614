"""What an export makes, as the user asked for it."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ContradictionError, UsageError
from ..inference.card import INPUTS, QUANTIZATIONS, ModelCard

FORMAT_NAMES = ("onnx", "torchscript", "pt2")
OPSET = 18
"""With IR version 9 onnxruntime 1.17 loads it."""
OPSETS = (13, 24)
LEGACY_OPSETS = (13, 20)
"""torch's older exporter writes these; the newer one those from `OPSET` on."""


@dataclass(frozen=True)
class ExportOptions:
    """What an export makes.

    Attributes:
        formats: of `FORMAT_NAMES`.
        quantize: of `QUANTIZATIONS`; each adds a smaller ONNX file.
        batch: pictures a run, fixed; None for any number.
        imgsz: side of the pictures in pixels; None for that of the training.
        opset: of the ONNX file, in `OPSETS`.
        input: "uint8-nhwc" or "float-nchw".
        embed_resize: the graph takes pictures of any size and resizes them itself.
        explain: with activation maps and features.
        refuse: share of known pictures that the rule for unknown ones may refuse; 0 for no rule.
        legacy_exporter: write ONNX with torch's older exporter from the start.
        calibration: training pictures that set the ranges of int8, spread over the labels.
        max_drop: largest drop of accuracy of a quantized file, in points of 100.
        for_another_device: do not ask that int8 is faster here.
        bundle: a zip to write of the ONNX file, with `quantize` of its last one.
        triton: a model repository to write the same file into.

    Raises:
        UsageError: a value that is not possible, or values that contradict each other.
    """

    formats: tuple[str, ...] = ("onnx", "torchscript")
    quantize: tuple[str, ...] = ()
    batch: int | None = None
    imgsz: int | None = None
    opset: int = OPSET
    input: str = INPUTS[0]
    embed_resize: bool = False
    explain: bool = True
    refuse: float = 0.05
    legacy_exporter: bool = False
    calibration: int = 256
    max_drop: float = 0.5
    for_another_device: bool = False
    bundle: Path | None = None
    triton: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        for problem in (*_values(self), *_contradictions(self)):
            raise problem

    @property
    def legacy(self) -> bool:
        """Whether the older exporter writes the file: only it knows opsets below `OPSET`."""
        return self.legacy_exporter or self.opset < OPSET


def deployed_card(card: ModelCard, options: ExportOptions) -> ModelCard:
    """Turn a checkpoint's card into that of what is exported from it.

    At another picture size than that of the training the measured results do not hold.
    """
    rule, side = card.preprocessing, options.imgsz or card.preprocessing.crop
    taken = "uint8-any-size" if options.embed_resize else options.input
    if side == rule.crop:
        return replace(card, input=taken)
    resized = replace(rule, crop=side, resize_side=round(side * rule.resize_side / rule.crop))
    return replace(card, input=taken, preprocessing=resized, results=())


def _values(options: ExportOptions) -> list[UsageError]:
    unknown = [name for name in options.formats if name not in FORMAT_NAMES]
    others = [name for name in options.quantize if name not in QUANTIZATIONS]
    low, high = OPSETS
    checks = [
        (bool(options.formats), "--format names no format; choose onnx, torchscript or pt2"),
        (not unknown, f"--format {','.join(unknown)}: choose of {', '.join(FORMAT_NAMES)}"),
        (not others, f"--quantize {','.join(others)}: choose of {', '.join(QUANTIZATIONS)}"),
        (options.input in INPUTS[:2], f"--input {options.input}: choose {' or '.join(INPUTS[:2])}"),
        (options.batch is None or options.batch >= 1, "--batch must be at least 1"),
        (options.imgsz is None or options.imgsz >= 32, "--imgsz must be at least 32"),
        (low <= options.opset <= high, f"--opset must be in {low} to {high}"),
        (0 <= options.refuse <= 0.5, "--refuse must be in 0 to 0.5: a share of known pictures"),
        (options.calibration >= 1, "--calibration must be at least 1"),
        (0 <= options.max_drop <= 100, "--max-drop must be in 0 to 100 points"),
    ]
    return [UsageError(text) for good, text in checks if not good]


def _contradictions(options: ExportOptions) -> list[UsageError]:
    no_onnx = "onnx" not in options.formats
    tensor = options.input != INPUTS[0]
    others = [name for name in options.formats if name != "onnx"]
    delivered = options.bundle or options.triton
    checks = [
        (delivered and no_onnx, "--bundle and --triton take the ONNX file; add onnx to --format"),
        (options.quantize and no_onnx, "--quantize makes ONNX files; add onnx to --format"),
        (options.embed_resize and others, "--embed-resize is for ONNX; give --format onnx"),
        (options.embed_resize and tensor, "--embed-resize takes uint8-nhwc; leave --input out"),
        (
            options.embed_resize and options.opset < OPSET,
            f"--embed-resize needs an antialiased resize, which ONNX has from opset {OPSET} on",
        ),
        (
            options.legacy and options.opset > LEGACY_OPSETS[1],
            f"torch's older exporter writes opsets up to {LEGACY_OPSETS[1]}",
        ),
        (
            options.for_another_device and "int8" not in options.quantize,
            "--for-another-device goes with --quantize int8",
        ),
    ]
    return [ContradictionError(text) for wrong, text in checks if wrong]
