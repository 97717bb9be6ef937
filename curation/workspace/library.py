"""What there is to see of the articles of a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from curation.articles.notes import NOTES
from curation.errors import CurationError
from curation.records import Article, RawSource
from curation.store import Store


@dataclass(frozen=True, slots=True)
class Kept:
    """An article as the workspace keeps it: with its place among copies, and what it was made from.

    `raw` is None where that is the text itself. `parts` are the ids of the pieces of a long article, in order.
    """

    article: Article
    dup_cluster: str
    copy_of: str | None
    parts: tuple[str, ...]
    raw: RawSource | None

    @property
    def original(self) -> bytes:
        """What the article was made from, byte for byte where that was kept, else its text in UTF-8."""
        return self.raw.data if self.raw is not None else self.article.text.encode()


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a list. `length` is in code points; it stands back for `copy_of` if that is not None.

    `parts` is how many parts it is cut into, 0 for one that is short enough to go to annotators whole. `notes` are the
    doubts about it, `begins` its first characters.
    """

    id: str
    published_at: str | None
    outlet: str | None
    lang: str | None
    length: int
    parts: int
    copy_of: str | None
    title: str | None
    source: str | None
    notes: Mapping[str, str]
    begins: str


@dataclass(frozen=True, slots=True)
class Copy:
    """An article in a cluster; it stands back for `copy_of` if that is not None."""

    id: str
    copy_of: str | None
    outlet: str | None
    title: str | None
    published_at: str | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles whose texts are the same or nearly so."""

    id: str
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that was refused: where it stood, why, how many bytes of it are kept aside, and what mended it.

    `mended_by` is the article that was read from the same place later; None if there is none.
    """

    source: str
    code: str
    reason: str
    size: int
    mended_by: str | None = None


def article(store: Store, article_id: str) -> Kept:
    """The article with that id, or the part of a long one, which has its place among copies. Raises `E_NOT_FOUND`."""
    found = store.articles.get(article_id) or store.parts.get(article_id)
    if found is None:
        message = f"the workspace has no article {article_id!r}"
        raise CurationError("E_NOT_FOUND", message, fix="`curation articles list` has the ids")
    cluster, copy_of = store.library.place(found.part_of or found.id)
    parts = tuple(part.id for part in store.parts.of(article_id))
    return Kept(found, cluster, copy_of, parts, store.articles.raw(article_id))


def entries(store: Store, noted: str | None = None) -> Iterator[Entry]:
    """The articles in the order in which they were added, or those with a note. Raises `E_NOT_FOUND` for another."""
    if noted is not None and noted not in NOTES:
        raise CurationError("E_NOT_FOUND", f"there is no note {noted!r}", fix=f"one of: {', '.join(NOTES)}")
    for row in store.library.articles(noted):
        yield Entry(**{**dict(row), "notes": json.loads(row["notes"])})


def clusters(store: Store) -> Iterator[Cluster]:
    """The clusters of more than one article, by their ids."""
    for cluster, members in groupby(store.library.clusters(), key=lambda row: row[0]):
        yield Cluster(cluster, tuple(Copy(*row[1:]) for row in members))


def refused(store: Store, *, mended: bool = False) -> Iterator[Refused]:
    """What was refused, by place; what is mended only on request."""
    return (Refused(*row) for row in store.library.refused(mended=mended))
