"""What a training run was asked for. Light to import: the command line reads its options here."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path

from ..errors import CheckpointError, ContradictionError, UsageError
from ..inference.strict_json import parse, read
from ..inference.whole_file import replacing
from .options import AUGMENTATION, COMMON, DATA, OUTPUT, RECIPE, SPEED, TUNING, option, option_name

ARCHITECTURES = (
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
)
STAGES = ("none", "stem", "layer1", "layer2", "layer3", "layer4")
"""What `--freeze` takes, in order of depth; each includes the ones before it."""
GRADUAL = "gradual"
AUGMENTATIONS = ("auto", "standard", "crop", "mirror", "none")

CHOICES: dict[str, tuple[str, ...]] = {
    "model": ARCHITECTURES,
    "freeze": (*STAGES, "backbone", GRADUAL),
    "augment": AUGMENTATIONS,
    "optimizer": ("adamw", "sgd"),
    "schedule": ("cosine", "one-cycle", "step", "plateau", "constant"),
    "balance": ("none", "weights", "sampler"),
    "loss": ("auto", "bce", "asymmetric"),
    "monitor": ("auto", "accuracy", "balanced-accuracy", "map", "loss"),
    "policy": ("none", "randaugment", "trivialaugment", "augmix"),
    "amp": ("auto", "none", "bf16", "fp16"),
    "cache": ("auto", "ram", "disk", "none"),
}
LOGS = ("tensorboard", "mlflow")


def _choices(name: str) -> str:
    return " | ".join(CHOICES[name])


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that determines a run, apart from the pictures themselves.

    `data` is the folder of pictures; what each other field means is the help of its option.
    """

    data: Path
    out: Path | None = option(None, "Run folder. (default: runs/<date>-<name>)", COMMON)
    model: str = option("resnet18", _choices("model"), COMMON)
    weights: str = option(
        "imagenet",
        "imagenet (= imagenet-v1) | imagenet-v2 | none | RUN, the folder of an earlier run "
        "(= RUN/best.pt) | FILE with a state dict, or its name after tlx weights add.",
        COMMON,
    )
    freeze: str = option(
        "none",
        f"Keep everything up to this stage: {' | '.join(STAGES)} | backbone (= layer4) | gradual "
        "(all but the head at first, then stage by stage fewer).",
        COMMON,
    )
    epochs: int = option(10, "Passes over the training pictures.", COMMON)
    batch: int = option(32, "Pictures a step, over all processes together.", COMMON)
    lr: float | None = option(
        None,
        "Peak learning rate of the head; pretrained stages learn at 0.1 of it. (default: 0.01 "
        "(sgd: 0.1), with --weights none 0.001 (sgd: 0.05))",
        COMMON,
    )
    imgsz: int = option(224, "Side of the network's input, pixels.", COMMON)
    augment: str = option(
        "auto",
        "standard (random crop and mirroring) | crop (no mirroring) | mirror (no crop: the border "
        "matters) | none | auto (standard; with --freeze backbone none).",
        COMMON,
    )
    labels: Path | None = option(
        None,
        "CSV of files and their labels instead of label folders: columns file and label, or "
        "labels with | between several, or one 0/1 column a label.",
        COMMON,
    )
    patience: int | None = option(None, "Stop after this many epochs without a better one.", COMMON)
    workers: int | None = option(
        None, "Decoding processes. (default: one a core, up to 8)", COMMON, "-j"
    )
    device: str = option("auto", "auto | cpu | cuda | cuda:1 | mps", COMMON)
    seed: int = option(0, "All randomness follows from it.", COMMON)

    file_column: str | None = option(None, "The CSV's column of files.", DATA)
    label_columns: str | None = option(
        None, "The CSV's column of labels, or its 0/1 columns, separated by commas.", DATA
    )
    group_by: str | None = option(
        None,
        "Pictures of one group stay in one split: a CSV's column, or a regular expression whose "
        "first group, found in the file's path, names it.",
        DATA,
    )
    split: Path | None = option(
        None, "split.csv of an earlier run: its pictures stay where they were.", DATA
    )

    dropout: float = option(0.0, "Share of the features dropped before the head.", TUNING)
    layer_decay: float = option(
        1.0, "Each stage learns at this share of the rate of the one above it.", TUNING
    )

    optimizer: str = option("adamw", _choices("optimizer"), RECIPE)
    schedule: str = option("cosine", _choices("schedule"), RECIPE)
    warmup: float = option(0.05, "Share of all steps over which the rate rises.", RECIPE)
    weight_decay: float = option(0.01, "Not on norms and biases.", RECIPE)
    label_smoothing: float = option(0.0, "Share of the truth given to all labels.", RECIPE)
    balance: str = option(
        "none",
        "Rare labels count more: weights (in the loss) | sampler (drawn more often).",
        RECIPE,
    )
    loss: str = option("auto", "For multi-label: bce (= auto) | asymmetric.", RECIPE)
    ema: float = option(
        0.0, "Decay of a moving average of the weights, which is then validated; 0: none.", RECIPE
    )
    monitor: str = option(
        "auto",
        f"What chooses the best epoch: {_choices('monitor')}; auto is accuracy, for multi-label "
        "map (mean average precision).",
        RECIPE,
    )
    clip: float = option(0.0, "Largest norm of the gradient; 0: any.", RECIPE)
    accumulate: int = option(1, "Batches a step, for more pictures than memory takes.", RECIPE)

    policy: str = option("none", _choices("policy"), AUGMENTATION)
    jitter: float = option(0.0, "Strength of random brightness, contrast, colour.", AUGMENTATION)
    erase: float = option(0.0, "Probability that a random box is erased.", AUGMENTATION)
    mixup: float = option(0.0, "MixUp's alpha; 0: none.", AUGMENTATION)
    cutmix: float = option(0.0, "CutMix's alpha; 0: none.", AUGMENTATION)
    views: int | None = option(
        None,
        "With a frozen stage: compute its output for this many augmented views of each picture "
        "once, and learn from those.",
        AUGMENTATION,
    )

    amp: str = option("auto", "Precision of training: auto | none (= fp32) | bf16 | fp16.", SPEED)
    compile: bool = option(False, "Compile the network with torch.compile.", SPEED)
    cache: str = option("auto", f"Decoded pictures are kept: {_choices('cache')}.", SPEED)

    log: tuple[str, ...] = option((), f"{' | '.join(LOGS)}; may be given twice.", OUTPUT)
    overwrite: bool = option(False, "Replace a run that exists.", OUTPUT)

    def __post_init__(self) -> None:
        """Refuse what makes no sense, naming the option."""
        if self.freeze == "backbone":
            object.__setattr__(self, "freeze", "layer4")
        object.__setattr__(self, "log", tuple(dict.fromkeys(self.log)))
        for name in ("data", "out", "labels", "split"):
            if (path := getattr(self, name)) is not None:
                object.__setattr__(self, name, Path(path))
        for problem in _problems(self):
            raise UsageError(problem)
        for problem in _contradictions(self):
            raise ContradictionError(problem)

    @property
    def peak_lr(self) -> float:
        """The learning rate asked for, or the default for this start (docs/training.md)."""
        if self.lr is not None:
            return self.lr
        adaptive = self.optimizer == "adamw"
        if self.pretrained:
            return 1e-2 if adaptive else 1e-1
        return 1e-3 if adaptive else 5e-2

    @property
    def pretrained(self) -> bool:
        """Whether the network starts from trained weights."""
        return self.weights != "none"

    @property
    def augmentation(self) -> str:
        """The augmentation asked for; "auto" is decided here."""
        if self.augment != "auto":
            return self.augment
        return "none" if self.freeze == "layer4" and self.views is None else "standard"

    @property
    def typed_freeze(self) -> str:
        """What a user would type for `freeze`."""
        return "backbone" if self.freeze == "layer4" else self.freeze

    @property
    def step_pictures(self) -> int:
        """Pictures a step of the optimizer."""
        return self.batch * self.accumulate


