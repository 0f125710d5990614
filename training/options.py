"""How an option of training is declared: once, for the command, the Python API and the studies."""

from dataclasses import Field, dataclass, field, fields
from typing import Any

COMMON = "Common"
DATA = "Data"
TUNING = "Fine-tuning"
RECIPE = "Recipe"
AUGMENTATION = "Augmentation"
SPEED = "Speed"
OUTPUT = "Output"


@dataclass(frozen=True)
class Option:
    """What the command line shows of a field.

    Attributes:
        name: the long option, such as "--weight-decay".
        help: what it means; choices and what the default is where that is not plain.
        panel: the part of `--help` that it stands in.
        short: a one-letter form, or "".
    """

    name: str
    help: str
    panel: str
    short: str = ""


def option(default: Any, help: str, panel: str, short: str = "") -> Any:  # noqa: A002, ANN401
    """Declare a dataclass field that is also an option."""
    return field(default=default, metadata={"help": help, "panel": panel, "short": short})


def options_of(config: Any) -> dict[str, Option]:  # noqa: ANN401 - a dataclass
    """List a dataclass's options by the field's name, in their order."""
    return {
        entry.name: Option(option_name(entry.name), **entry.metadata) for entry in _declared(config)
    }


def option_name(name: str) -> str:
    """Spell a field's name as an option."""
    return f"--{name.replace('_', '-')}"


def _declared(config: Any) -> list[Field[Any]]:  # noqa: ANN401
    return [entry for entry in fields(config) if "panel" in entry.metadata]
