"""A report as one HTML file that loads nothing: opens with no network, on a phone, in print.

The numbers, names and pictures go in as JSON. The page's script builds the document from them
with text nodes alone, so nothing in a label or a name can act; a policy (CSP) in the file allows
its own style and script by their hash, pictures within it, and nothing else.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template

from ..inference.card import ModelCard
from ..inference.whole_file import replacing
from .multi_label_report import MultiLabelReport
from .page_facts import PageOrigin, model_facts, origin_facts
from .page_numbers import numbers, unknown_numbers
from .page_pictures import MOST_MISTAKES, MOST_RIGHT, PagePictures, Scored, shortened
from .report import Report
from .scored_picture import ScoredPicture
from .unknown_report import UnknownReport, unknown_curve

MARK = "<!-- written by tlx eval -->"
"""In the file's first line, so that only our own is replaced."""
MOST_LISTED = 20_000
"""Pictures that are listed: mistakes first, the worst of them first."""
DIGITS = 5
"""Decimals of the numbers in the file."""

_FOLDER = Path(__file__).with_name("page")
_SCRIPTS = ("dom.js", "charts.js", "tables.js", "pictures.js", "confusion.js", "report.js")

Json = dict[str, object]


def write_page(
    path: Path,
    report: Report | MultiLabelReport,
    pictures: PagePictures,
    card: ModelCard,
    model: Path,
    origin: PageOrigin,
    unknown: UnknownReport | None = None,
) -> None:
    """Write the page.

    Args:
        path: of the HTML file; an existing one is replaced.
        report: what it shows.
        pictures: what `draw_pictures` gave for it.
        card: of the model file.
        model: the model file, for its hash.
        origin: how the report came about.
        unknown: how the file's rule did on pictures of none of its labels, if that was measured.
    """
    content = {
        **_results(report, pictures, unknown),
        "model": model_facts(card, model),
        "origin": origin_facts(origin),
        "note": origin.note,
        "data": origin.data,
    }
    with replacing(path) as temporary:
        temporary.write_text(page(content, f"{report.model}: report"), encoding="utf-8")


def page(content: Json, title: str) -> str:
    """Put the file together: ASCII data, style and scripts in the template."""
    style = _read("report.css")
    script = "\n".join(_read(name) for name in _SCRIPTS)
    return Template(_read("report.html")).substitute(
        mark=MARK,
        # A name that is no Unicode holds what UTF-8 cannot write.
        title=escape(title).encode("ascii", "xmlcharrefreplace").decode(),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        # Without "<" no text in it can end the element that holds it.
        content=json.dumps(_rounded(content), separators=(",", ":")).replace("<", "\\u003c"),
    )


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {str(key): _rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return value


def _results(
    report: Report | MultiLabelReport, pictures: PagePictures, unknown: UnknownReport | None
) -> Json:
    found = [*numbers(report), *(unknown_numbers(unknown) if unknown else [])]
    single = isinstance(report, Report)
    return {
        "task": "single-label" if single else "multi-label",
        "file": report.model,
        "scored": report.pictures,
        "rate": report.pictures_per_second,
        "labels": report.labels,
        "numbers": [asdict(number) for number in found],
        "perLabel": [asdict(report.per_label[label]) for label in report.labels],
        "confusion": report.confusion if single else None,
        "decisions": None if single else _decisions(report),
        "pairs": [asdict(pair) for pair in report.confused_pairs] if single else [],
        "calibration": asdict(report.calibration),
        "uncalibrated": asdict(report.uncalibrated),
        "coverage": asdict(report.coverage) if single else None,
        "curves": asdict(report.curves),
        "unknown": _unknown(unknown) if unknown else None,
        "slices": [asdict(one) for one in report.slices],
        **_listed(report, pictures),
    }


def _decisions(report: MultiLabelReport) -> list[list[int]]:
    """Count of each label the pictures that are right, missed and wrongly given, of all scored."""
    counts = {label: [0, 0, 0] for label in report.labels}
    for row in report.rows:
        truth, predicted = {*row.truth}, {*row.predicted}
        for place, labels in enumerate((truth & predicted, truth - predicted, predicted - truth)):
            for label in labels:
                counts[label][place] += 1
    return list(counts.values())


def _unknown(found: UnknownReport) -> Json:
    return {
        "pictures": len(found.unknown),
        "threshold": found.threshold,
        "found": 1 - found.false_accepts,
        "refused": found.refused,
        "curve": unknown_curve(found),
    }


def _listed(report: Report | MultiLabelReport, pictures: PagePictures) -> Json:
    worst = sorted(report.rows, key=lambda row: (row.correct, -row.loss))
    rows = worst[:MOST_LISTED]
    paths = [row.path for row in rows] + [str(row.path) for row in report.unreadable]
    names = dict(zip(paths, shortened(paths), strict=True))
    index = {label: place for place, label in enumerate(report.labels)}
    mistakes = [
        {**asdict(mistake), "path": names.get(mistake.path, "")} for mistake in pictures.mistakes
    ]
    return {
        "pictures": [_picture(row, names, index, pictures.thumbnails) for row in rows],
        "mistakes": mistakes,
        "unreadable": [[names[str(row.path)], row.reason] for row in report.unreadable],
        "left": _left_out(report.rows, rows, pictures),
    }


def _picture(
    row: Scored, names: dict[str, str], index: dict[str, int], thumbnails: dict[str, str]
) -> Json:
    truth = (row.truth,) if isinstance(row.truth, str) else row.truth
    predicted = (row.predicted,) if isinstance(row.predicted, str) else row.predicted
    return {
        "name": names[row.path],
        "truth": [index[label] for label in truth],
        "predicted": [index[label] for label in predicted],
        "label": index[row.predicted if isinstance(row, ScoredPicture) else row.label],
        "probability": row.probability,
        "image": thumbnails.get(row.path, ""),
    }


def _left_out(rows: Sequence[Scored], listed: Sequence[Scored], pictures: PagePictures) -> str:
    """Say what is not in the page, or nothing."""
    texts: list[str] = []
    if len(listed) < len(rows):
        texts.append(f"{len(listed)} of {len(rows)} pictures are listed, the worst ones.")
    if len(pictures.thumbnails) < len(listed):
        texts.append(
            f"{len(pictures.thumbnails)} of {len(rows)} are shown: the worst mistakes, up to "
            f"{MOST_MISTAKES}, and up to {MOST_RIGHT} right answers taken evenly from all labels."
        )
    return " ".join(texts)