def write_config(path: Path, config: TrainingConfig) -> None:
    """Write `config.json`; paths as text."""
    content = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(config).items()
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_config(run: Path) -> TrainingConfig:
    """Read a run folder's `config.json`; what an older tlx did not know has its default.

    Raises:
        CheckpointError: there is none, or it is not one of ours.
    """
    path = run / "config.json"
    if path.exists() and not path.is_file():  # a FIFO is waited for, a device may never end
        raise CheckpointError(f"{path} is no file")
    try:
        content = parse(path.read_text(encoding="utf-8"))
        return replace(read(TrainingConfig, content, "it"), out=run)
    except (FileNotFoundError, NotADirectoryError):
        folder = f"; give the folder, {run.parent}" if run.is_file() else ": it has no config.json"
        raise CheckpointError(f"{run} is no run folder{folder}") from None
    except (OSError, ValueError, UsageError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"{path} cannot be read: {said}") from None


def _problems(config: TrainingConfig) -> Iterator[str]:
    for name, allowed in CHOICES.items():
        if getattr(config, name) not in allowed:
            yield f"{option_name(name)} {getattr(config, name)}: choose one of {', '.join(allowed)}"
    for name in config.log:
        if name not in LOGS:
            yield f"--log {name}: choose one of {', '.join(LOGS)}"
    for name, (low, high, wanted) in _RANGES.items():
        value = getattr(config, name)
        small = name in ("mixup", "cutmix") and 0 < (value or 0) < _LEAST_ALPHA
        if value is not None and (small or not low <= value <= high):
            yield f"{option_name(name)} {value}: it must be {wanted}"


