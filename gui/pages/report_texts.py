"""What the page Evaluate says of a report's numbers."""

from PySide6.QtCore import QCoreApplication

from ..evaluations import Comparison, Evaluation
from ..report_numbers import ReportNumbers
from ..scored import ScoredPictures
from ..widgets.bar_list import Bar
from ..widgets.figures import Figure
from ..wording import count_of_pictures, ends, percent, with_interval


def _tr(text: str) -> str:
    return QCoreApplication.translate("report", text)


def figures(evaluation: Evaluation) -> list[Figure]:
    """Choose the main numbers of a task."""
    numbers = evaluation.numbers
    shown = _several(numbers) if evaluation.pictures.several else _single(numbers)
    error = numbers.number("calibration", "expected_calibration_error") or 0.0
    before = numbers.number("uncalibrated", "expected_calibration_error") or 0.0
    changed = abs(error - before) >= 5e-4
    without = _tr("{0:.3f} without temperature").format(before) if changed else ""
    meaning = _tr("Mean distance between how sure the answers are and how often they are right")
    return [*shown, Figure(_tr("Calibration error"), f"{error:.3f}", without, meaning)]


def _single(numbers: ReportNumbers) -> list[Figure]:
    top = numbers.count("topk")
    found = [
        _share(numbers, "accuracy", _tr("Accuracy"), _tr("Pictures whose first label is right")),
        _share(
            numbers,
            "balanced_accuracy",
            _tr("Balanced accuracy"),
            _tr("Mean recall of the labels: each counts the same"),
        ),
    ]
    if numbers.has("topk_accuracy"):
        meaning = _tr("Pictures with the right label among the first {0}").format(top)
        found.append(_share(numbers, "topk_accuracy", _tr("Top-{0}").format(top), meaning))
    return found


def _several(numbers: ReportNumbers) -> list[Figure]:
    return [
        _share(
            numbers,
            "mean_average_precision",
            _tr("Mean average precision"),
            _tr("How well probabilities rank the pictures, averaged over the labels"),
        ),
        _share(
            numbers,
            "exact_match",
            _tr("Exact match"),
            _tr("Pictures whose labels are all right and complete"),
        ),
        _share(numbers, "macro_f1", _tr("Mean F1"), _tr("Mean F1 of the labels")),
        _share(numbers, "micro_f1", _tr("F1 of all"), _tr("F1 over all decisions together")),
    ]


def _share(numbers: ReportNumbers, key: str, name: str, meaning: str) -> Figure:
    value, interval = numbers.number(key), numbers.interval(f"{key}_interval")
    text = "–" if value is None else percent(value)
    return Figure(name, text, ends(interval), f"{meaning}\n{_tr('Below: the 95% interval')}")


def counts_line(evaluation: Evaluation) -> str:
    """Say how many pictures were scored, by which file and how fast."""
    numbers = evaluation.numbers
    parts = [
        count_of_pictures(numbers.count("pictures")),
        numbers.text("model"),
        _tr("{0:,.0f} pictures/s").format(numbers.number("pictures_per_second") or 0.0),
    ]
    return "   ·   ".join(parts)


def rule_line(evaluation: Evaluation) -> str:
    """Say what the card's rule for unknown pictures does to these."""
    numbers, card = evaluation.numbers, evaluation.model.card
    if evaluation.pictures.several or not numbers.has("refused"):
        return _tr("This file has no rule for pictures that are none of its labels.")
    text = _tr("Taken for unknown by the card's rule (score above {0:.4g}): {1}")
    refused = with_interval(numbers.number("refused"), numbers.interval("refused_interval"))
    line = text.format(card.unknown_threshold or 0.0, refused)
    others = numbers.number("accuracy_with_refusals")
    interval = numbers.interval("accuracy_with_refusals_interval")
    rest = _tr("; of the others right: {0}").format(with_interval(others, interval))
    return line if others is None else line + rest


def pair_bars(pictures: ScoredPictures) -> list[Bar]:
    """Write the confused pairs as lines, the largest first."""
    labels = pictures.labels
    bars: list[Bar] = []
    for truth, predicted, count in pictures.pairs():
        share = count / pictures.support(truth)
        text = f"{labels[truth]}  →  {labels[predicted]}"
        sentence = _tr("{0} taken for {1}: {2:,} of {3:,} pictures ({4:.1%})").format(
            labels[truth], labels[predicted], count, pictures.support(truth), share
        )
        bars.append(Bar(text, f"{count:,}   {share:.0%}", share, sentence))
    return bars


def mistake_bars(pictures: ScoredPictures) -> list[tuple[Bar, int, bool]]:
    """Write how often each label was missed or added; with the label, and whether it was missed."""
    found: list[tuple[Bar, int, bool]] = []
    for label, name in enumerate(pictures.labels):
        for missed in (True, False):
            paths = pictures.missed(label) if missed else pictures.added(label)
            if not paths:
                continue
            whole = pictures.support(label) if missed else len(pictures.taken_for(label))
            text = _tr("{0}  missed") if missed else _tr("{0}  added")
            sentence = _tr("{0}: {1:,} of {2:,} pictures").format(
                text.format(name), len(paths), whole
            )
            number = f"{len(paths):,}   {len(paths) / whole:.0%}"
            found.append(
                (Bar(text.format(name), number, len(paths) / whole, sentence), label, missed)
            )
    return sorted(found, key=lambda entry: -entry[0].share)


def agreement_line(comparison: Comparison) -> str:
    """Say how often two files say the same."""
    numbers = comparison.numbers
    share, pictures = numbers.number("agreement") or 0.0, numbers.count("pictures")
    text = _tr("The same answer for {0:,} of {1} ({2})")
    return text.format(round(share * pictures), count_of_pictures(pictures), percent(share))


def model_lines(comparison: Comparison) -> list[tuple[str, str]]:
    """Give each file's name and score."""
    lines: list[tuple[str, str]] = []
    for letter, entry in zip("AB", comparison.numbers.entries("models"), strict=True):
        score = ""
        for key in ("accuracy", "mean_average_precision"):
            if entry.has(key):
                score = with_interval(entry.number(key), entry.interval(f"{key}_interval"))
        lines.append((f"{letter}  {entry.text('path').rpartition('/')[2]}", score))
    return lines


def right_line(comparison: Comparison) -> str:
    """Say how many pictures which file gets right; empty without truth."""
    numbers = comparison.numbers
    if not numbers.has("counts"):
        return ""
    names = ("both", "only_first", "only_second", "neither")
    counts = [numbers.count("counts", name) for name in names]
    text = _tr("Right: both {0:,}, A alone {1:,}, B alone {2:,}, neither {3:,}")
    p_value = _tr("McNemar's exact test: p = {0:.3g}").format(numbers.number("mcnemar_p"))
    return f"{text.format(*counts)}\n{p_value}"
