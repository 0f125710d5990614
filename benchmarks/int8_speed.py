"""Whether an INT8 file answers at least 2 times as fast as the float file, one picture at a time.

    python benchmarks/int8_speed.py model.onnx model.int8.onnx [--repeats 5] [--least 2]

Both files take turns, as in the gate of `tlx export`, several times over; what counts is the median
of the ratios. Prints JSON with the processor and how busy the machine was (at rest: load below 1
before it begins); ends with 1 if the median is below `--least`. docs/quantization.md holds figures.
"""

import argparse
import json
import os
import statistics
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from tlx.export.speed import measure_speedup
from tlx.inference.session import ModelSession


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("float_file", type=Path)
    parser.add_argument("int8_file", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--least", type=float, default=2.0)
    given = parser.parse_args()
    side = ModelSession(given.float_file).card.preprocessing.crop
    # Noise: the time does not depend on what a picture shows.
    picture = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    found = [
        measure_speedup(given.float_file, given.int8_file, picture) for _ in range(given.repeats)
    ]
    ratio = statistics.median(speedup.ratio for speedup in found)
    content = {"ratio": ratio, "load_before": load, "repeats": [asdict(one) for one in found]}
    print(json.dumps(content, indent=1))
    return 0 if ratio >= given.least else 1


if __name__ == "__main__":
    sys.exit(main())
