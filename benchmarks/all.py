"""tlx against what people use today: each side in an environment of its own, in turns.

    python benchmarks/all.py WORK PICTURES MODEL.onnx MODEL.int8.onnx WEIGHTS.pth --rounds 5

PICTURES has one folder a label, WEIGHTS.pth is a state_dict of torchvision's ResNet-18. WORK gets
the environments (about 18 GB, for torch from the package index brings CUDA along), copies of the
pictures and results.json; a further call adds its rounds to that. Rates are of the pictures alone,
without the start of the process; every network has run once before. Ratios are taken within a
round, and every other round goes backwards. `--only` names parts; none, and it only prepares.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from cold_start import FLOOR
from peers.environments import PACKAGES, cuda_mb, make_environments, size_mb, versions
from peers.memory import peak_mib
from peers.sides import CLASSIFY, FLOAT, FOLDER, INT8, ONE, Side
from PIL import Image
from rich.console import Console
from rich.table import Table

from tlx.samples.folders import find_pictures
from tlx.studies.machine import describe_machine

COPIES = 2
LARGE_PICTURES = 48
LARGE_PIXELS = 12_000_000
PARTS = ("folder", "large", "one", "memory", "size", "bound")


@dataclass(frozen=True)
class Figure:
    """One measurement: pictures/s, seconds, MiB or MB, by `part`."""

    part: str
    side: str
    round: int
    value: float


class Bench:
    """A folder of work, and the figures that were found there."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.work: Path = arguments.work.resolve()
        self.source: Path = arguments.pictures
        self.results = self.work / "results.json"
        text = self.results.read_text() if self.results.is_file() else "[]"
        self.figures = [Figure(**row) for row in json.loads(text)]
        self.places = {
            "here": Path(__file__).parent.resolve() / "peers",
            "model": arguments.model.resolve(),
            "int8": arguments.int8.resolve(),
            "weights": arguments.weights.resolve(),
            "exported": self.work / "exported",
            "picture": self.work / "one.jpg",
            "floor": FLOOR,
        }

    def prepare(self) -> None:
        """Make environments, pictures and Ultralytics' export, where they are missing."""
        make_environments(self.work / "environments")
        lay_out(self.source, self.work / "normal", COPIES, shutil.copy)
        lay_out(self.source, self.work / "large", 1, enlarge, LARGE_PICTURES)
        shutil.copy(next(iter(find_pictures(self.source))), self.places["picture"])
        if not (self.work / "exported/dynamic.onnx").is_file():
            labels = sum(entry.is_dir() for entry in (self.work / "normal/test").iterdir())
            command = f"python {{here}}/ultralytics_export.py {{exported}} {labels}"
            self.run(Side("export", "ultralytics", command), "normal")

    def command(self, side: Side, pictures: str) -> list[str]:
        """Fill in the places."""
        places = {**self.places, "pictures": self.work / pictures / "test"}
        program, *rest = (word.format(**places) for word in side.command.split())
        return [str(self.work / "environments" / side.environment / "bin" / program), *rest]

    @property
    def variables(self) -> dict[str, str]:
        """Nobody looks for the network, and caches stay in the folder of work."""
        yolo = {"YOLO_OFFLINE": "true", "YOLO_AUTOINSTALL": "false"}
        folders = {"YOLO_CONFIG_DIR": "yolo", "TORCHINDUCTOR_CACHE_DIR": "inductor"}
        for name in folders.values():
            (self.work / name).mkdir(exist_ok=True)
        return os.environ | yolo | {key: str(self.work / name) for key, name in folders.items()}

    def run(self, side: Side, pictures: str) -> str:
        """Run a side to its end; what it printed."""
        done = subprocess.run(
            self.command(side, pictures),
            capture_output=True,
            text=True,
            env=self.variables,
            cwd=self.work,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{side.name}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout

    def rate(self, side: Side, pictures: str) -> float:
        """Pictures/s of a folder, as the side itself timed them."""
        found = json.loads(self.run(side, pictures).splitlines()[-1])
        return found["pictures"] / found["seconds"]

    def seconds(self, side: Side) -> float:
        """Seconds of a whole process."""
        start = time.perf_counter()
        self.run(side, "normal")
        return time.perf_counter() - start

    def take_turns(
        self, part: str, sides: Sequence[Side], rounds: int, measure: Callable[[Side], float]
    ) -> None:
        """Measure all sides so many times, and keep each figure as soon as it is there."""
        first = 1 + max((f.round for f in self.figures if f.part == part), default=0)
        for number in range(first, first + rounds):
            for side in sides if number % 2 else reversed(sides):
                self.figures.append(Figure(part, side.name, number, measure(side)))
                self.results.write_text(json.dumps([asdict(f) for f in self.figures], indent=1))

    def measure(self, part: str, rounds: int) -> None:
        """Measure one part."""
        if part == "folder":
            self.take_turns(part, FOLDER, rounds, lambda side: self.rate(side, "normal"))
        elif part == "large":
            sides = [side for side in FOLDER if side.large]
            self.take_turns(part, sides, rounds, lambda side: self.rate(side, "large"))
        elif part == "one":
            for side in ONE:
                self.seconds(side)  # brings its files into memory
            self.take_turns(part, ONE, rounds, self.seconds)
        elif part == "memory":
            self.take_turns(part, FOLDER, 1, self.memory)

    def memory(self, side: Side) -> float:
        """Measure the most memory in MiB, in a run that is not timed."""
        return peak_mib(self.command(side, "normal"), self.variables)

    def values(self, part: str, side: Side) -> dict[int, float]:
        """Look up the figures of a side by round."""
        return {f.round: f.value for f in self.figures if (f.part, f.side) == (part, side.name)}


def lay_out(
    source: Path, folder: Path, copies: int, copy: Callable[[Path, Path], object], most: int = 10**9
) -> None:
    """Lay pictures out as FOLDER/test/LABEL, and one a label as FOLDER/train for Ultralytics."""
    if folder.is_dir():
        return
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    paths = list(find_pictures(source))
    for path in paths[:: max(1, len(paths) // most)][:most]:
        for number in range(copies):
            target = partial / "test" / path.parent.name / f"{number}-{path.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            copy(path, target)
        train = partial / "train" / path.parent.name
        if not train.is_dir():
            train.mkdir(parents=True)
            shutil.copy(path, train)
    partial.rename(folder)


def enlarge(path: Path, target: Path) -> None:
    """Write a picture at 12 megapixels, JPEG quality 90."""
    with Image.open(path) as picture:
        scale = (LARGE_PIXELS / (picture.width * picture.height)) ** 0.5
        size = (round(picture.width * scale), round(picture.height * scale))
        picture.convert("RGB").resize(size).save(target.with_suffix(".jpg"), quality=90)


def spread(values: Sequence[float]) -> str:
    """Give the median with the least and the most."""
    if not values:
        return ""
    places = 0 if median(values) >= 100 else 1 if median(values) >= 10 else 2
    low, middle, high = (f"{v:.{places}f}" for v in (min(values), median(values), max(values)))
    return f"{middle} ({low} to {high})"


def ratios(bench: Bench, part: str, ours: Side, theirs: Side) -> str:
    """How many times as fast ours is, within a round."""
    base, other = bench.values(part, ours), bench.values(part, theirs)
    both = sorted(base.keys() & other.keys())
    slower = part == "one"
    return spread([other[n] / base[n] if slower else base[n] / other[n] for n in both])


def table(bench: Bench, part: str, sides: Sequence[Side], ours: Sequence[Side]) -> Table:
    """Draw one part: figures, and how many times as fast ours are."""
    unit = "seconds" if part == "one" else "pictures/s"
    rounds = len(bench.values(part, ours[0]))
    drawn = Table("side", unit, *(f"{side.name} is faster" for side in ours))
    drawn.title = f"{part}, {rounds} rounds"
    if part == "folder":
        drawn.add_column("memory, MiB")
    for side in sides:
        row = [side.name, spread(list(bench.values(part, side).values()))]
        row += [ratios(bench, part, one, side) if one != side else "" for one in ours]
        drawn.add_row(*row, *(spread(list(bench.values("memory", side).values())).split()[:1]))
    return drawn


def sizes(bench: Bench) -> Table:
    """Draw what each environment takes on the disk."""
    drawn = Table("environment", "MB", "of it CUDA's packages and Triton", "versions")
    for name in ("tlx", *PACKAGES):
        folder = bench.work / "environments" / name
        drawn.add_row(name, f"{size_mb(folder):,.0f}", f"{cuda_mb(folder):,.0f}", versions(folder))
    return drawn


def show(bench: Bench, parts: Sequence[str]) -> None:
    """Print the machine and what was found so far."""
    console, machine = Console(width=160), describe_machine()
    console.print(f"{machine.processor.name}, {machine.cores} cores, {machine.system}")
    console.print(table(bench, "folder", FOLDER, (FLOAT, INT8)))
    console.print(table(bench, "large", [s for s in FOLDER if s.large], (FLOAT, INT8)))
    console.print(table(bench, "one", ONE, (CLASSIFY,)))
    if "size" in parts:
        console.print(sizes(bench))


def main() -> None:
    """Prepare, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("work", "pictures", "model", "int8", "weights"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(arguments)
    bench.prepare()
    for part in arguments.only:
        bench.measure(part, arguments.rounds)
    show(bench, arguments.only)
    if "bound" in arguments.only:
        files = [arguments.pictures, arguments.model, arguments.int8]
        script = Path(__file__).with_name("deployed_path.py")
        subprocess.run(
            [sys.executable, script, *files, "--rounds", str(arguments.rounds)], check=True
        )


if __name__ == "__main__":
    main()
