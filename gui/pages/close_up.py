"""One picture in large, with its answer beside it: a part of two pages."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from ..jobs import Progress
from ..picture_loader import PictureLoader
from ..session import Session
from ..settings import Settings
from ..thumbnails import Thumbnails
from ..widgets.answer_panel import AnswerPanel
from ..widgets.own_keys import OwnKeys
from ..widgets.parts import beside, scrolled, tool
from ..widgets.viewer import Viewer

if TYPE_CHECKING:
    from ..protocol import Explained, Row


class CloseUp(QWidget):
    """The picture, tools below it, and the answer at the right.

    Signals:
        right, wrong: a button of the answer was pressed.
    """

    right = Signal()
    wrong = Signal()

    def __init__(
        self,
        session: Session,
        settings: Settings,
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._settings, self._thumbnails = session, settings, thumbnails
        self._milliseconds: float | None = None
        self._loader = PictureLoader(self)
        self.index = -1
        self.viewer = Viewer()
        self.panel = AnswerPanel()
        self._heat, self._opacity = (
            tool(self.tr("Heat map"), ""),
            QSlider(Qt.Orientation.Horizontal),
        )
        self._scale = QLabel()
        self.left = QVBoxLayout()
        self._arrange()
        self._connect()

    def show_index(self, index: int) -> None:
        """Show a picture, by its number; it is decoded in a thread."""
        self.index = index
        path = self._session.results.paths[index]
        pasted = self._session.pasted.image(path)
        size = pasted.size() if pasted is not None else None
        self.panel.show_file(path, size, self._milliseconds)
        if pasted is not None:
            self._thumbnails.put(path, pasted)
        if (image := pasted or self._loader.get(path)) is not None:
            self.viewer.show_picture(image)
        else:
            self.viewer.show_preview(self._thumbnails.get(path))
        self.show_answer()
        self.ask_heat()

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self.viewer.refresh_theme()
        self.show_answer()

    def refresh(self) -> None:
        """Show the picture's answer of another model."""
        self._allow_heat()
        if self.index >= 0:
            self.show_answer()
            self.ask_heat()

    def toggle_heat(self) -> None:
        """Show or hide the heat map."""
        if self._heat.isEnabled():
            self._heat.toggle()

    def copy(self) -> None:
        """Put the answer on the clipboard."""
        if self.index >= 0:
            path = self._session.results.paths[self.index]
            QGuiApplication.clipboard().setText(f"{path}  {self.panel.text}")

    def stop(self) -> None:
        """Let no thread go on."""
        self._loader.stop()

    def show_answer(self) -> None:
        """Show the answer and what was said of it, as they are now."""
        if self.index < 0:
            return
        results = self._session.results
        said = self._session.review.of(results.paths[self.index])
        truth = int(results.truth[self.index])
        folder = results.labels[truth] if truth >= 0 else None
        self.panel.show_row(self._row(), said, results.unsure_below, folder)

    def ask_heat(self) -> None:
        """Ask for the heat map of the label that is chosen, if it is wanted."""
        self._opacity.setEnabled(self._heat.isChecked())
        self.viewer.clear_heat()
        label, row = self.panel.bars.label, self._row()
        if self._heat.isChecked() and label and row is not None and row.predictions:
            self._session.explain(self.index, label)

    def _connect(self) -> None:
        session = self._session
        session.answered.connect(self._answered)
        session.reviewed.connect(self._reviewed)
        session.explained.connect(self._explained)
        session.progressed.connect(self._progressed)
        session.model_loaded.connect(lambda _: self.refresh())
        self._loader.loaded.connect(self._loaded)
        self.panel.right.connect(self.right)
        self.panel.wrong.connect(self.wrong)
        self.panel.label_chosen.connect(lambda _: self.ask_heat())
        self.viewer.zoomed.connect(self._show_scale)

    def _arrange(self) -> None:
        left = QWidget()
        left.setLayout(self.left)
        self.left.setContentsMargins(0, 0, 0, 0)
        self.left.setSpacing(10)
        self.left.addWidget(self.viewer, 1)
        self.left.addLayout(self._tools())
        right = scrolled(self.panel)
        right.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right.setMinimumWidth(300)
        frame = QHBoxLayout(self)
        frame.setContentsMargins(14, 14, 14, 10)
        frame.addWidget(beside(left, right, (900, 340), handle=14))

    def _tools(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(tool(self.tr("Fit"), self.tr("Show the whole picture (F)"), self.viewer.fit))
        tip = self.tr("A pixel on a pixel (1:1)")
        row.addWidget(tool("1:1", tip, self.viewer.actual_size))
        self._scale.setObjectName("muted")
        self._scale.setMinimumWidth(60)
        row.addWidget(self._scale)
        row.addStretch()
        row.addWidget(self._heat)
        row.addWidget(self._opacity)
        self._set_up_heat()
        return row

    def _set_up_heat(self) -> None:
        self._heat.toggled.connect(lambda _: self.ask_heat())
        self._opacity.setRange(5, 100)
        self._opacity.setFixedWidth(130)
        self._opacity.setAccessibleName(self.tr("Opacity of the heat map"))
        self._opacity.setToolTip(self._opacity.accessibleName())
        self._opacity.setEnabled(False)
        self._opacity.setValue(self._settings.heat_opacity)
        self._opacity.valueChanged.connect(self._set_opacity)
        self._keys = OwnKeys(self._opacity)
        self.viewer.set_heat_opacity(self._opacity.value())
        self._allow_heat()

    def _set_opacity(self, percent: int) -> None:
        self._settings.heat_opacity = percent
        self.viewer.set_heat_opacity(percent)

    def _allow_heat(self) -> None:
        model = self._session.model
        explains = model is not None and model.loaded.explains
        self._heat.setEnabled(explains)
        without = self.tr("This model file has no activation maps (exported with --no-explain)")
        tip = self.tr("Where in the picture the chosen label was seen (H; hold it to peek)")
        self._heat.setToolTip(without if model is not None and not explains else tip)
        if not explains:
            self._heat.setChecked(False)

    def _loaded(self, path: str, image: QImage) -> None:
        if self.index >= 0 and self._session.results.paths[self.index] == path:
            self.viewer.show_picture(image)

    def _answered(self, indices: list[int]) -> None:
        if self.index in indices:
            self.show_answer()
            self.ask_heat()

    def _reviewed(self, indices: list[int]) -> None:
        if self.index in indices:
            self.show_answer()

    def _progressed(self, progress: Progress) -> None:
        if progress.seconds_each is not None:
            self._milliseconds = 1000 * progress.seconds_each

    def _show_scale(self, percent: int) -> None:
        self._scale.setText(f"{percent}%" if percent else "")

    def _row(self) -> "Row | None":
        return self._session.results.row(self.index) if self.index >= 0 else None

    def _explained(self, index: int, found: "Explained") -> None:
        if index == self.index and self._heat.isChecked():
            self.viewer.show_heat(found.map, found.region)
