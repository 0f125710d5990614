"""What a bundle holds, what it must not hold, and where it may be written."""

import ast
import errno
import json
import shutil
import socket
import tomllib
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import tlx
from tlx.errors import DataError, ModelFileError, UsageError
from tlx.export import bundle
from tlx.export.bundle import check_bundle_target, write_bundle
from tlx.export.golden import LONGEST
from tlx.inference.card_json import card_from_json
from tlx.inference.graph_input import prepare

TEMPLATES = files("tlx.export") / "bundle_files"
WHOLE = {
    *("README.md", "SHA256SUMS", "card.json", "labels.txt", "model.onnx", "requirements.txt"),
    *("predict.py", "selftest.py", "golden/golden.json"),
    *("examples/Classify.cs", "examples/classify.cpp", "examples/classify.mjs"),
    *("golden/1.png", "golden/1.rgb", "golden/2.jpg", "golden/2.rgb"),
    *("golden/3.jpg", "golden/3.rgb"),
}


def golden(folder: Path) -> dict:
    return json.loads((folder / "golden/golden.json").read_text(encoding="utf-8"))


def test_a_bundle_holds_everything_and_nothing_else(plain_model, pictures, tmp_path):
    found = write_bundle(plain_model, pictures, tmp_path / "new" / "out.zip")
    with zipfile.ZipFile(found.path) as archive:
        names = archive.namelist()
    assert names == sorted(WHOLE)
    assert found.files == tuple(names)
    assert found.size == found.path.stat().st_size
    assert [path.name for path in found.path.parent.iterdir()] == ["out.zip"]


@pytest.mark.parametrize("name", ["model.int8.onnx", "größe-2.onnx"])
def test_the_model_file_keeps_its_name_and_the_scripts_know_it(
    plain_model, unpack, pictures, run_script, tmp_path, name
):
    folder = unpack(shutil.copy(plain_model, tmp_path / name), pictures)
    assert (folder / name).is_file()
    assert golden(folder)["model"] == name
    assert name in (folder / "README.md").read_text(encoding="utf-8")
    assert run_script(folder / "selftest.py").stdout.endswith("PASS\n")


def test_the_same_input_gives_the_same_bytes(plain_model, pictures, tmp_path):
    first = write_bundle(plain_model, pictures, tmp_path / "one.zip")
    for path in (plain_model, *pictures):
        path.touch()
    second = write_bundle(plain_model, pictures, tmp_path / "two.zip")
    assert first.sha256 == second.sha256
    assert first.path.read_bytes() == second.path.read_bytes()


def test_the_card_and_the_labels_can_be_read(bundle_of_kind, kind):
    card = card_from_json((bundle_of_kind / "card.json").read_text(encoding="utf-8"))
    labels = (bundle_of_kind / "labels.txt").read_text(encoding="utf-8")
    assert labels.splitlines() == list(card.labels)
    assert card.input == kind.card.get("input", "uint8-nhwc")
    thresholds = bundle_of_kind / "thresholds.txt"
    assert thresholds.exists() == (card.task == "multi-label")
    if thresholds.exists():
        values = tuple(map(float, thresholds.read_text().splitlines()))
        assert values == card.decision_thresholds


def test_the_golden_vectors_are_what_the_model_file_answers(bundle_of_kind):
    classifier = tlx.Classifier(bundle_of_kind / "model.onnx")
    vectors = golden(bundle_of_kind)["vectors"]
    assert len(vectors) == 3
    for vector in vectors:
        picture = bundle_of_kind / vector["picture"]
        pixels = np.frombuffer((bundle_of_kind / vector["pixels"]).read_bytes(), np.uint8)
        assert np.array_equal(pixels.reshape(vector["shape"]), prepare(picture, classifier.card))
        answer = classifier.classify(picture)
        assert vector["logits"] == answer.logits.tolist()
        assert vector["labels"] == [ranked.label for ranked in answer.chosen]
        assert vector.get("unknown_score") == answer.unknown_score


def test_the_golden_pictures_are_of_different_pictures(plain_bundle):
    answers = [tuple(vector["labels"]) for vector in golden(plain_bundle)["vectors"]]
    assert len({*answers}) > 1


