"""The most similar articles of two splits: an exact search, in memory that hardly grows with the articles.

Texts are compared by the Jaccard similarity of their sets of shingles. That no pair was missed follows from prefix
filtering (Chaudhuri, Ganti and Kaushik 2006, A primitive operator for similarity joins in data cleaning; Bayardo, Ma
and Srikant 2007, Scaling up all pairs similarity search): if two sets have a similarity above t, they share at least
t * n shingles, n being the size of the larger one. So in any one order of all shingles they share k among the first
n - t * n + k of each, for every k up to t * n (Wang, Li and Feng 2012, Can we beat the prefix filtering?). Rare
shingles come first, so that unlike texts share none there. What is left is compared whole.

The bound t is the similarity of a pair that was found by sketches: those whose smallest hashes have most in common
(Broder 1997). It makes the search quick, and never decides what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from tempfile import TemporaryFile
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from curation.export.splitting.overlapping import Closest
from curation.shingles import Hashes, jaccard, shingles
from curation.text import COPIES

SMALLEST = 24
"""Hashes in an article's sketch."""

SHARED = 8
"""How many shingles must be shared among the first ones, so that two texts are compared (k above)."""

# Pairs with the largest estimates that are compared to begin with, and how many articles with the same hash are looked
# at for that on each side.
_TRIED, _CROWD = 32, 30
# Shingles that are held: 16 MB. Those of further articles are made anew each time.
_HELD = 4_000_000
# A byte for each value of 26 bits of a shingle: in which splits it was seen, the last bit for all splits from the 8th
# on. Where two shingles have one byte they look less rare than they are, no more.
_SLOTS, _LAST = np.uint32((1 << 26) - 1), 7
_COUNTERS = np.uint32((1 << 22) - 1)
# First shingles that are read at once for each of two splits. They are kept in a file: of unlike texts they are many.
_SLICE = 1_000_000
# Shared shingles that are counted at once.
_AT_ONCE = 300_000
# Sizes that are computed in floating point are rounded down to where they are exact.
_EPSILON = 1e-9

Numbers = NDArray[np.int64]
Short = NDArray[np.uint32]


def closest(by_split: Mapping[str, Sequence[str]], texts: Callable[[str], str]) -> tuple[Closest, ...]:
    """For each two splits their most similar articles. `by_split` has the ids of each split's articles."""
    if len(by_split) < 2:
        return ()
    ids = [one for found in by_split.values() for one in sorted(found)]
    ends = np.cumsum([len(found) for found in by_split.values()]).tolist()
    sides = [range(end - len(found), end) for end, found in zip(ends, by_split.values(), strict=True)]
    articles = _Articles(ids, texts)
    sketches = _Sketches(articles, sides)
    pairs = [_Pair(*both) for both in combinations(range(len(sides)), 2)]
    for pair in pairs:
        for one, other in sketches.likely(pair):
            pair.compare(articles, one, other)
    with ExitStack() as stack:
        files = [stack.enter_context(TemporaryFile()) for _ in sides]
        firsts = _firsts(articles, sketches, pairs, files)
        articles.forget()
        sketches.forget()
        for pair in pairs:
            for side in firsts.slices(pair.side):
                for against in firsts.slices(pair.other):
                    _join(articles, sketches, firsts, pair, side, against)
    names = list(by_split)
    return tuple(
        Closest(
            split=names[pair.side],
            other=names[pair.other],
            similarity=pair.similarity,
            article=None if pair.found is None else ids[pair.found[0]],
            other_article=None if pair.found is None else ids[pair.found[1]],
        )
        for pair in pairs
    )


def near(texts: Callable[[str], str], threshold: float = COPIES) -> Callable[[str, str], bool]:
    """What tells of two articles, by their ids, whether they are copies; `texts` is asked for each article once."""
    known: dict[str, Hashes] = {}

    def shingled(article: str) -> Hashes:
        if article not in known:
            known[article] = shingles(texts(article))
        return known[article]

    return lambda one, other: jaccard(shingled(one), shingled(other)) >= threshold


