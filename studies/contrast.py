"""Two values of one option, compared over the cells that differ in nothing else."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, variance

from scipy.stats import t as students_t

from .comparison_table import Row, shortest
from .grid import Variation

PRETRAINED_ONLY = "freeze"
"""Means nothing for a network that starts from nothing, where it is always none."""


@dataclass(frozen=True)
class Contrast:
    """Pairs of cells.

    Attributes:
        option: the field that they differ in.
        value: what the first of each pair has.
        reference: what the second has.
        pairs: (row with the value, row with the reference).
        freeze: the stage frozen in the first of each pair, where weights are compared and
            freezing varies; the second of each freezes nothing then.
    """

    option: str
    value: str
    reference: str
    pairs: tuple[tuple[Row, Row], ...]
    freeze: str | None = None


@dataclass(frozen=True)
class Scores:
    """A cell's scores, one a seed, 0..1, all on the same number of pictures."""

    values: tuple[float, ...]
    pictures: int


@dataclass(frozen=True)
class Difference:
    """How far two values are apart, averaged over the pairs; shares, not points.

    Attributes:
        value: mean score with the value.
        reference: mean score with the reference.
        noise: half of the 95 % interval of their difference.
        least: the smallest difference of a pair.
        most: the largest.
    """

    value: float
    reference: float
    noise: float
    least: float
    most: float

    @property
    def size(self) -> float:
        """Value less reference, -1..1."""
        return self.value - self.reference

    @property
    def told_apart(self) -> bool:
        """Whether the difference is larger than the noise."""
        return abs(self.size) > self.noise


def find_contrasts(variations: Sequence[Variation], rows: Sequence[Row]) -> list[Contrast]:
    """Pair the cells that came to an end, for each value of each option with its reference.

    The reference of freezing is none (everything learns), that of weights is none (from
    nothing), any other option's is its first value.
    """
    done = [row for row in rows if row.results]
    contrasts: list[Contrast] = []
    for variation in variations:
        none = variation.name in ("freeze", "weights") and "none" in variation.texts
        reference = "none" if none else variation.texts[0]
        for value in variation.texts:
            if value != reference:
                contrasts += _contrasts(variation.name, value, reference, done)
    return [contrast for contrast in contrasts if contrast.pairs]


def compare_scores(pairs: Sequence[tuple[Scores, Scores]]) -> Difference:
    """Compare over pairs of cells.

    The noise adds two variances: that of a share of so many pictures (binomial, with two
    successes and failures added as by Agresti and Coull, 1998; all pairs see the same pictures,
    so more pairs do not make it less), and that of the means over seeds, with Student's factor.
    Both scores of a pair count as independent although they answer the same pictures, which
    makes the noise too large rather than too small.
    """
    differences = [mean(one.values) - mean(other.values) for one, other in pairs]
    sampling = mean(_sampling(one) + _sampling(other) for one, other in pairs)
    seeds = mean(_seeding(one) + _seeding(other) for one, other in pairs) / len(pairs)
    freedom = sum(len(scores.values) - 1 for pair in pairs for scores in pair)
    factor = float(students_t.ppf(0.975, freedom)) if freedom else 0.0
    return Difference(
        value=mean(mean(one.values) for one, _ in pairs),
        reference=mean(mean(other.values) for _, other in pairs),
        noise=math.sqrt(1.96**2 * sampling + factor**2 * seeds),
        least=min(differences),
        most=max(differences),
    )


def held_out_scores(row: Row) -> Scores:
    """Take a cell's test scores; those on validation where there are no test pictures."""
    test = [result.test for result in row.results if result.test]
    if test:
        return Scores(tuple(found.score for found in test), test[0].pictures)
    return Scores(
        tuple(result.validation for result in row.results), row.results[0].validation_pictures
    )


def at_equal_time(
    pairs: Sequence[tuple[Row, Row]],
) -> tuple[float, list[tuple[Scores, Scores]] | None]:
    """Take the best validation scores within the time of the shortest of these trainings.

    Returns:
        That time in seconds, and the scores; None where a training had no epoch done by then.
    """
    results = [result for pair in pairs for row in pair for result in row.results]
    seconds = shortest(results)
    assert seconds is not None  # a row of a contrast has results
    scored = [
        (_scores_within(one, seconds), _scores_within(other, seconds)) for one, other in pairs
    ]
    known = [(one, other) for one, other in scored if one and other]
    return seconds, known if len(known) == len(scored) else None


def _contrasts(option: str, value: str, reference: str, rows: Sequence[Row]) -> list[Contrast]:
    freezing = option == "weights" and reference == "none"
    pairs: dict[str | None, list[tuple[Row, Row]]] = {}
    for row in rows:
        values = dict(row.cell.values)
        if values[option] != value:
            continue
        stage = values.get(PRETRAINED_ONLY) if freezing else None
        wanted = {**values, option: reference}
        if stage is not None:
            wanted[PRETRAINED_ONLY] = "none"
        partner = next((other for other in rows if dict(other.cell.values) == wanted), None)
        if partner:
            pairs.setdefault(stage, []).append((row, partner))
    return [Contrast(option, value, reference, tuple(p), stage) for stage, p in pairs.items()]


def _sampling(scores: Scores) -> float:
    pictures = scores.pictures + 4
    share = (mean(scores.values) * scores.pictures + 2) / pictures
    return share * (1 - share) / pictures


def _seeding(scores: Scores) -> float:
    return variance(scores.values) / len(scores.values) if len(scores.values) > 1 else 0.0


def _scores_within(row: Row, seconds: float) -> Scores | None:
    found = [result.best_within(seconds) for result in row.results]
    known = tuple(score for score in found if score is not None)
    return Scores(known, row.results[0].validation_pictures) if len(known) == len(found) else None
