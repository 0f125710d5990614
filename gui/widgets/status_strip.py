"""The strip at the window's bottom: what is going on, how far it is, and Cancel."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from ..jobs import Progress


class StatusStrip(QStatusBar):
    """The strip.

    Signals:
        cancelled: the button was pressed.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._message = QLabel(self.tr("Ready"))
        self._message.setContentsMargins(10, 0, 0, 0)
        self._bar = QProgressBar()
        self._bar.setFixedWidth(180)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Pictures classified"))
        self._stop = QPushButton(self.tr("Cancel"))
        self._stop.clicked.connect(self.cancelled)
        self.addWidget(self._message, 1)
        for widget in (self._bar, self._stop):
            self.addPermanentWidget(widget)
        self.rest()

    @property
    def text(self) -> str:
        """What it says."""
        return self._message.text()

    def say(self, text: str) -> None:
        """Say something, in place of what was said before."""
        self._message.setText(text)

    def work(self, progress: Progress) -> None:
        """Show how far something is."""
        self._bar.setRange(0, max(progress.total, 1))
        self._bar.setValue(progress.done)
        self._bar.show()
        self._stop.show()
        self.say(self.tr("{0:,} of {1:,} pictures").format(progress.done, progress.total))

    def rest(self) -> None:
        """Show that nothing is under way."""
        self._bar.hide()
        self._stop.hide()
