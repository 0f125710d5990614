"""What several pages are made of: headings, buttons of tools, parts side by side or scrolled."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QLayout, QScrollArea, QSplitter, QToolButton, QWidget


def empty(layout: QLayout) -> None:
    """Take all widgets out of a layout, and let them go."""
    while (item := layout.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()


def scrolled(inner: QWidget) -> QScrollArea:
    """Let a widget be taller than a small window."""
    area = QScrollArea()
    area.setObjectName("plain")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(inner)
    return area


def beside(left: QWidget, right: QWidget, widths: tuple[int, int], handle: int = 12) -> QSplitter:
    """Put two parts side by side, to be moved apart; the first takes what room is left."""
    splitter = QSplitter()
    splitter.setHandleWidth(handle)
    splitter.setChildrenCollapsible(False)
    splitter.addWidget(left)
    splitter.addWidget(right)
    splitter.setStretchFactor(0, 1)
    splitter.setSizes(list(widths))
    return splitter


def enlarge(label: QLabel, factor: float) -> None:
    """Make a label's letters larger by a factor, and half bold, as titles are."""
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setWeight(font.Weight.DemiBold)
    label.setFont(font)


def heading(text: str = "") -> QLabel:
    """Write the name of a part."""
    label = QLabel(text)
    label.setObjectName("heading")
    return label


def tool(text: str, meaning: str, act: Callable[[], object] | None = None) -> QToolButton:
    """Make a small button; one that does nothing at once stays down until it is pressed again."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(meaning)
    button.setCheckable(act is None)
    if act is not None:
        button.clicked.connect(lambda _: act())
    return button
