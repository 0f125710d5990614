"""What can be refused only once the pictures are known, but before anything is written."""

from ..errors import UsageError
from ..samples.sample import LabelledPictures
from .config import TrainingConfig
from .score import monitor_of
from .torchrun import Processes


def require_task(config: TrainingConfig, task: str) -> None:
    """Refuse options that have no meaning for the task, before anything is written.

    Raises:
        UsageError: naming the option.
    """
    monitor_of(config, task)
    if config.loss != "auto" and task == "single-label":
        raise UsageError(f"--loss {config.loss} is for several labels a picture; leave it out")


def require_enough(
    config: TrainingConfig, pictures: LabelledPictures, processes: Processes
) -> None:
    """Check that each process has pictures in every step: two, for BatchNorm's sake."""
    if config.views is not None and processes.count > 1:
        raise UsageError("--views is for one process: with several no stage's output is stored")
    least = 2 * processes.count
    if processes.count > 1 and min(config.step_pictures, len(pictures.train)) < least:
        raise UsageError(
            f"{processes.count} processes need {least} pictures a step; there are "
            f"{len(pictures.train)} to train on, --batch is {config.batch}: give more of either, "
            "or fewer processes"
        )
