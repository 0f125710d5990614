"""Several files on the same pictures: each answers as it does alone."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import tlx
import tlx.inference.together as together
from tlx.inference.classifier import BATCH
from tlx.inference.cores import available_cores
from tlx.inference.together import classify_together


@pytest.fixture
def pictures(split_folder, tmp_path):
    """Pictures of more than one batch, one of them empty, one not there."""
    empty = tmp_path / "empty.jpg"
    empty.write_bytes(b"")
    good = sorted((split_folder / "test").rglob("*.jpg"))[:13]
    return [*good[:5], empty, *good[5:], tmp_path / "nowhere.jpg"]


@pytest.fixture
def other_model(model_file, alter_model, tmp_path):
    """A file whose pictures are resized further before the same crop."""
    rule = replace(tlx.Classifier(model_file).card.preprocessing, resize_side=44)
    labels = ("red", "blue", "green")
    return alter_model(model_file, tmp_path / "other.onnx", labels, preprocessing=rule)


def assert_as_alone(found, alone):
    assert [row.path for row in found] == [row.path for row in alone]
    assert [row.error for row in found] == [row.error for row in alone]
    for row, single in zip(found, alone, strict=True):
        if row.prediction is not None:
            assert row.prediction.labels == single.prediction.labels
            np.testing.assert_allclose(row.prediction.logits, single.prediction.logits, atol=1e-4)


def test_each_file_answers_as_it_does_alone_whatever_its_preprocessing(
    model_file, other_model, pictures
):
    classifiers = [tlx.Classifier(path) for path in (model_file, other_model)]
    rows = list(classify_together(classifiers, pictures))
    for index, classifier in enumerate(classifiers):
        assert_as_alone([row[index] for row in rows], list(classifier.classify_files(pictures)))
    assert [row[0].error for row in rows].count("empty file (0 bytes)") == 1
    one, other = rows[0]
    assert not np.allclose(
        np.sort(one.prediction.logits), np.sort(other.prediction.logits), atol=1e-3
    )


def test_a_provider_answers_one_batch_after_another_and_as_alone(
    model_file, pictures, simulate_provider
):
    alone = list(tlx.Classifier(model_file).classify_files(pictures))
    simulated = simulate_provider("CUDAExecutionProvider")
    classifiers = [tlx.Classifier(model_file, many=True, provider=name) for name in ("cpu", "cuda")]
    rows = list(classify_together(classifiers, pictures * 2))
    for index in range(2):
        assert_as_alone([row[index] for row in rows], alone * 2)
    assert simulated.threads == {threading.get_ident()}


@pytest.mark.parametrize(("same", "times"), [(True, 1), (False, 2)])
def test_a_picture_is_prepared_once_where_both_see_the_same_pixels(
    model_file, other_model, alter_model, pictures, monkeypatch, tmp_path, same, times
):
    # Mean and deviation are of the graph, so they make no difference to the pixels.
    rule = replace(tlx.Classifier(model_file).card.preprocessing, mean=(0.1, 0.2, 0.3))
    labels = ("green", "red", "blue")
    like = alter_model(model_file, tmp_path / "like.onnx", labels, preprocessing=rule)
    prepared = []
    prepare = together.prepare
    monkeypatch.setattr(
        together, "prepare", lambda path, card: prepared.append(path) or prepare(path, card)
    )
    classifiers = [tlx.Classifier(model_file), tlx.Classifier(like if same else other_model)]
    assert len(list(classify_together(classifiers, pictures[:4]))) == 4
    assert len(prepared) == 4 * times


def test_an_endless_list_is_answered_with_a_bounded_look_ahead(model_file, pictures):
    taken = []

    def endless():
        while True:
            taken.append(pictures[0])
            yield pictures[0]

    classifier = tlx.Classifier(model_file)
    rows = classify_together([classifier, classifier], endless())
    for _ in range(20):
        next(rows)
    rows.close()
    assert len(taken) <= 20 + (2 * available_cores() + 1) * BATCH
