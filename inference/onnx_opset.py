"""The opset of an ONNX file, read from its bytes: onnxruntime does not tell it."""

from collections.abc import Generator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

_OPSETS, _DOMAIN, _VERSION = 8, 1, 2
"""Numbers of fields in onnx.proto: ModelProto.opset_import, OperatorSetIdProto.domain, .version."""
_SIZES = {1: 8, 5: 4}
"""Bytes of a value by its wire type, where they are fixed."""
_LONGEST = 1000
"""Bytes of a value that is read; the graph and the card are longer."""
_END = 1 << 31
"""Bytes: no message of protobuf is longer."""


def read_opset(path: Path) -> int | None:
    """Read the version of ONNX's own operators that a file asks for; None if it says none."""
    with path.open("rb") as file:
        for number, value in _fields(file):
            if number == _OPSETS and isinstance(value, bytes):
                fields = dict(_fields(BytesIO(value)))
                version = fields.get(_VERSION)
                if fields.get(_DOMAIN, b"") in (b"", b"ai.onnx") and isinstance(version, int):
                    return version
    return None


def _fields(file: BinaryIO) -> Generator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a message; long values are passed over."""
    while (key := _number(file)) is not None:
        number, wire = divmod(key, 8)
        if wire == 0:
            yield number, _number(file) or 0
            continue
        size = _SIZES.get(wire) or _number(file) or 0
        if size > _LONGEST:
            file.seek(min(size, _END), 1)
        else:
            yield number, file.read(size)


def _number(file: BinaryIO) -> int | None:
    """Read a number of 7 bits a byte, the least first; None at the end."""
    found = shift = 0
    while one := file.read(1):
        found |= (one[0] & 127) << shift
        if one[0] < 128:
            return found
        shift += 7
    return None
