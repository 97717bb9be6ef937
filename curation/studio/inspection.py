"""A look at every item of a project: those that break the server, strangers, doubles, and what is in their data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from curation.records import Progress
from curation.store import Store
from curation.studio.client import Client, ServerFault
from curation.text import forbidden

_PAGE = 1000
_HOPELESS = 20
_FIELDS = "id,data,overlap"


@dataclass(slots=True)
class Inspection:
    """What was seen. Items stand by their number in Label Studio.

    `poisoned` make the server fail; `unnamed` have no article_id; `strangers` have one that the workspace lacks;
    `doubled` are articles with several items, `missing` those that were sent and have none; `odd` have a character
    that shifts offsets or breaks exports; `planned` go to another number of annotators than is planned for them;
    `changed` are articles that have another text there than here.
    """

    items: int = 0
    poisoned: list[int] = field(default_factory=list)
    unnamed: list[int] = field(default_factory=list)
    strangers: list[int] = field(default_factory=list)
    doubled: dict[str, list[int]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    odd: list[tuple[int, str]] = field(default_factory=list)
    planned: list[int] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def inspect(
    store: Store, client: Client, project_id: int, *, total: int | None = None, progress: Progress | None = None
) -> Inspection:
    """Look at every item, some 500 a second. Raises `ServerFault` if the server fails on one after the other."""
    seen = Inspection()
    first: dict[str, int] = {}
    overlap = store.selection.overlap()
    for page in _pages(client, project_id, seen):
        names = [name for name in map(_name, page) if name is not None]
        planned = store.selection.annotators(names) if overlap is not None else {}
        for item in page:
            number, name = int(item["id"]), _name(item)
            seen.items += 1
            odd = _odd(item["data"])
            if odd is not None:
                seen.odd.append((number, odd))
            if name is None:
                seen.unnamed.append(number)
                continue
            if name in first:
                seen.doubled.setdefault(name, [first[name]]).append(number)
            first.setdefault(name, number)
            article = store.articles.get(name)
            if article is not None and item["data"].get("text") != article.text:
                seen.changed.append(name)
            if article is None and store.parts.place(name) is None:
                seen.strangers.append(number)
            elif overlap is not None and item.get("overlap") not in (None, planned.get(name, overlap)):
                seen.planned.append(number)
        if progress is not None:
            progress(seen.items + len(seen.poisoned), total)
    broken = set(seen.poisoned)
    pushes = store.ledger.pushes(client.server, project_id).values()
    gone = (one for one in pushes if one.state == "sent" and one.article_id not in first)
    seen.missing = [one.article_id for one in gone if one.ls_task_id not in broken]
    return seen


def _pages(client: Client, project_id: int, seen: Inspection) -> Iterator[list[dict[str, Any]]]:
    """All items that the server can show; those on which it fails are noted in `seen`."""
    last, size, in_a_row = 0, _PAGE, 0
    while True:
        try:
            # Where it fails on a page it is asked for a smaller one, and insisted on only where one item is left.
            page = client.items_after(project_id, last, size, _FIELDS, attempts=1 if size > 1 else None)
        except ServerFault:
            if size > 1:
                size //= 2
                continue
            in_a_row += 1
            if in_a_row > _HOPELESS:
                raise
            (poisoned,) = client.items_after(project_id, last, 1, "id")
            last = int(poisoned["id"])
            seen.poisoned.append(last)
            continue
        if not page:
            return
        yield page
        last, size, in_a_row = int(page[-1]["id"]), min(size * 2, _PAGE), 0


def _name(item: dict[str, Any]) -> str | None:
    name = item["data"].get("article_id")
    return name if isinstance(name, str) and name else None


def _odd(data: dict[str, Any]) -> str | None:
    """The key of the first text that has a character which no article has, and what that is."""
    for key, text in data.items():
        found = forbidden(text) if isinstance(text, str) else None
        if found is not None:
            return f"{found[1]} in {key}"
    return None
