"""The strip at the window's bottom: what is going on, how fast, how far, and what can be done."""

from collections.abc import Callable
from time import monotonic

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from ..jobs import Pace, Progress
from ..wording import count_of_pictures


class StatusStrip(QStatusBar):
    """The strip.

    Signals:
        cancelled: the button was pressed.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(0, 0, 10, 0)
        self._pace = Pace()
        self._then: Callable[[], object] = self.rest
        self._message = QLabel(self.tr("Ready"))
        self._message.setContentsMargins(10, 0, 0, 0)
        self._bar = QProgressBar()
        self._bar.setFixedWidth(180)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Pictures classified"))
        self._stop = QPushButton(self.tr("Cancel"))
        self._stop.clicked.connect(self.cancelled)
        self._offer = QPushButton()
        self._offer.clicked.connect(self.take_offer)
        self.addWidget(self._message, 1)
        for widget in (self._bar, self._stop, self._offer):
            self.addPermanentWidget(widget)
        self.rest()

    @property
    def text(self) -> str:
        """What it says."""
        return self._message.text()

    @property
    def offered(self) -> str:
        """What the button offers; empty without one."""
        return "" if self._offer.isHidden() else self._offer.text()

    def say(self, text: str) -> None:
        """Say something, in place of what was said and offered before."""
        self._offer.hide()
        self._message.setText(text)

    def offer(self, text: str, then: Callable[[], object]) -> None:
        """Show a button for what can be done next."""
        self._offer.setText(text)
        self._then = then
        self._offer.show()

    def take_offer(self) -> None:
        """Do what is offered."""
        self._then()

    def work(self, progress: Progress) -> None:
        """Show how far something is, and how fast it goes."""
        self._pace.note(monotonic(), progress.done)
        self._bar.setRange(0, max(progress.total, 1))
        self._bar.setValue(progress.done)
        self._bar.show()
        self._stop.show()
        text = self.tr("{0:,} of {1}").format(progress.done, count_of_pictures(progress.total))
        if (rate := self._pace.rate) is not None:
            left = (progress.total - progress.done) / rate
            more = self.tr("{0}   ·   {1:.{2}f} a second   ·   {3} left")
            text = more.format(text, rate, 0 if rate >= 10 else 1, self._time(left))
        self.say(text)

    def rest(self) -> None:
        """Show that nothing is under way."""
        self._pace = Pace()
        self._bar.hide()
        self._stop.hide()
        self._offer.hide()

    def _time(self, seconds: float) -> str:
        if seconds < 90:
            return self.tr("{0:.0f} s").format(max(seconds, 1))
        if seconds < 5400:
            return self.tr("{0:.0f} min").format(seconds / 60)
        return self.tr("{0:.1f} h").format(seconds / 3600)
