"""Link the copies in a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.store import Store

THRESHOLD = 0.7
"""Jaccard similarity of two texts' three-word shingles from which on they count as copies."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An article that stands back for another. `similarity` is 1.0 where they differ in white space or case alone."""

    article_id: str
    copy_of: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking found: the articles of this run that stand back, and in how many clusters they are."""

    duplicates: tuple[Duplicate, ...] = ()
    clusters: int = 0


def link(store: Store, *, threshold: float = THRESHOLD, keep: bool = False) -> Linked:
    """Link every article that was not looked at before with its copies."""
    return Linked()
