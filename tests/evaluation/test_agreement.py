"""Two files on pictures whose truth is not known."""

from pathlib import Path

import pytest

import tlx
from tlx.errors import DataError, UsageError
from tlx.evaluation.agreement import agree
from tlx.inference.events import finish


@pytest.fixture(scope="module")
def paths(split_folder) -> list[Path]:
    return sorted((split_folder / "test").rglob("*.jpg"))


@pytest.fixture(scope="module")
def turned(model_file, alter_model, tmp_path_factory) -> Path:
    """The file with its labels in another order and green less likely."""
    target = tmp_path_factory.mktemp("turned") / "turned.onnx"
    return alter_model(model_file, target, ("red", "blue", "green"), bias={"green": -99.0})


def test_a_file_agrees_with_itself(model_file, paths):
    first = tlx.Classifier(model_file)
    found = finish(agree(first, tlx.Classifier(model_file), paths))
    assert (found.pictures, found.same, found.differences) == (30, 30, ())


def test_labels_are_compared_by_name_and_a_bad_picture_counts_nowhere(
    model_file, turned, paths, tmp_path
):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    seen = []
    events = agree(tlx.Classifier(model_file), tlx.Classifier(turned), [*paths, bad])
    found = finish(events, seen.append)
    assert (seen[-1].done, seen[-1].total) == (31, 31)
    green = [row for row in found.differences if row.first[0].label == "green"]
    assert len(green) == len(found.differences) == 30 - found.same > 0
    assert found.unreadable == ((str(bad), "not a picture in a known format"),)
    surest = [max(row.first[0].probability, row.second[0].probability) for row in green]
    assert surest == sorted(surest, reverse=True)


def test_several_labels_are_the_same_in_any_order(multi_label_run):
    model = multi_label_run / "model.onnx"
    paths = sorted((multi_label_run.parent / "data").rglob("*.png"))[:4]
    found = finish(agree(tlx.Classifier(model), tlx.Classifier(model), paths))
    assert (found.task, found.same) == ("multi-label", len(paths))


def test_what_cannot_be_compared_is_refused(model_file, multi_label_run, tmp_path):
    first = tlx.Classifier(model_file)
    with pytest.raises(UsageError, match="only files of one task"):
        finish(agree(first, tlx.Classifier(multi_label_run / "model.onnx"), []))
    missing = [tmp_path / "missing.jpg", tmp_path / "gone.jpg"]
    said = r"none of the 2 pictures .* nothing is compared; the first one: .*missing\.jpg"
    with pytest.raises(DataError, match=f"{said}: no such file"):
        finish(agree(first, first, missing))
