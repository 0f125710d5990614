"""The page Evaluate: how good the open model is on pictures whose labels are known."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ..evaluations import Comparison, Evaluation
from ..file_dialogs import (
    ask_comparison_name,
    ask_labelled_folder,
    ask_labels_csv,
    ask_other_model,
    ask_report_name,
)
from ..opened_model import Model
from ..protocol import Compare, Evaluate
from ..session import Session
from ..settings import Settings
from ..widgets.banner import Banner
from ..widgets.evaluation_running import EvaluationRunning
from ..widgets.evaluation_start import EvaluationStart
from ..widgets.welcome import Welcome
from ..wording import count_of_pictures, short_path
from .evaluation_results import EvaluationResults

Scoring = Evaluate | Compare


class EvaluatePage(QWidget):
    """The page.

    Signals:
        pictures_wanted: a list of paths that should be shown, and why.
        model_wanted: another model should be chosen. recent_wanted: path of a model.
        said: something for the status strip.
    """

    pictures_wanted = Signal(object, str)
    model_wanted = Signal()
    recent_wanted = Signal(str)
    said = Signal(str)

    def __init__(self, session: Session, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._settings = session, settings
        self._evaluations = session.evaluations
        self.welcome = Welcome(settings.recent("models"))
        self.start, self.running = EvaluationStart(), EvaluationRunning()
        self.results, self.notice = EvaluationResults(), Banner()
        self._stack = QStackedWidget()
        for part in (self.welcome, self.start, self.running, self.results):
            self._stack.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice)
        column.addWidget(self._stack, 1)
        self._connect()
        self._show()

    @property
    def shown(self) -> QWidget | None:
        """The part that is shown: `welcome`, `start`, `running` or `results`."""
        return self._stack.currentWidget()

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self._show()

    def takes(self, places: Sequence[str]) -> bool:
        """Tell whether what is dropped on the page can be scored: a folder or a CSV."""
        one = len(places) == 1
        return one and (Path(places[0]).is_dir() or places[0].lower().endswith(".csv"))

    def evaluate(self, data: str) -> None:
        """Score the open model on a folder or a CSV; earlier numbers stay until that is done."""
        self.notice.hide()
        if self._session.model is None:
            self.notice.say(self.tr("Open a model first; then its answers can be scored"))
            return
        data = str(Path(data).absolute())
        self._settings.opened("evaluated", data)
        self._evaluations.evaluate(data)

    def compare(self, other: str) -> None:
        """Compare the open model with another file on the pictures that were scored."""
        last = self._evaluations.last
        if last is not None:
            self._evaluations.compare(other, last.request.data)
        elif (comparison := self._evaluations.comparison) is not None:
            self._evaluations.compare(other, comparison.request.data, truth=False)

    def save(self, path: str) -> None:
        """Write the report."""
        self._begin_writing(path)
        self._evaluations.write(path)

    def save_comparison(self, path: str) -> None:
        """Write the comparison."""
        self._begin_writing(path)
        self._evaluations.write_comparison(path)

    def ask_file(self) -> bool:
        """Ask where the numbers that are seen are to be saved; false where there are none."""
        if self.shown is self.results:
            self.results.save.click()
        return self.shown is self.results

    def ask_data(self) -> None:
        """Ask for the pictures to be scored."""
        model = self._session.model
        several = model is not None and model.card.task == "multi-label"
        ask_labels_csv(self, self.evaluate) if several else ask_labelled_folder(self, self.evaluate)

    def _connect(self) -> None:
        session, evaluations = self._session, self._evaluations
        self.welcome.model_wanted.connect(self.model_wanted)
        self.welcome.recent_wanted.connect(self.recent_wanted)
        self.start.folder_wanted.connect(lambda: ask_labelled_folder(self, self.evaluate))
        self.start.csv_wanted.connect(lambda: ask_labels_csv(self, self.evaluate))
        self.start.recent_wanted.connect(self.evaluate)
        self.running.cancelled.connect(evaluations.cancel)
        self.results.wanted.connect(self.pictures_wanted)
        self.results.other_data_wanted.connect(self.ask_data)
        self.results.comparison_wanted.connect(lambda: ask_other_model(self, self.compare))
        self.results.report_wanted.connect(lambda: ask_report_name(self, self.save))
        self.results.comparison_file_wanted.connect(
            lambda: ask_comparison_name(self, self.save_comparison)
        )
        session.model_loading.connect(lambda _: self._show())
        session.model_loaded.connect(self._model_changed)
        session.model_failed.connect(lambda *_: self._show())
        evaluations.began.connect(self._begin)
        evaluations.progressed.connect(self.running.show_progress)
        evaluations.evaluated.connect(self._evaluated)
        evaluations.compared.connect(self._compared)
        evaluations.failed.connect(self._fail)
        evaluations.cancelled.connect(self._cancelled)
        evaluations.lost.connect(self._lost)
        evaluations.forgotten.connect(self._show)
        evaluations.written.connect(
            lambda path: self.said.emit(self.tr("{0} written").format(path))
        )
        evaluations.not_written.connect(self._not_written)

    def _show(self) -> None:
        """Show the part that fits what is known."""
        evaluations, session = self._evaluations, self._session
        if evaluations.running:
            self._stack.setCurrentWidget(self.running)
        elif session.loading or session.model is None:
            self._welcome()
        elif evaluations.last is not None or evaluations.comparison is not None:
            self._stack.setCurrentWidget(self.results)
        else:
            self._invite(session.model)

    def _welcome(self) -> None:
        self.welcome.ask_only_for_model()
        if self._session.loading:
            self.welcome.say_loading(Path(self._session.loading).name)
        self._stack.setCurrentWidget(self.welcome)

    def _invite(self, model: Model) -> None:
        card = model.card
        several = card.task == "multi-label"
        self.start.invite(Path(model.loaded.path).name, card.labels, several)
        recents = [*self._settings.recent("evaluated"), *self._settings.recent("folders")]
        fitting = [path for path in dict.fromkeys(recents) if Path(path).is_dir() != several]
        there = [path for path in fitting if Path(path).exists()]
        self.start.show_recents(there, self.tr("Recent"))
        self._stack.setCurrentWidget(self.start)

    def _model_changed(self, _model: Model) -> None:
        self.notice.hide()
        self._show()

    def _begin(self, request: Scoring) -> None:
        self.notice.hide()
        name = short_path(request.data)
        if isinstance(request, Compare):
            text = self.tr("Comparing with {0} on {1}")
            self.running.begin(text.format(Path(request.other).name, name))
        else:
            self.running.begin(self.tr("Scoring {0}").format(name))
        self._show()

    def _evaluated(self, evaluation: Evaluation) -> None:
        self.results.show_evaluation(evaluation)
        self._show()
        count = evaluation.numbers.count("pictures")
        self.said.emit(self.tr("{0} scored").format(count_of_pictures(count)))

    def _compared(self, comparison: Comparison) -> None:
        alone = not comparison.request.truth
        self.results.show_comparison(comparison, alone)
        self._show()
        count = comparison.numbers.count("pictures")
        self.said.emit(self.tr("Two files compared on {0}").format(count_of_pictures(count)))

    def _fail(self, request: Scoring, reason: str) -> None:
        self._show()
        if isinstance(request, Evaluate):
            action = self.tr("Compare two files without truth…")
            then = lambda: ask_other_model(  # noqa: E731 - it remembers the request
                self, lambda other: self._evaluations.compare(other, request.data, truth=False)
            )
            without = Path(request.data).is_dir()
            self.notice.say(
                self.tr("These pictures cannot be scored"),
                reason,
                action if without else "",
                then,
            )
            self.said.emit(self.tr("Nothing was scored"))
        else:
            self.notice.say(self.tr("The two files cannot be compared"), reason)
            self.said.emit(self.tr("Nothing was compared"))

    def _cancelled(self, request: Scoring, done: int) -> None:
        self._show()
        text = self.tr("Cancelled after {0}; nothing was scored").format(count_of_pictures(done))
        self.said.emit(text)
        again = self.tr("Start again")
        self.notice.say(text, "", again, lambda: self._evaluations.ask(request))

    def _lost(self, request: Scoring) -> None:
        self._show()
        text = self.tr("The worker stopped before the pictures were scored")
        again = self.tr("Start again")
        self.notice.say(text, "", again, lambda: self._evaluations.ask(request))

    def _begin_writing(self, path: str) -> None:
        self.notice.hide()
        self.said.emit(self.tr("Writing {0} …").format(Path(path).name))

    def _not_written(self, done: Evaluation | Comparison, reason: str) -> None:
        text = self.tr("The report was not written")
        if isinstance(done, Comparison):
            text = self.tr("The comparison was not written")
        self.said.emit(text)
        self.notice.say(text, reason)
