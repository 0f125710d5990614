"""Light and dark: colours, Qt's palette of them, and the little that a palette cannot say."""

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Colours:
    """A theme. Text on `window`, `base` and `raised` has a contrast of 4.5 or more."""

    window: str
    base: str
    raised: str
    border: str
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
    application.setStyleSheet(_sheet(theme))


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


def _sheet(t: Colours) -> str:
    return f"""
    QPushButton, QToolButton {{
        background: {t.raised}; border: 1px solid {t.border}; border-radius: 6px;
        padding: 6px 14px; color: {t.text};
    }}
    QPushButton#chip {{
        background: {t.accent}; color: {t.on_accent}; border-color: {t.accent};
        border-radius: 10px; padding: 3px 12px;
    }}
    QComboBox {{
        background: {t.base}; border: 1px solid {t.border}; border-radius: 6px;
        padding: 5px 8px; color: {t.text}; min-height: 18px;
    }}
    QComboBox:hover, QComboBox:focus {{ border-color: {t.accent}; }}
    QComboBox::drop-down {{ border: 0; width: 22px; }}
    QComboBox::down-arrow {{ image: none; }}
    QComboBox QAbstractItemView {{
        background: {t.base}; border: 1px solid {t.border}; color: {t.text};
        selection-background-color: {t.accent}; selection-color: {t.on_accent};
    }}
    QToolButton {{ padding: 4px 10px; }}
    QPushButton:hover, QToolButton:hover {{ border-color: {t.accent}; }}
    QPushButton:pressed, QToolButton:pressed {{ background: {t.border}; }}
    QPushButton:focus, QToolButton:focus {{ border: 1px solid {t.accent}; }}
    QPushButton:disabled, QToolButton:disabled {{ color: {t.muted}; background: {t.window}; }}
    QPushButton#primary {{
        background: {t.accent}; color: {t.on_accent}; border-color: {t.accent}; font-weight: 600;
    }}
    QPushButton#primary:disabled {{
        background: {t.window}; color: {t.muted}; border-color: {t.border};
    }}
    QToolButton:checked {{
        background: {t.accent}; color: {t.on_accent}; border-color: {t.accent};
    }}
    QTabBar {{ font-weight: 600; }}
    QTabBar::tab {{
        padding: 9px 18px; border: 0; color: {t.muted}; background: transparent;
        border-bottom: 2px solid transparent;
    }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
    QTabBar::tab:hover {{ color: {t.text}; }}
    QTabBar::tab:focus {{ color: {t.accent}; }}
    QFrame#panel {{
        background: {t.base}; border: 1px solid {t.border}; border-radius: 10px;
    }}
    QFrame#panel QLabel {{ background: transparent; }}
    QAbstractItemView#gallery {{ background: {t.window}; border: 0; }}
    QFrame#banner {{
        background: {t.raised}; border: 0; border-left: 4px solid {t.bad};
        border-bottom: 1px solid {t.border};
    }}
    QFrame#banner[good="true"] {{ border-left: 4px solid {t.good}; }}
    QLabel#note {{ color: {t.unsure}; }}
    QTableView {{ background: {t.base}; border: 0; color: {t.text}; }}
    QTableView:focus {{ border: 1px solid {t.accent}; border-radius: 4px; }}
    QHeaderView {{ background: {t.base}; border: 0; }}
    QHeaderView::section {{
        background: {t.base}; color: {t.muted}; border: 0; padding: 5px 8px; font-weight: 600;
    }}
    QHeaderView::up-arrow, QHeaderView::down-arrow {{ image: none; width: 0; height: 0; }}
    QTableCornerButton::section {{ background: {t.base}; border: 0; }}
    QAbstractScrollArea::corner {{ background: transparent; border: 0; }}
    QLabel#sketch {{ background: {t.canvas}; border-radius: 8px; padding: 12px 20px; }}
    QTabBar#parts::tab {{ padding: 9px 11px; }}
    QTableView#matrix QHeaderView::section {{ font-weight: 400; padding: 0 8px; }}
    QListView::item {{ padding: 5px 8px; }}
    QWidget#bare {{ background: transparent; }}
    QRadioButton::indicator {{
        width: 12px; height: 12px; border: 1px solid {t.muted}; border-radius: 7px;
        background: {t.base};
    }}
    QRadioButton::indicator:checked {{
        width: 6px; height: 6px; border: 4px solid {t.accent};
    }}
    QRadioButton:focus {{ color: {t.accent}; }}
    QLabel#muted {{ color: {t.muted}; }}
    QLabel#heading {{ color: {t.muted}; font-weight: 600; }}
    QListView, QLineEdit, QScrollArea {{
        background: {t.base}; border: 1px solid {t.border}; border-radius: 8px; color: {t.text};
    }}
    QLineEdit {{ padding: 6px 8px; }}
    QListView:focus, QLineEdit:focus {{ border-color: {t.accent}; }}
    QListView#plain, QScrollArea#plain {{ border: 0; background: transparent; }}
    QScrollBar {{ background: transparent; border: 0; margin: 0; }}
    QScrollBar:horizontal {{ height: 10px; }}
    QScrollBar:vertical {{ width: 10px; }}
    QScrollBar::handle {{ background: {t.border}; border-radius: 3px; margin: 2px; }}
    QScrollBar::handle:horizontal {{ min-width: 32px; }}
    QScrollBar::handle:vertical {{ min-height: 32px; }}
    QScrollBar::handle:disabled {{ background: transparent; }}
    QScrollBar::handle:hover {{ background: {t.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    QSlider::groove:horizontal {{ height: 4px; border-radius: 2px; background: {t.border}; }}
    QSlider::sub-page:horizontal {{ border-radius: 2px; background: {t.accent}; }}
    QSlider::sub-page:horizontal:disabled {{ background: {t.border}; }}
    QSlider::handle:horizontal {{
        width: 14px; margin: -5px 0; border-radius: 7px; background: {t.accent};
    }}
    QSlider::handle:horizontal:disabled {{ background: {t.muted}; }}
    QProgressBar {{
        background: {t.border}; border: 0; border-radius: 3px; min-height: 6px; max-height: 6px;
    }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
    QStatusBar {{ color: {t.muted}; border-top: 1px solid {t.border}; }}
    QStatusBar::item {{ border: 0; }}
    QMenuBar {{ background: {t.window}; }}
    QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border}; }}
    """
