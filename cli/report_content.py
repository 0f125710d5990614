"""The object of `tlx eval --json` and report.json, made for a command and for the worker."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..inference.whole_file import file_digest, replacing
from .scored_on import scored_on

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..inference.classifier import Classifier


def report_content(
    report: "Report | MultiLabelReport",
    classifier: "Classifier",
    data: Path,
    split: str | None,
    notes: list[str],
    unknown: dict[str, object] | None = None,
) -> dict[str, object]:
    """Give the documented object (docs/json.md): the report, and what was scored on what.

    Args:
        report: the scores.
        classifier: the model file that was scored.
        data: the folder or CSV of the pictures, as given.
        split: that was chosen in the CSV.
        notes: what to think of when reading it.
        unknown: what came of pictures that show none of the labels.
    """
    from ..evaluation.report_json import report_json

    return {
        **report_json(report),
        "model_sha256": file_digest(classifier.session.path),
        **scored_on(data),
        "split": split,
        "notes": notes,
        "unknown": unknown,
    }


def write_content(content: dict[str, object], path: Path) -> None:
    """Write the object as report.json."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def is_report(path: Path) -> bool:
    """Tell whether a file is a report.json of an earlier evaluation; no for none."""
    content = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    scores = '"confusion"' in content or '"exact_match"' in content
    return scores and '"model_sha256"' in content  # other programs write confusions too
