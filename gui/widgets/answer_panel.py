"""The answer for one picture: its label in large, the bars, the verdict, and the file's facts."""

import os
from pathlib import Path

from PySide6.QtCore import QFileInfo, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QImageReader, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...inference.label_text import parted
from ..protocol import Row
from ..review import Verdict
from ..theme import Colours, colours
from ..verdict_label import answered_label
from ..wording import data_size, percent
from .answers import AnswerBars
from .facts import Facts


class AnswerPanel(QFrame):
    """The panel.

    Signals:
        right, wrong: a button was pressed. label_chosen: one of the bars.
    """

    right = Signal()
    wrong = Signal()
    label_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._answer, self._sure = QLabel(), QLabel()
        font = self._answer.font()
        font.setPointSizeF(font.pointSizeF() * 2.1)
        font.setWeight(font.Weight.Bold)
        self._answer.setFont(font)
        for label in (self._answer, self._sure):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._sure.setWordWrap(True)
        self.bars = AnswerBars()
        self.bars.chosen.connect(self.label_chosen)
        self._right = QPushButton(self.tr("Right"))
        self._wrong = QPushButton(self.tr("Wrong…"))
        self._right.setToolTip(self.tr("The answer is right; next picture (Y or Enter)"))
        self._wrong.setToolTip(self.tr("Say what it is (N)"))
        self._right.clicked.connect(self.right)
        self._wrong.clicked.connect(self.wrong)
        self._said = QLabel()
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self._said.setWordWrap(True)
        self.facts = Facts()
        self._whole = ""
        self._arrange()
        self.show_row(None, None, 0.0)

    @property
    def text(self) -> str:
        """The answer as a line, to be copied."""
        return f"{self._whole}  {self._sure.text()}".strip()

    def show_row(
        self, row: Row | None, said: Verdict | None, unsure_below: float, folder: str | None = None
    ) -> None:
        """Show an answer, None while there is none.

        Args:
            row: the answer.
            said: what a person said about it.
            unsure_below: the probability below which it is called unsure.
            folder: the label that the picture's folder is named after, if it is one.
        """
        theme = colours()
        predictions = row.predictions if row else ()
        text, colour = self._headline(row, unsure_below, theme)
        self._whole = text
        self._answer.setStyleSheet(f"color: {colour}")
        self._answer.setAccessibleName(text)
        self._answer.setToolTip(text)
        self._elide()
        self._sure.setText(self._how_sure(row, unsure_below))
        unsure = bool(predictions) and predictions[0].probability < unsure_below
        self._sure.setStyleSheet(f"color: {theme.unsure if unsure else theme.muted}")
        self.bars.show_answer(predictions)
        self.bars.setVisible(bool(predictions))
        for widget in (self._said, self._right, self._wrong):
            widget.setVisible(can_be_judged(row))
        if row is not None and row.unknown:  # there is no label for it that could be right
            self._right.hide()
        self._say(said, answered_label(row) if row and predictions else None, folder, theme)

    def show_file(self, path: str, pasted: QSize | None, milliseconds: float | None) -> None:
        """Show the facts of a picture's file; `pasted` is the size of one that is no file."""
        size = pasted or QImageReader(path).size()
        pixels = f"{size.width()} × {size.height()}" if size.isValid() else ""
        length = 0 if pasted else QFileInfo(path).size()
        speed = self.tr("{0:.0f} ms a picture").format(milliseconds) if milliseconds else ""
        facts = [
            (self.tr("File"), Path(path).name),
            (self.tr("Folder"), "" if pasted else _short(str(Path(path).parent))),
            (self.tr("Pixels"), pixels),
            (self.tr("Size"), data_size(length) if length else ""),
            (self.tr("Speed"), speed),
        ]
        self.facts.show_facts(facts)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Shorten the answer to the new width."""
        super().resizeEvent(event)
        self._elide()

    def _headline(self, row: Row | None, unsure_below: float, theme: Colours) -> tuple[str, str]:
        if row is None:
            return self.tr("…"), theme.muted
        if row.error is not None:
            return self.tr("Unreadable"), theme.bad
        if row.labels is not None:
            return ", ".join(row.labels) or self.tr("None of the labels"), theme.text
        if row.unknown:
            return self.tr("Unknown"), theme.unsure
        unsure = row.predictions[0].probability < unsure_below
        return row.predictions[0].label, theme.unsure if unsure else theme.text

    def _how_sure(self, row: Row | None, unsure_below: float) -> str:
        if row is None:
            return self.tr("Waiting for the answer")
        if row.error is not None:
            return row.error
        first = row.predictions[0].probability
        if row.labels is not None:
            return self.tr("{0} of the labels apply").format(len(row.labels))
        if row.unknown:
            nearest = self.tr("None of the labels; nearest: {0} {1}")
            return nearest.format(row.predictions[0].label, percent(first))
        ahead = first - (row.predictions[1].probability if len(row.predictions) > 1 else 0.0)
        text = self.tr("{0}, {1:.1f} points ahead").format(percent(first), 100 * ahead)
        return self.tr("Unsure: {0}").format(text) if first < unsure_below else text

    def _say(
        self, said: Verdict | None, answered: str | None, folder: str | None, theme: Colours
    ) -> None:
        if said is None and folder is None:
            text, colour = self.tr("Is this right?"), theme.muted
        elif said is None and folder == answered:
            text, colour = self.tr("✓ Its folder says so too"), theme.good
        elif said is None:
            text, colour = self.tr("✗ Its folder says: {0}").format(folder), theme.bad
        elif said.label is None:
            text, colour = self.tr("? You could not tell"), theme.unsure
        elif said.label == answered:
            text, colour = self.tr("✓ You said that this is right"), theme.good
        else:
            labels = ", ".join(parted(said.label)) or self.tr("none of the labels")
            text, colour = self.tr("✎ You said: {0}").format(labels), theme.unsure
        self._said.setText("" if answered is None else text)
        self._said.setStyleSheet(f"color: {colour}")

    def _elide(self) -> None:
        metrics, room = QFontMetrics(self._answer.font()), self.width() - 44
        elided = metrics.elidedText(self._whole, Qt.TextElideMode.ElideRight, max(room, 40))
        self._answer.setText(elided)

    def _arrange(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self._right)
        buttons.addWidget(self._wrong)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(6)
        for widget in (self._answer, self._sure):
            column.addWidget(widget)
        column.addSpacing(8)
        column.addWidget(self.bars)
        column.addSpacing(8)
        column.addWidget(self._said)
        column.addLayout(buttons)
        column.addSpacing(14)
        column.addWidget(self.facts)
        column.addStretch()
        self._answer.setMinimumWidth(40)
        self.setMinimumWidth(290)


def can_be_judged(row: Row | None) -> bool:
    """Tell whether there is an answer, which can be said to be right."""
    return row is not None and bool(row.predictions)


def _short(folder: str) -> str:
    home = str(Path.home())
    return f"~{folder[len(home) :]}" if folder.startswith(home + os.sep) else folder
