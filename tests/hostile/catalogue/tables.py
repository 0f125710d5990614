"""CSV files of labels as spreadsheets, scripts and accidents leave them."""

import os
from pathlib import Path

from catalogue.kinds import Kind, put

GOOD = "file,label\na.jpg,red\nb.jpg,blue\n"
"""Beside a.jpg and b.jpg; the kinds below are written into the same folder."""

ENCODED = {
    "utf-16.csv": GOOD.encode("utf-16"),
    "utf-32.csv": GOOD.encode("utf-32"),
    "latin-1.csv": "file,label\na.jpg,café\nb.jpg,blue\n".encode("latin-1"),
    "bom.csv": GOOD.encode("utf-8-sig"),
    "two-boms.csv": b"\xef\xbb\xbf" + GOOD.encode("utf-8-sig"),
    "crlf.csv": GOOD.replace("\n", "\r\n").encode(),
    "cr.csv": GOOD.replace("\n", "\r").encode(),
    "nul.csv": GOOD.replace("red", "r\0d").encode(),
    "binary.csv": bytes(range(256)) * 20,
    "zip.csv": b"PK\x03\x04" + bytes(500),
    "surrogates.csv": b"file,label\na.jpg,\xed\xa0\x80\nb.jpg,blue\n",
}
SHAPES = {
    "empty.csv": "",
    "header.csv": "file,label\n",
    "no-header.csv": "a.jpg,red\nb.jpg,blue\n",
    "blank-lines.csv": "\n\n\n",
    "no-file.csv": "name,label\na.jpg,red\n",
    "no-label.csv": "file,colour\na.jpg,red\nb.jpg,blue\n",
    "two-labels.csv": "file,label,label\na.jpg,red,blue\n",
    "short-rows.csv": "file,label\na.jpg\nb.jpg\n",
    "long-rows.csv": "file,label\na.jpg,red,x,y\n",
    "open-quote.csv": 'file,label\na.jpg,"red\nb.jpg,blue\n',
    "large-cell.csv": "file,label\na.jpg," + "x" * 300_000 + "\nb.jpg,blue\n",
    "many-columns.csv": "file,label" + ",x" * 20_000 + "\na.jpg,red\n",
    "many-flags.csv": "file," + ",".join(f"c{i}" for i in range(3000)) + "\na.jpg" + ",1" * 3000,
    "long-header.csv": "file,label" + "," * 300_000 + "\n" + "a.jpg\n" * 100_000,
    "semicolons.csv": GOOD.replace(",", ";"),
    "tabs.csv": GOOD.replace(",", "\t"),
    "json.csv": '{"file": "a.jpg", "label": "red"}\n',
}
ROWS = {
    "twice.csv": GOOD + "a.jpg,red\n",
    "two-truths.csv": GOOD + "a.jpg,blue\n",
    "empty-file.csv": GOOD + ",red\n",
    "empty-label.csv": GOOD + "c.jpg,\n",
    "elsewhere.csv": GOOD + "../../../etc/passwd,red\n/etc/passwd,red\n",
    "missing.csv": GOOD + "missing.jpg,red\nmissing,red\n",
    "device.csv": GOOD + "/dev/zero,red\n",
    "folder.csv": GOOD + "inner,red\n.,red\n",
    "long-name.csv": GOOD + "x" * 5000 + ".jpg,red\n",
    "formula.csv": "file,label\na.jpg,=1+1\nb.jpg,@SUM(A1)\n",
    "controls.csv": "file,label\na.jpg,\x1b[31mred\nb.jpg,a\x07b\n",
    "twins.csv": "file,label\na.jpg,é\nb.jpg,e\u0301\n",
    "bad-split.csv": "file,label,split\na.jpg,red,dev\nb.jpg,blue,train\n",
    "own-header.csv": "file,label,split\na.jpg,\udcff,train\nb.jpg,blue,train\n",
}


def _texts(texts: dict[str, str]):
    return lambda folder: put(
        folder, {name: text.encode(errors="surrogateescape") for name, text in texts.items()}
    )


def _no_files(folder: Path) -> None:
    (folder / "folder.csv").mkdir()
    (folder / "zero.csv").symlink_to("/dev/zero")
    (folder / "itself.csv").symlink_to("itself.csv")
    os.mkfifo(folder / "pipe.csv")


TABLES: tuple[Kind, ...] = (
    Kind("CSV in other encodings", lambda folder: put(folder, ENCODED)),
    Kind("CSV of other shapes", _texts(SHAPES)),
    Kind("CSV with bad rows", _texts(ROWS)),
    Kind("CSV that is no file", _no_files),
)
