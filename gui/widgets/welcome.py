"""What stands where nothing is open yet: three steps, and the models of before."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from ..theme import colours
from .drop_area import DropArea


class Welcome(DropArea):
    """An area to drop things on; what was taken before are models.

    Signals:
        model_wanted, pictures_wanted: a button was pressed.
    """

    model_wanted = Signal()
    pictures_wanted = Signal()

    def __init__(self, recents: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._model = QPushButton(self.tr("Open model…"))
        self._pictures = QPushButton(self.tr("Open pictures…"))
        self._model.clicked.connect(self.model_wanted)
        self._pictures.clicked.connect(self.pictures_wanted)
        self._arrange(buttons=(self._model, self._pictures))
        self.show_recents(recents, self.tr("Recent models"))
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

    def _say(self, *steps: str) -> None:
        rows = "".join(
            f'<tr><td style="padding: 3px 12px; color: {colours().accent}"><b>{number}</b></td>'
            f'<td style="padding: 3px 0">{step}</td></tr>'
            for number, step in enumerate(steps, start=1)
        )
        self._text.setText(f'<table align="center">{rows}</table>')
