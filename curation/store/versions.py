"""What a task's files have said, which of it annotators have seen since when, and how it was migrated."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

ShownKind = Literal["interface", "codebook"]
"""What a project shows its annotators."""

SHOWN_KINDS: tuple[ShownKind, ...] = get_args(ShownKind)

VersionKind = Literal[ShownKind, "declaration"]


@dataclass(frozen=True, slots=True)
class Version:
    """A content that a file of a task has had: `version` names it, `seen_at` is when it was met first.

    `words` are the names in it that annotations may use; only an interface has some.
    """

    task: str
    kind: VersionKind
    version: str
    content: str
    seen_at: str
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Migration:
    """A change of a task's names that was applied. `before` and `after` hold what it was applied to and what it made.

    `undone_at` is set where it was taken back.
    """

    number: int
    task: str
    map: Mapping[str, Any]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    applied_at: str
    undone_at: str | None = None


class Versions:
    """The versions of tasks' files, what projects showed of them, and migrations. Nothing is ever deleted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._shown: dict[tuple[str, int, ShownKind], list[tuple[datetime, str | None]]] = {}
        self._vocabularies: dict[str, dict[str, frozenset[str]]] = {}

    def keep(self, version: Version) -> bool:
        """Keep a version; False if it was kept before."""
        self._vocabularies.pop(version.task, None)
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO versions (task, kind, version, content, seen_at, words) VALUES (?, ?, ?, ?, ?, ?)",
            (
                version.task, version.kind, version.version, version.content, version.seen_at,
                json.dumps(sorted(version.words)),
            ),
        )  # fmt: skip
        return cursor.rowcount > 0

    def has(self, task: str, kind: VersionKind, version: str) -> bool:
        """Whether a version is kept."""
        row = self._connection.execute(
            "SELECT 1 FROM versions WHERE task = ? AND kind = ? AND version = ?", (task, kind, version)
        )
        return row.fetchone() is not None

    def all(self, task: str, kind: VersionKind | None = None) -> list[Version]:
        """The versions of a task's files in the order in which they were met."""
        rows = self._connection.execute(
            "SELECT * FROM versions WHERE task = ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY rowid", (task, kind)
        )
        return [Version(**{**dict(row), "words": frozenset(json.loads(row["words"]))}) for row in rows]

    def vocabularies(self, task: str) -> dict[str, frozenset[str]]:
        """The names that each interface of a task has had, by its version."""
        if task not in self._vocabularies:
            rows = self._connection.execute(
                "SELECT version, words FROM versions WHERE task = ? AND kind = 'interface' ORDER BY rowid", (task,)
            )
            self._vocabularies[task] = {row[0]: frozenset(json.loads(row[1])) for row in rows}
        return self._vocabularies[task]

    def show(self, server: str, project: int, kind: ShownKind, version: str | None, since: datetime) -> bool:
        """Note that a project has shown a version, or none, since a time of the server; False if that is known."""
        known = self._of(server, project, kind)
        if known and known[-1][1] == version:
            return False
        self._shown.pop((server, project, kind), None)
        self._connection.execute(
            "INSERT OR REPLACE INTO shown (server, project, kind, version, since) VALUES (?, ?, ?, ?, ?)",
            (server, project, kind, version, since.astimezone(UTC).isoformat(timespec="microseconds")),
        )
        return True

    def history(self, server: str, project: int, kind: ShownKind) -> list[tuple[datetime, str | None]]:
        """Since when a project has shown which version, oldest first."""
        return list(self._of(server, project, kind))

    def shown(self, server: str, project: int, kind: ShownKind, when: datetime) -> str | None:
        """The version that a project showed at a time, None if it showed none or that is not known."""
        known = self._of(server, project, kind)
        position = bisect_right(known, when, key=lambda one: one[0])
        return known[position - 1][1] if position else None

    def _of(self, server: str, project: int, kind: ShownKind) -> list[tuple[datetime, str | None]]:
        if (server, project, kind) not in self._shown:
            rows = self._connection.execute(
                "SELECT since, version FROM shown WHERE server = ? AND project = ? AND kind = ? ORDER BY since",
                (server, project, kind),
            )
            self._shown[server, project, kind] = [(datetime.fromisoformat(row[0]), row[1]) for row in rows]
        return self._shown[server, project, kind]

    # Migrations

    def add_migration(
        self, task: str, changes: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any], at: str
    ) -> int:
        """Note a migration as applied, and return its number."""
        cursor = self._connection.execute(
            "INSERT INTO migrations (task, map, before, after, applied_at) VALUES (?, ?, ?, ?, ?)",
            (task, _dump(changes), _dump(before), _dump(after), at),
        )
        return int(cursor.lastrowid or 0)

    def undo(self, number: int, at: str) -> None:
        """Note a migration as taken back."""
        self._connection.execute("UPDATE migrations SET undone_at = ? WHERE number = ?", (at, number))

    def migrations(self, task: str, *, undone: bool = False) -> list[Migration]:
        """The migrations of a task in their order; those that were taken back only on request."""
        rows = self._connection.execute(
            "SELECT * FROM migrations WHERE task = ? AND (? OR undone_at IS NULL) ORDER BY number", (task, undone)
        )
        return [
            Migration(**{**dict(row), **{key: json.loads(row[key]) for key in ("map", "before", "after")}})
            for row in rows
        ]

    def standing(self, task: str) -> tuple[tuple[int, str], ...]:
        """Number and time of the migrations of a task that are in force, in their order."""
        rows = self._connection.execute(
            "SELECT number, applied_at FROM migrations WHERE task = ? AND undone_at IS NULL ORDER BY number", (task,)
        )
        return tuple((row[0], row[1]) for row in rows)

    def taken(self, annotation: str, revision: str) -> int:
        """Grows with the order in which raw revisions were taken in; 0 for one that is not kept."""
        row = self._connection.execute(
            "SELECT rowid FROM revisions WHERE annotation = ? AND revision = ?", (annotation, revision)
        ).fetchone()
        return int(row[0]) if row else 0

    def last_taken(self) -> int:
        """What `taken` gives for the latest revision."""
        return int(self._connection.execute("SELECT coalesce(max(rowid), 0) FROM revisions").fetchone()[0])

    def note_rewritten(self, migration: int, annotation: str, result: str, before: Sequence[Any]) -> None:
        """Note that a migration sends an annotation's result, named by its hash, in the place of the one before."""
        self._connection.execute(
            "INSERT OR IGNORE INTO rewritten (migration, annotation, result, before) VALUES (?, ?, ?, ?)",
            (migration, annotation, result, json.dumps(before)),
        )

    def before_rewriting(self, migration: int, annotation: str, result: str) -> list[Any] | None:
        """The result in whose place a migration sent this one, None if it did not send it."""
        row = self._connection.execute(
            "SELECT before FROM rewritten WHERE migration = ? AND annotation = ? AND result = ?",
            (migration, annotation, result),
        ).fetchone()
        return list(json.loads(row[0])) if row else None

    def befores(self, migration: int, annotation: str) -> list[list[Any]]:
        """The results of an annotation that a migration has sent others in the place of."""
        rows = self._connection.execute(
            "SELECT before FROM rewritten WHERE migration = ? AND annotation = ?", (migration, annotation)
        )
        return [json.loads(row[0]) for row in rows]

    def has_rewritten(self, migration: int) -> bool:
        """Whether a migration sent anything to a server."""
        found = self._connection.execute("SELECT 1 FROM rewritten WHERE migration = ? LIMIT 1", (migration,))
        return found.fetchone() is not None


def _dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
