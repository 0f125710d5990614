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
    QMessageBox,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from .announcements import Announcements
from .file_dialogs import ask_folder, ask_model, ask_pictures
from .menus import add_menus
from .opened_model import Model
from .pages.classify import ClassifyPage
from .pages.evaluate import EvaluatePage
from .pages.model import ModelPage
from .session import Session
from .settings import Settings
from .theme import apply_theme
from .widgets.banner import Banner
from .widgets.drop_hint import DropHint
from .widgets.status_strip import StatusStrip

CLASSIFY, EVALUATE, MODEL = range(3)
"""Places of the pages."""
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
        self._evaluate: EvaluatePage | None = None
        for title in (self.tr("Classify"), self.tr("Evaluate"), self.tr("Model")):
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
    def evaluate_page(self) -> EvaluatePage:
        """The page Evaluate, likewise."""
        if self._evaluate is None:
            self._evaluate = EvaluatePage(self.session, self.settings)
            self._evaluate.model_wanted.connect(self.ask_model)
            self._evaluate.recent_wanted.connect(self.open_model)
            self._evaluate.said.connect(self._say)
            self._pages.addWidget(self._evaluate)
        return self._evaluate

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
        if self.tabs.currentIndex() == EVALUATE and self.evaluate_page.takes(others):
            self.evaluate_page.evaluate(others[0])
        elif others:
            for folder in (place for place in others if Path(place).is_dir()):
                self.settings.opened("folders", folder)
            self._say(self.tr("Looking for pictures …"))
            self.session.open_places(others)
            self.show_page(CLASSIFY)

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
        self.evaluate_page.ask_data()

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
            self.session.evaluations.cancel()

    def set_theme(self, name: str) -> None:
        """Show another theme, and remember it."""
        self.settings.theme = name
        self.refresh_theme()

    def refresh_theme(self) -> None:
        """Apply the theme that is set, as the desktop's may have changed."""
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, self.settings.theme)
        for page in (self.classify, self._model, self._evaluate):
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
        if self._at_work() and not self._may_stop():
            event.ignore()
            return
        self.settings.geometry = self.saveGeometry()
        self.session.close()
        self.classify.stop()
        event.accept()

    def _at_work(self) -> bool:
        return self.session.running or self.session.evaluations.running

    def _may_stop(self) -> bool:
        button = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            self.tr("Close tlx?"),
            self.tr("Pictures are still being classified or scored. Close anyway?"),
            button.Yes | button.No,
            button.No,
        )
        return answer == button.Yes

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
        session.explain_failed.connect(self._say)
        session.warned.connect(self.banner.say)
        Announcements(session, self.strip, self.banner, self)
        QGuiApplication.styleHints().colorSchemeChanged.connect(lambda _: self.refresh_theme())

    def _show_page(self, number: int) -> None:
        pages = {
            CLASSIFY: lambda: self.classify,
            EVALUATE: lambda: self.evaluate_page,
            MODEL: lambda: self.model_page,
        }
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
        text = self.tr("{0} opened in {1:.2f} s")
        self._say(text.format(Path(model.loaded.path).name, model.loaded.seconds))
        self._show_title()

    def _model_failed(self, path: str, reason: str) -> None:
        text = self.tr("{0} cannot be used").format(Path(path).name)
        self._say(text)
        self.banner.say(text, reason, self.tr("Open another model…"), self.ask_model)
