"""The form that says which folder is watched, and where its answers go."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..file_dialogs import ask_csv, ask_folder
from .choice import Tick
from .parts import enlarge


class WatchPlan(QWidget):
    """The form.

    Signals:
        start_wanted: the folder is named, a model is open, and Start was pressed.
        model_wanted: a model should be chosen.
    """

    start_wanted = Signal()
    model_wanted = Signal()

    def __init__(self, folder: str = "", csv: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._by = QLabel()
        self._by.setTextFormat(Qt.TextFormat.PlainText)
        self._by.setWordWrap(True)
        self._folder, self._csv = QLineEdit(folder), QLineEdit(csv)
        self._folder.setAccessibleName(self.tr("Folder that is watched"))
        self._csv.setAccessibleName(self.tr("CSV for the answers"))
        self._csv.setPlaceholderText(self.tr("Optional: a row is added for each picture"))
        self._present = Tick(self.tr("Also the pictures that are there already"))
        self._present.setChecked(True)
        self._start = QPushButton(self.tr("Start"))
        self._start.setObjectName("primary")
        self._model = QPushButton(self.tr("Open model…"))
        self._model.setObjectName("primary")
        self._has_model = False
        self._arrange()
        self._start.clicked.connect(self.start_wanted)
        self._model.clicked.connect(self.model_wanted)
        self._folder.textChanged.connect(lambda _: self._allow())
        for line in (self._folder, self._csv):
            line.returnPressed.connect(self._start.click)

    @property
    def folder(self) -> str:
        """Path of the folder, empty without one."""
        return self._folder.text()

    @property
    def csv(self) -> str:
        """Path of the CSV, empty without one."""
        return self._csv.text()

    @property
    def with_present(self) -> bool:
        """Whether what is there at the start is answered too."""
        return self._present.isChecked()

    def show_model(self, name: str) -> None:
        """Say which model answers; an empty name for none."""
        self._has_model = bool(name)
        answers = self.tr("New pictures are classified as they come, by {0}.").format(name)
        self._by.setText(answers if name else self.tr("Open a model first."))
        self._model.setVisible(not name)
        self._start.setVisible(bool(name))
        self._allow()

    def set_folder(self, path: str) -> None:
        """Name the folder."""
        self._folder.setText(path)

    def choose_folder(self) -> None:
        """Ask for the folder."""
        ask_folder(self, lambda paths: self.set_folder(paths[0]))

    def choose_csv(self) -> None:
        """Ask for the CSV."""
        ask_csv(self, self._csv.setText)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Let the folder be typed at once."""
        super().showEvent(event)
        self._folder.setFocus()

    def _allow(self) -> None:
        self._start.setEnabled(self._has_model and bool(self.folder))

    def _arrange(self) -> None:
        panel = QFrame()
        panel.setObjectName("panel")
        panel.setMaximumWidth(720)
        column = QVBoxLayout(panel)
        column.setContentsMargins(28, 24, 28, 24)
        column.setSpacing(14)
        title = QLabel(self.tr("Watch a folder"))
        enlarge(title, 1.7)
        column.addWidget(title)
        column.addWidget(self._by)
        column.addLayout(self._places())
        column.addWidget(self._present)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(self._model)
        buttons.addWidget(self._start)
        column.addLayout(buttons)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(panel, 6)
        row.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        outer.addLayout(row)
        outer.addStretch(3)

    def _places(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(10)
        for number, (text, line, choose) in enumerate(
            (
                (self.tr("Folder"), self._folder, self.choose_folder),
                (self.tr("CSV"), self._csv, self.choose_csv),
            )
        ):
            button = QPushButton(self.tr("Choose…"))
            button.setAccessibleName(f"{text}: {button.text()}")
            button.clicked.connect(choose)
            grid.addWidget(QLabel(text), number, 0)
            grid.addWidget(line, number, 1)
            grid.addWidget(button, number, 2)
        return grid
