"""Which items somebody has begun to annotate. The server's own counters of an item can be behind; the export is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from curation.studio.client import CHUNK, Client, ServerFault


def begun(client: Client, project_id: int | None, ls_task_ids: Iterable[int]) -> set[int]:
    """Of these items those that have an annotation or a draft of anybody, or were skipped.

    An item that the server cannot hand out is among them: nobody knows what it holds. A project that is not there yet
    (`project_id` None) has none.
    """
    if project_id is None:
        return set()
    wanted = sorted(set(ls_task_ids))
    found: set[int] = set()
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        try:
            found.update(_touched(client.export_tasks(project_id, chunk)))
        except ServerFault:
            for number in chunk:
                try:
                    found.update(_touched(client.export_tasks(project_id, [number])))
                except ServerFault:
                    found.add(number)
    return found


def _touched(items: Iterable[Any]) -> Iterator[int]:
    for item in items:
        if item.get("annotations") or item.get("drafts"):
            yield int(item["id"])
