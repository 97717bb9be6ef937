"""Which texts of a store may be copies of each other: those with the same folded text, and those that share a band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from curation.articles.duplicates.sketches import BANDS
from curation.shingles import Hashes

if TYPE_CHECKING:
    from curation.store import Store

_BATCH = 10_000
# Bytes of bands that are held at once. Up to a million articles, that is all of them; of ten million, 3 of 32 bands, so
# that sketches are read in 11 passes. All else takes about 60 bytes an article: 0.9 GB for ten million.
_HELD = 256_000_000


@dataclass(frozen=True, slots=True)
class Distinct:
    """The distinct texts of a store, ordered by their folded hashes: whatever the order in which they came.

    `numbers` are those of every sketch, ordered by text; text `i` has `numbers[starts[i] : starts[i + 1]]`. `places`
    is where each text's first sketch stands in the store. `fresh` are the texts that no earlier run compared.
    """

    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    places: NDArray[np.int64]
    fresh: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.places)

    def copies(self) -> Iterator[list[int]]:
        """The sketches' numbers of every text that several articles have."""
        for text in np.flatnonzero(np.diff(self.starts) > 1).tolist():
            yield self.numbers[self.starts[text] : self.starts[text + 1]].tolist()

    def number(self, text: int) -> int:
        """The number of a text's first sketch."""
        return int(self.numbers[self.starts[text]])


def distinct(store: Store) -> Distinct:
    """The texts of `store`."""
    count = len(store.sketches)
    numbers, fresh = np.empty(count, np.int64), np.empty(count, bool)
    folded = np.empty((count, 2), np.uint64)
    for start, rows in _batches(store.sketches.folded()):
        end = start + len(rows)
        numbers[start:end] = [row[0] for row in rows]
        fresh[start:end] = [row[1] for row in rows]
        folded[start:end] = np.frombuffer(b"".join(row[2] for row in rows), "<u8").reshape(-1, 2)
    order = np.lexsort((folded[:, 1], folded[:, 0]))
    folded = folded[order]
    starts = np.flatnonzero(np.concatenate(([True], (folded[1:] != folded[:-1]).any(axis=1))))
    return Distinct(
        numbers=numbers[order],
        starts=np.append(starts, count),
        places=order[starts],
        fresh=np.logical_and.reduceat(fresh[order], starts),
    )


def buckets(store: Store, texts: Distinct) -> Iterator[list[int]]:
    """The groups of texts that share a band, where one of them is fresh; a group's texts are in their order."""
    count = len(store.sketches)
    width = max(1, min(BANDS, _HELD // (8 * max(count, 1))))
    for first in range(0, BANDS, width):
        width = min(width, BANDS - first)
        bands = np.empty((width, count), np.uint64)
        for start, rows in _batches(store.sketches.bands(8 * first, 8 * width)):
            data = np.frombuffer(b"".join(row[2] for row in rows), "<u8")
            bands[:, start : start + len(rows)] = data.reshape(-1, width).T
        for band in bands:
            yield from _shared(band[texts.places], texts.fresh)


def _shared(band: Hashes, fresh: NDArray[np.bool_]) -> Iterator[list[int]]:
    order = np.argsort(band, kind="stable")
    band = band[order]
    edges = np.flatnonzero(np.concatenate(([True], band[1:] != band[:-1], [True])))
    wanted = (np.diff(edges) > 1) & np.logical_or.reduceat(fresh[order], edges[:-1])
    for start, end in zip(edges[:-1][wanted].tolist(), edges[1:][wanted].tolist(), strict=True):
        yield order[start:end].tolist()


def _batches(rows: Iterator[tuple[int, bool, bytes]]) -> Iterator[tuple[int, list[tuple[int, bool, bytes]]]]:
    start = 0
    while batch := list(islice(rows, _BATCH)):
        yield start, batch
        start += len(batch)
