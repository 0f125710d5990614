"""How often each label was answered; a click shows only its pictures."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from .bar_list import ROW, Bar, BarView
from .own_keys import OwnKeys


class LabelCounts(BarView):
    """A line for all labels together, then one a label.

    Signals:
        chosen: number of a label, -1 for all.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Pictures by label"))
        self._labels: tuple[str, ...] = ()
        self.setMinimumHeight(3 * ROW)
        self.selectionModel().currentChanged.connect(self._tell)
        self._keys = OwnKeys(self)

    def show_labels(self, labels: Sequence[str]) -> None:
        """Show other labels, with no pictures yet."""
        self._labels = (self.tr("All labels"), *labels)
        self.bars.show(self._bars([0] * len(labels), 0))

    def show_counts(self, counts: Sequence[int], answered: int) -> None:
        """Show other counts, one a label, and of all answers: one may have several labels."""
        if len(counts) + 1 == len(self._labels):
            self.bars.change(self._bars(counts, answered))

    def choose(self, label: int) -> None:
        """Let a label stand out, -1 for all, without a signal."""
        self.stand_out(label + 1)

    def _bars(self, counts: Sequence[int], answered: int) -> list[Bar]:
        largest = max(counts, default=0) or 1
        return [
            Bar(label, f"{count:,}", min(count / largest, 1.0), f"{label}: {count:,}")
            for label, count in zip(self._labels, (answered, *counts), strict=True)
        ]

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.row() - 1)
