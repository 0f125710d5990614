"""Faults are planted in how a format is written; a planted export has to be caught."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from onnx import ModelProto
from torch import nn

import tlx
from tlx.errors import VerificationError
from tlx.export import onnx_file, pictures, publish
from tlx.export.options import ExportOptions
from tlx.export.reference import Reference, compute_reference
from tlx.inference.card import ModelCard
from tlx.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

Change = Callable[..., object]

AT_ONCE = ExportOptions(legacy_exporter=True)
"""Without a second attempt by the older exporter."""


@pytest.fixture(scope="session")
def _references() -> dict[tuple[object, ...], Reference]:
    """The checkpoint's answers so far: many faults are held against the same ones."""
    return {}


@pytest.fixture
def _few_pictures(monkeypatch, _references) -> None:
    """Verify on 10 pictures, and let each checkpoint answer them once for all tests."""

    def remembered(checkpoint: Checkpoint, paths: Sequence[Path]):
        key = (checkpoint.sha256, checkpoint.card, *paths)
        if key not in _references:
            _references[key] = yield from compute_reference(checkpoint, paths)
        return _references[key]

    monkeypatch.setattr(pictures, "MOST", 10)
    monkeypatch.setattr(pictures, "FEWEST", 10)
    monkeypatch.setattr(publish, "compute_reference", remembered)


@pytest.fixture(scope="session")
def _healthy_file(model_file) -> bytes:
    return model_file.read_bytes()


@pytest.fixture
def plant_graph(monkeypatch, _few_pictures, _healthy_file) -> Change:
    """Make export write the healthy ONNX file of the same run with its graph changed.

    That is what the exporter would have written had it made the mistake, without its seconds.
    """

    def plant(change_graph: Change = lambda _graph: None, change_card: Change = lambda c: c):
        def write(_network: nn.Module, card: ModelCard, path: Path, _options: object) -> None:
            model = ModelProto.FromString(_healthy_file)
            change_graph(model.graph)
            onnx_file.save_onnx(model, change_card(card), path)

        monkeypatch.setattr(publish, "FORMATS", (replace(publish.FORMATS[0], write=write),))

    return plant


@pytest.fixture
def plant_network(monkeypatch, _few_pictures) -> Change:
    """Make export write a format from a changed network, through the real exporter."""

    def plant(name: str, change: Callable[[nn.Module], nn.Module | None]) -> None:
        (target,) = (target for target in publish.FORMATS if target.name == name)

        def write(network: nn.Module, card: ModelCard, path: Path, options: ExportOptions) -> None:
            target.write(change(network) or network, card, path, options)

        monkeypatch.setattr(publish, "FORMATS", (replace(target, write=write),))

    return plant


@pytest.fixture
def refusal(light_run) -> Callable[..., str]:
    """Export a run that has to be refused; nothing may be left. Gives the error's text."""

    def files() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in light_run.iterdir()}

    def export(data: Path | None = None, options: ExportOptions = AT_ONCE) -> str:
        before = files()
        with pytest.raises(VerificationError) as caught:
            tlx.export(light_run, data=data, options=options)
        assert files() == before
        text = str(caught.value)
        assert "\n" not in text
        assert text.endswith("; it was not published")
        return text

    return export


@pytest.fixture
def warm_run(light_run) -> Path:
    """The light run, its card with a temperature of 1.7."""
    checkpoint = load_checkpoint(light_run / "best.pt")
    warm = replace(checkpoint, card=replace(checkpoint.card, temperature=1.7))
    save_checkpoint(light_run / "best.pt", warm)
    return light_run


@pytest.fixture(scope="session")
def any_size_file(tmp_path_factory, model_file) -> Path:
    """The same run's model.any-size.onnx, to be read only."""
    out = tmp_path_factory.mktemp("any-size")
    options = ExportOptions(formats=("onnx",), embed_resize=True)
    (file,) = tlx.export(model_file.parent, out=out, options=options)
    return file.path
