"""INT8 with two gates: a short search that ends with the best file that passes both."""

import shutil
import tempfile
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from onnxruntime.quantization.calibrate import TensorsData

from ..errors import DataError
from ..inference.processor import describe_processor
from ..samples.sample import Sample
from .calibration_pictures import require_every_label
from .int8_graph import FloatGraph, open_float_graph, write_int8
from .int8_ranges import CalibrationProgress, measure_ranges, prepared
from .int8_recipes import Recipe, closer_recipes, faster_recipes, first_recipes, overflows
from .quantized_file import QuantizedFile, TrialFinished, TrialStarted, notes_on, refusal
from .quantized_score import FileAnswers, ScoringProgress, answer, score_quantized
from .sensitivity import SensitivityProgress, measure_sensitivity
from .speed import measure_speedup
from .trial import FAIR_AGREEMENT, GOOD_AGREEMENT, Gates, Trial, card_entry

AS_FAST = 0.9
"""Of files that pass, those whose interval reaches this share of the fastest are as fast."""

SearchEvent = (
    CalibrationProgress | ScoringProgress | SensitivityProgress | TrialStarted | TrialFinished
)


def search_int8(
    float_file: Path,
    calibration: Sequence[Sample],
    validation: Sequence[Sample],
    target: Path,
    *,
    max_drop: float = 0.005,
    for_another_device: bool = False,
    untrained: Collection[str] = (),
    names: tuple[str, str] | None = None,
) -> Generator[SearchEvent, None, QuantizedFile]:
    """Quantize a float ONNX file to INT8 in the way that is best and passes both gates.

    The gates: measured on `validation` the score falls by at most `max_drop`, and the file is
    measured faster than the float file on this processor, one picture at a time. Of those that
    pass, and are about as fast as the fastest, one that gives the same labels is kept (on 99 %, or
    else 98 % of the pictures), and of several the one whose probabilities are nearest to the float
    file's.

    Args:
        float_file: written by `tlx export`, with its card.
        calibration: training pictures that set the ranges (`choose_calibration`).
        validation: pictures with truth.
        target: where the file is left if one passes, with the float file's card; an existing one
            is replaced.
        max_drop: largest loss of accuracy (multi-label: mean average precision), in 0..1.
        for_another_device: skip the second gate.
        untrained: labels of the card that no training picture has.
        names: that the float file and this one will have where they are used; by default those of
            `float_file` and `target`.

    Yields:
        Progress, and each trial with its numbers.

    Returns:
        The trial that was kept, all of them, and what to write into the card.

    Raises:
        DataError: a label is missing among the calibration pictures, there are no validation
            pictures, or one cannot be read any more.
        VerificationError: nothing passes; no file is left.
    """
    if not validation:
        raise DataError("INT8 needs validation pictures to measure its loss on, and there is none")
    with (
        open_float_graph(float_file) as graph,
        tempfile.TemporaryDirectory(prefix="tlx-int8-") as folder,
    ):
        require_every_label(calibration, graph.card.labels, graph.card.task, untrained)
        reference = yield from answer(float_file, validation, float_file.name)
        gates = Gates(max_drop, faster=not for_another_device)
        search = _Search(graph, calibration, validation, reference, gates, Path(folder))
        yield from search.run()
        chosen = search.best()
        shutil.copyfile(search.trials[chosen], target)
    elsewhere = names or (float_file.name, target.name)
    return QuantizedFile(
        chosen,
        tuple(search.trials),
        card_entry(chosen, len(calibration)),
        notes_on(chosen, elsewhere if for_another_device else None),
    )


