"""Put groups of articles into splits so that each split gets its share of every stratum, as nearly as groups allow."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations

Strata = tuple[str, ...]
"""The strata of one article: one for each thing that is stratified by, none where nothing is."""

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

    Where an article has several strata, each counts by itself, and so does what it has of all together: that keeps
    what occurs together in proportion (as in Szymanski and Kajdanowicz 2017, A network perspective on stratification of
    multi-label data), and says nothing where hardly two articles have the same of all.
    """

    def __init__(self, shares: Mapping[str, float], strata: Iterable[Strata]) -> None:
        """`strata` are those of all articles there are, also of those that are in a split already."""
        self._shares = shares
        self._there: Counter[Hashable] = Counter()
        self._total = 0
        for one in strata:
            self._there.update(_counted(one))
            self._total += 1
        self._has: dict[str, Counter[Hashable]] = {split: Counter() for split in shares}
        self._size = dict.fromkeys(shares, 0)

    def add(self, split: str, strata: Sequence[Strata]) -> None:
        """Count articles that are in a split, by their strata."""
        has = self._has[split]
        for one in strata:
            for stratum in _counted(one):
                has[stratum] += 1
        self._size[split] += len(strata)

    def place(self, groups: Sequence[tuple[str, Sequence[Strata]]], seed: str) -> list[str]:
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

    def _improve(self, strata: Sequence[Sequence[Strata]], order: Sequence[int], chosen: list[str]) -> None:
        for _ in range(_ROUNDS):
            moved = [self._move(group, place, chosen) for group, place in zip(strata, order, strict=True)]
            pairs = combinations(zip(strata, order, strict=True), 2)
            if not any([*moved, *[self._swap(one, other, chosen) for one, other in pairs]]):
                return

    def _move(self, group: Sequence[Strata], place: int, chosen: list[str]) -> bool:
        """Put a group where it is better placed; False if it is nowhere, or would leave its split empty."""
        here = chosen[place]
        if self._size[here] == len(group):
            return False
        self._take(here, group)
        costs = self._costs(self._shares, group)
        chosen[place] = min(self._shares, key=lambda split: (costs[split], split != here))
        self.add(chosen[place], group)
        return chosen[place] != here

    def _swap(self, one: tuple[Sequence[Strata], int], other: tuple[Sequence[Strata], int], chosen: list[str]) -> bool:
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

    def _take(self, split: str, strata: Sequence[Strata]) -> None:
        self._has[split].subtract(stratum for one in strata for stratum in _counted(one))
        self._size[split] -= len(strata)

    def _rank(self, name: str, strata: Sequence[Strata], seed: str) -> tuple[int, int, bytes]:
        rarest = min((self._there[stratum] for one in strata for stratum in one), default=0)
        return -len(strata), rarest, hashlib.sha256(f"{seed}\0{name}".encode()).digest()

    def _costs(self, splits: Iterable[str], strata: Sequence[Strata]) -> dict[str, float]:
        """How much the sum grows for each split that the group may go into, rounded so that equal ones are equal."""
        counts = Counter(stratum for one in strata for stratum in _counted(one))
        costs = {}
        for split in splits:
            share, has, size = self._shares[split], self._has[split], len(strata)
            cost = size * (2 * (self._size[split] - share * self._total) + size)
            for stratum, count in counts.items():
                cost += count * (2 * (has[stratum] - share * self._there[stratum]) + count)
            costs[split] = round(cost / share, 6)
        return costs


def _counted(strata: Strata) -> Sequence[Hashable]:
    """What an article counts for: each of its strata, and all of several together."""
    return (*strata, strata) if len(strata) > 1 else strata
