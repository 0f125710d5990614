"""Classifying over a cluster with Ray Data: one classifier a worker; needs the extra `ray`.

The paths go out in blocks and the rows come back in their order to the process that asked, which
writes them. The block of a worker that dies is done again by another one, wherever there is one: no
row of it had come back. So blocks are tasks, not calls of an actor: an actor's calls wait for the
actor to be started again, which for want of a core may be never once its machine has gone.
"""

import logging
import os
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from .. import __version__
from ..errors import ClusterError, TlxError
from .answer_table import answer_tables
from .classifier import Classifier
from .listed_paths import path_text
from .pixel_limit import pixel_limit, set_pixel_limit
from .ray_cluster import connected
from .remote import AT_ONCE, is_url
from .side_by_side import chunks

if TYPE_CHECKING:
    import pyarrow
    import ray

BLOCK = 256
"""Pictures that a worker is given at a time: seconds of work, and what a killed one loses."""
ROUND = 1_000_000
"""Paths that Ray holds at a time, about 100 MB of its store."""


@dataclass(frozen=True, kw_only=True)
class WorkerSettings:
    """What a worker has to know besides the model file; `folder` is where relative paths begin."""

    topk: int
    max_pixels: int
    folder: str
    card: bytes | None = None
    tlx: str = __version__


class PictureWorker:
    """A classifier in a process of its own, somewhere in the cluster; it computes with one core.

    Args:
        model: where the content of the model file is in Ray's store; a list of one, for a
            reference that stands alone would be resolved before.
        settings: of the process that asked.
    """

    def __init__(self, model: "list[ray.ObjectRef[bytes]]", settings: WorkerSettings) -> None:
        import ray

        if settings.tlx != __version__:
            raise ClusterError(
                f"a worker has tlx {__version__}; install {settings.tlx} on its machine"
            )
        set_pixel_limit(settings.max_pixels)
        self._topk, self._folder = settings.topk, settings.folder
        with TemporaryDirectory(prefix="tlx-") as folder:
            path = Path(folder, "model.onnx")
            path.write_bytes(ray.get(model[0]))
            card = _card_file(settings.card, path.with_name("card.json"))
            self._classifier = Classifier(path, threads=1, many=True, card=card)

    def __call__(self, block: "pyarrow.Table") -> "pyarrow.Table":
        """Classify a block: binary `path` in, rows of `answer_schema` out."""
        import pyarrow as pa

        paths = [os.fsdecode(path) for path in cast(list[bytes], block["path"].to_pylist())]
        # Of threads that fetch most wait for the network.
        self._classifier.threads = AT_ONCE if any(map(is_url, paths)) else 1
        return pa.concat_tables(answer_tables(self._classifier, paths, self._topk, self._folder))


@lru_cache(maxsize=1)
def _worker(model: "ray.ObjectRef[bytes]", settings: WorkerSettings) -> PictureWorker:
    """Open the model file once in a process: Ray gives it one block after another."""
    return PictureWorker([model], settings)


def answer_block(
    block: "pyarrow.Table", model: "list[ray.ObjectRef[bytes]]", settings: WorkerSettings
) -> "pyarrow.Table":
    """Do what a `PictureWorker` of these arguments does with a block."""
    return _worker(model[0], settings)(block)


def _card_file(content: bytes | None, path: Path) -> Path | None:
    if content is None:
        return None
    path.write_bytes(content)
    return path


def ray_answers(
    model: bytes,
    paths: Iterator[str],
    topk: int,
    workers: int | None = None,
    card: bytes | None = None,
) -> Iterator["pyarrow.Table"]:
    """Classify files that every worker can open, on the cluster this machine is part of.

    That is the one of `RAY_ADDRESS`, else one that runs here; without any, Ray is started on this
    machine for as long.

    Args:
        model: content of the model file.
        paths: of files, or URLs; read in rounds.
        topk: labels that are ranked.
        workers: how many; by default one a core of the cluster.
        card: content of the card's file, for a model file that has none in it.

    Yields:
        Tables of `answer_schema`, in the order of the paths.

    Raises:
        ClusterError: Ray cannot be reached, or gave up on a worker.
        TlxError: what a worker raised.
    """
    import ray

    settings = WorkerSettings(
        topk=topk, max_pixels=pixel_limit(), folder=str(Path.cwd()), card=card
    )
    with _said_plainly(), connected(workers) as cores:
        content = ray.put(model)
        for blocks in _rounds(paths):
            references: list[ray.ObjectRef[pyarrow.Table | bytes]] = [
                ray.put(one) for one in blocks
            ]
            answers = _round(references, workers or cores, content, settings)
            yield from _in_order(answers, references)


def _rounds(paths: Iterator[str]) -> Iterator[Iterable["pyarrow.Table"]]:
    import pyarrow as pa

    def block(names: list[str]) -> "pyarrow.Table":
        return pa.table({"path": pa.array([os.fsencode(name) for name in names], pa.binary())})

    for first in paths:
        limited = islice(chain([first], paths), ROUND)
        yield (block(names) for names in chunks(limited, BLOCK))


def _round(
    blocks: "list[ray.ObjectRef[pyarrow.Table | bytes]]",
    workers: int,
    content: "ray.ObjectRef[bytes]",
    settings: WorkerSettings,
) -> Iterator["pyarrow.Table"]:
    from ray import data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # its import has set another one
    context = data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    tables: Any = blocks  # Ray's own word for them rests on types that pyarrow does not give
    answers = data.from_arrow_refs(tables).map_batches(
        partial(answer_block, model=[content], settings=settings),
        batch_size=None,  # a block
        batch_format="pyarrow",
        compute=data.TaskPoolStrategy(size=workers),
        num_cpus=1,
    )
    return iter(answers.iter_batches(batch_size=None, batch_format="pyarrow"))


def _in_order(
    answers: Iterable["pyarrow.Table"], blocks: "list[ray.ObjectRef[pyarrow.Table | bytes]]"
) -> Iterator["pyarrow.Table"]:
    """Hold the rows against what was asked for: each file once, in its place."""
    import ray

    tables = (cast("pyarrow.Table", ray.get(block)) for block in blocks)
    asked = (os.fsdecode(path) for table in tables for path in table["path"].to_pylist())
    for rows in answers:
        if rows["path"].to_pylist() != [path_text(path) for path in islice(asked, len(rows))]:
            raise ClusterError("Ray gave rows of other pictures than were asked for")
        yield rows
    if next(asked, None) is not None:
        raise ClusterError("Ray gave fewer rows than pictures were asked for")


@contextmanager
def _said_plainly() -> Generator[None]:
    """Turn what Ray raises into a line; what a worker of ours raised is passed on."""
    from ray.exceptions import RayError

    try:
        yield
    except RayError as error:
        for cause in _causes(error):
            if isinstance(cause, TlxError):
                raise cause from None
        # Of what a task raised Ray Data keeps the text alone.
        for said in re.findall(r"^tlx\.errors\.\w+: (.+)$", str(error), re.MULTILINE):
            raise ClusterError(said) from None
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ClusterError(
            f"Ray gave up: {lines[-1].strip()} (parts that are there are passed by the next run)"
        ) from None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "cause", None) or error.__cause__
