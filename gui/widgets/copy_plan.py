"""Shows what copying into label folders would do, before anything is done."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..wording import count_of_pictures, data_size
from .facts import Facts, breakable

if TYPE_CHECKING:
    from ..sorting import Plan


class CopyPlan(QDialog):
    """The plan, with the choice of the way.

    Signals:
        confirmed: the way that was chosen, one of `manifest.WAYS`.
    """

    confirmed = Signal(str)

    def __init__(self, plan: "Plan", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Copy into label folders"))
        count = len(plan.steps)
        title = QLabel(self.tr("{0} into these folders").format(count_of_pictures(count)))
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.4)
        font.setWeight(font.Weight.DemiBold)
        title.setFont(font)
        where = QLabel(breakable(str(plan.target)), wordWrap=True)
        where.setObjectName("muted")
        self._ways = QButtonGroup(self)
        self._go = QPushButton(self.tr("Copy"))
        self._go.setObjectName("primary")
        self._go.setEnabled(bool(plan.steps))
        self._go.setDefault(True)
        self._go.clicked.connect(self._confirm)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(title)
        column.addWidget(where)
        column.addWidget(_table(plan), 1)
        column.addWidget(_notes(self._remarks(plan)))
        column.addLayout(self._choice())
        column.addLayout(self._buttons())
        self.resize(420, 440)

    def choose(self, way: int) -> None:
        """Choose a way, by its place in `manifest.WAYS`."""
        self._ways.button(way).setChecked(True)

    def confirm(self) -> None:
        """Do what the button does."""
        self._confirm()

    def _remarks(self, plan: "Plan") -> str:
        size = data_size(plan.size)
        remarks = [self.tr("{0} in all.").format(size)]
        if plan.renamed:
            text = self.tr("{0:,} get a number, for their name is taken; nothing is overwritten.")
            remarks.append(text.format(plan.renamed))
        if plan.there:
            remarks.append(self.tr("{0:,} lie there already and stay.").format(plan.there))
        remarks.append(self.tr("A list of what was made lets all of it be taken back."))
        return " ".join(remarks)

    def _choice(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(14)
        for number, (text, tip) in enumerate(
            (
                (self.tr("Copy"), self.tr("The pictures stay where they are")),
                (self.tr("Hard link"), self.tr("No space is needed; on the same disk only")),
                (self.tr("Move"), self.tr("The pictures leave their folders")),
            )
        ):
            button = QRadioButton(text)
            button.setToolTip(tip)
            button.toggled.connect(self._name_button)
            self._ways.addButton(button, number)
            row.addWidget(button)
        row.addStretch()
        self.choose(0)
        return row

    def _name_button(self) -> None:
        if (button := self._ways.checkedButton()) is not None:  # pyright: ignore[reportUnnecessaryComparison]
            self._go.setText(button.text())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch()
        cancel = QPushButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        row.addWidget(cancel)
        row.addWidget(self._go)
        return row

    def _confirm(self) -> None:
        from ..manifest import WAYS

        self.accept()
        self.confirmed.emit(WAYS[self._ways.checkedId()])


def _table(plan: "Plan") -> QFrame:
    facts = Facts()
    facts.show_facts([(name, f"{count:,}") for name, count in plan.counts.items()])
    inner = QWidget()
    inner.setObjectName("bare")
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(facts)
    column.addStretch()
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setAccessibleName(", ".join(f"{name}: {count}" for name, count in plan.counts.items()))
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setObjectName("plain")
    area.setWidget(inner)
    panel = QFrame()
    panel.setObjectName("panel")
    frame = QVBoxLayout(panel)
    frame.setContentsMargins(14, 12, 14, 12)
    frame.addWidget(area)
    return panel


def _notes(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setObjectName("muted")
    return label
