"""Which pictures a file was trained or tuned on, by the run folder that it lies in."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from ..inference.strict_json import parse
from ..samples.picture_names import place
from ..samples.splitting import read_sides


def run_sides(model: Path, root: Path) -> Mapping[str, str]:
    """Read the split that each picture had in a model's training, by its `place`.

    Args:
        model: the model file; `split.csv` beside it says the splits, without it nothing is known.
        root: the data folder that the names in it are relative to.

    Raises:
        DataError: that file is no split.csv.
    """
    split = model.parent / "split.csv"
    if not split.is_file():
        return {}
    return {place(path): side for path, side in read_sides(split, root).items()}


def count_sides(model: Path, paths: Sequence[Path]) -> Counter[str]:
    """Count pictures by the split that they had in a model's training.

    The data folder is the one that the run's `config.json` names; if none of the pictures lies
    there, it is the nearest folder above them that holds every picture of `split.csv`, so that a
    moved folder is known and other pictures of the same names are not taken for the run's.

    Returns:
        Of "train", "validation" and "test", those that occur; pictures of no split are left out.

    Raises:
        DataError: `split.csv` beside the model is none.
    """
    split = model.parent / "split.csv"
    if not split.is_file():
        return Counter()
    names = read_sides(split, Path())
    places = [place(path) for path in paths]
    for root in _roots(model.parent / "config.json", places, names):
        sides = {place(root / name): side for name, side in names.items()}
        if found := Counter(sides[one] for one in places if one in sides):
            return found
    return Counter()


def _roots(config: Path, places: Sequence[str], names: Collection[Path]) -> Iterator[Path]:
    recorded = _recorded_data(config)
    if recorded is not None:
        yield recorded
    for folder in Path(places[0]).parents:
        if all((folder / name).is_file() for name in names):
            yield folder


def _recorded_data(config: Path) -> Path | None:
    if not config.is_file():
        return None
    try:
        content: object = parse(config.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # without it the data is looked for
        return None
    match content:
        case {"data": str(data)} if Path(data).is_absolute():
            return Path(data)
        case _:
            return None