@dataclass(eq=False)
class _Search:
    """What a search has and has found; `trials` are in order, each with its file."""

    graph: FloatGraph
    calibration: Sequence[Sample]
    validation: Sequence[Sample]
    reference: FileAnswers
    gates: Gates
    folder: Path
    trials: dict[Trial, Path] = field(default_factory=dict[Trial, Path])
    ranges: dict[str, TensorsData] = field(default_factory=dict[str, TensorsData])

    def run(self) -> Generator[SearchEvent, None, None]:
        """Try the list until a file is good, or to its end."""
        processor = describe_processor()
        tried: dict[Recipe, Trial] = {}
        for recipe in first_recipes(self.graph.layers, processor):
            tried[recipe] = yield from self._try(recipe)
            if _is_good(tried[recipe]):
                return
        if any(_is_fair(trial) for trial in tried.values()):
            return
        base = min(tried, key=lambda one: tried[one].score.mean_probability_difference)
        if overflows(processor) is None:
            yield from self._try(replace(base, reduce_range=True))
        others = (
            faster_recipes(base) if _only_slow(tried[base]) else (yield from self._closer(base))
        )
        for recipe in others:
            if _is_good((yield from self._try(recipe))):
                return

    def best(self) -> Trial:
        """Choose of those that pass.

        Raises:
            VerificationError: none does.
        """
        passing = [trial for trial in self.trials if trial.passed]
        if not passing:
            raise refusal("int8", list(self.trials))
        return _best(passing)

    def _closer(self, base: Recipe) -> Generator[SearchEvent, None, list[Recipe]]:
        ranges = self.ranges[base.ranges]
        errors = yield from measure_sensitivity(self.graph, ranges, base, self.calibration)
        return closer_recipes(base, self.graph.layers, list(errors))

    def _try(self, recipe: Recipe) -> Generator[SearchEvent, None, Trial]:
        number = len(self.trials) + 1
        yield TrialStarted(number, recipe.text)
        if recipe.ranges not in self.ranges:
            measuring = measure_ranges(self.graph, self.calibration, recipe.ranges)
            self.ranges[recipe.ranges] = yield from measuring
        path = self.folder / f"{number}.onnx"
        self._write(recipe, path)
        answers = yield from answer(path, self.validation, recipe.text)
        trial = self._judge(recipe, path, answers)
        self.trials[trial] = path
        if not trial.passed:
            path.unlink()
        yield TrialFinished(number, trial)
        return trial

    def _write(self, recipe: Recipe, path: Path) -> None:
        write_int8(
            self.graph,
            self.ranges[recipe.ranges],
            path,
            nodes=[node for node in self.graph.nodes if node not in recipe.float_layers],
            activations=recipe.activations,
            per_channel=recipe.per_channel,
            reduce_range=recipe.reduce_range,
        )

    def _judge(self, recipe: Recipe, path: Path, answers: FileAnswers) -> Trial:
        picture = prepared(self.calibration[0], self.graph.card)
        source = self.graph.source
        return Trial(
            kind="int8",
            recipe=recipe.text,
            float_layers=tuple(self.graph.title(layer) for layer in recipe.float_layers),
            size=path.stat().st_size,
            float_size=source.stat().st_size,
            score=score_quantized(self.reference, answers, self.validation),
            speed=measure_speedup(source, path, picture) if self.gates.faster else None,
            gates=self.gates,
        )


def _is_good(trial: Trial) -> bool:
    return trial.passed and trial.score.agreement >= GOOD_AGREEMENT


def _is_fair(trial: Trial) -> bool:
    score = trial.score
    clear = score.clear_agreement >= GOOD_AGREEMENT
    return trial.passed and score.agreement >= FAIR_AGREEMENT and clear


def _only_slow(trial: Trial) -> bool:
    within = trial.score.difference.value <= trial.gates.max_drop
    return within and not trial.passed


def _best(passing: Sequence[Trial]) -> Trial:
    fastest = max(trial.speed.ratio if trial.speed else 0.0 for trial in passing)
    enough = AS_FAST * fastest
    fast = [one for one in passing if one.speed is None or one.speed.interval[1] >= enough]
    return min(fast, key=_farness)


def _farness(trial: Trial) -> tuple[bool, bool, float]:
    """Order files from the one nearest to the float file: the same labels first."""
    return not _is_good(trial), not _is_fair(trial), trial.score.mean_probability_difference
