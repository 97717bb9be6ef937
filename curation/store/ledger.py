"""What was sent where: projects, pushes, and who the annotators are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from curation.store.rows import Project, Push


class Ledger:
    """The bindings between a workspace and Label Studio servers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def project(self, server: str, task: str) -> Project | None:
        """The project that `task` was pushed to on `server`, or None."""
        row = self._connection.execute(
            "SELECT * FROM projects WHERE server = ? AND task = ?", (server, task)
        ).fetchone()
        return _project(row) if row else None

    def projects(self) -> list[Project]:
        """Every binding."""
        rows = self._connection.execute("SELECT * FROM projects ORDER BY server, task")
        return [_project(row) for row in rows]

    def bind(self, project: Project) -> None:
        """Remember a project; replaces the earlier binding of its task and server."""
        self._connection.execute(
            "INSERT OR REPLACE INTO projects (server, task, project_id, interface, codebook, task_version, cursor,"
            " poisoned) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                project.server, project.task, project.project_id, project.interface, project.codebook,
                project.task_version, project.cursor, json.dumps(project.poisoned),
            ),
        )  # fmt: skip

    def move_cursor(self, server: str, task: str, cursor: str, poisoned: Iterable[int] = ()) -> None:
        """Remember the server's time up to which everything was pulled but for the items on which it failed."""
        self._connection.execute(
            "UPDATE projects SET cursor = ?, poisoned = ? WHERE server = ? AND task = ?",
            (cursor, json.dumps(sorted(poisoned)), server, task),
        )

    def pushes(self, server: str, project_id: int) -> dict[str, Push]:
        """What was sent or intended to a project, by article id."""
        rows = self._connection.execute(
            "SELECT article_id, article_sha256, ls_task_id, state FROM pushes WHERE server = ? AND project_id = ?",
            (server, project_id),
        )
        return {row["article_id"]: Push(**row) for row in rows}

    def record_pushes(self, server: str, project_id: int, pushes: Iterable[Push]) -> None:
        """Write intents, or what was seen on the server, over what was written before."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO pushes (server, project_id, article_id, article_sha256, ls_task_id, state)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (server, project_id, push.article_id, push.article_sha256, push.ls_task_id, push.state)
                for push in pushes
            ],
        )

    def forget_intents(self, server: str, project_id: int, article_ids: Iterable[str]) -> None:
        """Forget that these articles were about to be sent: the server has said that it did not take them."""
        self._connection.executemany(
            "DELETE FROM pushes WHERE server = ? AND project_id = ? AND article_id = ? AND state = 'intent'",
            [(server, project_id, article_id) for article_id in article_ids],
        )

    def pseudonym(self, server: str, user_id: int, email: str | None = None) -> str:
        """The annotator's pseudonym in this workspace, given out in order of first sight."""
        row = self._connection.execute(
            "SELECT pseudonym FROM annotators WHERE server = ? AND user_id = ?", (server, user_id)
        ).fetchone()
        if row is None:
            number = self._connection.execute("SELECT count(*) + 1 FROM annotators").fetchone()[0]
            row = {"pseudonym": f"annotator-{number:02d}"}
            self._connection.execute(
                "INSERT INTO annotators VALUES (?, ?, ?, ?)", (server, user_id, email, row["pseudonym"])
            )
        elif email is not None:
            self._connection.execute(
                "UPDATE annotators SET email = ? WHERE server = ? AND user_id = ?", (email, server, user_id)
            )
        return str(row["pseudonym"])

    def annotators(self) -> list[tuple[str, str | None]]:
        """Pseudonym and address of everyone known, in order of first sight."""
        rows = self._connection.execute("SELECT pseudonym, email FROM annotators ORDER BY pseudonym")
        return [tuple(row) for row in rows]


def _project(row: sqlite3.Row) -> Project:
    return Project(**{**row, "poisoned": tuple(json.loads(row["poisoned"]))})
