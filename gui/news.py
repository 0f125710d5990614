"""What the session tells, said to the user: in the strip, and in the banner what needs them."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from .evaluations import Evaluations
from .jobs import Progress
from .opened_model import Model
from .scoring_messages import Progressed
from .wording import count_of_pictures

if TYPE_CHECKING:
    from .window import MainWindow


class News(QObject):
    """Listens to the session of a window."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._banner, self._strip = window.banner, window.strip
        self._scanned = 0
        session, strip = self._session, self._strip
        session.model_loading.connect(lambda path: self._say(self.tr("Opening {0} …"), path))
        session.model_loaded.connect(self._model_loaded)
        session.model_failed.connect(self._model_failed)
        session.scan.found.connect(self._scanning)
        session.pictures_found.connect(self._found)
        session.progressed.connect(self._progressed)
        session.finished.connect(self._finished)
        session.explain_failed.connect(strip.say)
        session.warned.connect(self._banner.say)
        session.lost.connect(self._lost)
        strip.cancelled.connect(session.cancel)
        self._follow(session.evaluations)

    def _follow(self, evaluations: Evaluations) -> None:
        evaluations.progressed.connect(self._scored)
        for ended in (evaluations.evaluated, evaluations.compared):
            ended.connect(lambda _: self._strip.rest())
        for given_up in (evaluations.failed, evaluations.cancelled):
            given_up.connect(lambda *_: self._strip.rest())
        self._strip.cancelled.connect(evaluations.cancel)

    def _scored(self, progress: Progressed) -> None:
        self._strip.work(Progress(progress.done, progress.total))

    def _say(self, text: str, path: str) -> None:
        self._strip.say(text.format(Path(path).name))

    def _model_loaded(self, model: Model) -> None:
        self._banner.hide()
        text = self.tr("{0} opened in {1:.2f} s")
        self._strip.say(text.format(Path(model.loaded.path).name, model.loaded.seconds))

    def _model_failed(self, path: str, reason: str) -> None:
        text = self.tr("{0} cannot be used").format(Path(path).name)
        self._strip.say(text)
        again = self._window.ask_model
        self._banner.say(text, reason, self.tr("Open another model…"), again)

    def _scanning(self, paths: list[str]) -> None:
        self._scanned += len(paths)
        if not self._session.running:
            text = self.tr("Looking for pictures … {0:,} found")
            self._strip.say(text.format(self._scanned))

    def _found(self, count: int) -> None:
        self._scanned = 0
        nothing = self.tr("No pictures were found there")
        self._banner.withdraw(nothing)
        if not count:
            self._strip.say(self.tr("Ready"))
            self._banner.say(
                nothing,
                self.tr("tlx looks for jpg, png, webp, gif, bmp, tif, avif, ppm and their kin"),
            )
        elif self._session.model is None:
            text = self.tr("{0}; open a model to classify them")
            self._strip.say(text.format(count_of_pictures(count)))

    def _progressed(self, progress: Progress) -> None:
        if self._session.running:
            self._strip.work(progress)

    def _finished(self, to_its_end: bool) -> None:
        from .tally import unreadable

        self._strip.rest()
        results = self._session.results
        bad, done = unreadable(results), len(results) - len(results.waiting())
        if not to_its_end:
            text = self.tr("Cancelled after {0:,} of {1}; F5 goes on")
            self._strip.say(text.format(done, count_of_pictures(len(results))))
            self._strip.offer(self.tr("Continue"), self._session.classify_waiting)
        elif bad:
            text = self.tr("{0}, {1:,} of them unreadable")
            self._strip.say(text.format(count_of_pictures(done), bad))
            self._strip.offer(self.tr("Show them"), self._show_unreadable)
        else:
            self._strip.say(self.tr("{0} classified").format(count_of_pictures(done)))

    def _show_unreadable(self) -> None:
        page = self._window.show_folder()
        page.close_picture()
        page.browser.clear()
        page.filter.choose_state("unreadable")

    def _lost(self, reason: str, details: str) -> None:
        self._strip.rest()
        kept = len(self._session.results) - len(self._session.results.waiting())
        text = self.tr("{0}; {1:,} results are kept").format(reason, kept)
        self._strip.say(reason)
        last = details.splitlines()[-1] if details else ""
        self._banner.say(text, last, self.tr("Restart"), self._session.restart)
