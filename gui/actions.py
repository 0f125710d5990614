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
    """Write all keys as rich text in two columns, which fit on a small screen."""
    half = (len(menus) + 1) // 2
    columns = ("<tr><td>&nbsp;</td></tr>".join(map(_rows, m)) for m in (menus[:half], menus[half:]))
    cells = "".join(f"<td><table>{rows}</table></td><td width=32></td>" for rows in columns)
    return f"<table><tr>{cells}</tr></table>"


def _rows(menu: QMenu) -> str:
    rows = [f"<tr><td colspan=2><b>{menu.title().replace('&', '')}</b></td></tr>"]
    for action in menu.actions():
        if keys := _keys(action):
            text = action.text().replace("&", "").rstrip("…").replace(" ", "&nbsp;")
            whole = keys.replace(" ", "&nbsp;")
            rows.append(f"<tr><td style='padding-right: 24px'>{text}</td><td>{whole}</td></tr>")
    return "".join(rows)


def _keys(action: QAction) -> str:
    native = QKeySequence.SequenceFormat.NativeText
    if not isinstance(inner := action.menu(), QMenu):
        return ", ".join(key.toString(native) for key in action.shortcuts())
    keys = [entry.shortcut().toString(native) for entry in inner.actions()]
    return f"{keys[0]} … {keys[-1]}" if keys and all(keys) else ""
