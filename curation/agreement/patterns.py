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
    def of(
        cls, codes: Ints, n_values: int, least: int, clusters: Ints | None = None, *, ordered: bool = True
    ) -> Patterns:
        """The patterns of the rows that hold at least so many values.

        Unless they are `ordered`, rows of the same values are the same, whichever columns these stand in; missing
        values come first, and columns in which no row has a value are left out.
        """
        rows, counts, places = distinct_rows(codes if ordered else _packed(codes), n_values)
        if not ordered:
            # There are far fewer distinct rows than rows to sort.
            rows = np.sort(rows, axis=1)
            rows, _, merged = distinct_rows(rows[:, rows.max(axis=0, initial=-1) >= 0], n_values)
            counts = np.bincount(merged, counts, minlength=len(rows)).astype(np.int64)
            places = merged[places]
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


def _packed(codes: Ints) -> Ints:
    """The same rows without the gaps: of a crowd, each of whom rated few items, most of a row is empty."""
    filled, columns = np.nonzero(codes >= 0)
    sizes = np.bincount(filled, minlength=len(codes))
    width = int(sizes.max(initial=0))
    if 2 * width > codes.shape[1]:
        return codes
    packed = np.full((len(codes), width), -1, dtype=np.int64)
    packed[filled, np.arange(len(filled)) - np.repeat(np.cumsum(sizes) - sizes, sizes)] = codes[filled, columns]
    return packed


def distinct_rows(rows: Ints, n_values: int) -> tuple[Ints, Ints, Ints]:
    """Distinct rows of codes from -1 to `n_values` - 1 in order, how often each occurs, and which one each row is."""
    width = rows.shape[1]
    size = (n_values + 1) ** width
    if not rows.size or size > _KEYS:
        distinct, places, counts = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        return distinct, counts, places.reshape(-1)
    # One number a row sorts many times faster than rows do, and where there are few numbers, counting needs no sorting.
    powers = np.array([(n_values + 1) ** place for place in range(width - 1, -1, -1)], dtype=np.int64)
    keys = rows @ powers + powers.sum()
    if size <= len(keys):
        counts = np.bincount(keys, minlength=size)
        found = np.flatnonzero(counts)
        places, counts = (np.cumsum(counts > 0) - 1)[keys], counts[found]
    else:
        found, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return found[:, None] // powers % (n_values + 1) - 1, counts, places
