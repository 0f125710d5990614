"""`tlx classify --out`: very many pictures, into a folder of Parquet files."""

import sys
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import DataError, UsageError
from .extras import require_extra
from .model_options import Opening, show_provider
from .picture_counts import picture_count, unreadable_share
from .picture_paths import find_listed
from .screen import Screen

if TYPE_CHECKING:
    from ..inference.classifier import Classifier
    from ..inference.many_answers import Answers, Event
    from ..inference.part_manifest import PartPlan, WholeShard

PART_SIZE = 10_000
LOCAL, RAY = "local", "ray"
LOOKED_AT = 1000
"""Entries at the beginning of a list, among which a URL says that a network is waited for."""


@dataclass(frozen=True)
class ManyOptions:
    """What was typed besides the pictures; None where nothing was."""

    out: Path
    topk: int
    max_pixels: int
    shard: str | None
    part_size: int | None
    engine: str | None
    workers: int | None
    as_json: bool


def classify_many(opening: Opening, pictures: Sequence[str], options: ManyOptions) -> None:
    """Write the parts that are not there yet.

    Raises:
        TlxError: what was asked for makes no sense, or cannot go on.
        Exit: some pictures could not be read.
    """
    _require_engine(options, opening.provider)
    from ..inference.listed_paths import read_shard
    from ..inference.many_answers import write_parts

    shard = read_shard(options.shard or "1/1")
    paths = find_listed(pictures, sys.stdin)
    first = list(islice(paths, LOOKED_AT))
    if not first:
        raise DataError("no pictures are given; name files, folders or lists")
    classifier = _open(opening, first)
    content = opening.model.read_bytes() if options.engine == RAY else None
    plan = _plan(opening, options, classifier, content, shard.count)
    answers = _answers(opening, options, classifier, plan, content)
    with Screen(options.as_json) as screen, _cluster(options):
        show_provider(classifier, screen)
        work = write_parts(chain(first, paths), options.out, plan, shard, answers)
        with closing(work):
            whole = _show(work, screen)
        _sum_up(whole, screen, plan, options)
    if whole.failures:
        raise typer.Exit(1)


def _require_engine(options: ManyOptions, provider: str) -> None:
    if options.engine not in (None, LOCAL, RAY):
        raise UsageError(f"--engine {options.engine}: give {LOCAL} or {RAY}")
    if options.engine == RAY:
        if provider != "cpu":
            raise UsageError(f"the workers of --engine ray compute on cpu, not on {provider}")
        require_extra("ray", "classify --engine ray")
    elif options.workers is not None:
        raise UsageError("--workers are those of --engine ray; on one machine every core works")
    else:
        require_extra("parquet", "classify --out")


def _open(opening: Opening, first: Sequence[str]) -> "Classifier":
    """Open the model file; Ray's workers then get one that is sound."""
    from ..inference.classifier import Classifier
    from ..inference.cores import available_cores
    from ..inference.remote import AT_ONCE, is_url

    threads = available_cores() * (AT_ONCE if any(map(is_url, first)) else 1)
    return Classifier(
        opening.model, threads, many=True, provider=opening.provider, card=opening.card
    )


def _plan(
    opening: Opening,
    options: ManyOptions,
    classifier: "Classifier",
    content: bytes | None,
    shards: int,
) -> "PartPlan":
    """Say what the rows depend on; `content` is what Ray's workers get of the model file."""
    from ..inference.part_manifest import PartPlan
    from ..inference.whole_file import file_digest

    return PartPlan(
        model_sha256=file_digest(opening.model) if content is None else sha256(content).hexdigest(),
        topk=min(options.topk, len(classifier.card.labels)),
        max_pixels=options.max_pixels,
        part_size=options.part_size or PART_SIZE,
        shards=shards,
        provider=opening.provider,
        card_sha256=None if opening.card is None else file_digest(opening.card),
    )


def _answers(
    opening: Opening,
    options: ManyOptions,
    classifier: "Classifier",
    plan: "PartPlan",
    content: bytes | None,
) -> "Answers":
    """Choose what computes."""
    from ..inference.answer_table import answer_tables

    if content is None:
        return partial(answer_tables, classifier, topk=plan.topk)
    from ..inference.ray_answers import ray_answers

    card = None if opening.card is None else opening.card.read_bytes()
    return partial(ray_answers, content, card=card, topk=plan.topk, workers=options.workers)


def _cluster(options: ManyOptions) -> AbstractContextManager[object]:
    """Connect before a folder is made: it may be in vain."""
    if options.engine != RAY:
        return nullcontext()
    from ..inference.ray_cluster import connected

    return connected(options.workers)


def _show(work: "Generator[Event, None, WholeShard]", screen: Screen) -> "WholeShard":
    """Show what happens to its end, and give what it returns."""
    while True:
        try:
            _show_event(next(work), screen)
        except StopIteration as end:
            whole: WholeShard = end.value
            return whole
        except KeyboardInterrupt:
            screen.row("to go on: the same command again")
            raise


def _show_event(event: "Event", screen: Screen) -> None:
    from ..inference.many_answers import Answered
    from ..inference.part_folder import Part

    if isinstance(event, Answered):
        screen.progress("classifying", event.pictures, 0)
    elif isinstance(event, Part):
        screen.row(
            f"{event.path}  {picture_count(event.pictures)}{unreadable_share(event.failures)}"
        )
    elif event.parts:
        screen.row(f"parts with {picture_count(event.pictures)} are there; going on behind them")


def _sum_up(whole: "WholeShard", screen: Screen, plan: "PartPlan", options: ManyOptions) -> None:
    share = f", share {options.shard} of {picture_count(whole.listed)}" if options.shard else ""
    found = f"{picture_count(whole.pictures)} in {options.out}{share}"
    screen.row(found + unreadable_share(whole.failures), style="yellow" if whole.failures else None)
    screen.json(
        {
            "out": str(options.out),
            "model_sha256": plan.model_sha256,
            "shard": options.shard or "1/1",
            "pictures": whole.pictures,
            "failures": whole.failures,
            "listed": whole.listed,
            "list_sha256": whole.list_sha256,
            "error": None,
        }
    )
