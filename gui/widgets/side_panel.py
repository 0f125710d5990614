"""What the answers amount to: labels, probabilities, and what a threshold does."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from ..wording import percent
from .histogram import Histogram
from .label_counts import LabelCounts
from .parts import heading

if TYPE_CHECKING:
    from ..state import Results


class SidePanel(QFrame):
    """The panel beside the gallery.

    Signals:
        label_chosen: number of a label, -1 for all.
        threshold_changed: the probability below which an answer is called unsure.
    """

    label_chosen = Signal(int)
    threshold_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.labels = LabelCounts()
        self.histogram = Histogram()
        self._coverage, self._accuracy = QLabel(wordWrap=True), QLabel(wordWrap=True)
        self._accuracy.setObjectName("muted")
        self.labels.chosen.connect(self.label_chosen)
        self.histogram.threshold_changed.connect(
            lambda percent: self.threshold_changed.emit(percent / 100)
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 14, 12, 14)
        column.setSpacing(8)
        column.addWidget(heading(self.tr("Labels")))
        column.addWidget(self.labels, 1)
        column.addSpacing(6)
        column.addWidget(heading(self.tr("Confidence")))
        column.addWidget(self.histogram)
        column.addWidget(self._coverage)
        column.addWidget(self._accuracy)
        for label in (self._coverage, self._accuracy):
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setMinimumHeight(2 * label.fontMetrics().lineSpacing() + 2)
        self.setMinimumWidth(220)

    @property
    def text(self) -> str:
        """What it says about the threshold."""
        return f"{self._coverage.text()} {self._accuracy.text()}"

    def show_results(self, results: "Results") -> None:
        """Count the answers again."""
        from .. import tally

        found = tally.quality(results, results.unsure_below)
        self.labels.show_counts(tally.label_counts(results).tolist(), found.answered)
        self.histogram.show_counts(tally.histogram(results).tolist())
        at = f"{100 * results.unsure_below:.0f}%"
        sure = self.tr("At {0} or more: {1:,} of {2:,} answers ({3})")
        self._coverage.setText(
            sure.format(at, found.given, found.answered, percent(found.coverage))
        )
        if not found.known:
            self._accuracy.setText(self.tr("Which of them are right is not known here"))
            return
        low, high = found.interval
        right = self.tr("{0} of them right ({1:,} of {2:,}; 95% interval {3} to {4})")
        share, ends = percent(found.accuracy), (percent(low), percent(high))
        self._accuracy.setText(right.format(share, found.right, found.known, *ends))
