"""The same over Ray: two workers on this machine, one of them killed in the middle."""

import os
import signal
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from commands import wait_for

from tlx.errors import ClusterError
from tlx.inference import ray_answers as module
from tlx.inference.answer_table import answer_tables
from tlx.inference.classifier import Classifier
from tlx.inference.listed_paths import Shard
from tlx.inference.many_answers import write_parts
from tlx.inference.part_folder import Part
from tlx.inference.part_manifest import PartPlan
from tlx.inference.ray_answers import PictureWorker, WorkerSettings, ray_answers

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds the workers in /proc"),
    # Ray warns of itself, and does not close all of its files.
    pytest.mark.filterwarnings("default"),
]


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            "local",
            num_cpus=2,
            object_store_memory=100_000_000,
            include_dashboard=False,
            log_to_driver=False,
        )
        yield ray
        ray.shutdown()


@pytest.fixture(scope="module")
def model(write_model, tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "model.onnx")


@pytest.fixture(scope="module")
def paths(write_pictures, tmp_path_factory):
    """5,003 names of 13 pictures, none twice; the last two are no picture's and a URL."""
    root = tmp_path_factory.mktemp("pictures")
    folder = write_pictures(root / "first", 4)
    (folder / "red" / "bad.jpg").write_bytes(b"This is no picture.\n")
    names = [str(path) for path in sorted(folder.rglob("*.jpg"))]
    for number in range(len(names), 5001):
        link = root / f"{number:04}.jpg"
        link.symlink_to(names[number % 13])
        names.append(str(link))
    return [*names, str(root / "absent.jpg"), f"file://{names[0]}"]


def workers() -> list[int]:
    """Find the processes that classify: Ray names them after what they run."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            name = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if name.startswith(b"ray::MapBatches("):
            found.append(int(folder.name))
    return found


def test_a_run_goes_on_over_ray_and_a_killed_worker_loses_and_doubles_no_file(
    ray, model, paths, tmp_path, monkeypatch
):
    monkeypatch.setattr(module, "ROUND", 4000)
    out, plan = tmp_path / "results.parquet", PartPlan("a" * 64, 2, 10**8, 500)
    here = partial(answer_tables, Classifier(model, many=True), topk=2)
    work = write_parts(paths, out, plan, Shard(), here)
    while not isinstance(next(work), Part):
        pass
    work.close()
    there = partial(ray_answers, model.read_bytes(), topk=2, workers=2)
    parts, killed = [], []
    for event in write_parts(paths, out, plan, Shard(), there):
        if isinstance(event, Part):
            parts.append(event.pictures)
            if len(parts) == 2:
                wait_for(workers)
                killed = workers()[:1]
                os.kill(killed[0], signal.SIGKILL)
    assert killed
    assert parts == [500] * 9 + [3]
    rows = pq.read_table(out).to_pylist()
    assert Counter(row["path"] for row in rows) == Counter(paths)
    assert rows == [row for table in here(paths) for row in table.to_pylist()]
    absent, remote = rows[-2:]
    assert absent["error"] == "no such file"
    assert (remote["label"], remote["error"]) == ("blue", None)


def test_a_worker_of_another_version_is_refused(ray, model, monkeypatch):
    monkeypatch.setattr(module, "__version__", "9.9.9")
    other = WorkerSettings(topk=2, max_pixels=10**8, folder="/", tlx="9.9.8")
    with pytest.raises(ClusterError, match=r"a worker has tlx 9\.9\.9; install 9\.9\.8 on its"):
        PictureWorker([ray.put(model.read_bytes())], other)


def test_what_a_worker_raises_reaches_whoever_asked(ray, model, monkeypatch):
    monkeypatch.setattr(module, "WorkerSettings", partial(WorkerSettings, tlx="9"))
    with pytest.raises(ClusterError, match=r"a worker has tlx .*; install 9 on its machine"):
        list(ray_answers(model.read_bytes(), iter(["a.jpg"]), 2, 1))


def test_relative_paths_begin_where_the_command_is_run(ray, model, paths, monkeypatch):
    picture = Path(paths[0])
    monkeypatch.chdir(picture.parent)  # the workers' processes stay where they are
    (rows,) = ray_answers(model.read_bytes(), iter([picture.name, "absent.jpg"]), 2, 1)
    assert rows["path"].to_pylist() == [picture.name, "absent.jpg"]
    assert rows["error"].to_pylist() == [None, "no such file"]
