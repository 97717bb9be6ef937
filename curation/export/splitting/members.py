"""What is known of articles before they are split, and what a plan says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Reason = Literal["tied", "later_copy", "undated", "vague_date", "redated"]

WHY: dict[Reason, str] = {
    "tied": "is a copy of, or has an outlet, actor or topic in common with, what stands in another split",
    "later_copy": "is a copy of an article in another split, by whose date it cannot stand there",
    "undated": "has no date, and splits go by time",
    "vague_date": "has a date without a day, in a period that falls into two splits",
    "redated": "has got another date, which belongs to another split than the one it was published in",
}
"""What each reason to hold an article out means, to be read after "the article"."""


@dataclass(frozen=True, slots=True)
class Member:
    """An article that is to be split. `cluster` names the copies of a text that it is one of, of one alone itself.

    `published_at` is in ISO 8601. `actors` and `topics` are names as they are to be told apart, but for case and white
    space. Each split gets its share of each of the `strata`, of which there is one for each target, say.
    """

    article_id: str
    cluster: str
    outlet: str | None = None
    published_at: str | None = None
    actors: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The split of each article, and why the others are held out: they are published in none.

    `cuts` are the first days (UTC) of the splits, but of the first one, where they go by time; empty otherwise.
    """

    splits: Mapping[str, str]
    held_out: Mapping[str, Reason] = field(default_factory=dict)
    cuts: Mapping[str, str] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[Reason, int]:
        """How many articles are held out for each reason."""
        counts = Counter(self.held_out.values())
        return {reason: counts[reason] for reason in WHY if counts[reason]}