def _contradictions(config: TrainingConfig) -> Iterator[str]:
    if config.freeze != "none" and not config.pretrained:
        yield (
            f"--freeze {config.typed_freeze} with --weights none would keep random weights as they "
            "are; give pretrained weights or leave --freeze out"
        )
    if config.views is not None and config.freeze in ("none", GRADUAL):
        yield "--views keeps a frozen stage's output: give --freeze, from stem to backbone"
    if config.views is not None and config.augment == "none":
        yield "--views of unaugmented pictures are all the same; leave --augment none out"
    if config.views is not None and (config.mixup or config.cutmix):
        yield "--views keeps a stage's output, and --mixup and --cutmix mix pictures: leave one out"
    if config.labels is None and (config.file_column or config.label_columns):
        yield "--file-column and --label-columns name columns of a CSV: give it with --labels"


_SMALLEST = 5e-324  # so that "above 0" is a closed range too
_LARGEST = 1.7e308
_LEAST_ALPHA = 1e-4
"""Of a Beta distribution in float32: below it torch draws no number."""
_RANGES: dict[str, tuple[float, float, str]] = {
    "epochs": (1, inf, "at least 1"),
    "batch": (2, inf, "at least 2"),
    "lr": (_SMALLEST, _LARGEST, "above 0"),
    "imgsz": (32, 2048, "from 32 to 2048"),
    "patience": (1, inf, "at least 1"),
    "workers": (0, 1024, "from 0 to 1024"),
    "seed": (0, 2**63 - 1, "from 0 to 2^63 - 1"),
    "dropout": (0, 0.99, "from 0 to 0.99"),
    "layer_decay": (_SMALLEST, 1, "above 0, at most 1"),
    "warmup": (0, 1, "from 0 to 1"),
    "weight_decay": (0, _LARGEST, "0 or more"),
    "label_smoothing": (0, 0.99, "from 0 to 0.99"),
    "ema": (0, 0.999999, "from 0 to below 1"),
    "clip": (0, _LARGEST, "0 or more"),
    "accumulate": (1, inf, "at least 1"),
    "jitter": (0, 1, "from 0 to 1"),
    "erase": (0, 1, "from 0 to 1"),
    "mixup": (0, 1e4, "0, or from 0.0001 to 10000"),
    "cutmix": (0, 1e4, "0, or from 0.0001 to 10000"),
    "views": (1, 100, "from 1 to 100"),
}
