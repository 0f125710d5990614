"""`tlx export`: from a run folder to verified model files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .export_screen import show_export
from .extras import require_extra
from .screen import Screen
from .shared_options import Json, max_pixels_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..export.bundle import BundleSummary
    from ..export.events import ExportEvent
    from ..export.options import ExportOptions
    from ..export.triton import TritonSummary

_GRAPH, _SMALLER = "The graph", "Smaller files"


_Run = Annotated[Path, typer.Argument(help="Run folder of tlx train or tlx adopt.")]
_Out = Annotated[Path | None, typer.Option(help="Folder for the files. (default: RUN)")]
_Data = Annotated[
    Path | None,
    typer.Option(
        help="The folder that RUN was trained on, if it has moved, or other pictures to verify on."
    ),
]
_Formats = Annotated[
    str,
    typer.Option(
        "--format",
        help="onnx, torchscript, pt2; several with commas. "
        "(default: onnx,torchscript; with --embed-resize onnx)",
    ),
]
_Bundle = Annotated[
    Path | None,
    typer.Option(
        help="Also write this zip: the ONNX file (with --quantize the smaller one), a self-test, "
        "examples, and three of the pictures."
    ),
]
_Triton = Annotated[
    Path | None,
    typer.Option(help="Also write the same file into this model repository of Triton."),
]
_Imgsz = Annotated[
    int | None,
    typer.Option(
        help="Side of the pictures in pixels. (default: that of training)", rich_help_panel=_GRAPH
    ),
]
_Batch = Annotated[
    int | None,
    typer.Option(help="Pictures a run, fixed. (default: any number)", rich_help_panel=_GRAPH),
]
_Dynamic = Annotated[
    bool,
    typer.Option(
        "--dynamic", help="Any number of pictures a run (the default).", rich_help_panel=_GRAPH
    ),
]
_Input = Annotated[
    str,
    typer.Option(
        "--input",
        help="uint8-nhwc, or float-nchw (0..1) for tools that need it.",
        rich_help_panel=_GRAPH,
    ),
]
_EmbedResize = Annotated[
    bool,
    typer.Option(
        "--embed-resize",
        help="The graph takes pictures of any size and resizes them: model.any-size.onnx.",
        rich_help_panel=_GRAPH,
    ),
]
_Explain = Annotated[
    bool,
    typer.Option(
        "--explain/--no-explain",
        help="With activation maps and features, or without.",
        rich_help_panel=_GRAPH,
    ),
]
_Refuse = Annotated[
    float,
    typer.Option(
        help="Share of known pictures that the rule for unknown ones may refuse; 0: no rule.",
        rich_help_panel=_GRAPH,
    ),
]
_Opset = Annotated[
    int,
    typer.Option(help="Of the ONNX file: onnxruntime 1.17 loads 18.", rich_help_panel=_GRAPH),
]
_LegacyExporter = Annotated[
    bool,
    typer.Option(
        "--legacy-exporter",
        help="Write ONNX with torch's older exporter, which is else only tried where the newer "
        "one fails.",
        rich_help_panel=_GRAPH,
    ),
]
_Quantize = Annotated[
    str,
    typer.Option(
        help="fp16, int8 or both: model.fp16.onnx, model.int8.onnx beside the float file.",
        rich_help_panel=_SMALLER,
    ),
]
_Calibration = Annotated[
    int,
    typer.Option(help="Training pictures that set the ranges of int8.", rich_help_panel=_SMALLER),
]
_MaxDrop = Annotated[
    float,
    typer.Option(help="Largest drop of accuracy, in points of 100.", rich_help_panel=_SMALLER),
]
_ForAnotherDevice = Annotated[
    bool,
    typer.Option(
        "--for-another-device",
        help="Do not ask that int8 is faster on this processor.",
        rich_help_panel=_SMALLER,
    ),
]


def export_command(
    run: _Run,
    out: _Out = None,
    data: _Data = None,
    formats: _Formats = "",
    bundle: _Bundle = None,
    triton: _Triton = None,
    _max_pixels: int = max_pixels_option(),
    as_json: Json = False,
    imgsz: _Imgsz = None,
    batch: _Batch = None,
    dynamic: _Dynamic = False,
    taken: _Input = "uint8-nhwc",
    embed_resize: _EmbedResize = False,
    explain: _Explain = True,
    refuse: _Refuse = 0.05,
    opset: _Opset = 18,
    legacy_exporter: _LegacyExporter = False,
    quantize: _Quantize = "",
    calibration: _Calibration = 256,
    max_drop: _MaxDrop = 0.5,
    for_another_device: _ForAnotherDevice = False,
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
