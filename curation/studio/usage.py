"""What annotations on the server use of an interface that is about to be replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from curation.errors import CurationError
from curation.studio.begun import handed_out
from curation.studio.client import Client
from curation.studio.interface import parse_interface
from curation.studio.raw import LABEL_ROWS, rows_of, strings

_MEND = "a push with the interface as it was mends those of this workspace's articles"


class _Name(NamedTuple):
    """A value that a control writes; a control itself where there is no value, a relation where there is no control."""

    control: str
    value: str

    def __str__(self) -> str:
        if not self.value:
            return f"the control {self.control!r}"
        return f"{self.value!r} of {self.control!r}" if self.control else f"the relation {self.value!r}"


def used_and_gone(client: Client, project_id: int, there: str, here: str) -> list[str]:
    """What the interface `there` has, the one `here` lacks, and annotations or drafts use, with the number of items.

    The server is asked for the annotations themselves: its own validation counts names in a summary that lags behind,
    knows nothing of relations, and takes a value for there if another control has it.
    """
    gone = _gone(there, here)
    if not gone:
        return []
    suspects = client.drafted(project_id).union(
        *(client.items_with(project_id, name.value or name.control) for name in gone)
    )
    counts = dict.fromkeys(gone, 0)
    unknown: list[str] = []
    for number, item in handed_out(client, project_id, suspects):
        if item is None:
            unknown.append(f"perhaps some in item {number}, on which Label Studio fails ({_MEND})")
            continue
        for name in counts.keys() & set(_used(item)):
            counts[name] += 1
    return [f"{name} ({count} item{'' if count == 1 else 's'})" for name, count in counts.items() if count] + unknown


def _gone(there: str, here: str) -> list[_Name]:
    try:
        before, after = _names(there), _names(here)
    except CurationError:
        return []
    # Of a control that is gone, its values need not be told.
    kept = {name.control for name in after}
    return sorted(name for name in before - after if not (name.value and name.control and name.control not in kept))


def _names(interface: str) -> set[_Name]:
    parsed = parse_interface(interface)
    names = {_Name(control.name, value) for control in parsed.controls for value in ("", *control.values)}
    return names | {_Name("", label) for label in parsed.relations}


def _used(item: Mapping[str, Any]) -> Iterator[_Name]:
    """What the annotations and drafts of an item, as an export has it, name."""
    for raw in (*item.get("annotations", ()), *item.get("drafts", ())):
        for row in rows_of(raw):
            if row.type == "relation":
                yield from (_Name("", label) for label in strings(row.document, "labels"))
                continue
            yield _Name(row.control, "")
            for key in (*LABEL_ROWS, "choices"):
                yield from (_Name(row.control, value) for value in strings(row.value, key))
