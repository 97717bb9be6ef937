"""Suggestions that are sent along with articles, and the annotation files that came beside articles."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator

from curation.records import Annotation, annotation_from_json, to_json


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
            (
                record.article_id,
                record.task,
                record.annotator,
                json.dumps(to_json(record), ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            ),
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
        """All suggestions for a task, by article and maker."""
        rows = self._connection.execute(
            "SELECT record FROM predictions WHERE task = ? ORDER BY article_id, made_by", (task,)
        )
        for row in rows.fetchall():
            yield annotation_from_json(json.loads(row["record"]))

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
