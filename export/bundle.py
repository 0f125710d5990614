"""A bundle: a zip with a model file and all that is needed to run it, and to prove a port of it.

The same model file, pictures and versions give the same bytes.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import PIL

from ..errors import UsageError
from ..inference.card_json import card_to_json
from ..inference.inspection import DAMAGES
from ..inference.session import ModelSession
from ..inference.whole_file import file_digest, replacing
from ..samples.labels_file import LABELS_FILE, labels_text
from .bundle_readme import bundle_file, bundle_readme
from .golden import GoldenVector, golden_vectors

MANIFEST = "SHA256SUMS"
SELFTEST = "selftest.py"
EXAMPLES = ("examples/classify.cpp", "examples/Classify.cs", "examples/classify.mjs")
SWELLING = 100
"""Times that a bundle is larger when it is unpacked, at most; usually it is hardly larger."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of every file in the zip: the first one that the format can say."""


@dataclass(frozen=True)
class BundleSummary:
    """A written bundle.

    Attributes:
        path: the zip.
        sha256: of its bytes.
        size: in bytes.
        files: the names in it, sorted.
        golden_labels: what the model file says of each golden picture.
    """

    path: Path
    sha256: str
    size: int
    files: tuple[str, ...]
    golden_labels: tuple[tuple[str, ...], ...]


def write_bundle(model_file: Path, pictures: Sequence[Path], target: Path) -> BundleSummary:
    """Write a bundle.

    Args:
        model_file: an ONNX file of tlx; it keeps its name.
        pictures: three of them become golden pictures, which whoever gets the bundle sees.
        target: the zip; an earlier bundle there is replaced.

    Raises:
        UsageError: something else lies at `target`, or a name or label cannot be written.
        ModelFileError: the model file cannot be used.
        DataError: no picture can be read.
    """
    check_bundle_target(target)
    session = ModelSession(model_file)
    _refuse_name(model_file)
    vectors = golden_vectors(session, pictures)
    contents = _with_proof(_contents(session, vectors))
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as temporary:
        _write_zip(temporary, contents)
    labels = tuple(vector.labels for vector in vectors)
    size, sha256 = target.stat().st_size, file_digest(target)
    return BundleSummary(target, sha256, size, tuple(sorted(contents)), labels)


def check_bundle_target(target: Path) -> None:
    """Make sure that a bundle may be written there.

    Raises:
        UsageError: it does not end in .zip, or something lies there that is not a bundle as tlx
            wrote it.
    """
    if target.suffix != ".zip":
        raise UsageError(f"{target}: a bundle is a zip file; give a name that ends in .zip")
    if (target.exists() or target.is_symlink()) and not _is_untouched_bundle(target):
        raise UsageError(
            f"{target} is not a bundle as tlx wrote it, so it is left as it is; "
            "choose another name or move it away"
        )


def withdraw_bundle(target: Path) -> None:
    """Remove a bundle that is as tlx wrote it; anything else is left."""
    if _is_untouched_bundle(target):
        target.unlink()


def _is_untouched_bundle(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > path.stat().st_size * SWELLING:
                return False
            rows = archive.read(MANIFEST).decode("utf-8").splitlines()
            sums = {name: sha256 for sha256, name in (row.split("  ", 1) for row in rows)}
            return sorted(archive.namelist()) == sorted([*sums, MANIFEST, SELFTEST]) and all(
                _digest(archive, name) == sha256 for name, sha256 in sums.items()
            )
    except (KeyError, *DAMAGES):
        return False


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    """Hash a file in a zip piece by piece: unpacked it may be large."""
    with archive.open(name) as file:
        digest = hashlib.sha256()
        while piece := file.read(1 << 20):
            digest.update(piece)
        return digest.hexdigest()


def _refuse_name(model_file: Path) -> None:
    if not re.fullmatch(r"\w[\w.-]*\.onnx", model_file.name):
        raise UsageError(
            f"{model_file}: in a bundle a model file's name has letters, digits, '_', '-' and '.' "
            "alone and ends in .onnx; rename it"
        )


def _contents(session: ModelSession, vectors: Sequence[GoldenVector]) -> dict[str, bytes]:
    """Make every file but the manifest and the self-test, by name."""
    card, model = session.card, session.path.name
    predict = bundle_file("predict.py").replace('"model.onnx"', f'"{model}"')
    texts = {
        "README.md": bundle_readme(session, vectors),
        "card.json": card_to_json(card) + "\n",
        LABELS_FILE: labels_text(card.labels),
        "predict.py": predict,
        "requirements.txt": _requirements(),
        "golden/golden.json": _golden_json(session, vectors),
        **{name: bundle_file(name) for name in EXAMPLES},
    }
    if card.decision_thresholds is not None:
        texts["thresholds.txt"] = _lines([repr(value) for value in card.decision_thresholds])
    contents = {name: text.encode("utf-8") for name, text in texts.items()}
    contents[model] = session.path.read_bytes()
    for vector in vectors:
        contents[vector.picture] = vector.content
        contents[_pixels_name(vector)] = vector.pixels.tobytes()
    return contents


def _with_proof(contents: Mapping[str, bytes]) -> dict[str, bytes]:
    """Add the manifest, and the self-test that knows the manifest's hash."""
    sums = ((hashlib.sha256(contents[name]).hexdigest(), name) for name in sorted(contents))
    manifest = _lines([f"{sha256}  {name}" for sha256, name in sums]).encode("utf-8")
    own = hashlib.sha256(manifest).hexdigest()
    selftest = bundle_file(SELFTEST).replace('"0" * 64', f'"{own}"')
    return {**contents, MANIFEST: manifest, SELFTEST: selftest.encode("utf-8")}


def _golden_json(session: ModelSession, vectors: Sequence[GoldenVector]) -> str:
    content = {
        "model": session.path.name,
        "batch": session.batch or 1,
        "vectors": [
            {
                "picture": vector.picture,
                "pixels": _pixels_name(vector),
                "shape": vector.pixels.shape,
                "levels": vector.levels,
                # float32 written as the nearest double: read back it is the same number.
                "logits": vector.logits.tolist(),
                "logit_tolerance": vector.logit_tolerance,
                "labels": vector.labels,
                "tie": vector.tie,
                **_expected_score(vector),
            }
            for vector in vectors
        ],
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _expected_score(vector: GoldenVector) -> dict[str, float | None]:
    if vector.unknown_score is None:
        return {}
    return {
        "unknown_score": vector.unknown_score,
        "unknown_tolerance": vector.unknown_tolerance,
    }


def _pixels_name(vector: GoldenVector) -> str:
    return str(Path(vector.picture).with_suffix(".rgb").as_posix())


def _requirements() -> str:
    versions = {
        "numpy": np.__version__,
        "onnxruntime": onnxruntime.__version__,
        "pillow": PIL.__version__,
    }
    # A local version such as 1.2+cu13 is in no registry.
    return _lines([f"{name}=={version.split('+')[0]}" for name, version in versions.items()])


def _lines(values: Sequence[str]) -> str:
    return "".join(f"{value}\n" for value in values)


def _write_zip(path: Path, contents: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.create_system = 3  # Unix, whatever wrote it: the same bytes everywhere
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name])
