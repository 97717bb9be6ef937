"""Put groups of articles into splits so that each split gets its share of every stratum, as nearly as groups allow."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence


class Apportioning:
    """Counts what each split has, and tells where a group belongs.

    A group goes where the sum of (n - share * N)^2 / share over strata and splits grows least: n is what the split has
    of a stratum, N how many there are in all; all articles together count as one more stratum. For groups of one
    article and one stratum that is the method of Webster and Sainte-Lague, by which seats are apportioned to parties.
    The largest groups come first, then those with the rarest stratum, as in the iterative stratification of Sechidis,
    Tsoumakas and Vlahavas (2011, On the stratification of multi-label data, algorithm 1).
    """

    def __init__(self, shares: Mapping[str, float], strata: Iterable[str]) -> None:
        """`strata` are those of all articles there are, also of those that are in a split already."""
        self._shares = shares
        self._there = Counter(strata)
        self._total = self._there.total()
        self._has: dict[str, Counter[str]] = {split: Counter() for split in shares}
        self._size = dict.fromkeys(shares, 0)

    def add(self, split: str, strata: Sequence[str]) -> None:
        """Count articles that are in a split, by their strata."""
        self._has[split].update(strata)
        self._size[split] += len(strata)

    def place(self, groups: Sequence[tuple[str, Sequence[str]]], seed: str) -> list[str]:
        """The splits of groups, each given by a name and its articles' strata. Nothing depends on their order.

        No split stays empty as long as there is a group for it.
        """
        order = sorted(range(len(groups)), key=lambda place: self._rank(*groups[place], seed))
        chosen = [""] * len(groups)
        for done, place in enumerate(order):
            strata = groups[place][1]
            empty = [split for split, size in self._size.items() if not size]
            open_ = empty if len(order) - done <= len(empty) else self._shares
            costs = self._costs(open_, strata)
            chosen[place] = min(open_, key=costs.__getitem__)
            self.add(chosen[place], strata)
        return chosen

    def _rank(self, name: str, strata: Sequence[str], seed: str) -> tuple[int, int, bytes]:
        rarest = min(map(self._there.__getitem__, strata))
        return -len(strata), rarest, hashlib.sha256(f"{seed}\0{name}".encode()).digest()

    def _costs(self, splits: Iterable[str], strata: Sequence[str]) -> dict[str, float]:
        """How much the sum grows for each split that the group may go into, rounded so that equal ones are equal."""
        counts = Counter(strata) if len(strata) > 1 else {strata[0]: 1}
        costs = {}
        for split in splits:
            share, has, size = self._shares[split], self._has[split], len(strata)
            cost = size * (2 * (self._size[split] - share * self._total) + size)
            for stratum, count in counts.items():
                cost += count * (2 * (has[stratum] - share * self._there[stratum]) + count)
            costs[split] = round(cost / share, 6)
        return costs
