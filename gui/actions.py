"""The window's menus and keys, each declared in one place."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

Slot = Callable[[], object]


@dataclass(frozen=True)
class Command:
    """A menu's entry: its text, its keys (the first is shown), and what it does.

    `repeats` tells whether it is done again and again while its key is held.
    """

    text: str
    keys: tuple[str, ...]
    slot: Slot
    repeats: bool = True


def fill(menu: QMenu, owner: QMainWindow, commands: list[Command | None]) -> list[QAction]:
    """Add commands to a menu; None is a line between them."""
    made: list[QAction] = []
    for command in commands:
        if command is None:
            menu.addSeparator()
            continue
        action = QAction(command.text, owner)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setAutoRepeat(command.repeats)
        action.triggered.connect(lambda _=False, slot=command.slot: slot())
        menu.addAction(action)
        made.append(action)
    return made


def key_sheet(menus: list[QMenu]) -> str:
    """Write all keys as a table of rich text."""
    rows: list[str] = []
    for menu in menus:
        rows.append(f"<tr><td colspan=2><br><b>{menu.title().replace('&', '')}</b></td></tr>")
        for action in menu.actions():
            keys = _keys(action)
            if keys:
                text = action.text().replace("&", "").rstrip("…")
                rows.append(f"<tr><td style='padding-right: 28px'>{text}</td><td>{keys}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _keys(action: QAction) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    if not isinstance(inner := action.menu(), QMenu):
        return ", ".join(key.toString(native) for key in action.shortcuts())
    keys = [entry.shortcut().toString(native) for entry in inner.actions()]
    return f"{keys[0]} … {keys[-1]}" if keys and all(keys) else ""
