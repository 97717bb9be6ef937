"""Which documents of a pool are one article: those of one id are told apart as ingest does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from curation.records import own_id


@dataclass(frozen=True, slots=True)
class Identity:
    """What says whether two documents are one article. `published` is where and when."""

    key: int
    id: str
    source_id: str | None
    sha256: str
    published: str


@dataclass(slots=True)
class Settled:
    """What became of documents with the same id: by key, those with an id of their own, and those that are none.

    `repeated` are the same article once more, `taken` have another text under an id that is taken.
    """

    renamed: dict[int, str] = field(default_factory=dict)
    repeated: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)


def settle(documents: Iterable[Identity]) -> Settled:
    """Tell documents apart, in the order in which they were read: the first one has the id. See `ingestion`."""
    known: dict[str, Identity] = {}
    settled = Settled()
    for one in sorted(documents, key=lambda one: one.key):
        there = known.get(one.id)
        own = one.id
        if there is not None and one.source_id is None and there.published != one.published:
            own = own_id(one.sha256, one.published)
            there = known.get(own)
        if there is None:
            known[own] = one
            if own != one.id:
                settled.renamed[one.key] = own
        elif there.sha256 == one.sha256:
            settled.repeated.append(one.key)
        else:
            settled.taken.append(one.key)
    return settled
