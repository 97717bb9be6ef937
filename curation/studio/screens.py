"""Versions by content: what a task's files said, what annotators saw when, and what an annotation was made with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from curation.catalog import Task
from curation.errors import CurationError
from curation.records import moment
from curation.store import Revision, ShownKind, Store, Version, VersionKind
from curation.studio.instructions import codebook_html
from curation.studio.interface import parse_interface
from curation.studio.outline import canonical
from curation.studio.raw import LABEL_ROWS, rows_of, strings
from curation.text import content_hash

LENGTH = 12
"""How many hexadecimal digits name a version."""


def interface_version(xml: str) -> str:
    """An interface's version: the same under indentation, attribute order and comments."""
    return canonical(xml)[:LENGTH]


def words_of(xml: str) -> frozenset[str]:
    """The controls, values and relations that annotations made with an interface may name; none if it is not valid."""
    try:
        parsed = parse_interface(xml)
    except CurationError:
        return frozenset()
    of_controls = {word for control in parsed.controls for word in (control.name, *control.values)}
    return frozenset(of_controls | set(parsed.relations))


def current_versions(task: Task) -> set[str]:
    """The versions of the task's files as they are."""
    return {interface_version(task.interface), *(content_hash(content)[:LENGTH] for content in _texts(task).values())}


def keep_versions(store: Store, task: Task, at: datetime | None = None) -> None:
    """Keep the task's files as they are. Call this inside `store.transaction()`."""
    keep_interface(store, task, task.interface, at)
    seen = _stamp(at)
    for kind, content in _texts(task).items():
        store.versions.keep(Version(task.name, kind, content_hash(content)[:LENGTH], content, seen))


def keep_interface(store: Store, task: Task, xml: str, at: datetime | None = None) -> str:
    """Keep an interface that the task has, or that a server shows for it, and return its version."""
    version = interface_version(xml)
    if not store.versions.has(task.name, "interface", version):
        store.versions.keep(Version(task.name, "interface", version, xml, _stamp(at), words_of(xml)))
    return version


def keep_instructions(store: Store, task: Task, html: str, at: datetime | None = None) -> str | None:
    """The version of the codebook that a server's instructions show; None if they are empty.

    Instructions that are none of the codebooks kept, as where they were changed in Label Studio, are kept as they are.
    """
    there = html.strip()
    if not there:
        return None
    for known in reversed(store.versions.all(task.name, "codebook")):
        if there in (known.content, codebook_html(known.content).strip()):
            return known.version
    version = content_hash(there)[:LENGTH]
    store.versions.keep(Version(task.name, "codebook", version, there, _stamp(at)))
    return version


def keep_screen(
    store: Store,
    task: Task,
    server: str,
    project_id: int,
    xml: str,
    since: datetime | None,
    *,
    instructions: str | None = None,
) -> None:
    """Note that a project shows an interface, since a time by the server's clock if that is known.

    So with its `instructions`, which are HTML, unless nothing is known of them.
    """
    with store.transaction():
        keep_versions(store, task, since)
        now = since or datetime.now(UTC)
        store.versions.show(server, project_id, "interface", keep_interface(store, task, xml, since), now)
        if instructions is not None:
            codebook = keep_instructions(store, task, instructions, since)
            store.versions.show(server, project_id, "codebook", codebook, now)


def made_with(store: Store, task: Task, revision: Revision) -> str | None:
    """The version of the interface that an annotation was last saved with, None if that is not known.

    The project's screen at that time; where none is known, the only one of those kept that has all the names used.
    """
    known = store.versions.vocabularies(task.name)
    shown = _shown(store, revision, "interface")
    if shown is not None and len(known) < 2:
        return shown
    used = words_used(revision.raw)
    if shown is not None:
        return _or_next(store, revision.context, shown, used, known)
    fitting = [version for version, words in known.items() if used <= words]
    return fitting[0] if used and len(fitting) == 1 else None


def instructed_by(store: Store, revision: Revision) -> str | None:
    """The version of the codebook that the project showed when an annotation was last saved, None if not known."""
    return _shown(store, revision, "codebook")


def words_used(raw: Any) -> frozenset[str]:
    """The controls, labels and values that the rows of a raw annotation name; free text is none of them."""
    used: set[str] = set()
    for row in rows_of(raw):
        used.update(strings(row.document, "labels"))
        if row.type != "relation":
            used.add(row.control)
        for key in (*LABEL_ROWS, "choices"):
            used.update(strings(row.value, key))
    return frozenset(used - {""})


def _shown(store: Store, revision: Revision, kind: ShownKind) -> str | None:
    """What an annotation's project showed when it was last saved, None if that is not known."""
    server, project = revision.context.get("server"), revision.context.get("project")
    when = moment(revision.raw.get("updated_at")) or moment(revision.raw.get("created_at"))
    if not isinstance(server, str) or type(project) is not int or when is None:
        return None
    return store.versions.shown(server, project, kind, when)


def _or_next(
    store: Store, context: Mapping[str, Any], shown: str, used: frozenset[str], known: Mapping[str, frozenset[str]]
) -> str:
    """What was shown, or what is known to be shown next, if only that has all the names that were used.

    A change that somebody made in Label Studio is seen at the next pull, after annotations that were made with it.
    """
    if used <= known.get(shown, frozenset()):
        return shown
    order = [version for _, version in store.versions.history(context["server"], context["project"], "interface")]
    later = order[order.index(shown) + 1 :]
    return next((version for version in later[:1] if version and used <= known.get(version, frozenset())), shown)


def _texts(task: Task) -> dict[VersionKind, str]:
    """The task's files beside its interface."""
    declaration = (task.folder / "task.toml").read_text(encoding="utf-8")
    return {"codebook": task.codebook, "declaration": declaration}


def _stamp(at: datetime | None) -> str:
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
