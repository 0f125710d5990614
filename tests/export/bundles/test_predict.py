"""predict.py of a bundle answers as tlx does, bit for bit, on whatever pictures there are."""

import importlib.util
import random
import shutil
import struct
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import tlx
from tlx.errors import PictureError
from tlx.inference.graph_input import prepare


def script(folder: Path) -> ModuleType:
    """Load the bundle's predict.py."""
    spec = importlib.util.spec_from_file_location("predict", folder / "predict.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def colours(width: int = 61, height: int = 47) -> Image.Image:
    """Pixels that no turning or mirroring leaves as they are."""
    y, x = np.mgrid[:height, :width]
    channels = (x * 255 // width, y * 255 // height, (x * 37 + y * 11) % 256)
    return Image.fromarray(np.stack(channels, axis=2).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(kind: str, value: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = value
    options = {"tiffinfo": {0x0112: value}} if kind == "TIFF" else {"exif": exif}
    return encoded(colours(), kind, **options)


def numbers(dtype: str, kind: str) -> bytes:
    values = (np.arange(40 * 36) * 45).reshape(40, 36).astype(dtype)
    return encoded(Image.fromarray(values), kind)


def palette(**options: object) -> bytes:
    return encoded(colours().quantize(16), **options)


def with_alpha(mode: str, kind: str) -> bytes:
    alpha = Image.linear_gradient("L").resize(colours().size)
    image = colours().convert(mode[:-1])
    image.putalpha(alpha)
    return encoded(image, kind, **({"lossless": True} if kind == "WEBP" else {}))


ORDER = "<" if b"Exif\0\0II" in turned("JPEG", 6) else ">"


def damaged_exif(offset: int, wrong: bytes) -> bytes:
    content = turned("JPEG", 6)
    start = content.index(b"Exif\0\0") + 6 + offset
    return content[:start] + wrong + content[start + len(wrong) :]


def animated() -> bytes:
    later = [Image.new("RGB", (61, 47), "red")]
    return encoded(colours(), "GIF", save_all=True, append_images=later)


PICTURES = {
    **{
        f"{kind} turned {value}": turned(kind, value)
        for kind in ("JPEG", "PNG", "TIFF", "WEBP")
        for value in range(1, 9)
    },
    "orientation 0": turned("PNG", 0),
    "orientation 9": turned("JPEG", 9),
    "orientation as text": damaged_exif(12, struct.pack(ORDER + "H", 2)),
    "exif without order": damaged_exif(0, b"\xff" * 8),
    "exif beyond the end": damaged_exif(4, b"\xff\xff\xff\x7f"),
    "exif of 65535 entries": damaged_exif(8, b"\xff\xff"),
    "two orientations": damaged_exif(14, struct.pack(ORDER + "I", 2)),
    "exif that is none": encoded(colours(), "PNG", exif=b"Exif\0\0no such thing at all"),
    "16-bit png": numbers("uint16", "PNG"),
    "16-bit tiff": numbers("uint16", "TIFF"),
    "16-bit tiff, big endian": numbers(">u2", "TIFF"),
    "32-bit tiff of 16-bit values": numbers("int32", "TIFF"),
    "32-bit tiff beyond": encoded(Image.fromarray(np.full((40, 40), 70000, np.int32)), "TIFF"),
    "negative tiff": encoded(Image.fromarray(np.full((40, 40), -1, np.int32)), "TIFF"),
    "float tiff": numbers("float32", "TIFF"),
    "rgba png": with_alpha("RGBA", "PNG"),
    "rgba webp": with_alpha("RGBA", "WEBP"),
    "grey and alpha": with_alpha("LA", "PNG"),
    "rgb png with a transparent colour": encoded(colours(), "PNG", transparency=(0, 0, 0)),
    "grey": encoded(colours().convert("L"), "PNG"),
    "grey with a transparent level": encoded(colours().convert("L"), "PNG", transparency=80),
    "black and white": encoded(colours().convert("1"), "PNG"),
    "palette": palette(kind="PNG"),
    "palette with a transparent index": palette(kind="PNG", transparency=3),
    "palette with alpha": palette(kind="PNG", transparency=bytes(range(0, 256, 16))),
    "animated gif": animated(),
    "cmyk jpeg": encoded(colours().convert("CMYK"), "JPEG"),
    "cmyk tiff": encoded(colours().convert("CMYK"), "TIFF"),
    "ycbcr tiff": encoded(colours().convert("YCbCr"), "TIFF"),
    "lab tiff": encoded(colours().convert("LAB"), "TIFF"),
    "progressive jpeg": encoded(colours(), "JPEG", progressive=True),
    "bmp": encoded(colours(), "BMP"),
    "ppm": encoded(colours(), "PPM"),
    **{
        f"jpeg of {width} x {height}": encoded(colours(width, height), "JPEG")
        for width, height in (
            *((147, 148), (148, 148), (149, 300), (295, 296), (300, 296), (1300, 900)),
            *((37, 37), (36, 500), (3, 2), (1, 1), (45, 33), (900, 38)),
        )
    },
    **{
        f"png of {width} x {height}": encoded(colours(width, height), "PNG")
        for width, height in ((400, 2), (402, 2), (1, 200), (1, 201), (640, 480), (38, 39))
    },
    "mpo": encoded(colours(), "MPO", save_all=True, append_images=[colours()]),
    "text": b"this is a note, not a picture",
    "empty": b"",
    "truncated": encoded(colours(), "JPEG")[:700],
}

REFUSED = {
    *("32-bit tiff beyond", "negative tiff", "float tiff", "png of 402 x 2", "png of 1 x 201"),
    *("text", "empty", "truncated"),
}

harmless = pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Possibly corrupt EXIF")


@pytest.fixture(scope="module")
def both(bundle_of_rule) -> tuple[ModuleType, tlx.Classifier]:
    return script(bundle_of_rule), tlx.Classifier(bundle_of_rule / "model.onnx")


def same(predict: ModuleType, classifier: tlx.Classifier, path: Path) -> bool:
    """Hold both to one answer; False if both refuse."""
    try:
        expected = prepare(path, classifier.card)
    except PictureError:
        with pytest.raises(Exception):  # noqa: B017 - whatever it says
            predict.preprocess(str(path))
        return False
    found = predict.preprocess(str(path))
    assert found.dtype == np.uint8
    assert np.array_equal(found, expected)
    return True


@harmless
@pytest.mark.parametrize("name", PICTURES)
def test_every_odd_picture_has_the_pixels_that_tlx_gives_it(both, tmp_path, name):
    path = tmp_path / "picture"
    path.write_bytes(PICTURES[name])
    assert same(*both, path) == (name not in REFUSED)


@harmless
def test_damaged_pictures_have_the_same_pixels_or_are_refused_by_both(both, tmp_path):
    chance, path, accepted = random.Random(0), tmp_path / "picture", 0
    for name in ("JPEG turned 6", "cmyk jpeg", "palette with alpha", "16-bit tiff", "bmp"):
        for _ in range(25):
            damaged = bytearray(PICTURES[name])
            for _ in range(3):
                damaged[chance.randrange(min(len(damaged), 600))] = chance.randrange(256)
            path.write_bytes(damaged)
            accepted += same(*both, path)
    assert 20 < accepted < 120


def test_it_answers_as_tlx_does(bundle_of_kind):
    predict, classifier = script(bundle_of_kind), tlx.Classifier(bundle_of_kind / "model.onnx")
    session = classifier.session._session
    for path in sorted((bundle_of_kind / "golden").glob("*.[jp][pn]g")):
        answer = classifier.classify(path)
        logits, chosen, scores = predict.classify(session, predict.preprocess(str(path)))
        assert np.array_equal(logits, answer.logits)
        assert scores == ([] if answer.unknown_score is None else [answer.unknown_score])
        assert chosen == [(ranked.label, ranked.probability) for ranked in answer.chosen]


def test_the_command_prints_a_line_a_picture(bundle_of_kind, run_script):
    classifier = tlx.Classifier(bundle_of_kind / "model.onnx")
    paths = [bundle_of_kind / "golden" / name for name in ("1.png", "3.jpg")]
    found = run_script(bundle_of_kind / "predict.py", *paths)
    assert (found.returncode, found.stderr) == (0, "")
    for path, line in zip(paths, found.stdout.splitlines(), strict=True):
        answer = classifier.classify(path)
        ranks = ", ".join(f"{ranked.label} {ranked.probability:.4f}" for ranked in answer.chosen)
        said = f"unknown (nearest: {ranks})" if answer.unknown else ranks or "none"
        assert line == f"{path}: {said}"


@pytest.mark.parametrize("kind", ["with a rule"], indirect=True)
def test_a_picture_that_the_files_rule_refuses_is_called_unknown(
    kind, write_kind, unpack, run_script, pictures, tmp_path
):
    folder = unpack(write_kind(tmp_path / "model.onnx", kind), pictures)
    for name, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200))):
        Image.new("RGB", (60, 50), colour).save(tmp_path / f"{name}.png")
    paths = [tmp_path / "red.png", tmp_path / "blue.png"]
    red, blue = run_script(folder / "predict.py", *paths).stdout.splitlines()
    classifier = tlx.Classifier(folder / "model.onnx")
    assert [classifier.classify(path).unknown for path in paths] == [True, False]
    assert red.startswith(f"{paths[0]}: unknown (nearest: ")
    assert "unknown" not in blue
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert "whose `unknown_score` is above 140.5" in readme
    assert "| `unknown_score` | float32 | `[N]` | larger is stranger" in readme


def test_the_command_names_a_picture_that_it_cannot_read(plain_bundle, run_script, tmp_path):
    (tmp_path / "note.jpg").write_text("no picture")
    found = run_script(plain_bundle / "predict.py", tmp_path / "note.jpg")
    assert found.returncode == 1
    assert found.stderr.startswith(f"{tmp_path / 'note.jpg'}: ")
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("folder", ["sign-digits", "clothing/test"])
def test_real_pictures_have_the_pixels_that_tlx_gives_them(both, real_pictures, folder):
    paths = sorted((real_pictures / folder).rglob("*.[jJ][pP]*[gG]"))[::20]
    assert len(paths) > 10
    assert all(same(*both, path) for path in paths)


def test_large_real_pictures_too(plain_bundle, real_pictures, tmp_path):
    """At the sizes of a phone's photograph, where JPEGs are decoded at a scale."""
    predict, classifier = script(plain_bundle), tlx.Classifier(plain_bundle / "model.onnx")
    source = min((real_pictures / "clothing/test").rglob("*.jpg"))
    for number, size in enumerate([(4032, 3024), (1500, 2000), (1025, 1024)]):
        path = tmp_path / f"{number}.jpg"
        with Image.open(source) as image:
            image.resize(size).save(path, quality=92)
        assert same(predict, classifier, path)


def test_a_script_that_was_changed_a_little_is_told_apart(plain_bundle, tmp_path):
    """The comparison above would see it."""
    shutil.copy(plain_bundle / "predict.py", tmp_path)
    shutil.copy(plain_bundle / "card.json", tmp_path)
    text = (tmp_path / "predict.py").read_text(encoding="utf-8")
    (tmp_path / "predict.py").write_text(text.replace("BILINEAR", "BICUBIC"), encoding="utf-8")
    classifier = tlx.Classifier(plain_bundle / "model.onnx")
    with pytest.raises(AssertionError):
        same(script(tmp_path), classifier, plain_bundle / "golden/1.png")
