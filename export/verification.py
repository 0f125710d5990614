"""A model file held against the checkpoint: on real pictures, under every condition."""

import math
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import ProviderError
from ..evaluation.paired import PairedDifference
from ..inference.card import VerificationSummary
from .answers import Answers
from .comparison import ITSELF, Comparison, Limits, compare, limits_of
from .condition import BATCH, Condition, other_conditions
from .consistency import find_inconsistency
from .diagnosis import Diagnosis
from .files import Format, OpenedFile, ask_file
from .pictures import VerificationPictures
from .reference import ComparisonProgress, Reference
from .resize_difference import ResizeDifference, resize_difference
from .scores import score_both

CONDITION_PICTURES = 25
"""Asked under each further condition: three batches of 8 and one picture more."""


@dataclass(frozen=True)
class ConditionResult:
    """A file's answers under one condition.

    Attributes:
        condition: in words.
        pictures: how many were asked.
        max_probability_difference: from the checkpoint; of a quantized file from itself under
            the usual condition; infinite without answers, None where it was not asked.
        passed: whether that, and all else, is within its limits; True where it was not asked.
        problem: why there are no answers.
    """

    condition: str
    pictures: int
    max_probability_difference: float | None
    passed: bool
    problem: str | None = None

    def __str__(self) -> str:
        """Say it in words."""
        if self.max_probability_difference is None:
            return f"with {self.condition}: not asked: {self.problem}"
        off = f"largest difference in probability {self.max_probability_difference:.3g}"
        return f"with {self.condition}: {self.problem or off}"


@dataclass(frozen=True, eq=False)
class Verification:
    """The outcome for one file.

    Attributes:
        answers: the file's, to all pictures, under the usual condition; of a graph that takes any
            size, to pictures that Pillow resized.
        comparison: of these with the checkpoint's.
        worst: the picture that is farthest off.
        conditions: the others.
        scores: the checkpoint's (first) and the file's, as it is used: a graph for any size on
            pictures as decoded; None where the truth is not known.
        source: where the pictures are from, as in `VerificationPictures`.
        resize: for a graph that takes any size.
        inconsistency: where the outputs of a quantized file contradict each other.
        quantized: whether it is held to its loss of accuracy in place of the numbers.
        max_drop: the largest loss allowed then, in 0..1.
    """

    answers: Answers
    comparison: Comparison
    worst: Path
    conditions: tuple[ConditionResult, ...]
    scores: PairedDifference | None
    source: str
    resize: ResizeDifference | None = None
    inconsistency: Diagnosis | None = None
    quantized: bool = False
    max_drop: float = 0.0

    @property
    def whole(self) -> Comparison:
        """How far the file is from the checkpoint as it is used, from bytes to label."""
        return self.resize.comparison if self.resize else self.comparison

    @property
    def failures(self) -> tuple[str, ...]:
        """What is beyond its limit, as text."""
        beyond = [*self.comparison.failures]
        beyond += [str(result) for result in self.conditions if not result.passed]
        if self.inconsistency:
            beyond.append(f"its outputs contradict each other: {self.inconsistency.cause}")
        if self.resize and not self.resize.passed:
            beyond.append(
                f"its resize is off by up to {self.resize.max_level} levels in "
                f"{self.resize.share:.2%} of the values, at worst on {self.resize.worst}"
            )
        if self.resize:
            beyond += [f"on pictures as decoded: {text}" for text in self.whole.failures]
        return (*beyond, self.loss) if self.loss else tuple(beyond)

    @property
    def loss(self) -> str | None:
        """A quantized file's loss of accuracy, as text, where it is beyond what is allowed."""
        if self.quantized and self.scores and _surely_worse(self.scores, self.max_drop):
            return (
                f"{self.scores.metric} drops by {100 * self.scores.value:.2f} points, "
                f"{100 * self.max_drop:.2f} are allowed"
            )
        return None

    @property
    def passed(self) -> bool:
        """Whether the file answers as the checkpoint does."""
        return not self.failures

    @property
    def summary(self) -> VerificationSummary:
        """The outcome as the card states it."""
        found, scores = self.whole, self.scores
        gain = (-scores.interval[1], -scores.interval[0]) if scores and scores.interval else None
        return VerificationSummary(
            found.pictures,
            found.max_probability_difference,
            found.agreement,
            None if self.quantized or self.resize else found.limits.probability,
            found.eager_distance,
            self.source,
            scores.metric if scores else None,
            scores.second if scores else None,
            scores.first if scores else None,
            gain,
        )


