"""Memory over very many files: links to a few hundred pictures, classified by `tlx classify`.

    python benchmarks/many_files.py MODEL.onnx PICTURES [--files 200000] [--ways csv,out]

Links to the pictures below PICTURES are made in a temporary folder, 1000 a sub-folder. Each way is
a process of its own; what it and its children have in memory is read every second from /proc (so
this runs on Linux), with how far it has come. The exit code is 1 where memory grew by more than
`ALLOWED` after the first thousand pictures.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from peers.memory import resident_kib, tree

from tlx.samples.folders import find_pictures

FIRST = 1000
"""Pictures after which memory has to stay."""
ALLOWED = 20.0
"""Megabytes that it may grow by from then on."""


@dataclass(frozen=True)
class Sample:
    """How far a process had come, and what was in memory then."""

    pictures: int
    megabytes: float


def make_links(pictures: Path, folder: Path, files: int) -> None:
    """Fill a folder with links, in sub-folders of 1000."""
    found = list(find_pictures(pictures))
    for number in range(files):
        target = found[number % len(found)].resolve()
        place = folder / f"{number // 1000:05}"
        place.mkdir(exist_ok=True)
        (place / f"{number:08}{target.suffix}").symlink_to(target)


def megabytes_of(process: int) -> float:
    """Add up the resident memory of a process and its children."""
    return sum(map(resident_kib, tree(process))) / 1024


def watch(process: "subprocess.Popen[bytes]", way: str, place: Path) -> list[Sample]:
    """Look at a process every second until it ends."""
    samples: list[Sample] = []
    while process.poll() is None:
        samples.append(Sample(pictures_done(way, place), megabytes_of(process.pid)))
        time.sleep(1)
    return samples


def pictures_done(way: str, place: Path) -> int:
    """Count what is written: lines on stdout, or rows of the parts."""
    if way == "csv":
        size = place.stat().st_size
        return size // max(1, len(place.open("rb").readline())) if size else 0
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(part).num_rows for part in place.glob("*.parquet"))


def run(way: str, model: Path, links: Path, folder: Path, part_size: int) -> list[Sample]:
    """Classify all links one way."""
    command = [sys.executable, "-m", "tlx", "classify", str(model), str(links)]
    out, shown = folder / "results.parquet", folder / "shown.txt"
    options = {"csv": ["--csv", str(folder / "answers.csv")], "out": ["--out", str(out)]}
    if way == "out":
        options["out"] += ["--part-size", str(part_size)]
    with shown.open("wb") as file:
        process = subprocess.Popen([*command, *options[way]], stdout=file)
        samples = watch(process, way, shown if way == "csv" else out)
    if process.returncode:
        sys.exit(f"{way}: tlx ended with {process.returncode}")
    return samples


def judged(way: str, samples: list[Sample], files: int, seconds: float) -> bool:
    """Print what memory did; tell whether it stayed."""
    later = [sample.megabytes for sample in samples if sample.pictures >= FIRST]
    if not later:
        sys.exit(f"{way}: over before {FIRST} pictures could be seen; give more --files")
    start, most, end = later[0], max(later), later[-1]
    print(
        f"{way}: {files} files in {seconds:.0f} s ({files / seconds:.0f}/s); {start:.1f} MB after "
        f"{FIRST}, at most {most:.1f}, {end:.1f} at the end: grew by {most - start:.1f} MB"
    )
    return most - start <= ALLOWED


def main() -> None:
    """Make the links, classify them each way, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--ways", default="csv,out")
    parser.add_argument("--part-size", type=int, default=10_000)
    arguments = parser.parse_args()
    flat = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        links = folder / "links"
        links.mkdir()
        make_links(arguments.pictures, links, arguments.files)
        print(f"{arguments.files} links, {os.cpu_count()} processors, {arguments.model.name}")
        for way in arguments.ways.split(","):
            start = time.monotonic()
            samples = run(way, arguments.model, links, folder, arguments.part_size)
            flat &= judged(way, samples, arguments.files, time.monotonic() - start)
    if not flat:
        sys.exit(f"memory grew by more than {ALLOWED:.0f} MB")


if __name__ == "__main__":
    main()
