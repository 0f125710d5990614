"""The main window: pages under tabs, a banner, a status strip, menus, and what is dropped on it."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QMainWindow,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from .closing import may_close
from .file_dialogs import ask_folder, ask_model, ask_pictures
from .jobs import Progress
from .menus import add_menus
from .opened_model import Model
from .pages.classify import ClassifyPage
from .pages.model import ModelPage
from .pages.watch import WatchPage
from .session import Session
from .settings import Settings
from .theme import apply_theme
from .widgets.banner import Banner
from .widgets.drop_hint import DropHint
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
        self.setMinimumSize(900, 600)
        self.resize(1280, 800)
        self._first_paint = True
        self.banner = Banner()
        self.tabs = QTabBar()
        self.tabs.setDocumentMode(True)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName(self.tr("Pages"))
        self._pages = QStackedWidget()
        self.classify = ClassifyPage(session, settings)
        self._model: ModelPage | None = None
        self._watch: WatchPage | None = None
        for title in (self.tr("Classify"), self.tr("Model"), self.tr("Watch")):
            self.tabs.addTab(title)
        self._pages.addWidget(self.classify)
        self._arrange()
        add_menus(self)
        self._connect()
        self._show_title()

    @property
    def model_page(self) -> ModelPage:
        """The page Model, built when it is first looked at."""
        if self._model is None:
            self._model = ModelPage(self.session, self.settings)
            self._model.model_wanted.connect(self.ask_model)
            self._model.recent_wanted.connect(self.open_model)
            self._pages.addWidget(self._model)
        return self._model

    @property
    def watch_page(self) -> WatchPage:
        """The page Watch, built when it is first looked at."""
        if self._watch is None:
            self._watch = WatchPage(self.session, self.settings)
            self._watch.model_wanted.connect(self.ask_model)
            self._pages.addWidget(self._watch)
        return self._watch

    def show_page(self, number: int) -> None:
        """Show a page, from 0."""
        self.tabs.setCurrentIndex(number)

    def open_model(self, path: str) -> None:
        """Open a model file."""
        self.session.load(str(Path(path).absolute()))

    def open_places(self, places: Sequence[str]) -> None:
        """Open model files, pictures and folders as they are given, dropped or chosen."""
        models = [place for place in places if place.lower().endswith(MODEL_ENDINGS)]
        others = [place for place in places if place not in models]
        if models:
            self.open_model(models[-1])
        if others:
            for folder in (place for place in others if Path(place).is_dir()):
                self.settings.opened("folders", folder)
            self._say(self.tr("Looking for pictures …"))
            self.session.open_places(others)
            self.show_page(0)

    def ask_model(self) -> None:
        """Ask for a model file."""
        ask_model(self, self.open_model)

    def ask_pictures(self) -> None:
        """Ask for picture files."""
        ask_pictures(self, self.open_places)

    def ask_folder(self) -> None:
        """Ask for a folder of pictures."""
        ask_folder(self, self.open_places)

    def paste(self) -> None:
        """Take a picture, or files, from the clipboard."""
        if not self._take(QGuiApplication.clipboard().mimeData()):
            self.banner.say(self.tr("There is no picture on the clipboard"))

    def cancel(self) -> None:
        """Esc: close the banner, else stop what is running."""
        if not self.banner.isHidden():
            self.banner.hide()
        else:
            self.session.scan.stop()
            self.session.cancel()

    def set_theme(self, name: str) -> None:
        """Show another theme, and remember it."""
        self.settings.theme = name
        self.refresh_theme()

    def refresh_theme(self) -> None:
        """Apply the theme that is set, as the desktop's may have changed."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, self.settings.theme)
        for page in (self.classify, self._model, self._watch):
            if page is not None:
                page.refresh_theme()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Say when the window stands for the first time."""
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            QTimer.singleShot(0, self, self.painted.emit)

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
        watch = self._watch
        if (self.session.running or (watch and watch.running)) and not may_close(self):
            event.ignore()
            return
        self.settings.geometry = self.saveGeometry()
        if watch is not None:
            watch.close_all()
        self.session.close()
        self.classify.stop()
        event.accept()

    def _take(self, data: QMimeData) -> bool:
        places = [url.toLocalFile() for url in data.urls()]
        files = [place for place in places if place]
        if files:
            self.open_places(files)
        elif data.hasImage():
            image = data.imageData()
            self.session.paste(image if isinstance(image, QImage) else QImage(image))
            self.show_page(0)
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
        column.addWidget(self._pages, 1)
        self.setCentralWidget(central)
        self._drop_hint = DropHint(central)
        self.strip = StatusStrip()
        self.setStatusBar(self.strip)

    def _connect(self) -> None:
        session, welcome = self.session, self.classify.welcome
        self.tabs.currentChanged.connect(self._show_page)
        welcome.model_wanted.connect(self.ask_model)
        welcome.pictures_wanted.connect(self.ask_pictures)
        welcome.recent_wanted.connect(self.open_model)
        self.classify.filmstrip.shown.connect(lambda _: self._show_title())
        session.model_loading.connect(lambda path: self._say(self.tr("Opening {0} …"), path))
        session.model_loaded.connect(self._model_loaded)
        session.model_failed.connect(self._model_failed)
        session.pictures_found.connect(self._found)
        session.progressed.connect(self._progressed)
        session.finished.connect(self._finished)
        self.strip.cancelled.connect(session.cancel)
        session.explain_failed.connect(self._say)
        session.warned.connect(self.banner.say)
        session.lost.connect(self._lost)
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: self.refresh_theme())

    def _show_page(self, number: int) -> None:
        pages = (lambda: self.classify, lambda: self.model_page, lambda: self.watch_page)
        self._pages.setCurrentWidget(pages[number]())

    def _show_title(self) -> None:
        index, model = self.classify.current, self.session.model
        parts = [
            Path(self.session.results.paths[index]).name if index >= 0 else "",
            Path(model.loaded.path).name if model else "",
            "tlx",
        ]
        self.setWindowTitle(" - ".join(part for part in parts if part))

    def _say(self, text: str, path: str = "") -> None:
        self.strip.say(text.format(Path(path).name) if path else text)

    def _model_loaded(self, model: Model) -> None:
        self.banner.hide()
        self.settings.opened("models", model.loaded.path)
        text, name = self.tr("{0} opened in {1:.2f} s"), Path(model.loaded.path).name
        self._say(text.format(name, model.loaded.seconds))
        self._show_title()

    def _model_failed(self, path: str, reason: str) -> None:
        self._say(text := self.tr("{0} cannot be used").format(Path(path).name))
        self.banner.say(text, reason, self.tr("Open another model…"), self.ask_model)

    def _found(self, count: int) -> None:
        if not count:
            self._say(self.tr("Ready"))
            self.banner.say(
                self.tr("No pictures were found there"),
                self.tr("tlx looks for jpg, png, webp, gif, bmp, tif, avif, ppm and their kin"),
            )
        elif self.session.model is None:
            self._say(self.tr("{0} pictures; open a model to classify them").format(count))

    def _progressed(self, progress: Progress) -> None:
        if self.session.running:
            self.strip.work(progress)
        else:
            self.strip.rest()

    def _finished(self, to_its_end: bool) -> None:
        self.strip.rest()
        results = self.session.results
        bad = int((results.state == 2).sum())
        done = len(results) - len(results.waiting())
        if not to_its_end:
            text = self.tr("Cancelled after {0:,} of {1:,} pictures; F5 goes on")
            self._say(text.format(done, len(results)))
        elif bad:
            self._say(self.tr("{0:,} pictures, {1:,} of them unreadable").format(done, bad))
        else:
            self._say(self.tr("{0:,} pictures classified").format(done))

    def _lost(self, reason: str, details: str) -> None:
        self.strip.rest()
        kept = len(self.session.results) - len(self.session.results.waiting())
        text = self.tr("{0}; {1:,} results are kept").format(reason, kept)
        self._say(reason)
        last = details.splitlines()[-1] if details else ""
        self.banner.say(text, last, self.tr("Restart"), self.session.restart)
