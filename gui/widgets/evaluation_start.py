"""What stands where nothing was scored yet: which pictures are wanted, and how they lie."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..theme import colours

SHOWN_LABELS, SHOWN_FOLDERS = 3, 4


class EvaluationStart(QFrame):
    """An area to drop a folder on.

    Signals:
        folder_wanted, csv_wanted: a button was pressed. recent_wanted: path of data of before.
    """

    folder_wanted = Signal()
    csv_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._text, self._layout = QLabel(), QLabel(), QLabel()
        self._folder = QPushButton(self.tr("Choose folder…"))
        self._csv = QPushButton(self.tr("Choose CSV…"))
        self._folder.clicked.connect(self.folder_wanted)
        self._csv.clicked.connect(self.csv_wanted)
        self._recents = QVBoxLayout()
        self._recents.setSpacing(6)
        self._labels: tuple[str, ...] = ()
        self._arrange()

    @property
    def text(self) -> str:
        """How the pictures are to lie."""
        return self._layout.text()

    def invite(self, model: str, labels: Sequence[str], several: bool) -> None:
        """Say what is wanted for a model file of some labels."""
        self._title.setText(self.tr("How good is {0}?").format(model))
        shown = list(labels[:SHOWN_LABELS])
        if several:
            text = self.tr("Drop a CSV here that says which labels each picture has")
            layout = _csv_layout(shown)
        else:
            text = self.tr(
                "Drop a folder here: in it a folder for each label, in these its pictures"
            )
            layout = _folder_layout(shown, len(labels) > len(shown))
        note = self.tr("Take pictures that the model has not learned from")
        self._text.setText(f"{text}\n{note}")
        self._layout.setText(layout)
        self._folder.setVisible(not several)
        primary = self._csv if several else self._folder
        for button in (self._folder, self._csv):
            button.setObjectName("primary" if button is primary else "")
            button.style().unpolish(button)
            button.style().polish(button)

    def show_recents(self, paths: Sequence[str]) -> None:
        """List data of before."""
        while (item := self._recents.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if paths:
            heading = QLabel(self.tr("Recent"))
            heading.setObjectName("heading")
            self._recents.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
        for path in paths[:SHOWN_FOLDERS]:
            shown = Path(path)
            link = QPushButton(f"{shown.parent.name}/{shown.name}")
            link.setToolTip(path)
            link.setMinimumWidth(260)
            link.clicked.connect(lambda _=False, path=path: self.recent_wanted.emit(path))
            self._recents.addWidget(link, 0, Qt.AlignmentFlag.AlignHCenter)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the dashed border of a place to drop on."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours().border), 2, Qt.PenStyle.DashLine)
        pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(QColor(colours().base))
        painter.drawRoundedRect(QRectF(self.rect().adjusted(24, 20, -24, -20)), 14, 14)

    def _arrange(self) -> None:
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setWeight(font.Weight.DemiBold)
        self._title.setFont(font)
        self._layout.setTextFormat(Qt.TextFormat.RichText)
        self._layout.setObjectName("sketch")
        for label in (self._title, self._text):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        buttons.addWidget(self._folder)
        buttons.addWidget(self._csv)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setSpacing(16)
        column.addStretch(3)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addWidget(self._layout, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(buttons)
        column.addLayout(self._recents)
        column.addStretch(4)


def _folder_layout(labels: Sequence[str], more: bool) -> str:
    lines = ["test/"]
    for number, label in enumerate(labels):
        last = number == len(labels) - 1 and not more
        sign = "└─" if last else "├─"
        lines.append(
            f"{sign} {escape(label)}/   {'abc'[number % 3]}1.jpg  {'abc'[number % 3]}2.jpg …"
        )
    if more:
        lines.append("└─ …")
    return f"<pre style='margin: 0'>{'<br>'.join(lines)}</pre>"


def _csv_layout(labels: Sequence[str]) -> str:
    first = escape("|".join(labels[:2]))
    lines = ["file,labels", f"a.jpg,{first}", f"b.jpg,{escape(labels[-1])}", "c.jpg,"]
    return f"<pre style='margin: 0'>{'<br>'.join(lines)}</pre>"
