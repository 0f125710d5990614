"""What the varied options did, in plain words, and no more than the numbers bear."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from ..inference.whole_file import replacing
from .comparison_table import Row, Table
from .contrast import (
    Contrast,
    Difference,
    at_equal_time,
    compare_scores,
    find_contrasts,
    held_out_scores,
)
from .grid import Variation, shown_value

_FROZEN = {
    "none": "Fine-tuning everything",
    "backbone": "Only the head learning",
    "layer4": "Only the head learning",
    "gradual": "Gradual unfreezing",
}


def summarise(variations: Sequence[Variation], table: Table) -> list[str]:
    """Say what each varied option did, a line a contrast.

    A difference below the noise is called what it is: not told apart.
    """
    done = [row for row in table.rows if row.results]
    if len(done) < 2:
        return ["Fewer than two cells came to an end, so there is nothing to compare."]
    contrasts = find_contrasts(variations, table.rows)
    lines = [_begin(done, table.metric)]
    lines += [_line(contrast, table.metric) for contrast in contrasts]
    if not contrasts:
        lines.append("No two cells that came to an end differ in one option alone.")
    return [*lines, *_cautions(done, len(contrasts))]


def write_summary(path: Path, lines: Sequence[str]) -> None:
    """Write `summary.txt`, a paragraph a line."""
    with replacing(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")


def _begin(done: Sequence[Row], metric: str) -> str:
    pictures = held_out_scores(done[0]).pictures
    seeds = sorted({len(row.results) for row in done})
    many = "a single seed" if seeds[0] == 1 else f"{seeds[0]} seeds"
    count = many if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    return (
        f"{len(done)} cells with {count} each, compared by {_split(done[0])} {metric} on "
        f"{pictures} pictures. The noise is the 95% interval of a difference: from the number of "
        "pictures and, with two seeds or more, from the spread over the seeds."
    )


def _line(contrast: Contrast, metric: str) -> str:
    pairs = [(held_out_scores(one), held_out_scores(other)) for one, other in contrast.pairs]
    first, second = _phrase(contrast, True), _phrase(contrast, False)
    split = _split(contrast.pairs[0][0])
    sentences = [
        f"{first} against {second}",
        f" ({len(pairs)} pairs of cells): " if len(pairs) > 1 else ": ",
        _verdict(compare_scores(pairs), f"{split} {metric}"),
        _range(compare_scores(pairs)) if len(pairs) > 1 else "",
        f" {_equal_time(contrast, metric)} {_cost(contrast)}",
    ]
    return "".join(sentences)


def _verdict(found: Difference, what: str) -> str:
    numbers = f"{what} {_percent(found.value)} against {_percent(found.reference)}"
    noise = f"{_points(found.noise)} points"
    if not found.told_apart:
        return (
            f"{numbers}; the difference of {_points(abs(found.size))} is within the noise of "
            f"{noise}: the data do not tell them apart."
        )
    side = "better" if found.size > 0 else "worse"
    return f"{numbers}, {_points(abs(found.size))} points {side}, noise {noise}."


def _range(found: Difference) -> str:
    least, most = (f"{100 * value:+.1f}" for value in (found.least, found.most))
    if least == most:
        return ""
    return f" By pair it goes from {least} to {most} points."


def _equal_time(contrast: Contrast, metric: str) -> str:
    seconds, scores = at_equal_time(contrast.pairs)
    if scores is None:
        return f"In equal time ({seconds:.3g} s) not every training had an epoch done."
    found = compare_scores(scores)
    return f"At equal time ({seconds:.3g} s of training): {_verdict(found, f'validation {metric}')}"


def _cost(contrast: Contrast) -> str:
    costs = [
        mean(row.seconds_per_epoch or 0.0 for row in rows)
        for rows in zip(*contrast.pairs, strict=True)
    ]
    text = f"An epoch took {costs[0]:.3g} s against {costs[1]:.3g} s"
    one, other = contrast.pairs[0]
    if one.trainable != other.trainable and len(contrast.pairs) == 1:
        text += f", with {one.trainable:,} against {other.trainable:,} parameters learning"
    return f"{text}."


def _cautions(done: Sequence[Row], contrasts: int) -> list[str]:
    lines: list[str] = []
    if any(len(row.results) < 2 for row in done):
        lines.append(
            "With a single seed the spread between trainings is not known, and the noise is "
            "larger than what stands here: give --seeds 3 or more before relying on it."
        )
    if _split(done[0]) == "validation":
        lines.append("Without test pictures validation is compared, which chose the epochs.")
    if contrasts > 1:
        lines.append(
            f"Of {contrasts} such comparisons one or another can exceed its noise by chance: "
            "about one in twenty does where there is no difference."
        )
    return [*lines, "All of it holds for these pictures and options, and need not for others."]


def _phrase(contrast: Contrast, first: bool) -> str:
    value = contrast.value if first else contrast.reference
    text = f"{contrast.option}={shown_value(value)}"
    if contrast.freeze is not None:
        text += f", freeze={contrast.freeze if first else 'none'}"
    if contrast.option == "freeze":
        what = _FROZEN.get(value, f"Keeping up to {value} frozen")
        return f"{what if first else _small(what)} ({text})"
    if contrast.option == "weights":
        what = "Training from nothing" if value == "none" else "Pretrained weights"
        return f"{what if first else _small(what)} ({text})"
    return text


def _small(text: str) -> str:
    return f"{text[0].lower()}{text[1:]}"


def _split(row: Row) -> str:
    return "test" if row.test else "validation"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _points(share: float) -> str:
    return f"{100 * share:.1f}"
