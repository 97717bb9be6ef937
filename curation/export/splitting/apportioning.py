"""Put groups of articles into splits so that each split gets its share of every stratum, as nearly as groups allow."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

FEW = 60
"""Up to how many groups are tried in other places than where they came first."""

_ROUNDS = 20
_LEAST = 1e-5


class Apportioning:
    """Counts what each split has, and tells where a group belongs.

    A group goes where the sum of (n - share * N)^2 / share over strata and splits grows least: n is what the split has
    of a stratum, N how many there are in all; all articles together count as one more stratum. For groups of one
    article and one stratum that is the method of Webster and Sainte-Lague, by which seats are apportioned to parties.
    The largest groups come first, then those with the rarest stratum, as in the iterative stratification of Sechidis,
    Tsoumakas and Vlahavas (2011, On the stratification of multi-label data, algorithm 1). Of few groups, some change
    their place or change places as long as that makes the sum smaller.
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
        has = self._has[split]
        for stratum in strata:
            has[stratum] += 1
        self._size[split] += len(strata)

    def place(self, groups: Sequence[tuple[str, Sequence[str]]], seed: str) -> list[str]:
        """The splits of groups, each given by a name and its articles' strata. Nothing depends on their order.

        No split stays empty as long as there is a group for it.
        """
        order = sorted(range(len(groups)), key=lambda place: self._rank(*groups[place], seed))
        chosen = [""] * len(groups)
        for done, place in enumerate(order):
            strata = groups[place][1]
            open_: Iterable[str] = self._shares
            if len(order) - done <= len(self._shares):
                empty = [split for split, size in self._size.items() if not size]
                open_ = empty if len(order) - done <= len(empty) else open_
            costs = self._costs(open_, strata)
            chosen[place] = min(costs, key=costs.__getitem__)
            self.add(chosen[place], strata)
        if len(groups) <= FEW:
            self._improve([groups[place][1] for place in order], order, chosen)
        return chosen

    def _improve(self, strata: Sequence[Sequence[str]], order: Sequence[int], chosen: list[str]) -> None:
        for _ in range(_ROUNDS):
            moved = [self._move(group, place, chosen) for group, place in zip(strata, order, strict=True)]
            pairs = combinations(zip(strata, order, strict=True), 2)
            if not any([*moved, *[self._swap(one, other, chosen) for one, other in pairs]]):
                return

    def _move(self, group: Sequence[str], place: int, chosen: list[str]) -> bool:
        """Put a group where it is better placed; False if it is nowhere, or would leave its split empty."""
        here = chosen[place]
        if self._size[here] == len(group):
            return False
        self._take(here, group)
        costs = self._costs(self._shares, group)
        chosen[place] = min(self._shares, key=lambda split: (costs[split], split != here))
        self.add(chosen[place], group)
        return chosen[place] != here

    def _swap(self, one: tuple[Sequence[str], int], other: tuple[Sequence[str], int], chosen: list[str]) -> bool:
        """Let two groups change places if that is better."""
        here, there = chosen[one[1]], chosen[other[1]]
        if here == there:
            return False
        self._take(here, one[0])
        self._take(there, other[0])
        stay = self._costs((here,), one[0])[here] + self._costs((there,), other[0])[there]
        swap = self._costs((there,), one[0])[there] + self._costs((here,), other[0])[here]
        if swap < stay - _LEAST:
            chosen[one[1]], chosen[other[1]] = there, here
        self.add(chosen[one[1]], one[0])
        self.add(chosen[other[1]], other[0])
        return swap < stay - _LEAST

    def _take(self, split: str, strata: Sequence[str]) -> None:
        self._has[split].subtract(strata)
        self._size[split] -= len(strata)

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
