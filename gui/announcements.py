"""What status strip and banner say of the work on pictures."""

from PySide6.QtCore import QObject

from .jobs import Progress
from .scoring_messages import Progressed
from .session import Session
from .widgets.banner import Banner
from .widgets.status_strip import StatusStrip


class Announcements(QObject):
    """Listens to a session, and says how its work goes."""

    def __init__(
        self, session: Session, strip: StatusStrip, banner: Banner, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._strip, self._banner = session, strip, banner
        evaluations = session.evaluations
        session.pictures_found.connect(self._found)
        session.progressed.connect(self._progressed)
        session.finished.connect(self._finished)
        session.lost.connect(self._lost)
        evaluations.progressed.connect(self._scored)
        for ended in (evaluations.evaluated, evaluations.compared):
            ended.connect(lambda _: strip.rest())
        for given_up in (evaluations.failed, evaluations.cancelled):
            given_up.connect(lambda *_: strip.rest())
        strip.cancelled.connect(session.cancel)
        strip.cancelled.connect(evaluations.cancel)

    def _found(self, count: int) -> None:
        if not count:
            self._strip.say(self.tr("Ready"))
            self._banner.say(
                self.tr("No pictures were found there"),
                self.tr("tlx looks for jpg, png, webp, gif, bmp, tif, avif, ppm and their kin"),
            )
        elif self._session.model is None:
            text = self.tr("{0} pictures; open a model to classify them")
            self._strip.say(text.format(count))

    def _scored(self, progress: Progressed) -> None:
        self._strip.work(Progress(progress.done, progress.total))

    def _progressed(self, progress: Progress) -> None:
        if self._session.running:
            self._strip.work(progress)
        elif not self._session.evaluations.running:
            self._strip.rest()

    def _finished(self, to_its_end: bool) -> None:
        self._strip.rest()
        results = self._session.results
        bad = int((results.state == 2).sum())
        done = len(results) - len(results.waiting())
        if not to_its_end:
            text = self.tr("Cancelled after {0:,} of {1:,} pictures; F5 goes on")
            self._strip.say(text.format(done, len(results)))
        elif bad:
            text = self.tr("{0:,} pictures, {1:,} of them unreadable")
            self._strip.say(text.format(done, bad))
        else:
            self._strip.say(self.tr("{0:,} pictures classified").format(done))

    def _lost(self, reason: str, details: str) -> None:
        self._strip.rest()
        kept = len(self._session.results) - len(self._session.results.waiting())
        text = self.tr("{0}; {1:,} results are kept").format(reason, kept)
        self._strip.say(reason)
        last = details.splitlines()[-1] if details else ""
        self._banner.say(text, last, self.tr("Restart"), self._session.restart)
