"""What a palette cannot say: Qt's style sheet, a text for each part of the window."""

from collections.abc import Mapping
from string import Template

BUTTONS = """
QPushButton, QToolButton {
    background: $raised; border: 1px solid $border; border-radius: 6px; padding: 6px 14px;
    color: $text;
}
QToolButton { padding: 4px 10px; }
QPushButton:hover, QToolButton:hover { border-color: $accent; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:focus { border: 2px solid $accent; padding: 5px 13px; }
QToolButton:focus { border: 2px solid $accent; padding: 3px 9px; }
QPushButton:disabled, QToolButton:disabled { color: $muted; background: $window; }
QPushButton#primary {
    background: $accent; color: $on_accent; border-color: $accent; font-weight: 600;
}
QPushButton#primary:focus, QPushButton#chip:focus, QToolButton:checked:focus {
    border: 2px solid $text;
}
QPushButton#chip:focus { padding: 2px 11px; }
QPushButton#primary:disabled { background: $window; color: $muted; border-color: $border; }
QPushButton#chip {
    background: $accent; color: $on_accent; border-color: $accent; border-radius: 10px;
    padding: 3px 12px;
}
QToolButton#flat { background: transparent; border-color: transparent; }
QToolButton#flat:hover, QToolButton#flat:focus { border-color: $accent; }
QToolButton:checked { background: $accent; color: $on_accent; border-color: $accent; }
"""
INPUTS = """
QComboBox {
    background: $base; border: 1px solid $edge; border-radius: 6px; padding: 5px 8px;
    color: $text; min-height: 18px;
}
QComboBox:hover { border-color: $accent; }
QComboBox:focus { border: 2px solid $accent; padding: 4px 7px; }
QComboBox::drop-down { border: 0; width: 22px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView {
    background: $base; border: 1px solid $border; color: $text;
    selection-background-color: $accent; selection-color: $on_accent;
}
QRadioButton::indicator {
    width: 12px; height: 12px; border: 1px solid $edge; border-radius: 7px; background: $base;
}
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 4px solid $accent; }
QCheckBox::indicator {
    width: 14px; height: 14px; border: 1px solid $edge; border-radius: 4px; background: $base;
}
QCheckBox::indicator:checked { border-color: $accent; background: $accent; }
QCheckBox::indicator:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QCheckBox::indicator:checked:focus { border-color: $text; }
QRadioButton:focus { color: $accent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { border-radius: 2px; background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal {
    width: 14px; margin: -5px 0; border-radius: 7px; background: $accent;
}
QSlider::handle:horizontal:focus { background: $base; border: 3px solid $accent; width: 8px; }
QSlider::handle:horizontal:disabled { background: $muted; }
"""
TABS = """
QTabBar { font-weight: 600; }
QTabBar::tab {
    padding: 9px 18px; border: 0; color: $muted; background: transparent;
    border-bottom: 2px solid transparent;
}
QTabBar::tab:selected { color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:focus { color: $accent; }
QTabBar#parts::tab { padding: 9px 6px; }
"""
PANELS = """
QFrame#panel { background: $base; border: 1px solid $border; border-radius: 10px; }
QFrame#panel QLabel { background: transparent; }
QFrame#banner {
    background: $raised; border: 0; border-left: 4px solid $bad; border-bottom: 1px solid $border;
}
QFrame#banner[good="true"] { border-left: 4px solid $good; }
QLabel#note { color: $unsure; }
QLabel#muted { color: $muted; }
QLabel#heading { color: $muted; font-weight: 600; }
QLabel#sketch { background: $canvas; border-radius: 8px; padding: 12px 20px; }
QWidget#bare { background: transparent; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; }
"""
LISTS = """
QListView, QLineEdit, QScrollArea {
    background: $base; border: 1px solid $border; border-radius: 8px; color: $text;
}
QLineEdit {
    padding: 6px 8px; border-color: $edge; border-radius: 6px; placeholder-text-color: $muted;
}
QLineEdit:focus { border: 2px solid $accent; padding: 5px 7px; }
QListView::item { padding: 5px 8px; }
QListView:focus { border-color: $accent; }
QListView#plain, QScrollArea#plain { border: 0; background: transparent; }
QScrollArea#page { border: 2px solid transparent; background: transparent; }
QScrollArea#page:focus { border-color: $accent; }
QAbstractItemView#gallery { background: $window; border: 0; }
"""
TABLES = """
QTableView {
    background: $base; border: 2px solid transparent; border-radius: 6px; color: $text; outline: 0;
    selection-background-color: transparent; selection-color: $text;
}
QTableView:focus { border-color: $accent; }
QHeaderView { background: $base; border: 0; }
QHeaderView::section {
    background: $base; color: $muted; border: 0; padding: 5px 8px; font-weight: 600;
}
QHeaderView::up-arrow, QHeaderView::down-arrow { image: none; width: 0; height: 0; }
QTableCornerButton::section { background: $base; border: 0; }
QTableView#matrix QHeaderView::section { font-weight: 400; padding: 0 8px; }
QTableView#log {
    border: 1px solid $border; border-radius: 8px;
    selection-background-color: $border; selection-color: $text;
}
QTableView#log:focus { border-color: $accent; }
QTableView#log::item { padding: 0 8px; border: 0; }
QTableView#log QHeaderView { background: transparent; }
QTableView#log QHeaderView::section { background: transparent; padding: 6px 11px; }
"""
SCROLL_BARS = """
QScrollBar { background: transparent; border: 0; margin: 0; }
QScrollBar:horizontal { height: 10px; }
QScrollBar:vertical { width: 10px; }
QScrollBar::handle { background: $edge; border-radius: 3px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
"""
EDGES = """
QMenuBar { background: $window; padding: 3px 6px 0; spacing: 0; }
QMenuBar::item { padding: 4px 10px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $border; }
QStatusBar { color: $muted; border-top: 1px solid $border; }
QStatusBar::item { border: 0; }
QProgressBar {
    background: $border; border: 0; border-radius: 3px; min-height: 6px; max-height: 6px;
}
QProgressBar::chunk { background: $accent; border-radius: 3px; }
"""
WHOLE = BUTTONS + INPUTS + TABS + PANELS + LISTS + TABLES + SCROLL_BARS + EDGES


def style_sheet(colours: Mapping[str, str]) -> str:
    """Give the style sheet in the colours of a theme, by their names."""
    return Template(WHOLE).substitute(colours)
