"""`tlx eval`: a model file scored on labelled pictures."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UsageError
from ..inference.folder_lock import only_writer, only_writer_of
from ..inference.whole_file import clear_unfinished
from .eval_page import refuse_foreign_page, refuse_other_ending, write_report_page
from .evaluate_pair import compare_files, refuse_for_two, refuse_more, sort_arguments
from .extras import require_extra
from .labelled import Labels, read_columns, read_samples, require_pictures
from .model_options import Opening, Pair, card_option, provider_option, show_provider
from .report_content import is_report, report_content, write_content
from .report_screen import show_report
from .screen import Screen
from .selection_note import report_notes
from .shared_options import FileColumn, Json, LabelColumns, max_pixels_option
from .unknown_screen import (
    UNKNOWN_CSV,
    UNKNOWN_PLOT,
    measure_unknown,
    unknown_json,
    unknown_pictures,
    write_unknown,
)
from .written_files import make_folder, refuse_inside, writing

if TYPE_CHECKING:
    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.report import Report
    from ..evaluation.slices import Values
    from ..samples.sample import Sample

TOPK = 5
PLOTS = {"single-label": "confusion.png", "multi-label": "labels.png"}
"""What `--out` draws of one task alone."""
WRITTEN = (
    *("predictions.csv", "reliability.png", "coverage.png", "precision_recall.png", "roc.png"),
)
"""What else it writes."""


_Model = Annotated[Path, typer.Argument(help="ONNX file that tlx export wrote.")]
_Other = Annotated[
    Path | None,
    typer.Argument(help="A second ONNX file, to be compared with MODEL on the same pictures."),
]
_Folder = Annotated[Path | None, typer.Argument(help="Folder with one sub-folder a label.")]
_More = Annotated[list[Path] | None, typer.Argument(hidden=True)]
_Labels = Annotated[
    Path | None,
    typer.Option(
        help="CSV instead of FOLDER: columns file and label, or labels with | between several, or "
        "one 0/1 column a label."
    ),
]
_Root = Annotated[
    Path | None,
    typer.Option(help="What the CSV's file names are relative to. (default: the CSV's folder)"),
]
_Split = Annotated[
    str | None,
    typer.Option(help="Only the CSV's rows with this in the column split; RUN/split.csv has it."),
]
_SliceBy = Annotated[
    list[str] | None,
    typer.Option(help="A column of the CSV to slice by; may be given more than once."),
]
_Topk = Annotated[int, typer.Option(min=1, help="Labels that may be named for the top-k accuracy.")]
_Out = Annotated[
    Path | None,
    typer.Option(
        help="Folder for report.json, predictions.csv and the plots; for two files "
        "comparison.json and differences.csv."
    ),
]
_Unknown = Annotated[
    Path | None,
    typer.Option(
        help="Folder of pictures that show none of the labels: how well the file finds them; "
        "--out draws unknown.png and lists them in unknown.csv."
    ),
]
_Page = Annotated[
    Path | None,
    typer.Option(
        "--report", help="Also write the report as one HTML file, with the pictures in it."
    ),
]


def eval_command(
    model: _Model,
    other: _Other = None,
    folder: _Folder = None,
    more: _More = None,
    labels: _Labels = None,
    file_column: FileColumn = None,
    label_columns: LabelColumns = None,
    root: _Root = None,
    split: _Split = None,
    slice_by: _SliceBy = None,
    topk: _Topk = TOPK,
    out: _Out = None,
    unknown: _Unknown = None,
    page: _Page = None,
    provider: str = provider_option(),
    card: Path | None = card_option(),
    _max_pixels: int = max_pixels_option(),
    as_json: Json = False,
) -> None:
    """Score a model file, or compare two; exit 1 if some pictures could not be read.

    tlx eval MODEL FOLDER, or tlx eval MODEL OTHER FOLDER; --labels CSV instead of FOLDER.
    """
    require_extra("eval", "eval")
    refuse_more(more or [])
    if page is not None:
        refuse_other_ending(page)
    models, folder = sort_arguments(model, other, folder, labels is not None)
    table = None if labels is None else Labels(labels, root, split, file_column, label_columns)
    given = (root, split, file_column, label_columns, slice_by or None)
    samples = read_samples(folder, table, any(value is not None for value in given))
    if table is not None:
        require_pictures(table, samples)
    data = folder or labels
    assert data is not None  # without either there are no samples
    if out is not None:
        refuse_inside("--out", out, folder)
        refuse_inside("--out", out, unknown)
    if len(models) == 2:
        one = {"--slice-by": bool(slice_by), "--topk": topk != TOPK}
        one |= {"--unknown": unknown is not None, "--report": page is not None}
        refuse_for_two(one)
        compare_files(Pair(models, provider, card), samples, data, split, out, as_json)
    else:
        columns = {} if table is None else read_columns(table, samples, slice_by or [])
        wanted = _Wanted(data, topk, split, out, unknown, page, as_json)
        _score(Opening(model, provider, card), samples, columns, wanted)


@dataclass(frozen=True)
class _Wanted:
    """The options on one file's report; `eval_command` says what they mean.

    Attributes:
        data: the folder or CSV of the pictures, as given.
    """

    data: Path
    topk: int
    split: str | None
    out: Path | None
    unknown: Path | None
    page: Path | None
    as_json: bool


def _score(
    opening: Opening, samples: "list[Sample]", columns: "dict[str, Values]", wanted: _Wanted
) -> None:
    """Score one file, show and write it; exit 1 if some pictures could not be read."""
    from ..evaluation.scoring import evaluate
    from ..inference.classifier import Classifier
    from ..inference.events import finish

    classifier = Classifier(opening.model, many=True, provider=opening.provider, card=opening.card)
    strange = unknown_pictures(wanted.unknown, classifier)
    _refuse_foreign(wanted)
    with Screen(wanted.as_json) as screen, _alone(wanted):
        computed = show_provider(classifier, screen)
        events = evaluate(classifier, samples, columns, wanted.topk)
        report = finish(
            events, lambda event: screen.progress("evaluating", event.done, event.total)
        )
        show_report(report, screen, tuple(columns))
        notes = report_notes(classifier, report, wanted.split)
        for note in notes:
            screen.row(f"note: {note}")
        notes += computed
        asked = measure_unknown(classifier, report, strange, screen) if strange else None
        content = report_content(
            report, classifier, wanted.data, wanted.split, notes, unknown_json(asked)
        )
        screen.json(content)
        if wanted.out is not None:
            with writing("--out", wanted.out):
                written = _write(report, content, wanted.out, screen)
                drawn = write_unknown(asked, wanted.out, screen)
                _remove_earlier(wanted.out, {*written, *drawn})
        if wanted.page is not None:
            note = "; ".join(notes)
            found = asked.report if asked else None
            write_report_page(
                report, classifier.session, wanted.page, note, wanted.data, screen, found
            )
    if report.failures or (asked is not None and asked.unreadable):
        raise typer.Exit(1)


def _refuse_foreign(wanted: _Wanted) -> None:
    if wanted.out is not None:
        _prepare(wanted.out)
    if wanted.page is not None:
        refuse_foreign_page(wanted.page)


def _alone(wanted: _Wanted) -> ExitStack:
    """Keep other evaluations from the same folder and page, and clear what killed ones left."""
    with ExitStack() as held:
        if wanted.out is not None:
            held.enter_context(only_writer(wanted.out, "eval"))
            clear_unfinished(*(wanted.out / name for name in ("report.json", *_names())))
        if wanted.page is not None:
            held.enter_context(only_writer_of(wanted.page))
            clear_unfinished(wanted.page)
        return held.pop_all()


def _names() -> tuple[str, ...]:
    return (*PLOTS.values(), *WRITTEN, UNKNOWN_PLOT, UNKNOWN_CSV)


def _prepare(out: Path) -> None:
    """Make the folder, and refuse one that holds files of these names from someone else."""
    make_folder("--out", out)
    record = out / "report.json"
    ours = is_report(record)
    for path in (record, *(out / name for name in _names())):
        if path.exists() and not ours:
            raise UsageError(f"{path} exists and was not written by tlx; choose another --out")


def _write(
    report: "Report | MultiLabelReport", content: dict[str, object], out: Path, screen: Screen
) -> list[str]:
    """Write the folder's files; give their names."""
    from ..evaluation.plots import draw_confusion, draw_label_scores
    from ..evaluation.report import Report
    from ..evaluation.report_json import write_predictions
    from ..evaluation.report_plots import draw_report_plots

    write_content(content, out / "report.json")
    write_predictions(report, out / "predictions.csv")
    if isinstance(report, Report):
        plot = out / PLOTS["single-label"]
        draw_confusion(report, plot)
    else:
        plot = out / PLOTS["multi-label"]
        draw_label_scores(report, plot)
    drawn = [plot, *draw_report_plots(report, out)]
    names = ["predictions.csv", *(path.name for path in drawn)]
    screen.row(f"written: {out / 'report.json'}, {', '.join(names)}")
    return names


def _remove_earlier(out: Path, written: set[str]) -> None:
    """Remove what an earlier evaluation drew and this one did not; `_prepare` knows it for ours."""
    for name in {*_names()} - written:
        (out / name).unlink(missing_ok=True)
