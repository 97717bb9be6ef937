"""Compare candidates by the exact Jaccard similarity of their shingles, and join those that are copies."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from curation.articles.duplicates.candidates import Distinct
from curation.articles.duplicates.clusters import Clusters
from curation.shingles import Hashes, jaccard, shingles

if TYPE_CHECKING:
    from curation.store import Store

_HELD_SHINGLES = 2_000_000
_HELD_PAIRS = 500_000
PAIRS = 200_000
"""Pairs that are looked at in one bucket: all of 630 texts. Boilerplate can put any number of texts into one."""


class Texts:
    """The shingles of a store's texts, by their sketches' numbers; the ones last used are held, up to 16 MB."""

    def __init__(self, store: Store) -> None:
        self._sketches = store.sketches
        self._held: OrderedDict[int, Hashes] = OrderedDict()
        self._size = 0

    def shingles(self, number: int) -> Hashes:
        """The shingles of one text."""
        found = self._held.get(number)
        if found is not None:
            self._held.move_to_end(number)
            return found
        found = self._held[number] = shingles(self._sketches.text(number))
        self._size += len(found)
        while self._size > _HELD_SHINGLES and len(self._held) > 1:
            self._size -= len(self._held.popitem(last=False)[1])
        return found

    def similarity(self, one: int, other: int) -> float:
        """The Jaccard similarity of two texts."""
        return jaccard(self.shingles(one), self.shingles(other))


class Confirming:
    """Joins the copies among candidates in `clusters`, whose items are sketches' numbers.

    `joined` are the numbers that were joined with another one.
    """

    def __init__(self, texts: Texts, known: Distinct, clusters: Clusters[int], threshold: float) -> None:
        self.joined: list[int] = []
        self._crowded: dict[int, Sequence[int]] = {}
        self._texts = texts
        self._known = known
        self._clusters = clusters
        self._threshold = threshold
        self._unlike: set[tuple[int, int]] = set()

    def join_same(self, numbers: Sequence[int]) -> None:
        """Join sketches of one text."""
        for number in numbers[1:]:
            if self._clusters.join(numbers[0], number):
                self.joined.append(number)

    def join_alike(self, bucket: Sequence[int]) -> None:
        """Compare the texts of a bucket, near ones first, until all are one cluster or none is left.

        A bucket in which that takes more than 200,000 pairs is left there: it is crowded.
        """
        looked_at = 0
        for step, pairs in self._steps(bucket):
            for one, other in pairs:
                self._compare(one, other)
            looked_at += len(pairs)
            if step & (step - 1) == 0 and self._is_one(bucket):
                return
            if looked_at >= PAIRS and step + 1 < len(bucket) and not self._is_one(bucket):
                number = self._known.number(bucket[0])
                self._crowded[number] = max(bucket, self._crowded.get(number, ()), key=len)
                return

    def crowded(self) -> dict[int, int]:
        """The first text and the size of every bucket in which too many met to compare each with each.

        There copies may have been missed. Those that came together by other ways are not counted.
        """
        return {number: len(bucket) for number, bucket in self._crowded.items() if not self._is_one(bucket)}

    def _steps(self, bucket: Sequence[int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """The pairs with a fresh text in them, by how far apart in the bucket they stand."""
        fresh = self._known.fresh
        new = [place for place, text in enumerate(bucket) if fresh[text]]
        for step in range(1, len(bucket)):
            after = [(bucket[place], bucket[place + step]) for place in new if place + step < len(bucket)]
            before = [
                (bucket[place - step], bucket[place])
                for place in new
                if place >= step and not fresh[bucket[place - step]]
            ]
            yield step, after + before

    def _compare(self, one: int, other: int) -> None:
        first, second = self._known.number(one), self._known.number(other)
        if self._clusters.find(first) == self._clusters.find(second) or (one, other) in self._unlike:
            return
        if self._texts.similarity(first, second) >= self._threshold:
            self._clusters.join(first, second)
            self.joined.append(first)
            return
        if len(self._unlike) >= _HELD_PAIRS:
            self._unlike.clear()
        self._unlike.add((one, other))

    def _is_one(self, bucket: Sequence[int]) -> bool:
        return len({self._clusters.find(self._known.number(text)) for text in bucket}) == 1
