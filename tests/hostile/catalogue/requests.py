"""Lines to the worker that no careful program sends."""

import base64
import json
import random

from catalogue.pictures import encoded

from tlx.gui.protocol import REQUESTS

WHOLE: dict[str, dict[str, object]] = {
    "load": {"model": "missing.onnx", "threads": None},
    "classify": {"paths": ["missing.jpg"], "topk": 5},
    "classify-bytes": {"name": "pasted", "content": "", "topk": 5},
    "explain": {"path": "missing.jpg", "label": "blue", "content": None},
    "measure": {},
    "evaluate": {"data": "missing", "root": None, "split": None, "topk": 5},
    "compare": {"other": "missing.onnx", "data": "missing", "truth": True},
    "write-report": {"evaluation": 1, "path": "missing/report.html"},
    "cancel": {},
}
"""A request of each kind, but for its id; `quit` is left out, for it ends the worker."""
ODD = (None, True, -1, 1.5, 10**300, "", "a\0b", "\ud800", "/dev/zero", "x" * 5000, [], [[]], {})
PLACES = ("a\0b", "\ud800.jpg", "/dev/zero", "/proc/self/mem", ".", "/", "", "x" * 5000, "~root")


def _line(kind: object, **fields: object) -> bytes:
    return json.dumps({"kind": kind, "id": 7, **fields}).encode()


def _wrong_values() -> list[bytes]:
    """Every key of every request with values that it does not have, and without it.

    But for right requests to measure, which take seconds as they should.
    """
    lines: list[bytes] = []
    for kind, fields in WHOLE.items():
        for name in ("id", *fields):
            odd = [one for one in ODD if kind != "measure" or type(one) is not int]
            lines += [_line(kind, **{**fields, name: value}) for value in odd]
            left = {key: value for key, value in fields.items() if key != name}
            lines.append(_line(kind, **left))
        lines.append(_line(kind, **fields, more=1))
    return lines


def _malformed() -> list[bytes]:
    whole = _line("classify", **WHOLE["classify"])
    cut = [whole[:end] for end in range(1, len(whole), 5)]
    texts = (b"{", b"[]", b"7", b"null", b"NaN", b'"load"', b"{}", b'{"kind": 1}')
    return [*cut, *texts, whole + whole, b"[" * 100_000, b'{"a":' * 50_000, b'{"id": 1e999}']


def _binary() -> list[bytes]:
    chance = random.Random(0)
    noise = [chance.randbytes(200).replace(b"\n", b"") for _ in range(50)]
    return [
        *noise,
        bytes(9),
        encoded("PNG").replace(b"\n", b""),
        '{"kind":"quit"}'.encode("utf-16"),
    ]


def _unknown() -> list[bytes]:
    kinds = ("dance", "LOAD", "load ", "loaded", "hello", "__class__", "", None, 1, ["load"], {})
    deep: object = []
    for _ in range(400):
        deep = [deep]
    return [_line(kind) for kind in (*kinds, "x" * 1_000_000, deep)]


def _out_of_order() -> list[bytes]:
    """Answers, cancels of nothing, reports of nothing, an id that is in use."""
    return [
        _line("cancel"),
        _line("write-report", evaluation=99, path="r.html"),
        _line("done", rows=1, seconds=0.5),
        _line("classify", paths=["missing.jpg"] * 50),
        _line("classify", paths=["missing.jpg"]),
        _line("evaluate", data="missing"),
        _line("cancel"),
    ]


def _places() -> list[bytes]:
    content = base64.b64encode(encoded("JPEG")[:-9]).decode()
    return [
        _line("classify", paths=list(PLACES)),
        *(_line("load", model=place) for place in PLACES),
        *(_line("explain", path=place, label="blue") for place in PLACES),
        *(_line("evaluate", data=place) for place in PLACES),
        *(_line("evaluate", data=".", root=place, split=place) for place in PLACES),
        *(_line("compare", other=place, data=place) for place in PLACES),
        *(_line("write-report", evaluation=7, path=f"{place}/r.json") for place in PLACES),
        *(_line("classify-bytes", name=place, content=content) for place in PLACES),
    ]


def _huge() -> list[bytes]:
    return [
        b"x" * 20_000_000,
        _line("classify", paths=["y" * 5_000_000]),
        _line("classify", paths=["missing.jpg"] * 20_000),
        _line("classify-bytes", name="z" * 1_000_000, content="AAAA" * 5_000_000),
        b"[" + b"1," * 5_000_000 + b"1]",
    ]


LINES: dict[str, list[bytes]] = {
    "no JSON": _malformed(),
    "binary": _binary(),
    "wrong values": _wrong_values(),
    "unknown kinds": _unknown(),
    "out of order": _out_of_order(),
    "places that are no pictures": _places(),
    "huge": _huge(),
}
"""By kind; all are answered by a refusal, or by rows."""
assert {*WHOLE, "quit"} == {*REQUESTS}
