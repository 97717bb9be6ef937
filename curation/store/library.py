"""What there is to look at in a store: articles without their texts, clusters of copies, and what was refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator


class Library:
    """Lists of what the store holds, a row at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def articles(self, noted: str | None = None) -> Iterator[sqlite3.Row]:
        """Every article as it was added, or those noted with a code, without the texts but for their beginning.

        The columns are id, published_at, outlet, lang, length in code points, parts, copy_of, title, source, notes (a
        JSON object) and begins.
        """
        yield from self._connection.execute(
            "SELECT id, published_at, outlet, lang, length(text) AS length,"
            " (SELECT count(*) FROM parts p WHERE p.article_id = a.id AND p.former = 0) AS parts, copy_of, title,"
            " source, notes, substr(text, 1, 80) AS begins FROM articles a WHERE ?1 IS NULL OR (notes != '{}'"
            " AND EXISTS (SELECT 1 FROM json_each(notes) WHERE key = ?1)) ORDER BY rowid",
            (noted,),
        )

    def noted(self) -> dict[str, int]:
        """How many articles have each of the notes."""
        rows = self._connection.execute(
            "SELECT key, count(*) AS number FROM articles, json_each(notes) WHERE notes != '{}' GROUP BY key"
        )
        return {row["key"]: row["number"] for row in rows}

    def place(self, article_id: str) -> tuple[str, str | None]:
        """The cluster that an article is in, its own id where it stands alone, and the article it stands back for."""
        row = self._connection.execute(
            "SELECT dup_cluster, copy_of FROM articles WHERE id = ?", (article_id,)
        ).fetchone()
        return row["dup_cluster"], row["copy_of"]

    def copies(self) -> int:
        """How many articles stand back for another one."""
        return int(self._connection.execute("SELECT count(*) FROM articles WHERE copy_of IS NOT NULL").fetchone()[0])

    def clusters(self) -> Iterator[tuple[str, str, str | None, str | None, str | None, str | None]]:
        """The articles that are in a cluster with others: cluster, id, copy_of, outlet, title and date, by cluster.

        What stands back for none comes first.
        """
        rows = self._connection.execute(
            "SELECT dup_cluster, id, copy_of, outlet, title, published_at FROM articles"
            " WHERE dup_cluster IN (SELECT dup_cluster FROM articles GROUP BY dup_cluster"
            " HAVING count(*) > 1) ORDER BY dup_cluster, copy_of IS NOT NULL, id"
        )
        for row in rows:
            yield tuple(row)

    def refusals(self) -> int:
        """How many documents were refused and are not mended."""
        return int(self._connection.execute("SELECT count(*) FROM rejects WHERE mended_by IS NULL").fetchone()[0])

    def refused(self, *, mended: bool = False) -> Iterator[tuple[str, str, str, int, str | None]]:
        """Of what was refused source, code, reason, length in bytes and the article that mended it, by place.

        What is mended is left out unless `mended` is set.
        """
        rows = self._connection.execute(
            "SELECT source, code, reason, length(raw), mended_by FROM rejects WHERE mended_by IS NULL OR ?"
            " ORDER BY source, reason",
            (mended,),
        )
        for row in rows:
            yield tuple(row)
