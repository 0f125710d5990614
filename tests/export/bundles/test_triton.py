"""The Triton model repository: a configuration that the real message accepts, and safe writing."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import onnxruntime
import pytest

from tlx.errors import ModelFileError, UsageError
from tlx.export import triton
from tlx.export.triton import (
    MAX_BATCH,
    check_triton_target,
    triton_name,
    write_triton_repository,
)
from tlx.inference.session import ModelSession

TOKEN = re.compile(r'\s*(?:#[^\n]*\n\s*)*([A-Za-z_]\w*|-?\d+|"[^"\\\n]*"|[{}\[\]:,])')

Message = dict[str, list[object]]


class TextReader:
    """Protocol buffer text, read strictly: any other character or order is an error."""

    def __init__(self, text: str) -> None:
        self.tokens, place = [], 0
        while text[place:].strip():
            match = TOKEN.match(text, place)
            assert match, f"no token at {text[place : place + 30]!r}"
            self.tokens.append(match[1])
            place = match.end()

    def message(self, end: str | None = None) -> Message:
        fields: Message = {}
        while self.tokens and self.tokens[0] != end:
            name = self.tokens.pop(0)
            assert name.isidentifier()
            if self.tokens[0] == ":":
                self.tokens.pop(0)
            else:
                assert self.tokens[0] in "{[", "a value follows a colon"
            fields.setdefault(name, []).extend(self.values())
        if end:
            assert self.tokens.pop(0) == end
        return fields

    def values(self) -> list[object]:
        if self.tokens[0] != "[":
            return [self.value()]
        self.tokens.pop(0)
        found = [] if self.tokens[0] == "]" else [self.value()]
        while self.tokens[0] == ",":
            self.tokens.pop(0)
            found.append(self.value())
        assert self.tokens.pop(0) == "]"
        return found

    def value(self) -> object:
        token = self.tokens.pop(0)
        if token == "{":
            return self.message("}")
        if token.startswith('"'):
            return token[1:-1]
        assert re.fullmatch(r"-?\d+|[A-Z][A-Z0-9_]*", token), token
        return int(token) if token.lstrip("-").isdigit() else token


@pytest.fixture
def model(kind, write_kind, tmp_path) -> Path:
    (tmp_path / "runs/shirts").mkdir(parents=True)
    return write_kind(tmp_path / "runs/shirts/model.onnx", kind)


def read(config: Path) -> Message:
    return TextReader(config.read_text(encoding="utf-8")).message()


def test_the_repository_has_the_layout_that_triton_reads(model, tmp_path):
    found = write_triton_repository(model, tmp_path / "new" / "repository")
    files = {p.relative_to(found.repository).as_posix() for p in found.repository.rglob("*.*")}
    folder = "shirts"
    assert found.name == folder
    assert files == {f"{folder}/config.pbtxt", f"{folder}/labels.txt", f"{folder}/1/model.onnx"}
    assert (found.repository / folder / "1/model.onnx").read_bytes() == model.read_bytes()
    labels = (found.repository / folder / "labels.txt").read_text(encoding="utf-8")
    assert tuple(labels.splitlines()) == ModelSession(model).card.labels


def test_the_configuration_says_what_the_graph_takes_and_gives(model, kind, tmp_path):
    found = write_triton_repository(model, tmp_path)
    config = read(tmp_path / "shirts/config.pbtxt")
    assert (config["name"], config["platform"]) == (["shirts"], ["onnxruntime_onnx"])
    (max_batch,) = config["max_batch_size"]
    assert max_batch == found.max_batch == (0 if isinstance(kind.batch, int) else MAX_BATCH)
    assert ("dynamic_batching" in config) == bool(max_batch)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    kinds = {"tensor(uint8)": "TYPE_UINT8", "tensor(float)": "TYPE_FP32"}
    for block, nodes in (("input", session.get_inputs()), ("output", session.get_outputs())):
        assert [tensor["name"] for tensor in config[block]] == [[node.name] for node in nodes]
        for tensor, node in zip(config[block], nodes, strict=True):
            assert tensor["data_type"] == [kinds[node.type]]
            shape = [size if isinstance(size, int) else -1 for size in node.shape]
            dims = shape[1:] if max_batch else shape
            assert tensor["dims"] == (dims or [1])
            assert tensor.get("reshape") == (None if dims else [{"shape": []}])
            named = tensor.get("label_filename")
            assert named == (["labels.txt"] if node.name == "probabilities" else None)


def test_the_configuration_says_what_a_client_has_to_know(model, kind, tmp_path):
    write_triton_repository(model, tmp_path)
    config = read(tmp_path / "shirts/config.pbtxt")
    facts = {
        parameter["key"][0]: parameter["value"][0]["string_value"][0]
        for parameter in config["parameters"]
    }
    card = ModelSession(model).card
    assert facts.pop("thresholds", "[]") == str(list(card.decision_thresholds or []))
    threshold = card.unknown_threshold
    assert facts.pop("unknown_threshold", None) == (threshold and repr(threshold))
    rule = card.preprocessing
    sizes = {"resize_side": str(rule.resize_side), "crop": str(rule.crop)}
    assert facts == {"input": card.input, "task": card.task, **sizes}


@pytest.mark.parametrize("kind", ["with a rule"], indirect=True)
def test_one_value_a_picture_has_dimensions_that_triton_takes(model, tmp_path):
    write_triton_repository(model, tmp_path)
    config = read(tmp_path / "shirts/config.pbtxt")
    score = next(tensor for tensor in config["output"] if tensor["name"] == ["unknown_score"])
    assert (score["dims"], score["reshape"]) == ([1], [{"shape": []}])
    parameters = {p["key"][0]: p["value"][0]["string_value"][0] for p in config["parameters"]}
    assert parameters["unknown_threshold"] == "140.5"


def real_message(folder: Path) -> ModuleType:
    """Load Triton's own description of the message out of its client's package."""
    wanted = ["--quiet", "--no-deps", "--target", str(folder), "tritonclient"]
    command = [sys.executable, "-m", "pip", "install", *wanted]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"pip could not install tritonclient: {found.stderr[-200:]}")
    path = folder / "tritonclient/grpc/model_config_pb2.py"
    spec = importlib.util.spec_from_file_location("model_config_pb2", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def model_config_pb2(tmp_path_factory) -> ModuleType:
    return real_message(tmp_path_factory.mktemp("tritonclient"))


@pytest.mark.slow
def test_tritons_own_message_accepts_the_configuration(model, model_config_pb2, tmp_path):
    from google.protobuf import text_format

    write_triton_repository(model, tmp_path)
    text = (tmp_path / "shirts/config.pbtxt").read_text(encoding="utf-8")
    message = text_format.Parse(text, model_config_pb2.ModelConfig())
    ours = read(tmp_path / "shirts/config.pbtxt")
    assert message.name == "shirts"
    assert [list(tensor.dims) for tensor in message.input] == [ours["input"][0]["dims"]]
    assert message.input[0].data_type in (
        model_config_pb2.DataType.TYPE_UINT8,
        model_config_pb2.DataType.TYPE_FP32,
    )
    delay = message.dynamic_batching.max_queue_delay_microseconds
    assert delay == (triton.QUEUE_DELAY if message.max_batch_size else 0)
    with pytest.raises(text_format.ParseError):
        text_format.Parse(text + "max_batchsize: 1", model_config_pb2.ModelConfig())


def test_the_model_that_is_served_answers_batches_up_to_the_largest(plain_model, tmp_path):
    write_triton_repository(plain_model, tmp_path, "colours")
    session = ModelSession(tmp_path / "colours/1/model.onnx")
    logits, _ = session.scores(np.zeros((MAX_BATCH, 32, 32, 3), np.uint8))
    assert logits.shape == (MAX_BATCH, 4)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *(("shirts/model.onnx", "shirts"), ("shirts/model.int8.onnx", "shirts_int8")),
        *(("my run 2/model.onnx", "my_run_2"), ("a/colours.onnx", "a_colours"), ("é/m.onnx", "m")),
    ],
)
def test_a_model_is_named_after_its_run(tmp_path, path, name):
    assert triton_name(tmp_path / path) == name


def test_a_model_written_earlier_is_replaced_and_others_are_left(plain_model, tmp_path):
    first = tmp_path / "other" / "config.pbtxt"
    first.parent.mkdir()
    first.write_text("mine")
    for _ in range(2):
        write_triton_repository(plain_model, tmp_path, "colours")
    assert first.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"other", "colours"}


@pytest.mark.parametrize("change", ["config.pbtxt", "labels.txt", "1/model.onnx", "2/model.onnx"])
def test_a_model_that_somebody_worked_on_is_left_as_it_is(plain_model, tmp_path, change):
    write_triton_repository(plain_model, tmp_path, "colours")
    path = tmp_path / "colours" / change
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as file:
        file.write(b"\n")
    content = path.read_bytes()
    with pytest.raises(UsageError, match="is not as tlx wrote it"):
        write_triton_repository(plain_model, tmp_path, "colours")
    assert path.read_bytes() == content


def test_a_foreign_folder_is_left_as_it_is(plain_model, tmp_path):
    (tmp_path / "colours").mkdir()
    with pytest.raises(UsageError, match="is not as tlx wrote it"):
        write_triton_repository(plain_model, tmp_path, "colours")
    assert not [*(tmp_path / "colours").iterdir()]


@pytest.mark.parametrize("name", ["../out", "a/b", "a b", 'a"b', ".."])
def test_a_name_that_is_no_plain_one_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="name in Triton"):
        check_triton_target(tmp_path, name)


def test_a_file_in_the_place_of_the_repository_is_refused(plain_model, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match="is a file"):
        write_triton_repository(plain_model, tmp_path / "file")


def test_a_model_file_that_is_none_leaves_nothing(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelFileError):
        write_triton_repository(tmp_path / "model.onnx", tmp_path / "repository")
    assert not (tmp_path / "repository").exists()


def test_a_label_with_a_line_break_is_refused(write_kind, kind, tmp_path):
    model = write_kind(tmp_path / "model.onnx", kind, labels=("a", "b\rc", "d", "e"))
    with pytest.raises(UsageError, match="line break"):
        write_triton_repository(model, tmp_path / "repository")
    assert not (tmp_path / "repository").exists()


def test_a_repository_that_cannot_be_finished_keeps_the_earlier_model(
    plain_model, tmp_path, monkeypatch
):
    write_triton_repository(plain_model, tmp_path, "colours")
    before = (tmp_path / "colours/config.pbtxt").read_bytes()

    def fail(source, target):
        raise OSError("no space left")

    monkeypatch.setattr(triton.shutil, "copyfile", fail)
    with pytest.raises(OSError, match="no space"):
        write_triton_repository(plain_model, tmp_path, "colours")
    assert (tmp_path / "colours/config.pbtxt").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["colours"]
