"""Which pictures the gallery shows, in which order, how large."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSlider, QWidget

from .choice import Choice
from .own_keys import OwnKeys
from .range_slider import RangeSlider

SMALLEST, LARGEST = 80, 320
"""Pixels of a picture in the gallery."""
TYPING_MS = 120


class FilterBar(QWidget):
    """The bar.

    Signals:
        changed: something else is to be shown. resized: pixels of a picture's longest side.
    """

    changed = Signal()
    resized = Signal(int)

    def __init__(self, side: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = Choice(self.tr("Label"), [(self.tr("All labels"), -1)])
        self._state = Choice(self.tr("State"), self._states())
        self._range = RangeSlider(self.tr("Confidence"))
        self._name = QLineEdit()
        self._name.setPlaceholderText(self.tr("File name"))
        self._name.setAccessibleName(self.tr("Part of the file's name"))
        self._name.setClearButtonEnabled(True)
        self._order = Choice(self.tr("Order"), self._orders())
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setRange(SMALLEST, LARGEST)
        self._size.setSingleStep(20)
        self._size.setValue(side)
        self._size.setAccessibleName(self.tr("Size of the pictures"))
        self._size.setToolTip(self.tr("Size of the pictures (Ctrl and the wheel)"))
        self.count = QLabel()
        self._typing = QTimer(self, interval=TYPING_MS, singleShot=True)
        self._keys = OwnKeys(self._label, self._state, self._range, self._order, self._size)
        self._arrange()
        self._connect()

    @property
    def label(self) -> int | None:
        """Number of the label that is to be shown, None for all."""
        number = int(self._label.currentData())
        return None if number < 0 else number

    @property
    def state(self) -> str:
        """One of `filtering.STATES`."""
        return str(self._state.currentData())

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest probability, 0..1."""
        low, high = self._range.range
        return low / 100, high / 100

    @property
    def name(self) -> str:
        """A part of the file's name."""
        return self._name.text()

    @property
    def order(self) -> str:
        """One of `filtering.ORDERS`."""
        return str(self._order.currentData())

    def show_labels(self, labels: Sequence[str]) -> None:
        """Offer another model's labels; none of them is chosen."""
        self._label.blockSignals(True)
        while self._label.count() > 1:
            self._label.removeItem(1)
        for number, label in enumerate(labels):
            self._label.addItem(label, number)
        self._label.setCurrentIndex(0)
        self._label.blockSignals(False)

    def choose_label(self, number: int) -> None:
        """Show a label's pictures, -1 for all."""
        self._label.setCurrentIndex(number + 1)

    def choose_state(self, state: str) -> None:
        """Show the pictures in a state."""
        self._state.setCurrentIndex(self._state.findData(state))

    def choose_order(self, order: str) -> None:
        """Sort otherwise."""
        self._order.setCurrentIndex(self._order.findData(order))

    def show_count(self, count: int, total: int) -> None:
        """Say how many are shown; the room that it takes does not change with it."""
        text = self.tr("{0:,} of {1:,}")
        widest = self.count.fontMetrics().horizontalAdvance(text.format(total, total))
        self.count.setMinimumWidth(widest)
        self.count.setText(text.format(count, total))

    def enlarge(self, steps: int) -> None:
        """Show larger pictures, or smaller ones for negative steps."""
        self._size.setValue(self._size.value() + steps * self._size.singleStep())

    def search(self) -> None:
        """Take the keyboard to the name."""
        self._name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._name.selectAll()

    def clear(self) -> bool:
        """Let everything through, in the order that is chosen; tells whether that is a change."""
        whole = not (self.name or self.label is not None) and self.state == "all"
        if whole and self.range == (0.0, 1.0):
            return False
        self.blockSignals(True)
        self._label.setCurrentIndex(0)
        self._state.setCurrentIndex(0)
        self._range.set_range(0, 100)
        self._name.clear()
        self.blockSignals(False)
        self._typing.stop()
        self.changed.emit()
        return True

    def _connect(self) -> None:
        for combo in (self._label, self._state, self._order):
            combo.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._range.changed.connect(lambda *_: self._typing.start())
        self._name.textChanged.connect(lambda _: self._typing.start())
        self._typing.timeout.connect(self.changed)
        self._size.valueChanged.connect(self.resized)

    def _arrange(self) -> None:
        confidence = QLabel(self.tr("Confidence"))
        confidence.setObjectName("muted")
        self.count.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.count.setObjectName("muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget, stretch in (
            *((self._label, 3), (self._state, 2), (confidence, 0), (self._range, 4)),
            *((self._name, 3), (self._order, 3), (self._size, 2), (self.count, 0)),
        ):
            row.addWidget(widget, stretch)

    def _states(self) -> list[tuple[str, str]]:
        return [
            (self.tr("All states"), "all"),
            (self.tr("Wrong"), "wrong"),
            (self.tr("Unsure"), "unsure"),
            (self.tr("Unknown"), "unknown"),
            (self.tr("Reviewed"), "reviewed"),
            (self.tr("Unreadable"), "unreadable"),
        ]

    def _orders(self) -> list[tuple[str, str]]:
        return [
            (self.tr("As found"), "given"),
            (self.tr("By name"), "name"),
            (self.tr("Least sure first"), "least probable"),
            (self.tr("Surest first"), "most probable"),
            (self.tr("Closest race first"), "margin"),
        ]
