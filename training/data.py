"""The samples of a training, as its options say, and those of a run that goes on."""

from dataclasses import replace
from pathlib import Path

from ..errors import DataError
from ..inference.wording import counted
from ..samples.folders import FoundSamples
from ..samples.picture_names import place
from ..samples.sample import LabelledPictures
from ..samples.source import SampleSource, find_source_samples
from ..samples.splitting import read_sides
from .config import TrainingConfig


def find_training_samples(config: TrainingConfig) -> FoundSamples:
    """Find the samples of a new run.

    Raises:
        DataError: the folder or a CSV cannot be used.
        UsageError: an option fits nothing in it.
    """
    return find_source_samples(
        SampleSource(
            config.data,
            config.labels,
            config.file_column,
            config.label_columns,
            config.group_by,
            config.split,
        )
    )


def find_samples_again(config: TrainingConfig, run: Path) -> FoundSamples:
    """Find the samples of a run that goes on: every picture stays where its `split.csv` says.

    The truth of a run from a CSV is in its `split.csv` too; the CSV may have moved or grown.

    Raises:
        DataError: the folder or the run's `split.csv` cannot be used.
    """
    split = run / "split.csv"
    if config.labels is not None:
        return find_source_samples(SampleSource(config.data, labels=split))
    # The sides are settled; what belonged together no longer matters.
    return replace(find_source_samples(SampleSource(config.data, split=split)), groups={})


def note_learned_before(run: Path | None, pictures: LabelledPictures) -> tuple[str, ...]:
    """Say how many of the held-out pictures an earlier run learned from, by its `split.csv`.

    Args:
        run: the folder of the run whose weights are the start; None where it is no run.
        pictures: of the new run. They are matched by name: the contents of the earlier run's are
            not known.
    """
    if run is None or not (run / "split.csv").is_file():
        return ()
    try:
        sides = read_sides(run / "split.csv", pictures.root)
    except DataError:  # not ours, or damaged: it is not what the run needs
        return ()
    learned = {place(path) for path, side in sides.items() if side == "train"}
    held_out = (*pictures.validation, *pictures.test)
    count = sum(place(sample.path) in learned for sample in held_out)
    if not count:
        return ()
    return (
        f"names that {run} learned from stand in validation or test, which flatters the scores: "
        f"{counted(count, 'picture')}; --split {run / 'split.csv'} keeps them in training",
    )
