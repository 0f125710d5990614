"""Which pictures have been asked for under which request, and how the work on them goes."""

from collections import deque
from dataclasses import dataclass

from .protocol import Classified, Done, Row

WINDOW, LEAST = 10.0, 0.5
"""Seconds that a pace is taken from, at most and at least."""


@dataclass(frozen=True)
class Progress:
    """How far the classification is, and how long a picture took once that is known."""

    done: int
    total: int
    seconds_each: float | None = None


class Pace:
    """How fast a work goes: over the last seconds, so that a change is soon seen."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now: float, done: int) -> None:
        """Note how much is done; less than before is another work."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()

    @property
    def rate(self) -> float | None:
        """Done a second; None while that cannot be said."""
        if not self._seen:
            return None
        (start, before), (now, done) = self._seen[0], self._seen[-1]
        return (done - before) / (now - start) if now - start > LEAST and done > before else None


class Jobs:
    """The classifications that are under way; pictures are named by their numbers."""

    def __init__(self) -> None:
        self._indices: dict[int, list[int]] = {}
        self._seconds, self._rows = 0.0, 0

    def __bool__(self) -> bool:
        return bool(self._indices)

    @property
    def busy(self) -> set[int]:
        """The pictures that have been asked for, answered or not."""
        return {index for indices in self._indices.values() for index in indices}

    @property
    def seconds_each(self) -> float | None:
        """The worker's time for a picture, since there was last nothing to do."""
        return self._seconds / self._rows if self._rows else None

    def begin(self, request: int, indices: list[int]) -> int:
        """Note what a request asks for; gives the request."""
        if not self._indices:
            self._seconds, self._rows = 0.0, 0
        self._indices[request] = indices
        return request

    def answered(self, answer: Classified) -> list[tuple[int, Row]]:
        """Give the pictures of an answer with their rows; none for what was given up."""
        indices = self._indices.get(answer.id)
        if indices is None:
            return []
        part = indices[answer.first : answer.first + len(answer.rows)]
        return list(zip(part, answer.rows, strict=True))

    def end(self, done: Done) -> None:
        """Note that a request has been answered."""
        if self._indices.pop(done.id, None) is not None:
            self._seconds += done.seconds
            self._rows += done.rows

    def drop(self, request: int) -> bool:
        """Forget a request that failed; tells whether it was one of these."""
        return self._indices.pop(request, None) is not None

    def clear(self) -> list[int]:
        """Forget all requests; gives them."""
        requests, self._indices = list(self._indices), {}
        return requests
