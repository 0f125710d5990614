"""An execution provider is used if it is there, computes, and answers as the processor does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

import tlx
from tlx.errors import ModelFileError, ProviderError, UsageError
from tlx.inference import providers
from tlx.inference.card import ModelCard, Quantization
from tlx.inference.card_json import card_to_json
from tlx.inference.provider_check import check_text, made_pictures
from tlx.inference.session import ModelSession

CUDA = "CUDAExecutionProvider"
CPU = "CPUExecutionProvider"
INT8 = Quantization("int8", "by hand", 1, 1, "accuracy", 0.0, None, 0.01, 1.0)


def refused(model: Path, name: str = "cuda") -> str:
    with pytest.raises(ProviderError) as caught:
        tlx.Classifier(model, provider=name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_name_that_nobody_has_is_answered_with_those_there_are(small_model: Path):
    with pytest.raises(UsageError, match="choose cpu, cuda, tensorrt, openvino, coreml, directml"):
        tlx.Classifier(small_model, provider="gpu")


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("cuda", "onnxruntime-gpu"),
        ("tensorrt", "onnxruntime-gpu"),
        ("openvino", "onnxruntime-openvino"),
        ("directml", "onnxruntime-directml"),
    ],
)
def test_a_provider_that_is_not_installed_is_refused_with_the_way_to_it(
    small_model: Path, name: str, package: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(providers, "packages_distributions", lambda: {"onnxruntime": ["ort-here"]})
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU])
    text = refused(small_model, name)
    assert "has cpu only" in text
    assert f"pip uninstall ort-here, then pip install {package}" in text


def test_two_packages_of_onnxruntime_are_said_to_clash(
    small_model: Path, monkeypatch: pytest.MonkeyPatch
):
    both = ["onnxruntime-gpu", "onnxruntime"]
    monkeypatch.setattr(providers, "packages_distributions", lambda: {"onnxruntime": both})
    text = refused(small_model)
    assert "onnxruntime and onnxruntime-gpu are both installed" in text
    assert "pip uninstall onnxruntime onnxruntime-gpu, then pip install onnxruntime-gpu" in text


def test_the_package_of_onnxruntime_is_found_by_what_it_brings():
    assert providers.runtime_packages() == ["onnxruntime"]


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("cuda", [(CUDA, {"use_tf32": "0"}), (CPU, {})]),
        (
            "tensorrt",
            [("TensorrtExecutionProvider", {}), (CUDA, {"use_tf32": "0"}), (CPU, {})],
        ),
        (
            "openvino",
            [("OpenVINOExecutionProvider", {"device_type": "CPU", "precision": "FP32"}), (CPU, {})],
        ),
        ("coreml", [("CoreMLExecutionProvider", {"ModelFormat": "MLProgram"}), (CPU, {})]),
        ("directml", [("DmlExecutionProvider", {}), (CPU, {})]),
    ],
)
def test_a_provider_gets_its_options_and_the_processor_behind_it(
    small_model: Path, simulate_provider: Callable, name: str, chosen: list
):
    simulated = simulate_provider(chosen[0][0])
    tlx.Classifier(small_model, provider=name)
    assert simulated.chosen == chosen
    assert simulated.memory_pattern == (name != "directml")


def test_one_that_answers_alike_is_taken_and_its_check_tells(
    small_model: Path, simulate_provider: Callable
):
    simulate_provider(CUDA)
    check = tlx.Classifier(small_model, provider="cuda").provider_check
    assert check is not None
    assert (check.probability, check.relative, check.exact) == (0, 0, True)
    assert (check.pictures, check.left, check.products) == (16, 0, 2)
    assert list(check_text(check)) == [
        "computed by cuda, up to 0.0e+00 in probability from the processor, on 16 made pictures"
    ]


def test_one_that_rounds_otherwise_is_taken_and_that_is_said(
    small_model: Path, simulate_provider: Callable
):
    simulate_provider(CUDA, lambda _name, value: value * 1.001)
    check = tlx.Classifier(small_model, provider="cuda").provider_check
    assert not check.exact
    assert 1e-4 < check.relative < 2e-3
    assert "beyond the 0.0001 of fp32: cuda rounds otherwise" in list(check_text(check))[1]


def turn_labels(name: str, value: np.ndarray) -> np.ndarray:
    return value[:, ::-1] if name in ("logits", "probabilities") else value


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda _name, value: value * 1.05, "allowed 0.02), the labels are the same"),
        (lambda _name, value: value * np.nan, "allowed 0.01"),
        (turn_labels, "the labels differ"),
        (lambda name, value: value + (name == "features") * 9, "its other outputs"),
    ],
    ids=["far", "no numbers", "other labels", "other features"],
)
def test_one_that_answers_otherwise_is_refused_with_the_numbers(
    small_model: Path, simulate_provider: Callable, alter: Callable, said: str
):
    simulate_provider(CUDA, alter)
    text = refused(small_model)
    assert "--provider cuda is refused: on 16 made pictures" in text
    assert said in text


def test_a_smaller_file_may_differ_by_the_steps_of_its_values(
    write_model: Callable, card: ModelCard, simulate_provider: Callable, tmp_path: Path
):
    simulate_provider(CUDA, lambda _name, value: value * 1.015)
    quantized = write_model(tmp_path / "a.onnx", card_to_json(replace(card, quantization=INT8)))
    assert not tlx.Classifier(quantized, provider="cuda").provider_check.exact
    assert "is refused" in refused(write_model(tmp_path / "b.onnx"))


def test_one_that_leaves_all_to_the_processor_is_refused(
    small_model: Path, simulate_provider: Callable
):
    simulate_provider(CUDA, left=lambda operator: True)
    assert "leaves all 2 convolutions and matrix products" in refused(small_model)


def test_what_is_left_to_the_processor_is_counted(small_model: Path, simulate_provider: Callable):
    simulate_provider(CUDA, left=lambda node: node == "once")
    check = tlx.Classifier(small_model, provider="cuda").provider_check
    assert (check.left, check.products) == (1, 2)
    assert "1 of 2 convolutions and matrix products are left" in list(check_text(check))[1]


def test_one_that_onnxruntime_leaves_out_in_silence_is_refused(
    small_model: Path, simulate_provider: Callable
):
    simulate_provider(CUDA, present=False)
    text = refused(small_model)
    assert text.startswith("CUDAExecutionProvider does not compute on this machine; it needs NVID")


def test_one_whose_libraries_are_missing_is_refused(
    small_model: Path, simulate_provider: Callable, capfd: pytest.CaptureFixture
):
    simulate_provider(CUDA, error=RuntimeError("no libcudart.so"))
    assert refused(small_model).endswith(": no libcudart.so")
    assert capfd.readouterr().out == ""


def test_one_that_cannot_do_with_the_file_is_refused(
    small_model: Path, simulate_provider: Callable
):
    class FailError(Exception):
        """As onnxruntime's, which share no base."""

    simulate_provider(CUDA, error=FailError("no kernel for Conv"))
    assert "cannot be opened as an ONNX file: no kernel for Conv" in refused(small_model)