def test_one_golden_jpeg_is_stored_sideways(plain_bundle):
    orientations = {}
    for name in ("1.png", "2.jpg", "3.jpg"):
        with Image.open(plain_bundle / "golden" / name) as image:
            orientations[name] = image.getexif().get(0x0112, 1)
            assert (image.size == (40, 48)) == (name == "3.jpg")
    assert orientations == {"1.png": 1, "2.jpg": 1, "3.jpg": 6}


def test_large_pictures_are_reduced_so_far_that_no_jpeg_is_decoded_scaled(
    plain_model, unpack, tmp_path
):
    large = tmp_path / "large.jpg"
    Image.effect_noise((1300, 900), 90).convert("RGB").save(large)
    folder = unpack(plain_model, [large])
    for name in ("1.png", "2.jpg", "3.jpg"):
        with Image.open(folder / "golden" / name) as image:
            assert max(image.size) <= LONGEST
            assert min(image.size) == 3 * 37, "below 4 times the resize side"


def photo_with_secrets(path: Path) -> Path:
    """A picture with all that a camera and an editor may note in it."""
    exif = Image.Exif()
    exif[0x010F], exif[0x013B], exif[0x0112] = "SecretCamera", "SecretArtist", 3
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = "2026:01:01SecretPlace"
    options = {"exif": exif, "icc_profile": b"SecretProfile" * 20}
    image = Image.effect_noise((60, 50), 80).convert("RGB")
    if path.suffix == ".jpg":
        image.save(path, comment=b"SecretComment", xmp=b"<x>SecretXmp</x>", **options)
    else:
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", "SecretText")
        image.save(path, pnginfo=notes, **options)
    assert path.read_bytes().count(b"Secret") >= 3
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_nothing_that_a_picture_says_beside_its_pixels_gets_into_a_bundle(
    plain_model, unpack, tmp_path, suffix
):
    folder = unpack(plain_model, [photo_with_secrets(tmp_path / f"SecretName{suffix}")])
    for path in folder.rglob("*"):
        assert path.is_dir() or b"Secret" not in path.read_bytes(), path
    for name in ("1.png", "2.jpg", "3.jpg"):
        with Image.open(folder / "golden" / name) as image:
            assert {*image.getexif()} == ({0x0112} if name == "3.jpg" else set())
            image.load()
            known = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "exif", "dpi"}
            assert {*image.info} <= known


def test_no_path_or_name_of_this_machine_is_in_a_bundle(bundle_of_kind, pictures):
    places = (bundle_of_kind.parent, pictures[0].parents[1], Path(tlx.__file__).parent, Path.home())
    for path in bundle_of_kind.rglob("*"):
        content = b"" if path.is_dir() else path.read_bytes()
        for word in (*map(str, places), socket.gethostname()):
            assert word.encode() not in content, f"{word} in {path.name}"


def test_a_picture_that_cannot_be_read_is_passed_over(plain_model, pictures, unpack, tmp_path):
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(b"no picture")
    strip = tmp_path / "strip.png"
    Image.new("RGB", (900, 3)).save(strip)
    folder = unpack(plain_model, [damaged, strip, tmp_path / "missing.png", pictures[0]])
    assert len(golden(folder)["vectors"]) == 3


def test_without_a_picture_there_is_no_bundle(plain_model, tmp_path):
    for pictures in ([], [tmp_path / "missing.png"]):
        with pytest.raises(DataError, match="none of the pictures for the golden vectors"):
            write_bundle(plain_model, pictures, tmp_path / "out.zip")
    assert not [*tmp_path.iterdir()]


def test_an_earlier_bundle_is_replaced(plain_model, write_kind, kind, pictures, tmp_path):
    target = tmp_path / "out.zip"
    first = write_bundle(plain_model, pictures, target)
    model = write_kind(tmp_path / "other.onnx", kind)
    second = write_bundle(model, pictures, target)
    assert first.sha256 != second.sha256
    assert write_bundle(plain_model, pictures, target).sha256 == first.sha256


