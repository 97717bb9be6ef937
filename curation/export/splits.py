"""Which split an article is in: a matter of its id and the export's seed alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def split_of(article_id: str, seed: str, shares: Mapping[str, float]) -> str:
    """The split of an article; `shares` sum to 1.

    The id's hash falls into [0, 1), cut by the cumulative shares. Other articles never move it, so that a later
    release keeps every article on the side where it was.
    """
    digest = hashlib.sha256(f"{seed}\0{article_id}".encode()).digest()
    place = (int.from_bytes(digest[:8], "big") >> 11) / 2**53
    reached = 0.0
    for split, share in shares.items():
        reached += share
        if place < reached:
            return split
    return split
