"""Card files for `--card` that are none, or not of the model file beside them."""

import json
import os
from pathlib import Path

from catalogue.kinds import Kind, put
from catalogue.models import CARD_JSON, ODD_TEXTS, TEXTS, model

CARD = "card.json"
RIGHT = CARD_JSON.encode()


def bare() -> bytes:
    """Make a model file without a card, its tensors under other names."""
    return model(card=None, images="input").SerializeToString()


def _texts(texts: dict[str, str]):
    def write(folder: Path) -> None:
        put(folder, {f"{name}.json": text.encode() for name, text in texts.items()})

    return write


def _cut(folder: Path) -> None:
    put(folder, {f"{end:05}.json": RIGHT[:end] for end in range(0, len(RIGHT) - 1, 41)})


def _no_text(folder: Path) -> None:
    put(
        folder,
        {
            "latin.json": CARD_JSON.replace("blue", "bl\xfc").encode("latin-1"),
            "utf16.json": CARD_JSON.encode("utf-16"),
            "model.json": bare(),
            "picture.json": b"\x89PNG\r\n\x1a\n" + bytes(300),
            "zeros.json": bytes(3000),
            "megabytes.json": b" " * 17_000_000 + RIGHT,
        },
    )


def _no_files(folder: Path) -> None:
    (folder / "folder.json").mkdir()
    (folder / "zero.json").symlink_to("/dev/zero")
    (folder / "gone.json").symlink_to("nowhere")
    (folder / "itself.json").symlink_to("itself.json")
    os.mkfifo(folder / "pipe.json")


def _wrapped(folder: Path) -> None:
    """What `tlx inspect --json` prints, with something else where the card stands."""
    for name, value in {"text": "x", "list": [], "null": None, "deep": {"card": {}}}.items():
        (folder / f"{name}.json").write_text(json.dumps({"path": "a", "card": value}))
    other = {**json.loads(CARD_JSON), "input": "float-nchw-normalised"}
    (folder / "normalised.json").write_text(json.dumps({"card": other}))


CARD_FILES: tuple[Kind, ...] = (
    Kind("card file that cannot be used", _texts(TEXTS)),
    Kind("card file cut short", _cut),
    Kind("card file that is no text", _no_text),
    Kind("card file that is no file", _no_files),
    Kind("card file around another thing", _wrapped),
    Kind("card file with strange labels", _texts(ODD_TEXTS), "answered"),
)
