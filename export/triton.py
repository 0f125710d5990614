"""A model repository for Triton Inference Server: DIR/NAME/config.pbtxt and DIR/NAME/1/model.onnx.

The fields are those of `model_config.proto`; docs/serving.md says how to serve it.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import UsageError
from ..inference.session import ModelSession, TensorSpec
from ..inference.whole_file import file_digest, leftovers, temporary_beside
from ..samples.labels_file import LABELS_FILE, labels_text

MODEL = "1/model.onnx"
CONFIG = "config.pbtxt"
MAX_BATCH = 32
"""Pictures that Triton puts together at most."""
QUEUE_DELAY = 500
"""Microseconds that a picture waits for others."""

_TYPES = {"uint8": "TYPE_UINT8", "float32": "TYPE_FP32", "float16": "TYPE_FP16"}
_SEAL = "# Written by tlx; SHA-256 of the lines below, labels.txt and the model: "


@dataclass(frozen=True)
class TritonSummary:
    """A model written into a repository.

    Attributes:
        repository: what `tritonserver --model-repository` is given.
        name: the model's name, which clients ask for.
        max_batch: pictures that Triton puts together at most; 0: the file has a fixed batch.
        sha256: of the model file in it.
    """

    repository: Path
    name: str
    max_batch: int
    sha256: str


def write_triton_repository(
    model_file: Path, target: Path, name: str | None = None
) -> TritonSummary:
    """Write a model into a Triton model repository, beside others that it may hold.

    Args:
        model_file: an ONNX file of tlx.
        target: the repository; made if it is not there.
        name: of the model, by default from the model file's folder, which is the run.

    Raises:
        UsageError: something else lies at TARGET/NAME, or a label has a line break.
        ModelFileError: the model file cannot be used.
    """
    name = name or triton_name(model_file)
    check_triton_target(target, name)
    session = ModelSession(model_file)
    config, labels = triton_config(session, name), labels_text(session.card.labels)
    with _replacing_folder(target / name) as folder:
        (folder / MODEL).parent.mkdir()
        shutil.copyfile(model_file, folder / MODEL)
        (folder / LABELS_FILE).write_bytes(labels.encode())
        seal = _SEAL + _sha256(config.encode(), folder)
        (folder / CONFIG).write_bytes(f"{seal}\n{config}".encode())
    return TritonSummary(target, name, _max_batch(session), file_digest(target / name / MODEL))


def triton_name(model_file: Path) -> str:
    """Name a model after its run's folder, and what its file's name adds: RUN, RUN_int8."""
    path = model_file.resolve()
    own = path.name.removesuffix(".onnx").removeprefix("model")
    return re.sub(r"[^A-Za-z0-9_-]+", "_", f"{path.parent.name}.{own}").strip("_") or "classifier"


def check_triton_target(target: Path, name: str) -> None:
    """Make sure that a model may be written into a repository.

    Raises:
        UsageError: the repository is a file, the name is no plain one, or TARGET/NAME is not as
            tlx wrote it.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise UsageError(f"{name!r}: a model's name in Triton has letters, digits, '_' and '-'")
    if target.exists() and not target.is_dir():
        raise UsageError(f"{target} is a file; give a folder for the model repository")
    folder = target / name
    if (folder.exists() or folder.is_symlink()) and not _is_untouched(folder):
        raise UsageError(
            f"{folder} is not as tlx wrote it, so it is left as it is; "
            "choose another folder or move it away"
        )


def withdraw_triton_model(target: Path, name: str) -> None:
    """Remove a model that is as tlx wrote it from a repository; anything else is left."""
    folder = target / name
    if folder.is_dir() and _is_untouched(folder):
        partial = temporary_beside(folder)
        folder.replace(partial)  # whole, so that no part of it is ever served
        shutil.rmtree(partial)


def triton_config(session: ModelSession, name: str) -> str:
    """Write config.pbtxt: protocol buffer text of the message `inference.ModelConfig`."""
    max_batch = _max_batch(session)
    blocks = [
        f'name: "{name}"\nplatform: "onnxruntime_onnx"\nmax_batch_size: {max_batch}',
        _block("input", [_tensor(spec, max_batch) for spec in session.inputs]),
        _block("output", [_tensor(spec, max_batch) for spec in session.outputs]),
        _parameters(session),
    ]
    if max_batch:
        blocks.append(f"dynamic_batching {{ max_queue_delay_microseconds: {QUEUE_DELAY} }}")
    return "\n".join(blocks) + "\n"


def _max_batch(session: ModelSession) -> int:
    # Triton batches only graphs whose first dimension is free; 0 says that dims hold all of them.
    return 0 if session.batch else MAX_BATCH


def _block(kind: str, tensors: Sequence[str]) -> str:
    return f"{kind} [\n" + ",\n".join(tensors) + "\n]"


def _tensor(spec: TensorSpec, max_batch: int) -> str:
    shape = spec.shape[1:] if max_batch else spec.shape
    dims = ", ".join(str(size) if isinstance(size, int) else "-1" for size in shape)
    fields = [f'name: "{spec.name}"', f"data_type: {_TYPES[spec.dtype]}"]
    # Triton has no tensor without dimensions: one value a picture is reshaped to that.
    fields += [f"dims: [ {dims} ]"] if shape else ["dims: [ 1 ]", "reshape: { shape: [ ] }"]
    if spec.name == "probabilities":
        fields.append(f'label_filename: "{LABELS_FILE}"')
    return "  {\n" + "".join(f"    {field}\n" for field in fields) + "  }"


def _parameters(session: ModelSession) -> str:
    """Say what a client has to know, to whoever asks the server for the configuration."""
    rule = session.card.preprocessing
    facts = {
        "input": session.card.input,
        "resize_side": str(rule.resize_side),
        "crop": str(rule.crop),
        "task": session.card.task,
    }
    if session.card.decision_thresholds is not None:
        facts["thresholds"] = json.dumps(session.card.decision_thresholds)
    if session.card.unknown_threshold is not None:
        facts["unknown_threshold"] = repr(session.card.unknown_threshold)
    return "\n".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}'
        for key, value in facts.items()
    )


def _is_untouched(folder: Path) -> bool:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if folder.is_symlink() or files != {CONFIG, LABELS_FILE, MODEL}:
        return False
    seal, _, config = (folder / CONFIG).read_bytes().partition(b"\n")
    return seal.decode(errors="replace") == _SEAL + _sha256(config, folder)


def _sha256(config: bytes, folder: Path) -> str:
    found = hashlib.sha256(config)
    for name in (LABELS_FILE, MODEL):
        found.update((folder / name).read_bytes())
    return found.hexdigest()


@contextmanager
def _replacing_folder(folder: Path) -> Generator[Path]:
    """Give a temporary folder beside `folder`, which takes its place at the end.

    On any error it is removed, and `folder` is as it was.
    """
    temporary = temporary_beside(folder)
    _clear_leftovers(folder)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        _swap(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _swap(new: Path, folder: Path) -> None:
    """Put `new` in the place of a folder; if that fails, what was there comes back."""
    old = temporary_beside(folder, "old")
    if folder.exists():
        folder.replace(old)
    try:
        new.replace(folder)
    except BaseException:
        if old.exists():
            old.replace(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _clear_leftovers(folder: Path) -> None:
    """Remove what killed processes left; a model that one had put aside comes back first."""
    for old in leftovers(folder, "old"):
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.replace(folder)
    for partial in leftovers(folder):
        shutil.rmtree(partial, ignore_errors=True)
