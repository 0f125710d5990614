"""Prove that this bundle is whole and answers here as where it was made: python selftest.py.

Needs onnxruntime, numpy and Pillow. The last line is PASS (exit code 0) or FAIL (exit code 1).
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # or some builds report to their maker
HERE = Path(__file__).resolve().parent
MANIFEST = "SHA256SUMS"
MANIFEST_SHA256 = "0" * 64  # its own hash is put in here, so that no line of it can go missing


class FailedCheckError(Exception):
    """What is wrong, in one line."""


def read(name: str) -> bytes:
    """Read a file of the bundle."""
    try:
        return (HERE / name).read_bytes()
    except OSError as error:
        raise FailedCheckError(f"{name} cannot be read ({error.strerror})") from None


def check_files() -> Iterator[str]:
    """Hold the bytes of every file against the manifest; name what lies here besides."""
    if hashlib.sha256(read(MANIFEST)).hexdigest() != MANIFEST_SHA256:
        raise FailedCheckError(f"{MANIFEST} is not as it was made")
    rows = [line.split("  ", 1) for line in read(MANIFEST).decode("utf-8").splitlines()]
    for sha256, name in rows:
        if hashlib.sha256(read(name)).hexdigest() != sha256:
            raise FailedCheckError(f"{name} is not as it was made")
    yield f"{len(rows) + 1} files are as they were made"
    known = {MANIFEST, "selftest.py", *(name for _, name in rows)}
    found = {path.relative_to(HERE).as_posix() for path in HERE.rglob("*") if path.is_file()}
    if others := sorted(found - known):
        yield f"note: {len(others)} other file(s) lie here, such as {others[0]}; nothing uses them"


def check_answers() -> Iterator[str]:
    """Hold decoding, resizing and answers against the golden vectors."""
    import numpy as np
    import onnxruntime
    import PIL
    import predict  # only now: its bytes are known to be right

    versions = (np.__version__, onnxruntime.__version__, PIL.__version__)
    yield "numpy {}, onnxruntime {}, Pillow {}".format(*versions)
    golden = json.loads(read("golden/golden.json"))
    session = onnxruntime.InferenceSession(str(predict.MODEL), providers=["CPUExecutionProvider"])
    for vector in golden["vectors"]:
        name = vector["picture"]
        expected = np.frombuffer(read(vector["pixels"]), np.uint8).reshape(vector["shape"])
        yield f"{name}: {compare_pixels(predict.preprocess(HERE / name), expected, vector)}"
        # From the expected pixels on: what the decoder did is judged above.
        logits, chosen, scores = predict.classify(session, expected)
        said = compare_answer(logits, [label for label, _ in chosen], vector)
        yield f"{name}: {said}{compare_score(scores, vector)}"


def compare_pixels(found, expected, vector) -> str:
    """Say how far the pixels are from the expected ones, both uint8 [H, W, 3]."""
    if found.shape != expected.shape:
        raise FailedCheckError(f"{vector['picture']} has the shape {found.shape} here")
    levels = abs(found.astype(int) - expected).max()
    if levels > vector["levels"]:
        raise FailedCheckError(
            f"{vector['picture']} is {levels} levels of 255 away, {vector['levels']} are allowed"
        )
    if levels:
        return f"pixels within {levels} level(s) of 255, by another JPEG library"
    return "pixels exact"


def compare_answer(logits, labels, vector) -> str:
    """Say how far the logits, float32 [C], are from the expected ones, and what was chosen."""
    distance = abs(logits - vector["logits"]).max()
    allowed = vector["logit_tolerance"]
    if not distance <= allowed:  # so that NaN fails too
        raise FailedCheckError(
            f"{vector['picture']}: logits are {distance:.2g} away, {allowed:.2g} is allowed"
        )
    if sorted(labels) != sorted(vector["labels"]) and not vector["tie"]:
        raise FailedCheckError(f"{vector['picture']} is {labels} here, not {vector['labels']}")
    return f"logits within {distance:.2g} ({allowed:.2g} allowed); {', '.join(labels) or 'none'}"


def compare_score(scores, vector) -> str:
    """Say how far the score for unknown pictures is; nothing for a file that gives none."""
    if "unknown_score" not in vector:
        return ""
    distance, allowed = abs(scores[0] - vector["unknown_score"]), vector["unknown_tolerance"]
    if not distance <= allowed:
        raise FailedCheckError(
            f"{vector['picture']}: unknown_score is {distance:.2g} away, {allowed:.2g} is allowed"
        )
    return f"; unknown_score within {distance:.2g}"


def main() -> int:
    """Run the checks in order; the first that fails ends them."""
    sys.dont_write_bytecode = True  # the folder stays as it is
    sys.path.insert(0, str(HERE))
    for check in (check_files, check_answers):
        try:
            for line in check():
                print(line)
        except Exception as error:
            print(f"{error if isinstance(error, FailedCheckError) else repr(error)}\nFAIL")
            return 1
    print("PASS")
    return 0


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # a label that the terminal cannot show
    sys.exit(main())
