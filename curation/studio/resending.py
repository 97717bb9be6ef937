"""Carry a migration over to a Label Studio project: its screen, and what was annotated there.

Names are added before annotations are changed, and taken away after. Every result that is replaced is kept, so that
what is interrupted goes on, and what was sent can be taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from curation.catalog import Schemas, Task
from curation.errors import CurationError
from curation.records import Progress
from curation.store import Migration, Project, Revision, Store, StoredAnnotation
from curation.studio.client import Client, UnclearWrite
from curation.studio.drift import drift
from curation.studio.migrating import note_steps, reading, require_none_later, result_hash
from curation.studio.outline import canonical
from curation.studio.project import settle_project
from curation.studio.pull import pull
from curation.studio.resending_suggestions import resend_suggestions, withdraw_suggestions
from curation.studio.screens import keep_screen, made_with
from curation.studio.uniting import interfaces, source_of, unfinished, unions, united

_ROUNDS = 5
_COUNTING = (0.2, 0.5, 1.0, 2.0, 4.0)


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
    """An annotation of the project whose result is to be replaced, and what each migration made of it on the way."""

    stored: StoredAnnotation
    result: list[Any]
    steps: tuple[tuple[int, list[Any]], ...] = ()


def resend(store: Store, task: Task, schemas: Schemas, client: Client, progress: Progress | None = None) -> Resent:
    """Bring a task's project to the names of all migrations that were applied here; `task` is as it is after them.

    It may be repeated: what is done is not done again. Raises `E_NOT_FOUND` if the task has no project on the server,
    `E_INTERFACE_DRIFT` if that shows another screen than before or after one of the migrations.
    """
    work = _Work(store, task, schemas, client, task.interface)
    binding, there = _project(store, task, client)
    work.add_names(binding, there, source_of(store, task, there) or task.interface)

    def due(stored: StoredAnnotation) -> _Due | None:
        revision = Revision(stored.id, stored.revision, stored.raw, stored.context)
        version = stored.record.interface if stored.record is not None else made_with(store, task, revision)
        today = reading(store, task, revision, version)
        return _Due(stored, today.steps[-1][1], today.steps) if today.steps else None

    changed = work.replace_all(binding, due, progress)
    suggestions = resend_suggestions(store, task, client, binding.project_id)
    return replace(changed, suggestions=suggestions, interface=work.take_names_away())


def withdraw(
    store: Store, task: Task, schemas: Schemas, client: Client, migration: Migration, progress: Progress | None = None
) -> Resent:
    """Take back what `resend` did for a migration, the last; `task` is still as it is after it.

    Raises `E_MIGRATION_EDITED` if annotations there were made with the new names by now.
    """
    before, after = interfaces(migration)
    work = _Work(store, task, schemas, client, before)
    binding, there = _project(store, task, client)
    work.add_names(binding, there, after)

    def original(stored: StoredAnnotation) -> _Due | None:
        made = result_hash(stored.raw.get("result"))
        result = store.versions.before_rewriting(migration.number, stored.id, made)
        return None if result is None else _Due(stored, result)

    pull(store, task, schemas, client)
    require_none_later(store, task, migration)
    changed = work.replace_all(binding, original, progress)
    suggestions = withdraw_suggestions(store, client, binding.project_id, migration)
    work.recount(binding, before)
    return replace(changed, suggestions=suggestions, interface=True)


def is_shown(store: Store, task: Task, client: Client) -> bool:
    """Whether a task's project shows anything of its migrations, and not just what was there before them."""
    _, there = _project(store, task, client)
    return not any(canonical(there) == canonical(interfaces(one)[0]) for one in store.versions.migrations(task.name))


class _Work:
    """A project on its way to an interface."""

    def __init__(self, store: Store, task: Task, schemas: Schemas, client: Client, target: str) -> None:
        self._store = store
        self._task = task
        self._schemas = schemas
        self._client = client
        self._target = target

    def add_names(self, binding: Project, there: str, source: str) -> None:
        """Let the project, which shows an interface `there`, show the names of the source and of the target."""
        shown = canonical(there)
        if shown == canonical(source) != canonical(self._target):
            self._show(binding, united(source, self._target))
        elif shown not in (canonical(self._target), *unions(source, self._target)):
            found = drift(self._task, binding, {"label_config": there})
            half = unfinished(self._store, self._task, binding.project_id, there)
            raise CurationError(
                "E_INTERFACE_DRIFT",
                half.summary if half else found.message if found else "the interface there is another one",
                fix=half.fix if half else "take the edit in Label Studio back first",
                details=found.diff if found and not half else (),
            )

    def replace_all(
        self,
        binding: Project,
        due: Callable[[StoredAnnotation], _Due | None],
        progress: Progress | None,
    ) -> Resent:
        """Replace the results that are due, until a pull finds none: annotators may go on meanwhile."""
        replaced: set[str] = set()
        drafts: set[str] = set()
        for _ in range(_ROUNDS):
            pull(self._store, self._task, self._schemas, self._client)
            held = self.held(binding)
            wanted = [found for one in held if (found := due(one)) is not None]
            if not wanted:
                return Resent(binding.project_id, len(replaced), len(drafts), interface=False)
            for number, one in enumerate(wanted, start=1):
                if self._replace(one):
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

    def _replace(self, one: _Due) -> bool:
        """Send what is due, unless the annotation was changed since it was pulled: what the next round pulls counts."""
        number, is_draft = one.stored.raw.get("id"), one.stored.status == "draft"
        before = one.stored.raw.get("result")
        if type(number) is not int or self._client.result_of("drafts" if is_draft else "annotations", number) != before:
            return False
        with self._store.transaction():
            note_steps(self._store, one.stored.id, before if isinstance(before, list) else [], one.steps)
        change = self._client.change_draft if is_draft else self._client.change_annotation
        # Of what got lost, the next round sees what became.
        with suppress(UnclearWrite):
            change(number, result=one.result)
        return True

    def _show(self, binding: Project, xml: str) -> None:
        self._client.change_project(binding.project_id, label_config=xml)
        since = self._client.server_time()
        keep_screen(self._store, self._task, self._client.server, binding.project_id, xml, since)


def _project(store: Store, task: Task, client: Client) -> tuple[Project, str]:
    """A task's project on the server, and the interface that it shows."""
    binding = store.ledger.project(client.server, task.name)
    if binding is None:
        message = f"{task.name} has no project on {client.url}"
        raise CurationError("E_NOT_FOUND", message, fix="leave out --server, or curation studio push")
    return binding, str(client.project(binding.project_id).get("label_config", ""))
