"""The parts of long articles: stretches of their texts, which go to annotators in their place."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from curation.parts import cut
from curation.records import Article
from curation.store.rows import Place, article_of


class Parts:
    """The parts of a workspace. They are no articles of their own, and have no text but their article's."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self, article_id: str) -> int:
        """How many parts a long article is cut into; 0 if it is not cut."""
        counted = "SELECT count(*) FROM parts WHERE article_id = ? AND former = 0"
        return int(self._connection.execute(counted, (article_id,)).fetchone()[0])

    def wholes(self) -> int:
        """How many articles are cut into parts."""
        counted = "SELECT count(DISTINCT article_id) FROM parts WHERE former = 0"
        return int(self._connection.execute(counted).fetchone()[0])

    def of(self, article_id: str) -> list[Article]:
        """The parts that a long article is cut into, in their order; none if it is not cut."""
        row = self._connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
        return [] if row is None else self.within(article_of(row))

    def within(self, whole: Article) -> list[Article]:
        """The parts of an article that is at hand, as it is in the store."""
        rows = self._connection.execute(
            "SELECT id, start FROM parts WHERE article_id = ? AND former = 0 ORDER BY number", (whole.id,)
        ).fetchall()
        parts = cut(whole, [row["start"] for row in rows])
        return [replace(part, id=row["id"]) for part, row in zip(parts, rows, strict=True)]

    def get(self, part_id: str) -> Article | None:
        """The part with that id, or None, also for one that gave way."""
        whole = self.whole_of(part_id)
        return None if whole is None else next(part for part in self.of(whole) if part.id == part_id)

    def whole_of(self, part_id: str) -> str | None:
        """The id of the article that `part_id` is a part of; None if it is no part, or no longer."""
        place = self.place(part_id)
        return None if place is None or place.former else place.whole

    def place(self, part_id: str) -> Place | None:
        """Where the part with that id stands in its whole, or stood last; None for what never was a part.

        None too where an article has taken the id of a part that gave way.
        """
        row = self._connection.execute(
            "SELECT article_id, number, start, sha256, former FROM parts WHERE id = ?1"
            " AND NOT (former AND EXISTS (SELECT 1 FROM articles WHERE id = ?1))",
            (part_id,),
        ).fetchone()
        return None if row is None else Place(row[0], row[1], row[2], row[3], former=bool(row[4]))

    def with_text(self, sha256: str) -> str | None:
        """The id of the first part with that text, or None."""
        row = self._connection.execute(
            "SELECT id FROM parts WHERE sha256 = ? AND former = 0 ORDER BY rowid LIMIT 1", (sha256,)
        ).fetchone()
        return None if row is None else str(row["id"])

    def cut(self, article_id: str, parts: Sequence[Article]) -> None:
        """Put `parts` (see `curation.parts.cut`) in the place of the article's earlier ones."""
        self.give_way(article_id)
        self._connection.executemany(
            "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?, 0)",
            (
                (part.id, article_id, number, part.part_start, len(part.text), part.sha256)
                for number, part in enumerate(parts, start=1)
            ),
        )

    def give_way(self, article_id: str) -> None:
        """Make the article's parts former ones. Their texts are kept beside, for its own may change now."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO texts VALUES (?, ?)", ((part.sha256, part.text) for part in self.of(article_id))
        )
        self._connection.execute("UPDATE parts SET former = 1 WHERE article_id = ?", (article_id,))
