"""The whole data check over a folder, beside decoding alone: time, processor time, peak memory.

Decoding alone is: every file is read and decoded as `tlx train` does at the usual 224 pixels, and
nothing else, in as many threads as the check has. Below 1,024 pixels a side that is in full. The
check is all that `tlx check` does but printing. They take turns, each in a process of its own,
perhaps with the check of another version of tlx (`--other`, its interpreter), so that a busy
machine slows all of them. numpy multiplies matrices in one thread there: with more, on a busy
machine, they wait for each other, and that counts as processor time. Prints a line of JSON a round
of each, and the ratios at the end.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from tlx.inference.cores import available_cores
from tlx.inference.events import finish
from tlx.inference.picture import decode_bytes, read_bytes
from tlx.samples.checking import check_events
from tlx.samples.findings import Finding
from tlx.samples.folders import find_pictures
from tlx.samples.label_checks import Claim
from tlx.samples.source import SampleSource

RESIZE_SIDE = 256
"""Of `tlx train` at 224 pixels."""
TOGETHER = 16
"""Pictures that a thread is given at once, as by the check."""


def decode_all(folder: Path) -> None:
    """Read and decode every picture, in as many threads as the check."""
    paths = list(find_pictures(folder))
    parts = [paths[start : start + TOGETHER] for start in range(0, len(paths), TOGETHER)]
    with ThreadPoolExecutor(available_cores()) as threads:
        for _ in threads.map(decode_part, parts):
            pass


def decode_part(paths: list[Path]) -> None:
    """Read and decode a few pictures."""
    for path in paths:
        decode_bytes(read_bytes(path), RESIZE_SIDE)


def measure(what: str, folder: Path) -> dict[str, object]:
    """Run one round in this process."""
    used, start, found = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter(), {}
    before = used.ru_utime + used.ru_stime
    if what == "decode":
        decode_all(folder)
    else:
        report = finish(check_events(SampleSource(folder), Claim()), lambda _: None)
        found = {"findings": len(report.findings), **pairs(report.findings)}
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": round(time.perf_counter() - start, 2),
        "core_seconds": round(used.ru_utime + used.ru_stime - before, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
        **found,
    }


def pairs(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Count the pairs; of the pieces of `check_many` those that were planted, apart."""
    stems = [sorted(path.stem for path in one.paths) for one in findings if one.paths[1:]]
    numbers = [[int(stem) for stem in pair] for pair in stems if all(map(str.isdigit, pair))]
    planted = [pair for pair in numbers if pair[1] % 100 == 99 and pair[1] == pair[0] + 1]
    return {"copies_found": len(planted), "other_pairs": len(stems) - len(planted)}


def take_turns(folder: Path, rounds: int, other: str | None) -> None:
    """Run the rounds, print each, and the ratios to decoding alone."""
    turns = {"decode": sys.executable, "check": sys.executable}
    turns |= {"other check": other} if other else {}
    results: dict[str, list[dict[str, float]]] = {what: [] for what in turns}
    for _ in range(rounds):
        for what, python in turns.items():
            command = [python, __file__, str(folder), "--measure", what]
            alone = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
            ran = subprocess.run(command, capture_output=True, text=True, check=True, env=alone)
            results[what].append(json.loads(ran.stdout))
            print(json.dumps({"what": what, **results[what][-1]}), flush=True)
    for what in list(turns)[1:]:
        for unit in ("seconds", "core_seconds"):
            rows = zip(results[what], results["decode"], strict=True)
            ratios = [round(one[unit] / decoding[unit], 2) for one, decoding in rows]
            summary = {"what": what, "unit": unit, "ratios": ratios, "median": median(ratios)}
            print(json.dumps(summary))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--other", help="the Python of another version of tlx")
    parser.add_argument("--measure", help="one round in this process")
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.data)))
        return
    decode_all(arguments.data)  # into the disk cache
    take_turns(arguments.data, arguments.rounds, arguments.other)


if __name__ == "__main__":
    main()
