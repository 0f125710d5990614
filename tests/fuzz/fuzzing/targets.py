"""What is fuzzed: every parser of ours of files and messages from elsewhere, given any bytes.

A target returns on whatever its parser documents, the errors it documents among them. Anything that
it raises is a finding.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

from catalogue.models import CARD_JSON

from tlx.cli.picture_paths import find_paths
from tlx.errors import CheckpointError, DataError, ModelFileError, PictureError, UsageError
from tlx.export.bundle import check_bundle_target
from tlx.export.record import find_earlier
from tlx.gui.manifest import read_manifest
from tlx.gui.protocol import decode_answer, decode_request, encode
from tlx.inference.card import CARD_KEY, TENSORS_KEY
from tlx.inference.card_file import read_card_file
from tlx.inference.card_json import card_from_json, card_to_json
from tlx.inference.inspection import FileDescription, archive_kind, describe_archive
from tlx.inference.markdown_card import FORMATS, markdown_card
from tlx.inference.part_manifest import read_manifest as read_part_manifest
from tlx.inference.pixel_limit import VARIABLE
from tlx.inference.preprocessing import Preprocessing, preprocess
from tlx.inference.session import TensorSpec
from tlx.inference.strict_json import UnexpectedJsonError
from tlx.samples.labels_csv import read_labels_csv, read_training_csv
from tlx.samples.labels_file import labels_text, read_labels_file
from tlx.samples.splitting import read_sides, read_split
from tlx.training.config import read_config, write_config

Target = Callable[[bytes], None]

RULE = Preprocessing(36, 32)
PIXELS = "1000000"
"""The limit while pictures are fuzzed: a hundredth of the usual, so each takes milliseconds."""


@cache
def _folder() -> Path:
    """Give a folder of this process; in memory where the system has such a place."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="tlx-fuzz-", dir=memory if memory.is_dir() else None)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _written(name: str, content: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(content)
    return path


def card(content: bytes) -> None:
    """A card as JSON: refused, or the same when it is written and read again; also as Markdown."""
    path = _written("card.json", content)
    with suppress(ModelFileError):
        read_card_file(path)
    with suppress(ModelFileError):
        found = card_from_json(content.decode("utf-8", "replace"))
        text = card_to_json(found)
        assert card_from_json(text) == found
        text.encode()
        for kind in FORMATS:
            image = TensorSpec("images", "uint8", ("N", 32, 32, 3))
            shown = FileDescription(Path("m.onnx"), kind, 1, "0" * 64, found, (image,), (image,))
            markdown_card(shown).encode()


def labels_csv(content: bytes) -> None:
    """A CSV of labels, as `eval`, `check` and `train` read it."""
    path = _written("labels.csv", content)
    for split in (None, "test"):
        with suppress(DataError):
            assert all(isinstance(one.label, str) for one in read_labels_csv(path, split=split))
    with suppress(DataError):
        rows = read_training_csv(path, path.parent, group_column="group").rows
        assert {row.split for row in rows} <= {"", "train", "validation", "test"}


def list_files(content: bytes) -> None:
    """A `labels.txt`, and a list of pictures on stdin."""
    path = _written("labels.txt", content)
    with suppress(DataError):
        labels = read_labels_file(path)
        assert len(set(labels)) == len(labels)
        with suppress(UsageError):  # a carriage return cannot be written
            path.write_text(labels_text(labels), encoding="utf-8")
            assert read_labels_file(path) == labels
    with suppress(DataError):
        names = list(find_paths(["-"], StringIO(content.decode(errors="surrogateescape"))))
        assert all(names)


def protocol(content: bytes) -> None:
    """A line to the worker and one from it; what is understood says the same when written."""
    for decode in (decode_request, decode_answer):
        with suppress(UnexpectedJsonError):
            message = decode(content)
            assert decode(encode(message)) == message


def picture(content: bytes) -> None:
    """A picture's file."""
    os.environ[VARIABLE] = PIXELS
    with suppress(PictureError):
        assert preprocess(content, RULE).shape == (32, 32, 3)


def config(content: bytes) -> None:
    """A run folder's `config.json`; what is understood is the same when it is written and read."""
    run = _written("config.json", content).parent
    with suppress(CheckpointError):
        found = read_config(run)
        write_config(run / "config.json", found)
        assert read_config(run) == found


def split_csv(content: bytes) -> None:
    """A run folder's `split.csv`, and the manifest of a folder that the window sorted."""
    path = _written("split.csv", content)
    with suppress(DataError):
        assert all(isinstance(one.label, str) for one in read_split(path, Path("data"), "test"))
    with suppress(DataError):
        assert set(read_sides(path, Path("data")).values()) <= {"train", "validation", "test"}
    with suppress(DataError):
        for made in read_manifest(path):
            place = os.path.normpath(path.parent / made.place)
            assert place.startswith(f"{path.parent}/")


def archive(content: bytes) -> None:
    """A zip: a TorchScript or pt2 file, and what lies where a bundle shall be written."""
    path = _written("bundle.zip", content)
    with suppress(ModelFileError):
        archive_kind(path)
        describe_archive(path)
    with suppress(UsageError):
        check_bundle_target(path)


def notes(content: bytes) -> None:
    """The `verification.json` beside exported files, a TorchScript file's note, one of parts."""
    path = _written("verification.json", content)
    with suppress(UsageError):
        find_earlier(path.parent, ["model.onnx"])
    with suppress(UsageError):
        read_part_manifest(path)
    path = _folder() / "model.ts"
    with ZipFile(path, "w") as archive:
        archive.writestr(f"m/extra/{CARD_KEY}", CARD_JSON)
        archive.writestr(f"m/extra/{TENSORS_KEY}", content)
    with suppress(ModelFileError):
        markdown_card(describe_archive(path))


TARGETS: dict[str, Target] = {
    "card": card,
    "labels-csv": labels_csv,
    "list-files": list_files,
    "protocol": protocol,
    "picture": picture,
    "config": config,
    "split-csv": split_csv,
    "archive": archive,
    "notes": notes,
}
