"""What `last.pt` says of a training is taken over only where a training has written it so."""

from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pytest
import torch
from catalogue.runs import changed, wrong_progress

from tlx.errors import CheckpointError
from tlx.training.checkpoint import Checkpoint
from tlx.training.progress import take_up
from tlx.training.run_folder import EpochDone

PATH = Path("run", "last.pt")
ROW = EpochDone(1, 2, 1.0, 0.5, 1.0, 0.5, 0.01, 99.0, 1.0, True, "accuracy", 0.5)
RECIPES = {
    "adamw": {"schedule": "cosine"},
    "sgd": {"optimizer": "sgd", "schedule": "one-cycle"},
    "average": {"ema": 0.9, "schedule": "plateau"},
    "fp16": {"precision": "fp16"},
}
STEPS = 2


@pytest.fixture(scope="module", params=RECIPES)
def begin(request, make_learner):
    """Give the function that makes a learner of 2 epochs of one step."""
    return lambda: make_learner(STEPS, epochs=2, **RECIPES[request.param])


@pytest.fixture(scope="module")
def progress(begin, make_batches):
    """Give what stands in `last.pt` after one epoch."""
    learner = begin()
    if learner.scaler.is_enabled():  # whose first steps may be left out
        learner.scaler.load_state_dict({**learner.scaler.state_dict(), "scale": 1.0})
    learner.begin_epoch("none")
    learner.learn(*next(make_batches(12, seed=0).epoch(1)), "none", 1.0, (1, 0))
    learner.end_epoch(0)
    file = BytesIO()
    torch.save({**learner.state_dict(), "history": [asdict(ROW)]}, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def _plain(value: object) -> object:
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def test_all_of_it_is_taken_up(begin, progress):
    learner = begin()
    assert take_up(Checkpoint(None, 1, {}, progress), PATH, learner, STEPS) == [ROW]
    found = {**learner.state_dict(), "history": [asdict(ROW)]}
    assert _plain(found) == _plain(progress)


def test_nothing_that_was_changed_is_taken_up(begin, progress):
    learner = begin()
    taken = []
    for place, value in wrong_progress(progress):
        last = Checkpoint(None, 1, {}, changed(progress, place, value))
        try:
            take_up(last, PATH, learner, STEPS)
        except CheckpointError as error:
            said = str(error)
            assert said.startswith(f"{PATH} is damaged, or config.json was changed: "), (
                place,
                value,
            )
            assert said.endswith(f"start another run from --weights {PATH.with_name('best.pt')}")
        else:
            taken.append((place, value))
    assert taken == []


def test_the_epochs_of_the_file_and_of_its_history_must_agree(begin, progress):
    with pytest.raises(CheckpointError, match="does not say which epochs are done"):
        take_up(Checkpoint(None, 2, {}, progress), PATH, begin(), STEPS)
