"""The pictures that a filter lets through, as a model: an index array over the session's arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from .session import Session
from .wording import percent

if TYPE_CHECKING:
    from .filtering import Indices

Index = QModelIndex | QPersistentModelIndex
CARD = Qt.ItemDataRole.UserRole
NO_PARENT = QModelIndex()


@dataclass(frozen=True)
class CardContent:
    """What a card shows.

    Attributes:
        path: of the picture.
        text: the answer's label or labels, or what there is instead of one.
        probability: of the first label; None where there is no bar.
        tone: "plain", "unsure", "bad" or "muted", of the text.
        right: whether the answer is right; None where the truth is not known.
        said: what a person said: "" for nothing, "right", "other" or "unsure".
        detail: a second line: the right label of a wrong answer, or the file's name.
    """

    path: str
    text: str
    probability: float | None
    tone: str
    right: bool | None
    said: str
    detail: str


class GalleryModel(QAbstractListModel):
    """One row a picture; rows are places in `numbers`, which are numbers of the session."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._numbers: Indices | None = None
        self._count = 0

    def rowCount(self, parent: Index = NO_PARENT) -> int:  # noqa: N802 - Qt's name
        """One row a picture."""
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: ANN401
        """Give a card, or what stands on it as text."""
        if not index.isValid() or index.row() >= self._count:
            return None
        if role == CARD:
            return self.card(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.card(index.row()).text
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.describe(index.row())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self.describe(index.row()).replace("\n", ", ")
        return None

    def show_numbers(self, numbers: "Indices") -> None:
        """Show other pictures, or the same in another order."""
        self.beginResetModel()
        self._numbers, self._count = numbers, len(numbers)
        self.endResetModel()

    def shows(self, numbers: "Indices") -> bool:
        """Tell whether just these pictures are shown, in this order."""
        mine = self._numbers
        return mine is not None and len(mine) == len(numbers) and bool((mine == numbers).all())

    def number(self, row: int) -> int:
        """Give the number of a row's picture, -1 for a row that is not there."""
        numbers = self._numbers
        return int(numbers[row]) if numbers is not None and 0 <= row < self._count else -1

    def numbers(self) -> list[int]:
        """Give the numbers of all rows."""
        return [] if self._numbers is None else self._numbers.tolist()

    def row_of(self, number: int) -> int:
        """Give the row of a picture, -1 if it is not shown."""
        if self._numbers is None or number < 0:
            return -1
        found = (self._numbers == number).nonzero()[0]
        return int(found[0]) if len(found) else -1

    def rows_of(self, numbers: Iterable[int]) -> list[int]:
        """Give the rows of pictures, as far as they are shown, in rising order."""
        wanted = set(numbers)
        return [row for row, number in enumerate(self.numbers()) if number in wanted]

    def card(self, row: int) -> CardContent:
        """Say what a row's card shows."""
        from .filtering import NONE, NOT_SURE  # numpy, which the first paint does without

        results, number = self._session.results, self.number(row)
        path = results.paths[number]
        text, tone, probability = self._answer(number)
        label, reviewed = int(results.label[number]), int(results.reviewed[number])
        truth = reviewed if reviewed >= 0 else int(results.truth[number])
        judged = probability is not None and truth >= 0 and results.unknown[number] != 1
        right = truth == label if judged else None
        said = "" if reviewed == NONE else "unsure" if reviewed == NOT_SURE else "other"
        said = "right" if said == "other" and reviewed == label else said
        right_label = results.labels[truth] if truth >= 0 else ""
        labels = results.said(number)
        if labels is not None:
            same = set(labels) == set(results.chosen(number) or ())
            right = None if probability is None else same
            said, right_label = "right" if right else "other", self._several(labels)
        name = path.rpartition("/")[2]
        detail = self.tr("is {0}").format(right_label) if right is False else name
        return CardContent(path, text, probability, tone, right, said, detail)

    def describe(self, row: int) -> str:
        """Say all that is known of a row's picture, a fact a line."""
        results, number = self._session.results, self.number(row)
        card, answer = self.card(row), results.row(number)
        ranked = "\n".join(
            f"{one.label} {percent(one.probability)}"
            for one in (answer.predictions[:3] if answer else ())
        )
        error = answer.error if answer else None
        truth = int(results.truth[number])
        folder = self.tr("Folder: {0}").format(results.labels[truth]) if truth >= 0 else ""
        said = self._said(card.said, number)
        return "\n".join(part for part in (card.path, error or ranked, folder, said) if part)

    def changed(self) -> None:
        """Say that what the rows show may have changed."""
        if self._count:
            self.dataChanged.emit(self.index(0, 0), self.index(self._count - 1, 0))

    def _several(self, labels: Sequence[str]) -> str:
        return ", ".join(labels) or self.tr("none")

    def _said(self, said: str, number: int) -> str:
        if said == "other":
            results = self._session.results
            labels = results.said(number)
            one = labels is None
            text = results.labels[results.reviewed[number]] if one else self._several(labels)
            return self.tr("You said: {0}").format(text)
        return {
            "right": self.tr("You said that this is right"),
            "unsure": self.tr("You could not tell"),
        }.get(said, "")

    def _answer(self, number: int) -> tuple[str, str, float | None]:
        results = self._session.results
        state = int(results.state[number])
        if state == 0:
            return self.tr("waiting"), "muted", None
        if state == 2:
            return self.tr("unreadable"), "bad", None
        probability = float(results.probability[number])
        chosen = results.chosen(number)
        if chosen is not None:
            return self._several(chosen), "plain", probability
        if results.unknown[number] == 1:
            return self.tr("unknown"), "unsure", probability
        tone = "unsure" if probability < results.unsure_below else "plain"
        return results.labels[int(results.label[number])], tone, probability