class _Articles:
    """The shingles of articles, by their numbers."""

    def __init__(self, ids: Sequence[str], texts: Callable[[str], str]) -> None:
        self.whole = lru_cache(_TRIED)(lambda number: shingles(texts(ids[number])))
        self._held: dict[int, Short] = {}
        self._room = _HELD

    def short(self, number: int) -> Short:
        """The first halves of an article's shingles, in their order.

        Where those of two shingles are the same, the two look as one: texts may seem to share more than they do.
        """
        found = self._held.get(number)
        if found is None:
            found = (self.whole(number) >> np.uint64(32)).astype(np.uint32)
            if len(found) <= self._room:
                self._room -= len(found)
                self._held[number] = found
        return found

    def forget(self) -> None:
        """Hold nothing any more."""
        self._held.clear()
        self._room = 0

    def similarity(self, one: int, other: int) -> float:
        """The similarity of two articles."""
        return jaccard(self.whole(one), self.whole(other))


@dataclass(slots=True)
class _Pair:
    """Two splits, by their numbers, and the most similar articles of them that were found so far."""

    side: int
    other: int
    similarity: float = 0.0
    found: tuple[int, int] | None = None

    def compare(self, articles: _Articles, one: int, other: int) -> None:
        """Compare two articles."""
        similarity = articles.similarity(one, other)
        if similarity > self.similarity:
            self.similarity, self.found = similarity, (one, other)


class _Sketches:
    """What is known of all articles from reading each once: its number of shingles, the smallest ones, who has them."""

    def __init__(self, articles: _Articles, sides: Sequence[range]) -> None:
        self.sides = sides
        count = sides[-1].stop
        self.sizes = np.zeros(count, np.int64)
        self._smallest = np.zeros((count, SMALLEST), np.uint32)
        self._seen: NDArray[np.unsignedinteger[Any]] = np.zeros(_SLOTS + 1, np.uint8)
        self._counts: NDArray[np.unsignedinteger[Any]] = np.zeros(_COUNTERS + 1, np.uint32)
        for number, side in enumerate(sides):
            bit = np.uint8(1 << min(number, _LAST))
            for article in side:
                found = articles.short(article)
                self.sizes[article] = len(found)
                self._smallest[article, : len(found)] = found[:SMALLEST]
                self._seen[found & _SLOTS] |= bit
                self._counts[found & _COUNTERS] += np.uint32(1)

    def first(self, found: Short, count: int) -> tuple[Short, int]:
        """Those of the first `count` shingles that several splits may have, and how many of all these are.

        Those of one split alone come first, then the rarest, in an order that is the same for all articles.
        """
        seen = self._seen[found & _SLOTS]
        live = found[(seen & (seen - np.uint8(1)) != 0) | (seen >> _LAST != 0)]
        order = np.argsort(self._counts[live & _COUNTERS], kind="stable")
        return live[order[: max(0, count - (len(found) - len(live)))]], len(live)

    def forget(self) -> None:
        """Give back the room of what only `first` needs."""
        self._seen = self._counts = np.zeros(0, np.uint8)

    def likely(self, pair: _Pair) -> Iterator[tuple[int, int]]:
        """The articles of two splits that have most of their smallest shingles in common, as pairs of numbers."""
        sides = self.sides[pair.side], self.sides[pair.other]
        one, other = _incidences(*(_few(self._smallest[side.start : side.stop]) for side in sides))
        shared = one @ other
        best = np.argsort(-shared.data, kind="stable")[:_TRIED]
        rows = np.repeat(np.arange(len(sides[0])), np.diff(shared.indptr))[best] + sides[0].start
        yield from zip(rows.tolist(), (shared.indices[best] + sides[1].start).tolist(), strict=True)


@dataclass(frozen=True, slots=True)
class _Entries:
    """Shingles with the row of their article among `count` articles, the first of which has the number `start`."""

    hashes: Short
    rows: NDArray[np.int32]
    start: int
    count: int


@dataclass(frozen=True, slots=True)
class _Firsts:
    """The first shingles of all articles that other splits may have: those of each of the splits `sides` in a file.

    Of each article `lengths` has how many are there, `taken` how many come first, whoever has them, and `live` how many
    of all its shingles others may have.
    """

    sides: Sequence[range]
    files: Sequence[BinaryIO]
    lengths: Numbers
    taken: Numbers
    live: Numbers

    def slices(self, number: int) -> Iterator[_Entries]:
        """The shingles of a split, some at once."""
        side, file = self.sides[number], self.files[number]
        lengths = self.lengths[side.start : side.stop]
        ends = np.concatenate(([0], np.cumsum(lengths)))
        start = 0
        while start < len(side):
            end = max(start + 1, int(np.searchsorted(ends, ends[start] + _SLICE, side="right")) - 1)
            file.seek(int(ends[start]) * 4)
            hashes = np.frombuffer(file.read(int(ends[end] - ends[start]) * 4), np.uint32)
            rows = np.repeat(np.arange(end - start, dtype=np.int32), lengths[start:end])
            yield _Entries(hashes, rows, side.start + start, end - start)
            start = end


