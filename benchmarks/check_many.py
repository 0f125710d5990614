"""The whole data check over many files: time, processor time and peak memory, beside decoding.

Cuts pieces of real pictures into files of their own, a hundredth of them saved a second time at a
low quality, then lets decoding alone and the check take turns, each in a process of its own.
Prints one line of JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from check_rate import decode_all

from tlx.inference.events import finish
from tlx.inference.picture import decode
from tlx.samples.checking import check_events
from tlx.samples.folders import find_pictures
from tlx.samples.label_checks import Claim
from tlx.samples.sample import Sample
from tlx.samples.source import SampleSource

SIDE = 96
ROUNDS = 3


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


def measure(what: str, folder: Path) -> dict[str, object]:
    """Run one round in this process."""
    start, found = time.perf_counter(), {}
    if what == "check":
        report = finish(check_events(SampleSource(folder), Claim()), lambda _: None)
        found = {"findings": len(report.findings), **pairs(report.findings)}
    else:
        decode_all([Sample(path, "") for path in find_pictures(folder)])
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "what": what,
        "seconds": round(time.perf_counter() - start, 1),
        "core_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_mb": round(used.ru_maxrss / 1024),
        **found,
    }


def pairs(findings: object) -> dict[str, int]:
    """Count the planted copies that were found, and the other pairs."""
    numbers = [sorted(int(path.stem) for path in one.paths) for one in findings if one.paths[1:]]
    planted = [pair for pair in numbers if pair[1] % 100 == 99 and pair[1] == pair[0] + 1]
    return {"copies_found": len(planted), "other_pairs": len(numbers) - len(planted)}


def main() -> None:
    """Cut, take turns, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="real pictures to cut pieces from")
    parser.add_argument("folder", type=Path, help="where the pieces go; kept if it is there")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--round", choices=("decode", "check"))
    arguments = parser.parse_args()
    if arguments.round:
        print(json.dumps(measure(arguments.round, arguments.folder)))
        return
    if not arguments.folder.exists():
        cut(arguments.data, arguments.folder, arguments.count)
    command = [sys.executable, __file__, str(arguments.data), str(arguments.folder), "--round"]
    for what in ("decode", "check") * ROUNDS:
        ran = subprocess.run([*command, what], capture_output=True, text=True, check=True)
        print(ran.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
