"""Names and values in two columns."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from .parts import empty

WIDEST_NAME = 150
"""Pixels: beside a longer name, such as that of a result, a small window has no room."""


class Facts(QWidget):
    """A list of facts; values can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show other facts; one without a value is left out."""
        empty(self._grid)
        for row, (name, value) in enumerate(fact for fact in facts if fact[1]):
            self._add(row, name, value)

    def _add(self, row: int, name: str, value: str) -> None:
        heading, text = QLabel(name), QLabel(breakable(value))
        heading.setObjectName("muted")
        if heading.sizeHint().width() > WIDEST_NAME:
            heading.setWordWrap(True)
            heading.setFixedWidth(WIDEST_NAME)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setAlignment(Qt.AlignmentFlag.AlignTop)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        text.setSizePolicy(policy)
        text.setMinimumWidth(60)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setAccessibleName(f"{name}: {value}")
        text.setToolTip(value)
        self._grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(text, row, 1)


def breakable(text: str) -> str:
    """Let long names break over lines, after what parts them, with spaces of no width."""
    for sign in "/_-":
        text = text.replace(sign, f"{sign}\u200b")
    return " ".join(map(_breakable_word, text.split(" ")))


def _breakable_word(word: str) -> str:
    return "\u200b".join(word[start : start + 16] for start in range(0, len(word), 16))
