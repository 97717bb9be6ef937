"""How items are asked for: the Data Manager's conditions, how many fit into a request, and what is told of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

CHUNK = 100
"""How many items are asked for, or sent, at once."""

_QUERY_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Found:
    """An article's item on the server, with the hash of the text that it was sent with.

    `overlap` is how many annotators the item goes to, None if the server does not say; `annotations` how many were
    submitted, `skipped` how many people skipped it, `suggested` how many suggestions it has. Of one that `is_broken`,
    on whose data the server fails, none of these is known.
    """

    ls_task_id: int
    article_id: str
    sha256: str | None
    overlap: int | None = None
    annotations: int = 0
    skipped: int = 0
    suggested: int = 0
    is_broken: bool = field(default=False, kw_only=True)

    @property
    def is_begun(self) -> bool:
        """Whether anybody has annotated it, or skipped it."""
        return self.annotations + self.skipped > 0


@dataclass(frozen=True, slots=True)
class Listed:
    """An item and when the server last changed it or its annotations (drafts do not count)."""

    ls_task_id: int
    updated_at: datetime


def condition(column: str, operator: str, kind: str, value: object) -> dict[str, object]:
    """A condition of the Data Manager's filters; `value` is as its operator wants it."""
    return {"filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value}


def changed_after(time: datetime) -> dict[str, object]:
    """Items that the server changed after a time, or annotations of them."""
    return condition("updated_at", "greater", "Datetime", time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"))


ANNOTATED = condition("annotations_ids", "empty", "Number", False)
"""Items with an annotation, skipped ones included: looked for among the annotations, as the item's counters can be
behind. The server tells the numbers of the annotations only if a condition is about them."""

DRAFTED = condition("draft_exists", "equal", "Boolean", True)
"""Items that have an unfinished annotation of anybody."""

UNCOUNTED = tuple(condition(f"{kind}_annotations", "equal", "Number", 0) for kind in ("total", "cancelled"))
"""Items that have no annotation by their counters."""


def chunks(article_ids: list[str]) -> Iterator[list[str]]:
    """Parts that fit into the address of a request: servers take 8,000 characters and more, proxies not always."""
    chunk: list[str] = []
    characters = 0
    for article_id in article_ids:
        if chunk and (len(chunk) == CHUNK or characters + len(article_id) > _QUERY_CHARACTERS):
            yield chunk
            chunk, characters = [], 0
        chunk.append(article_id)
        characters += len(article_id) + 9
    if chunk:
        yield chunk
