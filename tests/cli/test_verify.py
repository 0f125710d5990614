"""`tlx verify`: exit codes, JSON and rows."""

import shutil

import pytest

KEYS = [
    *("path", "format", "verified", "pictures", "max_probability_difference", "agreement"),
    *("limit", "eager_distance", "source", "metric", "score", "checkpoint_score"),
    *("score_interval", "conditions"),
]


def test_json_is_one_object(journey, run_tlx):
    path = journey.run / "model.pt2"
    ran = run_tlx("verify", path, "--against", journey.run, "--data", journey.data, "--json")
    assert ran.code == 0
    (found,) = ran.json
    assert list(found) == KEYS
    assert (found["path"], found["format"], found["verified"]) == (str(path), "pt2", True)
    assert (found["pictures"], found["agreement"]) == (64, 1)
    assert len(found["conditions"]) >= 3
    assert "model.pt2 against the checkpoint" in ran.err


def test_rows_show_the_table_and_the_verdict(journey, run_tlx):
    path = journey.run / "model.ts"
    pictures = journey.data / "test"
    ran = run_tlx("verify", path, "--against", journey.run, "--data", pictures)
    assert (ran.code, ran.err) == (0, "")
    assert "pictures of the folder and parts of two photographs compared" in ran.out
    truth = next(row for row in ran.out.splitlines() if "pictures whose truth is known" in row)
    assert " 30 " in truth
    assert "accuracy: checkpoint, file" in ran.out
    assert "passed" in next(row for row in ran.out.splitlines() if "verdict" in row)


def test_what_is_left_out_of_a_folder_and_not_scored_is_told(journey, run_tlx, tmp_path):
    pictures = shutil.copytree(journey.data / "test", tmp_path / "pictures")
    (pictures / "red").rename(pictures / "misc")
    (pictures / "misc" / "000.jpg").write_bytes(b"")
    ran = run_tlx(
        *("verify", journey.run / "model.ts", "--against", journey.run),
        *("--data", pictures, "--json"),
    )
    assert ran.code == 0
    left_out, unknown = (row for row in ran.err.splitlines() if row.startswith("note: "))
    assert "1 picture that cannot be read: " in left_out
    assert "misc/000.jpg (" in left_out
    assert "the card has no label 'misc'" in unknown
    assert (ran.json[0]["source"], ran.json[0]["pictures"]) == ("folder and sample", 64)


def test_a_file_that_answers_differently_ends_with_1(journey, run_tlx, tmp_path, exported_run):
    ran = run_tlx(
        *("verify", journey.run / "model.onnx", "--against", exported_run),
        *("--data", journey.data / "test", "--json"),
    )
    assert (ran.code, ran.out) == (1, "")
    error = ran.err.splitlines()[-1]
    assert error.startswith("tlx: model.onnx does not answer as the checkpoint does; the first")
    assert "stage that differs is card: its provenance has data_fingerprint" in error


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.onnx", "nowhere.onnx: no such file"),
        ("best.pt", "best.pt is a checkpoint or no file of tlx"),
        ("config.json", "config.json cannot be opened as an ONNX file"),
        ("cut.pt2", "cut.pt2 is damaged"),
        ("", "is a folder; give the model file in it"),
    ],
)
def test_what_is_no_model_file_ends_with_2_in_one_line(journey, run_tlx, tmp_path, name, said):
    run = tmp_path / "run"
    run.mkdir()
    for kept in ("best.pt", "config.json"):
        shutil.copy(journey.run / kept, run)
    content = (journey.run / "model.pt2").read_bytes()
    (run / "cut.pt2").write_bytes(content[: len(content) // 2])
    path = run / name if name else run
    assert said in run_tlx("verify", path, "--against", journey.run).error


def test_the_run_may_be_given_by_its_checkpoint(journey, run_tlx):
    path, checkpoint = journey.run / "model.onnx", journey.run / "best.pt"
    ran = run_tlx("verify", path, "--against", checkpoint, "--data", journey.data, "--json")
    assert ran.code == 0
    assert ran.json[0]["pictures"] == 64


def test_the_run_has_to_be_given(journey, run_tlx):
    ran = run_tlx("verify", journey.run / "model.onnx")
    assert ran.code == 2
    assert "--against" in ran.err


def test_a_folder_that_is_no_run_ends_with_2(journey, run_tlx, tmp_path):
    error = run_tlx("verify", journey.run / "model.onnx", "--against", tmp_path).error
    assert "best.pt: no such file" in error


def test_pictures_that_are_not_there_end_with_2(journey, run_tlx, tmp_path):
    against = ("--against", journey.run)
    error = run_tlx("verify", journey.run / "model.ts", *against, "--data", tmp_path).error
    assert "no pictures in" in error
    error = run_tlx("verify", journey.run / "model.ts", *against).error  # they have moved
    assert "is gone, and the export is verified on it" in error
