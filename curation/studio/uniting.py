"""What a project shows while a migration is carried over to it, and which migration that is.

Nothing else is kept about how far one has come: what the server shows tells it, also after the program was killed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from curation.catalog import Task
from curation.store import Migration, Store
from curation.studio.outline import canonical

_VALUES = ("Choice", "Label", "Relation")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A migration that stands here and not, or only half, in Label Studio; `fix` ends it. `half` if it was begun."""

    summary: str
    fix: str
    half: bool


def unfinished(store: Store, task: Task, project_id: int, there: str) -> Unfinished | None:
    """The migration by which the interface that a project shows differs from the task's, None if by no such."""
    shown, here = canonical(there), canonical(task.interface)
    if shown == here:
        return None
    for one in store.versions.migrations(task.name, undone=True)[::-1]:
        before, after = interfaces(one)
        name = f"migration {one.number} of {task.name}"
        if one.undone_at is not None:
            if here == canonical(before) and shown in unions(after, before):
                fix = "`curation studio push --update-interface` ends it"
                return Unfinished(f"{name} was taken back, but not to the end in project {project_id}", fix, half=True)
            continue
        fix = "`curation task migrate --server` {}, `curation task migrate --undo --server` takes the migration back"
        if here == canonical(after) and shown in unions(before, after):
            summary = f"{name} is only half carried over to project {project_id}"
            return Unfinished(summary, fix.format("ends it"), half=True)
        if shown == canonical(before):
            # Where names are exchanged, the screen does not tell what was sent.
            half = store.versions.has_rewritten(one.number)
            summary = f"{name} is {'only half' if half else 'not'} carried over to project {project_id}"
            return Unfinished(summary, fix.format("ends it" if half else "does that"), half)
        if shown in unions(before, task.interface):
            summary = f"{name} and those after it are only half carried over to project {project_id}"
            return Unfinished(summary, "`curation task migrate --server` ends it", half=True)
    return None


def source_of(store: Store, task: Task, there: str) -> str | None:
    """The interface before the first migration that a project has not come to the end of, None if that is not known."""
    for one in store.versions.migrations(task.name):
        before, _ = interfaces(one)
        if canonical(there) in (canonical(before), *unions(before, task.interface)):
            return before
    return None


def interfaces(migration: Migration) -> tuple[str, str]:
    """The interface before a migration, and the one after it."""
    return migration.before["files"]["interface.xml"], migration.after["files"]["interface.xml"]


def unions(source: str, target: str) -> Iterator[str]:
    """What is shown on the way from one interface to another, or back, as `canonical` gives it."""
    ends = {canonical(source), canonical(target)}
    if len(ends) == 1:
        return
    # What was cut off on the way to one of them may turn back to the other.
    for one in (united(source, target), united(target, source)):
        # Where names are exchanged, nothing is added.
        if canonical(one) not in ends:
            yield canonical(one)


def united(source: str, target: str) -> str:
    """The source interface with what only the target has, so that annotations of either are at home in it."""
    root, other = ElementTree.fromstring(source), ElementTree.fromstring(target)
    there = {_key(element): element for element in root.iter() if _key(element)}
    for element in other.iter():
        key = _key(element)
        if key is None:
            continue
        if key not in there:
            root.append(copy.deepcopy(element))
            continue
        known = {_written(child) for child in there[key].iter() if child.tag in _VALUES}
        new = (child for child in element.iter() if child.tag in _VALUES and _written(child) not in known)
        there[key].extend(_without_hotkey(child) for child in new)
    return ElementTree.tostring(root, encoding="unicode")


def _key(element: ElementTree.Element) -> tuple[str, str] | None:
    """Tells the controls of an interface apart; None for what is none."""
    if element.tag == "Relations":
        return ("Relations", "")
    return (element.tag, element.get("name", "")) if "toName" in element.attrib else None


def _written(element: ElementTree.Element) -> str:
    return element.get("alias") or element.get("value") or ""


def _without_hotkey(element: ElementTree.Element) -> ElementTree.Element:
    made = copy.deepcopy(element)
    made.attrib.pop("hotkey", None)
    return made
