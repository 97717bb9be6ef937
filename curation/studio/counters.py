"""Items whose annotations Label Studio has not counted, and so gives out again.

A server that deletes a project counts nothing in that moment, and if two are deleted at once it may count nothing
until it is restarted.
"""

from __future__ import annotations

from curation.studio.authors import author_of
from curation.studio.begun import handed_out
from curation.studio.client import Client
from curation.studio.project import OVERLAP
from curation.studio.queries import ANNOTATED, UNCOUNTED
from curation.text import counted


def uncounted(client: Client, project_id: int) -> int:
    """How many items of a project have annotations and none by the server's count."""
    return client.count_tasks(project_id, ANNOTATED, *UNCOUNTED)


def recount(client: Client, project_id: int) -> int:
    """Tell the server what it has not counted; of how many items. Doing it again changes nothing."""
    found = client.items(project_id, [ANNOTATED, *UNCOUNTED], "id,overlap")
    overlaps = {int(item["id"]): item.get("overlap") for item in found}
    if not overlaps:
        return 0
    told = 0
    default = int(client.project(project_id).get("maximum_annotations") or OVERLAP)
    for number, item in handed_out(client, project_id, overlaps):
        if item is None:
            # What cannot be handed out is a matter of its own, which a pull tells.
            continue
        rows = item.get("annotations") or ()
        submitted = [row for row in rows if not row.get("was_cancelled")]
        people = {author_of(row, draft=False).key for row in submitted}
        client.set_counts(
            number,
            submitted=len(submitted),
            skipped=len(rows) - len(submitted),
            is_finished=len(people) >= (overlaps[number] or default),
        )
        told += 1
    return told


def recounted(items: int) -> str:
    """What was done, in words."""
    return (
        f"the annotations of {counted(items, 'item')} that Label Studio had not counted (once projects are deleted, it"
        " may count nothing until it is restarted)"
    )
