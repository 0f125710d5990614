"""A data folder with defects of many kinds, each planted on purpose and written down."""

import shutil
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageSequence

SPLITS = ("train", "validation", "test")
NEW_LABEL = {"train": 12, "validation": 2, "test": 2}
"""Pictures that are moved into a label of its own."""


def made_scene(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Draw soft shapes and some grain; no two seeds look alike."""
    chance = np.random.default_rng(seed)
    coarse = Image.fromarray(chance.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize(size, Image.Resampling.BICUBIC)).astype(np.float32)
    pixels += chance.normal(0, 6, pixels.shape)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _write_scenes(root: Path, labels: tuple[str, ...], counts: dict[str, int]) -> Path:
    """Write JPEGs of scenes into root/SPLIT/LABEL."""
    seed = 0
    for split, count in counts.items():
        for label in labels:
            folder = root / split / label
            folder.mkdir(parents=True)
            for index in range(count):
                made_scene(seed).save(folder / f"{index:03}.jpg", quality=92)
                seed += 1
    return root


@pytest.fixture(scope="session")
def scene() -> Callable[..., Image.Image]:
    """Give the function that draws a picture from a seed."""
    return made_scene


@pytest.fixture(scope="session")
def write_scenes() -> Callable[..., Path]:
    """Give the function that writes a folder of scenes: root, labels, pictures by split."""
    return _write_scenes


@dataclass(frozen=True)
class Expected:
    """A finding that must be there: its kind, the files (relative), and words of its detail."""

    kind: str
    files: tuple[str, ...] = ()
    words: str = ""


@dataclass
class Planter:
    """Plants defects into `root`/SPLIT/LABEL, whose pictures it uses up, and writes them down."""

    root: Path
    labels: tuple[str, ...]
    expected: dict[str, list[Expected]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._unused: dict[tuple[str, str], Iterator[Path]] = {
            (split, label): iter(sorted((self.root / split / label).iterdir()))
            for split in SPLITS
            for label in self.labels
        }

    def unused(self, split: str = "train", label: int = 0) -> Path:
        return next(self._unused[split, self.labels[label]])

    def expect(self, name: str, kind: str, *files: Path, words: str = "") -> None:
        relative = tuple(sorted(path.relative_to(self.root).as_posix() for path in files))
        self.expected.setdefault(name, []).append(Expected(kind, relative, words))

    def replace(self, name: str, kind: str, write: Callable[[Path], Path]) -> Path:
        """Let `write` turn an unused picture into a defect; it gives the path it wrote."""
        path = write(self.unused())
        self.expect(name, kind, path)
        return path

    def copy(
        self, name: str, kind: str, alter: Callable[[Path, Path], object], *to: str | int
    ) -> None:
        """Write an altered copy of an unused training picture into another split or label."""
        split, label = (*to, 0)[:2]
        original = self.unused()
        copy = self.root / str(split) / self.labels[int(label)] / f"copy of {original.name}"
        alter(original, copy)
        self.expect(name, kind, original, copy)

    def new_label(
        self,
        label: str,
        ending: str = "",
        alter: Callable[[Image.Image], Image.Image] | None = None,
    ) -> list[Path]:
        """Move pictures into a label of its own, in all splits; altered if asked to."""
        moved: list[Path] = []
        for split, count in NEW_LABEL.items():
            folder = self.root / split / label
            folder.mkdir()
            for _ in range(count):
                path = self.unused(split, 1)
                target = folder / (path.stem + (ending or path.suffix))
                if ending or alter:
                    picture = rgb(path)
                    (alter(picture) if alter else picture).save(target, quality=92)
                    path.unlink()
                else:
                    path.rename(target)
                moved.append(target)
        return moved


def rgb(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def encoded(picture: Image.Image, name: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()


def _saved(path: Path, picture: Image.Image, ending: str, **options: object) -> Path:
    path.unlink()
    path = path.with_suffix(ending)
    picture.save(path, **options)
    return path


def _bytes(path: Path, content: bytes, ending: str | None = None) -> Path:
    path.unlink()
    path = path if ending is None else path.with_suffix(ending)
    path.write_bytes(content)
    return path


def _zero_tail(path: Path) -> Path:
    content = path.read_bytes()
    kept = len(content) * 2 // 3
    return _bytes(path, content[:kept] + bytes(len(content) - kept))


def _plant_damage(planter: Planter) -> None:
    replace = planter.replace
    replace("zero bytes", "empty-file", lambda path: _bytes(path, b""))
    replace("a text", "unreadable", lambda path: _bytes(path, b"No picture.\n"))
    replace("a cut JPEG", "truncated", lambda p: _bytes(p, p.read_bytes()[:-2000]))
    replace("a JPEG without its last bytes", "truncated", lambda p: _bytes(p, p.read_bytes()[:-2]))
    replace("a JPEG that ends in zeros", "truncated", _zero_tail)
    replace("a cut PNG", "truncated", lambda p: _bytes(p, encoded(rgb(p), "PNG")[:-5000], ".png"))
    replace("a cut WebP", "truncated", lambda p: _bytes(p, encoded(rgb(p), "WEBP")[:-900], ".webp"))
    replace("floating-point pixels", "unreadable", lambda p: _saved(p, rgb(p).convert("F"), ".tif"))

    def link(path: Path) -> Path:
        path.unlink()
        path.symlink_to("nowhere.jpg")
        return path

    replace("a link to nothing", "missing-file", link)


def _plant_formats(planter: Planter) -> None:
    replace = planter.replace
    replace("a PNG named .jpg", "wrong-format", lambda p: _bytes(p, encoded(rgb(p), "PNG")))
    replace("a JPEG named .png", "wrong-format", lambda p: _bytes(p, p.read_bytes(), ".png"))
    exif = Image.Exif()
    exif[0x0112] = 6
    replace("lying on its side", "orientation", lambda p: _saved(p, rgb(p), ".jpg", exif=exif))
    replace("CMYK", "colour-mode", lambda p: _saved(p, rgb(p).convert("CMYK"), ".jpg"))
    replace("grey", "colour-mode", lambda p: _saved(p, rgb(p).convert("L"), ".jpg"))

    def deep(path: Path) -> Path:
        grey = np.asarray(rgb(path).convert("L")).astype(np.uint16) << 8
        return _saved(path, Image.fromarray(grey), ".png")

    replace("16 bit", "colour-mode", deep)

    def alpha(path: Path) -> Path:
        picture = rgb(path)
        picture.putalpha(200)
        return _saved(path, picture, ".png")

    replace("alpha", "transparency", alpha)
    palette = replace(
        "a palette", "colour-mode", lambda p: _saved(p, rgb(p).quantize(64), ".png", transparency=3)
    )
    planter.expect("a transparent palette", "transparency", palette)

    def moving(path: Path) -> Path:
        frames = [rgb(path).quantize(64), rgb(path).rotate(180).quantize(64)]
        path = _saved(path, frames[0], ".gif", save_all=True, append_images=frames[1:])
        with Image.open(path) as written:
            assert len(list(ImageSequence.Iterator(written))) == 2
        return path

    moved = replace("two pictures in a GIF", "animated", moving)
    planter.expect("a palette in a GIF", "colour-mode", moved)


def _plant_shapes(planter: Planter) -> None:
    replace = planter.replace
    replace("tiny", "tiny", lambda p: _saved(p, rgb(p).resize((20, 16)), ".png"))
    replace("huge", "huge", lambda p: _saved(p, rgb(p).resize((8000, 6300), 0), ".jpg", quality=50))
    replace("a strip", "extreme-shape", lambda p: _saved(p, rgb(p).resize((400, 50)), ".jpg"))
    thread = replace(
        "a thread", "extreme-shape", lambda p: _saved(p, rgb(p).resize((2100, 10)), ".png")
    )
    planter.expect("a thread is tiny too", "tiny", thread)
    replace("plain", "blank", lambda p: _saved(p, Image.new("RGB", rgb(p).size, "navy"), ".jpg"))


def _jpeg(path: Path, picture: Image.Image, quality: int = 90) -> None:
    picture.save(path, "JPEG", quality=quality)


def _resized(path: Path, copy: Path) -> None:
    picture = rgb(path)
    half = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    _jpeg(copy, half)


def _cropped(path: Path, copy: Path) -> None:
    picture = rgb(path)
    x, y = round(0.05 * picture.width), round(0.05 * picture.height)
    _jpeg(copy, picture.crop((x, y, picture.width - x, picture.height - y)))


def _lit(factor: float) -> Callable[[Path, Path], None]:
    return lambda path, copy: _jpeg(copy, ImageEnhance.Brightness(rgb(path)).enhance(factor))


def _plant_copies(planter: Planter) -> None:
    copy = planter.copy
    copy("a file twice", "duplicate", shutil.copy, "train")
    copy("a file in two splits", "leak", shutil.copy, "test")
    copy("a file under two labels", "label-conflict", shutil.copy, "train", 1)
    copy("a file under two labels in two splits", "label-conflict", shutil.copy, "test", 1)
    copy("saved again", "near-duplicate", lambda a, b: _jpeg(b, rgb(a), 40), "train")
    copy("saved again in another split", "leak", lambda a, b: _jpeg(b, rgb(a), 40), "validation")
    copy("half the size in another split", "leak", _resized, "test")
    copy("cropped in another split", "leak", _cropped, "test")
    copy("brighter in another split", "leak", _lit(1.15), "test")
    copy("darker in another split", "leak", _lit(0.85), "validation")
    copy("cropped under another label", "label-conflict", _cropped, "train", 2)
    copy("half the size under another label", "label-conflict", _resized, "train", 1)


def _plant_labels(planter: Planter) -> None:
    first = planter.labels[0]
    for label, how in ((first.upper(), "case"), (f"{first} ", "a space")):
        planter.new_label(label)
        planter.expected.setdefault(f"a label in other {how}", [])
    names = ", ".join(repr(label) for label in sorted((first, first.upper(), f"{first} ")))
    for how in ("case", "a space"):
        planter.expected[f"a label in other {how}"].append(Expected("label-spelling", (), names))
    composed = planter.new_label("café")
    other = planter.root / "train" / unicodedata.normalize("NFD", "café")
    other.mkdir()
    composed[0].rename(other / composed[0].name)
    folders = [planter.root / split / "café" for split in SPLITS]
    planter.expect("a label in two Unicode forms", "label-merged", folders[0], other)
    planter.new_label("PNG only", ".png")
    planter.expect("one format, one label", "shortcut", words="format PNG")
    for path in planter.new_label("grey only", alter=lambda picture: picture.convert("L")):
        planter.expect("grey files", "colour-mode", path)
    planter.expect("one mode, one label", "shortcut", words="mode L")
    planter.new_label("square only", alter=lambda picture: picture.resize((111, 111)))
    planter.expect("one size, one label", "shortcut", words="size 111 x 111")


def _plant_absences(planter: Planter) -> None:
    root = planter.root
    (root / "train" / "empty").mkdir()
    planter.expect("a label folder without pictures", "label-empty", root / "train" / "empty")
    (root / "train" / "rare").mkdir()
    for _ in range(2):
        path = planter.unused(label=2)
        path.rename(root / "train" / "rare" / path.name)
    planter.expect("a label with two pictures", "few-pictures", words="'rare' has only 2")
    planter.expect("labels of very different sizes", "imbalance", words="'rare' 2")
    planter.expect(
        "a label missing in test", "label-missing", words="test has no picture of 'rare'"
    )
    planter.expect(
        "and in validation", "label-missing", words="validation has no picture of 'rare'"
    )
    (root / "test" / "unknown").mkdir()
    path = planter.unused("test", 2)
    path.rename(root / "test" / "unknown" / path.name)
    planter.expect("a label in test only", "label-not-trained", words="'unknown' has 1 test")
    loose = root / "train" / "loose.jpg"
    planter.unused(label=2).rename(loose)
    planter.expect("a picture in no label folder", "unlabelled", loose)
    path = planter.unused(label=2)
    without = path.rename(path.with_suffix(".jpg_large"))
    planter.expect("a picture without its ending", "other-ending", without)
    notes = root / "train" / planter.labels[0] / "notes.txt"
    notes.write_text("nothing")
    planter.expect("a text in a label folder", "no-picture", notes)


def _plant(root: Path, labels: tuple[str, ...]) -> dict[str, list[Expected]]:
    """Plant every defect into root/SPLIT/LABEL; the labels: of files, of moved ones, a third."""
    planter = Planter(root, labels)
    for plant in (_plant_damage, _plant_formats, _plant_shapes, _plant_copies, _plant_labels):
        plant(planter)
    _plant_absences(planter)
    return planter.expected


@pytest.fixture(scope="session")
def plant_defects() -> Callable[[Path, tuple[str, ...]], dict[str, list[Expected]]]:
    """Give the function that plants defects and says what must be found, by defect."""
    return _plant
