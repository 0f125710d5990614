"""One classifier for paths, bytes, images and arrays; in a batch a bad picture is a row."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

import tlx
from tlx.errors import ModelFileError, PictureError
from tlx.inference.card import ModelCard
from tlx.inference.card_json import card_to_json
from tlx.inference.classifier import BATCH, Classifier
from tlx.inference.prediction import Outcome, Prediction

MANY = 10 * BATCH + 3
COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (200, 50, 40)}


@pytest.fixture(scope="session")
def classifier(small_model: Path) -> Classifier:
    return Classifier(small_model)


@pytest.fixture
def colours(tmp_path: Path, write_pictures: Callable[..., Path]) -> list[Path]:
    """Thirty pictures: blue, green, red and again."""
    root = write_pictures(tmp_path / "colours", 10)
    return [root / label / f"{index:03}.jpg" for index in range(10) for label in COLOURS]


def same(one: Prediction, other: Prediction) -> bool:
    return (
        one.labels == other.labels
        and np.array_equal(one.logits, other.logits)
        and np.array_equal(one.probabilities, other.probabilities)
    )


def answers(outcome: Outcome) -> Prediction:
    assert outcome.error is None
    assert outcome.prediction is not None
    return outcome.prediction


def test_the_public_name_is_this_classifier(small_model: Path, card: ModelCard):
    assert tlx.Classifier is Classifier
    assert tlx.Classifier(str(small_model)).card == card


@pytest.mark.parametrize("label", COLOURS)
def test_a_picture_gets_its_label_with_probabilities(classifier: Classifier, label: str):
    answer = classifier.classify(Image.new("RGB", (40, 50), COLOURS[label]))
    assert answer.label == label
    assert answer.labels == ("blue", "green", "red")
    assert answer.logits.dtype == answer.probabilities.dtype == np.float32
    assert answer.logits.shape == answer.probabilities.shape == (3,)
    assert answer.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert answer.probability == answer.probabilities.max()


@pytest.mark.parametrize("thresholds", [None, (0.3, 0.2, 0.4)])
def test_a_multi_label_file_chooses_by_its_cards_thresholds(
    write_model: Callable[..., Path], card: ModelCard, tmp_path: Path, thresholds
):
    several = replace(card, task="multi-label", thresholds=thresholds)
    model = write_model(tmp_path / "model.onnx", card_to_json(several))
    # The small graph is a softmax still: three probabilities of about a third for grey.
    answer = Classifier(model).classify(Image.new("RGB", (40, 40), (90, 91, 92)))
    assert answer.thresholds == (thresholds or (0.5, 0.5, 0.5))
    assert {row.label for row in answer.chosen} == ({"blue", "green"} if thresholds else set())


def on_its_side() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def upright(image: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(image).convert("RGB")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {"quality": 90}),
        ("JPEG", {"quality": 90, "exif": on_its_side()}),
        ("PNG", {"exif": on_its_side()}),
        ("TIFF", {"tiffinfo": {0x0112: 8}}),
    ],
)
def test_path_bytes_image_and_array_get_equal_answers(
    classifier: Classifier, tmp_path: Path, kind: str, options: dict[str, Any]
):
    path = tmp_path / f"picture.{kind.lower()}"
    values = np.random.default_rng(0).integers(0, 256, (45, 90, 3), dtype=np.uint8)
    values[:, :30] = COLOURS["blue"]
    Image.fromarray(values).save(path, **options)
    from_path = classifier.classify(path)
    with Image.open(path) as image:
        lazy = classifier.classify(image)
    with Image.open(BytesIO(path.read_bytes())) as image:
        array = np.asarray(upright(image))
    assert same(classifier.classify(str(path)), from_path)
    assert same(classifier.classify(path.read_bytes()), from_path)
    assert same(lazy, from_path)
    assert same(classifier.classify(array), from_path)


def test_real_pictures_get_equal_answers_however_they_are_given(
    classifier: Classifier, real_pictures: Path
):
    for path in islice(sorted(real_pictures.glob("sign-digits/*/*.jpg")), 0, None, 120):
        answer = classifier.classify(path)
        with Image.open(path) as image:
            assert same(classifier.classify(image), answer)
            assert same(classifier.classify(np.asarray(upright(image))), answer)
        assert same(classifier.classify(path.read_bytes()), answer)
        assert same(answers(next(classifier.classify_files([path]))), answer)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((40, 40), np.uint8), ((40, 40, 4), np.uint8), ((3, 40, 40), np.uint8)]
    + [((40, 40, 3), dtype) for dtype in (np.float32, np.float64, np.int64, np.uint16)],
)
def test_an_array_that_is_no_rgb_picture_is_refused(
    classifier: Classifier, shape: tuple[int, ...], dtype: type[np.generic]
):
    with pytest.raises(PictureError, match="an array must be uint8 RGB"):
        classifier.classify(np.zeros(shape, dtype))  # pyright: ignore[reportArgumentType]


def test_a_single_bad_picture_is_an_error_that_names_it(classifier: Classifier, tmp_path: Path):
    path = tmp_path / "empty.jpg"
    path.write_bytes(b"")
    with pytest.raises(PictureError) as caught:
        classifier.classify(path)
    assert str(caught.value) == f"{path}: empty file (0 bytes)"


def test_files_are_answered_in_order_as_each_alone(classifier: Classifier, colours: list[Path]):
    outcomes = list(classifier.classify_files(colours))
    assert [outcome.path for outcome in outcomes] == [str(path) for path in colours]
    for outcome in outcomes:
        alone = classifier.classify(outcome.path)
        assert answers(outcome).label == alone.label == Path(outcome.path).parent.name
        assert np.allclose(answers(outcome).logits, alone.logits, rtol=1e-5)
        assert np.allclose(answers(outcome).probabilities, alone.probabilities, atol=1e-6)


def test_bad_pictures_are_rows_among_the_others(
    classifier: Classifier, colours: list[Path], tmp_path: Path
):
    truncated, empty, note = (tmp_path / name for name in ("cut.jpg", "empty.png", "note.jpg"))
    whole = colours[0].read_bytes()
    truncated.write_bytes(whole[: len(whole) // 2])
    empty.write_bytes(b"")
    note.write_text("not a picture")
    Image.new("RGB", (1, 300)).save(tmp_path / "strip.png")
    bad = {
        truncated: "truncated",
        empty: "empty file (0 bytes)",
        note: "not a picture in a known format",
        tmp_path / "nowhere.jpg": "no such file",
        tmp_path: "a folder",
        tmp_path / "strip.png": "1 x 300 pixels is a shape beyond 1:200",
    }
    mixed = [path for pair in zip(cycle(bad), colours, strict=False) for path in pair]
    outcomes = list(classifier.classify_files(mixed))
    assert [outcome.path for outcome in outcomes] == [str(path) for path in mixed]
    for path, outcome in zip(mixed, outcomes, strict=True):
        if path in bad:
            assert outcome.prediction is None
            assert outcome.error is not None
            assert bad[path] in outcome.error
            assert str(path) not in outcome.error
        else:
            assert answers(outcome).label == path.parent.name


def test_many_more_files_than_are_looked_ahead_stay_in_order(
    classifier: Classifier, colours: list[Path]
):
    chance = np.random.default_rng(0)
    order = [colours[index] for index in chance.integers(0, len(colours), MANY)]
    order[BATCH + 1] = order[-1] = Path("nowhere.jpg")
    outcomes = list(classifier.classify_files(order))
    assert [outcome.path for outcome in outcomes] == [str(path) for path in order]
    for path, outcome in zip(order, outcomes, strict=True):
        if path == Path("nowhere.jpg"):
            assert outcome.error == "no such file"
        else:
            assert answers(outcome).label == path.parent.name


@pytest.mark.parametrize("many", [True, False])
def test_files_are_answered_alike_by_any_number_of_threads(
    small_model: Path, classifier: Classifier, colours: list[Path], many: bool
):
    alone = [classifier.classify(path) for path in colours]
    for threads in (1, 3):
        outcomes = Classifier(small_model, threads, many=many).classify_files(colours)
        assert all(same(answers(one), other) for one, other in zip(outcomes, alone, strict=True))


def test_a_file_that_was_replaced_since_it_was_opened_is_not_mixed_with_the_new_one(
    write_model: Callable[..., Path], card: ModelCard, colours: list[Path], tmp_path: Path
):
    model = write_model(tmp_path / "model.onnx", card_to_json(card))
    opened = Classifier(model, threads=2)
    write_model(model, card_to_json(replace(card, temperature=2.0)))
    with pytest.raises(ModelFileError, match="was replaced since it was opened"):
        list(opened.classify_files(colours))


def test_no_files_give_no_outcomes(classifier: Classifier):
    assert list(classifier.classify_files([])) == []


@pytest.mark.parametrize("count", [1, BATCH - 1, BATCH, BATCH + 1, 3 * BATCH, 3 * BATCH + 1])
def test_every_file_gets_one_outcome_whatever_the_count(
    classifier: Classifier, colours: list[Path], count: int
):
    paths = list(islice(cycle(colours), count))
    outcomes = classifier.classify_files(iter(paths))
    assert [answers(outcome).label for outcome in outcomes] == [path.parent.name for path in paths]


def test_a_batch_of_nothing_but_bad_pictures_goes_on(classifier: Classifier, colours: list[Path]):
    paths = [Path("nowhere.jpg")] * 2 * BATCH + colours[:2]
    outcomes = list(classifier.classify_files(paths))
    assert [outcome.error for outcome in outcomes] == ["no such file"] * 2 * BATCH + [None] * 2


def test_an_endless_list_of_files_is_answered_with_a_bounded_look_ahead(
    small_model: Path, colours: list[Path]
):
    taken = 0

    def endless() -> Iterator[Path]:
        nonlocal taken
        for path in cycle(colours):
            taken += 1
            yield path

    outcomes = Classifier(small_model, threads=2).classify_files(endless())
    first = list(islice(outcomes, 5 * BATCH))
    assert [outcome.path for outcome in first] == [
        str(path) for path in islice(cycle(colours), 5 * BATCH)
    ]
    assert taken <= 5 * BATCH + 4 * BATCH
    outcomes.close()  # pyright: ignore[reportAttributeAccessIssue]


def test_strings_and_paths_may_be_mixed(classifier: Classifier, colours: list[Path]):
    outcomes = list(classifier.classify_files([colours[0], str(colours[1])]))
    assert [outcome.path for outcome in outcomes] == [str(colours[0]), str(colours[1])]


def test_files_given_are_not_changed(classifier: Classifier, colours: list[Path]):
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in colours]
    list(classifier.classify_files(colours))
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in colours] == before


def test_a_model_file_that_is_missing_is_an_error_at_once(tmp_path: Path):
    with pytest.raises(ModelFileError, match="no such file"):
        Classifier(tmp_path / "model.onnx")


def test_pictures_are_classified_where_nothing_but_the_runtime_can_be_imported(
    small_model: Path, tmp_path: Path
):
    blocked = ["torch", "torchvision", "onnx", "onnxscript", "sklearn", "scipy", "matplotlib"]
    program = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "import numpy, tlx\n"
        "picture = numpy.full((40, 40, 3), (200, 50, 40), numpy.uint8)\n"
        f"print(tlx.Classifier({str(small_model)!r}).classify(picture).label)"
    )
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("red\n", "")


@pytest.mark.parametrize(("threads", "options"), [(None, 0), (3, 3)])
def test_threads_are_onnxruntimes_choice_unless_given(small_model, threads, options):
    session = Classifier(small_model, threads).session._session
    assert session.get_session_options().intra_op_num_threads == options
