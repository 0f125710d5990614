"""How a measurement of model files is shown: the tables on the screen, and their JSON."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ..inference.wording import counted
from .screen import Screen, one_line

if TYPE_CHECKING:
    from ..inference.timing import SpeedRatio, Timing
    from ..studies.bench import AgainstFirst, BenchResult, FileFigures
    from ..studies.machine import Machine

BUSY = 0.25
"""Share of the cores that other programs wanted before: from here on the output says so."""
LASTING = 100
"""Repeats from which on a 99th percentile is not simply the longest."""
PARTS = {
    "decode": "decode",
    "preprocess": "preprocess",
    "inference": "inference",
    "whole": "whole path",
}
_NOTHING = "-"


def show_bench(result: "BenchResult", screen: Screen) -> None:
    """Print the machine, the tables, the comparisons, and what to keep in mind."""
    _show_circumstances(result, screen)
    chosen = "as tlx classify chooses them" if result.threads is None else result.threads
    screen.row(f"one picture after another, ms; threads: {chosen}", style="bold")
    screen.table(_path_table(result))
    screen.row("each file; latency and throughput are from pixels to scores", style="bold")
    screen.table(_file_table(result))
    screen.row(_repeats(result.files[0]))
    for row in result.against_first:
        _show_against(row, result, screen)
    if min(file.path_of_picture["whole"].repeats for file in result.files) < LASTING:
        screen.row("note: p99 of fewer than 100 repeats is the longest; --seconds gives more")
    if result.unreadable:
        screen.row(f"left out, because they cannot be read: {len(result.unreadable)}", "yellow")
    for row in result.unreadable:
        screen.row(f"  {row.path}: {row.reason}")


def bench_json(result: "BenchResult") -> dict[str, object]:
    """Give the documented JSON of a measurement (docs/json.md)."""
    pictures = result.pictures
    return {
        "machine": asdict(result.machine),
        "pictures": len(pictures.paths) - len(result.unreadable),
        "pictures_found": pictures.found,
        "made_pictures": pictures.made,
        "seconds": result.seconds,
        "threads": result.threads,
        "files": [_file_json(file) for file in result.files],
        "against_first": [_against_json(row) for row in result.against_first],
        "failures": len(result.unreadable),
        "unreadable": [{"path": str(row.path), "error": row.reason} for row in result.unreadable],
        "error": None,
    }


def _file_json(file: "FileFigures") -> dict[str, object]:
    return {
        "path": str(file.path),
        "size": file.size_bytes,
        **{part: asdict(file.path_of_picture[part]) for part in PARTS},
        "latency": {**asdict(file.latency.timing), "threads": file.latency.threads},
        "throughput": {**asdict(file.throughput), "repeats": file.throughput_repeats},
        "tried": [asdict(setting) for setting in file.tried],
        "load": asdict(file.load),
        "cold_start": asdict(file.fresh.cold_start),
        "peak_memory": asdict(file.fresh.memory),
    }


def _against_json(row: "AgainstFirst") -> dict[str, object]:
    agreement = row.agreement
    return {
        "path": str(row.path),
        "agreement": None if agreement is None else agreement.share,
        "same_labels": None if agreement is None else agreement.same,
        **{name: asdict(getattr(row, name)) for name in ("inference", "whole", "throughput")},
        "size": row.size,
    }


def _show_circumstances(result: "BenchResult", screen: Screen) -> None:
    machine = result.machine
    screen.row(
        f"processor  {machine.processor.name}, {counted(machine.cores, 'core')} to use", "bold"
    )
    screen.row(f"           {_features(machine)}")
    screen.row(
        f"software   onnxruntime {machine.onnxruntime}, Python {machine.python}, {machine.system}"
    )
    used, pictures = len(result.pictures.paths) - len(result.unreadable), result.pictures
    if pictures.made:
        screen.row(f"pictures   {used} made by tlx (JPEG, 640 x 480); --data FOLDER takes your own")
    else:
        screen.row(f"pictures   {used} of the {pictures.found} found")
    load = machine.load_average
    if load is not None and load >= BUSY * machine.cores:
        screen.row(
            f"note: over the minute before, {load:.1f} programs wanted the "
            f"{counted(machine.cores, 'core')}: on a machine at rest the figures would be better",
            style="yellow",
        )


def _features(machine: "Machine") -> str:
    words = {True: "yes", False: "no", None: "unknown"}
    features = machine.processor.features
    return ", ".join(f"{name}: {words[has]}" for name, has in features.items()) or (
        f"what it offers to networks is unknown ({machine.system})"
    )


def _path_table(result: "BenchResult") -> Table:
    table = Table()
    for name in ("", "file"):
        table.add_column(name, overflow="fold")
    for name in ("p50", "p95", "p99", "repeats"):
        table.add_column(name, justify="right")
    for part, title in PARTS.items():
        for index, file in enumerate(result.files):
            cells = _timing_cells(file.path_of_picture[part])
            last = index == len(result.files) - 1
            name = Text(one_line(str(file.path)))
            table.add_row("" if index else title, name, *cells, end_section=last)
    return table


def _timing_cells(timing: "Timing") -> list[str]:
    values = (timing.p50_ms, timing.p95_ms, timing.p99_ms)
    return [*(number(value) for value in values), str(timing.repeats)]


def number(value: float) -> str:
    """Write a number with about three digits."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:,.{digits}f}"


