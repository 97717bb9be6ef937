"""Carry a migration over to the suggestions that stand in a Label Studio project, and take that back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from curation.catalog import Task
from curation.records import moment
from curation.store import Migration, Store
from curation.studio.client import Client
from curation.studio.migrating import note_steps, result_hash, rewriter_of
from curation.studio.screens import words_of, words_used


def resend_suggestions(store: Store, task: Task, client: Client, project_id: int) -> int:
    """Say a project's suggestions in the names of today; returns how many were changed. Again it changes none."""
    migrations = store.versions.migrations(task.name)
    rewriters = [rewriter_of(one) for one in migrations]
    count = 0
    for suggestion in client.suggestions(project_id):
        before, number = suggestion.get("result"), suggestion.get("id")
        if not isinstance(before, list) or type(number) is not int:
            continue
        result, steps = before, []
        for position in range(_first(store, migrations, suggestion, project_id), len(migrations)):
            if _is_older(suggestion, result, migrations[position]):
                made = rewriters[position].rows(result).rows
                if made != result:
                    steps.append((migrations[position].number, made))
                result = made
        if result != before:
            with store.transaction():
                note_steps(store, _name(project_id, number), before, steps)
            client.change_suggestion(number, result=result)
            count += 1
    return count


def withdraw_suggestions(store: Store, client: Client, project_id: int, migration: Migration) -> int:
    """Say them as they were before a migration sent them; returns how many were changed."""
    count = 0
    for suggestion in client.suggestions(project_id):
        result, number = suggestion.get("result"), suggestion.get("id")
        if type(number) is not int:
            continue
        name = _name(project_id, number)
        before = store.versions.before_rewriting(migration.number, name, result_hash(result))
        if before is not None:
            client.change_suggestion(number, result=before)
            count += 1
    return count


def _first(store: Store, migrations: list[Migration], suggestion: Mapping[str, Any], project_id: int) -> int:
    """The first migration that a suggestion has not been sent under."""
    made, name = result_hash(suggestion["result"]), _name(project_id, suggestion["id"])
    sent = [
        position
        for position, one in enumerate(migrations)
        if store.versions.before_rewriting(one.number, name, made) is not None
    ]
    return sent[-1] + 1 if sent else 0


def _is_older(suggestion: Mapping[str, Any], result: list[Any], migration: Migration) -> bool:
    """Whether a suggestion came before a migration: by its names, else by its time."""
    before, after = (words_of(one["files"]["interface.xml"]) for one in (migration.before, migration.after))
    used = words_used({"result": result})
    if used & (before - after):
        return True
    if used & (after - before):
        return False
    # One that push replaced has the time of that.
    made = moment(suggestion.get("updated_at")) or moment(suggestion.get("created_at"))
    return made is not None and made < datetime.fromisoformat(migration.applied_at)


def _name(project_id: int, number: int) -> str:
    return f"suggestion-{project_id}-{number}"
