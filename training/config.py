"""What a training run was asked for. Light to import: the command line reads defaults here."""

import json
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path

from ..errors import CheckpointError, UsageError
from ..inference.whole_file import replacing

ARCHITECTURES = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
STAGES = ("none", "stem", "layer1", "layer2", "layer3", "layer4")
"""What `--freeze` takes, in order of depth; each includes the ones before it."""
AUGMENTATIONS = ("standard", "crop", "none")


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that determines a run, apart from the pictures themselves.

    Attributes:
        data: folder of pictures.
        out: run folder; None means runs/<date>-<name of data>.
        model: one of `ARCHITECTURES`.
        weights: "imagenet", "imagenet-v1", "imagenet-v2", "none", or a state dict's file.
        freeze: one of `STAGES` or "backbone" (= layer4): kept as it is up to that stage.
        epochs: passes over the training pictures.
        batch: pictures a step, >= 2.
        lr: peak learning rate of the head, and of all stages if none is pretrained; None means
            `peak_lr`. Pretrained stages learn at a share of it (`loop.PRETRAINED_LR`).
        weight_decay: AdamW's, decoupled from the gradient.
        augment: "standard" (random crop and mirroring), "crop" (no mirroring, for digits,
            text, anything handed) or "none".
        imgsz: side of the network's square input, in pixels.
        workers: processes that decode; None means one a core, up to 8.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        seed: all randomness is a function of seed, epoch and index.
        overwrite: replace a run that exists in `out`.
    """

    data: Path
    out: Path | None = None
    model: str = "resnet18"
    weights: str = "imagenet"
    freeze: str = "none"
    epochs: int = 10
    batch: int = 32
    lr: float | None = None
    weight_decay: float = 0.01
    augment: str = "standard"
    imgsz: int = 224
    workers: int | None = None
    device: str = "auto"
    seed: int = 0
    overwrite: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense, naming the option."""
        if self.freeze == "backbone":
            object.__setattr__(self, "freeze", "layer4")
        _require_one_of("--model", self.model, ARCHITECTURES)
        _require_one_of("--freeze", self.freeze, (*STAGES, "backbone"))
        _require_one_of("--augment", self.augment, AUGMENTATIONS)
        _require("--epochs", self.epochs, self.epochs >= 1, "at least 1")
        _require("--batch", self.batch, self.batch >= 2, "at least 2")
        _require("--lr", self.lr, 0 < self.peak_lr < inf, "above 0")
        _require("--weight-decay", self.weight_decay, 0 <= self.weight_decay < inf, "0 or more")
        _require("--imgsz", self.imgsz, 32 <= self.imgsz <= 2048, "from 32 to 2048")
        _require("--workers", self.workers, self.workers is None or self.workers >= 0, "0 or more")
        _require("--seed", self.seed, 0 <= self.seed < 2**63, "from 0 to 2^63 - 1")
        if self.freeze != "none" and self.weights == "none":
            raise UsageError(
                f"--freeze {self.freeze} with --weights none would keep random weights as they "
                "are; give pretrained weights or leave --freeze out"
            )

    @property
    def peak_lr(self) -> float:
        """The learning rate asked for, or the default for this start (docs/training.md)."""
        return self.lr if self.lr is not None else 1e-2 if self.pretrained else 1e-3

    @property
    def pretrained(self) -> bool:
        """Whether the network starts from trained weights."""
        return self.weights != "none"

    @property
    def resize_side(self) -> int:
        """Short side before the crop: 256/224 of imgsz, with V2 weights 232/224."""
        return round(self.imgsz * (232 if self.weights == "imagenet-v2" else 256) / 224)


def write_config(path: Path, config: TrainingConfig) -> None:
    """Write `config.json`; paths as text."""
    content = {
        name: str(value) if isinstance(value, Path) else value
        for name, value in asdict(config).items()
    }
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_config(run: Path) -> TrainingConfig:
    """Read a run folder's `config.json`.

    Raises:
        CheckpointError: there is none, or it is not one of ours.
    """
    path = run / "config.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        config = TrainingConfig(**content)
        return replace(config, data=Path(config.data), out=run)
    except FileNotFoundError:
        raise CheckpointError(f"{run} is no run folder: it has no config.json") from None
    except (OSError, ValueError, TypeError, UsageError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from None


def _require_one_of(option: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{option} {value}: choose one of {', '.join(allowed)}")


def _require(option: str, value: object, good: bool, wanted: str) -> None:
    if not good:
        raise UsageError(f"{option} {value}: it must be {wanted}")
