"""Decoded pictures that are kept change no result, wherever they are kept."""

import pickle
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlx.errors import PictureError
from tlx.inference.events import finish
from tlx.inference.picture import decode
from tlx.inference.preprocessing import resize
from tlx.samples.sample import Sample
from tlx.training import inputs, train
from tlx.training.batches import PictureDataset
from tlx.training.checkpoint import load_checkpoint
from tlx.training.config import TrainingConfig
from tlx.training.picture_cache import (
    CachingProgress,
    DiskCache,
    RamCache,
    remove_disk_cache,
    resized_picture,
    write_disk_cache,
)
from tlx.training.train import training_events

pytestmark = pytest.mark.usefixtures("on_the_processor")

SIDE = 37


@pytest.fixture(scope="module")
def paths(tmp_path_factory) -> list[Path]:
    """Pictures of several shapes, kinds and orientations, one of them large."""
    folder = tmp_path_factory.mktemp("pictures")
    chance = np.random.default_rng(0)
    sizes = {
        "wide.png": (40, 90),
        "tall.jpg": (70, 41),
        "grey.png": (50, 50),
        "big.jpg": (400, 333),
    }
    for name, (height, width) in sizes.items():
        image = Image.fromarray(chance.integers(0, 256, (height, width, 3), np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6 if name == "tall.jpg" else 1
        (image.convert("L") if name == "grey.png" else image).save(folder / name, exif=exif)
    return [folder / name for name in sizes]


def _card_pixels(path: Path) -> np.ndarray:
    return np.asarray(resize(decode(path, SIDE), SIDE))


def _ram(paths: list[Path], limit: float = 10**9) -> RamCache:
    cache = RamCache(SIDE, int(limit))
    for path in paths:
        cache.keep(path, "", decode(path, SIDE))
    return cache


def _disk(file: Path, paths: list[Path], limit: float = 10**9) -> DiskCache | None:
    return finish(write_disk_cache(file, paths, SIDE, limit))


def test_both_caches_give_the_pixels_of_the_cards_resize(paths, tmp_path):
    ram, disk = _ram(paths), _disk(tmp_path / "cache", paths)
    for path in paths:
        expected = _card_pixels(path)
        for cache in (ram, disk):
            kept = cache.get(path)
            assert kept.dtype == np.uint8
            assert np.array_equal(kept, expected)
        for cache in (ram, disk, None):
            assert np.array_equal(np.asarray(resized_picture(path, SIDE, cache)), expected)


def test_a_cached_picture_is_not_decoded_again(paths, tmp_path):
    copy = tmp_path / "copy.png"
    copy.write_bytes(paths[0].read_bytes())
    caches = [_ram([copy]), _disk(tmp_path / "cache", [copy])]
    copy.unlink()
    for cache in caches:
        assert resized_picture(copy, SIDE, cache).size == (83, SIDE)
    with pytest.raises(PictureError, match="no such file"):
        resized_picture(copy, SIDE, None)


def test_what_is_not_kept_is_decoded(paths, tmp_path):
    for cache in (_ram(paths[:1]), _disk(tmp_path / "cache", paths[:1])):
        assert cache.get(paths[1]) is None
        assert np.array_equal(resized_picture(paths[1], SIDE, cache), _card_pixels(paths[1]))


def test_over_the_limit_memory_keeps_nothing(paths):
    need = sum(_card_pixels(path).nbytes for path in paths)
    assert _ram(paths, need).fits
    over = _ram(paths, need - 1)
    assert not over.fits
    assert all(over.get(path) is None for path in paths)
    over.keep(paths[0], "", decode(paths[0], SIDE))  # nor later
    assert over.get(paths[0]) is None


def test_over_the_limit_disk_keeps_nothing_and_leaves_no_file(paths, tmp_path):
    need = sum(_card_pixels(path).nbytes for path in paths)
    assert _disk(tmp_path / "fits", paths, need) is not None
    assert (tmp_path / "fits").stat().st_size == need
    assert _disk(tmp_path / "over", paths, need - 1) is None
    assert not (tmp_path / "over").exists()


def test_a_link_in_the_place_of_the_file_is_not_written_through(paths, tmp_path):
    (tmp_path / "own.txt").write_text("mine")
    (tmp_path / "cache").symlink_to(tmp_path / "own.txt")
    assert _disk(tmp_path / "cache", paths, 10**9) is not None
    assert (tmp_path / "own.txt").read_text() == "mine"
    assert not (tmp_path / "cache").is_symlink()


def test_threads_that_fill_the_memory_at_once_keep_every_picture(paths):
    cache = RamCache(SIDE, 10**9)
    names = [Path(f"{number}") for number in range(64)]
    picture = decode(paths[0], SIDE)

    def fill(start: int) -> None:
        for name in names[start::8]:
            cache.keep(name, "", picture)

    threads = [threading.Thread(target=fill, args=(start,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(cache.get(name), _card_pixels(paths[0])) for name in names)


def test_only_the_pictures_that_are_used_stay_in_memory(paths):
    cache = _ram(paths)
    cache.keep_only(paths[1:3])
    assert [cache.get(path) is not None for path in paths] == [False, True, True, False]


def test_a_disk_cache_goes_to_another_process_without_its_bytes_and_maps_them_anew(paths, tmp_path):
    cache = _disk(tmp_path / "cache", paths)
    assert np.array_equal(cache.get(paths[0]), _card_pixels(paths[0]))  # it is mapped here
    sent = pickle.dumps(cache)
    assert len(sent) < 2000  # the pictures are 60 kB
    arrived = pickle.loads(sent)
    for path in paths:
        assert np.array_equal(arrived.get(path), _card_pixels(path))


def test_mapped_pictures_cannot_be_written_to(paths, tmp_path):
    kept = _disk(tmp_path / "cache", paths).get(paths[0])
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0, 0] = 1


def test_writing_tells_how_far_it_is(paths, tmp_path):
    events: list[CachingProgress] = []
    finish(write_disk_cache(tmp_path / "cache", paths, SIDE, 10**9), events.append)
    assert [(event.done, event.total) for event in events] == [(n, 4) for n in range(1, 5)]


def test_a_file_that_is_gone_is_removed_without_a_word(tmp_path):
    remove_disk_cache(tmp_path / "none")


# Whole runs.


@pytest.fixture(scope="module")
def data(write_pictures, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cached") / "data"
    write_pictures(folder / "train", 3, 1)
    return write_pictures(folder / "val", 2, 2).parent


def _config(data: Path, out: Path, **changes) -> TrainingConfig:
    plain = {"weights": "none", "epochs": 2, "imgsz": 32, "batch": 8, "workers": 0, "seed": 4}
    return TrainingConfig(data, out, **(plain | {"amp": "none"} | changes))


@pytest.fixture
def used(monkeypatch) -> list[str]:
    """Remember which kind of cache pictures come from."""
    found: list[str] = []
    make = PictureDataset.__init__

    def watching(self: PictureDataset, samples: list[Sample], *rest) -> None:
        make(self, samples, *rest)
        if rest[-1:] and isinstance(rest[-1], RamCache | DiskCache | None):
            found.append(type(rest[-1]).__name__)

    monkeypatch.setattr(PictureDataset, "__init__", watching)
    return found


@pytest.fixture(scope="module")
def uncached(data, tmp_path_factory) -> Path:
    """A run that keeps nothing and decodes by itself."""
    run = tmp_path_factory.mktemp("uncached") / "run"
    finish(training_events(_config(data, run, cache="none")))
    return run


@pytest.mark.usefixtures("quick_runs")
@pytest.mark.parametrize(
    ("cache", "workers", "kind"),
    [
        ("ram", 0, "RamCache"),
        pytest.param("ram", 2, "RamCache", marks=pytest.mark.slow),
        ("disk", 0, "DiskCache"),
        ("disk", 2, "DiskCache"),
        pytest.param("none", 2, "NoneType", marks=pytest.mark.slow),
        ("auto", 0, "RamCache"),
    ],
)
def test_no_cache_and_no_worker_changes_a_bit(data, uncached, used, tmp_path, cache, workers, kind):
    run = tmp_path / "run"
    finish(training_events(_config(data, run, cache=cache, workers=workers)))
    assert used == [kind, kind]
    _assert_same(run, uncached)
    assert not (run / "pictures.cache").exists()


def _assert_same(run: Path, expected: Path) -> None:
    one = load_checkpoint(run / "last.pt").weights
    other = load_checkpoint(expected / "last.pt").weights
    assert one.keys() == other.keys()
    assert all(one[name].equal(other[name]) for name in one)


@pytest.mark.usefixtures("quick_runs")
def test_with_too_little_memory_pictures_go_to_disk_and_training_goes_on(
    data, uncached, used, tmp_path, monkeypatch
):
    monkeypatch.setattr(inputs, "memory_limit", lambda: 1000)
    finish(training_events(_config(data, tmp_path / "run")))
    assert used == ["DiskCache", "DiskCache"]
    _assert_same(tmp_path / "run", uncached)


@pytest.mark.usefixtures("quick_runs")
@pytest.mark.parametrize("cache", ["auto", "ram"])
def test_with_too_little_of_both_nothing_is_kept_which_is_said_and_training_goes_on(
    data, uncached, used, tmp_path, monkeypatch, cache
):
    monkeypatch.setattr(inputs, "memory_limit", lambda: 1000)
    monkeypatch.setattr(inputs, "disk_limit", lambda _: 1000)
    events = [*training_events(_config(data, tmp_path / "run", cache=cache))]
    assert used == ["NoneType", "NoneType"]
    (noted,) = (event.text for event in events if isinstance(event, inputs.Noted))
    assert "decoded anew in each epoch" in noted
    _assert_same(tmp_path / "run", uncached)
    assert not (tmp_path / "run" / "pictures.cache").exists()


@pytest.mark.usefixtures("quick_runs")
def test_a_run_that_is_stopped_leaves_no_file_of_pictures(data, tmp_path):
    run = tmp_path / "run"
    events = training_events(_config(data, run, cache="disk"))
    for event in events:
        if isinstance(event, inputs.CachingProgress) and event.done == event.total:
            break
    next(events)
    assert (run / "pictures.cache").exists()
    events.close()
    assert not (run / "pictures.cache").exists()


@pytest.mark.usefixtures("quick_runs")
def test_a_run_that_fails_leaves_no_file_of_pictures(data, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise PictureError("no such file", "gone.jpg")

    monkeypatch.setattr("tlx.training.fit.train_epoch", fail)
    with pytest.raises(PictureError):
        train.train(data, tmp_path / "run", weights="none", imgsz=32, cache="disk", workers=0)
    assert not (tmp_path / "run" / "pictures.cache").exists()


SPAWNING = """
import multiprocessing
import sys
if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    import tlx

    data, out, *caches = sys.argv[1:]
    for cache in caches:
        tlx.train(data, out=f"{out}/{cache}", cache=cache, weights="none", epochs=2, imgsz=32,
                  batch=8, workers=2, seed=4, amp="none", device="cpu")
"""


@pytest.mark.slow
def test_workers_that_are_spawned_give_the_same_weights(data, uncached, tmp_path):
    script = tmp_path / "spawning.py"
    script.write_text(SPAWNING)
    command = [sys.executable, str(script), str(data), str(tmp_path), "ram", "disk", "none"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    for cache in ("ram", "disk", "none"):
        _assert_same(tmp_path / cache, uncached)
        assert not (tmp_path / cache / "pictures.cache").exists()
