"""`tlx eval --report`: the report as one HTML file."""

import shlex
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from .written_files import require_writable, writing

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..evaluation.multi_label_report import MultiLabelReport
    from ..evaluation.page_pictures import Drawn
    from ..evaluation.report import Report
    from ..evaluation.unknown_report import UnknownReport
    from ..inference.session import ModelSession
    from .screen import Screen


def refuse_other_ending(path: Path) -> None:
    """Refuse a name that would promise another format than HTML.

    Raises:
        UsageError: naming the ending that fits.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--report {path}: a report ends in .html, such as {path.stem}.html")


def refuse_foreign_page(path: Path, option: str = "--report") -> None:
    """Replace only what an earlier evaluation wrote; `option` is what named it.

    Raises:
        UsageError: the file is somebody else's, its folder is not there or cannot be written to.
    """
    from ..evaluation.report_page import MARK

    if not path.parent.is_dir():
        raise UsageError(f"{option} {path}: there is no folder {path.parent}; make it first")
    start = path.read_bytes()[:80] if path.is_file() else b"x" * path.exists()
    if start and not start.startswith(f"<!doctype html>{MARK}".encode()):
        raise UsageError(f"{option} {path}: exists and was not written by tlx; choose another")
    require_writable(option, path, path.parent)


def write_report_page(
    report: "Report | MultiLabelReport",
    session: "ModelSession",
    path: Path,
    note: str,
    data: Path,
    screen: "Screen",
    unknown: "UnknownReport | None" = None,
) -> None:
    """Draw the pictures and write the page; `note` is what its reader must know, or empty.

    `data` is where the pictures are from, as it was given.
    """
    from ..inference.events import finish

    command = shlex.join(["tlx", *sys.argv[1:]])
    events = page_events(report, session, path, command, note, data, unknown)
    finish(events, lambda event: screen.progress("drawing pictures", event.done, event.total))
    screen.row(f"written: {path}")


def page_events(
    report: "Report | MultiLabelReport",
    session: "ModelSession",
    path: Path,
    command: str,
    note: str,
    data: Path,
    unknown: "UnknownReport | None" = None,
    option: str = "--report",
) -> "Generator[Drawn, None, None]":
    """Draw the pictures and write the page; `command` makes it again, `option` named the path."""
    from ..evaluation.page_facts import PageOrigin
    from ..evaluation.page_pictures import draw_pictures
    from ..evaluation.report_page import write_page

    pictures = yield from draw_pictures(report, session)
    origin = PageOrigin(command, date.today().isoformat(), note, str(data))
    with writing(option, path):
        write_page(path, report, pictures, session.card, session.path, origin, unknown)
