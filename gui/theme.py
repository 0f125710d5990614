"""Light and dark: colours, Qt's palette of them, and the little that a palette cannot say."""

from dataclasses import asdict, dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from .style_sheet import style_sheet


@dataclass(frozen=True)
class Colours:
    """A theme.

    Text on `window`, `base` and `raised` has a contrast of 4.5 or more, the `edge` of what is
    typed into, chosen from or scrolled with one of 3 or more (WCAG 2.2, 1.4.3 and 1.4.11).
    """

    window: str
    base: str
    raised: str
    border: str
    edge: str
    text: str
    muted: str
    accent: str
    on_accent: str
    good: str
    unsure: str
    bad: str
    canvas: str


LIGHT = Colours(
    window="#f5f6f8",
    base="#ffffff",
    raised="#ffffff",
    border="#d8dce3",
    edge="#848c99",
    text="#1a1e24",
    muted="#5a6472",
    accent="#2765d8",
    on_accent="#ffffff",
    good="#157347",
    unsure="#9a5700",
    bad="#b9302a",
    canvas="#e9ebef",
)
DARK = Colours(
    window="#1b1e23",
    base="#22262c",
    raised="#2a2f37",
    border="#3a414b",
    edge="#727c8a",
    text="#e7eaef",
    muted="#a0a9b6",
    accent="#79a8ff",
    on_accent="#10151d",
    good="#56c990",
    unsure="#f0ab5a",
    bad="#ff8a80",
    canvas="#131519",
)


def colours() -> Colours:
    """Give the theme that the application shows."""
    return DARK if QApplication.palette().window().color().lightness() < 128 else LIGHT


def system_theme() -> Colours:
    """Give the theme that the desktop asks for; light where it does not say."""
    scheme = QApplication.styleHints().colorScheme()
    return DARK if scheme == Qt.ColorScheme.Dark else LIGHT


def apply_theme(application: QApplication, name: str) -> None:
    """Show "light", "dark", or what the "system" asks for."""
    theme = {"light": LIGHT, "dark": DARK}.get(name) or system_theme()
    application.setPalette(_palette(theme))
    application.setStyleSheet(style_sheet(asdict(theme)))


def _palette(theme: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for roles, colour in (
        ((role.Window, role.Button), theme.window),
        ((role.Base, role.ToolTipBase), theme.base),
        ((role.AlternateBase,), theme.raised),
        ((role.Text, role.WindowText, role.ButtonText, role.ToolTipText), theme.text),
        ((role.PlaceholderText,), theme.muted),
        ((role.Highlight, role.Link, role.Accent), theme.accent),
        ((role.HighlightedText,), theme.on_accent),
        ((role.Mid, role.Midlight, role.Light), theme.border),
        ((role.Dark, role.Shadow), theme.border),
    ):
        for one in roles:
            palette.setColor(one, QColor(colour))
    for one in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(theme.muted))
    return palette
