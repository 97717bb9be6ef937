"""What ties articles together, so that they belong in one split: copies of a text, and what an export asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from curation.catalog import GroupedBy
from curation.export.splitting.members import Member

Ties = dict[str, tuple[str, ...]]
"""What an article has, by its id, that no article of another split may have."""


def ties(members: Iterable[Member], by: Sequence[GroupedBy], *, copies: bool = True) -> Ties:
    """The ties of each article, by its `copies` and what else an export asks for.

    Names count as the same whatever their case and white space. Articles of which no outlet is known are tied to each
    other, as if they were of one.
    """
    return {
        member.article_id: tuple(sorted({*([_copies(member)] if copies else []), *_asked(member, by)}))
        for member in members
    }


def _copies(member: Member) -> str:
    return f"cluster {member.cluster}"


def _asked(member: Member, by: Sequence[GroupedBy]) -> Iterable[str]:
    if "outlet" in by:
        yield f"outlet {folded(member.outlet or '')}"
    if "actor" in by:
        yield from (f"actor {folded(name)}" for name in member.actors)
    if "topic" in by:
        yield from (f"topic {folded(name)}" for name in member.topics)


def folded(name: str) -> str:
    """A name as it is compared."""
    return " ".join(name.split()).casefold()


def loosened(
    found: Ties, members: Iterable[Member], before: Mapping[str, str], near: Callable[[str, str], bool]
) -> Ties:
    """The ties, where a cluster that stands in several splits by now is told apart into pairs of copies.

    What came later may be similar to two texts that are not similar to each other: a cluster then has members in two
    splits that are no copies. Only there the texts are compared, by `near`.
    """
    clusters: dict[str, list[str]] = {}
    for member in members:
        clusters.setdefault(_copies(member), []).append(member.article_id)
    pairs: dict[str, set[str]] = {}
    for name, ids in sorted(clusters.items()):
        if len({before[one] for one in ids if one in before}) < 2:
            continue
        for place, one in enumerate(ids):
            pairs.setdefault(one, set())
            for other in ids[place + 1 :]:
                if near(one, other):
                    pairs[one].add(f"{name} {one} {other}")
                    pairs.setdefault(other, set()).add(f"{name} {one} {other}")
        for one in ids:
            pairs[one].update(tie for tie in found[one] if tie != name)
    return {**found, **{one: tuple(sorted(of_one)) for one, of_one in pairs.items()}}


def groups(ids: Iterable[str], found: Ties) -> list[list[str]]:
    """The articles that hang together, if only by way of others (union-find with path halving, Tarjan 1975).

    In each group, and among the groups by their first ones, ids are in their order.
    """
    ordered = sorted(ids)
    parent = list(range(len(ordered)))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = place = parent[parent[place]]
        return place

    first: dict[str, int] = {}
    for place, one in enumerate(ordered):
        for tie in found[one]:
            there, here = sorted((root(first.setdefault(tie, place)), root(place)))
            parent[here] = there
    made: dict[int, list[str]] = {}
    for place, one in enumerate(ordered):
        made.setdefault(root(place), []).append(one)
    return list(made.values())
