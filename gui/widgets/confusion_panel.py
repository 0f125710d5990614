"""The confusion matrix with what decides how it is shown, and a line on the current cell."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..scored import ScoredPictures
from .confusion_matrix import ConfusionMatrix
from .parts import heading, tool

MANY = 30
"""Above so many labels only those that are confused are shown at first."""


class ConfusionPanel(QFrame):
    """The panel.

    Signals:
        wanted: paths of the pictures that should be shown, and why.
    """

    wanted = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._pictures = ScoredPictures()
        self.matrix, self._line, self._right = ConfusionMatrix(), QLabel(), QLabel()
        self.shares = tool(
            self.tr("Row %"), self.tr("Shares of the truth's pictures instead of counts")
        )
        self.worst_first = tool(
            self.tr("Worst first"), self.tr("The labels with the most mistakes first")
        )
        self.only_confused = tool(
            self.tr("Only confused"), self.tr("Leave out the labels that are never confused")
        )
        self.shares.toggled.connect(self.matrix.confusion.show_shares)
        for toggle in (self.worst_first, self.only_confused):
            toggle.toggled.connect(lambda _: self._rearrange())
        self.matrix.cell_chosen.connect(self.want_cell)
        self.matrix.truth_chosen.connect(self._want_truth)
        self.matrix.prediction_chosen.connect(self._want_prediction)
        self.matrix.looked_at.connect(self._line.setText)
        self._arrange()

    def show_pictures(self, pictures: ScoredPictures) -> None:
        """Show the matrix of other pictures."""
        self._pictures = pictures
        many = len(pictures.labels) > MANY
        for toggle in (self.worst_first, self.only_confused):
            toggle.blockSignals(True)
            toggle.setChecked(many)
            toggle.blockSignals(False)
        self.matrix.confusion.show_pictures(pictures, many, many)
        self._explain()

    def want_cell(self, truth: int, predicted: int) -> None:
        """Ask for the pictures of one label that were taken for another."""
        labels = self._pictures.labels
        text = self.tr("{0} recognised") if truth == predicted else self.tr("{0} taken for {1}")
        reason = text.format(labels[truth], labels[predicted])
        self.wanted.emit(self._pictures.cell(truth, predicted), reason)

    def _want_truth(self, label: int) -> None:
        if paths := self._pictures.having(label):
            self.wanted.emit(paths, self.tr("truth: {0}").format(self._pictures.labels[label]))

    def _want_prediction(self, label: int) -> None:
        if paths := self._pictures.taken_for(label):
            self.wanted.emit(paths, self.tr("taken for {0}").format(self._pictures.labels[label]))

    def _rearrange(self) -> None:
        worst, only = self.worst_first.isChecked(), self.only_confused.isChecked()
        self.matrix.confusion.arrange(worst, only)
        self._explain()

    def _explain(self) -> None:
        """Say how to read it, or that there is nothing to be read."""
        nothing = not self.matrix.confusion.rowCount()
        self.matrix.setVisible(not nothing)
        self._right.setVisible(nothing)
        self._line.setText(self.tr("Rows are truth, columns what it was taken for"))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(heading(self.tr("Confusion")))
        row.addStretch()
        for toggle in (self.shares, self.worst_first, self.only_confused):
            row.addWidget(toggle)
        self._right.setText(self.tr("No label is confused with another"))
        self._right.setObjectName("muted")
        self._right.hide()
        self._line.setObjectName("muted")
        self._line.setMinimumWidth(40)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.matrix, 1)
        column.addWidget(self._right, 1)
        column.addWidget(self._line)
