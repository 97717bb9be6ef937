"""Which split an article is in: a matter of its cluster of copies and the export's seed alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def split_of(cluster: str, seed: str, shares: Mapping[str, float]) -> str:
    """The split of the articles in a cluster of copies, which of an article alone has its id; `shares` sum to 1.

    The name's hash falls into [0, 1), cut by the cumulative shares. No copy of a training article is in the test split,
    and a later release keeps every article on the side where it was: a cluster keeps its name when copies join it. Only
    where a new article is a copy of two that stood apart does one of them move to the other.
    """
    digest = hashlib.sha256(f"{seed}\0{cluster}".encode()).digest()
    place = (int.from_bytes(digest[:8], "big") >> 11) / 2**53
    reached = 0.0
    for split, share in shares.items():
        reached += share
        if place < reached:
            return split
    return split
