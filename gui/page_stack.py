"""The pages of the window, each built when it is first looked at."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from .pages.classify import ClassifyPage
from .pages.folder import FolderPage
from .pages.model import ModelPage
from .session import Session
from .settings import Settings

if TYPE_CHECKING:
    from .pages.evaluate import EvaluatePage
    from .pages.watch import WatchPage

CLASSIFY, FOLDER, EVALUATE, MODEL, WATCH = range(5)
"""The pages, by the places of their tabs."""


class PageStack(QStackedWidget):
    """Shows one page.

    Signals:
        model_wanted, pictures_wanted, folder_wanted: a button was pressed. recent_wanted: path of
        a model. chosen: paths of pictures to be shown, and why these. said: a line for the strip.
        picture_shown: another picture is looked at.
    """

    model_wanted = Signal()
    pictures_wanted = Signal()
    folder_wanted = Signal()
    recent_wanted = Signal(str)
    chosen = Signal(object, str)
    said = Signal(str)
    picture_shown = Signal()

    def __init__(self, session: Session, settings: Settings) -> None:
        super().__init__()
        self._session, self._settings = session, settings
        self.classify = ClassifyPage(session, settings)
        self.classify.welcome.model_wanted.connect(self.model_wanted)
        self.classify.welcome.pictures_wanted.connect(self.pictures_wanted)
        self.classify.welcome.recent_wanted.connect(self.recent_wanted)
        self.classify.filmstrip.shown.connect(lambda _: self.picture_shown.emit())
        self._folder: FolderPage | None = None
        self._evaluate: EvaluatePage | None = None
        self._model: ModelPage | None = None
        self._watch: WatchPage | None = None
        self.addWidget(self.classify)

    @property
    def folder(self) -> FolderPage:
        """The page Folder."""
        if self._folder is None:
            self._folder = FolderPage(self._session, self._settings)
            welcome = self._folder.welcome
            welcome.ask_for_folder()
            welcome.model_wanted.connect(self.model_wanted)
            welcome.pictures_wanted.connect(self.folder_wanted)
            welcome.recent_wanted.connect(self.recent_wanted)
            self._folder.shown.connect(lambda _: self.picture_shown.emit())
            self.addWidget(self._folder)
        return self._folder

    @property
    def evaluate(self) -> "EvaluatePage":
        """The page Evaluate, imported too when it is first looked at."""
        if self._evaluate is None:
            from .pages.evaluate import EvaluatePage

            self._evaluate = EvaluatePage(self._session, self._settings)
            self._evaluate.model_wanted.connect(self.model_wanted)
            self._evaluate.recent_wanted.connect(self.recent_wanted)
            self._evaluate.said.connect(self.said)
            self._evaluate.pictures_wanted.connect(self.chosen)
            self.addWidget(self._evaluate)
        return self._evaluate

    @property
    def model(self) -> ModelPage:
        """The page Model."""
        if self._model is None:
            self._model = ModelPage(self._session, self._settings)
            self._model.model_wanted.connect(self.model_wanted)
            self._model.recent_wanted.connect(self.recent_wanted)
            self.addWidget(self._model)
        return self._model

    @property
    def watch(self) -> "WatchPage":
        """The page Watch, imported too when it is first looked at: it needs numpy and Pillow."""
        if self._watch is None:
            from .pages.watch import WatchPage

            self._watch = WatchPage(self._session, self._settings)
            self._watch.model_wanted.connect(self.model_wanted)
            self.addWidget(self._watch)
        return self._watch

    @property
    def reviewing(self) -> ClassifyPage | FolderPage | None:
        """The page that is seen, if pictures are reviewed there."""
        page = self.currentWidget()
        return page if isinstance(page, ClassifyPage | FolderPage) else None

    @property
    def at_work(self) -> bool:
        """Whether a page has work of its own under way, as watching a folder is."""
        return self._watch is not None and self._watch.running

    def show_page(self, number: int) -> None:
        """Show a page, by its tab's place."""
        self.setCurrentWidget(self._page(number))

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        for page in (self.classify, self._folder, self._evaluate, self._model, self._watch):
            if page is not None:
                page.refresh_theme()

    def stop(self) -> None:
        """End all threads and processes of the pages' own."""
        if self._watch is not None:
            self._watch.close_all()
        for page in (self.classify, self._folder):
            if page is not None:
                page.stop()

    def _page(self, number: int) -> QWidget:
        if number == CLASSIFY:
            return self.classify
        if number == FOLDER:
            return self.folder
        if number == EVALUATE:
            return self.evaluate
        return self.model if number == MODEL else self.watch
