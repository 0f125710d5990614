"""The data check over many files: `check_rate` over pieces of real pictures, and made-up sketches.

Cuts pieces of real pictures into files of their own, a hundredth of them saved a second time at a
low quality, then lets decoding alone and the check take turns over them. Then copies are looked for
among as many made-up sketches, most of them unlike each other. Prints lines of JSON.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
from check_rate import take_turns
from PIL import Image

from tlx.inference.picture import decode
from tlx.samples.altered_copies import altered_copies
from tlx.samples.folders import find_pictures
from tlx.samples.sketch import sketch

SIDE = 96


def cut(data: Path, folder: Path, count: int) -> None:
    """Write `count` JPEGs; a hundredth are copies of the file before, saved at quality 40."""
    paths = list(find_pictures(data))
    each = -(-count // len(paths))
    chance = np.random.default_rng(0)
    for place, path in enumerate(paths):
        picture = decode(path, 256)
        side = min(picture.size) // 2
        label = folder / ("a" if place % 2 else "b")
        label.mkdir(parents=True, exist_ok=True)
        piece = picture
        for number in range(place * each, min(count, (place + 1) * each)):
            copied = number % 100 == 99 and number > place * each
            if not copied:
                left = int(chance.integers(0, picture.width - side + 1))
                top = int(chance.integers(0, picture.height - side + 1))
                piece = picture.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))
            piece.save(label / f"{number:06}.jpg", quality=40 if copied else 90)


def made_sketches(count: int) -> dict[str, bytes]:
    """Make sketches of soft shapes; every hundredth is a copy of the one before, with grain."""
    chance = np.random.default_rng(0)
    made: dict[str, bytes] = {}
    small = Image.new("RGB", (6, 6))
    for number in range(count):
        if number % 100 != 99:
            small = Image.fromarray(chance.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        pixels = np.asarray(small.resize((128, 96), Image.Resampling.BICUBIC)).astype(int)
        grain = chance.integers(-6, 7, pixels.shape)
        picture = Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))
        made[f"{number:06}"] = sketch(picture)
    return made


def among_made_up(count: int) -> dict[str, float]:
    """Look for copies among made-up sketches; say time and peak memory."""
    sketches = made_sketches(count)
    start = time.perf_counter()
    found = altered_copies(sketches)
    took = time.perf_counter() - start
    planted = {(f"{n - 1:06}", f"{n:06}") for n in range(99, count, 100)}
    return {
        "pictures": count,
        "seconds": round(took, 2),
        "planted": len(planted),
        "found": len(planted & {(pair.one, pair.other) for pair in found}),
        "others": len(found) - len(planted & {(pair.one, pair.other) for pair in found}),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    """Cut, take turns, look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="real pictures to cut pieces from")
    parser.add_argument("folder", type=Path, help="where the pieces go; kept if it is there")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--other", help="the Python of another version of tlx")
    arguments = parser.parse_args()
    if not arguments.folder.exists():
        cut(arguments.data, arguments.folder, arguments.count)
    take_turns(arguments.folder, arguments.rounds, arguments.other)
    print(json.dumps(among_made_up(arguments.count)))


if __name__ == "__main__":
    main()
