"""An evaluation that is under way: how far, how fast, how long still, and Cancel."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ..scoring_messages import Progressed
from ..wording import count_of_pictures
from .parts import enlarge

WIDTH = 460


class EvaluationRunning(QWidget):
    """The panel.

    Signals:
        cancelled: the button was pressed.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._text = QLabel(), QLabel()
        enlarge(self._title, 1.4)
        self._text.setObjectName("muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(WIDTH)
        self._bar.setAccessibleName(self.tr("Pictures scored"))
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setToolTip(self.tr("Esc"))
        self.cancel.clicked.connect(self.cancelled)
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch(3)
        for widget in (self._title, self._bar, self._text, self.cancel):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(4)

    @property
    def text(self) -> str:
        """How far it is."""
        return self._text.text()

    def begin(self, title: str) -> None:
        """Show a new one."""
        self._title.setText(title)
        self._text.setText(self.tr("Looking for pictures …"))
        self._bar.setRange(0, 0)

    def show_progress(self, progress: Progressed) -> None:
        """Show how far it is; at the end the numbers are still to be computed."""
        self._bar.setRange(0, progress.total)
        self._bar.setValue(progress.done)
        if progress.done == progress.total:
            self._bar.setRange(0, 0)
            self._text.setText(self.tr("Computing the numbers and their intervals …"))
            return
        rate = progress.done / progress.seconds if progress.seconds else 0.0
        text = self.tr("{0:,} of {1}").format(progress.done, count_of_pictures(progress.total))
        if rate:
            left = (progress.total - progress.done) / rate
            parts = (text, self.tr("{0:,.1f} pictures/s").format(rate), self._left(left))
            text = "   ·   ".join(parts)
        self._text.setText(text)

    def _left(self, seconds: float) -> str:
        minutes, rest = divmod(round(seconds), 60)
        if minutes:
            return self.tr("{0} min {1:02} s left").format(minutes, rest)
        return self.tr("{0} s left").format(rest)