def _tail(timing: "Timing") -> str:
    return f"{number(timing.p95_ms)}, {number(timing.p99_ms)}"


def _cold_range(file: "FileFigures") -> str:
    cold = file.fresh.cold_start
    return f"{number(cold.least_ms)} to {number(cold.most_ms)}"


def _mega(size: int | None) -> str:
    return _NOTHING if size is None else number(size / 1e6)


def _many(file: "FileFigures") -> str:
    memory = file.fresh.memory
    return f"{_mega(memory.many_bytes)} ({memory.many})"


FileRow = tuple[str, Callable[["FileFigures"], str]]

_FILE_ROWS: tuple[FileRow, ...] = (
    ("file, MB", lambda file: f"{file.size_bytes / 1e6:.1f}"),
    ("best latency, batch 1, p50 ms", lambda file: number(file.latency.timing.p50_ms)),
    ("  p95, p99", lambda file: _tail(file.latency.timing)),
    ("  threads", lambda file: str(file.latency.threads)),
    ("best throughput, pictures/s", lambda file: number(file.throughput.pictures_per_second)),
    ("  batch, threads", lambda file: f"{file.throughput.batch}, {file.throughput.threads}"),
    ("load time, p50 ms", lambda file: number(file.load.p50_ms)),
    ("cold start of tlx classify, p50 ms", lambda file: number(file.fresh.cold_start.median_ms)),
    ("  least to most", _cold_range),
    ("peak memory, one picture, MB", lambda file: _mega(file.fresh.memory.one_bytes)),
    ("  several pictures (how many)", _many),
)


def _file_table(result: "BenchResult") -> Table:
    table = Table()
    table.add_column("")
    for file in result.files:
        table.add_column(Text(one_line(str(file.path))), justify="right", overflow="fold")
    for title, cell in _FILE_ROWS:
        table.add_row(title, *(cell(file) for file in result.files))
    return table


def _repeats(file: "FileFigures") -> str:
    """Tell the repeats, which are the same for all files."""
    return (
        f"repeats: latency {file.latency.timing.repeats}, throughput {file.throughput_repeats} "
        f"batches, load time {file.load.repeats}, cold start {file.fresh.cold_start.repeats}"
    )


def _show_against(row: "AgainstFirst", result: "BenchResult", screen: Screen) -> None:
    screen.row(f"{row.path} against {result.files[0].path}", style="bold")
    for title, speed in (
        ("inference", row.inference),
        ("whole path", row.whole),
        ("best throughput", row.throughput),
    ):
        screen.row(f"  {title:<16} {_speed(speed)}")
    screen.row(f"  {'file':<16} {_size(row.size)}")
    screen.row(f"  {'agreement':<16} {_agreement(row, result)}")


def _speed(speed: "SpeedRatio") -> str:
    text = f"{speed.ratio:.2f} times as fast ({speed.low:.2f} to {speed.high:.2f}, round by round)"
    return text if speed.low > 1 or speed.high < 1 else f"{text}: not told apart"


def _size(ratio: float) -> str:
    return f"{ratio:.2f} times smaller" if ratio >= 1 else f"{1 / ratio:.2f} times larger"


def _agreement(row: "AgainstFirst", result: "BenchResult") -> str:
    if row.agreement is None:
        return "the files do not have the same labels"
    made = "; of made pictures, which says little" if result.pictures.made else ""
    agreement = row.agreement
    return (
        f"{agreement.share:.1%}: same label on {agreement.same} of {agreement.pictures} "
        f"pictures{made}"
    )
