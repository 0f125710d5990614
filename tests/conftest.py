"""What several tests share: made pictures that are really decoded, a run, its exported files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

COLOURS = {"blue": (40, 60, 200), "green": (40, 180, 60), "red": (200, 50, 40)}

# Pictures of 32 px gain nothing from threads, and on a busy machine torch's wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

WritePictures = Callable[..., Path]


def _write_pictures(
    root: Path, count: int, seed: int = 0, size: tuple[int, int] = (48, 40)
) -> Path:
    """Write noisy JPEGs, one folder a colour: easy to tell apart, no two the same."""
    chance = np.random.default_rng(seed)
    for label, colour in COLOURS.items():
        folder = root / label
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(count):
            noise = chance.normal(0, 40, (40, 48, 3))
            pixels = (np.array(colour) + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{index:03}.jpg", quality=90)
    return root


@pytest.fixture(scope="session")
def write_pictures() -> WritePictures:
    """Give the function that writes `count` pictures a label into a folder."""
    return _write_pictures


@pytest.fixture(scope="session")
def split_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with train/ (24 a label), val/ (10) and test/ (10) of three labels."""
    root = tmp_path_factory.mktemp("data") / "colours"
    for seed, (split, count) in enumerate({"train": 24, "val": 10, "test": 10}.items()):
        _write_pictures(root / split, count, seed)
    return root


@pytest.fixture(scope="session")
def _exported(tmp_path_factory: pytest.TempPathFactory, split_folder: Path) -> Path:
    import tlx

    run = tmp_path_factory.mktemp("runs") / "run"
    tlx.train(
        split_folder, out=run, weights="none", epochs=2, imgsz=32, batch=16, workers=0, seed=1
    )
    tlx.export(run)
    return run


@pytest.fixture
def trained_run(_exported: Path, tmp_path: Path) -> Path:
    """A fresh copy of a run: resnet18 at 32 px, 2 epochs on `split_folder`, not exported."""
    run = tmp_path / "run"
    ignored = shutil.ignore_patterns("model.*", "verification.json")
    return Path(shutil.copytree(_exported, run, ignore=ignored))


@pytest.fixture
def light_run(_exported: Path, tmp_path: Path) -> Path:
    """A fresh copy of what an export needs of the same run, not exported."""
    run = tmp_path / "light"
    run.mkdir()
    for name in ("config.json", "split.csv"):
        shutil.copy(_exported / name, run)
    os.link(_exported / "best.pt", run / "best.pt")  # tlx replaces it whole, never in place
    return run


@pytest.fixture
def exported_run(_exported: Path, tmp_path: Path) -> Path:
    """A fresh copy of the same run with model.onnx and model.ts."""
    return Path(shutil.copytree(_exported, tmp_path / "exported"))


@pytest.fixture(scope="session")
def model_file(_exported: Path) -> Path:
    """Its model.onnx, to be read only."""
    return _exported / "model.onnx"


@pytest.fixture(scope="session")
def real_pictures() -> Path:
    """The folder of real pictures; tests that need it are skipped without."""
    folder = os.environ.get("TLX_TEST_DATA")
    if not folder:
        pytest.skip("TLX_TEST_DATA is not set: it names the folder of real pictures")
    return Path(folder)


@pytest.fixture(scope="session")
def starter_weights(real_pictures: Path) -> Path:
    """A pretrained ResNet-18 state dict beside the real pictures."""
    path = real_pictures.parent / "weights" / "resnet18-starter.pth"
    if not path.exists():
        pytest.skip(f"{path} is not there: it is the pretrained ResNet-18 for trials")
    return path
