"""Which items somebody has begun to annotate. The server's own counters of an item can be behind; the export is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from curation.studio.client import CHUNK, Client, ServerFault


def begun(client: Client, project_id: int | None, ls_task_ids: Iterable[int]) -> set[int]:
    """Of these items those that have an annotation or a draft of anybody, or were skipped.

    An item that the server cannot hand out is among them: nobody knows what it holds. A project that is not there yet
    (`project_id` None) has none.
    """
    if project_id is None:
        return set()
    found: set[int] = set()
    for number, item in handed_out(client, project_id, ls_task_ids):
        if item is None or item.get("annotations") or item.get("drafts"):
            found.add(number)
    return found


def handed_out(
    client: Client, project_id: int, ls_task_ids: Iterable[int]
) -> Iterator[tuple[int, Mapping[str, Any] | None]]:
    """The items as an export has them, by number; None in the place of one on which the server fails."""
    wanted = sorted(set(ls_task_ids))
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        try:
            yield from _numbered(client.export_tasks(project_id, chunk))
        except ServerFault:
            for number in chunk:
                try:
                    yield from _numbered(client.export_tasks(project_id, [number]))
                except ServerFault:
                    yield number, None


def _numbered(items: Iterable[Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    return ((int(item["id"]), item) for item in items)
