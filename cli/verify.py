"""`tlx verify`: a model file held against the run it is from."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from .extras import require_extra
from .screen import Screen
from .shared_options import Json, max_pixels_option

if TYPE_CHECKING:
    from ..export.verify import VerifiedFile


def verify_command(
    file: Path = typer.Argument(help="Model file: .onnx, .ts or .pt2."),
    against: Path = typer.Option(help="Run folder whose best.pt it must answer like."),
    data: Path | None = typer.Option(
        None,
        help="Pictures to verify on: a folder, with label folders in it if accuracy is to be "
        "compared, or the run's own if they have moved. (default: the run's validation pictures)",
    ),
    _max_pixels: int = max_pixels_option(),
    as_json: Json = False,
) -> None:
    """Prove again that a model file answers as its checkpoint does; nothing is changed."""
    require_extra("train", "verify")
    from ..export.verify import verify_events
    from ..inference.events import finish
    from .export import show_export

    events = verify_events(file, against, data)
    with Screen(as_json) as screen:
        verified = finish(events, lambda event: show_export(event, screen))
        screen.json(_json(verified))


def _json(verified: "VerifiedFile") -> dict[str, object]:
    from dataclasses import asdict

    verification = verified.verification
    return {
        "path": str(verified.path),
        "format": verified.format,
        "verified": True,
        **asdict(verification.summary),
        "conditions": [asdict(result) for result in verification.conditions],
    }
