"""How a verification is shown: one table a file, read from top to bottom."""

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from .screen import one_line

if TYPE_CHECKING:
    from ..evaluation.paired import PairedDifference
    from ..export.comparison import Comparison
    from ..export.verification import ConditionResult, Verification

SOURCES = {
    "validation": "validation pictures compared, from bytes to label",
    "validation and training": "validation and training pictures compared, from bytes to label",
    "run and sample": "the run's pictures and parts of two photographs compared",
    "folder": "pictures of the folder compared, from bytes to label",
    "folder and sample": "pictures of the folder and parts of two photographs compared",
    "sample": "parts of two photographs compared (tlx has no pictures of yours here)",
}


def verification_table(verification: "Verification") -> Table:
    """Show an outcome: differences, conditions, scores, verdict."""
    table = Table(show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right", overflow="fold")
    for what, value in _rows(verification).items():
        table.add_row(what, value)
    verdict = "[green]passed[/]" if verification.passed else "[red]FAILED[/]"
    table.add_row("verdict", verdict, style="bold")
    if not verification.passed:
        table.add_row("worst picture", Text(one_line(str(verification.worst))))
    return table


def _rows(verification: "Verification") -> dict[str, str]:
    found = verification.comparison
    rows = {SOURCES[verification.source]: f"{found.pictures}", **_differences(verification.whole)}
    if verification.resize:
        rows["on the same pictures resized by Pillow: probabilities, largest difference"] = (
            f"{found.max_probability_difference:.2e}"
        )
    if verification.answers.features is not None:
        rows["activation maps, features: largest, of their magnitude"] = (
            f"{found.max_map_difference:.2e}, {found.max_feature_difference:.2e}"
        )
    if verification.answers.unknown_score is not None:
        rows["score for unknown pictures: largest, of its magnitude"] = (
            f"{found.max_unknown_difference:.2e}"
        )
    if not verification.quantized:
        rows["the checkpoint's own distance, fp32 from fp64"] = f"{found.eager_distance:.2e}"
        resized = ", resized by Pillow" if verification.resize else ""
        rows[f"limit in probability{resized}"] = f"{found.limits.probability:.2e}"
    for result in verification.conditions:
        rows[f"with {result.condition}"] = _condition(result)
    if verification.resize:
        off = verification.resize
        rows["resize in the graph against Pillow: levels, share of values"] = (
            f"{off.max_level}, {off.share:.3%}"
        )
        rows["which moves probabilities by up to"] = f"{off.max_probability_difference:.2e}"
    if verification.scores:
        rows |= _scores(verification.scores)
    return rows


def _condition(result: "ConditionResult") -> str:
    if result.max_probability_difference is None:
        return escape(one_line(f"not asked: {result.problem}"))
    passed = "" if result.passed else "  FAILED"
    return f"{result.max_probability_difference:.2e}{passed}"


def _differences(found: "Comparison") -> dict[str, str]:
    return {
        "logits: largest, mean difference": (
            f"{found.max_logit_difference:.2e}, {found.mean_logit_difference:.2e}"
        ),
        "probabilities: largest, mean difference": (
            f"{found.max_probability_difference:.2e}, {found.mean_probability_difference:.2e}"
        ),
        f"{found.same}, outside {found.ties} ties": f"{found.agreement:.2%}",
    }


def _scores(scores: "PairedDifference") -> dict[str, str]:
    interval = scores.interval
    between = f" (95% {-interval[1]:+.4f} to {-interval[0]:+.4f})" if interval else ""
    return {
        "pictures whose truth is known": f"{scores.pictures}",
        f"{scores.metric}: checkpoint, file": f"{scores.first:.4f}, {scores.second:.4f}",
        "difference": f"{scores.second - scores.first:+.4f}{between}",
    }
