"""Which articles go to annotators: the articles to choose from, the sample drawn from it, and the choice in force."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal

from curation.store.rows import Candidate, Chosen, Profile

Drawn = Literal["candidates", "drawn"]

_SIGN = 1 << 63
_QUARTILES = 4
# An article stands for its cluster unless one that is no copy, or an earlier copy, is there too.
_SUPERFLUOUS = """
    SELECT position FROM (
        SELECT position, copy, row_number() OVER (PARTITION BY cluster ORDER BY copy, position) AS place
        FROM temp.candidates
    ) WHERE copy AND place > 1
"""


class Selection:
    """The choice of a workspace, and the tables on disk that it is drawn with; those end with the connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # The choice in force

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM selection").fetchone()[0])

    def chosen(self) -> list[Chosen]:
        """The articles that were chosen, in order; none if all of them go to annotators."""
        rows = self._connection.execute(
            "SELECT article_id, annotators, calibration FROM selection ORDER BY position, article_id"
        )
        return [Chosen(row["article_id"], row["annotators"], bool(row["calibration"])) for row in rows]

    def choose(self, chosen: Sequence[Chosen], request: str) -> None:
        """Put another choice in the place of the one in force; `request` says in JSON how it was made."""
        self.clear()
        self._connection.executemany(
            "INSERT INTO selection VALUES (?, ?, ?, ?)",
            ((one.article_id, position, one.annotators, one.calibration) for position, one in enumerate(chosen)),
        )
        self._connection.execute("INSERT INTO selected_by VALUES (?)", (request,))

    def clear(self) -> None:
        """Let every article go to annotators again."""
        self._connection.execute("DELETE FROM selection")
        self._connection.execute("DELETE FROM selected_by")

    def request(self) -> dict[str, Any]:
        """How the choice in force was made; empty if there is none."""
        row = self._connection.execute("SELECT request FROM selected_by").fetchone()
        return {} if row is None else dict(json.loads(row["request"]))

    def overlap(self) -> int | None:
        """How many annotators an article goes to that is none of the calibration set; None if that is not planned."""
        row = self._connection.execute(
            "SELECT annotators FROM selection WHERE annotators IS NOT NULL ORDER BY calibration, position LIMIT 1"
        ).fetchone()
        return None if row is None else int(row["annotators"])

    def annotators(self, article_ids: Sequence[str]) -> dict[str, int]:
        """How many annotators each of those articles goes to, where that is planned. A part goes with its whole."""
        rows = self._connection.execute(
            "SELECT w.value AS id, s.annotators FROM json_each(?) w LEFT JOIN parts p ON p.id = w.value"
            " JOIN selection s ON s.article_id = coalesce(p.article_id, w.value) WHERE s.annotators IS NOT NULL",
            (json.dumps(article_ids),),
        )
        return {row["id"]: row["annotators"] for row in rows}

    # What can be chosen

    def columns(self) -> list[str]:
        """The names of the columns in the articles' `meta`."""
        rows = self._connection.execute("SELECT DISTINCT key FROM articles, json_each(articles.meta) ORDER BY key")
        return [str(row["key"]) for row in rows]

    def wholes(self) -> Iterator[Candidate]:
        """Every whole article, without its text, in the order in which they were added."""
        rows = self._connection.execute(
            "SELECT id, outlet, published_at, lang, license, meta, coalesce(dup_cluster, id) AS cluster,"
            " copy_of IS NOT NULL AS copy, length(text) AS characters"
            " FROM articles ORDER BY rowid"
        )
        for row in rows:
            yield Candidate(**{**dict(row), "meta": json.loads(row["meta"]), "copy": bool(row["copy"])})

    def words(self, article_id: str) -> tuple[str | None, str]:
        """An article's title and text."""
        row = self._connection.execute("SELECT title, text FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row["title"], row["text"]

    # Drawing a sample

    def consider(self, candidates: Iterable[tuple[Candidate, int, int, str | None]], *, keep_copies: bool) -> int:
        """Set down candidates, each with its stratum's number, its rank and its date; returns how many were copies.

        Copies fall away, unless `keep_copies`, but for the first of those whose original is no candidate.
        """
        self._connection.execute("DROP TABLE IF EXISTS temp.candidates")
        self._connection.execute(
            "CREATE TEMP TABLE candidates (position INTEGER PRIMARY KEY, article_id TEXT NOT NULL,"
            " cluster TEXT NOT NULL, copy INTEGER NOT NULL, stratum INTEGER NOT NULL, rank INTEGER NOT NULL,"
            " characters INTEGER NOT NULL, day TEXT, lang TEXT) STRICT"
        )
        self._connection.executemany(
            "INSERT INTO temp.candidates VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (one.id, one.cluster, one.copy, stratum, rank - _SIGN, one.characters, day, one.lang)
                for one, stratum, rank, day in candidates
            ),
        )
        if keep_copies:
            return 0
        return self._connection.execute(f"DELETE FROM temp.candidates WHERE position IN ({_SUPERFLUOUS})").rowcount

    def sizes(self) -> dict[int, int]:
        """How many candidates each stratum has."""
        rows = self._connection.execute("SELECT stratum, count(*) FROM temp.candidates GROUP BY stratum")
        return {row[0]: row[1] for row in rows}

    def draw(self, turns: Iterable[int]) -> None:
        """Draw candidates in turn: each time a stratum is named, the next of it by rank and then by id."""
        for name in ("turns", "drawn"):
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{name}")
        self._connection.execute(
            "CREATE TEMP TABLE turns (stratum INTEGER NOT NULL, place INTEGER NOT NULL, turn INTEGER NOT NULL,"
            " PRIMARY KEY (stratum, place)) STRICT, WITHOUT ROWID"
        )
        self._connection.executemany("INSERT INTO temp.turns VALUES (?, ?, ?)", _placed(turns))
        self._connection.execute(
            "CREATE TEMP TABLE drawn AS SELECT c.*, t.turn FROM (SELECT *, row_number() OVER (PARTITION BY stratum"
            " ORDER BY rank, article_id) AS place FROM temp.candidates) c JOIN temp.turns t USING (stratum, place)"
        )

    def drawn(self) -> list[str]:
        """The ids of the articles that were drawn, in their turn."""
        return [str(row[0]) for row in self._connection.execute("SELECT article_id FROM temp.drawn ORDER BY turn")]

    def drawn_copies(self) -> int:
        """How many of those that were drawn are copies."""
        return int(self._connection.execute("SELECT count(*) FROM temp.drawn WHERE copy").fetchone()[0])

    def pushed(self) -> list[str]:
        """The ids of the whole articles that are in a project in force and were not drawn."""
        rows = self._connection.execute(
            "SELECT DISTINCT a.id FROM pushes s JOIN projects USING (server, project_id)"
            " LEFT JOIN parts p ON p.id = s.article_id JOIN articles a ON a.id = coalesce(p.article_id, s.article_id)"
            " WHERE a.id NOT IN (SELECT article_id FROM temp.drawn) ORDER BY a.id"
        )
        return [str(row["id"]) for row in rows]

    def profile(self, of: Drawn) -> Profile:
        """What the candidates, or those that were drawn, look like."""
        one = self._connection.execute(f"SELECT count(*), min(day), max(day) FROM temp.{of}").fetchone()
        languages = self._connection.execute(
            f"SELECT lang, count(*) FROM temp.{of} GROUP BY lang ORDER BY count(*) DESC, lang"
        )
        lengths = (
            self._connection.execute(
                f"SELECT characters FROM temp.{of} ORDER BY characters LIMIT 1 OFFSET ?",
                ((one[0] - 1) * quarter // _QUARTILES,),
            ).fetchone()[0]
            for quarter in range(_QUARTILES + 1)
            if one[0]
        )
        return Profile(one[0], one[1], one[2], tuple(lengths), {row[0] or "": row[1] for row in languages})


def _placed(turns: Iterable[int]) -> Iterator[tuple[int, int, int]]:
    """Each turn with its stratum and how often that was named before it."""
    places: dict[int, int] = {}
    for turn, stratum in enumerate(turns):
        places[stratum] = places.get(stratum, 0) + 1
        yield stratum, places[stratum], turn
