"""The main window: pages under tabs, a banner, a status strip, menus, and what is dropped on it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from .closing import may_close
from .exporting import Exporting
from .file_dialogs import ask_folder, ask_model, ask_pictures
from .menus import add_menus
from .news import News
from .opened_model import Model
from .page_stack import CLASSIFY, EVALUATE, FOLDER, WATCH, PageStack
from .pages.classify import ClassifyPage
from .pages.folder import FolderPage
from .session import Session
from .settings import Settings
from .theme import apply_theme
from .widgets.banner import Banner
from .widgets.drop_hint import DropHint
from .widgets.hold_key import HoldKey
from .widgets.status_strip import StatusStrip

MODEL_ENDINGS = (".onnx", ".pt", ".ts", ".pt2")
"""Of files that are opened as models; of the last three the worker says why it cannot."""


class MainWindow(QMainWindow):
    """The window.

    Signals:
        painted: its first paint is done, so heavy work may begin.
    """

    painted = Signal()

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__()
        self.session, self.settings = session, settings
        self.setAcceptDrops(True)
        self.setMinimumSize(800, 560)
        self.resize(1280, 800)
        self._first_paint, self._opened = True, ""
        self._heat_key = HoldKey(self.heat_key)
        self.banner = Banner()
        self.tabs = QTabBar()
        self.tabs.setDocumentMode(True)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Pages"))
        self.pages = PageStack(session, settings)
        self.classify = self.pages.classify
        for title in (
            self.tr("Classify"),
            self.tr("Folder"),
            self.tr("Evaluate"),
            self.tr("Model"),
            self.tr("Watch"),
        ):
            self.tabs.addTab(title)
        self._arrange()
        self.news, self.exporting = News(self), Exporting(self)
        self.tabs.currentChanged.connect(self._show_page)  # first: the menus ask what is shown
        add_menus(self)
        self._connect()
        self._show_title()

    @property
    def reviewing(self) -> ClassifyPage | FolderPage | None:
        """The page that is seen, if pictures are reviewed there."""
        return self.pages.reviewing

    def show_page(self, number: int) -> None:
        """Show a page, from 0."""
        self.tabs.setCurrentIndex(number)

    def show_folder(self) -> FolderPage:
        """Show the page Folder; gives it."""
        self.show_page(FOLDER)
        return self.pages.folder

    def show_pictures(self, paths: Sequence[str], reason: str) -> None:
        """Show some pictures on the page Folder, and why these."""
        self.show_folder().show_only(paths, reason)

    def show_watch(self) -> None:
        """Show the page Watch."""
        self.show_page(WATCH)

    def open_model(self, path: str) -> None:
        """Open a model file."""
        self.session.load(str(Path(path).absolute()))

    def open_places(self, places: Sequence[str]) -> None:
        """Open model files, pictures and folders as they are given, dropped or chosen."""
        models = [place for place in places if place.lower().endswith(MODEL_ENDINGS)]
        others = [place for place in places if place not in models]
        if models:
            self.open_model(models[-1])
        if self.tabs.currentIndex() == EVALUATE and self.pages.evaluate.takes(others):
            self.pages.evaluate.evaluate(others[0])
        elif others:
            for folder in (place for place in others if Path(place).is_dir()):
                self.settings.opened("folders", folder)
                self._opened = folder
            self.strip.say(self.tr("Looking for pictures …"))
            self.session.open_places(others)
            self.show_page(FOLDER if Path(others[0]).is_dir() else CLASSIFY)

    def ask_model(self) -> None:
        """Ask for a model file."""
        ask_model(self, self.open_model)

    def ask_pictures(self) -> None:
        """Ask for picture files."""
        ask_pictures(self, self.open_places)

    def ask_folder(self) -> None:
        """Ask for a folder of pictures."""
        ask_folder(self, self.open_places)

    def ask_evaluation(self) -> None:
        """Ask for pictures whose labels are known, to score the model on them."""
        self.show_page(EVALUATE)
        self.pages.evaluate.ask_data()

    def paste(self) -> None:
        """Take a picture, or files, from the clipboard."""
        if not self._take(QGuiApplication.clipboard().mimeData()):
            self.banner.say(self.tr("There is no picture on the clipboard"))

    def heat_key(self) -> None:
        """H: show or hide the heat map; held, show it for so long."""
        if self.reviewing is not None:
            self.reviewing.close_up.toggle_heat()
            self._heat_key.press()

    def set_theme(self, name: str) -> None:
        """Show another theme, and remember it."""
        self.settings.theme = name
        self.refresh_theme()

    def refresh_theme(self) -> None:
        """Apply the theme that is set, as the desktop's may have changed."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, self.settings.theme)
        self.pages.refresh_theme()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Say when the window stands for the first time."""
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            QTimer.singleShot(0, self, self.painted.emit)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """End what a held key showed."""
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_H:
            self._heat_key.release()
        elif event.key() == Qt.Key.Key_Space and isinstance(self.reviewing, FolderPage):
            self.reviewing.end_peek()
        super().keyReleaseEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Accept files and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()
            self._drop_hint.appear()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """Nothing is going to be dropped."""
        self._drop_hint.hide()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open what is dropped."""
        self._drop_hint.hide()
        if self._take(event.mimeData()):
            event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask once if something is running; leave no process behind."""
        sorting = self.exporting.sorter.running
        at_work = sorting or self.session.at_work or self.pages.at_work
        if at_work and not may_close(self, sorting):
            event.ignore()
            return
        self.settings.geometry = self.saveGeometry()
        self.session.close()
        self.exporting.sorter.stop()
        self.pages.stop()
        event.accept()

    def _take(self, data: QMimeData) -> bool:
        places = [url.toLocalFile() for url in data.urls()]
        files = [place for place in places if place]
        if files:
            self.open_places(files)
        elif data.hasImage():
            image = data.imageData()
            self.session.paste(image if isinstance(image, QImage) else QImage(image))
            self.show_page(CLASSIFY)
        else:
            return False
        return True

    def _arrange(self) -> None:
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.tabs, self.banner):
            column.addWidget(widget)
        column.addWidget(self.pages, 1)
        self.setCentralWidget(central)
        self._drop_hint = DropHint(central)
        self.strip = StatusStrip()
        self.setStatusBar(self.strip)

    def _connect(self) -> None:
        session, pages = self.session, self.pages
        pages.model_wanted.connect(self.ask_model)
        pages.pictures_wanted.connect(self.ask_pictures)
        pages.folder_wanted.connect(self.ask_folder)
        pages.recent_wanted.connect(self.open_model)
        pages.chosen.connect(self.show_pictures)
        pages.said.connect(self.strip.say)
        pages.picture_shown.connect(self._show_title)
        session.model_loaded.connect(self._model_loaded)
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: self.refresh_theme())

    def _show_page(self, number: int) -> None:
        self.pages.show_page(number)
        self._show_title()

    def _show_title(self) -> None:
        page, model = self.pages.currentWidget(), self.session.model
        index = self.classify.current
        if isinstance(page, FolderPage):
            index = page.close_up.index if page.looking else -1
        place = self.session.results.paths[index] if index >= 0 else self._opened
        parts = [
            Path(place).name,
            Path(model.loaded.path).name if model else "",
            "tlx",
        ]
        self.setWindowTitle(" - ".join(part for part in parts if part))

    def _model_loaded(self, model: Model) -> None:
        self.settings.opened("models", model.loaded.path)
        self._show_title()
