"""`tlx classify`: its answers, where they go, and what it makes of bad pictures."""

import csv
import shutil
from dataclasses import replace

import pytest

import tlx
from tlx.errors import CardError
from tlx.export.onnx_file import rewrite_onnx_card

LABELS = {"blue", "green", "red"}


@pytest.fixture(scope="module")
def model(journey):
    return journey.run / "model.onnx"


@pytest.fixture
def pictures(journey):
    return journey.data / "test"


@pytest.fixture
def mixed(pictures, tmp_path, write_bad_pictures):
    """Good and bad pictures in turn, as a list of paths."""
    good = [shutil.copy(pictures / label / "001.jpg", tmp_path / f"{label}.jpg")
            for label in ("red", "green", "blue")]  # fmt: skip
    bad = write_bad_pictures(tmp_path, pictures / "red" / "001.jpg")
    return [str(path) for pair in zip(good, bad, strict=True) for path in pair]


KEYS = ["path", "predictions", "unknown", "unknown_score", "error"]


def test_json_is_an_object_a_line_with_the_classifiers_own_answers(model, pictures, run_tlx):
    paths = [str(path) for path in sorted(pictures.glob("*/00[0-3].jpg"))]
    ran = run_tlx("classify", model, *paths, "--json")
    assert (ran.code, ran.err) == (0, "")
    rows = ran.json
    assert [list(row) for row in rows] == [KEYS] * len(paths)
    for row, outcome in zip(rows, tlx.Classifier(model).classify_files(paths), strict=True):
        assert (row["path"], row["error"]) == (outcome.path, None)
        answers = [(answer.label, answer.probability) for answer in outcome.prediction.top(3)]
        assert [tuple(answer) for answer in row["predictions"]] == [("label", "probability")] * 3
        assert [tuple(answer.values()) for answer in row["predictions"]] == answers


