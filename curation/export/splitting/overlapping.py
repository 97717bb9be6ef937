"""What the splits of a dataset have in common: outlets, actors, topics and days, and how similar their texts get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, get_args

from curation.export.splitting.days import days
from curation.export.splitting.members import Member
from curation.export.splitting.ties import folded

Kind = Literal["outlet", "actor", "topic", "day"]
"""What splits may have in common."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """How much of a split is in an earlier split too.

    Of `values` different ones (outlets, say) of `split`, `shared` are also in `other`; of `articles` of `split` that
    have any, `touched` have one that `other` has too.
    """

    kind: Kind
    split: str
    other: str
    values: int
    shared: int
    articles: int
    touched: int


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a split's articles are of: first and last day (UTC), None if none is dated to the day."""

    split: str
    articles: int
    dated: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Closest:
    """The largest similarity between articles of two splits, and the two, `article` of `split` and `other_article`.

    `similarity` is the Jaccard similarity of the texts' shingles (see `curation.shingles`): exact, and no pair of
    articles of the two splits has a larger one. It is 0 where none share a shingle; no articles are named then.
    """

    split: str
    other: str
    similarity: float
    article: str | None
    other_article: str | None


@dataclass(frozen=True, slots=True)
class Leakage:
    """What could leak from one split into another.

    `closest` has an entry for each two splits, `overlaps` one for each two and each kind that any article has,
    `periods` one for each split; splits without articles are left out.
    """

    closest: tuple[Closest, ...]
    overlaps: tuple[Overlap, ...]
    periods: tuple[Period, ...]


def leakage(
    members: Iterable[Member], splits: Mapping[str, str], order: Sequence[str], texts: Callable[[str], str]
) -> Leakage:
    """Compare the splits of `members`, in their `order`; those that are in none are left out.

    `texts` gives the text of an article by its id. It is asked for every article twice and for some more often.
    """
    from curation.export.splitting.nearest import closest

    published = sorted((one for one in members if one.article_id in splits), key=lambda one: one.article_id)
    by_split = {
        split: found for split in order if (found := [one for one in published if splits[one.article_id] == split])
    }
    overlaps = tuple(_overlaps(by_split))
    periods = tuple(_period(split, found) for split, found in by_split.items())
    ids = {split: [one.article_id for one in found] for split, found in by_split.items()}
    # The search takes memory; what else is known of the articles need not be kept meanwhile.
    del members, published, by_split
    return Leakage(closest(ids, texts), overlaps, periods)


def _overlaps(by_split: Mapping[str, Sequence[Member]]) -> Iterator[Overlap]:
    for kind in get_args(Kind):
        values = {split: {value for one in found for value in _values(one, kind)} for split, found in by_split.items()}
        if any(values.values()):
            yield from _of_kind(kind, by_split, values)


def _of_kind(kind: Kind, by_split: Mapping[str, Sequence[Member]], values: Mapping[str, Set[str]]) -> Iterator[Overlap]:
    for number, (split, found) in enumerate(by_split.items()):
        earlier = list(by_split)[:number]
        articles, touched = 0, Counter[str]()
        for one in found:
            own = _values(one, kind)
            articles += bool(own)
            touched.update(other for other in earlier if not values[other].isdisjoint(own))
        for other in earlier:
            yield Overlap(
                kind=kind,
                split=split,
                other=other,
                values=len(values[split]),
                shared=len(values[split] & values[other]),
                articles=articles,
                touched=touched[other],
            )


def _values(member: Member, kind: Kind) -> list[str]:
    if kind == "outlet":
        return [folded(member.outlet)] if member.outlet else []
    if kind == "day":
        dated = days(member.published_at)
        return [dated[0]] if dated and dated[0] == dated[1] else []
    return [folded(name) for name in (member.actors if kind == "actor" else member.topics)]


def _period(split: str, members: Sequence[Member]) -> Period:
    found = sorted(day for one in members for day in _values(one, "day"))
    return Period(split, len(members), len(found), found[0] if found else None, found[-1] if found else None)
