"""Articles, their copies, and what was refused."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence

from curation.alignment import clean_to_raw
from curation.records import Article, RawSource, Reject, article_from_json
from curation.store.rows import ArticleState, Place
from curation.text import NORMALISATION

_COLUMNS = (
    "id", "source_id", "source", "sha256", "text", "title", "url", "outlet", "authors", "published_at", "lang",
    "license", "meta", "steps", "notes", "part_of", "part_start",
)  # fmt: skip
_JSON = ("authors", "meta", "steps", "notes")
_WHOLE = "part_of IS NULL"


class Articles:
    """The articles of a workspace, in the order in which they were added."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM articles WHERE {_WHOLE}").fetchone()[0])

    def __iter__(self) -> Iterator[Article]:
        for row in self._connection.execute(f"SELECT * FROM articles WHERE {_WHOLE} ORDER BY rowid"):
            yield _article(row)

    def get(self, article_id: str) -> Article | None:
        """The article with that id, or None."""
        row = self._connection.execute("SELECT * FROM articles WHERE id = ?", (article_id,)).fetchone()
        return _article(row) if row else None

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

    def replace(self, article: Article) -> None:
        """Put `article` in the place of the one with the same id."""
        self._write(article, NORMALISATION)

    def reject(self, reject: Reject) -> bool:
        """Keep a refused document aside; False if it was there already."""
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO rejects VALUES (?, ?, ?, ?)",
            (reject.source, reject.code, reject.reason, reject.raw),
        )
        return cursor.rowcount > 0

    def rejects(self) -> list[Reject]:
        """Everything that was refused, by source."""
        rows = self._connection.execute("SELECT source, code, reason, raw FROM rejects ORDER BY source, reason")
        return [Reject(*row) for row in rows]

    def repeated(self) -> list[tuple[str, str]]:
        """Where articles stood once more under the same id, and that id."""
        return [tuple(row) for row in self._connection.execute("SELECT source, article_id FROM duplicates")]

    def published_so(self, article: Article) -> str | None:
        """The id of an article with the same text, URL, outlet and date, to which no source gave an id; or None."""
        row = self._connection.execute(
            f"SELECT id FROM articles WHERE sha256 = ? AND source_id IS NULL AND {_WHOLE}"
            " AND url IS ? AND outlet IS ? AND published_at IS ? ORDER BY rowid LIMIT 1",
            (article.sha256, article.url, article.outlet, article.published_at),
        ).fetchone()
        return None if row is None else str(row["id"])

    def read_from(self, article: Article) -> str | None:
        """The id of the article with the same text that was read from the same place, by an earlier run; or None.

        None also where a source gave it an id, and where there are several.
        """
        rows = self._connection.execute(
            f"SELECT id FROM articles WHERE sha256 = ? AND source = ? AND source_id IS NULL AND {_WHOLE}"
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
        """The text with that hash, whether an article's or one kept beside."""
        row = self._connection.execute(
            "SELECT text FROM articles WHERE sha256 = ?1 UNION ALL SELECT text FROM texts WHERE sha256 = ?1",
            (sha256,),
        ).fetchone()
        return None if row is None else str(row["text"])

    def to_annotate(self) -> Selected:
        """What goes to annotators: the selection, or without one every article that stands back for no other.

        A long article is represented by its parts.
        """
        return Selected(self._connection)

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

    def whole_of(self, article_id: str) -> str | None:
        """The id of the article that `article_id` is a part of; None if it is no part."""
        row = self._connection.execute("SELECT part_of FROM articles WHERE id = ?", (article_id,)).fetchone()
        return None if row is None or row["part_of"] is None else str(row["part_of"])

    def parts(self, article_id: str) -> list[Article]:
        """The parts that a long article is cut into, in their order; none if it is not cut."""
        rows = self._connection.execute("SELECT * FROM articles WHERE part_of = ? ORDER BY part_start", (article_id,))
        return [_article(row) for row in rows]

    def place(self, article_id: str) -> Place | None:
        """Where the part with that id stands in its whole, or stood last; None for what never was a part."""
        row = self._connection.execute(
            "SELECT a.part_of, (SELECT count(*) FROM articles b WHERE b.part_of = a.part_of"
            " AND b.part_start <= a.part_start), a.part_start, a.sha256, 0 FROM articles a"
            " WHERE a.id = ?1 AND a.part_of IS NOT NULL"
            " UNION ALL SELECT part_of, number, part_start, sha256, 1 FROM former_parts"
            " WHERE article_id = ?1 AND NOT EXISTS (SELECT 1 FROM articles WHERE id = ?1)",
            (article_id,),
        ).fetchone()
        return None if row is None else Place(row[0], row[1], row[2], row[3], former=bool(row[4]))

    def cut(self, article_id: str, parts: Sequence[Article]) -> None:
        """Put `parts` in the place of the article's earlier ones, whose texts and places are kept beside."""
        kept = {part.id for part in parts}
        for number, old in enumerate(self.parts(article_id), start=1):
            self.keep_text(old.sha256, old.text)
            if old.id not in kept:
                self._connection.execute(
                    "INSERT OR REPLACE INTO former_parts VALUES (?, ?, ?, ?, ?)",
                    (old.id, article_id, number, old.part_start, old.sha256),
                )
                for table in ("predictions", "sketches", "raws"):
                    self._connection.execute(f"DELETE FROM {table} WHERE article_id = ?", (old.id,))
                self._connection.execute("DELETE FROM articles WHERE id = ?", (old.id,))
        for part in parts:
            self._write(part, NORMALISATION)

    def _write(self, article: Article, normalisation: str) -> None:
        columns = (*_COLUMNS, "normalisation")
        values = [json.dumps(getattr(article, name), ensure_ascii=False, sort_keys=True) if name in _JSON
                  else getattr(article, name) for name in _COLUMNS]  # fmt: skip
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


class Selected:
    """The articles that go to annotators, in the order of the selection, else as they were added."""

    _FROM = (
        " FROM articles a LEFT JOIN articles w ON w.id = a.part_of"
        " LEFT JOIN selection s ON s.article_id = coalesce(w.id, a.id)"
        " WHERE NOT EXISTS (SELECT 1 FROM articles p WHERE p.part_of = a.id)"
        " AND CASE WHEN EXISTS (SELECT 1 FROM selection) THEN s.article_id IS NOT NULL"
        " ELSE CASE WHEN w.id IS NULL THEN a.copy_of ELSE w.copy_of END IS NULL END"
    )

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute(f"SELECT count(*){self._FROM}").fetchone()[0])

    def __iter__(self) -> Iterator[Article]:
        for row in self._connection.execute(f"SELECT a.*{self._FROM} ORDER BY s.position, a.rowid"):
            yield _article(row)


def _article(row: sqlite3.Row) -> Article:
    document = {name: json.loads(row[name]) if name in _JSON else row[name] for name in _COLUMNS}
    return article_from_json(document)
