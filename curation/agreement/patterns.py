"""Patterns of ratings: equal items stand once, with how often they occur, and with the articles that they are in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from curation.agreement.sums import Floats, Ints, Sums

_KEYS = 2**62


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct rows of codes, in order, and how often each occurs; there are far fewer of them than items.

    `members` says how often each cluster has each pattern, None where every item is drawn by itself.
    """

    rows: Ints = field(repr=False)
    counts: Ints
    members: csr_array | None = None

    @classmethod
    def of(cls, codes: Ints, n_values: int, least: int, clusters: Ints | None = None) -> Patterns:
        """The patterns of the rows that hold at least so many values."""
        rows, counts, places = distinct_rows(codes, n_values, with_places=clusters is not None)
        kept = (rows >= 0).sum(axis=1) >= least
        if clusters is None:
            return cls(rows[kept], counts[kept])
        shape = (int(clusters.max(initial=-1)) + 1, len(rows))
        members = csr_array((np.ones(len(places)), (clusters, places)), shape=shape)[:, kept]
        return cls(rows[kept], counts[kept], members[members.sum(axis=1) > 0])

    @property
    def sizes(self) -> Floats:
        """How many values each row holds."""
        return np.asarray((self.rows >= 0).sum(axis=1), dtype=np.float64)

    @property
    def n_items(self) -> int:
        """How many items there are."""
        return int(self.counts.sum())

    @property
    def n_values(self) -> int:
        """How many values all of them hold."""
        return int(self.counts @ (self.rows >= 0).sum(axis=1))

    def sums(self, parts: csr_array | Floats, value: Callable[[Floats], Floats]) -> Sums:
        """A measure from what each pattern adds to its sums: over items, or over clusters if there are any."""
        parts = csr_array(parts)
        if self.members is None:
            return Sums(parts, self.counts, value)
        return Sums(csr_array(self.members @ parts), np.ones(self.members.shape[0], dtype=np.int64), value)


def distinct_rows(rows: Ints, n_values: int, *, with_places: bool = False) -> tuple[Ints, Ints, Ints]:
    """Distinct rows of codes from -1 to `n_values` - 1 in order, how often each occurs, and which one each row is.

    The last is empty unless it is asked for.
    """
    width = rows.shape[1]
    if not rows.size or (n_values + 1) ** width > _KEYS:
        distinct, places, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        return distinct, counts, places.reshape(-1)
    # One number a row sorts many times faster than rows do.
    powers = np.array([(n_values + 1) ** place for place in range(width - 1, -1, -1)], dtype=np.int64)
    keys = (rows + 1) @ powers
    if with_places:
        keys, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    else:
        keys, counts = np.unique(keys, return_counts=True)
        places = np.zeros(0, dtype=np.int64)
    return keys[:, None] // powers % (n_values + 1) - 1, counts, places
