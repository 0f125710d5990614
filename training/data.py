"""The samples of a training, as its options say, and those of a run that goes on."""

from dataclasses import replace
from pathlib import Path

from ..samples.folders import FoundSamples
from ..samples.source import SampleSource, find_source_samples
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
