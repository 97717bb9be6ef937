"""The sketches that copies are found by, and the clusters that copies are in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unsketched:
    """An article without a sketch, or whose sketch is out of date (`known`). `number` is its place in the store."""

    number: int
    id: str
    sha256: str
    text: str
    known: bool


@dataclass(frozen=True, slots=True)
class Member:
    """An article in a cluster. `fresh` and `kept` are as in the table; `length` is in code points."""

    number: int
    id: str
    dup_cluster: str
    copy_of: str | None
    fresh: int
    kept: int
    published_at: str | None
    length: int
    title: str | None
    outlet: str | None
    source: str | None


class Sketches:
    """The sketches of the articles."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM sketches").fetchone()[0])

    def missing(self, made_with: str, after: int) -> Iterator[Unsketched]:
        """The articles beyond the number `after` that have no sketch made with `made_with` from their present text."""
        rows = self._connection.execute(
            "SELECT a.rowid, a.id, a.sha256, a.text, s.article_id IS NOT NULL FROM articles a"
            " LEFT JOIN sketches s ON s.article_id = a.id WHERE a.rowid > ?"
            " AND (s.article_id IS NULL OR s.sha256 != a.sha256 OR s.made_with != ?) ORDER BY a.rowid",
            (after, made_with),
        )
        for number, article, sha256, text, known in rows:
            yield Unsketched(number, article, sha256, text, bool(known))

    def put(self, article: Unsketched, made_with: str, folded: bytes, bands: bytes) -> None:
        """Store an article's sketch as a fresh one.

        A cluster that an article with another text now belonged to is dissolved: its members are compared anew.
        """
        if article.known:
            self._dissolve(article.id)
        self._connection.execute(
            "INSERT INTO sketches (article_id, sha256, made_with, folded, bands) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (article_id) DO UPDATE SET sha256 = excluded.sha256, made_with = excluded.made_with,"
            " folded = excluded.folded, bands = excluded.bands, fresh = 1",
            (article.id, article.sha256, made_with, folded, bands),
        )

    def any_fresh(self) -> bool:
        """Whether there is a sketch that was not compared with the others."""
        return self._connection.execute("SELECT 1 FROM sketches WHERE fresh = 1 LIMIT 1").fetchone() is not None

    def folded(self) -> Iterator[tuple[int, bool, bytes]]:
        """Of every sketch its number, whether it is fresh, and the folded text's hash."""
        return self._scan("folded", ())

    def bands(self, start: int, length: int) -> Iterator[tuple[int, bool, bytes]]:
        """The same with `length` bytes of the bands from byte `start` on, in the same order."""
        return self._scan("substr(bands, ?, ?)", (start + 1, length))

    def text(self, number: int) -> str:
        """The text of the article with that sketch."""
        row = self._connection.execute(
            "SELECT a.text FROM sketches s JOIN articles a ON a.id = s.article_id WHERE s.rowid = ?", (number,)
        ).fetchone()
        return str(row["text"])

    def clusters(self) -> Iterator[tuple[int, int]]:
        """Each article that is in another one's cluster, and that other one, by their sketches' numbers."""
        rows = self._connection.execute(
            "SELECT s.rowid, r.rowid FROM articles a JOIN sketches s ON s.article_id = a.id"
            " JOIN sketches r ON r.article_id = a.dup_cluster WHERE a.dup_cluster != a.id"
        )
        yield from map(tuple, rows)

    def members(self, numbers: Iterable[int]) -> list[Member]:
        """The articles with those sketches, by number."""
        rows = self._connection.execute(
            "SELECT s.rowid, a.id, a.dup_cluster, a.copy_of, s.fresh, s.kept, a.published_at, length(a.text),"
            " a.title, a.outlet, a.source FROM sketches s JOIN articles a ON a.id = s.article_id"
            " WHERE s.rowid IN (SELECT value FROM json_each(?)) ORDER BY s.rowid",
            (json.dumps(list(numbers)),),
        )
        return [Member(*row) for row in rows]

    def in_hand(self, article_ids: Sequence[str]) -> set[str]:
        """Those of the articles that were sent to annotators or that have annotations, be it in parts."""
        known = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} t WHERE t.article_id = {{of}})" for table in ("pushes", "annotations")
        )
        rows = self._connection.execute(
            f"SELECT value FROM json_each(?) w WHERE {known.format(of='w.value')} OR EXISTS (SELECT 1 FROM parts p"
            f" WHERE p.article_id = w.value AND ({known.format(of='p.id')}))",
            (json.dumps(article_ids),),
        )
        return {row[0] for row in rows}

    def assign(self, article_id: str, dup_cluster: str, copy_of: str | None) -> None:
        """Put an article into a cluster, to stand back for `copy_of` if that is given."""
        self._connection.execute(
            "UPDATE articles SET dup_cluster = ?, copy_of = ? WHERE id = ?", (dup_cluster, copy_of, article_id)
        )

    def ask(self, threshold: float, keep: bool) -> None:
        """Note how the articles that wait for it are to be linked, should this run end before it comes to that."""
        self._connection.execute("DELETE FROM linking")
        self._connection.execute("INSERT INTO linking VALUES (?, ?)", (threshold, keep))

    def asked(self) -> tuple[float, bool] | None:
        """How a run that came to no end wanted its articles linked, as (threshold, keep); None if there is none."""
        row = self._connection.execute("SELECT threshold, keep FROM linking").fetchone()
        return None if row is None else (row["threshold"], bool(row["keep"]))

    def waiting(self, made_with: str) -> bool:
        """Whether an article waits to be compared with the others."""
        return self.any_fresh() or next(self.missing(made_with, -1), None) is not None

    def keep_run(self) -> int:
        """Let no article that was seen in this run stand back for another; returns how many did before."""
        if self._connection.execute("SELECT 1 FROM temp.sqlite_schema WHERE name = 'seen'").fetchone() is None:
            return 0
        released = self._connection.execute(
            "UPDATE articles SET copy_of = NULL WHERE copy_of IS NOT NULL AND id IN (SELECT id FROM temp.seen)"
        )
        self._connection.execute("UPDATE sketches SET kept = 1 WHERE article_id IN (SELECT id FROM temp.seen)")
        return released.rowcount

    def settle(self) -> None:
        """Note that every sketch was compared, and which articles are kept from now on; nothing waits any more."""
        self._connection.execute("DELETE FROM linking")
        self._connection.execute(
            "UPDATE sketches SET fresh = 0, kept = (SELECT copy_of IS NULL FROM articles WHERE id = article_id)"
            " WHERE fresh = 1"
        )

    def _scan(self, column: str, values: Sequence[int]) -> Iterator[tuple[int, bool, bytes]]:
        rows = self._connection.execute(f"SELECT rowid, fresh, {column} FROM sketches ORDER BY rowid", tuple(values))
        for number, fresh, data in rows:
            yield number, fresh == 1, data

    def _dissolve(self, article_id: str) -> None:
        cluster = "(SELECT dup_cluster FROM articles WHERE id = ?)"
        self._connection.execute(
            "UPDATE sketches SET fresh = 1 WHERE article_id IN"
            f" (SELECT id FROM articles WHERE dup_cluster = {cluster})",
            (article_id,),
        )
        # A copy was never kept, so that what it becomes is open again.
        self._connection.execute(
            f"UPDATE articles SET copy_of = NULL, dup_cluster = id WHERE dup_cluster = {cluster}", (article_id,)
        )
