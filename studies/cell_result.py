"""What a cell's training came to with one seed, and its `result.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..inference.strict_json import parse, read
from ..inference.whole_file import replacing
from ..training.config import TrainingConfig

RESULT = "result.json"
TOLERANCE = 0.05
"""By how much an epoch may be late in a comparison at equal time: so much the clock of two equal
trainings differs, and one of them would lose its last epoch."""

_SCHEMA = 1
_FREE = ("out", "overwrite", "workers", "log")
"""Options that change no number, so that a study may go on with others."""

Json = str | int | float | bool | list[str] | None


@dataclass(frozen=True)
class CurvePoint:
    """An epoch's end: seconds of training until then, and how validation stood."""

    seconds: float
    score: float
    loss: float


@dataclass(frozen=True)
class HeldOutScore:
    """The exported file on the test pictures: the metric in 0..1, the loss in nats."""

    score: float
    loss: float
    pictures: int


@dataclass(frozen=True)
class CellResult:
    """A cell's training with one seed.

    Attributes:
        cell: the cell's name.
        seed: of the training.
        metric: what the scores are, such as "accuracy".
        best_epoch: 1-based; the one that was exported.
        validation: its score on the validation pictures, 0..1; they chose it.
        validation_loss: in nats.
        validation_pictures: how many there are.
        test: the exported file's score, None where the data have no test pictures.
        parameters: how many the network has.
        trainable: how many of them learned.
        curve: every epoch.
        file_bytes: size of the ONNX file.
        latency_ms: median time of the file for one picture on the processor, milliseconds.
        latency_threads: the processor's threads for it.
        device: what it was trained on.
        fingerprint: of the pictures (the card's).
    """

    cell: str
    seed: int
    metric: str
    best_epoch: int
    validation: float
    validation_loss: float
    validation_pictures: int
    test: HeldOutScore | None
    parameters: int
    trainable: int
    curve: tuple[CurvePoint, ...]
    file_bytes: int
    latency_ms: float
    latency_threads: int
    device: str
    fingerprint: str

    @property
    def seconds(self) -> float:
        """All epochs with their validation; reading, export and scoring are not counted."""
        return self.curve[-1].seconds

    @property
    def seconds_per_epoch(self) -> float:
        """Mean of the epochs."""
        return self.seconds / len(self.curve)

    def best_within(self, seconds: float) -> float | None:
        """Find the best validation score within so much training; None if no epoch was done."""
        limit = seconds * (1 + TOLERANCE)
        return max((point.score for point in self.curve if point.seconds <= limit), default=None)


def config_json(config: TrainingConfig) -> dict[str, Json]:
    """Give the options that determine a training, paths absolute."""
    return {name: _plain(value) for name, value in asdict(config).items() if name not in _FREE}


def write_result(run: Path, config: TrainingConfig, result: CellResult) -> None:
    """Write `result.json` with the configuration that it belongs to."""
    content = {"schema": _SCHEMA, "config": config_json(config), "result": asdict(result)}
    with replacing(run / RESULT) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def read_result(run: Path, config: TrainingConfig) -> CellResult | None:
    """Read back a result; None if there is none, or none of this configuration."""
    try:
        content = read_object(run / RESULT)
        if content["schema"] != _SCHEMA or not same_options(
            dict(content["config"]), config_json(config)
        ):
            return None
        found: CellResult = read(CellResult, content["result"], "it")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.curve else None


def read_object(path: Path) -> Any:  # noqa: ANN401 - JSON of any shape
    """Read JSON that may be anything, as in a study of a stranger.

    Raises:
        OSError: there is no such file.
        ValueError: it is no file, or no JSON.
    """
    if path.exists() and not path.is_file():  # a FIFO is waited for, a device may never end
        raise ValueError("no file")
    return parse(path.read_text(encoding="utf-8"))


def same_options(earlier: dict[str, Json], now: dict[str, Json]) -> bool:
    """Compare options; what an older tlx did not know had its default."""
    return not changed_options(earlier, now)


def changed_options(earlier: dict[str, Json], now: dict[str, Json]) -> list[str]:
    """List the options that differ, by their fields' names."""
    return [
        name
        for name in {**now, **earlier}
        if earlier.get(name, _default(name)) != now.get(name, _default(name))
    ]


def _default(name: str) -> Json:
    return _plain(getattr(TrainingConfig, name, None))


def _plain(value: Json | Path | tuple[str, ...]) -> Json:
    if isinstance(value, Path):
        return str(value.resolve())
    return list(value) if isinstance(value, tuple) else value
