"""Names that were known when an annotation was made, and are no longer: a migration mends them, no annotator need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curation.catalog import Task
from curation.pointers import at_pointer
from curation.records import Finding, to_json
from curation.store import Store, StoredAnnotation

_CODES = frozenset({"F_LABEL_UNKNOWN", "F_RELATION_UNKNOWN", "F_VALUE_UNKNOWN", "F_CONTROL_UNKNOWN"})
_FIX = "Declare in a map what became of it, and run `curation task migrate MAP.toml`; see `curation task versions`."


def outdated(found: Finding, stored: StoredAnnotation, task: Task, store: Store) -> Finding:
    """The same finding; of a name that the annotation's own interface had and the task has not, it says so.

    A name that the task still has, in another place, says nothing: it can have been wrong in this one all along.
    """
    version = stored.record.interface if stored.record is not None else None
    if found.code not in _CODES or stored.record is None or version is None:
        return found
    pointer = found.json_pointer or ""
    document: Mapping[str, Any] = stored.raw if pointer.startswith("/result/") else to_json(stored.record)
    word = at_pointer(document, pointer)
    if not isinstance(word, str) or word in _names(task):
        return found
    if word not in store.versions.vocabularies(stored.task).get(version, frozenset()):
        return found
    message = f"{found.message}; {word!r} was known to the interface that it was made with ({version})"
    return replace(found, message=message, fix=_FIX)


def _names(task: Task) -> frozenset[str]:
    """The labels, relations, controls and values of a task."""
    fields = [field for _, field in task.fields]
    of_fields = {name for field in fields for name in (field.control, *field.values)}
    return frozenset(of_fields | {task.span_control or "", *task.labels, *task.relations})
