"""An ONNX model file opened in onnxruntime, its card read and held against its graph."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..errors import CardError, ModelFileError, ProviderError
from .card import CARD_KEY, ModelCard
from .card_json import card_from_json
from .graph_input import ANY_SIZE, FLOAT, Pixels, as_tensor, batches

INPUT = "images"
OUTPUTS = ("logits", "probabilities", "activation_maps", "features")
"""The last two explain an answer; a file may be without both of them."""
SCORES = OUTPUTS[:2]
MAPS, FEATURES = OUTPUTS[2:]
UNKNOWN = "unknown_score"
"""An output of files with a rule for unknown pictures."""
CPU = "CPUExecutionProvider"
_PROVIDER_OPTIONS = {"CUDAExecutionProvider": {"use_tf32": "0"}}
"""TF32, CUDA's default, is no fp32: it is off by more than a verified file may be."""


@dataclass(frozen=True)
class TensorSpec:
    """An input or output: its name, its element type, its shape; a name stands for any size."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True, eq=False)
class ModelOutputs:
    """What the graph computes for a batch of N pictures with C labels and F features.

    Attributes:
        logits: float32 `[N, C]`.
        probabilities: float32 `[N, C]`.
        activation_maps: float32 `[N, C, h, w]`; with the label's bias their mean is its logit.
            None for a file without explanations.
        features: float32 `[N, F]`, None likewise.
        unknown_score: float32 `[N]`, larger is stranger; None for a file without a rule.
    """

    logits: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    activation_maps: NDArray[np.float32] | None = None
    features: NDArray[np.float32] | None = None
    unknown_score: NDArray[np.float32] | None = None


class ModelSession:
    """An opened model file.

    Args:
        path: an `.onnx` file written by `tlx export`.
        threads: of the processor, for one run; by default as many as onnxruntime chooses.
        provider: onnxruntime's name of what computes; what it cannot do, the processor does.
        spinning: whether threads wait for work awake: faster where nothing else wants the cores.

    Raises:
        ModelFileError: missing, damaged, or not ONNX.
        CardError: without a card, or with one that disagrees with the graph.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        threads: int | None = None,
        provider: str = CPU,
        spinning: bool = True,
    ) -> None:
        self.path = Path(path)
        self._session = _open(self.path, threads, provider, spinning)
        try:
            text = self._session.get_modelmeta().custom_metadata_map.get(CARD_KEY)
            self.inputs = tuple(_spec(node) for node in self._session.get_inputs())
            self.outputs = tuple(_spec(node) for node in self._session.get_outputs())
        except UnicodeDecodeError:
            raise ModelFileError(f"{self.path} is damaged: its texts are not UTF-8") from None
        self.card = _read_card(text, self.path)
        _hold_against_graph(self.card, self.inputs, self.outputs, self.path)

    @property
    def explains(self) -> bool:
        """Whether the file gives activation maps and features."""
        return MAPS in {spec.name for spec in self.outputs}

    @property
    def judges(self) -> bool:
        """Whether the file gives the score of its rule for unknown pictures."""
        return self.card.unknown_threshold is not None

    @property
    def batch(self) -> int | None:
        """The N that the graph is made for; None if it takes any."""
        size = self.inputs[0].shape[0]
        return size if isinstance(size, int) else None

    def run(self, images: Sequence[Pixels] | Pixels, explain: bool = True) -> ModelOutputs:
        """Compute all outputs.

        Args:
            images: uint8 RGB, `[N, S, S, 3]` or N times `[S, S, 3]`; of a file that takes
                pictures of any size each may have its own.
            explain: with activation maps and features, where the file has them.
        """
        names = [*(OUTPUTS if explain and self.explains else SCORES)]
        names += [UNKNOWN] if self.judges else []
        return ModelOutputs(**dict(zip(names, self._run(names, images), strict=True)))

    def scores(
        self, images: Sequence[Pixels] | Pixels
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Compute logits and probabilities, each float32 `[N, C]`, and nothing else."""
        logits, probabilities = self._run(SCORES, images)
        return logits, probabilities

    def _run(
        self, names: Sequence[str], images: Sequence[Pixels] | Pixels
    ) -> Sequence[NDArray[np.float32]]:
        parts: list[Sequence[NDArray[np.float32]]] = []
        for batch, count in batches(images, self.batch):
            found = self._compute(names, as_tensor(batch, self.card))
            # The types were held against the contract when the file was opened.
            parts.append([cast(NDArray[np.float32], value)[:count] for value in found])
        return (
            parts[0]
            if len(parts) == 1
            else [np.concatenate(one) for one in zip(*parts, strict=True)]
        )

    def _compute(self, names: Sequence[str], tensor: NDArray[np.generic]) -> Sequence[object]:
        try:
            return self._session.run(names, {INPUT: tensor})
        except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no public base
            reason = " ".join(str(error).split())[:300]
            raise ModelFileError(f"{self.path} cannot be computed: {reason}") from None


def _open(
    path: Path, threads: int | None, provider: str, spinning: bool
) -> onnxruntime.InferenceSession:
    try:
        _refuse_what_is_not_onnx(path)
    except OSError as error:  # no right to read it, or a name that the system refuses
        raise ModelFileError(f"{path} cannot be read ({error.strerror})") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # warnings would go to the user's terminal
    options.intra_op_num_threads = threads or 0  # 0: its own choice
    if not spinning:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    chosen = [(provider, _PROVIDER_OPTIONS.get(provider, {}))]
    others = [] if provider == CPU else [(CPU, {})]
    try:
        session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=chosen + others
        )
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no public base
        reason = " ".join(str(error).split())[:300]
        raise ModelFileError(f"{path} cannot be opened as an ONNX file: {reason}") from None
    if provider not in session.get_providers():
        raise ProviderError(f"{provider} does not compute on this machine")
    return session


def _refuse_what_is_not_onnx(path: Path) -> None:
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder; give the model file in it, such as model.onnx")
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; tlx export RUN writes RUN/model.onnx")
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PK\x03\x04":
        raise ModelFileError(
            f"{path} is a checkpoint, TorchScript or pt2 file; tlx answers from the ONNX file, "
            "which tlx export RUN writes"
        )
    if not start:
        raise ModelFileError(f"{path} is empty; run tlx export again")


def _read_card(text: str | None, path: Path) -> ModelCard:
    if text is None:
        raise CardError(f"{path} has no card, so its labels are unknown; export it with tlx export")
    try:
        return card_from_json(text)
    except CardError as error:
        raise CardError(f"{path}: {error}") from None


def _spec(node: onnxruntime.NodeArg) -> TensorSpec:
    dtype = node.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(size if isinstance(size, int) else str(size or "?") for size in node.shape)
    return TensorSpec(node.name, "float32" if dtype == "float" else dtype, shape)


def _hold_against_graph(
    card: ModelCard, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], path: Path
) -> None:
    images = next((spec for spec in inputs if spec.name == INPUT), None)
    dtype = "float32" if card.input == FLOAT else "uint8"
    if len(inputs) != 1 or images is None or images.dtype != dtype:
        raise CardError(f"{path}: the graph's input is not {dtype} {INPUT!r}; export it again")
    _hold_against_shape(card, images.shape, path)
    found = {spec.name: spec for spec in outputs}
    wanted = OUTPUTS if found.keys() & set(OUTPUTS[2:]) else SCORES
    for name in wanted:
        if name not in found:
            raise CardError(f"{path}: the graph has no output {name!r}; export it again")
    if (card.unknown_threshold is not None) != (UNKNOWN in found):
        has, graph = ("a", "no") if card.unknown_threshold is not None else ("no", "an")
        raise CardError(
            f"{path}: the card has {has} threshold for unknown pictures, the graph {graph} output "
            f"{UNKNOWN!r}; export it again"
        )
    for name in wanted[:3]:
        shape = found[name].shape
        if shape[1:2] != (len(card.labels),):
            raise CardError(
                f"{path}: the card has {len(card.labels)} labels, the graph's {name} "
                f"the shape {list(shape)}; export it again"
            )


def _hold_against_shape(card: ModelCard, shape: tuple[int | str, ...], path: Path) -> None:
    side = card.preprocessing.crop
    if card.input == ANY_SIZE:
        fits = len(shape) == 4 and shape[3] == 3 and not any(type(s) is int for s in shape[1:3])
    else:
        fits = shape[1:] == ((3, side, side) if card.input == FLOAT else (side, side, 3))
    if not fits:
        size = "any size" if card.input == ANY_SIZE else f"{side} x {side}"
        raise CardError(
            f"{path}: the card says pictures of {size} x 3, the graph {shape[1:]}; export it again"
        )
