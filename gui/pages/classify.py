"""The page Classify: one picture, its answer, and the other pictures of the session below."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QSplitter,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..jobs import Progress
from ..session import Session
from ..settings import Settings
from ..thumbnails import Thumbnails, read_scaled
from ..widgets.answer_panel import AnswerPanel, can_be_judged
from ..widgets.filmstrip import Filmstrip
from ..widgets.label_picker import LabelPicker
from ..widgets.viewer import Viewer
from ..widgets.welcome import Welcome

if TYPE_CHECKING:
    from ..protocol import Explained, Row

LONGEST = 8192
"""Pixels of a shown picture's long side: a graphics card takes no more, memory hardly."""
THUMBNAIL = 200


class ClassifyPage(QWidget):
    """The page."""

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        self._milliseconds: float | None = None
        self.thumbnails = Thumbnails(THUMBNAIL, self)
        self.welcome = Welcome(settings.recent("models"))
        self.viewer = Viewer()
        self.panel = AnswerPanel()
        self.filmstrip = Filmstrip(session, self.thumbnails)
        self._heat, self._opacity = QToolButton(), QSlider(Qt.Orientation.Horizontal)
        self._scale = QLabel()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self._content())
        self._connect()

    @property
    def current(self) -> int:
        """Number of the shown picture, -1 without one."""
        return self.filmstrip.current

    @property
    def heat(self) -> bool:
        """Whether the heat map is wanted."""
        return self._heat.isChecked()

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self.viewer.refresh_theme()
        self._show_answer()
        self._invite()

    def step(self, by: int) -> None:
        """Show the next picture or the one before."""
        self.filmstrip.choose(self.current + by)

    def choose(self, index: int) -> None:
        """Show a picture."""
        self.filmstrip.choose(index)

    def toggle_heat(self) -> None:
        """Show or hide the heat map."""
        if self._heat.isEnabled():
            self._heat.toggle()

    def say_right(self) -> None:
        """Note that the answer is right, and go on with the next picture."""
        row = self._row()
        if row is not None and can_be_judged(row) and not row.unknown:
            self._session.decide(self.current, row.predictions[0].label)
            self.step(1)

    def say_wrong(self) -> None:
        """Ask which label is right."""
        row, model = self._row(), self._session.model
        if not can_be_judged(row) or model is None:
            return
        picker = LabelPicker(model.card.labels, self)
        picker.accepted.connect(lambda: self.say(picker.label))
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.open()

    def say(self, label: str) -> None:
        """Note the right label of the shown picture."""
        if can_be_judged(self._row()):
            self._session.decide(self.current, label)

    def say_number(self, number: int) -> None:
        """Note the label of a place in the model's order, from 1."""
        model = self._session.model
        if model is not None and number <= len(model.card.labels):
            self.say(model.card.labels[number - 1])

    def copy(self) -> None:
        """Put the answer on the clipboard."""
        if self.current >= 0:
            path = self._session.results.paths[self.current]
            QGuiApplication.clipboard().setText(f"{path}  {self.panel.text}")

    def stop(self) -> None:
        """Let no thread go on."""
        self.thumbnails.stop()

    def _connect(self) -> None:
        session = self._session
        session.pictures_added.connect(self._added)
        session.opened.connect(self.filmstrip.choose)
        session.answered.connect(self._answered)
        session.reviewed.connect(self._reviewed)
        session.explained.connect(self._explained)
        session.progressed.connect(self._progressed)
        session.model_loaded.connect(lambda _: self._model_changed())
        session.model_loading.connect(lambda _: self._invite())
        session.model_failed.connect(lambda *_: self._invite())
        self.filmstrip.shown.connect(lambda _: self._show())
        self.panel.right.connect(self.say_right)
        self.panel.wrong.connect(self.say_wrong)
        self.panel.label_chosen.connect(lambda _: self._ask_heat())
        self.viewer.zoomed.connect(self._show_scale)

    def _content(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.viewer, 1)
        column.addLayout(self._tools())
        column.addWidget(self.filmstrip)
        splitter = QSplitter()
        splitter.setHandleWidth(14)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(_scrolled(self.panel))
        splitter.setStretchFactor(0, 1)
        splitter.setSizes([900, 340])
        content = QWidget()
        frame = QHBoxLayout(content)
        frame.setContentsMargins(14, 14, 14, 10)
        frame.addWidget(splitter)
        return content

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for text, tip, action in (
            (self.tr("Fit"), self.tr("Show the whole picture (F)"), self.viewer.fit),
            ("1:1", self.tr("A pixel on a pixel (1:1)"), self.viewer.actual_size),
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.clicked.connect(action)
            row.addWidget(button)
        self._scale.setObjectName("muted")
        self._scale.setMinimumWidth(60)
        row.addWidget(self._scale)
        row.addStretch()
        self._heat.setText(self.tr("Heat map"))
        self._heat.setCheckable(True)
        self._heat.toggled.connect(lambda _: self._ask_heat())
        self._opacity.setRange(5, 100)
        self._opacity.setFixedWidth(130)
        self._opacity.setAccessibleName(self.tr("Opacity of the heat map"))
        self._opacity.setToolTip(self._opacity.accessibleName())
        self._opacity.setEnabled(False)
        self._opacity.setValue(self._settings.heat_opacity)
        self._opacity.valueChanged.connect(self._set_opacity)
        self.viewer.set_heat_opacity(self._opacity.value())
        row.addWidget(self._heat)
        row.addWidget(self._opacity)
        self._allow_heat()
        return row

    def _set_opacity(self, percent: int) -> None:
        self._settings.heat_opacity = percent
        self.viewer.set_heat_opacity(percent)

    def _allow_heat(self) -> None:
        model = self._session.model
        explains = model is not None and model.loaded.explains
        self._heat.setEnabled(explains)
        without = self.tr("This model file has no activation maps (exported with --no-explain)")
        tip = self.tr("Where in the picture the chosen label was seen (H)")
        self._heat.setToolTip(without if model is not None and not explains else tip)
        if not explains:
            self._heat.setChecked(False)

    def _invite(self) -> None:
        if self._session.loading:
            self.welcome.say_loading(Path(self._session.loading).name)
        elif self._session.model is None:
            self.welcome.say_no_model()
        else:
            self.welcome.say_no_pictures()

    def _model_changed(self) -> None:
        self._allow_heat()
        self._invite()
        if self.current >= 0:
            self._show()

    def _added(self, _first: int, _count: int) -> None:
        self._stack.setCurrentIndex(1)

    def _answered(self, indices: list[int]) -> None:
        if self.current in indices:
            self._show_answer()
            self._ask_heat()

    def _reviewed(self, index: int) -> None:
        if index == self.current:
            self._show_answer()
        else:
            self.filmstrip.choose(index)  # undone: show what changed

    def _progressed(self, progress: Progress) -> None:
        if progress.seconds_each is not None:
            self._milliseconds = 1000 * progress.seconds_each

    def _show_scale(self, percent: int) -> None:
        self._scale.setText(f"{percent}%" if percent else "")

    def _row(self) -> "Row | None":
        index = self.current
        return self._session.results.rows[index] if index >= 0 else None

    def _show(self) -> None:
        path = self._session.results.paths[self.current]
        pasted = self._session.pasted.image(path)
        image = pasted or read_scaled(path, LONGEST)
        if pasted is not None:
            self.thumbnails.put(path, pasted)
        self.viewer.show_picture(image)
        size = pasted.size() if pasted is not None else None
        self.panel.show_file(path, size, self._milliseconds)
        self._show_answer()
        self._ask_heat()

    def _show_answer(self) -> None:
        from ..state import UNSURE_BELOW

        if self.current < 0:
            return
        said = self._session.review.of(self._session.results.paths[self.current])
        self.panel.show_row(self._row(), said, UNSURE_BELOW)

    def _ask_heat(self) -> None:
        self._opacity.setEnabled(self._heat.isChecked())
        self.viewer.clear_heat()
        label, row = self.panel.bars.label, self._row()
        if self._heat.isChecked() and label and row is not None and row.predictions:
            self._session.explain(self.current, label)

    def _explained(self, index: int, found: "Explained") -> None:
        if index == self.current and self._heat.isChecked():
            self.viewer.show_heat(found.map, found.region)


def _scrolled(panel: QWidget) -> QScrollArea:
    """Let a panel be taller than a small window."""
    area = QScrollArea()
    area.setObjectName("plain")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setMinimumWidth(300)
    area.setWidget(panel)
    return area
