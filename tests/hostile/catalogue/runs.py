"""Files of a run folder that no training leaves: config.json, split.csv, checkpoints."""

import json
import os
from collections.abc import Callable
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

from catalogue.kinds import Kind, put
from catalogue.tables import ENCODED, SHAPES

from tlx.training.config import TrainingConfig

ODD = ([], {"a": 1}, "x\0", -1.5, 10**300, "\ud800")


def _config(**changes: object) -> bytes:
    return json.dumps({"data": "nowhere", "weights": "none", **changes}).encode()


def _wrong_types(folder: Path) -> None:
    contents = {
        f"{field.name}-{index}.json": _config(**{field.name: value})
        for field in fields(TrainingConfig)
        for index, value in enumerate(ODD)
    }
    put(folder, contents)


def _no_configs(folder: Path) -> None:
    put(
        folder,
        {
            "empty.json": b"",
            "cut.json": _config()[:-9],
            "list.json": b"[]",
            "text.json": b'"config"',
            "deep.json": b"[" * 100_000,
            "deep-object.json": b'{"data":' * 50_000,
            "constant.json": b'{"data": NaN}',
            "huge-number.json": b'{"data": "x", "epochs": ' + b"9" * 5000 + b"}",
            "infinite.json": b'{"data": "x", "lr": 1e999}',
            "unknown.json": _config(command="rm -rf /"),
            "without.json": b"{}",
            "utf-16.json": _config().decode().encode("utf-16"),
            "binary.json": bytes(range(256)) * 9,
        },
    )


def no_files(ending: str) -> Callable[[Path], None]:
    """Give what writes places that are no file."""

    def write(folder: Path) -> None:
        (folder / f"folder.{ending}").mkdir()
        (folder / f"zero.{ending}").symlink_to("/dev/zero")
        (folder / f"nowhere.{ending}").symlink_to("/nowhere/at/all")
        (folder / f"itself.{ending}").symlink_to(f"itself.{ending}")
        os.mkfifo(folder / f"pipe.{ending}")

    return write


CONFIGS: tuple[Kind, ...] = (
    Kind("config.json of wrong types", _wrong_types),
    Kind("config.json that is none", _no_configs),
    Kind("config.json that is no file", no_files("json")),
)


def _splits(folder: Path) -> None:
    shapes = {name: text.encode(errors="surrogateescape") for name, text in SHAPES.items()}
    own = {
        "elsewhere.csv": b"file,label,split\n../../../etc/passwd,red,validation\n",
        "devices.csv": b"file,label,split\n/dev/zero,red,validation\n/dev/zero,blue,test\n",
        "nul.csv": b"file,label,split\na\0b.jpg,red,validation\n",
        "no-label.csv": b"file,label,split\na.jpg,,validation\n",
        "long-header.csv": b"file,label,split" + b",x" * 500_000 + b"\n" + b"a,b,test\n" * 100_000,
        "other-labels.csv": b"file,label,split\na.jpg,violet,validation\n",
    }
    put(folder, {**ENCODED, **shapes, **own})


SPLITS: tuple[Kind, ...] = (
    Kind("split.csv of a stranger", _splits),
    Kind("split.csv that is no file", no_files("csv")),
)


def _zip(contents: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return file.getvalue()


def swelling_archive(name: str = "archive/data.pkl", size: int = 2_000_000_000) -> bytes:
    """A zip of a thousandth of what it holds."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1) as archive, archive.open(name, "w") as f:
        for _ in range(size // 10_000_000):
            f.write(bytes(10_000_000))
    return file.getvalue()


def checkpoints(whole: bytes) -> Kind:
    """Damaged copies of a checkpoint."""
    import torch

    def saved(content: object) -> bytes:
        file = BytesIO()
        torch.save(content, file)
        return file.getvalue()

    def write(folder: Path) -> None:
        content = torch.load(BytesIO(whole), weights_only=True)
        weights, size = content["weights"], len(whole)
        first = next(iter(weights))
        wrong = {
            f"{name}-{index}.pt": saved({**content, name: value})
            for name in content
            for index, value in enumerate((None, 7, "x", [], {}, {1: 2}))
            if not (name == "progress" and value in ({}, {1: 2}))
            and not (name == "epoch" and value == 7)
        }
        put(
            folder,
            {
                **{f"cut-{end}.pt": whole[:end] for end in range(0, size, size // 7 + 1)},
                **{f"altered-{at}.pt": _flipped(whole, at) for at in range(9, size, size // 6)},
                **wrong,
                "weights-text.pt": saved({**content, "weights": {**weights, first: "x"}}),
                "weights-shape.pt": saved(
                    {**content, "weights": {**weights, first: torch.ones(3)}}
                ),
                "weights-fewer.pt": saved({**content, "weights": dict(list(weights.items())[3:])}),
                "weights-alone.pt": saved(weights),
                "tensor.pt": saved(torch.ones(3)),
                "list.pt": saved([1, 2]),
                "empty.pt": b"",
                "text.pt": b"no checkpoint",
                "escaping.pt": _zip({"../../was-here": b"x", "/tmp/was-here": b"x"}),
                "swelling.pt": swelling_archive(size=50_000_000),
            },
        )

    return Kind("checkpoint that is none", write)


def _flipped(whole: bytes, place: int) -> bytes:
    return whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]


def progresses(whole: bytes) -> Kind:
    """Copies of a `last.pt` whose progress cannot be gone on from."""
    import torch

    def write(folder: Path) -> None:
        content = torch.load(BytesIO(whole), weights_only=True)
        progress = content["progress"]
        for name in progress:
            for index, value in enumerate(("x", [{"epoch": "x"}], ...)):
                if value is ...:
                    changed = {key: kept for key, kept in progress.items() if key != name}
                else:
                    changed = {**progress, name: value}
                torch.save({**content, "progress": changed}, folder / f"{name}-{index}.pt")

    return Kind("last.pt whose progress is none", write, "either")
