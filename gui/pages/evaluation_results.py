"""The numbers of an evaluation, with a way from each to its pictures."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from ..evaluations import Comparison, Evaluation
from ..widgets.bar_list import BarList
from ..widgets.comparison_panel import ComparisonPanel
from ..widgets.confusion_panel import ConfusionPanel
from ..widgets.difference_table import read_differences
from ..widgets.facts import breakable
from ..widgets.figures import Figures
from ..widgets.label_table import LabelTable
from ..widgets.parts import beside, enlarge, scrolled
from ..widgets.threshold_panel import ThresholdPanel
from ..wording import count_of_pictures, short_path
from . import report_texts

LABELS, MISTAKES, THRESHOLD, COMPARISON = range(4)
"""Places of the tabs at the right."""


class EvaluationResults(QWidget):
    """The numbers.

    Signals:
        wanted: paths of the pictures that should be shown, and why.
        other_data_wanted, comparison_wanted: a button was pressed.
        report_wanted, comparison_file_wanted: what is seen is to be saved.
    """

    wanted = Signal(object, str)
    other_data_wanted = Signal()
    comparison_wanted = Signal()
    report_wanted = Signal()
    comparison_file_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._evaluation: Evaluation | None = None
        self._name, self._line, self._notes = QLabel(), QLabel(), QLabel()
        self.wrong, self.unreadable = QPushButton(), QPushButton()
        self.save = QPushButton()
        self.compare = QPushButton(self.tr("Compare with…"))
        self._other = QPushButton(self.tr("Other pictures…"))
        self.figures, self.confusion = Figures(), ConfusionPanel()
        self.labels, self.mistakes = LabelTable(), BarList()
        self.threshold, self.comparison = ThresholdPanel(), ComparisonPanel()
        self.tabs, self._stack = QTabBar(), QStackedWidget()
        self._mistakes: list[tuple[int, bool]] = []
        self._arrange()
        self._connect()

    @property
    def compares(self) -> bool:
        """Whether the comparison is what is seen."""
        return self.tabs.currentIndex() == COMPARISON

    def refresh_theme(self) -> None:
        """Take the colours of another theme."""
        self.update()

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show the numbers of an evaluation."""
        self._evaluation = evaluation
        several = evaluation.pictures.several
        self._show_head(evaluation)
        self.figures.show_figures(report_texts.figures(evaluation))
        self.labels.labels.show_labels(evaluation.labels)
        self.confusion.setVisible(not several)
        if not several:
            self.confusion.show_pictures(evaluation.pictures)
        self._show_mistakes(evaluation)
        self.threshold.show_points(evaluation.thresholds, 50)
        rule = report_texts.rule_line(evaluation)
        self.threshold.show_rule(rule, bool(evaluation.pictures.unknown()))
        self.tabs.setTabVisible(LABELS, True)
        self.tabs.setTabVisible(MISTAKES, True)
        self.tabs.setTabVisible(THRESHOLD, not several)
        self.tabs.setTabVisible(COMPARISON, False)
        self.tabs.setCurrentIndex(LABELS)

    def show_comparison(self, comparison: Comparison, alone: bool) -> None:
        """Show a comparison beside the evaluation, or alone."""
        numbers = comparison.numbers
        self.comparison.show_texts(
            numbers.text("verdict"),
            report_texts.model_lines(comparison),
            report_texts.agreement_line(comparison),
            report_texts.right_line(comparison),
        )
        self.comparison.show_differences(read_differences(numbers))
        if alone:
            self._show_alone(comparison)
        self.tabs.setTabVisible(COMPARISON, True)
        self.tabs.setCurrentIndex(COMPARISON)

    def _show_alone(self, comparison: Comparison) -> None:
        self._evaluation = None
        self._show_name(comparison.request.data)
        count = comparison.numbers.count("pictures")
        self._line.setText(self.tr("{0}, truth not known").format(count_of_pictures(count)))
        for part in (self._notes, self.wrong, self.unreadable, self.confusion):
            part.hide()
        self.figures.hide()
        for tab in (LABELS, MISTAKES, THRESHOLD):
            self.tabs.setTabVisible(tab, False)

    def _show_name(self, data: str) -> None:
        self._name.setText(breakable(short_path(data)))
        self._name.setToolTip(data)

    def _show_head(self, evaluation: Evaluation) -> None:
        numbers = evaluation.numbers
        self._show_name(evaluation.request.data)
        self._line.setText(report_texts.counts_line(evaluation))
        notes = numbers.texts("notes")
        self._notes.setText("\n".join(f"{note[:1].upper()}{note[1:]}." for note in notes))
        self._notes.setVisible(bool(notes))
        wrong, bad = len(evaluation.pictures.wrong()), numbers.count("failures")
        self.wrong.setText(self.tr("Mistakes: {0:,}").format(wrong))
        self.wrong.setVisible(bool(wrong))
        self.unreadable.setText(self.tr("Unreadable: {0:,}").format(bad))
        self.unreadable.setVisible(bool(bad))
        self.figures.show()

    def _show_mistakes(self, evaluation: Evaluation) -> None:
        pictures = evaluation.pictures
        if pictures.several:
            found = report_texts.mistake_bars(pictures)
            bars = [bar for bar, _, _ in found]
            self._mistakes = [(label, missed) for _, label, missed in found]
        else:
            bars = report_texts.pair_bars(pictures)
        title = self.tr("Mistakes") if pictures.several else self.tr("Confused pairs")
        short = self.tr("Mistakes") if pictures.several else self.tr("Confused")
        self.tabs.setTabText(MISTAKES, f"{short} ({len(bars):,})")
        self.mistakes.setAccessibleName(title)
        self.mistakes.bars.show(bars)

    def _connect(self) -> None:
        self._other.clicked.connect(self.other_data_wanted)
        self.compare.clicked.connect(self.comparison_wanted)
        self.save.clicked.connect(self._want_file)
        self.wrong.clicked.connect(self._want_wrong)
        self.unreadable.clicked.connect(self._want_unreadable)
        self.confusion.wanted.connect(self.wanted)
        self.labels.chosen.connect(self._want_label)
        self.mistakes.chosen.connect(self._want_mistake)
        self.threshold.unsure_wanted.connect(self._want_unsure)
        self.threshold.unknown_wanted.connect(self._want_unknown)
        self.comparison.wanted.connect(self.wanted)
        self.tabs.currentChanged.connect(self._stack.setCurrentIndex)
        self.tabs.currentChanged.connect(lambda _: self._name_save())
        self._name_save()

    def _name_save(self) -> None:
        report, comparison = self.tr("Save report…"), self.tr("Save comparison…")
        self.save.setText(comparison if self.compares else report)
        self.save.setToolTip(self.tr("Save what is seen (Ctrl+E)"))

    def _want_file(self) -> None:
        (self.comparison_file_wanted if self.compares else self.report_wanted).emit()

    def _want_wrong(self) -> None:
        if self._evaluation is not None:
            self.wanted.emit(self._evaluation.pictures.wrong(), self.tr("all mistakes"))

    def _want_unreadable(self) -> None:
        if self._evaluation is not None:
            rows = self._evaluation.numbers.entries("unreadable")
            self.wanted.emit([row.text("path") for row in rows], self.tr("unreadable"))

    def _want_label(self, label: int) -> None:
        if self._evaluation is not None:
            pictures = self._evaluation.pictures
            reason = self.tr("truth: {0}").format(pictures.labels[label])
            self._want(pictures.having(label), reason)

    def _want_mistake(self, number: int) -> None:
        if self._evaluation is None:
            return
        pictures = self._evaluation.pictures
        if not pictures.several:
            truth, predicted, _ = pictures.pairs()[number]
            self.confusion.want_cell(truth, predicted)
            return
        label, missed = self._mistakes[number]
        name = pictures.labels[label]
        text = self.tr("{0} missed") if missed else self.tr("{0} added")
        paths = pictures.missed(label) if missed else pictures.added(label)
        self._want(paths, text.format(name))

    def _want_unsure(self, threshold: float) -> None:
        if self._evaluation is not None:
            reason = self.tr("answers below {0:.0%}").format(threshold)
            self._want(self._evaluation.pictures.below(threshold), reason)

    def _want_unknown(self) -> None:
        if self._evaluation is not None:
            self._want(self._evaluation.pictures.unknown(), self.tr("taken for unknown"))

    def _want(self, paths: list[str], reason: str) -> None:
        if paths:
            self.wanted.emit(paths, reason)

    def _arrange(self) -> None:
        splitter = beside(self.confusion, self._parts(), (640, 560))
        splitter.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 12, 14, 10)
        whole.setSpacing(12)
        whole.addWidget(self._head())
        whole.addWidget(splitter, 1)

    def _parts(self) -> QFrame:
        titles = (self.tr("Labels"), self.tr("Confused pairs"))
        for title in (*titles, self.tr("Threshold"), self.tr("Comparison")):
            self.tabs.addTab(title)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setObjectName("parts")
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.setAccessibleName(self.tr("Parts of the report"))
        for part in (self.labels, self.mistakes):
            self._stack.addWidget(part)
        for part in (self.threshold, self.comparison):
            part.setObjectName("bare")
            area = scrolled(part)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._stack.addWidget(area)
        panel = QFrame()
        panel.setObjectName("panel")
        column = QVBoxLayout(panel)
        column.setContentsMargins(1, 4, 1, 8)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._stack, 1)
        return panel

    def _head(self) -> QFrame:
        enlarge(self._name, 1.25)
        self._line.setObjectName("muted")
        self._notes.setObjectName("note")
        self._notes.setWordWrap(True)
        self._name.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._name, 1)
        for button in (self.wrong, self.unreadable, self._other, self.compare, self.save):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        head = QFrame()
        head.setObjectName("panel")
        column = QVBoxLayout(head)
        column.setContentsMargins(18, 12, 14, 12)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._line)
        column.addSpacing(6)
        column.addWidget(self.figures)
        column.addWidget(self._notes)
        return head
