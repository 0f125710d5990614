"""What stands where nothing was scored yet: which pictures are wanted, and how they lie."""

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from .drop_area import DropArea

SHOWN_LABELS = 3


class EvaluationStart(DropArea):
    """An area to drop a folder on; what was taken before are data.

    Signals:
        folder_wanted, csv_wanted: a button was pressed.
    """

    folder_wanted = Signal()
    csv_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._note = QLabel()
        self._sketch = QLabel(textFormat=Qt.TextFormat.RichText)
        self._sketch.setObjectName("sketch")
        for label in (self._title, self._text):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._folder = QPushButton(self.tr("Choose folder…"))
        self._csv = QPushButton(self.tr("Choose CSV…"))
        self._folder.clicked.connect(self.folder_wanted)
        self._csv.clicked.connect(self.csv_wanted)
        self._note.setObjectName("muted")
        self._note.setText(self.tr("Take pictures that the model has not learned from"))
        self._arrange(self._sketch, self._note, buttons=(self._folder, self._csv))

    @property
    def text(self) -> str:
        """How the pictures are to lie."""
        return self._sketch.text()

    def invite(self, model: str, labels: Sequence[str], several: bool) -> None:
        """Say what is wanted for a model file of some labels."""
        self._title.setText(self.tr("How good is {0}?").format(model))
        shown = list(labels[:SHOWN_LABELS])
        if several:
            text = self.tr("Drop a CSV here that says which labels each picture has")
            layout = _csv_layout(shown)
        else:
            text = self.tr("Drop a folder here that holds a folder of pictures for each label")
            layout = _folder_layout(shown, len(labels) > len(shown))
        self._text.setText(text)
        self._sketch.setText(layout)
        self._folder.setVisible(not several)
        self._emphasise(self._csv if several else self._folder)


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