def verify_file(
    target: Format, path: Path, file: OpenedFile, reference: Reference, chosen: VerificationPictures
) -> Generator[ComparisonProgress, None, Verification]:
    """Hold an opened file, whose card is the right one, against the checkpoint.

    Args:
        target: its format.
        path: where it lies.
        file: opened under the usual condition.
        reference: the checkpoint's answers to the pictures.
        chosen: the pictures.

    Raises:
        VerificationError: the file cannot be run.
    """
    quantization = file.card.quantization
    limits = limits_of(reference, quantization.kind if quantization else None)
    answers = yield from ask_file(file, reference.paths, target.name)
    comparison = compare(reference, answers, file.card.labels, limits)
    # A quantized file's own usual answers are what must not depend on the condition.
    expected = replace(reference, answers=answers) if quantization else reference
    within = yield from _conditions(target, path, expected, ITSELF if quantization else limits)
    resize = yield from resize_difference(file, chosen, target.name, answers, reference)
    worst = comparison.worst
    if resize and comparison.passed and not resize.comparison.passed:
        worst = resize.comparison.worst
    return Verification(
        answers,
        comparison,
        reference.paths[worst],
        within,
        score_both(reference, resize.answers if resize else answers, file.card.labels, chosen),
        chosen.source,
        resize,
        _inconsistency(file, answers, reference) if quantization else None,
        quantization is not None,
        quantization.max_drop if quantization else 0.0,
    )


def _inconsistency(file: OpenedFile, answers: Answers, reference: Reference) -> Diagnosis | None:
    return find_inconsistency(answers, file.card, reference.network.fc, reference.rule)


def _conditions(
    target: Format, path: Path, reference: Reference, limits: Limits
) -> Generator[ComparisonProgress, None, tuple[ConditionResult, ...]]:
    count = len(reference.paths)
    asked = min(CONDITION_PICTURES, count)
    asked -= asked % BATCH == 0  # the last batch has to be another size than the others
    pictures = [count * index // asked for index in range(asked)]
    expected = reference.at(pictures)
    results: list[ConditionResult] = []
    for condition in other_conditions(target.runtime):
        try:
            results.append((yield from _condition(target, path, condition, expected, limits)))
        except ProviderError as error:  # listed by onnxruntime, but not to be had here
            result = ConditionResult(str(condition), 0, None, True, str(error))
            results.append(result)
        except Exception as error:  # noqa: BLE001 - the runtimes' errors share no base
            reason = " ".join(str(error).split())
            result = ConditionResult(str(condition), len(pictures), math.inf, False, reason)
            results.append(result)
    return tuple(results)


def _condition(
    target: Format, path: Path, condition: Condition, expected: Reference, limits: Limits
) -> Generator[ComparisonProgress, None, ConditionResult]:
    file = target.open(path, condition)
    side = f"{target.name} ({condition})"
    found = yield from ask_file(file, expected.paths, side, condition.batch)
    compared = compare(expected, found, file.card.labels, limits)
    difference = compared.max_probability_difference
    return ConditionResult(str(condition), compared.pictures, difference, compared.passed)


def _surely_worse(scores: PairedDifference, allowed: float) -> bool:
    """Tell whether a drop is beyond what is allowed whatever chance has done."""
    return scores.interval is not None and scores.interval[0] > allowed
