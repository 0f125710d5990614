"""What ONNX, TorchScript and pt2 files say about themselves, read without torch."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tlx.errors import CardError, ModelFileError
from tlx.inference.card import CARD_KEY, TENSORS_KEY, ModelCard
from tlx.inference.card_json import card_to_json
from tlx.inference.inspection import (
    archive_kind,
    describe_archive,
    describe_onnx,
    is_zip,
)
from tlx.inference.session import TensorSpec

TENSORS = {
    "inputs": [{"name": "images", "dtype": "uint8", "shape": ["N", 32, 32, 3]}],
    "outputs": [{"name": "logits", "dtype": "float32", "shape": ["N", 3]}],
}

WriteArchive = Callable[..., Path]


@pytest.fixture
def write_archive(card: ModelCard, tmp_path: Path) -> WriteArchive:
    """Give the function that writes an archive as torch does; None leaves a note out."""

    def write(
        card_text: str | None = card_to_json(card), tensors: object = TENSORS, program: bool = False
    ) -> Path:
        path = tmp_path / "model.ts"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model/models/model.json" if program else "model/data.pkl", b"code")
            if card_text is not None:
                archive.writestr(f"model/extra/{CARD_KEY}", card_text)
            if tensors is not None:
                archive.writestr(f"model/extra/{TENSORS_KEY}", json.dumps(tensors))
        return path

    return write


def test_an_onnx_file_describes_itself(small_model: Path, card: ModelCard):
    described = describe_onnx(small_model)
    content = small_model.read_bytes()
    assert (described.path, described.kind, described.card) == (small_model, "onnx", card)
    assert described.size == len(content)
    assert described.sha256 == hashlib.sha256(content).hexdigest()
    assert described.opset == 18
    assert [spec.name for spec in described.inputs] == ["images"]
    assert [spec.name for spec in described.outputs] == [
        *("logits", "probabilities", "activation_maps", "features")
    ]


@pytest.mark.parametrize("kind", ["torchscript", "pt2"])
def test_a_file_of_torch_describes_itself(write_archive: WriteArchive, card: ModelCard, kind: str):
    path = write_archive(program=kind == "pt2")
    described = describe_archive(path)
    assert (described.kind, described.card, described.opset) == (kind, card, None)
    assert described.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert described.inputs == (TensorSpec("images", "uint8", ("N", 32, 32, 3)),)
    assert described.outputs == (TensorSpec("logits", "float32", ("N", 3)),)


def test_the_kinds_of_file_are_told_apart(small_model: Path, write_archive: WriteArchive):
    assert not is_zip(small_model)
    assert not is_zip(small_model.parent)
    assert not is_zip(small_model.parent / "nowhere.pt")
    assert archive_kind(write_archive()) == "torchscript"
    assert archive_kind(write_archive(program=True)) == "pt2"
    checkpoint = write_archive(card_text=None, tensors=None)
    assert is_zip(checkpoint)
    assert archive_kind(checkpoint) == "checkpoint"
    with pytest.raises(ModelFileError, match=r"model\.onnx is damaged"):
        archive_kind(small_model)


def test_a_file_of_torch_without_its_notes_is_refused(write_archive: WriteArchive):
    with pytest.raises(CardError, match="has no card"):
        describe_archive(write_archive(card_text=None))
    with pytest.raises(CardError, match="has no card"):
        describe_archive(write_archive(tensors=None))


@pytest.mark.parametrize(
    "tensors", [[], {}, {"inputs": []}, {"inputs": [{}], "outputs": []}, {"inputs": 1}]
)
def test_a_damaged_note_of_tensors_is_a_clear_error(write_archive: WriteArchive, tensors: object):
    with pytest.raises(ModelFileError, match=r"model\.ts: its note of tensors is damaged"):
        describe_archive(write_archive(tensors=tensors))


def test_a_card_that_cannot_be_read_is_a_clear_error(write_archive: WriteArchive):
    with pytest.raises(CardError, match=r"model\.ts: the card has no schema number"):
        describe_archive(write_archive(card_text="{}"))


def test_a_damaged_archive_is_a_clear_error(write_archive: WriteArchive):
    path = write_archive()
    content = path.read_bytes()
    # The archive's index stands at its end and is whole; a label inside the card is not.
    path.write_bytes(content.replace(b"green", b"gr\xff\xff\xff", 1))
    with pytest.raises(ModelFileError, match="is damaged"):
        describe_archive(path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_an_archive_that_was_cut_short_is_damaged_and_no_other_kind(
    write_archive: WriteArchive, share: float
):
    path = write_archive()
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert is_zip(path)
    for ask in (archive_kind, describe_archive):
        with pytest.raises(ModelFileError, match=r"model\.ts is damaged"):
            ask(path)


def test_an_archive_with_a_password_is_a_clear_error(write_archive: WriteArchive):
    path = write_archive()
    content = bytearray(path.read_bytes())
    # The bit that says "encrypted", in the entry of every file in the index.
    start = content.find(b"PK\x01\x02")
    while start >= 0:
        content[start + 8] |= 1
        start = content.find(b"PK\x01\x02", start + 1)
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="password"):
        describe_archive(path)


def test_a_file_that_is_no_archive_is_a_clear_error(tmp_path: Path, small_model: Path):
    for path in (tmp_path / "nowhere.ts", small_model):
        with pytest.raises(ModelFileError):
            describe_archive(path)


@pytest.mark.parametrize("content", [None, b"", b"not a model"])
def test_what_is_no_onnx_file_cannot_be_described_as_one(tmp_path: Path, content: bytes | None):
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError, match=r"model\.onnx"):
        describe_onnx(path)
