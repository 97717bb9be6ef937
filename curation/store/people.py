"""People who annotate: who they are on their server, and when they did what, as far as it was pulled."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

_WORK = """
SELECT n.id, n.annotator, n.status, n.server, n.project, n.ls_task, r.raw
FROM annotations n JOIN revisions r ON r.annotation = n.id AND r.revision = n.revision
WHERE n.task = ? AND n.status != 'deleted' ORDER BY n.id
"""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who annotated: the number and address on a server, and the pseudonym that leaves the workspace.

    `user_id` is below zero where only the address is known.
    """

    server: str
    user_id: int
    email: str | None
    pseudonym: str


@dataclass(frozen=True, slots=True)
class Work:
    """An annotation that is still there, as it was pulled: whose it is, where, and in what state. `raw` is JSON."""

    annotation: str
    annotator: str | None
    status: str
    server: str | None
    project: int | None
    ls_task: int | None
    raw: str


class People:
    """Reads who the annotators are and what each has done; what is written about them goes by the ledger."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def everyone(self) -> list[Known]:
        """Everyone known, in the order of their pseudonyms."""
        rows = self._connection.execute("SELECT server, user_id, email, pseudonym FROM annotators ORDER BY pseudonym")
        return [Known(**row) for row in rows]

    def work(self, task: str) -> Iterator[Work]:
        """The annotations, skips and drafts of a task that are still there, one at a time."""
        for row in self._connection.execute(_WORK, (task,)):
            yield Work(*row)
