"""Read annotations under the migrations that came after them. Raw revisions stay; only the reading moves."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.catalog import Task
from curation.catalog.migration import Plan, plan
from curation.catalog.tasks import task_of
from curation.store import Migration, Revision, Store
from curation.studio.rewriting import Rewriter
from curation.studio.screens import words_of, words_used


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration in force. `former` are the interfaces that were there before it, `gone` the names that it ended."""

    number: int
    rewriter: Rewriter
    former: frozenset[str]
    after: str
    taken: int
    gone: frozenset[str]


_LOADED: dict[tuple[Path, str, tuple[tuple[int, str], ...]], Sequence[Applied]] = {}
# The migrations that were asked for last: they are needed for every annotation.


@dataclass(frozen=True, slots=True)
class Reading:
    """A raw annotation in the names of today; `origin` tells for each row where it stands in the raw one."""

    raw: Mapping[str, Any]
    origin: tuple[int, ...] | None = None


def in_force(store: Store, task: Task) -> Sequence[Applied]:
    """The migrations of a task that stand, in their order."""
    standing = store.versions.standing(task.name)
    if not standing:
        return ()
    key = (store.path, task.name, standing)
    if key not in _LOADED:
        _LOADED.clear()
        _LOADED[key] = _load(store, task.name)
    return _LOADED[key]


def reading(store: Store, task: Task, revision: Revision, version: str | None) -> Reading:
    """A kept revision as it is read today; `version` is that of the interface that it was made with."""
    migrations = in_force(store, task)
    raw: Mapping[str, Any] = revision.raw
    origin: tuple[int, ...] | None = None
    if not migrations or not isinstance(raw.get("result"), list):
        return Reading(raw)
    used, start = words_used(raw), _start(migrations, store, revision, version)
    known = store.versions.vocabularies(task.name).get(version or "", frozenset())
    made = result_hash(raw["result"])
    sent = [
        position
        for position, one in enumerate(migrations)
        if store.versions.before_rewriting(one.number, revision.id, made) is not None
    ]
    # What a migration sent is in its names, whatever the server showed by then.
    start = sent[-1] + 1 if sent else start
    for position, one in enumerate(migrations):
        late = start is not None and position >= start
        if late or used & (one.gone - known):
            raw, moved = _moved(raw, one.rewriter)
            origin = moved if origin is None else tuple(origin[position] for position in moved)
    return Reading(raw, origin)


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
    if version is not None:
        done = [position for position, one in enumerate(migrations) if one.after == version]
        if done:
            return done[-1] + 1
        return next((position for position, one in enumerate(migrations) if version in one.former), None)
    taken = store.versions.taken(revision.id, revision.revision)
    return next((position for position, one in enumerate(migrations) if taken <= one.taken), None)


def _load(store: Store, task: str) -> Sequence[Applied]:
    return tuple(
        Applied(
            one.number,
            rewriter_of(one),
            frozenset(one.before["former"]),
            one.after["interface"],
            one.before["taken"],
            words_of(one.before["files"]["interface.xml"]) - words_of(one.after["files"]["interface.xml"]),
        )
        for one in store.versions.migrations(task)
    )