def foreign(what: str, path: Path) -> None:
    if what == "a folder":
        path.mkdir()
    elif what == "a text":
        path.write_text("mine")
    elif what == "a link to nowhere":
        path.symlink_to("nowhere")
    elif what == "another zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("SHA256SUMS", "")
            archive.writestr("mine.txt", "mine")


@pytest.mark.parametrize("what", ["a folder", "a text", "a link to nowhere", "another zip"])
def test_what_is_not_a_bundle_is_left_as_it_is(plain_model, pictures, tmp_path, what):
    target = tmp_path / "out.zip"
    foreign(what, target)
    before = target.lstat()
    with pytest.raises(UsageError, match="is not a bundle as tlx wrote it"):
        write_bundle(plain_model, pictures, target)
    assert target.lstat().st_mtime_ns == before.st_mtime_ns
    assert [*tmp_path.iterdir()] == [target]


@pytest.mark.parametrize("change", ["added", "changed"])
def test_a_bundle_that_somebody_worked_on_is_left_as_it_is(plain_model, pictures, tmp_path, change):
    target = tmp_path / "out.zip"
    write_bundle(plain_model, pictures, target)
    with zipfile.ZipFile(target) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    contents |= {"mine.txt": b""} if change == "added" else {"README.md": b"mine"}
    bundle._write_zip(target, contents)
    with pytest.raises(UsageError, match="is not a bundle as tlx wrote it"):
        check_bundle_target(target)


def test_a_target_that_is_no_zip_is_refused(plain_model, pictures, tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.zip"):
        write_bundle(plain_model, pictures, tmp_path / "out")


def test_a_model_file_that_is_none_is_refused(pictures, tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        write_bundle(tmp_path / "model.onnx", pictures, tmp_path / "out.zip")


@pytest.mark.parametrize("name", ["README.md", 'a"b.onnx', "a b.onnx", ".onnx", "model.onnx.bak"])
def test_a_name_that_would_break_a_script_is_refused(plain_model, pictures, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(plain_model.read_bytes())
    with pytest.raises(UsageError, match="rename it"):
        write_bundle(path, pictures, tmp_path / "out.zip")


def test_a_label_with_a_line_break_is_refused(write_kind, kind, pictures, tmp_path):
    model = write_kind(tmp_path / "m.onnx", kind, labels=("a", "b\nc", "d", "e"))
    with pytest.raises(UsageError, match="line break"):
        write_bundle(model, pictures, tmp_path / "out.zip")


def test_a_bundle_that_cannot_be_finished_leaves_nothing(
    plain_model, pictures, tmp_path, monkeypatch
):
    def fail(path, contents):
        path.write_bytes(b"a part")
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(bundle, "_write_zip", fail)
    with pytest.raises(OSError, match="no space"):
        write_bundle(plain_model, pictures, tmp_path / "out.zip")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["predict.py", "selftest.py"])
def test_the_scripts_need_three_packages_and_nothing_of_ours(name):
    tree = ast.parse((TEMPLATES / name).read_text(encoding="utf-8"))
    imported = {
        *(a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names),
        *(node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)),
    }
    standard = {"json", "os", "sys", "pathlib", "hashlib", "collections.abc"}
    assert imported - standard - {"predict"} == {"numpy", "onnxruntime", "PIL"}


def test_predict_is_under_85_lines():
    assert len((TEMPLATES / "predict.py").read_text(encoding="utf-8").splitlines()) < 85


def test_the_package_carries_every_file_that_bundles_are_made_of():
    root = Path(__file__).parents[3]  # the sources, of which the wheel is made
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["tlx.export"]
    carried = {path for pattern in patterns for path in (root / "export").glob(pattern)}
    present = {path for path in (root / "export/bundle_files").rglob("*") if path.is_file()}
    assert {path for path in present if path.suffix != ".pyc"} == {
        path for path in carried if path.suffix != ".pyc"
    }
    assert all((TEMPLATES / name).is_file() for name in bundle.EXAMPLES)


def test_no_placeholder_is_left_in_the_readme(bundle_of_kind):
    text = (bundle_of_kind / "README.md").read_text(encoding="utf-8")
    assert "$" not in text
    assert "\n\n\n" not in text
