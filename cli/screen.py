"""What a command shows: result rows, tables, JSON, and bars that vanish off a terminal."""

import sys
from types import TracebackType

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from .plain_text import json_line, one_line

PIPE_WIDTH = 100_000
"""Columns where the output is no terminal: so wide that no table is cut."""


class Rate(ProgressColumn):
    """Steps a second."""

    def render(self, task: Task) -> Text:
        """Show the rate, or nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


class Screen:
    """One command's output.

    With `as_json`, stdout holds JSON alone and rows go to stderr. Bars are drawn where a
    terminal is: on stdout if it is one, else on stderr. With `silent` there is nothing at all.
    With `still` a bar is drawn only when it is moved, by no thread of its own: for measurements.
    """

    def __init__(self, as_json: bool = False, silent: bool = False, still: bool = False) -> None:
        self.as_json = as_json and not silent
        self.rows = _console(stderr=as_json)
        self.rows.quiet = silent
        self._still = still
        bars = self.rows if self.rows.is_terminal else _console(stderr=True)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            console=bars,
            transient=True,
            auto_refresh=not still,
            disable=silent or not bars.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if not self._progress.disable:  # older versions of Rich would print an empty line
            self._progress.stop()

    def row(self, text: str = "", style: str | None = None) -> None:
        """Print a line that stays; never wrapped, no markup read in it."""
        self.rows.print(Text(one_line(text)), style=style, soft_wrap=True)

    def table(self, table: RenderableType) -> None:
        """Print a table that stays."""
        self.rows.print(table)

    def fits(self, table: RenderableType) -> bool:
        """Tell whether a table is narrow enough to be shown whole."""
        unbounded = self.rows.options.update(max_width=PIPE_WIDTH)
        return self.rows.measure(table, options=unbounded).maximum <= self.rows.width

    def text(self, text: str) -> None:
        """Write a whole text to stdout as it is."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def json(self, content: object) -> None:
        """Print one line of JSON to stdout; nothing without `as_json`."""
        if self.as_json:
            sys.stdout.write(json_line(content))
            sys.stdout.flush()

    def progress(self, phase: str, done: int, total: int) -> None:
        """Move a phase's bar; it appears at its first step and goes when it is full."""
        if phase not in self._tasks:
            self._tasks[phase] = self._progress.add_task(phase, total=total or None)
        self._progress.update(self._tasks[phase], completed=done, refresh=self._still)
        if total and done >= total:
            self._progress.remove_task(self._tasks.pop(phase))
            self._progress.refresh()  # or a full bar would stand below the next rows for a moment


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main`; Rich's own way would end with 1, as if pictures had failed."""
        raise BrokenPipeError


def _console(stderr: bool) -> Console:
    console = _Console(stderr=stderr, highlight=False)
    return (
        console
        if console.is_terminal
        else _Console(stderr=stderr, highlight=False, width=PIPE_WIDTH)
    )
