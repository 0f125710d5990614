"""How fast the data check reads, beside decoding alone; and its pairs among many pictures.

Decoding alone and the check's reading take turns over the same files in one run, so that a busy
machine slows both. Then copies are looked for among made-up sketches, most of them unlike each
other, in a process whose peak memory is measured. Prints one line of JSON.
"""

import argparse
import json
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from tlx.inference.cores import available_cores
from tlx.inference.picture import decode_bytes, read_bytes
from tlx.samples.altered_copies import altered_copies, sketch
from tlx.samples.folders import find_pictures
from tlx.samples.picture_facts import RESIZE_SIDE, read_facts
from tlx.samples.sample import Sample


def decode_all(samples: list[Sample]) -> None:
    """Read and decode every picture, in as many threads as the check."""
    with ThreadPoolExecutor(available_cores()) as threads:
        for _ in threads.map(lambda s: decode_bytes(read_bytes(s.path), RESIZE_SIDE).size, samples):
            pass


def check_all(samples: list[Sample]) -> None:
    """Read every picture as the check does."""
    for row in read_facts(samples):
        assert row.error is None


def seconds(work: object, samples: list[Sample]) -> float:
    """Time one round."""
    start = time.perf_counter()
    work(samples)
    return time.perf_counter() - start


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


def many(count: int) -> dict[str, float]:
    """Look for copies among many, and say how long it took and how much memory there was."""
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
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", type=int, default=50_000)
    arguments = parser.parse_args()
    samples = [Sample(path, "") for path in find_pictures(arguments.data)]
    decode_all(samples)  # into the disk cache
    rounds = [
        (seconds(decode_all, samples), seconds(check_all, samples)) for _ in range(arguments.rounds)
    ]
    result = {
        "pictures": len(samples),
        "decoding_per_second": round(len(samples) / median(one for one, _ in rounds)),
        "checking_per_second": round(len(samples) / median(other for _, other in rounds)),
        "ratios": [round(other / one, 2) for one, other in rounds],
        "many": many(arguments.many),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
