"""`tlx inspect`: what each kind of file says about itself."""

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import tlx

FILES = {
    "best.pt": "checkpoint",
    "model.onnx": "onnx",
    "model.ts": "torchscript",
    "model.pt2": "pt2",
}
KEYS = ["path", "kind", "size", "sha256", "card", "inputs", "outputs", "opset"]


def column(out: str) -> list[tuple[str, str]]:
    """Give names and values of the rows under the first; the values stand in one column."""
    rows = out.splitlines()[1:]
    place = re.match("SHA-256 +", rows[0]).end()
    assert all(row[place - 1] == " " != row[place] for row in rows)
    return [(row[:place].rstrip(), row[place:]) for row in rows]


@pytest.fixture(scope="module")
def things(journey, tmp_path_factory):
    """A folder with files that are no model, or only the first half of one."""
    folder = tmp_path_factory.mktemp("things")
    (folder / "run").symlink_to(journey.run)
    (folder / "text.txt").write_text("a text\n")
    (folder / "zero.onnx").touch()
    shutil.copy(journey.data / "test" / "red" / "000.jpg", folder / "picture.jpg")
    for name in FILES:
        content = (journey.run / name).read_bytes()
        (folder / f"cut{Path(name).suffix}").write_bytes(content[: len(content) // 2])
    with zipfile.ZipFile(folder / "other.zip", "w") as archive:
        archive.writestr("notes.txt", "a text\n")
    return folder


@pytest.mark.parametrize("name", FILES)
def test_json_is_one_object_with_the_card_and_the_tensors(journey, run_tlx, name):
    path = journey.run / name
    ran = run_tlx("inspect", path, "--json")
    assert (ran.code, ran.err) == (0, "")
    (found,) = ran.json
    assert list(found) == KEYS
    assert (found["path"], found["kind"]) == (str(path), FILES[name])
    assert found["size"] == path.stat().st_size
    assert found["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found["opset"] == (18 if name == "model.onnx" else None)
    assert found["card"]["labels"] == ["blue", "green", "red"]
    assert found["card"]["provenance"]["tlx"] == tlx.__version__
    images = {"name": "images", "dtype": "uint8", "shape": ["N", 32, 32, 3]}
    assert found["inputs"] == [images]
    assert found["outputs"][0] == {"name": "logits", "dtype": "float32", "shape": ["N", 3]}


def test_exported_files_name_all_outputs_and_how_they_were_verified(journey, run_tlx):
    for name in ("model.onnx", "model.ts", "model.pt2"):
        (found,) = run_tlx("inspect", journey.run / name, "--json").json
        assert [spec["name"] for spec in found["outputs"]] == [
            *("logits", "probabilities", "activation_maps", "features")
        ]
        assert found["card"]["verification"]["pictures"] == 64
    (found,) = run_tlx("inspect", journey.run / "best.pt", "--json").json
    assert found["card"]["verification"] is None


def test_rows_tell_the_same_to_people(journey, run_tlx):
    path = journey.run / "model.onnx"
    ran = run_tlx("inspect", path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{path}: onnx, {path.stat().st_size / 1e6:.1f} MB\n")
    rows = column(ran.out)
    assert rows[0] == ("SHA-256", hashlib.sha256(path.read_bytes()).hexdigest())
    assert rows[1] == ("opset", "18")
    assert rows[2] == ("input", "images: uint8 [N, 32, 32, 3]")
    assert ("takes", "pictures after resize and crop, RGB in 0..255") in rows
    assert ("labels", "3: blue, green, red") in rows
    assert ("network", "resnet18 from weights none, frozen: none") in rows
    assert "calibration error at temperature 1" in dict(rows)
    accuracy = dict(rows)["accuracy"]
    assert accuracy.startswith("0.9091 (95%: ")
    assert accuracy.endswith("on 33 validation pictures, which chose the epoch")
    (_, verified), (_, scores) = rows[-2:]
    assert verified.startswith("on 64 pictures (validation and training): ")
    assert verified.endswith(" (limit 1.00e-04), same label 100.00%")
    assert re.fullmatch(
        r"accuracy (0\.\d{4}) on those with a known truth, the checkpoint's \1 "
        r"\(95%: -0\.0\d+ to \+0\.0\d+\)",
        scores,
    )
    assert "\x1b" not in ran.out


def test_no_place_on_this_machine_stands_in_a_file(journey):
    for name in FILES:
        assert str(journey.data.parent).encode() not in (journey.run / name).read_bytes()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere.onnx", "nowhere.onnx: no such file"),
        ("run", "run is a folder; give a file in it, such as"),
        ("text.txt", "text.txt cannot be opened as an ONNX file"),
        ("zero.onnx", "zero.onnx is empty"),
        ("picture.jpg", "picture.jpg cannot be opened as an ONNX file"),
        ("cut.onnx", "cut.onnx cannot be opened as an ONNX file"),
        ("cut.ts", "cut.ts is damaged"),
        ("cut.pt2", "cut.pt2 is damaged"),
        ("cut.pt", "cut.pt is damaged"),
        ("other.zip", "other.zip"),
        ("run/config.json", "config.json cannot be opened as an ONNX file"),
    ],
)
def test_what_says_nothing_about_itself_is_one_line(things, run_tlx, name, said):
    for option in ([], ["--json"]):
        assert said in run_tlx("inspect", things / name, *option).error


@pytest.mark.parametrize("name", FILES)
def test_markdown_is_a_model_card_of_each_kind_of_file(journey, run_tlx, name):
    path = journey.run / name
    ran = run_tlx("inspect", path, "--markdown")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"# {name}\n\nA classifier of pictures: ")
    assert hashlib.sha256(path.read_bytes()).hexdigest() in ran.out
    assert "| accuracy | 0.9091 | " in ran.out
    assert "| 33 of validation | yes |" in ran.out
    assert "| 2 | red |" in ran.out
    assert str(journey.run) not in ran.out
    verified = "| pictures, from the file's bytes to the label | 64 |" in ran.out
    assert verified == (name != "best.pt")


def test_markdown_of_model_files_needs_no_torch(journey):
    for name in ("model.onnx", "model.ts"):
        code = (
            "import sys; sys.modules.update(dict.fromkeys(('torch', 'onnx', 'sklearn'))); "
            f"sys.argv = ['tlx', 'inspect', {str(journey.run / name)!r}, '--markdown']; "
            "from tlx.cli.main import main; main()"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.decode("utf-8").startswith(f"# {name}\n")


def test_markdown_and_json_are_one_or_the_other(journey, run_tlx):
    error = run_tlx("inspect", journey.run / "model.onnx", "--markdown", "--json").error
    assert "give either --markdown or --json" in error


def test_a_variant_says_what_it_takes_and_what_was_quantized(journey, run_tlx, tmp_path):
    from dataclasses import replace

    from tlx.export.onnx_file import rewrite_onnx_card
    from tlx.inference.card import Quantization
    from tlx.inference.session import ModelSession

    path = tmp_path / "model.int8.onnx"
    shutil.copy(journey.run / "model.onnx", path)
    made = Quantization(
        *("int8", "per-channel, uint8 x int8, min-max", 256, 60, "accuracy", 0.0033),
        *((-0.01, 0.02), 0.005, 0.9933, 2.5, "a processor"),
    )
    card = ModelSession(path).card
    seen = replace(card.verification, limit=None, score=None, metric=None, source="sample")
    rewrite_onnx_card(path, replace(card, quantization=made, verification=seen))
    rows = dict(column(run_tlx("inspect", path).out))
    assert rows["quantized"] == (
        "int8, per-channel, uint8 x int8, min-max; accuracy drops by 0.0033 "
        "(95%: -0.0100 to +0.0200) on 60 pictures, 99.33% decided alike; "
        "2.50 times as fast on a processor"
    )
    assert rows["verified"].startswith("on 64 pictures (sample): largest difference")
    assert "limit" not in rows["verified"]
    (found,) = run_tlx("inspect", path, "--json").json
    assert found["card"]["quantization"]["recipe"] == made.recipe


@pytest.mark.parametrize("option", [["--embed-resize"], ["--input", "float-nchw"]])
def test_what_a_graph_takes_is_told(journey, run_tlx, tmp_path, option):
    arguments = ["--data", journey.data, "--out", tmp_path, "--format", "onnx"]
    older = ["--opset", 20, "--legacy-exporter"]  # which is the quicker one
    assert run_tlx("export", journey.run, *arguments, *option, *older).code == 0
    (path,) = tmp_path.glob("*.onnx")
    rows = column(run_tlx("inspect", path).out)
    any_size = "--embed-resize" in option
    said = "pictures of any size as decoded" if any_size else "pictures after resize and crop"
    assert dict(rows)["takes"].startswith(said)
    shape = "uint8 [N, H, W, 3]" if any_size else "float32 [N, 3, 32, 32]"
    assert rows[1:3] == [("opset", "20"), ("input", f"images: {shape}")]
