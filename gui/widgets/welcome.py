"""What stands where nothing is open yet: three steps, and the models of before."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..theme import colours

SHOWN = 4


class Welcome(QFrame):
    """An area to drop things on.

    Signals:
        model_wanted, pictures_wanted: a button was pressed. recent_wanted: path of a model.
    """

    model_wanted = Signal()
    pictures_wanted = Signal()
    recent_wanted = Signal(str)

    def __init__(self, recents: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._text = QLabel(), QLabel()
        font = self._title.font()
        font.setPointSizeF(font.pointSizeF() * 1.7)
        font.setWeight(font.Weight.DemiBold)
        self._title.setFont(font)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._model = QPushButton(self.tr("Open model…"))
        self._pictures = QPushButton(self.tr("Open pictures…"))
        self._model.clicked.connect(self.model_wanted)
        self._pictures.clicked.connect(self.pictures_wanted)
        self._recents = QVBoxLayout()
        self._arrange()
        self.show_recents(recents)
        self.say_no_model()

    def say_no_model(self) -> None:
        """Ask for a model."""
        self._title.setText(self.tr("Which label fits this picture?"))
        self._say(
            self.tr("Drop a model file here: an <b>.onnx</b> that tlx export wrote"),
            self.tr("Drop pictures or a folder, or paste one"),
            self.tr("See the answers, and say where they are wrong"),
        )
        self._emphasise(self._model)

    def ask_only_for_model(self) -> None:
        """Ask for a model where pictures would not be shown."""
        self._title.setText(self.tr("No model is open"))
        self._text.setText(self.tr("Drop an .onnx file here that tlx export wrote"))
        self._pictures.hide()
        self._emphasise(self._model)

    def ask_for_folder(self) -> None:
        """Offer to open a folder, not single pictures."""
        self._pictures.setText(self.tr("Open folder…"))

    def say_no_pictures(self) -> None:
        """Ask for pictures; the model is there."""
        self._title.setText(self.tr("Drop pictures here"))
        self._text.setText(self.tr("Files, a folder, or Ctrl+V for one that was copied"))
        self._emphasise(self._pictures)

    def say_loading(self, name: str) -> None:
        """Say that a model is being opened."""
        self._title.setText(self.tr("Opening {0} …").format(name))
        self._text.setText(self.tr("Pictures that you drop now wait for it"))

    def show_recents(self, paths: Sequence[str]) -> None:
        """List models of before."""
        while (item := self._recents.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        if paths:
            heading = QLabel(self.tr("Recent models"))
            heading.setObjectName("heading")
            self._recents.addWidget(heading, 0, Qt.AlignmentFlag.AlignHCenter)
        for path in paths[:SHOWN]:
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
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        buttons.addWidget(self._model)
        buttons.addWidget(self._pictures)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setSpacing(18)
        column.addStretch(3)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addLayout(buttons)
        column.addSpacing(12)
        column.addLayout(self._recents)
        column.addStretch(4)

    def _say(self, *steps: str) -> None:
        rows = "".join(
            f'<tr><td style="padding: 3px 12px; color: {colours().accent}"><b>{number}</b></td>'
            f'<td style="padding: 3px 0">{step}</td></tr>'
            for number, step in enumerate(steps, start=1)
        )
        self._text.setText(f'<table align="center">{rows}</table>')

    def _emphasise(self, primary: QPushButton) -> None:
        for button in (self._model, self._pictures):
            button.setObjectName("primary" if button is primary else "")
            button.style().unpolish(button)
            button.style().polish(button)