def _firsts(articles: _Articles, sketches: _Sketches, pairs: Sequence[_Pair], files: Sequence[BinaryIO]) -> _Firsts:
    firsts = _Firsts(sketches.sides, files, *(np.zeros_like(sketches.sizes) for _ in range(3)))
    for number, side in enumerate(sketches.sides):
        bound = min(pair.similarity for pair in pairs if number in (pair.side, pair.other))
        for article in side:
            found = articles.short(article)
            shared = _least(bound, len(found))
            firsts.taken[article] = min(len(found), len(found) - shared + SHARED)
            first, firsts.live[article] = sketches.first(found, int(firsts.taken[article]))
            if len(first) >= min(shared, SHARED):
                files[number].write(first.tobytes())
                firsts.lengths[article] = len(first)
    return firsts


def _join(
    articles: _Articles, sketches: _Sketches, firsts: _Firsts, pair: _Pair, side: _Entries, against: _Entries
) -> None:
    """Compare all articles of two slices that may be more similar than the ones found so far."""
    one, other = _incidences(side, against)
    work = np.cumsum(one @ np.diff(other.indptr))
    cuts = np.searchsorted(work, np.arange(_AT_ONCE, work[-1], _AT_ONCE)) + 1
    starts = side.start, against.start
    for start, end in pairwise([0, *np.unique(cuts).tolist(), len(work)]):
        shared = one[start:end] @ other
        rows = np.repeat(np.arange(start, end), np.diff(shared.indptr)) + starts[0]
        columns = shared.indices + starts[1]
        sizes = sketches.sizes[rows], sketches.sizes[columns]
        rest = np.maximum(sizes[0] - firsts.taken[rows], sizes[1] - firsts.taken[columns])
        most = np.minimum(shared.data + rest, np.minimum(firsts.live[rows], firsts.live[columns]))
        bounds = most / (sizes[0] + sizes[1] - most)
        enough = shared.data >= np.minimum(SHARED, _least(pair.similarity, np.maximum(*sizes)))
        wanted = np.flatnonzero(enough & (bounds > pair.similarity))
        for place in wanted[np.argsort(-bounds[wanted], kind="stable")].tolist():
            if bounds[place] <= pair.similarity:
                break
            pair.compare(articles, int(rows[place]), int(columns[place]))


def _least(similarity: float, size: Any) -> Any:
    """How many shingles two texts share at least, the larger one of `size`, whose similarity is above this one."""
    return np.maximum(1, np.ceil(similarity * size - _EPSILON)).astype(np.int64)


def _few(smallest: Short) -> _Entries:
    """The entries of sketches, but for those of a crowd, of which the first ones stand for all."""
    # Zeros are no hashes, and come first.
    order = np.argsort(smallest, axis=None, kind="stable").astype(np.int32)
    order = order[smallest.size - np.count_nonzero(smallest) :]
    hashes, rows = smallest.ravel()[order], order // np.int32(SMALLEST)
    begins = np.concatenate(([True], hashes[1:] != hashes[:-1]))[: len(hashes)]
    first = np.flatnonzero(begins)
    few = np.arange(len(hashes)) - np.repeat(first, np.diff([*first, len(hashes)])) < _CROWD
    return _Entries(hashes[few], rows[few], 0, len(smallest))


def _incidences(one: _Entries, other: _Entries) -> tuple[csr_matrix, csr_matrix]:
    """Which article of a split has which of the shingles that both have, and the same of the other one, transposed."""
    both = np.intersect1d(one.hashes, other.hashes)
    made = []
    for entries in (one, other):
        columns = np.searchsorted(both, entries.hashes).astype(np.int32)
        known = columns < len(both)
        known[known] = both[columns[known]] == entries.hashes[known]
        where = entries.rows[known], columns[known]
        made.append(csr_matrix((np.ones(len(where[0]), np.int32), where), (entries.count, len(both))))
    return made[0], made[1].T.tocsr()
