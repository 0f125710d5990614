"""What the review's keys do, on whichever page the pictures are looked at."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ...inference.label_text import joined
from ..review import Verdict
from ..session import Session
from ..verdict_label import answered_label
from ..widgets.answer_panel import can_be_judged
from ..widgets.label_picker import LabelPicker


class Judge:
    """Says of the chosen pictures what the user says.

    Args:
        session: whose pictures they are.
        page: over which the list of labels opens.
        chosen: gives the numbers of the pictures that are meant.
        go_on: goes to the next picture.
    """

    def __init__(
        self,
        session: Session,
        page: QWidget,
        chosen: Callable[[], Sequence[int]],
        go_on: Callable[[], object],
    ) -> None:
        self._session, self._page = session, page
        self._chosen, self._go_on = chosen, go_on

    def right(self) -> None:
        """Note that the answers are right, and go on from a single one."""
        rows = {index: self._session.results.row(index) for index in self._judged()}
        answers = {
            index: Verdict(answered_label(row))
            for index, row in rows.items()
            if row is not None and not row.unknown
        }
        if answers:
            self._session.say(answers)
        if len(answers) == 1:
            self._go_on()

    def wrong(self) -> None:
        """Ask which label is right; where there may be several, which to add or take away."""
        indices, model = self._judged(), self._session.model
        if not indices or model is None:
            return
        several = self._session.results.several
        applying = [self._labels(index) for index in indices] if several else []
        picker = LabelPicker(model.card.labels, applying, self._page)
        picker.accepted.connect(lambda: self._choose(indices, picker.label))
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.open()

    def number(self, number: int) -> None:
        """Note the label of a place in the model's order, from 1; of several, add or take it."""
        model = self._session.model
        if model is not None and number <= len(model.card.labels):
            self._choose(self._judged(), model.card.labels[number - 1])

    def unsure(self) -> None:
        """Note that one cannot tell, and go on from a single picture."""
        indices = self._judged()
        self._say(indices, Verdict(None))
        if len(indices) == 1:
            self._go_on()

    def take_back(self) -> None:
        """Forget what was said of the pictures."""
        said = self._session.results.reviewed
        self._say([index for index in self._judged() if said[index] != -1], None)

    def _choose(self, indices: Sequence[int], label: str) -> None:
        if not self._session.results.several:
            self._say(indices, Verdict(label))
        elif indices:
            before = {index: self._labels(index) for index in indices}
            taken = all(label in labels for labels in before.values())
            self._session.say(
                {
                    index: Verdict(joined(labels - {label} if taken else labels | {label}))
                    for index, labels in before.items()
                }
            )

    def _labels(self, index: int) -> set[str]:
        """Give the labels that apply, as said before, else as answered."""
        results = self._session.results
        said = results.said(index)
        return set((results.chosen(index) or ()) if said is None else said)

    def _say(self, indices: Sequence[int], verdict: Verdict | None) -> None:
        if indices:
            self._session.say(dict.fromkeys(indices, verdict))

    def _judged(self) -> list[int]:
        row = self._session.results.row
        return [index for index in self._chosen() if can_be_judged(row(index))]
