"""The pictures of an evaluation by what they show and what they were taken for. No Qt."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from .scoring_messages import ScoredRow


class ScoredPictures:
    """Finds the pictures behind a number of a report; all lists keep the order of the rows.

    Args:
        labels: the card's, in its order; they are named by their numbers below.
        several: whether a picture may have several labels.
    """

    def __init__(self, labels: Sequence[str] = (), several: bool = False) -> None:
        self.rows: list[ScoredRow] = []
        self.labels, self.several = tuple(labels), several
        self._numbers = {label: number for number, label in enumerate(self.labels)}
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)
        self._truth: dict[int, list[int]] = defaultdict(list)
        self._predicted: dict[int, list[int]] = defaultdict(list)

    def add(self, rows: Sequence[ScoredRow]) -> None:
        """Append pictures, as they come."""
        numbers, first = self._numbers, len(self.rows)
        self.rows.extend(rows)
        for index, row in enumerate(rows, start=first):
            truth = [numbers[label] for label in row.truth]
            predicted = [numbers[label] for label in row.predicted]
            for label in truth:
                self._truth[label].append(index)
            for label in predicted:
                self._predicted[label].append(index)
            if not self.several:
                self._cells[truth[0], predicted[0]].append(index)

    def count(self, truth: int, predicted: int) -> int:
        """Count the pictures of one label that were taken for another, or for the same."""
        return len(self._cells.get((truth, predicted), ()))

    def support(self, label: int) -> int:
        """Count the pictures that have a label."""
        return len(self._truth.get(label, ()))

    def cell(self, truth: int, predicted: int) -> list[str]:
        """Give the paths that `count` counts."""
        return self._paths(self._cells.get((truth, predicted), ()))

    def having(self, label: int) -> list[str]:
        """Give the paths of the pictures that have a label."""
        return self._paths(self._truth.get(label, ()))

    def taken_for(self, label: int) -> list[str]:
        """Give the paths of the pictures that were said to have a label."""
        return self._paths(self._predicted.get(label, ()))

    def missed(self, label: int) -> list[str]:
        """Give the paths of the pictures that have a label and were not said to have it."""
        said = set(self._predicted.get(label, ()))
        return self._paths(i for i in self._truth.get(label, ()) if i not in said)

    def added(self, label: int) -> list[str]:
        """Give the paths of the pictures that were said to have a label and have it not."""
        true = set(self._truth.get(label, ()))
        return self._paths(i for i in self._predicted.get(label, ()) if i not in true)

    def below(self, threshold: float) -> list[str]:
        """Give the paths of the pictures answered with less than a probability."""
        return [row.path for row in self.rows if row.probability < threshold]

    def unknown(self) -> list[str]:
        """Give the paths of the pictures that the file takes for none of its labels."""
        return [row.path for row in self.rows if row.unknown]

    def wrong(self) -> list[str]:
        """Give the paths of the pictures that were not answered right."""
        return [row.path for row in self.rows if not row.correct]

    def pairs(self) -> list[tuple[int, int, int]]:
        """List truth, prediction and number of pictures of all confusions, the largest first."""
        found = [
            (truth, predicted, len(rows))
            for (truth, predicted), rows in self._cells.items()
            if truth != predicted
        ]
        return sorted(found, key=lambda pair: (-pair[2], pair[0], pair[1]))

    def mistakes(self) -> list[int]:
        """Count the mistakes that each label is part of, as truth or as prediction."""
        counts = [0] * len(self.labels)
        for (truth, predicted), rows in self._cells.items():
            if truth != predicted:
                counts[truth] += len(rows)
                counts[predicted] += len(rows)
        return counts

    def _paths(self, indices: Iterable[int]) -> list[str]:
        return [self.rows[index].path for index in indices]
