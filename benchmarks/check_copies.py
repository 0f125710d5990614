"""Which altered copies the data check finds, of every picture of a folder, and which wrong pairs.

For each alteration a copy of every picture is written to a file and read as the check reads it;
then copies are looked for among the pictures and these. Prints one line of JSON an alteration.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageEnhance

from tlx.inference.picture import decode
from tlx.samples.altered_copies import altered_copies
from tlx.samples.folders import find_pictures
from tlx.samples.picture_facts import read_facts
from tlx.samples.sample import Sample

Alter = Callable[[Image.Image], Image.Image]


def scaled(share: float) -> Alter:
    """Resize to a share of the sides."""

    def scale(picture: Image.Image) -> Image.Image:
        size = (round(share * picture.width), round(share * picture.height))
        return picture.resize(size, Image.Resampling.LANCZOS)

    return scale


def cropped(share: float, far_sides: bool = True) -> Alter:
    """Cut off a share at the left and the top, and at the far sides too."""

    def crop(picture: Image.Image) -> Image.Image:
        x, y = round(share * picture.width), round(share * picture.height)
        right, bottom = (x, y) if far_sides else (0, 0)
        return picture.crop((x, y, picture.width - right, picture.height - bottom))

    return crop


def lit(factor: float) -> Alter:
    """Make brighter or darker."""
    return lambda picture: ImageEnhance.Brightness(picture).enhance(factor)


def several(picture: Image.Image) -> Image.Image:
    """Make darker, crop and halve."""
    return scaled(0.5)(cropped(0.05)(lit(0.85)(picture)))


ALTERATIONS: dict[str, tuple[Alter, str, int]] = {
    "JPEG quality 40": (scaled(1), ".jpg", 40),
    "JPEG quality 20": (scaled(1), ".jpg", 20),
    "WebP quality 50": (scaled(1), ".webp", 50),
    "half the size, JPEG 85": (scaled(0.5), ".jpg", 85),
    "a third of the size, JPEG 85": (scaled(1 / 3), ".jpg", 85),
    **{f"{p} % a side cropped away": (cropped(p / 100), ".jpg", 90) for p in range(1, 8)},
    "5 % of the left and top only": (cropped(0.05, far_sides=False), ".jpg", 90),
    "15 % brighter": (lit(1.15), ".jpg", 90),
    "15 % darker": (lit(0.85), ".jpg", 90),
    "30 % brighter": (lit(1.3), ".jpg", 90),
    "30 % darker": (lit(0.7), ".jpg", 90),
    "15 % darker, 5 % a side cropped, half the size, JPEG 40": (several, ".jpg", 40),
}
"""How pictures are altered, and saved: ending and quality."""


def sketches(paths: list[Path], suffix: str = "") -> dict[str, bytes]:
    """Read pictures as the check does."""
    read = read_facts([Sample(path, "") for path in paths])
    return {row.sample.path.stem + suffix: row.sketch for row in read}


def found(made: dict[str, bytes]) -> set[tuple[str, str]]:
    """Look for copies."""
    return {(pair.one, pair.other) for pair in altered_copies(made)}


def altered(paths: list[Path], how: str, folder: Path) -> list[Path]:
    """Write an altered copy of every picture."""
    alter, ending, quality = ALTERATIONS[how]
    copies = [folder / f"{path.stem}{ending}" for path in paths]
    for path, copy in zip(paths, copies, strict=True):
        alter(decode(path, 256)).save(copy, quality=quality)
    return copies


def main() -> None:
    """Alter, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", help="a part of the alterations' names")
    arguments = parser.parse_args()
    paths = list(find_pictures(arguments.data))
    pictures = sketches(paths)
    own = found(pictures)
    print(json.dumps({"pictures": len(paths), "pairs": sorted(own)}), flush=True)
    for how in ALTERATIONS:
        if arguments.only not in (None, how):
            continue
        with TemporaryDirectory() as folder:
            copies = sketches(altered(paths, how, Path(folder)), " again")
        pairs = found(pictures | copies)
        right = {(one, other) for one, other in pairs if other == f"{one} again"}
        others = {
            (one.removesuffix(" again"), two.removesuffix(" again")) for one, two in pairs - right
        }
        share = round(100 * len(right) / len(paths), 1)
        result = {"alteration": how, "found": share, "wrong": sorted(others - own)}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
