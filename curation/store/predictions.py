"""Suggestions that are sent along with articles, and the annotation files that came beside articles."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator

from curation.records import Annotation, annotation_from_json, to_json

_AT_ONCE = 500


class Predictions:
    """Records that suggest annotations, one an article, task and maker."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM predictions").fetchone()[0])

    def put(self, record: Annotation) -> None:
        """Keep a suggestion in the place of the one that its annotator made for the article and task before."""
        self._connection.execute(
            "INSERT OR REPLACE INTO predictions VALUES (?, ?, ?, ?)",
            (record.article_id, record.task, record.annotator, _dump(record)),
        )

    def forget(self, task: str) -> None:
        """Keep no suggestion for a task any more."""
        self._connection.execute("DELETE FROM predictions WHERE task = ?", (task,))

    def rewrite(self, record: Annotation, migration: int) -> None:
        """Put what a migration makes of a suggestion in its place, and keep that for `restore`."""
        self._connection.execute(
            "INSERT INTO rewritten_suggestions SELECT ?, article_id, made_by, record, ? FROM predictions"
            " WHERE article_id = ? AND task = ? AND made_by = ?",
            (migration, _dump(record), record.article_id, record.task, record.annotator),
        )
        self.put(record)

    def restore(self, task: str, migration: int) -> None:
        """Bring back what a migration rewrote; suggestions that were made anew since stay."""
        self._connection.execute(
            "UPDATE predictions SET record = one.before FROM rewritten_suggestions AS one WHERE one.migration = ?"
            " AND predictions.task = ? AND predictions.article_id = one.article_id"
            " AND predictions.made_by = one.made_by AND predictions.record = one.after",
            (migration, task),
        )

    def articles(self, task: str) -> Iterator[str]:
        """The ids of the articles that have suggestions for a task."""
        rows = self._connection.execute("SELECT DISTINCT article_id FROM predictions WHERE task = ?", (task,))
        return (row["article_id"] for row in rows)

    def of(self, article_id: str, task: str) -> Iterator[Annotation]:
        """The suggestions for an article, by maker."""
        rows = self._connection.execute(
            "SELECT record FROM predictions WHERE article_id = ? AND task = ? ORDER BY made_by", (article_id, task)
        )
        for row in rows.fetchall():
            yield annotation_from_json(json.loads(row["record"]))

    def all(self, task: str) -> Iterator[Annotation]:
        """All suggestions for a task, by article and maker. They may be replaced meanwhile."""
        last = ("", "")
        while True:
            rows = self._connection.execute(
                "SELECT article_id, made_by, record FROM predictions WHERE task = ? AND (article_id, made_by) > (?, ?)"
                " ORDER BY article_id, made_by LIMIT ?",
                (task, *last, _AT_ONCE),
            ).fetchall()
            for row in rows:
                yield annotation_from_json(json.loads(row["record"]))
            if len(rows) < _AT_ONCE:
                return
            last = (rows[-1]["article_id"], rows[-1]["made_by"])

    def keep_file(self, article_id: str, source: str, data: bytes) -> None:
        """Keep an annotation file as it was read, beside what was kept of that name before."""
        self._connection.execute(
            "INSERT OR IGNORE INTO standoff VALUES (?, ?, ?)", (article_id, source, zlib.compress(data))
        )

    def files(self, article_id: str) -> list[tuple[str, bytes]]:
        """The annotation files that came beside an article: where each stood, and its bytes."""
        rows = self._connection.execute(
            "SELECT source, data FROM standoff WHERE article_id = ? ORDER BY source, rowid", (article_id,)
        )
        return [(row["source"], zlib.decompress(row["data"])) for row in rows]


def _dump(record: Annotation) -> str:
    return json.dumps(to_json(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
