"""One line above the page, for what went wrong and what to do: never a box to click away."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .parts import enlarge


class Banner(QFrame):
    """Shows a message and its details, with a button for the next step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._text, self._details = QLabel(), QLabel()
        enlarge(self._text, 1.0)
        for label in (self._text, self._details):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._action = QPushButton()
        self._close = QToolButton()
        self._close.setObjectName("flat")
        self._close.setText("✕")
        self._close.setAccessibleName(self.tr("Close the message"))
        self._close.setToolTip(self.tr("Close (Esc)"))
        self._close.clicked.connect(self.hide)
        self._action.clicked.connect(self._act)
        self._then: Callable[[], object] = self.hide
        self._arrange()
        self.hide()

    @property
    def text(self) -> str:
        """What is shown; empty if nothing is."""
        shown = (label.text() for label in (self._text, self._details))
        return "" if self.isHidden() else "\n".join(filter(None, shown))

    def say(
        self,
        text: str,
        details: str = "",
        action: str = "",
        then: Callable[[], object] | None = None,
        good: bool = False,
    ) -> None:
        """Show a message, in place of an earlier one; `good` says that nothing went wrong."""
        self.setProperty("good", good)
        self.style().unpolish(self)
        self.style().polish(self)
        self._text.setText(text)
        self._details.setText(details)
        self._details.setVisible(bool(details))
        self._action.setText(action)
        self._action.setAccessibleName(action)
        self._action.setVisible(bool(action))
        self._then = then or self.hide
        self.show()

    def withdraw(self, text: str) -> None:
        """Hide this message, if it is the one that is shown."""
        if self._text.text() == text:
            self.hide()

    def act(self) -> None:
        """Do what the button does."""
        self._act()

    def _act(self) -> None:
        self.hide()
        self._then()

    def _arrange(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(1)
        texts.addWidget(self._text)
        texts.addWidget(self._details)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 8, 8)
        row.addLayout(texts, 1)
        row.addWidget(self._action)
        row.addWidget(self._close)