def test_a_bad_file_is_no_fault_of_the_provider(simulate_provider: Callable, tmp_path: Path):
    simulate_provider(CUDA)
    (tmp_path / "a.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError) as caught:
        tlx.Classifier(tmp_path / "a.onnx", provider="cuda")
    assert not isinstance(caught.value, ProviderError)


def test_files_are_answered_in_order_by_one_run_at_a_time(
    small_model: Path, simulate_provider: Callable, tmp_path: Path
):
    simulated = simulate_provider(CUDA)
    paths = [tmp_path / f"{index:02}.png" for index in range(30)]
    for index, path in enumerate(paths):
        Image.new("RGB", (40, 40), (8 * index, 255 - 8 * index, 100)).save(path)
    paths[7].write_bytes(b"no picture")
    classifier = tlx.Classifier(small_model, many=True, provider="cuda")
    found = list(classifier.classify_files(paths))
    expected = list(tlx.Classifier(small_model).classify_files(paths))
    assert [outcome.path for outcome in found] == [str(path) for path in paths]
    assert [outcome.error for outcome in found] == [outcome.error for outcome in expected]
    for one, other in zip(found, expected, strict=True):
        if one.prediction:
            assert np.array_equal(one.prediction.logits, other.prediction.logits)
    assert len(simulated.threads) == 1


def test_the_made_pictures_are_smooth_and_noisy_and_always_the_same(card: ModelCard):
    pictures = made_pictures(card)
    assert [picture.shape for picture in pictures] == [(32, 32, 3)] * 16
    roughness = [np.abs(np.diff(picture.astype(int), axis=0)).mean() for picture in pictures]
    assert max(roughness[:4]) < min(roughness[8:]) / 2
    assert all(map(np.array_equal, pictures, made_pictures(card)))


def test_what_ran_is_recorded_until_the_end_of_the_profile(small_model: Path, tmp_path: Path):
    session = ModelSession(small_model, profile=tmp_path / "profile")
    session.run(np.zeros((1, 32, 32, 3), np.uint8))
    path = session.end_profile()
    assert path.parent == tmp_path
    size = path.stat().st_size
    session.run(np.zeros((1, 32, 32, 3), np.uint8))
    assert path.stat().st_size == size
