"""`tlx weights`: list, path, verify, add."""

import re
import shutil
from pathlib import Path

import pytest
import torch

from tlx.training.resnet import build_resnet


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path) -> Path:
    """Where the cache of this test's own will be; nothing is there yet."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def mine(tmp_path) -> Path:
    path = tmp_path / "my.pth"
    torch.save(build_resnet("resnet18", 3).state_dict(), path)
    return path


def test_list_names_every_model_with_its_versions_and_what_is_cached(run_tlx, cache, mine):
    run_tlx("weights", "add", mine)
    ran = run_tlx("weights", "list")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"resnext50_32x4d +│ imagenet-v2 +│ 81\.2% +│ +no │ 1a0047aa", ran.out)
    size = re.escape(f"{mine.stat().st_size / 1e6:.1f} MB")
    assert re.search(rf"│ my\.pth +│ +│ +{size} │ [0-9a-f]{{8}}", ran.out)
    assert ran.out.splitlines()[-1] == f"cache: {cache}"


def test_list_as_json_holds_the_same(run_tlx, cache, mine):
    run_tlx("weights", "add", mine)
    [content] = run_tlx("weights", "list", "--json").json
    assert (content["folder"], content["error"]) == (str(cache), None)
    rows = content["weights"]
    assert len(rows) == 18
    assert rows[0] == {
        "model": "resnet18",
        "weights": "imagenet-v1",
        "file": "resnet18-f37072fd.pth",
        "size": None,
        "sha256": None,
        "sha256_prefix": "f37072fd",
        "accuracy": pytest.approx(0.69758),
        "cached": False,
    }
    assert (rows[-1]["weights"], rows[-1]["cached"]) == ("my.pth", True)


def test_path_prints_the_folder_even_before_it_is_there(run_tlx, cache):
    ran = run_tlx("weights", "path")
    assert (ran.code, ran.out, ran.err) == (0, f"{cache}\n", "")


def test_path_of_weights_is_their_file_or_an_error_that_says_how_to_get_it(run_tlx, cache):
    asked = ("weights", "path", "resnet50", "imagenet-v2")
    text = run_tlx(*asked).error
    assert f"{cache / 'resnet50-11ad3fa6.pth'} is not there" in text
    assert "tlx train --model resnet50 --weights imagenet-v2" in text
    cache.mkdir(parents=True)
    (cache / "resnet50-11ad3fa6.pth").touch()
    assert run_tlx(*asked).out == f"{cache / 'resnet50-11ad3fa6.pth'}\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["path", "vgg16"], "MODEL vgg16: choose one of resnet18"),
        (["path", "resnet50", "none"], "WEIGHTS none: choose one of imagenet"),
        (["path", "resnet18", "imagenet-v2"], "use --weights imagenet-v1"),
        (["path", "resnet18"], "is not there"),
        (["add"], "tlx weights add --help"),
        (["add", "gone.pth"], "gone.pth: no such file"),
        (["list", "resnet18"], "resnet18"),
        (["remove"], "'remove'"),
    ],
)
def test_wrong_usage_is_one_line_that_names_it(run_tlx, arguments, named):
    assert named in run_tlx("weights", *arguments).error


def test_verify_says_that_there_are_no_files(run_tlx, cache):
    ran = run_tlx("weights", "verify")
    assert (ran.code, ran.out) == (0, f"no files in {cache}\n")


def test_verify_gives_a_row_each_and_exits_1_if_one_is_not_what_it_was(run_tlx, cache, mine):
    run_tlx("weights", "add", mine)
    run_tlx("weights", "add", shutil.copy(mine, mine.with_name("other.pth")))
    ran = run_tlx("weights", "verify")
    assert ran.code == 0
    assert re.fullmatch(r"my\.pth  good  SHA-256 [0-9a-f]{64}\nother\.pth  good  .*\n", ran.out)
    with (cache / "other.pth").open("ab") as file:
        file.write(b"x")
    ran = run_tlx("weights", "verify")
    assert ran.code == 1
    assert "other.pth  FAILED  has changed since its first use" in ran.out
    assert ran.err == ""


def test_verify_as_json_is_one_object(run_tlx, cache, mine):
    run_tlx("weights", "add", mine)
    (cache / "my.pth").write_bytes(b"x")
    ran = run_tlx("weights", "verify", "--json")
    assert ran.code == 1
    [content] = ran.json
    assert (content["failures"], content["error"]) == (1, None)
    [row] = content["files"]
    assert (row["file"], row["size"]) == ("my.pth", 1)
    assert "has changed" in row["error"]


def test_add_says_how_the_file_is_used(run_tlx, cache, mine):
    ran = run_tlx("weights", "add", mine)
    assert (ran.code, ran.err) == (0, "")
    first, second = ran.out.splitlines()
    assert re.fullmatch(rf"{re.escape(str(cache / 'my.pth'))}: SHA-256 [0-9a-f]{{64}}", first)
    assert second == "use it: tlx train DATA --model resnet18 --weights my.pth"


def test_add_refuses_a_folder_a_text_and_another_file_of_the_name(run_tlx, mine, tmp_path):
    assert "is a folder" in run_tlx("weights", "add", tmp_path).error
    (tmp_path / "text.pth").write_text("no weights", encoding="utf-8")
    assert "is damaged" in run_tlx("weights", "add", tmp_path / "text.pth").error
    run_tlx("weights", "add", mine)
    torch.save(build_resnet("resnet18", 4).state_dict(), mine)
    assert "is another file of that name" in run_tlx("weights", "add", mine).error


@pytest.mark.parametrize("command", ["verify", "list"])
def test_a_cache_that_is_no_folder_is_one_line(run_tlx, cache, command):
    cache.parent.mkdir(parents=True)
    cache.touch()
    assert str(cache) in run_tlx("weights", command).error


def test_a_training_says_what_it_took_over_from_a_run(run_tlx, light_run, split_folder, tmp_path):
    options = "--epochs 1 --imgsz 32 --batch 24 -j 0 --freeze backbone"
    ran = run_tlx(
        "train", split_folder, "--weights", light_run, "--out", tmp_path / "new", *options.split()
    )
    assert (ran.code, ran.err) == (0, "")
    assert "note: 3 of 3 labels take their row of the head from best.pt of a run of 2" in ran.out
