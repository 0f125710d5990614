"""What refusing brings: a threshold to move, coverage and accuracy, and the rule of the card."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from ..scoring_messages import AtThreshold
from ..wording import with_interval
from .threshold_plot import LEFT, RIGHT, ThresholdPlot


class ThresholdPanel(QWidget):
    """The panel.

    Signals:
        unsure_wanted: a threshold in 0..1; the pictures below it should be shown.
        unknown_wanted: those that the file takes for none of its labels should be.
    """

    unsure_wanted = Signal(float)
    unknown_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: tuple[AtThreshold, ...] = ()
        self.plot, self.slider = ThresholdPlot(), QSlider(Qt.Orientation.Horizontal)
        self._answered, self._right, self._rule = QLabel(), QLabel(), QLabel()
        self._unsure, self._unknown = QPushButton(), QPushButton(self.tr("Show them"))
        self.slider.setRange(0, 100)
        self.slider.setPageStep(5)
        self.slider.setAccessibleName(self.tr("Threshold of probability in percent"))
        self.slider.valueChanged.connect(self._show)
        self._unsure.clicked.connect(lambda: self.unsure_wanted.emit(self.slider.value() / 100))
        self._unknown.clicked.connect(self.unknown_wanted)
        self._unknown.setAccessibleName(self.tr("Show the pictures taken for unknown"))
        self._arrange()

    @property
    def text(self) -> str:
        """What is said about the threshold."""
        return f"{self._answered.text()} {self._right.text()}"

    def show_points(self, points: Sequence[AtThreshold], threshold: int) -> None:
        """Show the points of a report; the threshold, in percent, is where it begins."""
        self._points = tuple(points)
        self.plot.show_points(points)
        self.slider.setValue(threshold)
        self._show()

    def show_rule(self, text: str, refused: bool) -> None:
        """Show what the rule for unknown pictures does, and whether it refused any."""
        self._rule.setText(text)
        self._unknown.setVisible(refused)

    def _show(self) -> None:
        if not self._points:
            return
        point = self._points[self.slider.value()]
        self.plot.mark(self.slider.value())
        text = self.tr("{0:.0%} and more: {1:,} pictures ({2:.1%})")
        self._answered.setText(text.format(point.threshold, point.pictures, point.coverage))
        right = self.tr("right of them: {0}").format(with_interval(point.accuracy, point.interval))
        nothing = self.tr("no answer is as sure")
        self._right.setText(nothing if point.accuracy is None else right)
        below = self._points[0].pictures - point.pictures
        self._unsure.setText(self.tr("Show the {0:,} below").format(below))
        self._unsure.setEnabled(bool(below))

    def _arrange(self) -> None:
        legend = QLabel(self.tr("Solid: accuracy in its 95% interval. Dashed: share answered."))
        for label in (legend, self._rule):
            label.setObjectName("muted")
        for label in (legend, self._answered, self._right, self._rule):
            label.setWordWrap(True)
        track = QHBoxLayout()
        track.setContentsMargins(LEFT - 7, 0, RIGHT - 7, 0)  # the handle under the marker
        track.addWidget(self.slider)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(6)
        column.addWidget(legend)
        column.addWidget(self.plot, 1)
        column.addLayout(track)
        column.addLayout(_beside(self._unsure, self._answered, self._right))
        column.addLayout(_beside(self._unknown, self._rule))


def _beside(button: QPushButton, *said: QLabel) -> QHBoxLayout:
    texts, row = QVBoxLayout(), QHBoxLayout()
    texts.setSpacing(2)
    for label in said:
        texts.addWidget(label)
    row.addLayout(texts, 1)
    row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    return row
