"""Everything that was tried to quantize a file, as plain JSON."""

from collections.abc import Sequence

from .quantized_file import notes_on
from .trial import Trial

JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


def trials_to_json(trials: Sequence[Trial], chosen: Trial | None) -> list[dict[str, JsonValue]]:
    """Turn trials into plain JSON, in their order; docs/quantization.md says what the keys mean.

    Args:
        trials: all of them, of fp16 and INT8 alike.
        chosen: the one whose file was kept; None if none passed.
    """
    return [{**_to_json(trial), "chosen": trial is chosen} for trial in trials]


def _to_json(trial: Trial) -> dict[str, JsonValue]:
    score, difference = trial.score, trial.score.difference
    return {
        "kind": trial.kind,
        "recipe": trial.recipe,
        "float_layers": list(trial.float_layers),
        "passed": trial.passed,
        "failures": list(trial.failures),
        "bytes": trial.size,
        "smaller": trial.smaller,
        "metric": difference.metric,
        "pictures": difference.pictures,
        "float_score": difference.first,
        "score": difference.second,
        "drop": difference.value,
        "drop_interval": list(difference.interval) if difference.interval else None,
        "max_drop": trial.gates.max_drop,
        "told": trial.told,
        "notes": list(notes_on(trial)),
        "agreement": score.agreement,
        "clear_pictures": score.clear_pictures,
        "clear_agreement": score.clear_agreement,
        "mean_probability_difference": score.mean_probability_difference,
        "max_probability_difference": score.max_probability_difference,
        "speed": _speed(trial),
    }


def _speed(trial: Trial) -> JsonValue:
    speed = trial.speed
    if speed is None:
        return None
    return {
        "float_ms": speed.float_ms,
        "quantized_ms": speed.quantized_ms,
        "ratio": speed.ratio,
        "interval": list(speed.interval),
        "rounds": speed.rounds,
        "threads": speed.threads,
        "processor": speed.processor,
        "others": speed.others,
    }
