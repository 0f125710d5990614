"""What fuzzing begins with: whole and damaged examples of all that the targets read."""

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

from catalogue.models import CARD, CARD_JSON, ODD_TEXTS, TEXTS
from catalogue.pictures import ENDINGS, encoded, frames
from catalogue.tables import ENCODED, GOOD, ROWS, SHAPES

from tlx.gui import protocol
from tlx.gui.scoring_messages import Compare, Evaluate, WriteReport
from tlx.inference.card import (
    CARD_KEY,
    TENSORS_KEY,
    MeasuredResult,
    Quantization,
    VerificationSummary,
)
from tlx.inference.card_json import card_to_json
from tlx.inference.part_manifest import Manifest, PartPlan, WholeShard
from tlx.training.config import TrainingConfig, write_config

MOST = 20_000
"""Bytes of a seed: libFuzzer takes the longest one for the length that it works with."""


def _cards() -> Iterator[bytes]:
    full = replace(
        CARD,
        task="multi-label",
        thresholds=(0.5, 0.1, 0.9),
        unknown_threshold=1.5,
        results=(MeasuredResult("accuracy", 0.5, (0.4, 0.6), "test", 9, False),),
        verification=VerificationSummary(9, 1e-7, 1.0, 1e-4, 1e-8, "folder", "accuracy", 0.9, 0.9),
        quantization=Quantization("int8", "how", 9, 9, "accuracy", 0.0, (-0.1, 0.1), 0.1, 1.0),
    )
    yield card_to_json(full).encode()
    yield CARD_JSON.encode()
    yield CARD_JSON.replace('"resnet18"', '"\\ud800"').encode()  # found by fuzzing
    for text in (*TEXTS.values(), *ODD_TEXTS.values()):
        yield text.encode("utf-8", "surrogatepass")


def _tables() -> Iterator[bytes]:
    yield GOOD.encode()
    yield from ENCODED.values()
    for text in (*SHAPES.values(), *ROWS.values()):
        yield text.encode(errors="surrogateescape")
    yield b"file,labels,split,group\na.jpg,red|blue,train,1\nb.jpg,,val,2\n"
    yield b"image;red;blue\na;0;1\nb;1.0;true\n"


def _lists() -> Iterator[bytes]:
    yield b"red\ngreen\nblue\n"
    yield b"\r\xef\xbb\xbfred\nblue\n"  # found by fuzzing
    yield "\ufeffcafé\r\ncafe\u0301\r\n".encode()
    yield b"a.jpg\nb.jpg\n\n/dev/zero\n../x\xff.jpg\n-\n*.jpg\n"


def _lines() -> Iterator[bytes]:
    for message in (
        protocol.Load(1, "model.onnx", 2),
        protocol.Classify(2, ("a.jpg", "caf\udce9.jpg"), 1),
        protocol.ClassifyBytes(3, "pasted", "aGVsbG8="),
        protocol.Explain(4, "a.jpg", "red", None),
        protocol.Measure(5),
        Evaluate(6, "data", None, "test", 5),
        Compare(7, "other.onnx", "data", None, None, False),
        WriteReport(8, 6, "report.html"),
        protocol.Cancel(9),
        protocol.Quit(),
        protocol.Hello(1, "0.1.0"),
        protocol.Classified(2, 0, (protocol.Row("a.jpg", (protocol.Ranked("red", 0.5),), None),)),
        protocol.Explained(4, "a", "red", ((0.5, -1e9),), (0.0, 0.0, 1.0, 1.0)),
        protocol.Failed("why", None),
    ):
        yield protocol.encode(message)


def _pictures() -> Iterator[bytes]:
    for kind in ENDINGS:
        yield encoded(kind)
    yield encoded("JPEG", (40, 40), progressive=True)
    yield encoded("JPEG", mode="CMYK")
    yield encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0")
    for mode in ("P", "L", "LA", "RGBA", "1", "I;16"):
        yield encoded("PNG", mode=mode)
    for packing in ("tiff_lzw", "jpeg", "packbits", "group4"):
        yield encoded("TIFF", mode="1" if packing == "group4" else "RGB", compression=packing)
    yield encoded("BMP", mode="P")
    yield encoded("WEBP", lossless=True)
    yield from (frames(kind, 2, (9, 9)) for kind in ("GIF", "WEBP", "PNG", "TIFF"))
    yield b"P3\n2 1\n255\n1 2 3 4 5 6\n"


def _configs() -> Iterator[bytes]:
    config = TrainingConfig(Path("/data"), labels=Path("l.csv"), lr=0.1, log=("tensorboard",))
    with TemporaryDirectory() as folder:
        write_config(Path(folder, "config.json"), config)
        yield Path(folder, "config.json").read_bytes()
    yield b'{"data": "x"}'
    yield b'{"data": "x", "epochs": 1e999}'
    yield b"[" * 5000


def _splits() -> Iterator[bytes]:
    yield b"file,label,split\na.jpg,red,train\n../b.jpg,blue,test\nc\xff.jpg,red,validation\n"
    yield b"file,labels,split\na.jpg,red|blue,test\n"
    yield b"place,source,way,sha256\nred,,folder,\nred/a.jpg,/in/a.jpg,copy,00\n"


TENSORS = json.dumps(
    {"inputs": [{"name": "images", "dtype": "uint8", "shape": ["N", 32]}], "outputs": []}
)


def _archives() -> Iterator[bytes]:
    notes = {CARD_KEY: CARD_JSON, TENSORS_KEY: TENSORS}
    for packing in (0, ZIP_DEFLATED):
        for extra in ("", "m/models/model.json"):
            file = BytesIO()
            with ZipFile(file, "w", packing) as target:
                for name, text in notes.items():
                    target.writestr(f"m/extra/{name}", text)
                if extra:
                    target.writestr(extra, "{}")
            yield file.getvalue()
            # Found by fuzzing: an entry that says it is longer than the file.
            yield file.getvalue().replace(struct.pack("<I", len(CARD_JSON)), b"\xff\xff\xff\0")
    file = BytesIO()
    with ZipFile(file, "w") as target:
        target.writestr("SHA256SUMS", f"{'0' * 64}  ../../etc/passwd\n")
        target.writestr("../../etc/passwd", "x")
        target.writestr("selftest.py", "x")
    yield file.getvalue()


def _notes() -> Iterator[bytes]:
    yield b'{"files": [{"path": "model.onnx", "sha256": "00"}]}'
    yield b'{"files": {"path": 1}}'
    yield TENSORS.encode()
    plan = PartPlan("0" * 64, 5, 10**8, 1000)
    yield json.dumps(asdict(Manifest(1, "0", plan, WholeShard(9, 1, 9, "0" * 64)))).encode()
    yield b'{"inputs": [], "outputs": []}'  # found by fuzzing
    yield b"[" * 5000


SEEDS = {
    "card": _cards,
    "labels-csv": _tables,
    "list-files": _lists,
    "protocol": _lines,
    "picture": _pictures,
    "config": _configs,
    "split-csv": _splits,
    "archive": _archives,
    "notes": _notes,
}
"""By the target's name."""


@cache
def seeds_of(target: str) -> tuple[bytes, ...]:
    """Give the seeds of a target that are short enough."""
    return tuple(seed for seed in SEEDS[target]() if len(seed) <= MOST)
