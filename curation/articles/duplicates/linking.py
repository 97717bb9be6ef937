"""Link the copies in a store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from curation.articles.batches import batches
from curation.articles.duplicates.clusters import Clusters, precedence
from curation.errors import CurationError
from curation.text import COPIES

if TYPE_CHECKING:
    from curation.articles.duplicates.confirming import Texts
    from curation.store import Store
    from curation.store.sketches import Member


THRESHOLD = COPIES
"""Jaccard similarity of two texts' three-word shingles from which on they count as copies."""

LOWEST = 0.5
"""The smallest threshold that may be asked for; below it, sketches find few of the copies."""

TOLD = 1000
"""How many of each kind a result names; it counts all of them."""

_EXAMPLES = 5


def require_threshold(threshold: float) -> None:
    """Raises `E_USAGE` for a threshold that is not from 0.5 to 1."""
    if not LOWEST <= threshold <= 1:
        raise CurationError("E_USAGE", f"the threshold is {threshold}; it is from {LOWEST} to 1")


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An article that stands back for another. `similarity` is 1.0 where they differ in white space or case alone.

    It is below the threshold where a third text, similar to both, joins them. `source` and `copy_of_source` are where
    the two were read.
    """

    article_id: str
    copy_of: str
    similarity: float
    source: str | None = None
    copy_of_source: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A copy and what it is a copy of, for people to look at: (id, outlet, title, source) of both."""

    copy: tuple[str, str | None, str | None, str | None]
    original: tuple[str, str | None, str | None, str | None]
    similarity: float


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking found: the articles of this run that stand back, and in how many clusters they are.

    `n_duplicates` counts them, `duplicates` are the first 1,000 (`TOLD`). `linked` counts the articles that were put
    into a cluster with others, whether they stand back or not; `released` the known copies that no longer stand back.
    `examples` are the least similar of the pairs. `crowded` are places where too many texts had a passage in common to
    compare each with each, by the id of one and how many they were: there, copies may have been missed.
    """

    n_duplicates: int = 0
    duplicates: tuple[Duplicate, ...] = ()
    clusters: int = 0
    linked: int = 0
    released: int = 0
    examples: tuple[Example, ...] = ()
    crowded: tuple[tuple[str, int], ...] = ()


def begin(store: Store, *, threshold: float, keep: bool) -> None:
    """Note how the articles of a run that begins are to be linked, in case that it comes to no end.

    What a run left that wanted it done otherwise is linked first.
    """
    asked = store.sketches.asked()
    if asked is not None and asked != (threshold, keep):
        link(store, threshold=asked[0], keep=asked[1])
    with store.transaction():
        store.sketches.ask(threshold, keep)


def take_up(store: Store, *, threshold: float = THRESHOLD) -> Linked:
    """Link what waits for it, as the run wanted that read it; what came otherwise, from `threshold` on."""
    asked = store.sketches.asked()
    return link(store, threshold=asked[0], keep=asked[1]) if asked else link(store, threshold=threshold)


def all_linked(store: Store) -> bool:
    """Whether every article was compared with the others."""
    from curation.articles.duplicates.sketches import MADE_WITH

    return not store.sketches.waiting(MADE_WITH)


def link(store: Store, *, threshold: float = THRESHOLD, keep: bool = False) -> Linked:
    """Link every article that was not looked at before with its copies, and say which of them stand back.

    Copies are texts that differ in white space and case alone, and texts whose Jaccard similarity is at least
    `threshold`; what hangs together, if only by way of others, is a cluster. What an earlier run kept, or what
    annotators have, stays kept. Of articles new together, the one kept has the earliest date, then the longest text,
    then the smallest id. A cluster is named after the article that was kept first. With `keep`, all are linked and
    none of this run stands back.

    Only pairs with a new text are compared: another threshold holds for what comes from now on. Sketches miss one pair
    in 6,500 whose similarity is 0.7, one in 85 at 0.6, one in 8 at 0.5, and none at 0.9. A run that was interrupted is
    taken up; one with nothing new changes nothing.
    """
    _sketch(store)
    if not store.sketches.any_fresh():
        if keep or store.sketches.asked():
            with store.transaction():
                return Linked(released=_settle(store, keep))
        return Linked()

    from curation.articles.duplicates.candidates import buckets, distinct
    from curation.articles.duplicates.confirming import Confirming, Texts

    clusters, texts, known = Clusters(store.sketches.clusters()), Texts(store), distinct(store)
    confirming = Confirming(texts, known, clusters, threshold)
    for numbers in known.copies():
        confirming.join_same(numbers)
    for bucket in buckets(store, known):
        confirming.join_alike(bucket)
    linked = _Linking(store, texts, keep)
    with store.transaction():
        for group in _touched(clusters, confirming.joined):
            linked.decide(group)
        released = _settle(store, keep)
    return replace(linked.result(confirming.crowded()), released=released)


def _settle(store: Store, keep: bool) -> int:
    """Note that all is linked; with `keep`, how many copies that stood back before do so no longer."""
    released = store.sketches.keep_run() if keep else 0
    store.sketches.settle()
    return released


def _sketch(store: Store) -> None:
    """Give a sketch to every article that lacks one. What is sketched stays so if this is interrupted."""
    from curation.articles.duplicates.sketches import MADE_WITH, sketch

    after = 0
    # Asked for anew after each batch: a query that stays open while others write keeps SQLite from tidying up.
    while batch := next(batches(store.sketches.missing(MADE_WITH, after), lambda article: len(article.text)), None):
        made = sketch(article.text for article in batch)
        with store.transaction():
            for article, folded, bands in zip(batch, made.folded, made.bands.astype("<u8"), strict=True):
                store.sketches.put(article, MADE_WITH, folded, bands.tobytes())
        after = batch[-1].number


def _touched(clusters: Clusters[int], joined: list[int]) -> Iterator[list[int]]:
    """The clusters in which something was joined."""
    roots = {clusters.find(number) for number in joined}
    return (group for group in clusters.groups() if group[0] in roots)


class _Linking:
    """Writes clusters to the store, and tells what came of it."""

    def __init__(self, store: Store, texts: Texts, keep: bool) -> None:
        self._sketches = store.sketches
        self._texts = texts
        self._keep = keep
        self._duplicates: list[Duplicate] = []
        self._examples: list[Example] = []
        self._clusters = self._linked = self._stand_back = 0

    def decide(self, group: list[int]) -> None:
        """Choose whom a cluster is named after and who stands back, and store it."""
        members = self._sketches.members(group)
        in_hand = self._sketches.in_hand([member.id for member in members])
        stay = {member.id for member in members if member.kept or member.id in in_hand}
        kept = [member for member in members if member.copy_of is None and member.id in stay]
        first = (
            min(kept, key=lambda member: (member.dup_cluster != member.id, member.number))
            if kept
            else min(members, key=lambda member: precedence(member.published_at, member.length, member.id))
        )
        self._clusters += 1
        for member in members:
            copy_of = member.copy_of
            if member.fresh and member is not first:
                self._linked += 1
                similarity = self._texts.similarity(member.number, first.number)
                self._examples.append(Example(_told(member), _told(first), similarity))
                if not self._keep and member.id not in stay:
                    copy_of = first.id
                    self._stand_back += 1
                    if len(self._duplicates) < TOLD:
                        self._duplicates.append(Duplicate(member.id, first.id, similarity, member.source, first.source))
            self._sketches.assign(member.id, first.id, copy_of)
        self._examples = sorted(self._examples, key=lambda example: example.similarity)[:_EXAMPLES]

    def result(self, crowded: dict[int, int]) -> Linked:
        """What was told so far; `crowded` by sketches' numbers."""
        ids = [(member.id, crowded[member.number]) for member in self._sketches.members(crowded)]
        return Linked(
            n_duplicates=self._stand_back,
            duplicates=tuple(self._duplicates),
            clusters=self._clusters,
            linked=self._linked,
            examples=tuple(self._examples),
            crowded=tuple(sorted(ids)),
        )


def _told(member: Member) -> tuple[str, str | None, str | None, str | None]:
    return member.id, member.outlet, member.title, member.source
