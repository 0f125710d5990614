"""README.md of a bundle: the contract in words, from the card and the graph."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template

from ..inference.card import ModelCard
from ..inference.graph_input import ANY_SIZE
from ..inference.session import ModelSession, TensorSpec
from .golden import GoldenVector

_PACKAGE = __name__.rpartition(".")[0]
_MEANING = {
    "logits": "before the temperature",
    "probabilities": "0..1",
    "activation_maps": "class activation maps; their mean plus the head's bias is the logit",
    "features": "what the last layer is given",
    "unknown_score": "larger is stranger; above the card's `unknown_threshold` it is no label",
}


def bundle_file(name: str) -> str:
    """Read one of the files that bundles are made from, under `export/bundle_files/`."""
    return files(_PACKAGE).joinpath("bundle_files", name).read_text(encoding="utf-8")


def bundle_readme(session: ModelSession, vectors: Sequence[GoldenVector]) -> str:
    """Write README.md for a model file and its golden vectors, as Markdown."""
    card, height, width = session.card, *vectors[0].pixels.shape[:2]
    side, several = card.preprocessing.resize_side, card.task == "multi-label"
    numbers = {"side": side, "crop": card.preprocessing.crop}
    return Template(bundle_file("README.md")).substitute(
        model=session.path.name,
        architecture=card.provenance.architecture,
        count=len(card.labels),
        thresholds_row="| `thresholds.txt` | a threshold a label |\n" if several else "",
        large=4 * side,
        twice=2 * side,
        resize="" if card.input == ANY_SIZE else _part("resize", numbers),
        input=_part(f"input-{card.input}", numbers),
        batch=_batch(session.batch),
        outputs="\n".join([_OUTPUTS_HEAD, *map(_output_row, session.outputs)]),
        temperature=card.temperature,
        function="the sigmoid" if several else "the softmax",
        decision=_part(f"decision-{card.task}", {}) + _unknown(card),
        levels=vectors[-1].levels,
        height=height,
        width=width,
        expected=_expected(card, vectors[0]),
    )


_OUTPUTS_HEAD = "| tensor | type | shape | |\n| --- | --- | --- | --- |"


def _part(name: str, numbers: Mapping[str, float]) -> str:
    return Template(bundle_file(f"readme/{name}.md")).substitute(numbers)


def _unknown(card: ModelCard) -> str:
    if card.unknown_threshold is None:
        return ""
    return _part("decision-unknown", {"threshold": card.unknown_threshold})


def _batch(size: int | None) -> str:
    if size is None:
        return "N is free: any number of pictures at a time.\n"
    return f"N is {size}: the file takes no other number. Fill a batch with copies.\n"


def _output_row(spec: TensorSpec) -> str:
    shape = ", ".join(map(str, spec.shape))
    return f"| `{spec.name}` | {spec.dtype} | `[{shape}]` | {_MEANING.get(spec.name, '')} |"


def _expected(card: ModelCard, vector: GoldenVector) -> str:
    if not vector.labels:
        return "nothing, for no label is at its threshold"
    names = ", ".join(f"`{label}`" for label in vector.labels)
    return f"{names} with {'their probabilities' if len(vector.labels) > 1 else 'its probability'}"
