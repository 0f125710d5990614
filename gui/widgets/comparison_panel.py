"""Two files on the same pictures: which is better, how often they agree, where they differ."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from .difference_table import Difference, DifferenceTable
from .facts import Facts
from .parts import enlarge


class ComparisonPanel(QWidget):
    """The panel.

    Signals:
        wanted: paths of the pictures that should be shown, and why.
    """

    wanted = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict, self._agreement, self._counts = QLabel(), QLabel(), QLabel()
        self._files, self._grid = Facts(), QGridLayout()
        self.table = DifferenceTable()
        self.table.chosen.connect(lambda path: self.wanted.emit([path], self.tr("they differ")))
        self._all: list[Difference] = []
        self._reasons = {
            "": self.tr("A and B differ"),
            "first": self.tr("A alone is right"),
            "second": self.tr("B alone is right"),
            "neither": self.tr("Neither is right"),
        }
        self.groups = {right: QPushButton() for right in self._reasons}
        for right, button in self.groups.items():
            button.clicked.connect(lambda _=False, right=right: self._want(right))
        self._arrange()

    @property
    def text(self) -> str:
        """What is said in words."""
        return "\n".join(one.text() for one in (self._verdict, self._agreement, self._counts))

    def show_texts(
        self, verdict: str, files: list[tuple[str, str]], agreement: str, counts: str
    ) -> None:
        """Say which file is better, what each scores, and how often they agree."""
        self._verdict.setText(verdict[:1].upper() + verdict[1:])
        self._verdict.setVisible(bool(verdict))
        self._files.show_facts([(name, score or " ") for name, score in files])
        self._agreement.setText(agreement)
        self._counts.setText(counts)
        self._counts.setVisible(bool(counts))

    def show_differences(self, rows: list[Difference]) -> None:
        """List the pictures on which they differ."""
        self._all = rows
        self.table.differences.show(rows)
        self.table.setVisible(bool(rows))
        known = any(row.right for row in rows)
        self.table.setColumnHidden(1, not known)
        for right, button in self.groups.items():
            count = sum(not right or row.right == right for row in rows)
            button.setText(f"{self._reasons[right]}: {count:,}")
            button.setVisible(bool(count) and (not right or known))
        self._lay_out()

    def _want(self, right: str) -> None:
        paths = [row.path for row in self._all if not right or row.right == right]
        self.wanted.emit(paths, self._reasons[right])

    def _lay_out(self) -> None:
        """Put the buttons that are shown side by side, two a row."""
        shown = [button for button in self.groups.values() if not button.isHidden()]
        for place, button in enumerate(shown):
            self._grid.addWidget(button, *divmod(place, 2))

    def _arrange(self) -> None:
        enlarge(self._verdict, 1.0)
        self._counts.setObjectName("muted")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 8)
        column.setSpacing(8)
        for label in (self._verdict, self._agreement, self._counts):
            label.setWordWrap(True)
        for widget in (self._verdict, self._files, self._agreement, self._counts):
            column.addWidget(widget)
        self._grid.setSpacing(6)
        self._grid.setColumnStretch(2, 1)
        column.addLayout(self._grid)
        column.addWidget(self.table, 1)
        column.addStretch()
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
