"""What holds of articles: what was put before adjudicators, what they decided, and the gold that came of it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from curation.records import Gold, Origin, annotation_from_json, to_json

_GOLD = "record, method, origins, made_with, decided_by, decided_at, rulings"
_ANNOTATED = (
    "SELECT article_id FROM annotations WHERE task = ?1 AND status = 'submitted' AND verdict = 'valid'"
    " AND article_id IS NOT NULL"
)
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_DECIDED = "annotation, revision, article_id, origins, decided_by, decided_at"


@dataclass(frozen=True, slots=True)
class Decided:
    """A revision of an adjudicator's annotation, and the annotations of the article that it decided between."""

    annotation: str
    revision: str
    article_id: str
    origins: tuple[Origin, ...]
    decided_by: str
    decided_at: str | None


class Golds:
    """The gold of a task's articles, and how it came about. Decisions are never deleted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put_up(
        self, server: str, project: int, task: str, article_id: str, origins: Sequence[Origin], since: datetime
    ) -> None:
        """Note since when, by the server's clock, adjudicators of a project have an article as annotations have it.

        Of an article that is new there, that is since ever: they have seen nothing else.
        """
        latest = self.disputes(task, article_id, server, project)
        if not latest or latest[-1][1] != tuple(origins):
            at = since.astimezone(UTC) if latest else _EVER
            self._connection.execute(
                "INSERT OR REPLACE INTO disputes (server, project, task, article_id, origins, since)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (server, project, task, article_id, _dump(origins), at.isoformat()),
            )

    def disputes(
        self, task: str, article_id: str, server: str | None = None, project: int | None = None
    ) -> list[tuple[datetime, tuple[Origin, ...]]]:
        """Since when adjudicators have had an article as which annotations have it, oldest first.

        In all projects, or in one.
        """
        rows = self._connection.execute(
            "SELECT since, origins FROM disputes WHERE task = ?1 AND article_id = ?2 AND (?3 IS NULL OR server = ?3)"
            " AND (?4 IS NULL OR project = ?4) ORDER BY since, rowid",
            (task, article_id, server, project),
        )
        return [(datetime.fromisoformat(row[0]), _origins(row[1])) for row in rows]

    def disputed(self, task: str) -> set[str]:
        """The articles that were put before adjudicators and have no gold."""
        rows = self._connection.execute(
            "SELECT DISTINCT article_id FROM disputes d WHERE task = ?1 AND NOT EXISTS"
            " (SELECT 1 FROM gold g WHERE g.task = ?1 AND g.article_id = d.article_id)",
            (task,),
        )
        return {row[0] for row in rows}

    def orphans(self, task: str) -> list[str]:
        """The articles on which somebody decided and that have no valid annotation any more."""
        rows = self._connection.execute(
            f"SELECT DISTINCT article_id FROM decisions WHERE task = ?1 AND article_id NOT IN ({_ANNOTATED})"
            " ORDER BY article_id",
            (task,),
        )
        return [row[0] for row in rows]

    def note_run(self, task: str) -> None:
        """Note that a task was adjudicated."""
        self._connection.execute("INSERT OR IGNORE INTO adjudicated VALUES (?)", (task,))

    def was_run(self, task: str) -> bool:
        """Whether a task was ever adjudicated."""
        return self._connection.execute("SELECT 1 FROM adjudicated WHERE task = ?", (task,)).fetchone() is not None

    def decide(self, task: str, decided: Decided) -> bool:
        """Keep a decision; False if it was known."""
        done = self._connection.execute(
            f"INSERT OR IGNORE INTO decisions (task, {_DECIDED}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                task, decided.annotation, decided.revision, decided.article_id, _dump(decided.origins),
                decided.decided_by, decided.decided_at,
            ),
        )  # fmt: skip
        return done.rowcount > 0

    def decision(self, annotation: str, revision: str) -> Decided | None:
        """What a revision of an adjudicator's annotation decided, None if that is not known."""
        row = self._connection.execute(
            f"SELECT {_DECIDED} FROM decisions WHERE annotation = ? AND revision = ?", (annotation, revision)
        ).fetchone()
        return None if row is None else _decided(row)

    def decided_with(self, annotation: str) -> Decided | None:
        """The last decision of an adjudicator's annotation, whatever became of it; None if there was none."""
        row = self._connection.execute(
            f"SELECT {_DECIDED} FROM decisions WHERE annotation = ? ORDER BY rowid DESC LIMIT 1", (annotation,)
        ).fetchone()
        return None if row is None else _decided(row)

    def decisions(self, task: str, article_id: str | None = None) -> Iterator[Decided]:
        """Every decision of a task, or those on one article, in the order in which they became known."""
        rows = self._connection.execute(
            f"SELECT {_DECIDED} FROM decisions WHERE task = ?1 AND (?2 IS NULL OR article_id = ?2) ORDER BY rowid",
            (task, article_id),
        )
        return map(_decided, rows)

    def put(self, task: str, gold: Gold) -> bool:
        """Keep what holds of an article in the place of what held before; False if it is the same."""
        document = json.dumps(to_json(gold.annotation), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        rulings = json.dumps(gold.rulings, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        done = self._connection.execute(
            f"INSERT INTO gold (task, article_id, {_GOLD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET record = excluded.record, method = excluded.method, origins = excluded.origins,"
            " made_with = excluded.made_with, decided_by = excluded.decided_by, decided_at = excluded.decided_at,"
            " rulings = excluded.rulings"
            " WHERE (record, method, origins, made_with, rulings) != (excluded.record, excluded.method,"
            " excluded.origins, excluded.made_with, excluded.rulings)"
            " OR (decided_by, decided_at) IS NOT (excluded.decided_by, excluded.decided_at)",
            (
                task, gold.annotation.article_id, document, gold.method, _dump(gold.origins), gold.made_with,
                gold.decided_by, gold.decided_at, rulings,
            ),
        )  # fmt: skip
        return done.rowcount > 0

    def drop(self, task: str, article_id: str) -> bool:
        """Forget what held of an article, which is open now; False if nothing did."""
        done = self._connection.execute("DELETE FROM gold WHERE task = ? AND article_id = ?", (task, article_id))
        return done.rowcount > 0

    def drop_unfounded(self, task: str) -> int:
        """Forget the gold of articles that have no valid annotation any more; returns of how many."""
        return self._connection.execute(
            f"DELETE FROM gold WHERE task = ?1 AND article_id NOT IN ({_ANNOTATED})", (task,)
        ).rowcount

    def get(self, task: str, article_id: str) -> Gold | None:
        """What was last found to hold of an article, or None."""
        row = self._connection.execute(
            f"SELECT {_GOLD} FROM gold WHERE task = ? AND article_id = ?", (task, article_id)
        ).fetchone()
        return None if row is None else _gold(row)

    def all(self, task: str) -> Iterator[Gold]:
        """The gold of all articles, by article."""
        return map(
            _gold, self._connection.execute(f"SELECT {_GOLD} FROM gold WHERE task = ? ORDER BY article_id", (task,))
        )

    def counts(self, task: str) -> dict[str, int]:
        """How many articles have gold, by method."""
        rows = self._connection.execute("SELECT method, count(*) FROM gold WHERE task = ? GROUP BY method", (task,))
        return {row[0]: row[1] for row in rows}

    def outdated(self, task: str, made_with: str) -> int:
        """How many articles have gold that was made from other annotations than there are now, or with other rules.

        Of articles in parts, an annotator's revision is one of all parts together: these are not looked at.
        """
        row = self._connection.execute(
            "SELECT count(*) FROM gold g WHERE g.task = ?1 AND (g.made_with != ?2"
            " OR g.article_id NOT IN (SELECT article_id FROM parts) AND (json_array_length(g.origins) !="
            "   (SELECT count(DISTINCT annotator) FROM annotations a WHERE a.task = ?1"
            "   AND a.article_id = g.article_id AND a.status = 'submitted' AND a.verdict = 'valid')"
            " OR EXISTS (SELECT 1 FROM json_each(g.origins) o LEFT JOIN annotations a"
            "   ON a.id = json_extract(o.value, '$[0]') WHERE a.revision IS NOT json_extract(o.value, '$[2]')"
            "   OR a.status != 'submitted' OR a.verdict IS NOT 'valid')))",
            (task, made_with),
        ).fetchone()
        return int(row[0])

    def state(self, task: str) -> str | None:
        """A hash that changes with the gold of any article; None if there is none."""
        state, number = hashlib.sha256(), 0
        for row in self._connection.execute(
            f"SELECT article_id, {_GOLD} FROM gold WHERE task = ? ORDER BY article_id", (task,)
        ):
            number += 1
            state.update(json.dumps(list(row)).encode())
        return state.hexdigest() if number else None


def _dump(origins: Sequence[Origin]) -> str:
    return json.dumps([list(one) for one in origins], ensure_ascii=False, separators=(",", ":"))


def _origins(document: str) -> tuple[Origin, ...]:
    return tuple(Origin(*one) for one in json.loads(document))


def _decided(row: sqlite3.Row) -> Decided:
    return Decided(
        row["annotation"], row["revision"], row["article_id"], _origins(row["origins"]), row["decided_by"],
        row["decided_at"],
    )  # fmt: skip


def _gold(row: sqlite3.Row) -> Gold:
    return Gold(
        annotation=annotation_from_json(json.loads(row["record"])),
        method=row["method"],
        origins=_origins(row["origins"]),
        made_with=row["made_with"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        rulings=json.loads(row["rulings"]),
    )
