"""The unit that a project's offsets count, where it was decided that they are converted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Decision:
    """The unit of a project's offsets. `evidence` is what was decided on, `certain` whether that left no doubt."""

    unit: str
    certain: bool
    evidence: Mapping[str, Any]
    decided_at: str


class Units:
    """Decisions by server and project; a project without a number, as in some exports, counts as 0."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, server: str, project: int | None) -> Decision | None:
        """What was decided for a project, or None."""
        row = self._connection.execute(
            "SELECT unit, evidence, decided_at FROM units WHERE server = ? AND project = ?", (server, project or 0)
        ).fetchone()
        return None if row is None else _decision(*row)

    def all(self) -> dict[tuple[str, int], Decision]:
        """Every decision by server and project."""
        rows = self._connection.execute("SELECT server, project, unit, evidence, decided_at FROM units ORDER BY 1, 2")
        return {(server, project): _decision(*rest) for server, project, *rest in rows}

    def decide(
        self, server: str, project: int | None, unit: str, *, certain: bool, evidence: Mapping[str, Any]
    ) -> None:
        """Remember a decision, in the place of an earlier one."""
        document = json.dumps({**evidence, "decided_certain": certain}, ensure_ascii=False, sort_keys=True)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._connection.execute(
            "INSERT OR REPLACE INTO units (server, project, unit, evidence, decided_at) VALUES (?, ?, ?, ?, ?)",
            (server, project or 0, unit, document, now),
        )

    def forget(self, server: str, project: int | None) -> None:
        """Take a decision back."""
        self._connection.execute("DELETE FROM units WHERE server = ? AND project = ?", (server, project or 0))

    def doubtful(self, task: str) -> list[tuple[str, int]]:
        """The projects, by server and number, with spans whose stored text is not at their offsets."""
        rows = self._connection.execute(
            "SELECT DISTINCT server, ifnull(project, 0) FROM annotations WHERE task = ? AND status != 'deleted'"
            """ AND (problems LIKE '%"F_TEXT_MISMATCH"%' OR problems LIKE '%"F_OFFSET_RANGE"%') ORDER BY 1, 2""",
            (task,),
        )
        return [(server, project) for server, project in rows]

    def annotations(self, task: str, server: str, project: int) -> Iterator[str]:
        """The ids of a project's annotations, those of one text one after the other."""
        rows = self._connection.execute(
            "SELECT a.id FROM annotations a JOIN revisions r ON r.annotation = a.id AND r.revision = a.revision"
            " WHERE a.task = ? AND a.status != 'deleted' AND a.server = ? AND ifnull(a.project, 0) = ?"
            " ORDER BY json_extract(r.context, '$.sha256'), a.id",
            (task, server, project),
        ).fetchall()
        return (row[0] for row in rows)


def _decision(unit: str, evidence: str, decided_at: str) -> Decision:
    document = json.loads(evidence)
    certain = bool(document.pop("decided_certain", False))
    return Decision(unit, certain, document, decided_at)
