"""Dividing pictures so that every label stands in every split in its share."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Stratum:
    """Pictures that stay together.

    Attributes:
        key: names it; with the seed it decides the order, so it should not depend on the place
            or the order of files.
        pictures: how many.
        labels: how many of them have each label.
    """

    key: str
    pictures: int
    labels: Mapping[str, int]


def stratify(strata: Sequence[Stratum], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """Divide strata among splits by iterative stratification.

    The rarest label is dealt out first, each time to the split that lacks most of it (Sechidis,
    Tsoumakas and Vlahavas, 2011, https://doi.org/10.1007/978-3-642-23808-6_10); here by whole
    strata, the largest first. With one label a picture it divides each label by itself. The first
    split keeps one stratum of every label; each other wants at least one picture of it.

    Args:
        strata: with different keys.
        shares: of each split, 0..1, adding up to 1; the first is that of training.
        seed: fixes the choice, independently of the order of `strata`.

    Returns:
        The split of each key.
    """
    dealing = _Dealing(strata, shares)
    by_label: dict[str | None, list[Stratum]] = defaultdict(list)
    for stratum in _in_chance_order(strata, seed):
        for label in stratum.labels or (None,):
            by_label[label].append(stratum)
    while (rarest := dealing.rarest_label()) is not None:
        dealing.deal(by_label[rarest], rarest)
    dealing.deal(by_label[None], None)
    return dealing.splits


class _Dealing:
    """What has been dealt out, what each split still wants, and which labels training has."""

    def __init__(self, strata: Sequence[Stratum], shares: Mapping[str, float]) -> None:
        self.splits: dict[str, str] = {}
        self._left: Counter[str] = Counter()
        for stratum in strata:
            self._left.update(stratum.labels)
        pictures = sum(stratum.pictures for stratum in strata)
        self._room = {split: share * pictures for split, share in shares.items()}
        self._wanted = {label: _wanted(count, shares) for label, count in self._left.items()}
        self._kept: set[str] = set()

    def rarest_label(self) -> str | None:
        """Give the label that the fewest pictures left over have."""
        return min(self._left, key=lambda label: (self._left[label], label), default=None)

    def deal(self, strata: Sequence[Stratum], label: str | None) -> None:
        """Deal out those not dealt out yet, as `label` wants it."""
        for stratum in strata:
            if stratum.key not in self.splits:
                self._give(stratum, self._choose(label))
        self._left.pop(label or "", None)

    def _choose(self, label: str | None) -> str:
        if label is None:
            return max(self._room, key=self._room.__getitem__)
        if label not in self._kept:
            return next(iter(self._room))
        wanted = self._wanted[label]
        return max(self._room, key=lambda split: (wanted[split], self._room[split]))

    def _give(self, stratum: Stratum, split: str) -> None:
        self.splits[stratum.key] = split
        self._room[split] -= stratum.pictures
        for label, count in stratum.labels.items():
            self._left[label] -= count
            self._wanted[label][split] -= count
        if split == next(iter(self._room)):
            self._kept.update(stratum.labels)


def _wanted(count: int, shares: Mapping[str, float]) -> dict[str, int]:
    """How many pictures of a label each split wants; the first takes what is left."""
    first, *others = shares
    wanted = {split: max(1, round(shares[split] * count)) for split in others}
    return {first: count - sum(wanted.values()), **wanted}


def _in_chance_order(strata: Sequence[Stratum], seed: int) -> list[Stratum]:
    def chance(stratum: Stratum) -> str:
        return hashlib.sha256(f"{seed} {stratum.key}".encode(errors="surrogateescape")).hexdigest()

    return sorted(strata, key=lambda stratum: (-stratum.pictures, chance(stratum)))
