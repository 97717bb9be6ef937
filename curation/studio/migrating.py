"""Read annotations under the migrations that came after them. Raw revisions stay; only the reading moves."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curation.catalog import Task
from curation.catalog.adjudicating import with_questions
from curation.catalog.migration import Plan, plan
from curation.catalog.tasks import task_of
from curation.errors import CurationError
from curation.store import Migration, Revision, Store
from curation.studio.rewriting import Rewriter
from curation.studio.screens import LENGTH, interface_version, made_with, words_of, words_used
from curation.studio.uniting import interfaces, unions
from curation.text import counted


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration in force. `former` are the interfaces that were there before it.

    `gone` are the names that it ended, `new` those that mean something else since, `standing` all that there are after
    it. `between` are the interfaces that are shown while it is carried over: what was made with them may be in the
    names of either side.
    """

    number: int
    rewriter: Rewriter
    former: frozenset[str]
    after: str
    taken: int
    gone: frozenset[str]
    new: frozenset[str]
    standing: frozenset[str]
    between: frozenset[str]


_LOADED: dict[tuple[Path, str, tuple[tuple[int, str], ...]], Sequence[Applied]] = {}
# The migrations that were asked for last: they are needed for every annotation.


@dataclass(frozen=True, slots=True)
class Reading:
    """A raw annotation in the names of today; `origin` tells for each row where it stands in the raw one.

    `steps` are the migrations that changed it, with the result that each made.
    """

    raw: Mapping[str, Any]
    origin: tuple[int, ...] | None = None
    steps: tuple[tuple[int, list[Any]], ...] = ()


def in_force(store: Store, task: Task) -> Sequence[Applied]:
    """The migrations of a task that stand, in their order; what adjudicators have moves with what annotators have."""
    standing = store.versions.standing(task.declared_as)
    if not standing:
        return ()
    key = (store.path, task.name, standing)
    if key not in _LOADED:
        _LOADED.clear()
        _LOADED[key] = _load(store, task)
    return _LOADED[key]


def reading(store: Store, task: Task, revision: Revision, version: str | None) -> Reading:
    """A kept revision as it is read today; `version` is that of the interface that it was made with."""
    migrations = in_force(store, task)
    raw: Mapping[str, Any] = revision.raw
    origin: tuple[int, ...] | None = None
    if not migrations or not isinstance(raw.get("result"), list):
        return Reading(raw)
    if any(version in one.between for one in migrations):
        version = None
    used, start = words_used(raw), _start(migrations, store, revision, version)
    known = store.versions.vocabularies(task.name).get(version or "", frozenset())
    # A name that was ended and has been brought back since tells nothing of what has the names of then.
    known |= migrations[start - 1].standing if start else frozenset()
    steps = []
    for position, one in enumerate(migrations):
        late = start is not None and position >= start
        if late or used & (one.gone - known):
            before = raw["result"]
            raw, moved = _moved(raw, one.rewriter)
            origin = moved if origin is None else tuple(origin[position] for position in moved)
            if raw["result"] != before:
                steps.append((one.number, raw["result"]))
                used = words_used(raw)
    return Reading(raw, origin, tuple(steps))


def note_steps(store: Store, name: str, before: list[Any], steps: Iterable[tuple[int, list[Any]]]) -> None:
    """Note what each migration makes of the result that a server holds under a name, so that each can be taken back."""
    for number, result in steps:
        store.versions.note_rewritten(number, name, result_hash(result), before)
        before = result


def require_none_later(store: Store, task: Task, migration: Migration) -> None:
    """Raise `E_MIGRATION_EDITED` if annotations were made with names that the migration, the last, brought."""
    migrations = in_force(store, task)
    new = migrations[-1].new if migrations else frozenset()
    later = []
    for stored in store.annotations.all(task=task.name):
        if stored.status == "deleted" or not words_used(stored.raw) & new:
            continue
        revision = Revision(stored.id, stored.revision, stored.raw, stored.context)
        version = stored.record.interface if stored.record is not None else made_with(store, task, revision)
        start = _start(migrations, store, revision, version)
        is_sent = store.versions.before_rewriting(migration.number, stored.id, result_hash(stored.raw.get("result")))
        if is_sent is None and (start is None or start >= len(migrations)):
            later.append(stored.id)
    if later:
        came = f"{counted(len(later), 'annotation')} came in with its new names, such as {later[0]}"
        message = f"since migration {migration.number} of {task.name}, {came}"
        raise CurationError("E_MIGRATION_EDITED", message, fix="write a map that leads back, and migrate by it")


