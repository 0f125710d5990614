"""What a folder of parts says about itself, in a small JSON file a shard."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ..errors import UsageError
from .listed_paths import Shard
from .strict_json import UnexpectedJsonError, parse, read
from .whole_file import replacing

SCHEMA = 1


@dataclass(frozen=True)
class PartPlan:
    """What all rows depend on; a run with another plan does not go on with the folder.

    Attributes:
        model_sha256: of the model file.
        topk: labels that are ranked.
        max_pixels: of a picture; larger ones are bad rows.
        part_size: pictures of a part, but for the last.
        shards: into how many shares the list is divided.
        provider: what computes.
        card_sha256: of the card's file, for a model file that has none in it.
    """

    model_sha256: str
    topk: int
    max_pixels: int
    part_size: int
    shards: int = 1
    provider: str = "cpu"
    card_sha256: str | None = None


@dataclass(frozen=True)
class WholeShard:
    """What a finished shard holds.

    Attributes:
        pictures: rows of the shard.
        failures: those of them that could not be read.
        listed: files of the whole list, of all shards.
        list_sha256: digest of the names of all of these.
    """

    pictures: int
    failures: int
    listed: int
    list_sha256: str


@dataclass(frozen=True)
class Manifest:
    """Of one shard; `whole` is None until all of its parts are there."""

    schema: int
    tlx: str
    plan: PartPlan
    whole: WholeShard | None = None


def manifest_path(folder: Path, shard: Shard) -> Path:
    """Say where it lies; readers of Parquet folders pass what begins with an underscore."""
    return folder / f"_{shard.name}.json"


def manifests(folder: Path) -> list[Path]:
    """List those of all shards."""
    return sorted(folder.glob("_shard-*.json"))


def read_manifest(path: Path) -> Manifest:
    """Read one.

    Raises:
        UsageError: it is damaged, or of a newer tlx.
    """
    try:
        found: Manifest = read(Manifest, parse(path.read_bytes()), path.name)
    except (OSError, ValueError, UnexpectedJsonError) as error:
        text = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{path} cannot be read ({text}); choose another --out") from None
    if found.schema != SCHEMA:
        raise UsageError(f"{path} is of another version of tlx; choose another --out")
    return found


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write one, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")


def require_same_plan(path: Path, theirs: PartPlan, ours: PartPlan) -> None:
    """Hold the plan of a run against that of an earlier one.

    Raises:
        UsageError: they differ; it says in what.
    """
    for field in fields(PartPlan):
        before, now = getattr(theirs, field.name), getattr(ours, field.name)
        if before != now:
            raise UsageError(
                f"{path.parent} was begun with {_said(field.name, before)}, not {_short(now)}; "
                "go on with the same, or choose another --out"
            )


_NAMES = {
    "model_sha256": "the model file of SHA-256",
    "topk": "--topk",
    "max_pixels": "--max-pixels",
    "part_size": "--part-size",
    "provider": "--provider",
    "card_sha256": "the card of SHA-256",
}


def _said(name: str, value: object) -> str:
    if name == "shards":
        return "1 share" if value == 1 else f"{value} shares"
    return f"{_NAMES[name]} {_short(value)}"


def _short(value: object) -> str:
    return str(value)[:12]
