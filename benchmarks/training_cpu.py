"""Training on the processor against the plain loop: frozen in all, fine-tuned by the second.

    python benchmarks/training_cpu.py CLOTHING WEIGHTS.pth [--rounds 3] [--batches 12]

Each side is a process of its own, the sides take turns, and a figure is a ratio within one run.
Prints JSON; docs/benchmarks.md holds figures with their machine.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLAIN = Path(__file__).with_name("plain_loop.py")


def timed(command: list[object]) -> tuple[float, list[dict[str, object]]]:
    """Run a command: its seconds, and the lines of JSON that it prints."""
    start = time.perf_counter()
    ended = subprocess.run(
        [str(word) for word in command], check=True, stdout=subprocess.PIPE, text=True
    )
    seconds = time.perf_counter() - start
    return seconds, [json.loads(line) for line in ended.stdout.splitlines()]


def frozen(data: Path, weights: Path) -> dict[str, object]:
    """Frozen backbone, 10 epochs, from the start of the process to its end."""
    with tempfile.TemporaryDirectory() as folder:
        tlx, lines = timed(
            [*TLX, data, "--weights", weights, "--freeze", "backbone", "--out", f"{folder}/run"]
        )
    once, passed = timed([sys.executable, PLAIN, "forward", data, weights])
    plain, told = timed([sys.executable, PLAIN, "train", data, weights, "--freeze"])
    return {
        "tlx_seconds": tlx,
        "plain_seconds": plain,
        "forward_seconds": once,
        "forward_seconds_without_start": passed[0]["seconds"],
        "times_faster": plain / tlx,
        "forward_passes": tlx / once,
        "tlx_accuracy": lines[-1]["best"]["validation_accuracy"],
        "plain_accuracy": told[0]["validation_accuracy"],
    }


def fine_tuned(data: Path, weights: Path, batches: int) -> dict[str, object]:
    """Pictures a second while everything learns; tlx's rate is that of one whole epoch."""
    with tempfile.TemporaryDirectory() as folder:
        short = [*TLX, data, "--weights", weights, "--epochs", 1]
        _, lines = timed([*short, "--out", f"{folder}/run"])
        _, in_fp32 = timed(
            [*short, "--amp", "none", "--out", f"{folder}/fp32"],
        )
    _, told = timed([sys.executable, PLAIN, "train", data, weights, "--batches", batches])
    rate = float(told[0]["pictures_per_second"])
    tlx, fp32 = (float(rows[0]["pictures_per_second"]) for rows in (lines, in_fp32))
    return {
        "tlx_per_second": tlx,
        "tlx_fp32_per_second": fp32,
        "plain_per_second": rate,
        "times_faster": tlx / rate,
        "times_faster_fp32": fp32 / rate,
    }


TLX: list[object] = [sys.executable, "-m", "tlx", "train", "--json"]


def summary(rounds: list[dict[str, object]]) -> dict[str, object]:
    """Median, least and most of each figure."""
    return {
        name: [
            round(value, 4)
            for value in (
                statistics.median(float(one[name]) for one in rounds),
                min(float(one[name]) for one in rounds),
                max(float(one[name]) for one in rounds),
            )
        ]
        for name in rounds[0]
    }


def main() -> None:
    """Run both comparisons, interleaved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batches", type=int, default=12)
    arguments = parser.parse_args()
    tuned = [
        fine_tuned(arguments.data, arguments.weights, arguments.batches)
        for _ in range(arguments.rounds)
    ]
    kept = [frozen(arguments.data, arguments.weights) for _ in range(arguments.rounds)]
    found = {
        "machine": platform.processor() or platform.machine(),
        "figures": "median, least, most",
        "frozen": summary(kept),
        "fine_tuned": summary(tuned),
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
