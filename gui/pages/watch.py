"""The page Watch: new pictures of a folder are answered as they come, large, for who stands by."""

import os
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ..folder_watch import GONE, OFF, STARTING, WATCHING, FolderWatch
from ..session import Session
from ..settings import Settings
from ..theme import colours
from ..watched import Plan, Seen
from ..widgets.banner import Banner
from ..widgets.big_answer import BigAnswer, Headline
from ..widgets.last_picture import LastPicture
from ..widgets.watch_log import LogLine, WatchLog
from ..widgets.watch_plan import WatchPlan
from ..wording import count_of_pictures, short_path

if TYPE_CHECKING:
    from ..client import Client

MINUTE = 60.0


class WatchPage(QWidget):
    """The page.

    Signals:
        model_wanted: a model should be chosen.
    """

    model_wanted = Signal()

    def __init__(
        self,
        session: Session,
        settings: Settings,
        client: "Client | None" = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        self.watch = FolderWatch(client, self)
        self.setup = WatchPlan(*settings.watched)
        self.banner = Banner()
        self.answer, self.picture, self.log = BigAnswer(), LastPicture(), WatchLog()
        self._state, self._counts = QLabel(), QLabel()
        self._stop, self._other = QPushButton(self.tr("Stop")), QPushButton(self.tr("Change…"))
        self._pictures = self._bad = 0
        self._ended = ""
        self._times: deque[float] = deque()
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._show_counts)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.setup)
        self._stack.addWidget(self._board())
        self._connect()
        self._model_changed()

    @property
    def running(self) -> bool:
        """Whether a folder is being watched."""
        return self.watch.state != OFF

    @property
    def text(self) -> str:
        """What the line above the answer says."""
        return f"{self._state.text()}  {self._counts.text()}"

    def start(self) -> None:
        """Watch what the form names."""
        model = self._session.model
        if model is None or not self.setup.folder:
            return
        plan = Plan(
            model.loaded.path, self.setup.folder, self.setup.csv, not self.setup.with_present
        )
        self._settings.watched = plan.folder, plan.csv
        self._pictures = self._bad = 0
        self._times.clear()
        self.log.answers.show(())
        self.picture.show_file("")
        self._ended = ""
        self.banner.hide()
        self._stack.setCurrentIndex(1)
        self.watch.start(plan)
        self._tick.start()

    def stop(self) -> None:
        """Watch no longer."""
        self.watch.stop()

    def close_all(self) -> None:
        """Leave no process and no thread behind."""
        self._tick.stop()
        self.watch.close()
        self.picture.stop()

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self._show_state()

    def _connect(self) -> None:
        self.setup.model_wanted.connect(self.model_wanted)
        self.setup.start_wanted.connect(self.start)
        self._session.model_loaded.connect(lambda _: self._model_changed())
        self._stop.clicked.connect(self._stop_or_start)
        self._other.clicked.connect(self._change)
        self.watch.answered.connect(self._answered)
        self.watch.changed.connect(self._show_state)
        self.watch.failed.connect(self._failed)
        self.watch.csv_failed.connect(self._csv_failed)
        self.watch.rows_missing.connect(self._rows_missing)

    def _board(self) -> QWidget:
        board = QWidget()
        column = QVBoxLayout(board)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        inner = QVBoxLayout()
        inner.setContentsMargins(20, 14, 20, 14)
        inner.setSpacing(12)
        top = QHBoxLayout()
        font = self._state.font()
        font.setPointSizeF(font.pointSizeF() * 1.25)
        for label in (self._state, self._counts):
            label.setFont(font)
        self._counts.setObjectName("muted")
        top.addWidget(self._state)
        top.addSpacing(16)
        top.addWidget(self._counts, 1)
        top.addWidget(self._other)
        top.addWidget(self._stop)
        inner.addLayout(top)
        middle = QHBoxLayout()
        middle.setSpacing(20)
        middle.addWidget(self.answer, 3)
        middle.addWidget(self.picture, 2)
        inner.addLayout(middle, 3)
        inner.addWidget(self.log, 2)
        column.addLayout(inner, 1)
        return board

    def _model_changed(self) -> None:
        model = self._session.model
        self.setup.show_model(os.path.basename(model.loaded.path) if model else "")  # noqa: PTH119

    def _stop_or_start(self) -> None:
        self.start() if not self.running else self.stop()

    def _change(self) -> None:
        self.stop()
        self._stack.setCurrentIndex(0)

    def _answered(self, seen: Sequence[Seen]) -> None:
        self._pictures += len(seen)
        self._bad += sum(one.row.error is not None for one in seen)
        self._times.extend([monotonic()] * len(seen))
        self.log.answers.add([self._line(one) for one in seen])
        self.answer.show_row(seen[-1].row)
        self.picture.show_file(seen[-1].arrival.path)
        self._show_counts()

    def _line(self, seen: Seen) -> LogLine:
        path, said = seen.arrival.path, self.answer.headline(seen.row)
        time = datetime.fromisoformat(seen.time).astimezone().strftime("%H:%M:%S")
        name = os.path.relpath(path, self.watch.plan.folder)
        return LogLine(time, name, said.text, said.below, path, said.colour)

    def _show_state(self) -> None:
        theme, state, folder = colours(), self.watch.state, self.watch.plan.folder
        texts = {
            OFF: (self.tr("Stopped"), theme.muted),
            STARTING: (self.tr("Starting …"), theme.muted),
            WATCHING: (
                self.tr("Watching {0}").format(short_path(folder)),
                theme.good,
            ),
            GONE: (self.tr("The folder is away"), theme.bad),
        }
        text, colour = texts[state]
        self._state.setText(f"●  {text}")
        self._state.setToolTip(folder)
        self._state.setStyleSheet(f"color: {colour}")
        self._stop.setText(self.tr("Start again") if state == OFF else self.tr("Stop"))
        if state == GONE:
            waits = self.tr("Watching goes on when it is back.")
            self.banner.say(self.watch.reason, waits)
        elif state in (WATCHING, OFF) and self.banner.text.startswith(self.watch.reason or "\0"):
            self.banner.hide()
        if not self._pictures:
            self._say_nothing_yet(state)
        self._show_counts()

    def _say_nothing_yet(self, state: str) -> None:
        waits = self.tr("No picture yet") if state in (WATCHING, GONE) else ""
        self.answer.show_headline(Headline(waits, "", "muted"))

    def _show_counts(self) -> None:
        if not self.running:
            self._tick.stop()
        while self._times and self._times[0] < monotonic() - MINUTE:
            self._times.popleft()
        parts = [count_of_pictures(self._pictures)]
        if self._bad:
            parts.append(self.tr("{0:,} unreadable").format(self._bad))
        if self.running:
            parts.append(self.tr("{0:,} in the last minute").format(len(self._times)))
        self._counts.setText("  ·  ".join(parts))

    def _failed(self, reason: str) -> None:
        self._ended = reason
        self.banner.say(self.tr("Watching has ended"), reason, self.tr("Start again"), self.start)

    def _csv_failed(self, problem: str) -> None:
        if problem:
            kept = self.tr("Answers go on; their rows are written as soon as it can be.")
            self.banner.say(problem, kept)
        elif not self._ended:
            self.banner.hide()

    def _rows_missing(self, count: int, problem: str) -> None:
        text = self.tr("{0:,} rows are missing in the CSV").format(count)
        details = f"{problem}\n{self._ended}" if self._ended else problem
        self.banner.say(text, details, self.tr("Start again"), self.start)
