"""Texts that have a hash in common, found by sorting: numbers only, one column at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Keys = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Members:
    """Texts of some buckets: the bucket's hash, the text's key, and the halves of its folded hash."""

    bucket: Hashes
    key: Keys
    near: Hashes
    far: Hashes

    def sorted(self) -> Members:
        """Bucket by bucket, in the order in which `duplicates.candidates` has the texts of one."""
        order = np.lexsort((self.key, self.far, self.near, self.bucket))
        return Members(self.bucket[order], self.key[order], self.near[order], self.far[order])


def twice(values: Hashes) -> Hashes:
    """The values that stand there more than once, sorted. Sorts `values` in place."""
    values.sort()
    again: Hashes = np.unique(values[1:][values[1:] == values[:-1]])
    return again


def within(values: Hashes, some: Hashes) -> NDArray[np.bool_]:
    """Which of `values` are among `some`, which are sorted."""
    if not len(some):
        return np.zeros(len(values), bool)
    found: NDArray[np.bool_] = some[np.minimum(np.searchsorted(some, values), len(some) - 1)] == values
    return found


def pairs(members: Members, at_most: int) -> Keys:
    """Pairs of keys, a row each and the smaller one first, that are to be compared in sorted buckets.

    Near ones first, in the order of their folded hashes, until a bucket has `at_most`; see `duplicates.confirming`.
    """
    bounds, number = _bounds(members)
    ends = bounds[1:][number]
    looked_at = np.zeros(len(bounds) - 1, np.int64)
    places = np.arange(len(number))
    found = [np.empty((0, 2), np.int64)]
    for step in range(1, len(number)):
        places = places[(places + step < ends[places]) & (looked_at[number[places]] < at_most)]
        if not len(places):
            break
        looked_at += np.bincount(number[places], minlength=len(looked_at))
        found.append(np.sort(np.column_stack((members.key[places], members.key[places + step])), axis=1))
    return once(np.concatenate(found))


def once(some: Keys) -> Keys:
    """Pairs, each once, sorted."""
    order = np.lexsort((some[:, 1], some[:, 0]))
    some = some[order]
    first = np.ones(len(some), bool)
    first[1:] = (some[1:] != some[:-1]).any(axis=1)
    found: Keys = some[first]
    return found


def large(members: Members, pairs_from: int) -> Iterator[Keys]:
    """The keys of each sorted bucket that is left before all of its texts are compared."""
    bounds, _ = _bounds(members)
    sizes = np.diff(bounds)
    # The last step of a bucket compares one pair: it is not left before that.
    for bucket in np.flatnonzero(sizes * (sizes - 1) // 2 - 1 >= pairs_from):
        yield members.key[bounds[bucket] : bounds[bucket + 1]].copy()


def _bounds(members: Members) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the buckets begin, and the end of the last one; and the number of each text's bucket."""
    changes = np.flatnonzero(members.bucket[1:] != members.bucket[:-1]) + 1
    starts = np.concatenate(([0], changes)) if len(members.key) else np.empty(0, np.int64)
    bounds = np.append(starts, len(members.key)).astype(np.int64)
    return bounds, np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
