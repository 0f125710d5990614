"""Which training pictures set the ranges of a quantized file."""

from collections import Counter
from collections.abc import Collection, Sequence

from ..errors import DataError
from ..samples.sample import Sample, labels_of
from ..samples.stratification import Stratum, stratify

CALIBRATION, REST = "calibration", "rest"


def choose_calibration(
    samples: Sequence[Sample], count: int, seed: int, task: str = "single-label"
) -> tuple[Sample, ...]:
    """Choose training pictures, each label in proportion and with at least one.

    By iterative stratification, as the splits are made; rounding may give a few more or fewer
    than `count`. Equal samples give the same choice, in whatever order and folder they are.

    Args:
        samples: the training pictures, each once.
        count: about how many; all of them if there are no more.
        seed: fixes the choice.
        task: of the card.
    """
    ordered = sorted(samples, key=lambda sample: (sample.label, sample.path))
    if count >= len(ordered):
        return tuple(ordered)
    strata = [
        Stratum(str(index), 1, Counter(labels_of(sample, task)))
        for index, sample in enumerate(ordered)
    ]
    share = count / len(ordered)
    sides = stratify(strata, {CALIBRATION: share, REST: 1 - share}, seed)
    return tuple(sample for index, sample in enumerate(ordered) if sides[str(index)] == CALIBRATION)


def require_every_label(
    calibration: Sequence[Sample],
    labels: Sequence[str],
    task: str = "single-label",
    untrained: Collection[str] = (),
) -> None:
    """Refuse calibration pictures that do not show what the network was trained on.

    Ranges from one label's pictures cut off what the others need, and validation need not show it.

    Args:
        calibration: the pictures that set the ranges.
        labels: of the card.
        task: of the card.
        untrained: labels of the card that no training picture has.

    Raises:
        DataError: there are none, or a label is missing.
    """
    if not calibration:
        raise DataError("INT8 needs training pictures to calibrate on, and there is none")
    found = {label for sample in calibration for label in labels_of(sample, task)}
    missing = [label for label in labels if label not in found and label not in untrained]
    if missing:
        raise DataError(
            f"the {len(calibration)} calibration pictures show {len(found)} of {len(labels)} "
            f"labels, none of them {', '.join(missing[:10])}; calibrate on pictures of every label"
        )
