"""The page Model: what the open file says about itself, how it was verified, how fast it is."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ..opened_model import Model
from ..protocol import Measured
from ..session import Session
from ..settings import Settings
from ..widgets.facts import Facts, breakable
from ..widgets.parts import enlarge, scrolled
from ..widgets.welcome import Welcome
from . import card_facts

WIDEST = 1120
"""Pixels: longer lines are hard to read."""


class ModelPage(QWidget):
    """The page.

    Signals:
        model_wanted: another model should be chosen. recent_wanted: path of a model.
    """

    model_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        self.welcome = Welcome(settings.recent("models"))
        self.welcome.ask_only_for_model()
        self.welcome.model_wanted.connect(self.model_wanted)
        self.welcome.recent_wanted.connect(self.recent_wanted)
        self._name, self._line = QLabel(), QLabel()
        self._speed = QLabel()
        self._measure = QPushButton(self.tr("Measure"))
        self.facts = {name: Facts() for name in ("origin", "input", "results", "verified", "file")}
        self._labels = QLabel()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self._content())
        self._measure.clicked.connect(self._ask_speed)
        session.measured.connect(self._measured)
        session.measure_failed.connect(self._not_measured)
        session.model_loaded.connect(self._show)
        session.lost.connect(lambda *_: self._can_measure())
        if session.model is not None:
            self._show(session.model)

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self.welcome.ask_only_for_model()

    def _show(self, model: Model) -> None:
        loaded, card = model.loaded, model.card
        self._stack.setCurrentIndex(1)
        self._name.setText(loaded.path.rpartition("/")[2])
        self._line.setText(card_facts.headline(model))
        self.facts["origin"].show_facts(card_facts.origin(card))
        self.facts["input"].show_facts(card_facts.takes(card))
        self.facts["results"].show_facts(card_facts.results(card))
        self.facts["verified"].show_facts(card_facts.verified(card))
        self.facts["file"].show_facts(card_facts.file_facts(loaded))
        self._labels.setText("   ·   ".join(map(breakable, card.labels)))
        self._labels.setAccessibleName(", ".join(card.labels))
        self._heading.setText(self.tr("Labels ({0})").format(len(card.labels)))
        self._speed.setText(self.tr("Not measured yet on this machine"))
        self._can_measure()

    def _ask_speed(self) -> None:
        self._measure.setEnabled(False)
        self._speed.setText(self.tr("Measuring …"))
        self._session.measure()

    def _measured(self, found: Measured) -> None:
        text = self.tr("{0:.1f} ms a picture (median of {1} runs, {2} threads)")
        self._speed.setText(text.format(found.milliseconds, found.runs, found.threads))
        self._can_measure()

    def _not_measured(self, reason: str) -> None:
        self._speed.setText(self.tr("Cannot be measured: {0}").format(reason))
        self._can_measure()

    def _can_measure(self) -> None:
        self._measure.setEnabled(self._session.client.running)
        if self._speed.text() == self.tr("Measuring …"):
            self._speed.setText(self.tr("Not measured yet on this machine"))

    def _content(self) -> QWidget:
        inner = QWidget()
        inner.setMaximumWidth(WIDEST)
        column = QVBoxLayout(inner)
        column.setContentsMargins(24, 14, 24, 10)
        column.setSpacing(14)
        column.addLayout(self._head())
        self._labels.setWordWrap(True)
        self._labels.setTextFormat(Qt.TextFormat.PlainText)
        self._heading = QLabel()
        column.addWidget(_panel(self._heading, self._labels))
        column.addLayout(self._panels())
        column.addStretch()
        area = scrolled(_centred(inner))
        area.setObjectName("page")
        area.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # the frame around all of it is for keys
        area.setAccessibleName(self.tr("What the model file says"))
        return area

    def _panels(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(14)
        left = ((self.tr("Trained"), "origin"), (self.tr("Takes"), "input"))
        right = ((self.tr("Verification"), "verified"), (self.tr("Measured"), "results"))
        for number, titles in enumerate((left, right)):
            for row, (title, name) in enumerate(titles):
                grid.addWidget(_panel(QLabel(title), self.facts[name]), row, number)
            grid.setColumnStretch(number, 1)
        grid.addWidget(_panel(QLabel(self.tr("File")), self.facts["file"]), 2, 0)
        grid.addWidget(self._speed_panel(), 2, 1)
        return grid

    def _head(self) -> QHBoxLayout:
        enlarge(self._name, 1.7)
        self._line.setObjectName("muted")
        self._line.setWordWrap(True)
        texts = QVBoxLayout()
        texts.setSpacing(4)
        texts.addWidget(self._name)
        texts.addWidget(self._line)
        row = QHBoxLayout()
        row.addLayout(texts, 1)
        other = QPushButton(self.tr("Open another model…"))
        other.clicked.connect(self.model_wanted)
        row.addWidget(other, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _speed_panel(self) -> QFrame:
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        self._speed.setWordWrap(True)
        row.addWidget(self._speed, 1)
        row.addWidget(self._measure)
        self._measure.setAccessibleName(self.tr("Measure the speed on this machine"))
        return _panel(QLabel(self.tr("Speed on this machine")), body)


def _panel(heading: QLabel, body: QWidget) -> QFrame:
    panel = QFrame()
    panel.setObjectName("panel")
    heading.setObjectName("heading")
    column = QVBoxLayout(panel)
    column.setContentsMargins(18, 14, 18, 16)
    column.setSpacing(10)
    column.addWidget(heading)
    column.addWidget(body)
    column.addStretch()
    return panel


def _centred(inner: QWidget) -> QWidget:
    outer = QWidget()
    row = QHBoxLayout(outer)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(inner, 20)
    row.addStretch(1)
    return outer
