"""The window's processes: how fast they start, answer, stop and end, and what they keep in memory.

Each figure is taken in processes of their own, several times; printed are the median and the worst
beside the bar of docs/benchmarks.md, and one line of JSON a figure. The machine must be quiet.

    python benchmarks/window_process.py model.onnx photos --repeat 5
    python benchmarks/window_process.py model.onnx photos --rows soak --seconds 1800

The window runs on Qt's offscreen platform unless QT_QPA_PLATFORM names another one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

FIRST_PAINT = """
import json, sys, time
sys.argv = ["tlx", "gui", *sys.argv[2:]]
from tlx.cli.start import main
from tlx.gui import app
def painted(window, places):
    found = {"wall": time.time() - STARTED, "cpu": time.process_time()}
    print(json.dumps(found), flush=True)
    window.close()
app.begin = painted
main()
"""
COLD = """
import json, sys, time
sys.argv = ["tlx", "gui", *sys.argv[2:]]
from tlx.cli.start import main
from tlx.gui import app
begin = app.begin
def work(window, places):
    begin(window, places)
    def answered(_):
        print(json.dumps({"seconds": time.time() - STARTED}), flush=True)
        window.close()
    window.session.answered.connect(answered)
app.begin = work
main()
"""

BARS: dict[str, tuple[str, float]] = {
    "wall": ("s", 0.40),
    "cpu": ("s", 0.35),
    "seconds": ("s", 1.5),
    "drop": ("s", 0.250),
    "worker_mib": ("MiB", 350),
    "window_mib": ("MiB", 200),
    "idle": ("s", 0.300),
    "closed": ("s", 1.5),
    "banner": ("s", 1.0),
    "slope_mib": ("MiB per 1,000 pictures", 1.0),
    "worker_slope_mib": ("MiB per 1,000 pictures", 1.0),
}
ROWS = ("start", "cold", "drop", "memory", "cancel", "close", "kill", "soak")


def main() -> None:
    """Measure the rows that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--rows", default=",".join(ROWS[:-1]))
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=300, help="of the soak")
    given = parser.parse_args()
    pictures = sorted(map(str, given.pictures.rglob("*.jpg")))
    for row in given.rows.split(","):
        times = 1 if row == "soak" else given.repeat
        found = [
            measure(row, given.model.absolute(), pictures, given.seconds) for _ in range(times)
        ]
        report(row, found)


def report(row: str, found: list[dict[str, float]]) -> None:
    """Print a row's figures."""
    for name in found[0]:
        values = [one[name] for one in found]
        unit, bar = BARS.get(name, ("", float("inf")))
        middle, worst = median(values), max(values)
        said = "" if bar == float("inf") else f"bar {bar:g}, {'met' if middle <= bar else 'MISSED'}"
        print(f"{row:8}{name:18}{middle:10.3f} {unit}  worst {worst:.3f}  {said}")
    print(json.dumps({"row": row, "runs": found}), flush=True)


def measure(row: str, model: Path, pictures: list[str], seconds: float) -> dict[str, float]:
    """Take a row's figures once, in fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "QT_QPA_PLATFORM": "offscreen",
            **os.environ,
            "XDG_CONFIG_HOME": folder,
            "XDG_DATA_HOME": folder,
        }
        if row in ("start", "cold"):
            program = FIRST_PAINT if row == "start" else COLD
            places = [] if row == "start" else [str(model), pictures[0]]
            # The clock starts where the process does.
            text = f"STARTED = {time.time()!r}\n{program}"
            command = [sys.executable, "-c", text, "gui", *places]
        else:
            few = json.dumps(pictures[:400])
            command = [sys.executable, __file__, "--inside", row, str(model), folder, str(seconds)]
            environment["TLX_PICTURES"] = few
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
    if row == "close":
        found = wait_for_end(found)
    return found


def wait_for_end(found: dict[str, float]) -> dict[str, float]:
    """Wait until the processes are gone; the window's own has just ended."""
    end = time.time()
    orphans = [one for one in ("window", "worker") if alive(int(found[one]))]
    while any(alive(int(found[one])) for one in ("window", "worker")):
        time.sleep(0.005)
        end = time.time()
    return {"closed": end - found["asked"], "orphans": float(len(orphans))}


def alive(process: int) -> bool:
    """Tell whether there is such a process that has not ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        from window_inside import inside  # beside this file

        inside(*sys.argv[2:])
    else:
        main()
