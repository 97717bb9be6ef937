"""Carry a migration over to a Label Studio project: its screen, and what was annotated there.

Names are added before annotations are changed, and taken away after. Every result that is replaced is kept, so that
what is interrupted goes on, and what was sent can be taken back.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.records import Progress
from curation.store import Migration, Project, Revision, Store, StoredAnnotation
from curation.studio.client import Client, UnclearWrite
from curation.studio.drift import drift
from curation.studio.migrating import reading, result_hash
from curation.studio.outline import canonical
from curation.studio.project import settle_project
from curation.studio.pull import pull
from curation.studio.resending_suggestions import resend_suggestions, withdraw_suggestions
from curation.studio.screens import keep_screen, made_with, words_of, words_used

_ROUNDS = 5
_COUNTING = (0.2, 0.5, 1.0, 2.0, 4.0)
_VALUES = ("Choice", "Label", "Relation")


@dataclass(frozen=True, slots=True)
class Resent:
    """What was changed in a project: so many annotations, drafts and suggestions, and whether the screen was."""

    project_id: int
    annotations: int
    drafts: int
    interface: bool
    suggestions: int = 0


@dataclass(frozen=True, slots=True)
class _Due:
    """An annotation of the project whose result is to be replaced."""

    stored: StoredAnnotation
    result: list[Any]


def resend(
    store: Store, task: Task, schemas: Schemas, client: Client, migration: Migration, progress: Progress | None = None
) -> Resent:
    """Bring a task's project to the names of a migration that was applied here; `task` is as it is after it.

    It may be repeated: what is done is not done again. Raises `E_NOT_FOUND` if the task has no project on the server,
    `E_INTERFACE_DRIFT` if that shows another screen than before or after the migration.
    """
    before, after = (one["files"]["interface.xml"] for one in (migration.before, migration.after))
    work = _Work(store, task, schemas, client, before, after)
    binding = work.add_names()

    def due(stored: StoredAnnotation) -> list[Any] | None:
        revision = Revision(stored.id, stored.revision, stored.raw, stored.context)
        version = stored.record.interface if stored.record is not None else made_with(store, task, revision)
        new = reading(store, task, revision, version).raw.get("result")
        return new if new != stored.raw.get("result") else None

    changed = work.replace_all(binding, due, lambda one: _note(store, migration, one), progress)
    suggestions = resend_suggestions(store, task, client, binding.project_id)
    return replace(changed, suggestions=suggestions, interface=work.take_names_away())


def withdraw(
    store: Store, task: Task, schemas: Schemas, client: Client, migration: Migration, progress: Progress | None = None
) -> Resent:
    """Take back what `resend` did; `task` is still as it is after the migration.

    Raises `E_MIGRATION_EDITED` if annotations there use the new names by now that were not sent.
    """
    before, after = (one["files"]["interface.xml"] for one in (migration.before, migration.after))
    work = _Work(store, task, schemas, client, after, before)
    binding = work.add_names()
    gone = words_of(after) - words_of(before)

    def original(stored: StoredAnnotation) -> list[Any] | None:
        made = result_hash(stored.raw.get("result"))
        return store.versions.before_rewriting(migration.number, stored.id, made)

    pull(store, task, schemas, client)
    later = [one.id for one in work.held(binding) if original(one) is None and words_used(one.raw) & gone]
    if later:
        message = f"{len(later)} annotations in project {binding.project_id} were made with the new names"
        raise CurationError("E_MIGRATION_EDITED", message, fix="write a map that leads back, and migrate by it")
    changed = work.replace_all(binding, original, lambda one: None, progress)
    suggestions = withdraw_suggestions(store, client, binding.project_id, migration)
    work.recount(binding, before)
    return replace(changed, suggestions=suggestions, interface=True)


class _Work:
    """A project on its way from one interface to another."""

    def __init__(self, store: Store, task: Task, schemas: Schemas, client: Client, source: str, target: str) -> None:
        self._store = store
        self._task = task
        self._schemas = schemas
        self._client = client
        self._source = source
        self._target = target

    def add_names(self) -> Project:
        """Let the project show the names of both interfaces."""
        binding = self._store.ledger.project(self._client.server, self._task.name)
        if binding is None:
            message = f"{self._task.name} has no project on {self._client.url}"
            raise CurationError("E_NOT_FOUND", message, fix="leave out --server, or curation studio push")
        project = self._client.project(binding.project_id)
        there, both = str(project.get("label_config", "")), united(self._source, self._target)
        # What was cut off on the way to one of them may turn back to the other.
        unions = (canonical(both), canonical(united(self._target, self._source)))
        if canonical(there) == canonical(self._source) != canonical(self._target):
            self._show(binding, both)
        elif canonical(there) not in (*unions, canonical(self._target)):
            found = drift(self._task, binding, project)
            message = found.message if found else "the interface there is another one"
            raise CurationError(
                "E_INTERFACE_DRIFT",
                message,
                fix="take the edit in Label Studio back first",
                details=found.diff if found else (),
            )
        return binding

    def replace_all(
        self,
        binding: Project,
        due: Callable[[StoredAnnotation], list[Any] | None],
        note: Callable[[_Due], None],
        progress: Progress | None,
    ) -> Resent:
        """Replace the results that are due, until a pull finds none: annotators may go on meanwhile."""
        replaced: set[str] = set()
        drafts: set[str] = set()
        for _ in range(_ROUNDS):
            pull(self._store, self._task, self._schemas, self._client)
            held = self.held(binding)
            wanted = [_Due(one, result) for one in held if (result := due(one)) is not None]
            if not wanted:
                return Resent(binding.project_id, len(replaced), len(drafts), interface=False)
            for number, one in enumerate(wanted, start=1):
                self._replace(one, note)
                (drafts if one.stored.status == "draft" else replaced).add(one.stored.id)
                if progress is not None:
                    progress(number, len(wanted))
        message = f"annotations of project {binding.project_id} keep their old names: {wanted[0].stored.id}"
        raise CurationError("E_SERVER_ERROR", message, fix="run the same command again")

    def take_names_away(self) -> bool:
        """Let the project show the target alone; whether it showed another before. Refused while old names are used."""
        binding = self._store.ledger.project(self._client.server, self._task.name)
        if binding is not None:
            self.recount(binding, self._target)
        return settle_project(self._store, self._task, self._client, update_interface=True).interface == "updated"

    def recount(self, binding: Project, interface: str) -> None:
        """Let the server see that no annotation uses a name that an interface lacks; it may take a moment."""
        self._client.recount_names(binding.project_id)
        for pause in _COUNTING:
            if self._client.interface_problem(interface, binding.project_id) is None:
                return
            time.sleep(pause)

    def held(self, binding: Project) -> list[StoredAnnotation]:
        """What the workspace holds of the project's annotations and drafts."""
        ids = (one[0] for one in self._store.annotations.seen_in(binding.server, binding.project_id))
        return [stored for stored in map(self._store.annotations.get, ids) if stored is not None]

    def _replace(self, one: _Due, note: Callable[[_Due], None]) -> None:
        number = one.stored.raw.get("id")
        if type(number) is not int:
            return
        with self._store.transaction():
            note(one)
        change = self._client.change_draft if one.stored.status == "draft" else self._client.change_annotation
        try:
            change(number, result=one.result)
        except UnclearWrite:
            # The next round sees what became of it.
            return

    def _show(self, binding: Project, xml: str) -> None:
        self._client.change_project(binding.project_id, label_config=xml)
        since = self._client.server_time()
        keep_screen(self._store, self._task, self._client.server, binding.project_id, xml, since)


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


def _note(store: Store, migration: Migration, one: _Due) -> None:
    before = one.stored.raw.get("result")
    store.versions.note_rewritten(
        migration.number, one.stored.id, result_hash(one.result), before if isinstance(before, list) else []
    )


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