def test_labels_are_ranked_and_their_probabilities_sum_to_one(model, pictures, run_tlx):
    (row,) = run_tlx("classify", model, pictures / "green" / "000.jpg", "--json").json
    probabilities = [answer["probability"] for answer in row["predictions"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert {answer["label"] for answer in row["predictions"]} == LABELS
    assert row["predictions"][0]["label"] == "green"


def test_a_row_shows_ranked_labels_with_probabilities(model, pictures, run_tlx):
    picture = pictures / "red" / "000.jpg"
    ran = run_tlx("classify", model, picture)
    (first, *_) = tlx.Classifier(model).classify(picture).top(1)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{picture}  red {first.probability:.1%}  ")
    assert (ran.out.count("%"), ran.out.count("\n")) == (3, 1)


@pytest.mark.parametrize("topk", [1, 2, 3, 9])
def test_topk_limits_the_labels_a_picture(model, pictures, run_tlx, topk):
    picture = pictures / "red" / "000.jpg"
    (row,) = run_tlx("classify", model, picture, "--json", "--topk", str(topk)).json
    assert len(row["predictions"]) == min(topk, 3)
    assert run_tlx("classify", model, picture, "--topk", str(topk)).out.count("%") == min(topk, 3)


def test_bad_pictures_are_rows_in_their_place_and_end_with_1(model, mixed, run_tlx):
    ran = run_tlx("classify", model, *mixed, "--json")
    assert ran.code == 1
    assert [row["path"] for row in ran.json] == mixed
    first = [row["predictions"] and row["predictions"][0]["label"] for row in ran.json]
    assert first == ["red", [], "green", [], "blue", []]
    errors = [row["error"] for row in ran.json]
    assert errors[::2] == [None] * 3
    assert errors[3] == "empty file (0 bytes)"
    assert errors[5] == "not a picture in a known format"
    assert "cannot be decoded" in errors[1]
    assert ran.err == "6 pictures, 3 of them unreadable\n"


def test_bad_pictures_are_rows_for_people_too(model, mixed, run_tlx):
    ran = run_tlx("classify", model, *mixed)
    assert (ran.code, ran.err) == (1, "")
    *rows, last = ran.out.splitlines()
    assert rows[3] == f"{mixed[3]}  error: empty file (0 bytes)"
    assert [row.split("  ")[0] for row in rows] == mixed
    assert last == "6 pictures, 3 of them unreadable"


def test_a_missing_file_and_a_text_are_rows(model, run_tlx, tmp_path):
    (tmp_path / "notes.txt").write_text("a text\n")
    names = [str(tmp_path / "nowhere.jpg"), str(tmp_path / "notes.txt")]
    ran = run_tlx("classify", model, *names, "--json")
    assert ran.code == 1
    assert [(row["path"], row["error"]) for row in ran.json] == [
        (names[0], "no such file"),
        (names[1], "not a picture in a known format"),
    ]


def test_a_url_is_a_row_that_says_what_takes_it(model, run_tlx):
    (row,) = run_tlx("classify", model, "https://localhost/a.jpg", "--json").json
    assert row["error"] == "URLs go with --out (docs/many.md)"


def test_a_csv_gets_the_same_answers(model, mixed, run_tlx, tmp_path):
    table = tmp_path / "answers.csv"
    ran = run_tlx("classify", model, *mixed, "--json", "--csv", table)
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == [
        *("path", "error", "label", "probability"),
        *("label_2", "probability_2", "label_3", "probability_3"),
        *("unknown", "unknown_score"),
    ]
    for row, answer in zip(rows, ran.json, strict=True):
        assert row[:2] == [answer["path"], answer["error"] or ""]
        cells = zip(row[2:8:2], row[3:8:2], strict=True)
        pairs = [(label, float(value)) for label, value in cells if label]
        assert pairs == [tuple(found.values()) for found in answer["predictions"]]
    assert sorted(path.name for path in tmp_path.glob("*answers*")) == ["answers.csv"]


def test_every_row_of_a_csv_has_as_many_cells_as_its_header(model, mixed, run_tlx, tmp_path):
    table = tmp_path / "answers.csv"
    assert run_tlx("classify", model, *mixed, "--topk", "2", "--csv", table).code == 1
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert {len(row) for row in rows} == {8}
    assert [row[2:] for row in rows if row[1] == "empty file (0 bytes)"] == [[""] * 6]


def test_a_csv_has_a_column_pair_a_ranked_label(model, pictures, run_tlx, tmp_path):
    table = tmp_path / "answers.csv"
    run_tlx("classify", model, pictures / "red", "--topk", "1", "--csv", table)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ["path", "error", "label", "probability", "unknown", "unknown_score"]
    assert list(rows[0]) == columns
    assert [row["label"] for row in rows] == ["red"] * 10


def test_a_csv_of_tlx_is_replaced_and_the_users_own_table_is_not(
    model, pictures, run_tlx, tmp_path
):
    table, own = tmp_path / "answers.csv", tmp_path / "own.csv"
    table.touch()
    for label in ("red", "blue"):
        picture = pictures / label / "000.jpg"
        assert run_tlx("classify", model, picture, "--csv", table).code == 0
        assert str(picture) in table.read_text(encoding="utf-8")
    assert table.read_text(encoding="utf-8").count(".jpg") == 1
    own.write_text("file,label\n")
    assert "own.csv: exists and was not written by tlx" in run_tlx(
        "classify", model, picture, "--csv", own
    ).error  # fmt: skip
    assert own.read_text() == "file,label\n"


def test_a_csv_that_cannot_be_written_is_said_before_any_picture_is_read(
    model, pictures, run_tlx, tmp_path
):
    picture = pictures / "red" / "000.jpg"
    for table in (tmp_path, tmp_path / "nowhere" / "answers.csv", picture):
        before = picture.read_bytes()
        assert f"--csv {table}" in run_tlx("classify", model, picture, "--csv", table).error
        assert picture.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.onnx", "nowhere.onnx: no such file; tlx export RUN writes"),
        ("text.txt", "text.txt cannot be opened as an ONNX file"),
        ("zero.onnx", "zero.onnx is empty"),
        ("run", "run is a folder; give the model file in it"),
        ("run/model.ts", "model.ts is a checkpoint, TorchScript or pt2 file"),
        ("run/best.pt", "best.pt is a checkpoint, TorchScript or pt2 file"),
        ("cut.onnx", "cut.onnx cannot be opened as an ONNX file"),
    ],
)
def test_what_is_no_model_file_is_one_line(journey, run_tlx, tmp_path, name, said):
    (tmp_path / "run").symlink_to(journey.run)
    (tmp_path / "text.txt").write_text("a text\n")
    (tmp_path / "zero.onnx").touch()
    (tmp_path / "cut.onnx").write_bytes((journey.run / "model.onnx").read_bytes()[:100_000])
    for option in ([], ["--json"]):
        assert said in run_tlx("classify", tmp_path / name, "a.jpg", *option).error


def test_a_picture_of_something_else_is_unknown_with_the_nearest_label(
    judging_model, pictures, run_tlx, tmp_path
):
    red, blue = pictures / "red" / "000.jpg", pictures / "blue" / "000.jpg"
    ran = run_tlx("classify", judging_model, red, blue)
    first, second = ran.out.splitlines()
    assert first.startswith(f"{red}  red ")
    assert second.startswith(f"{blue}  unknown (nearest: ")
    assert second.count("%") == 1
    assert second.endswith("%)")
    table = tmp_path / "judged.csv"
    known, strange = run_tlx("classify", judging_model, red, blue, "--json", "--csv", table).json
    assert (known["unknown"], strange["unknown"]) == (False, True)
    assert strange["unknown_score"] > known["unknown_score"]
    assert len(strange["predictions"]) == 3
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["unknown"] for row in rows] == ["false", "true"]
    assert float(rows[1]["unknown_score"]) == strange["unknown_score"]


def test_a_file_whose_card_and_graph_differ_on_a_rule_is_refused(model, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(model.read_bytes())
    rewrite_onnx_card(path, replace(tlx.Classifier(model).card, unknown_threshold=1.0))
    with pytest.raises(CardError, match="the card has a threshold for unknown pictures, the gra"):
        tlx.Classifier(path)


def test_one_bad_picture_is_counted_as_one(model, run_tlx, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    last = "1 picture, 1 of them unreadable"
    assert run_tlx("classify", model, bad).out.splitlines()[1:] == [last]
    ran = run_tlx("classify", model, bad, "--explain", tmp_path / "why")
    assert ran.out.splitlines()[1:] == [last], "nothing was explained"
