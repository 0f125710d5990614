"""The documented JSON of two compared model files, and the table of what they differ in."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ..inference.label_text import joined
from .scored_on import scored_on

if TYPE_CHECKING:
    from ..evaluation.agreement import Agreement
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.multi_label_two_models import MultiLabelComparison
    from ..evaluation.paired import PairedDifference
    from ..evaluation.report import Report
    from ..evaluation.two_models import Comparison

_SHARED = ("labels", "loss", "calibrated_loss", "brier_score")
_OWN = {
    "single-label": ("accuracy", "balanced_accuracy"),
    "multi-label": (
        *("mean_average_precision", "exact_match", "micro_f1", "macro_f1", "thresholds"),
    ),
}
"""Keys of a file's own report that stand beside its path, with their intervals."""


def pair_json(
    found: "Comparison | MultiLabelComparison", data: Path, split: str | None, notes: Sequence[str]
) -> dict[str, object]:
    """Give the documented JSON (docs/json.md).

    Args:
        found: the comparison.
        data: the folder or CSV of the pictures, as given.
        split: of the CSV, the only one that was taken.
        notes: what the user should know, one line each.
    """
    return {**_compared(found), **scored_on(data), "notes": notes, "split": split, "error": None}


def _compared(found: "Comparison | MultiLabelComparison") -> dict[str, object]:
    from ..evaluation.two_models import Comparison
    from ..evaluation.verdict import verdict

    single = isinstance(found, Comparison)
    first = found.reports[0]
    return {
        "task": "single-label" if single else "multi-label",
        "models": [
            _model(path, report) for path, report in zip(found.paths, found.reports, strict=True)
        ],
        "pictures": first.pictures,
        "failures": first.failures,
        "verdict": verdict(found.main),
        "difference": None if found.difference is None else _difference(found.difference),
        **({} if single else {"exact_match_difference": _difference(found.exact_match)}),
        "mcnemar_p": found.p_value,
        "counts": asdict(found.counts),
        "agreement": found.same / first.pictures,
        "per_label": _single_labels(found) if single else _several_labels(found),
        "disagreements": [asdict(row) for row in found.disagreements],
        "unreadable": [{"path": str(row.path), "error": row.reason} for row in first.unreadable],
    }


def agreement_json(found: "Agreement") -> dict[str, object]:
    """Give the same keys for pictures without truth; what needs it is null."""
    from ..inference.whole_file import file_digest

    single = found.task == "single-label"
    return {
        "task": found.task,
        "models": [{"path": path, "model_sha256": file_digest(Path(path))} for path in found.paths],
        "pictures": found.pictures,
        "failures": len(found.unreadable),
        **dict.fromkeys(("verdict", "difference", "mcnemar_p", "counts")),
        "agreement": found.same / found.pictures,
        "per_label": {},
        "disagreements": [
            {
                "path": row.path,
                "truth": None,
                "first": asdict(row.first[0]) if single else [one.label for one in row.first],
                "second": asdict(row.second[0]) if single else [one.label for one in row.second],
                "right": None,
            }
            for row in found.differences
        ],
        "unreadable": [{"path": path, "error": reason} for path, reason in found.unreadable],
        "notes": [],
        "split": None,
        "error": None,
    }


def _model(path: str, report: "Report | MultiLabelReport") -> dict[str, object]:
    from ..evaluation.report_json import report_json
    from ..inference.whole_file import file_digest

    content = report_json(report)
    names = (*_OWN[str(content["task"])], *_SHARED)
    wanted = (key for name in names for key in (name, f"{name}_interval") if key in content)
    error = report.calibration.expected_calibration_error
    return {
        "path": path,
        "model_sha256": file_digest(Path(path)),
        **{key: content[key] for key in wanted},
        "expected_calibration_error": error,
    }


def difference_rows(found: "Comparison | MultiLabelComparison") -> Iterator[tuple[object, ...]]:
    """Give the rows of differences.csv, its header first."""
    from ..evaluation.two_models import Comparison

    probabilities = "first_probability", "second_probability"
    if isinstance(found, Comparison):
        yield ("path", "truth", "first", "second", *probabilities, "right")
        for row in found.disagreements:
            a, b = row.first, row.second
            yield (row.path, row.truth, a.label, b.label, a.probability, b.probability, row.right)
    else:
        yield ("path", "truth", "first", "second", "label", *probabilities, "right")
        for row in found.disagreements:
            several = (joined(labels) for labels in (row.truth, row.first, row.second))
            yield (row.path, *several, row.label, *row.probabilities, row.right)


def agreement_rows(found: "Agreement") -> Iterator[tuple[object, ...]]:
    """Give the same rows for pictures without truth; what needs it is empty."""
    single = found.task == "single-label"
    probabilities = "first_probability", "second_probability"
    label = () if single else ("label",)
    yield ("path", "truth", "first", "second", *label, *probabilities, "right")
    for row in found.differences:
        if single:
            (a,), (b,) = row.first[:1], row.second[:1]
            yield (row.path, "", a.label, b.label, a.probability, b.probability, "")
        else:
            sides = (joined(one.label for one in side) for side in (row.first, row.second))
            yield (row.path, "", *sides, "", "", "", "")


def _difference(difference: "PairedDifference") -> dict[str, object]:
    value = difference.value
    better = ("second" if value > 0 else "first") if difference.told_apart else None
    return {
        "metric": difference.metric,
        "value": value,
        "interval": difference.interval,
        "better": better,
        "pictures_to_tell": difference.pictures_to_tell(),
    }


def _single_labels(found: "Comparison") -> dict[str, object]:
    # A difference is of the second file less the first: its own `first` is the second file.
    return {
        label: {
            "support": row.pictures,
            "first_recall": row.second,
            "second_recall": row.first,
            "difference": row.value,
            "interval": row.interval,
            "only_first": row.only_second,
            "only_second": row.only_first,
        }
        for label, row in found.per_label.items()
    }


def _several_labels(found: "MultiLabelComparison") -> dict[str, object]:
    return {
        label: {
            "support": row.support,
            "first_average_precision": row.first,
            "second_average_precision": row.second,
            "difference": row.value,
        }
        for label, row in found.per_label.items()
    }
