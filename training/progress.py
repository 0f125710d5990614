"""What `last.pt` says a training had come to, held against the training that goes on from it.

It may be damaged, or come from a stranger. So nothing is taken over that the training itself would
not have written: only what steps move (rates, moments, counts), in the shapes that they have.
"""

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any, get_type_hints

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from ..errors import CheckpointError
from .checkpoint import Checkpoint, is_state, load_checkpoint
from .config import CHOICES
from .learner import Learner
from .run_folder import EpochDone

_MOVED_IN_GROUPS = ("lr", "betas", "momentum")
_MOMENTS = ({"step", "exp_avg", "exp_avg_sq"}, {"momentum_buffer"})
"""Of a parameter, in AdamW and in SGD."""
_MEASURED = (
    *("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "lr"),
    "monitored",
)


class _UnlikelyError(Exception):
    """Something is not as a training writes it; the text says what."""


def damaged(path: Path, reason: str) -> CheckpointError:
    """Say that a `last.pt` cannot be gone on from, and what can be done instead."""
    return CheckpointError(
        f"{path} is damaged, or config.json was changed: {reason}; {_instead(path)}"
    )


def _instead(path: Path) -> str:
    best = path.with_name("best.pt")
    return f"train again with --overwrite, or start another run from --weights {best}"


def read_last(path: Path) -> Checkpoint:
    """Read a run's `last.pt`.

    Raises:
        CheckpointError: it is damaged, or none.
    """
    try:
        return load_checkpoint(path)
    except CheckpointError as error:
        raise CheckpointError(f"{error}; {_instead(path)}") from None


def read_history(last: Checkpoint, path: Path) -> list[EpochDone]:
    """Read which epochs a run had finished from its `last.pt`.

    Raises:
        CheckpointError: they are missing, or of another shape.
    """
    try:
        rows = [EpochDone(**row) for row in last.progress["history"]]
    except (KeyError, TypeError):
        rows = []
    whole = rows and all(_is_whole(row, number) for number, row in enumerate(rows, start=1))
    if not whole or not rows[0].best or len(rows) != last.epoch:
        raise damaged(path, "it does not say which epochs are done")
    return rows


def _is_whole(row: EpochDone, number: int) -> bool:
    kinds = get_type_hints(EpochDone)
    return (
        all(_fits(value, kinds[name]) for name, value in asdict(row).items())
        and row.epoch == number
        and row.monitor in CHOICES["monitor"]
        and all(isfinite(getattr(row, name)) for name in _MEASURED)
    )


def _fits(value: object, kind: type) -> bool:
    return isinstance(value, kind) or (type(value) is int and isinstance(0.0, kind))


def take_up(last: Checkpoint, path: Path, learner: Learner, steps: int) -> list[EpochDone]:
    """Bring a learner to where a run stopped.

    Args:
        last: of the run.
        path: of its file.
        learner: as it begins.
        steps: of the whole training.

    Returns:
        The epochs that were finished.

    Raises:
        CheckpointError: the file does not say it as a training does.
    """
    history = read_history(last, path)
    taken = steps // learner.config.epochs * len(history)
    try:
        learner.load_state_dict(_checked(last.progress, learner, taken))
    except _UnlikelyError as error:
        raise damaged(path, str(error)) from None
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        raise damaged(path, "a training cannot go on from what it says of the optimizer") from None
    return history


def _checked(progress: Mapping[str, Any], learner: Learner, taken: int) -> dict[str, Any]:
    state: dict[str, Any] = {
        "optimizer": _optimizer(progress.get("optimizer"), learner.optimizer),
        "schedule": _schedule(progress.get("schedule"), learner.schedule, taken),
        "scaler": _scaler(progress.get("scaler"), learner.scaler.state_dict()),
        "parts": _count(progress.get("parts"), "parts of a batch", 1),
    }
    if learner.average is not None:
        state["averaged"] = _count(progress.get("averaged"), "moving average", 0)
        state["learning"] = progress.get("learning")
        _require(is_state(state["learning"]), "moving average")
    return state


def _require(whole: bool, what: str) -> None:
    if not whole:
        raise _UnlikelyError(f"what it says of the {what} is not what a training writes")


def _count(value: object, what: str, least: int) -> int:
    _require(type(value) is int and least <= value < 2**63, what)
    assert isinstance(value, int)
    return value


def _numbers(found: object, own: object, what: str, low: float, high: float) -> Any:  # noqa: ANN401
    """Require numbers in the place of numbers, as many, of a range."""
    if isinstance(own, list | tuple):
        _require(isinstance(found, list | tuple) and len(found) == len(own), what)
        assert isinstance(found, list | tuple)
        return type(own)(_numbers(one, 0.0, what, low, high) for one in found)
    _require(type(found) in (int, float) and low <= found < high, what)  # pyright: ignore[reportOperatorIssue]
    return found


def _optimizer(found: object, optimizer: Optimizer) -> dict[str, Any]:
    own, what = optimizer.state_dict(), "optimizer"
    _require(isinstance(found, dict), what)
    assert isinstance(found, dict)
    groups: Any = found.get("param_groups")
    moments: Any = found.get("state")
    _require(isinstance(groups, list) and len(groups) == len(own["param_groups"]), what)
    _require(isinstance(moments, dict), what)
    moved = [_group(*pair) for pair in zip(groups, own["param_groups"], strict=True)]
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for number, values in moments.items():
        _require(type(number) is int and 0 <= number < len(parameters), what)
        _require(_are_moments(values, parameters[number]), what)
        # Copied, because elements of a stranger's tensor may share their memory.
        state[number] = {name: value.clone() for name, value in values.items()}
    return {"state": state, "param_groups": moved}


def _group(found: object, own: dict[str, Any]) -> dict[str, Any]:
    _require(isinstance(found, dict), "optimizer")
    assert isinstance(found, dict)
    highest = {"lr": float("inf"), "betas": 1.0, "momentum": 1.0}
    moved = {
        name: _numbers(found.get(name), own[name], "optimizer", 0.0, highest[name])
        for name in _MOVED_IN_GROUPS
        if name in own
    }
    return own | moved


def _are_moments(values: object, parameter: Tensor) -> bool:
    """Tell whether these are what the optimizer keeps of a parameter."""
    return (
        isinstance(values, dict)
        and values.keys() in _MOMENTS
        and all(isinstance(value, Tensor) for value in values.values())
        and all(value.is_floating_point() for value in values.values())
        and all(
            value.shape == (() if name == "step" else parameter.shape)
            for name, value in values.items()
        )
        and ("step" not in values or values["step"].item() >= 0)
    )


def _schedule(found: object, schedule: LRScheduler, taken: int) -> dict[str, Any]:
    own, what = schedule.state_dict(), "learning rate's schedule"
    _require(isinstance(found, dict), what)
    assert isinstance(found, dict)
    done = _count(found.get("last_epoch"), what, 0)
    if done != taken:
        raise _UnlikelyError(f"it is {done} steps on, and by config.json it would be {taken}")
    rates = {
        name: _numbers(found.get(name), own[name], what, 0.0, float("inf"))
        for name in ("base_lrs", "_last_lr")
    }
    count = _count(found.get("_step_count"), what, 0)
    return own | rates | {"last_epoch": taken, "_step_count": count}


def _scaler(found: object, own: dict[str, Any]) -> dict[str, Any]:
    if not own:  # it is not needed in this precision
        return {}
    what = "scale of the loss"
    _require(isinstance(found, dict), what)
    assert isinstance(found, dict)
    least, most = 2.0**-1000, 2.0**1000
    scale = _numbers(found.get("scale"), 1.0, what, least, most)
    return own | {"scale": scale, "_growth_tracker": _count(found.get("_growth_tracker"), what, 0)}
