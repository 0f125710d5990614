"""A dataclass's options as parameters of a command: each is declared in one place."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, get_args, get_origin, get_type_hints

import typer

from ..training.options import COMMON, option_name, options_of


def take_options_of(config: Any, command: Callable[..., None]) -> None:  # noqa: ANN401
    """Replace a command's `**options` by a typed parameter for each option of a dataclass.

    Typer reads parameters from the signature. Common options come first, then the others,
    panel by panel. What the command declares itself is left as it is.
    """
    own = [
        entry
        for entry in inspect.signature(command).parameters.values()
        if entry.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    declared = options_of(config)
    hints = get_type_hints(config)
    taken = {
        entry.name: _parameter(entry, hints[entry.name], declared[entry.name].panel)
        for entry in fields(config)
        if entry.name in declared and entry.name not in {parameter.name for parameter in own}
    }
    common = [taken[name] for name in taken if declared[name].panel == COMMON]
    others = [taken[name] for name in taken if declared[name].panel != COMMON]
    first = [entry for entry in own[1:] if entry.default.rich_help_panel == COMMON]
    last = [entry for entry in own[1:] if entry not in first]
    ordered = [own[0], *common, *first, *others, *last]
    parameters = [entry.replace(kind=inspect.Parameter.KEYWORD_ONLY) for entry in ordered]
    setattr(command, "__signature__", inspect.Signature(parameters))  # noqa: B010 - of a function
    command.__annotations__ = {entry.name: entry.annotation for entry in parameters}


def _parameter(entry: Field[Any], annotation: Any, panel: str) -> inspect.Parameter:  # noqa: ANN401
    default = entry.default
    assert default is not MISSING
    several = get_origin(annotation) is tuple  # Typer knows lists
    names = [
        option_name(entry.name),
        *([entry.metadata["short"]] if entry.metadata["short"] else []),
    ]
    shown = typer.Option(
        list(default) if several else default,
        *names,
        help=entry.metadata["help"],
        rich_help_panel=panel,
        show_default=default not in (None, (), False),
    )
    return inspect.Parameter(
        entry.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=shown,
        annotation=list[get_args(annotation)[0]] if several else annotation,
    )
