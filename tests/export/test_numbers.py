"""How near the files are on hundreds of real photographs, and in an older onnxruntime."""

from pathlib import Path

import pytest
import torch

from tlx.export.events import Verified
from tlx.export.publish import export_events
from tlx.inference.events import finish
from tlx.training.checkpoint import load_checkpoint, save_checkpoint

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clothing(real_pictures) -> Path:
    folder = real_pictures / "clothing" / "validation"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


def _start_from(run: Path, weights: Path) -> None:
    """Put pretrained weights under the random head of a run."""
    checkpoint = load_checkpoint(run / "best.pt")
    pretrained = torch.load(weights, weights_only=True)
    given = {name: value for name, value in pretrained.items() if not name.startswith("fc.")}
    assert given.keys() <= checkpoint.weights.keys()
    checkpoint.weights.update(given)
    save_checkpoint(run / "best.pt", checkpoint)


@pytest.mark.parametrize("architecture", ["resnet18", "resnet50", "resnet101"])
def test_float_files_are_as_near_as_float32_itself_on_real_photographs(
    request, make_run, clothing, architecture
):
    paths = sorted(clothing.glob("*/*"))
    imgsz = 96 if architecture == "resnet18" else 64
    run = make_run(architecture, labels=10, imgsz=imgsz, pictures=paths[::8])
    if architecture == "resnet18":  # the others are random: their weights are not at hand
        _start_from(run, request.getfixturevalue("starter_weights"))
    events = export_events(run, data=clothing)
    seen: list[object] = []
    files = finish(events, seen.append)
    assert [file.format for file in files] == ["onnx", "torchscript"]
    for event in (event for event in seen if isinstance(event, Verified)):
        found = event.verification.comparison
        assert found.pictures >= 300
        assert found.agreement == 1
        assert found.max_map_difference < 1e-4
        assert found.max_feature_difference < 1e-4
        if architecture == "resnet18":
            assert found.max_probability_difference < 1e-5
        else:
            assert found.max_probability_difference <= 4 * found.eager_distance
        print(  # noqa: T201 - shown with -s
            f"{event.name} of {architecture}: {found.max_probability_difference:.2e} in "
            f"probability, fp32 from fp64 {found.eager_distance:.2e}, maps "
            f"{found.max_map_difference:.2e}, features {found.max_feature_difference:.2e}, "
            f"ties {found.ties}"
        )
