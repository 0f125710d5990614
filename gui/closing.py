"""The one question that the window asks in a box."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget


def may_close(window: QWidget, sorting: bool) -> bool:
    """Ask whether work that is under way may be ended; `sorting`: pictures are being copied."""
    scored = _tr("Pictures are still being classified or scored. Close anyway?")
    sorted_ = _tr("Pictures are still being copied, moved or taken back. Close anyway?")
    button = QMessageBox.StandardButton
    answer = QMessageBox.question(
        window,
        _tr("Close tlx?"),
        sorted_ if sorting else scored,
        button.Yes | button.No,
        button.No,
    )
    return answer == button.Yes


def _tr(text: str) -> str:
    return QCoreApplication.translate("closing", text)
