"""Several processes train one network as one process does, and one of them speaks for all."""

import pytest
import torch

from tlx.errors import DataError, UsageError
from tlx.inference.events import finish
from tlx.inference.preprocessing import Preprocessing
from tlx.samples.sample import Sample
from tlx.training.batches import EpochBatches, LoadedBatches, PictureDataset
from tlx.training.loop import _in_order, validate
from tlx.training.processes import gather, told_by_first
from tlx.training.resnet import PictureNetwork, build_resnet
from tlx.training.torchrun import ALONE, Processes, said_by_first, this_process


def _dealt(count: int, batch: int, processes: int, seed: int | None = None) -> list[list[list]]:
    """Give each process's batches of indices."""
    dealt = []
    for rank in range(processes):
        order = EpochBatches(count, batch, seed, processes=Processes(rank, processes))
        order.epoch = 3
        dealt.append([[index for _, index in keys] for keys in order])
    return dealt


@pytest.mark.parametrize("processes", [2, 3, 5])
@pytest.mark.parametrize(("count", "batch"), [(40, 10), (41, 10), (37, 10), (10, 10)])
def test_every_picture_of_an_epoch_goes_to_one_process(count, batch, processes):
    for seed in (None, 7):
        dealt = _dealt(count, batch, processes, seed)
        alone = _dealt(count, batch, 1, seed)[0]
        everything = [index for rank in dealt for keys in rank for index in keys]
        assert sorted(everything) == list(range(count))
        assert len({len(rank) for rank in dealt}) == 1  # all make the same number of steps
        if seed is None:
            for step, batches in enumerate(zip(*dealt, strict=True)):
                assert sorted(index for keys in batches for index in keys) == alone[step]


def test_a_batch_is_dealt_out_one_by_one():
    assert _dealt(7, 4, 2) == [[[0, 2], [4, 6]], [[1, 3], [5]]]


def test_processes_shuffle_alike():
    alone = _dealt(20, 8, 1, seed=3)[0]
    for step, (one, other) in enumerate(zip(*_dealt(20, 8, 2, seed=3), strict=True)):
        assert one == alone[step][::2]
        assert other == alone[step][1::2]


@pytest.mark.parametrize("count", range(8, 40))
def test_while_learning_every_process_has_two_pictures_a_step(count):
    for rank in _dealt(count, 8, 4, seed=0):
        assert min(len(keys) for keys in rank) >= 2


def test_all_processes_know_how_many_pictures_a_step_has():
    sizes = [EpochBatches(21, 8, 0, processes=Processes(rank, 2)).sizes for rank in range(2)]
    assert sizes == [[8, 8, 5], [8, 8, 5]]
    assert EpochBatches(19, 8, 0, processes=Processes(0, 2)).sizes == [8, 11]


@pytest.mark.parametrize("processes", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [1, 2, 9, 11, 12])
def test_what_was_dealt_out_comes_back_in_the_pictures_order(count, processes):
    answers = torch.randn(count, 3)
    truth = torch.arange(count)
    dealt = _dealt(count, 4, processes)
    found = _in_order([[(answers[keys], truth[keys]) for keys in rank] for rank in dealt])
    assert found.logits.equal(answers)
    assert found.truth.equal(truth)


@pytest.mark.parametrize("task", ["single-label", "multi-label"])
def test_a_process_whose_share_is_nothing_still_answers(split_folder, task):
    rule = Preprocessing(37, 32)
    path = sorted((split_folder / "val").glob("*/*.jpg"))[0]
    truth = torch.tensor([1]) if task == "single-label" else torch.tensor([[0.0, 1.0, 0.0]])
    dataset = PictureDataset([Sample(path, "green")], truth, rule)
    model = PictureNetwork(build_resnet("resnet18", 3), rule)
    own = []
    for rank in range(2):
        order = EpochBatches(1, 4, processes=Processes(rank, 2))
        own.append(finish(validate(model, LoadedBatches(dataset, order, 0), ALONE)))
    assert [tuple(part.logits.shape) for part in own] == [(1, 3), (0, 3)]
    assert _in_order([[(part.logits, part.truth)] for part in own]).truth.equal(truth)


def test_without_torchrun_a_process_is_alone(monkeypatch):
    monkeypatch.setenv("RANK", "1")  # of something else
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert this_process() == ALONE == Processes(0, 1, 0)
    assert gather(ALONE, 5) == [5]


def _work(result: object):
    yield "event"
    if isinstance(result, Exception):
        raise result
    return result


def test_alone_the_first_process_tells_itself():
    seen: list[str] = []
    assert finish(told_by_first(ALONE, lambda: _work(3)), seen.append) == 3
    assert seen == ["event"]
    with pytest.raises(DataError, match="none"):
        finish(told_by_first(ALONE, lambda: _work(DataError("none"))))


@pytest.fixture
def second(monkeypatch) -> None:
    for name, value in {"TORCHELASTIC_RUN_ID": "x", "RANK": "1", "WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOCAL_RANK", "1")


def test_another_process_says_what_it_alone_has_met(second, monkeypatch):
    assert said_by_first(UsageError("wrong everywhere"))
    assert not said_by_first(DataError("met here"))
    monkeypatch.setattr(
        "torch.distributed.broadcast_object_list",
        lambda things, **_: things.__setitem__(0, DataError("met by the first")),
    )
    with pytest.raises(DataError, match="met by the first") as told:
        finish(told_by_first(this_process(), lambda: _work(3)))
    assert said_by_first(told.value)


def test_the_first_process_says_everything(second, monkeypatch):
    monkeypatch.setenv("RANK", "0")
    assert not said_by_first(UsageError("wrong everywhere"))
