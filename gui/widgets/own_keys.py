"""Keys that the menus must not take: a widget's own, and Enter where it says nothing."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

_KEYS = (
    *(Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home),
    *(Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class OwnKeys(QObject):
    """Keeps from the menus the keys that go from picture to picture: on widgets that use them."""

    def __init__(self, *widgets: QWidget) -> None:
        super().__init__(widgets[0])
        for widget in widgets:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Claim a key before the menus see it."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and Qt.Key(event.key()) in _KEYS:
            event.accept()
            return True
        return super().eventFilter(watched, event)


class EnterKeys(QObject):
    """Keeps Enter from the menus of a window, whatever has the focus, until it means something.

    Args:
        window: whose menus these are; what no widget has claimed comes up to it.
        wanted: tells whether the menus may have it.
    """

    def __init__(self, window: QWidget, wanted: Callable[[], bool]) -> None:
        super().__init__(window)
        self._wanted = wanted
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Claim a key before the menus see it."""
        override = event.type() == QEvent.Type.ShortcutOverride
        enter = override and isinstance(event, QKeyEvent) and Qt.Key(event.key()) in _ENTER
        if enter and not self._wanted():
            event.accept()
            return True
        return super().eventFilter(watched, event)
