"""An ONNX model file opened in onnxruntime, its card read and held against its graph."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..errors import CardError, MissingCardError, ModelFileError, ProviderError
from .card import CARD_KEY, ModelCard
from .card_json import card_from_json
from .graph_contract import INPUT, OUTPUTS, SCORES, UNKNOWN, TensorSpec, hold_against_graph
from .graph_input import Pixels, as_tensor, batches

if TYPE_CHECKING:
    from .other_graph import OtherNames

MAPS, FEATURES = OUTPUTS[2:]
CPU = "CPUExecutionProvider"


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
        path: an `.onnx` file written by `tlx export`; with `card` one of another program.
        threads: of the processor, for one run; by default as many as onnxruntime chooses.
        provider: onnxruntime's name of what computes; what it cannot do, the processor does.
        spinning: whether threads wait for work awake: faster where nothing else wants the cores.
        card: of a file that has none in it.
        profile: where what runs is recorded until `end_profile`, a path without its ending.

    Raises:
        ModelFileError: missing, damaged, or not ONNX.
        CardError: without a card, or with one that disagrees with the graph, or with two.
        ProviderError: the provider does not compute on this machine.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        threads: int | None = None,
        provider: str = CPU,
        spinning: bool = True,
        card: ModelCard | None = None,
        profile: Path | None = None,
    ) -> None:
        self.path = Path(path)
        options = _options(threads, spinning, profile)
        self._session = _open(self.path, provider, options)
        try:
            text = self._session.get_modelmeta().custom_metadata_map.get(CARD_KEY)
            self.inputs = tuple(_spec(node) for node in self._session.get_inputs())
            self.outputs = tuple(_spec(node) for node in self._session.get_outputs())
        except UnicodeDecodeError:
            raise ModelFileError(f"{self.path} is damaged: its texts are not UTF-8") from None
        self.card = _read_card(text, self.path) if card is None else card
        self._other: OtherNames | None = None
        if card is not None:
            self._use_given(card, text)
        if self._other is None:
            hold_against_graph(
                self.card, self.inputs, self.outputs, self.path, given=card is not None
            )

    def _use_given(self, card: ModelCard, text: str | None) -> None:
        from .other_graph import hold_answer, is_other, read_names

        if text is not None:
            raise CardError(f"{self.path} has a card of its own; leave --card out")
        if is_other(self.inputs, self.outputs):
            self._other = read_names(card, self.inputs, self.outputs, self.path)
            side = card.preprocessing.crop
            hold_answer(card, self.scores(np.full((1, side, side, 3), 128, np.uint8))[0], self.path)

    @property
    def explains(self) -> bool:
        """Whether the file gives activation maps and features."""
        return self._other is None and MAPS in {spec.name for spec in self.outputs}

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
        if self._other is not None:
            return self._compute_other(self._other, tensor)
        return self._ask(names, {INPUT: tensor})

    def _compute_other(self, names: "OtherNames", tensor: NDArray[np.generic]) -> Sequence[object]:
        from .other_graph import probabilities_of

        (found,) = self._ask([names.logits], {names.images: tensor})
        logits = np.asarray(found, np.float32)
        return logits, probabilities_of(logits, self.card)

    def _ask(self, names: Sequence[str], given: dict[str, NDArray[np.generic]]) -> Sequence[object]:
        try:
            return self._session.run(names, given)
        except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no public base
            raise ModelFileError(f"{self.path} cannot be computed: {_reason(error)}") from None

    def end_profile(self) -> Path:
        """End the recording that `profile` began; gives its file, JSON of Chrome's trace format."""
        return Path(self._session.end_profiling())


def _options(
    threads: int | None, spinning: bool, profile: Path | None
) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # warnings would go to the user's terminal
    options.intra_op_num_threads = threads or 0  # 0: its own choice
    if not spinning:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if profile is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile)
    return options


def _open(
    path: Path, provider: str, options: onnxruntime.SessionOptions
) -> onnxruntime.InferenceSession:
    try:
        _refuse_what_is_not_onnx(path)
    except OSError as error:  # no right to read it, or a name that the system refuses
        raise ModelFileError(f"{path} cannot be read ({error.strerror})") from None
    try:
        if provider != CPU:
            from .providers import open_elsewhere

            return open_elsewhere(path, provider, options)
        return onnxruntime.InferenceSession(str(path), sess_options=options, providers=[CPU])
    except ProviderError:
        raise
    except Exception as error:  # noqa: BLE001 - onnxruntime's errors share no public base
        raise ModelFileError(f"{path} cannot be opened as an ONNX file: {_fault(error)}") from None


_TOO_NEW = (
    "it is of a newer ONNX version than this onnxruntime reads; export it with an older opset, or "
    "update onnxruntime"
)
_FAULTS = {
    "Protobuf parsing failed": "it is another kind of file, or cut off; export or copy it again",
    "Unsupported model IR version": _TOO_NEW,
    "support for models stamped with official released onnx opset": _TOO_NEW,
    "External data path does not exist": "its weights lie in another file; copy that beside it",
}
"""What is wrong with a file, and what to do, by words of onnxruntime's."""


def _fault(error: Exception) -> str:
    """Say why a file does not open, without onnxruntime's codes where its words are known."""
    said = " ".join(str(error).split())
    for words, fault in _FAULTS.items():
        if words in said:
            return fault
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : (Load model from .*? failed:)?", "", said)[
        :300
    ]


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


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
        raise MissingCardError(
            f"{path} has no card, so its labels are unknown; give one with --card FILE "
            "(docs/card.md), or export it with tlx export"
        )
    try:
        return card_from_json(text)
    except CardError as error:
        raise CardError(f"{path}: {error}") from None


def _spec(node: onnxruntime.NodeArg) -> TensorSpec:
    dtype = node.type.removeprefix("tensor(").removesuffix(")")
    shape = tuple(size if isinstance(size, int) else str(size or "?") for size in node.shape)
    return TensorSpec(node.name, "float32" if dtype == "float" else dtype, shape)
