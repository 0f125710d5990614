"""`tlx export`: from a run folder to verified model files."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .export_screen import show_export
from .extras import require_extra
from .pixel_option import max_pixels_option
from .screen import Screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..export.bundle import BundleSummary
    from ..export.events import ExportEvent
    from ..export.options import ExportOptions
    from ..export.triton import TritonSummary

_GRAPH, _SMALLER = "The graph", "Smaller files"


def export_command(
    run: Path = typer.Argument(help="Run folder of tlx train or tlx adopt."),
    out: Path | None = typer.Option(None, help="Folder for the files. (default: RUN)"),
    data: Path | None = typer.Option(
        None,
        help="The folder that RUN was trained on, if it has moved, or other pictures to verify on.",
    ),
    formats: str = typer.Option(
        "",
        "--format",
        help="onnx, torchscript, pt2; several with commas. "
        "(default: onnx,torchscript; with --embed-resize onnx)",
    ),
    bundle: Path | None = typer.Option(
        None,
        help="Also write this zip: the ONNX file (with --quantize the smaller one), a self-test, "
        "examples, and three of the pictures.",
    ),
    triton: Path | None = typer.Option(
        None, help="Also write the same file into this model repository of Triton."
    ),
    _max_pixels: int = max_pixels_option(),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON object."),
    imgsz: int | None = typer.Option(
        None,
        help="Side of the pictures in pixels. (default: that of training)",
        rich_help_panel=_GRAPH,
    ),
    batch: int | None = typer.Option(
        None, help="Pictures a run, fixed. (default: any number)", rich_help_panel=_GRAPH
    ),
    dynamic: bool = typer.Option(
        False,
        "--dynamic",
        help="Any number of pictures a run (the default).",
        rich_help_panel=_GRAPH,
    ),
    taken: str = typer.Option(
        "uint8-nhwc",
        "--input",
        help="uint8-nhwc, or float-nchw (0..1) for tools that need it.",
        rich_help_panel=_GRAPH,
    ),
    embed_resize: bool = typer.Option(
        False,
        "--embed-resize",
        help="The graph takes pictures of any size and resizes them: model.any-size.onnx.",
        rich_help_panel=_GRAPH,
    ),
    explain: bool = typer.Option(
        True,
        "--explain/--no-explain",
        help="With activation maps and features, or without.",
        rich_help_panel=_GRAPH,
    ),
    refuse: float = typer.Option(
        0.05,
        help="Share of known pictures that the rule for unknown ones may refuse; 0: no rule.",
        rich_help_panel=_GRAPH,
    ),
    opset: int = typer.Option(
        18, help="Of the ONNX file: onnxruntime 1.17 loads 18.", rich_help_panel=_GRAPH
    ),
    legacy_exporter: bool = typer.Option(
        False,
        "--legacy-exporter",
        help="Write ONNX with torch's older exporter, which is else only tried where the newer "
        "one fails.",
        rich_help_panel=_GRAPH,
    ),
    quantize: str = typer.Option(
        "",
        help="fp16, int8 or both: model.fp16.onnx, model.int8.onnx beside the float file.",
        rich_help_panel=_SMALLER,
    ),
    calibration: int = typer.Option(
        256, help="Training pictures that set the ranges of int8.", rich_help_panel=_SMALLER
    ),
    max_drop: float = typer.Option(
        0.5, help="Largest drop of accuracy, in points of 100.", rich_help_panel=_SMALLER
    ),
    for_another_device: bool = typer.Option(
        False,
        "--for-another-device",
        help="Do not ask that int8 is faster on this processor.",
        rich_help_panel=_SMALLER,
    ),
) -> None:
    """Convert a run to ONNX, TorchScript or pt2, verified on real pictures."""
    require_extra("train", "export")
    from ..errors import ContradictionError
    from ..export.options import ExportOptions

    if dynamic and batch is not None:
        raise ContradictionError("--dynamic and --batch contradict each other; leave one out")
    options = ExportOptions(
        formats=_names(formats or ("onnx" if embed_resize else "onnx,torchscript")),
        quantize=_names(quantize),
        batch=batch,
        imgsz=imgsz,
        opset=opset,
        input=taken,
        embed_resize=embed_resize,
        explain=explain,
        refuse=refuse,
        legacy_exporter=legacy_exporter,
        calibration=calibration,
        max_drop=max_drop,
        for_another_device=for_another_device,
        bundle=bundle,
        triton=triton,
    )
    _export(run, out, data, options, as_json)


def _export(
    run: Path, out: Path | None, data: Path | None, options: "ExportOptions", as_json: bool
) -> None:
    from ..export.bundle import BundleSummary
    from ..export.publish import export_events
    from ..export.record import file_json
    from ..export.triton import TritonSummary
    from ..inference.events import finish

    seen: list[BundleSummary | TritonSummary] = []
    events = export_events(run, out, data, options)
    with Screen(as_json) as screen:

        def show(event: "ExportEvent") -> None:
            if isinstance(event, BundleSummary | TritonSummary):
                seen.append(event)
            show_export(event, screen)

        files = [file_json(file, str(file.path)) for file in finish(events, show)]
        screen.json({"files": files, **_deliveries(seen)})


def _deliveries(
    made: "Sequence[BundleSummary | TritonSummary]",
) -> dict[str, dict[str, str] | None]:
    """Tell what was made of a file for others; None for what was not asked for."""
    from ..export.bundle import BundleSummary

    found: dict[str, dict[str, str] | None] = {"bundle": None, "triton": None}
    for one in made:
        if isinstance(one, BundleSummary):
            found["bundle"] = {"path": str(one.path), "sha256": one.sha256}
        else:
            path = str(one.repository / one.name)
            found["triton"] = {"path": path, "name": one.name, "sha256": one.sha256}
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
