"""Every variant of a file is verified, says what it is, and is classified through alike."""

import numpy as np
import onnx
import onnxruntime
import pytest

import tlx
from tlx.errors import VerificationError
from tlx.export import condition, onnx_file, pictures
from tlx.export.events import Writing
from tlx.export.options import ExportOptions
from tlx.export.publish import export_events
from tlx.inference.events import finish
from tlx.inference.session import OUTPUTS, SCORES, ModelSession
from tlx.samples.folders import label_folders


@pytest.fixture
def few(monkeypatch) -> None:
    """Verify on 10 pictures."""
    monkeypatch.setattr(pictures, "MOST", 10)
    monkeypatch.setattr(pictures, "FEWEST", 10)


def _labels(path, split_folder) -> tuple[list[str], np.ndarray]:
    paths = [sample.path for sample in label_folders(split_folder / "test")]
    found = [outcome.prediction for outcome in tlx.Classifier(path).classify_files(paths)]
    return [one.label for one in found], np.stack([one.probabilities for one in found])


def _export(run, **options):
    (file,) = tlx.export(run, options=ExportOptions(**({"formats": ("onnx",)} | options)))
    return file


@pytest.fixture(scope="module")
def expected(model_file, split_folder) -> tuple[list[str], np.ndarray]:
    return _labels(model_file, split_folder)


def _assert_same(path, split_folder, expected) -> None:
    labels, probabilities = _labels(path, split_folder)
    assert labels == expected[0]
    np.testing.assert_allclose(probabilities, expected[1], rtol=0, atol=1e-5)


@pytest.mark.usefixtures("few")
def test_a_file_of_floats_in_a_fixed_batch_without_explanations_is_classified_through(
    light_run, split_folder, expected
):
    file = _export(light_run, input="float-nchw", batch=4, explain=False)
    session = ModelSession(file.path)
    assert [(spec.dtype, spec.shape) for spec in session.inputs] == [("float32", (4, 3, 32, 32))]
    assert [(spec.name, spec.shape) for spec in session.outputs] == [
        *((name, (4, 3)) for name in SCORES)
    ]
    assert (session.batch, session.explains) == (4, False)
    assert session.card.input == "float-nchw"
    _assert_same(file.path, split_folder, expected)  # of 30 pictures the last batch has 2
    images = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)
    found = session.run(images)
    assert found.logits.shape == (7, 3)
    assert found.activation_maps is found.features is None
    np.testing.assert_allclose(found.logits[6], session.run(images[6:]).logits[0], atol=1e-5)


@pytest.mark.usefixtures("few")
def test_pictures_of_another_size_are_answered_by_a_file_that_says_so(light_run):
    file = _export(light_run, imgsz=48, legacy_exporter=True)
    card = tlx.Classifier(file.path).card
    assert (card.preprocessing.crop, card.preprocessing.resize_side) == (48, 56)
    assert card.results == ()
    assert card.verification.score is not None
    assert ModelSession(file.path).inputs[0].shape == ("N", 48, 48, 3)


@pytest.mark.usefixtures("few")
def test_the_older_exporter_writes_the_same_answers(light_run, split_folder, expected):
    file = _export(light_run, opset=13)  # which it alone can write
    model = onnx.load(file.path)
    assert [entry.version for entry in model.opset_import] == [13]
    assert {value.name for value in model.graph.output} == {*OUTPUTS}
    assert b"site-packages" not in file.path.read_bytes()
    _assert_same(file.path, split_folder, expected)


@pytest.mark.slow
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("opset", "legacy"),
    [*((opset, False) for opset in range(13, 25)), *((opset, True) for opset in (18, 19, 20))],
)
def test_every_opset_is_written_checked_and_verified(
    light_run, split_folder, expected, opset, legacy
):
    file = _export(light_run, opset=opset, legacy_exporter=legacy)
    model = onnx.load(file.path)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", opset)]
    assert model.ir_version == max(9, onnx.helper.find_min_ir_version_for(model.opset_import))
    _assert_same(file.path, split_folder, expected)


@pytest.fixture
def faulty_dynamo(monkeypatch, _healthy_file):
    """Let torch's newer exporter scale the features; the older one stays as it is."""

    def write(_network, _card, path, _options) -> None:
        model = onnx.ModelProto.FromString(_healthy_file)
        for tensor in model.graph.initializer:
            if tensor.name == "network.fc.bias":
                tensor.raw_data = (np.frombuffer(tensor.raw_data, np.float32) + 1).tobytes()
        onnx.save(model, path)

    monkeypatch.setattr(onnx_file, "_write_dynamo", write)


@pytest.mark.usefixtures("few", "faulty_dynamo")
def test_what_the_newer_exporter_gets_wrong_is_written_by_the_older(light_run):
    options = ExportOptions(formats=("onnx",))
    events = list(export_events(light_run, options=options))
    first, second = (event for event in events if isinstance(event, Writing))
    assert first == Writing("model.onnx")
    assert second.name == "model.onnx"
    assert "the first stage that differs is logits" in second.instead_of
    assert events[-1].verified
    assert tlx.Classifier(light_run / "model.onnx").card.verification.agreement == 1


def _fail(*_arguments) -> None:
    raise RuntimeError("planted")


@pytest.mark.usefixtures("few", "faulty_dynamo")
@pytest.mark.parametrize("older", ["same fault", "crash"])
def test_if_the_older_exporter_fails_too_the_first_error_is_told(light_run, monkeypatch, older):
    fault = onnx_file._write_dynamo if older == "same fault" else _fail
    monkeypatch.setattr(onnx_file, "_write_legacy", fault)
    with pytest.raises(VerificationError, match=r"that differs is logits: .*not published"):
        _export(light_run)
    assert not (light_run / "model.onnx").exists()


@pytest.mark.usefixtures("few", "faulty_dynamo")
@pytest.mark.parametrize("options", [{"opset": 21}, {"opset": 18, "legacy_exporter": True}])
def test_the_older_exporter_is_not_asked_for_what_it_cannot_or_has_written(
    light_run, monkeypatch, options
):
    monkeypatch.setattr(onnx_file, "_write_legacy", onnx_file._write_dynamo)
    events = export_events(light_run, options=ExportOptions(formats=("onnx",), **options))
    writing: list[Writing] = []
    with pytest.raises(VerificationError, match="the first stage that differs is logits"):
        finish(events, lambda e: writing.append(e) if isinstance(e, Writing) else None)
    assert writing == [Writing("model.onnx")]


def test_every_provider_of_the_machine_is_a_condition(monkeypatch):
    def providers() -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider", "AzureExecutionProvider"]

    monkeypatch.setattr(onnxruntime, "get_available_providers", providers)
    assert condition.other_providers() == ["CUDAExecutionProvider"]
    said = [str(one) for one in condition.other_conditions(runtime=True)]
    assert said == [
        "CPU, 1 thread, batches of 8",
        "CPU, all threads, one picture at a time",
        "CPU, all threads, batches of 24",
        "CUDA, all threads, batches of 8",
    ]
    assert len(condition.other_conditions(runtime=False)) == 3
