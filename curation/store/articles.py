"""Articles, their copies, and what was refused."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator
from typing import Any

from curation.alignment import clean_to_raw
from curation.records import Article, RawSource, Reject
from curation.store.parts import Parts
from curation.store.rows import ARTICLE_COLUMNS, ARTICLE_JSON, ArticleState, article_of
from curation.text import NORMALISATION


class Articles:
    """The articles of a workspace, in the order in which they were added."""

    def __init__(self, connection: sqlite3.Connection, parts: Parts) -> None:
        self._connection = connection
        self._parts = parts

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM articles").fetchone()[0])

    def __iter__(self) -> Iterator[Article]:
        for row in self._connection.execute("SELECT * FROM articles ORDER BY rowid"):
            yield article_of(row)

    def get(self, article_id: str) -> Article | None:
        """The article with that id, or None."""
        row = self._connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
        return article_of(row) if row else None

    def add(self, article: Article, *, normalisation: str = NORMALISATION) -> ArticleState:
        """Add an article unless its id is known; say what was found. A known id with another text is not touched."""
        known = self._connection.execute("SELECT sha256 FROM articles WHERE id = ?", (article.id,)).fetchone()
        if known:
            return "same" if known["sha256"] == article.sha256 else "changed"
        self._write(article, normalisation)
        return "new"

    def add_copy(self, article: Article, original: str) -> None:
        """Note where the article `original` stood once more, under the same id."""
        self._connection.execute(
            "INSERT OR REPLACE INTO duplicates VALUES (?, ?, ?)",
            (article.source or article.id, article.source_id, original),
        )

    def forget_run(self) -> None:
        """Begin a run: nothing has been seen in it. What `seen_in_run` notes lies on disk and ends with the program."""
        self._connection.execute("DROP TABLE IF EXISTS temp.seen")
        self._connection.execute(
            "CREATE TEMP TABLE seen (id TEXT PRIMARY KEY, sha256 TEXT NOT NULL) STRICT, WITHOUT ROWID"
        )

    def seen_in_run(self, article: Article) -> str | None:
        """The hash of the text that the article's id stood with earlier in this run, None the first time."""
        noted = self._connection.execute("INSERT OR IGNORE INTO temp.seen VALUES (?, ?)", (article.id, article.sha256))
        if noted.rowcount:
            return None
        row = self._connection.execute("SELECT sha256 FROM temp.seen WHERE id = ?", (article.id,)).fetchone()
        return str(row["sha256"])

    def is_outdated(self, article: Article) -> bool:
        """Whether the article with the same id has another title, address, outlet, date, licence or other authors."""
        said = ("title", "url", "outlet", "authors", "published_at", "license")
        row = self._connection.execute(
            f"SELECT 1 FROM articles WHERE id = ? AND NOT ({' AND '.join(f'{name} IS ?' for name in said)})",
            (article.id, *(_written(article, name) for name in said)),
        ).fetchone()
        return row is not None

    def unsee(self, article: Article) -> None:
        """Take back what `seen_in_run` noted: the article's id is another's."""
        self._connection.execute("DELETE FROM temp.seen WHERE id = ?", (article.id,))

    def replace(self, article: Article) -> None:
        """Put `article` in the place of the one with the same id, whose parts give way if the text is another."""
        known = self._connection.execute("SELECT sha256 FROM articles WHERE id = ?", (article.id,)).fetchone()
        if known and known["sha256"] != article.sha256:
            self._parts.give_way(article.id)
        self._write(article, NORMALISATION)

    def reject(self, reject: Reject) -> bool:
        """Keep a refused document aside; False if these bytes were refused at this place before.

        They stand there once, with the reason that was given last.
        """
        known = self._connection.execute(
            "SELECT 1 FROM rejects WHERE source = ? AND file = ? AND raw = ?",
            (reject.source, reject.file or "", reject.raw),
        ).fetchone()
        self._connection.execute(
            "INSERT OR REPLACE INTO rejects (source, file, code, reason, raw) VALUES (?, ?, ?, ?, ?)",
            (reject.source, reject.file or "", reject.code, reject.reason, reject.raw),
        )
        return known is None

    def mend(self, article: Article) -> None:
        """Note that what was refused at the article's place in its file is mended by it."""
        if article.file is not None:
            self._connection.execute(
                "UPDATE rejects SET mended_by = ? WHERE source = ? AND file = ? AND mended_by IS NULL",
                (article.id, article.source, article.file),
            )

    def rejects(self) -> list[Reject]:
        """Everything that was ever refused, by source, also what is mended."""
        rows = self._connection.execute("SELECT source, code, reason, raw, file FROM rejects ORDER BY source, reason")
        return [Reject(*row) for row in rows]

    def refused(self) -> dict[str, str]:
        """The articles whose place in their file holds what is refused by now, and why."""
        rows = self._connection.execute(
            "SELECT a.id, r.reason FROM rejects r JOIN articles a ON a.source = r.source AND a.file = r.file"
            " WHERE r.mended_by IS NULL AND r.file != '' ORDER BY r.reason DESC"
        )
        return {row["id"]: row["reason"] for row in rows}

    def repeated(self) -> list[tuple[str, str]]:
        """Where articles stood once more under the same id, and that id."""
        return [tuple(row) for row in self._connection.execute("SELECT source, article_id FROM duplicates")]

    def published_so(self, article: Article) -> str | None:
        """The id of an article with the same text, URL, outlet and date, to which no source gave an id; or None."""
        row = self._connection.execute(
            "SELECT id FROM articles WHERE sha256 = ? AND source_id IS NULL"
            " AND url IS ? AND outlet IS ? AND published_at IS ? ORDER BY rowid LIMIT 1",
            (article.sha256, article.url, article.outlet, article.published_at),
        ).fetchone()
        return None if row is None else str(row["id"])

    def read_from(self, article: Article) -> str | None:
        """The id of the article with the same text that was read from the same place, by an earlier run; or None.

        None also where a source gave it an id, and where there are several.
        """
        rows = self._connection.execute(
            "SELECT id FROM articles WHERE sha256 = ? AND source = ? AND source_id IS NULL"
            " AND id NOT IN (SELECT id FROM temp.seen) LIMIT 2",
            (article.sha256, article.source),
        ).fetchall()
        return str(rows[0]["id"]) if len(rows) == 1 else None

    def with_text(self, sha256: str) -> str | None:
        """The id of the first article with that text, or None."""
        row = self._connection.execute(
            "SELECT id FROM articles WHERE sha256 = ? ORDER BY rowid LIMIT 1", (sha256,)
        ).fetchone()
        return None if row is None else str(row["id"])

    def cluster(self, article_id: str) -> str:
        """The name of the cluster of copies that an article is in: of one alone, or unknown, its own id."""
        row = self._connection.execute("SELECT dup_cluster FROM articles WHERE id = ?", (article_id,)).fetchone()
        return article_id if row is None else str(row["dup_cluster"])

    def keep_text(self, sha256: str, text: str) -> None:
        """Keep a text that an annotator saw and that is not the article's."""
        self._connection.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", (sha256, text))

    def text(self, sha256: str) -> str | None:
        """The text with that hash, whether an article's, a part's or one kept beside."""
        row = self._connection.execute(
            "SELECT text FROM articles WHERE sha256 = ?1 UNION ALL SELECT text FROM texts WHERE sha256 = ?1"
            " UNION ALL SELECT substr(a.text, p.start + 1, p.length) FROM parts p"
            " JOIN articles a ON a.id = p.article_id WHERE p.sha256 = ?1 AND p.former = 0",
            (sha256,),
        ).fetchone()
        return None if row is None else str(row["text"])

    def to_annotate(self) -> Selected:
        """What goes to annotators: the selection, or without one every article that stands back for no other.

        A long article is represented by its parts.
        """
        return Selected(self._connection, self._parts)

    def raw(self, article_id: str) -> RawSource | None:
        """What the article was made from; None where that is its text, or is not known (see `raw_span`)."""
        row = self._connection.execute("SELECT * FROM raws WHERE article_id = ?", (article_id,)).fetchone()
        if row is None:
            return None
        edits = tuple(tuple(edit) for edit in json.loads(row["edits"]))
        return RawSource(zlib.decompress(row["data"]), row["media"], row["encoding"], edits)

    def raw_span(self, article_id: str, start: int, end: int) -> tuple[int, int] | None:
        """Where a stretch of the article's text, such as a mention, stood in the text before cleaning, in code points.

        None where that is not known: there is no map into the markup of a web page, and none was kept before
        normalisation 2.
        """
        row = self._connection.execute(
            "SELECT a.normalisation, r.media, r.edits FROM articles a LEFT JOIN raws r ON r.article_id = a.id"
            " WHERE a.id = ?",
            (article_id,),
        ).fetchone()
        if row is None or row["normalisation"] == "1" or row["media"] == "html":
            return None
        edits = tuple(tuple(edit) for edit in json.loads(row["edits"] or "[]"))
        return clean_to_raw(edits, start, end)

    def _write(self, article: Article, normalisation: str) -> None:
        columns = (*ARTICLE_COLUMNS, "normalisation")
        values = [_written(article, name) for name in ARTICLE_COLUMNS]
        self._connection.execute(
            f"INSERT INTO articles ({', '.join(columns)}, dup_cluster) VALUES (?{', ?' * len(columns)})"
            " ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{name} = excluded.{name}" for name in columns[1:]),
            (*values, normalisation, article.id),
        )
        self._connection.execute("DELETE FROM raws WHERE article_id = ?", (article.id,))
        if article.raw is not None:
            self._connection.execute(
                "INSERT INTO raws VALUES (?, ?, ?, ?, ?)",
                (
                    article.id,
                    article.raw.media,
                    article.raw.encoding,
                    json.dumps(article.raw.edits),
                    zlib.compress(article.raw.data, 1),
                ),
            )


def _written(article: Article, name: str) -> Any:
    """What stands in a column of an article's row."""
    value = getattr(article, name)
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if name in ARTICLE_JSON else value


class Selected:
    """What goes to annotators, in the order of the selection, else as the articles were added."""

    _FROM = (
        " FROM articles a LEFT JOIN selection s ON s.article_id = a.id"
        " WHERE CASE WHEN EXISTS (SELECT 1 FROM selection) THEN s.article_id IS NOT NULL ELSE a.copy_of IS NULL END"
    )

    def __init__(self, connection: sqlite3.Connection, parts: Parts) -> None:
        self._connection = connection
        self._parts = parts

    def __len__(self) -> int:
        parts = "SELECT count(*) FROM parts p WHERE p.article_id = a.id AND p.former = 0"
        row = self._connection.execute(f"SELECT coalesce(sum(max(1, ({parts}))), 0){self._FROM}").fetchone()
        return int(row[0])

    def __iter__(self) -> Iterator[Article]:
        for row in self._connection.execute(f"SELECT a.*{self._FROM} ORDER BY s.position, a.rowid"):
            article = article_of(row)
            yield from self._parts.within(article) or [article]
