"""One picture from a cold shell: `tlx classify` against a bare script of ten lines on onnxruntime.

    python benchmarks/cold_start.py MODEL.onnx PICTURE [--rounds 11] [--guard]

The two take turns, each a process of its own; the first of each is not counted, for it brings the
files into memory. With --guard the exit code is 1 beyond twice `STORED`: a ratio of one run, so it
is the same on any machine, but for noise.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

STORED = 1.4
"""The ratio of the two that is to be held."""

FLOOR = """
import sys
import numpy as np
import onnxruntime
from PIL import Image
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
side = session.get_inputs()[0].shape[1]
picture = Image.open(sys.argv[2]).convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
pixels = np.asarray(picture)[None]
print(session.run(["probabilities"], {"images": pixels})[0].argmax())
"""


def seconds(command: list[str]) -> float:
    """Run a process to its end."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Take turns, print the ratio, and judge it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("picture", type=Path)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--guard", action="store_true")
    arguments = parser.parse_args()
    files = [str(arguments.model), str(arguments.picture)]
    floor = [sys.executable, "-c", FLOOR, *files]
    ours = [str(Path(sys.executable).with_name("tlx")), "classify", *files]
    pairs = [(seconds(floor), seconds(ours)) for _ in range(arguments.rounds + 1)][1:]
    ratios = [second / first for first, second in pairs]
    ratio = median(ratios)
    print(
        f"ten lines {median(first for first, _ in pairs):.3f} s, "
        f"tlx classify {median(second for _, second in pairs):.3f} s: "
        f"{ratio:.2f} times ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    if arguments.guard and ratio > 2 * STORED:
        sys.exit(f"beyond twice the stored ratio of {STORED}")


if __name__ == "__main__":
    main()
