"""What the window remembers: its place, its theme, and what was open before."""

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, QStandardPaths

RECENTS = 8
THEMES = ("system", "light", "dark")


class Settings:
    """Settings in a file.

    Args:
        path: an INI file; by default where the system keeps a user's settings.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            self._store = QSettings("tlx", "tlx")
        else:
            self._store = QSettings(str(path), QSettings.Format.IniFormat)
        self._folder = path.parent if path else None

    @property
    def theme(self) -> str:
        """One of `THEMES`."""
        found = self._store.value("theme", "system")
        return found if found in THEMES else "system"

    @theme.setter
    def theme(self, name: str) -> None:
        self._store.setValue("theme", name)

    @property
    def geometry(self) -> QByteArray | None:
        """Where the window was, as Qt writes it."""
        found = self._store.value("geometry")
        return found if isinstance(found, QByteArray) else None

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("geometry", value)

    @property
    def heat_opacity(self) -> int:
        """Of the heat map, in percent."""
        return min(self._number("heat_opacity", 55), 100)

    @heat_opacity.setter
    def heat_opacity(self, percent: int) -> None:
        self._store.setValue("heat_opacity", percent)

    @property
    def watched(self) -> tuple[str, str]:
        """The folder that was watched last, and its CSV; empty without one."""
        return str(self._store.value("watch/folder", "")), str(self._store.value("watch/csv", ""))

    @watched.setter
    def watched(self, places: tuple[str, str]) -> None:
        for name, place in zip(("folder", "csv"), places, strict=True):
            self._store.setValue(f"watch/{name}", place)

    @property
    def card_side(self) -> int:
        """Of the gallery's pictures, in pixels."""
        return min(max(self._number("card_side", 160), 80), 320)

    @card_side.setter
    def card_side(self, pixels: int) -> None:
        self._store.setValue("card_side", pixels)

    @property
    def side_panel(self) -> bool:
        """Whether the gallery's side panel is shown."""
        return self._number("side_panel", 1) > 0

    @side_panel.setter
    def side_panel(self, shown: bool) -> None:
        self._store.setValue("side_panel", int(shown))

    def recent(self, what: str) -> list[str]:
        """Give the paths of "models" or "folders" that were opened, the latest first."""
        found = self._store.value(f"recent/{what}", [])
        paths = [found] if isinstance(found, str) else found
        return [str(path) for path in paths] if isinstance(paths, list) else []

    def opened(self, what: str, path: str) -> None:
        """Put a path at the head of the recent ones."""
        paths = [path, *(old for old in self.recent(what) if old != path)]
        self._store.setValue(f"recent/{what}", paths[:RECENTS])

    def journal(self) -> Path:
        """Name the file in which review decisions are kept."""
        where = QStandardPaths.StandardLocation.AppDataLocation
        folder = self._folder or Path(QStandardPaths.writableLocation(where)) / "tlx"
        return folder / "review.jsonl"

    def _number(self, name: str, otherwise: int) -> int:
        text = str(self._store.value(name, otherwise))
        return int(text) if text.isdigit() else otherwise
