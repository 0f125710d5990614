"""Answers as rows and as JSON; no Typer, no Rich and no numpy is needed for that."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..inference.prediction import Outcome, Prediction, RankedLabel

JUDGEMENT = ("unknown", "unknown_score")
"""What is said of a picture last: empty for a file without a rule for unknown pictures."""


class Shown(Protocol):
    """Where answers go: a `Screen`, or what does with less."""

    as_json: bool

    def row(self, text: str = "", style: str | None = None) -> None:
        """Print a line that stays."""

    def json(self, content: object) -> None:
        """Print one line of JSON."""


def show_outcome(
    outcome: "Outcome",
    topk: int,
    screen: Shown,
    multi_label: bool = False,
    explanations: dict[str, str] | None = None,
) -> None:
    """Print a picture's answer as a row, or as a line of JSON.

    Args:
        outcome: the answer.
        topk: labels that are ranked.
        screen: where it goes.
        multi_label: whether the model is of that task.
        explanations: the written files by label; None where they were not asked for.
    """
    if screen.as_json:
        written = {} if explanations is None else _explanation_json(explanations, multi_label)
        screen.json({**outcome_json(outcome, topk, multi_label), **written})
    elif outcome.prediction is None:
        screen.row(f"{outcome.path}  error: {outcome.error}", style="red")
    elif multi_label:
        screen.row(f"{outcome.path}  {_chosen_text(outcome.prediction, topk)}")
    elif outcome.prediction.unknown:
        screen.row(f"{outcome.path}  unknown (nearest: {_text(outcome.prediction.top(1))})")
    else:
        screen.row(f"{outcome.path}  {_text(outcome.prediction.top(topk))}")


def _text(ranked: "Sequence[RankedLabel]") -> str:
    return "  ".join(f"{row.label} {row.probability:.1%}" for row in ranked)


def _chosen_text(prediction: "Prediction", topk: int) -> str:
    chosen = prediction.chosen
    if not chosen:
        return f"none of the labels (most probable: {_text(prediction.top(1))})"
    more = f"  and {len(chosen) - topk} more" if len(chosen) > topk else ""
    return _text(chosen[:topk]) + more


def outcome_json(outcome: "Outcome", topk: int, multi_label: bool) -> dict[str, object]:
    """Write an answer as an object of `tlx classify --json`."""
    ranked = outcome.prediction.top(topk) if outcome.prediction else ()
    answers = [{"label": row.label, "probability": row.probability} for row in ranked]
    chosen: dict[str, object] = {"labels": chosen_labels(outcome)} if multi_label else {}
    judged = dict(zip(JUDGEMENT, judgement(outcome), strict=True))
    return {
        "path": outcome.path,
        **chosen,
        "predictions": answers,
        **judged,
        "error": outcome.error,
    }


def judgement(outcome: "Outcome") -> tuple[bool | None, float | None]:
    """Say whether the picture is none of the labels, and its score; None without a rule."""
    found = outcome.prediction
    return (None, None) if found is None else (found.unknown, found.unknown_score)


def _explanation_json(written: dict[str, str], multi_label: bool) -> dict[str, object]:
    first = next(iter(written.values()), None)
    return {"explanation": first, **({"explanations": written} if multi_label else {})}


def chosen_labels(outcome: "Outcome") -> list[str]:
    """List the labels that a picture is said to have; none of a bad one."""
    return [row.label for row in outcome.prediction.chosen] if outcome.prediction else []
