"""What came of selecting from a pool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from curation.articles.selection.request import Share
from curation.articles.tally import Counted


@dataclass(frozen=True, slots=True)
class PoolResult:
    """What was selected of a pool, step by step.

    Of the `documents` that were read, `refused` ones by code are no articles and `repeated` ones stood there before;
    the rest are `articles`. `duplicates` of them are copies of another one, in `clusters` groups. `left_out` counts
    those that filters dropped, by reason; of those that pass, `copies` fall away, and `pool` are left. `selected` of
    these were written; `strata` compares them with the pool by each stratum variable. `crowded` counts places where too
    many texts had a passage in common to compare each with each: there, copies may have been missed. `sha256` is the
    file's. `file` says what became of that: it is new, other than the one that was there before, the same, or was not
    to be written.
    """

    documents: int
    articles: int
    repeated: int
    refused: Mapping[str, Counted]
    duplicates: int
    clusters: int
    left_out: Mapping[str, int]
    copies: int
    pool: int
    selected: int
    strata: Mapping[str, tuple[Share, ...]]
    crowded: int
    sha256: str
    file: Literal["new", "changed", "same", "unwritten"] = "new"
