"""The first labels of an answer as bars; choosing one asks for its heat map."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from ..protocol import Ranked
from ..wording import percent
from .bar_list import ROW, Bar, BarView


class AnswerBars(BarView):
    """The bars.

    Signals:
        chosen: a label, when another one is selected.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Most probable labels"))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._tell)

    def show_answer(self, ranked: Sequence[Ranked]) -> None:
        """Show an answer; its first label is selected, without a signal."""
        self.bars.show([_bar(one.label, one.probability) for one in ranked])
        self.stand_out(0)
        self.setFixedHeight(len(ranked) * ROW + 2)

    @property
    def label(self) -> str | None:
        """The selected label."""
        index = self.currentIndex()
        return str(index.data()) if index.isValid() else None

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(str(index.data()))


def _bar(label: str, probability: float) -> Bar:
    share = percent(probability)
    return Bar(label, share, float(probability), f"{label}: {share}")
