"""What the parts of a long article lack to be one annotation."""

from __future__ import annotations

from collections.abc import Sequence

from curation.catalog import Task
from curation.findings import finding
from curation.parts import views
from curation.pointers import pointer
from curation.records import Annotation, Finding


def disjointed(records: Sequence[Annotation], parts: int, task: Task) -> dict[str, list[Finding]]:
    """For the first of each annotator's annotations of an article in so many `parts`, what joining them finds."""
    found: dict[str, list[Finding]] = {}
    if all(record.part is None for record in records):
        return found
    for view in views(records, parts, task.choices):
        about = f"{view.annotation.annotator} in round {view.annotation.round}"
        first = found.setdefault(view.made_of[0], [])
        if view.missing:
            numbers = ", ".join(map(str, view.missing))
            first.append(finding("F_PARTS_MISSING", f"{about} has not submitted part {numbers} of {parts}"))
        for name in view.differing:
            message = f"the parts that {about} submitted differ in {name!r}, which is left out"
            first.append(finding("F_PARTS_DIFFER", message, json_pointer=pointer(("choices", name))))
    return found
