"""Choosing one of the model's labels by typing a part of it."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QVBoxLayout, QWidget


class LabelPicker(QDialog):
    """Asks for a label; `label` is it, once the dialog was accepted.

    Args:
        labels: to choose from.
        several: where there may be several, those that apply to each of the pictures: a label is
            ticked if it applies to all, half if to some; it is added, or taken away from all.
        parent: over which it opens.
    """

    def __init__(
        self,
        labels: Sequence[str],
        several: Sequence[Collection[str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Which label?") if several else self.tr("What is it?"))
        self._labels, self._several = tuple(labels), tuple(several)
        self._part = QLineEdit()
        self._part.setPlaceholderText(self.tr("Type a part of the label"))
        self._part.setAccessibleName(self.tr("Part of the label"))
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("Labels"))
        self._part.textChanged.connect(self._filter)
        self._part.installEventFilter(self)
        self._part.returnPressed.connect(self._take)
        self._list.itemActivated.connect(lambda _: self._take())
        self._list.itemClicked.connect(lambda _: self._take())
        column = QVBoxLayout(self)
        one, more = self.tr("The right label of this picture"), self.tr("Add it, or take it away")
        column.addWidget(QLabel(more if several else one))
        column.addWidget(self._part)
        column.addWidget(self._list)
        self.resize(320, 360)
        self._filter("")

    @property
    def label(self) -> str:
        """The label that stands out, empty without one."""
        item = self._list.currentItem()
        return item.text() if item else ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Let Up and Down move in the list while a part of a label is being typed."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
            if step is not None:
                row = min(max(self._list.currentRow() + step, 0), self._list.count() - 1)
                self._list.setCurrentRow(row)
                return True
        return super().eventFilter(watched, event)

    def _filter(self, part: str) -> None:
        self._list.clear()
        fitting = [label for label in self._labels if part.casefold() in label.casefold()]
        self._list.addItems(fitting)
        for row in range(len(fitting) if self._several else 0):
            item = self._list.item(row)
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsUserCheckable)  # a click takes it
            item.setCheckState(self._tick(item.text()))
        self._list.setCurrentRow(0)

    def _tick(self, label: str) -> Qt.CheckState:
        having = sum(label in applying for applying in self._several)
        if having == len(self._several):
            return Qt.CheckState.Checked
        return Qt.CheckState.PartiallyChecked if having else Qt.CheckState.Unchecked

    def _take(self) -> None:
        if self.label:
            self.accept()
