"""Files of a run folder that no training leaves: config.json, split.csv, checkpoints."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any
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
        some = list(wrong_progress(content["progress"]))[::9]  # each is as large as the whole
        for number, (place, value) in enumerate(some):
            progress = changed(content["progress"], place, value)
            name = "-".join(map(str, place))
            torch.save({**content, "progress": progress}, folder / f"{number:03}-{name}.pt")

    return Kind("last.pt whose progress is none", write, "either")


Change = tuple[tuple[object, ...], object]


def wrong_progress(progress: dict[str, Any]) -> Iterator[Change]:
    """Give where something in a `last.pt` is changed, and what then stands there; ... for nothing.

    None of these may pass for what a training has written.
    """
    import torch

    numbers = ("x", None, float("nan"), float("inf"), -1, True, [0.1], torch.ones(2), 0j)
    for name in sorted(progress.keys() - {"scaler", "precision"}):
        yield from (((name,), value) for value in ("x", 7.5, [{"epoch": "x"}], {1: 2}, ...))
    yield from ((("parts",), value) for value in (0, -1, 10**30, 1.5, True))
    for name in sorted({"averaged", "learning"} & progress.keys()):
        yield from (((name,), value) for value in (*numbers, {"fc.weight": torch.ones(2)}))
    yield from _wrong_optimizer(progress["optimizer"], numbers)
    for name in ("last_epoch", "_step_count"):
        yield from ((("schedule", name), value) for value in (*numbers, 0.5, 10**30, ...))
    for name in ("base_lrs", "_last_lr"):
        yield from ((("schedule", name), value) for value in ("x", [], ["x"] * 4, 1.0, ...))
    for name in sorted({"scale", "_growth_tracker"} & progress["scaler"].keys()):  # in fp16 only
        yield from ((("scaler", name), value) for value in (*numbers, 10**400, ...))
    yield from _wrong_history(progress["history"])


def _wrong_optimizer(optimizer: dict[str, Any], numbers: tuple[object, ...]) -> Iterator[Change]:
    import torch

    groups, state = optimizer["param_groups"], optimizer["state"]
    for name in sorted({"lr", "betas", "momentum"} & groups[0].keys()):
        for value in (*numbers, (1.0, 1.0), ...):
            yield ("optimizer", "param_groups", 0, name), value
    yield ("optimizer", "param_groups"), groups[1:]
    first = next(iter(state))
    for name, tensor in state[first].items():
        wrong = (tensor.new_ones(3, 1), tensor.int(), tensor.new_full((), -2.0), 1.0, None, ...)
        yield from ((("optimizer", "state", first, name), value) for value in wrong)
    yield ("optimizer", "state", first), {}
    yield ("optimizer", "state", first, "more"), torch.ones(1)
    yield ("optimizer", "state", len(state) + 1), state[first]
    yield ("optimizer", "state", "0"), state[first]


def _wrong_history(history: list[dict[str, Any]]) -> Iterator[Change]:
    for name in sorted(set(history[0]) - {"pictures_per_second", "seconds"}):
        yield from ((("history", 0, name), value) for value in ([], {"a": 1}))
    for name in ("epoch", "monitor", "monitored", "validation_loss", "lr"):
        yield from ((("history", 0, name), value) for value in ("x", float("nan"), None, ...))
    yield ("history", 0, "best"), False
    yield ("history",), history * 2
    yield ("history",), []


def changed(content: Any, place: tuple[object, ...], value: object) -> Any:
    """Copy what is nested as far as it changes."""
    if not place:
        return value
    key, *rest = place
    if value is ... and not rest:
        return {name: kept for name, kept in content.items() if name != key}
    inner = content[key] if isinstance(content, list) or key in content else None
    new = changed(inner, tuple(rest), value)
    if isinstance(content, list):
        return [new if at == key else kept for at, kept in enumerate(content)]
    return {**content, key: new}
