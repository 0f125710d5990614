"""The pictures of a report's page: thumbnails of the scored ones, maps over the worst mistakes."""

import os
from base64 import b64encode
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO

from PIL import Image

from ..errors import PictureError
from ..inference.cores import available_cores
from ..inference.explanation import explain
from ..inference.picture import decode
from ..inference.session import ModelSession
from .mistakes import Mistake
from .multi_label_report import MultiLabelMistake, MultiLabelReport
from .report import Report
from .scored_picture import ScoredLabels, ScoredPicture

MOST_MISTAKES, MOST_RIGHT = 1000, 500
"""Thumbnails of mistakes and of right answers, so that the page stays below some 12 MB."""
SIDE, LARGE = 128, 300
"""Pixels of a thumbnail's and of a worst mistake's long side."""

Scored = ScoredPicture | ScoredLabels


@dataclass(frozen=True)
class Drawn:
    """How many pictures of a page have been drawn."""

    done: int
    total: int


@dataclass(frozen=True)
class ShownMap:
    """A worst mistake with the activation map of one label; `image` is a data URI."""

    label: str
    image: str


@dataclass(frozen=True)
class ShownMistake:
    """A worst mistake.

    Attributes:
        path: as in the report.
        truth: its labels.
        predicted: the labels that were predicted.
        label: the label that is most wrong.
        probability: of `label`, 0..1.
        image: the picture as a data URI; empty if it cannot be read any more.
        maps: of the labels in question; none for a file that does not explain.
    """

    path: str
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    label: str
    probability: float
    image: str
    maps: tuple[ShownMap, ...]


@dataclass(frozen=True)
class PagePictures:
    """Data URIs of thumbnails by the pictures' paths, and the worst mistakes."""

    thumbnails: dict[str, str]
    mistakes: tuple[ShownMistake, ...]


def draw_pictures(
    report: Report | MultiLabelReport, session: ModelSession
) -> Generator[Drawn, None, PagePictures]:
    """Draw the pictures of a page.

    Yields:
        A `Drawn` a picture.

    Returns:
        Small JPEGs of the worst `MOST_MISTAKES` mistakes and of `MOST_RIGHT` right answers, taken
        evenly from all labels, and the report's worst mistakes with their maps.
    """
    wanted = to_be_shown(report.rows)
    total = len(wanted) + len(report.worst_mistakes)
    thumbnails: dict[str, str] = {}
    with ThreadPoolExecutor(available_cores()) as threads:
        for path, image in zip(wanted, threads.map(_thumbnail, wanted), strict=True):
            thumbnails[path] = image
            yield Drawn(len(thumbnails), total)
    mistakes: list[ShownMistake] = []
    for mistake in report.worst_mistakes:
        mistakes.append(_shown(mistake, session))
        yield Drawn(len(wanted) + len(mistakes), total)
    return PagePictures(thumbnails, tuple(mistakes))


def to_be_shown(rows: Sequence[Scored]) -> list[str]:
    """Choose the pictures that get a thumbnail; paths, each once."""
    wrong = sorted((row for row in rows if not row.correct), key=lambda row: -row.loss)
    right = [row for row in rows if row.correct]
    paths = [row.path for row in wrong[:MOST_MISTAKES]]
    paths += [row.path for row, _ in zip(_in_turn(right), range(MOST_RIGHT), strict=False)]
    return list(dict.fromkeys(paths))


def _in_turn(rows: Sequence[Scored]) -> Iterator[Scored]:
    """Take one picture of each truth in turn, the least sure first."""
    by_truth: dict[str | tuple[str, ...], list[Scored]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.loss):
        by_truth[row.truth].append(row)
    while by_truth:
        for truth in list(by_truth):
            yield by_truth[truth].pop()
            if not by_truth[truth]:
                del by_truth[truth]


def _thumbnail(path: str) -> str:
    try:
        picture = decode(path, SIDE // 2)
    except PictureError:  # it was changed since it was scored
        return ""
    return _data_uri(picture, SIDE)


def _shown(mistake: Mistake | MultiLabelMistake, session: ModelSession) -> ShownMistake:
    if isinstance(mistake, Mistake):
        truth, predicted, label = (mistake.truth,), (mistake.predicted,), mistake.predicted
        asked = (mistake.predicted, mistake.truth)
    else:
        truth, predicted, label = mistake.truth, mistake.predicted, mistake.label
        asked = (label,)
    image, maps = "", ()
    try:
        image = _data_uri(decode(mistake.path, LARGE // 2), LARGE)
        maps = _maps(mistake.path, asked, session)
    except PictureError:
        pass  # it was changed since it was scored
    return ShownMistake(
        *(mistake.path, truth, predicted, label, mistake.probability), image=image, maps=maps
    )


def _maps(path: str, labels: Sequence[str], session: ModelSession) -> tuple[ShownMap, ...]:
    if not session.explains:
        return ()
    return tuple(
        ShownMap(one.label, _data_uri(one.overlay(LARGE), LARGE))
        for one in explain(session, path, labels)
    )


def _data_uri(picture: Image.Image, side: int) -> str:
    small = picture.copy()
    small.thumbnail((side, side), Image.Resampling.BICUBIC)
    file = BytesIO()
    small.save(file, "JPEG", quality=75, optimize=True)
    return f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode()}"


def shortened(paths: Sequence[str]) -> list[str]:
    """Leave out the folder that all paths have in common."""
    folders = [os.path.dirname(path) for path in paths]  # noqa: PTH120 - paths may be any text
    try:
        common = os.path.commonpath(folders) if folders else ""
    except ValueError:  # some are absolute, some are not
        return list(paths)
    return [os.path.relpath(path, common) if common else path for path in paths]