def result_hash(result: Any) -> str:
    """Names a result by its content."""
    return hashlib.sha256(json.dumps(result, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def rewriter_of(migration: Migration) -> Rewriter:
    """What a stored migration does to rows and records."""
    before, after = (_task(content["files"]["task.toml"]) for content in (migration.before, migration.after))
    return Rewriter(_plan(migration), before, after)


def _plan(migration: Migration) -> Plan:
    return plan(migration.map, tomllib.loads(migration.before["files"]["task.toml"]))


def _task(text: str) -> Task:
    return task_of(Path(), tomllib.loads(text))


def _moved(raw: Mapping[str, Any], rewriter: Rewriter) -> tuple[Mapping[str, Any], tuple[int, ...]]:
    moved = rewriter.rows(raw["result"])
    made = {**raw, "result": moved.rows}
    suggested = raw.get("prediction")
    if isinstance(suggested, dict) and isinstance(suggested.get("result"), list):
        made["prediction"] = {**suggested, "result": rewriter.rows(suggested["result"]).rows}
    return made, moved.origin


def _start(migrations: Sequence[Applied], store: Store, revision: Revision, version: str | None) -> int | None:
    """The first migration that came after an annotation; None if neither its version nor its age tells."""
    made = result_hash(revision.raw.get("result"))
    for position, one in reversed([*enumerate(migrations)]):
        # What a migration sent is in its names, whatever the server showed by then.
        if store.versions.before_rewriting(one.number, revision.id, made) is not None:
            return position + 1
    for position, one in enumerate(migrations):
        # What was taken back there, and stands here yet, is in the names before it again.
        if made in map(result_hash, store.versions.befores(one.number, revision.id)):
            return position
    if version is not None:
        done = [position for position, one in enumerate(migrations) if one.after == version]
        if done:
            return done[-1] + 1
        return next((position for position, one in enumerate(migrations) if version in one.former), None)
    taken = store.versions.taken(revision.id, revision.revision)
    return next((position for position, one in enumerate(migrations) if taken <= one.taken), None)


def _moved_names(made: Plan) -> frozenset[str]:
    """The names that something else has had before, as after a swap."""
    fields = (change.values for fields in (*made.attributes.values(), made.choices) for change in fields.values())
    kinds = (made.labels, made.relations, *fields)
    return frozenset(new for names in kinds for new, old in names.creator.items() if new != old)


def _load(store: Store, task: Task) -> Sequence[Applied]:
    migrations = store.versions.migrations(task.declared_as)
    loaded = tuple(
        Applied(
            one.number,
            rewriter_of(one),
            frozenset(one.before["former"]),
            one.after["interface"],
            one.before["taken"],
            words_of(before) - words_of(after),
            (words_of(after) - words_of(before)) | _moved_names(_plan(one)),
            words_of(after),
            frozenset(
                union[:LENGTH] for later in migrations[position:] for union in unions(before, interfaces(later)[1])
            ),
        )
        for position, one in enumerate(migrations)
        for before, after in [interfaces(one)]
    )
    return _for_adjudicators(store, task, loaded) if task.is_for_adjudicators else loaded


def _for_adjudicators(store: Store, task: Task, migrations: Iterable[Applied]) -> Sequence[Applied]:
    """The same migrations, with the interfaces as adjudicators had them; nothing is carried over to their project."""
    kept = store.versions.all(task.declared_as, "interface")
    theirs = {one.version: interface_version(with_questions(one.content)) for one in kept}
    return tuple(
        replace(
            one,
            former=frozenset(theirs.get(version, version) for version in one.former),
            after=theirs.get(one.after, one.after),
            between=frozenset(),
        )
        for one in migrations
    )
