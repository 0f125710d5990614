"""The window's entry in the desktop's menu: a .desktop file and an icon, as freedesktop.org says.

https://specifications.freedesktop.org/desktop-entry-spec/latest/ and
https://specifications.freedesktop.org/icon-theme-spec/latest/
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import UsageError
from ..inference.whole_file import replacing

ICON = Path(__file__).with_name("icon.svg")
OURS = ("# Written by tlx gui --install-shortcut", "<!-- The icon of tlx -->")
"""How a file that tlx wrote begins; any other is left alone."""

_RESERVED = set(" \t\n\"'\\><~|&;$*?#()`")


def gui_command() -> tuple[str, ...]:
    """Name the command that opens the window, also inside a frozen application."""
    if getattr(sys, "frozen", False):
        return sys.executable, "gui"
    return sys.executable, "-m", "tlx", "gui"


def data_home() -> Path:
    """Name the folder of the user's data: XDG_DATA_HOME, or its default."""
    given = os.environ.get("XDG_DATA_HOME", "")
    # A relative one is to be ignored, says the specification.
    return Path(given) if Path(given).is_absolute() else Path.home() / ".local" / "share"


def install_shortcut(command: Sequence[str] | None = None) -> tuple[Path, ...]:
    """Write the entry and its icon; gives what was written.

    Raises:
        UsageError: a file of these names is not ours, or cannot be written; not on Linux.
    """
    _require_linux()
    entry = desktop_entry(command or gui_command())
    contents = {_entry_path(): entry, _icon_path(): ICON.read_text("utf-8")}
    for path in contents:
        _refuse_foreign(path)
    for path, content in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary:
                temporary.write_text(content, "utf-8", errors="surrogateescape")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}") from None
    return tuple(contents)


def remove_shortcut() -> tuple[Path, ...]:
    """Take away what `install_shortcut` wrote; gives what was there.

    Raises:
        UsageError: a file of these names is not ours; not on Linux.
    """
    _require_linux()
    found = tuple(path for path in (_entry_path(), _icon_path()) if path.exists())
    for path in found:
        _refuse_foreign(path)
    for path in found:
        path.unlink()
    return found


def desktop_entry(command: Sequence[str]) -> str:
    """Write the entry's file; it opens the model or the picture that is dropped on it."""
    words = " ".join(_quoted(word) for word in command)
    return f"""{OURS[0]}; --remove-shortcut takes it away
[Desktop Entry]
Type=Application
Name=tlx
GenericName=Picture Classifier
Comment=Classify pictures, and see where the model is wrong
TryExec={_escaped(command[0])}
Exec={_escaped(words)} %f
Icon=tlx
Terminal=false
Categories=Graphics;
Keywords=image;classification;onnx;
StartupWMClass=tlx
"""


def _entry_path() -> Path:
    return data_home() / "applications" / "tlx.desktop"


def _icon_path() -> Path:
    return data_home() / "icons" / "hicolor" / "scalable" / "apps" / "tlx.svg"


def _require_linux() -> None:
    if sys.platform == "win32":
        program = Path(sys.executable).with_name("tlx.exe")
        raise UsageError(
            f"on Windows: right-click the desktop, New, Shortcut, and give it: {program} gui"
        )
    if sys.platform == "darwin":
        program = Path(sys.executable).with_name("tlx")
        raise UsageError(
            f"on macOS: in Automator make an Application that runs the shell script: {program} gui"
        )


def _refuse_foreign(path: Path) -> None:
    if path.exists() and not path.read_bytes().startswith(tuple(one.encode() for one in OURS)):
        raise UsageError(f"{path} was not written by tlx; move it away first")


def _quoted(word: str) -> str:
    """Quote a word of Exec; percent signs stand for themselves."""
    word = word.replace("%", "%%")
    if not _RESERVED & set(word):
        return word
    for sign in '\\"`$':
        word = word.replace(sign, f"\\{sign}")
    return f'"{word}"'


def _escaped(text: str) -> str:
    """Escape a value of any key."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
