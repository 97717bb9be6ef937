"""Annotations: append-only raw revisions, the record read from the current one, its verdict and findings."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

from curation.records import Annotation, Finding, finding_from_json, to_json
from curation.store.rows import Current, Revision, StoredAnnotation, stored_annotation
from curation.store.versions import ShownKind
from curation.text import forbidden

_FINDING = (
    "code", "severity", "message", "fix", "article_id", "annotation", "annotator", "region", "json_pointer", "url",
    "regions",
)  # fmt: skip

_PLACE = ("server", "project", "ls_task")
_STATE = (
    "id", "revision", "article_id", "task", "annotator", "status", "url", "record", "problems", "decoded_with", *_PLACE,
)  # fmt: skip

_SELECT = (
    "SELECT a.*, r.raw, r.context FROM annotations a"
    " JOIN revisions r ON r.annotation = a.id AND r.revision = a.revision"
)

_OF_PROJECT = "a.server = ? AND a.project = ? AND a.ls_task IS NOT NULL"
_LARGEST = 2**63

_PAGE = 500
"""Names that are read at once where all are gone through."""


class Annotations:
    """The annotations of a workspace. Nothing is ever deleted: what vanished on the server is marked so."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM annotations").fetchone()[0])

    def add_revision(self, revision: Revision, *, pulled_at: str) -> bool:
        """Keep a raw annotation for good; False if this very content was kept before."""
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO revisions (annotation, revision, raw, context, pulled_at) VALUES (?, ?, ?, ?, ?)",
            (revision.id, revision.revision, _dump(revision.raw), _dump(revision.context), pulled_at),
        )
        return cursor.rowcount > 0

    def move(self, revision: Revision) -> None:
        """Note that a revision that was kept before is seen elsewhere now: on a server, not in a file of any."""
        self._connection.execute(
            "UPDATE revisions SET context = ? WHERE annotation = ? AND revision = ?",
            (_dump(revision.context), revision.id, revision.revision),
        )
        self._connection.execute(
            "UPDATE annotations SET server = ?, project = ?, ls_task = ? WHERE id = ? AND revision = ?",
            (*_place(revision.context), revision.id, revision.revision),
        )

    def server(self, annotation_id: str) -> str | None:
        """The server, or what stands for one, where an annotation was seen last; None if it is unknown."""
        row = self._connection.execute("SELECT server FROM annotations WHERE id = ?", (annotation_id,)).fetchone()
        return None if row is None else row[0]

    def put(
        self,
        revision: Revision,
        *,
        task: str,
        status: str,
        annotator: str | None,
        record: Annotation | None,
        problems: Sequence[Finding],
        decoded_with: str,
    ) -> None:
        """Make `revision` (added before) the annotation's current one; its verdict is open again."""
        if status != "deleted":
            self._connection.execute(
                "UPDATE deletions SET returned_at = ? WHERE annotation = ? AND returned_at IS NULL",
                (_now(), revision.id),
            )
        self._connection.execute(
            f"INSERT INTO annotations ({', '.join(_STATE)}) VALUES (?{', ?' * (len(_STATE) - 1)})"
            f" ON CONFLICT (id) DO UPDATE SET {', '.join(map(_replaced, _STATE[1:]))},"
            " verdict = NULL, validated_with = NULL",
            (
                revision.id,
                revision.revision,
                revision.context.get("article_id"),
                task,
                annotator,
                status,
                revision.context.get("url"),
                None if record is None else _dump(to_json(record)),
                _dump([to_json(problem) for problem in problems]),
                decoded_with,
                *_place(revision.context),
            ),
        )
        self._connection.execute("DELETE FROM findings WHERE annotation = ?", (revision.id,))

    def mark_deleted(self, ids: Iterable[str]) -> None:
        """Mark annotations that are no longer on the server, and keep when that was noticed."""
        noticed_at = _now()
        for annotation_id in ids:
            self._connection.execute(
                "INSERT INTO deletions SELECT id, ?, NULL FROM annotations WHERE id = ? AND status != 'deleted'",
                (noticed_at, annotation_id),
            )
            self._connection.execute("UPDATE annotations SET status = 'deleted' WHERE id = ?", (annotation_id,))

    def deletions(self, annotation_id: str) -> list[tuple[str, str | None]]:
        """When it was noticed that an annotation is gone, and when it was there again (None: not yet), oldest first."""
        rows = self._connection.execute(
            "SELECT noticed_at, returned_at FROM deletions WHERE annotation = ? ORDER BY rowid", (annotation_id,)
        )
        return [tuple(row) for row in rows]

    def current(self, annotation_id: str) -> Current | None:
        """What an annotation is now, or None if it is unknown."""
        row = self._connection.execute(
            "SELECT revision, status, annotator FROM annotations WHERE id = ?", (annotation_id,)
        ).fetchone()
        return None if row is None else Current(*row)

    def about(self, annotation_id: str) -> str | None:
        """The article that an annotation is about, or None if it is unknown."""
        row = self._connection.execute("SELECT article_id FROM annotations WHERE id = ?", (annotation_id,)).fetchone()
        return None if row is None else row[0]

    def ids(self, *, task: str | None = None) -> list[str]:
        """The ids of all annotations, deleted ones included, by article, annotator and id."""
        query = "SELECT id FROM annotations WHERE ?1 IS NULL OR task = ?1 ORDER BY article_id, annotator, id"
        return [row[0] for row in self._connection.execute(query, (task,))]

    def read_otherwise(self, task: str, decoded_with: str) -> Iterator[list[str]]:
        """The ids of annotations whose record was read with another task, schema or decoder than this fingerprint's.

        They come in pages, between which they may be read anew.
        """
        last = ""
        while page := self._page("SELECT id FROM annotations WHERE task = ? AND decoded_with != ? AND id > ?"
                                 " ORDER BY id", task, decoded_with, last):  # fmt: skip
            last = page[-1]
            yield page

    def seen_in(self, server: str, project_id: int) -> list[tuple[str, int, str]]:
        """Id, Label Studio item and status of the annotations that a project held when it was last looked at."""
        rows = self._connection.execute(
            f"SELECT a.id, a.ls_task, a.status FROM annotations a WHERE {_OF_PROJECT} AND a.status != 'deleted'",
            (server, project_id),
        )
        return [tuple(row) for row in rows]

    def numbers(self, server: str, project_id: int) -> dict[int, set[int | None]]:
        """By Label Studio item the numbers of the annotations (no drafts) that a project held; None of a bare file's.

        It reads every raw document, which takes a second for some hundred megabytes.
        """
        found: dict[int, set[int | None]] = {}
        for row in self._connection.execute(
            "SELECT a.ls_task, json_extract(r.raw, '$.id') FROM annotations a"
            " JOIN revisions r ON r.annotation = a.id AND r.revision = a.revision"
            f" WHERE {_OF_PROJECT} AND a.status NOT IN ('deleted', 'draft')",
            (server, project_id),
        ):
            found.setdefault(row[0], set()).add(row[1])
        return found

    def named_after(self, server: str, project_id: int, annotators: Iterable[str]) -> set[int]:
        """The Label Studio items with an annotation of these annotators in which their account is still named."""
        found: set[int] = set()
        for annotator in annotators:
            rows = self._connection.execute(
                "SELECT DISTINCT a.ls_task FROM annotations a"
                " JOIN revisions r ON r.annotation = a.id AND r.revision = a.revision"
                f" WHERE {_OF_PROJECT} AND a.annotator = ? AND a.status NOT IN ('deleted', 'draft')"
                " AND json_extract(r.raw, '$.completed_by') IS NOT NULL",
                (server, project_id, annotator),
            )
            found.update(row[0] for row in rows)
        return found

    def displaced(self, server: str, project_id: int) -> set[int]:
        """The Label Studio items of parts whose article has got another text since their annotations were read."""
        rows = self._connection.execute(
            "SELECT DISTINCT a.ls_task FROM annotations a"
            " JOIN revisions r ON r.annotation = a.id AND r.revision = a.revision"
            " JOIN articles whole ON whole.id = a.article_id"
            f" WHERE {_OF_PROJECT} AND a.status != 'deleted' AND a.article_id IN (SELECT article_id FROM parts)"
            # Where they were read with another text than the part's, they wait for their annotators.
            " AND json_extract(r.context, '$.part.whole_sha256')"
            " NOT IN (whole.sha256, json_extract(r.context, '$.sha256'))",
            (server, project_id),
        )
        return {row[0] for row in rows}

    def get(self, annotation_id: str) -> StoredAnnotation | None:
        """The current state of an annotation, or None if it is unknown."""
        row = self._connection.execute(f"{_SELECT} WHERE a.id = ?", (annotation_id,)).fetchone()
        return stored_annotation(row) if row else None

    def all(
        self, *, task: str | None = None, status: str | None = None, verdict: str | None = None
    ) -> Iterator[StoredAnnotation]:
        """Annotations by article, annotator and id; a condition that is None does not select."""
        rows = self._connection.execute(
            f"{_SELECT} WHERE (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR status = ?2)"
            " AND (?3 IS NULL OR verdict = ?3)"
            " ORDER BY article_id, annotator, id",
            (task, status, verdict),
        )
        for row in rows:
            yield stored_annotation(row)

    def by_article(self, task: str) -> Iterator[list[StoredAnnotation]]:
        """Annotations of one article after the other, by annotator and id; those without an article one by one, first.

        What is judged or read anew in the meantime is met once. Only one article's are held at a time.
        """
        last = ""
        while page := self._page("SELECT id FROM annotations WHERE task = ? AND article_id IS NULL AND id > ?"
                                 " ORDER BY id", task, last):  # fmt: skip
            last = page[-1]
            yield from ([stored_annotation(row)] for one in page for row in self._rows("a.id = ?", one))
        last = ""
        while page := self._page("SELECT DISTINCT article_id FROM annotations WHERE task = ? AND article_id > ?"
                                 " ORDER BY article_id", task, last):  # fmt: skip
            last = page[-1]
            for one in page:
                rows = self._rows("a.article_id = ? AND a.task = ? ORDER BY a.annotator, a.id", one, task)
                yield [stored_annotation(row) for row in rows]

    def pending(self, task: str, article_id: str) -> int:
        """How many submitted annotations of an article are not valid (yet), and not replaced by a newer one."""
        row = self._connection.execute(
            "SELECT count(*) FROM annotations a WHERE task = ? AND article_id = ? AND status = 'submitted'"
            " AND verdict IS NOT 'valid' AND NOT EXISTS (SELECT 1 FROM findings f WHERE f.annotation = a.id"
            " AND f.code = 'F_ANNOTATION_SUPERSEDED')",
            (task, article_id),
        ).fetchone()
        return int(row[0])

    def submitted(self, task: str) -> Iterator[tuple[int, str, str, str]]:
        """Of every submitted annotation with a record its number, article, annotator and record (JSON), by article."""
        rows = self._connection.execute(
            "SELECT rowid, article_id, annotator, record FROM annotations WHERE task = ? AND status = 'submitted'"
            " AND record IS NOT NULL AND article_id IS NOT NULL AND annotator IS NOT NULL"
            " ORDER BY article_id, annotator, id",
            (task,),
        )
        for row in rows:
            yield tuple(row)

    def numbered(self, number: int) -> str:
        """The id of the annotation with a number of `submitted`."""
        return str(self._connection.execute("SELECT id FROM annotations WHERE rowid = ?", (number,)).fetchone()[0])

    def counts(self, task: str | None = None) -> dict[tuple[str, str | None], int]:
        """How many annotations there are by status and verdict."""
        rows = self._connection.execute(
            "SELECT status, verdict, count(*) AS n FROM annotations WHERE ?1 IS NULL OR task = ?1"
            " GROUP BY status, verdict",
            (task,),
        )
        return {(row["status"], row["verdict"]): row["n"] for row in rows}

    def made_with(self, task: str, kind: ShownKind) -> dict[str | None, int]:
        """How many annotations that are still there were made with each version; None where it is not known."""
        rows = self._connection.execute(
            "SELECT json_extract(record, ?), count(*) FROM annotations WHERE task = ? AND status != 'deleted'"
            " GROUP BY 1",
            (f"$.{kind}", task),
        )
        return dict(tuple(row) for row in rows)

    def state(self, task: str) -> str:
        """A hash that changes when a submitted annotation comes, goes, gets another revision or is judged otherwise.

        Also when the unit that its project's offsets count is decided.
        """
        rows = self._connection.execute(
            "SELECT id, revision, verdict, validated_with FROM annotations WHERE task = ? AND status = 'submitted'"
            " ORDER BY id",
            (task,),
        )
        state = hashlib.sha256()
        for server, project, unit in self._connection.execute("SELECT server, project, unit FROM units ORDER BY 1, 2"):
            state.update(json.dumps([server, project, unit]).encode())
        for row in rows:
            state.update(json.dumps(list(row)).encode())
        return state.hexdigest()

    def by_annotator(self, task: str | None = None) -> dict[str, int]:
        """How many articles each annotator has submitted."""
        rows = self._connection.execute(
            "SELECT annotator, count(*) AS n FROM annotations WHERE status = 'submitted' AND annotator IS NOT NULL"
            " AND (?1 IS NULL OR task = ?1) GROUP BY annotator ORDER BY annotator",
            (task,),
        )
        return {row["annotator"]: row["n"] for row in rows}

    def judge(
        self,
        annotation_id: str,
        verdict: Literal["valid", "quarantined"],
        findings: Sequence[Finding],
        *,
        validated_with: str,
    ) -> None:
        """Write an annotation's verdict and findings over the earlier ones."""
        self._connection.execute(
            "UPDATE annotations SET verdict = ?, validated_with = ? WHERE id = ?",
            (verdict, validated_with, annotation_id),
        )
        self._connection.execute("DELETE FROM findings WHERE annotation = ?", (annotation_id,))
        self._connection.executemany(
            f"INSERT INTO findings (position, {', '.join(_FINDING)}) VALUES (?{', ?' * len(_FINDING)})",
            [
                (position, *_columns(replace(finding, annotation=annotation_id)))
                for position, finding in enumerate(findings)
            ],
        )

    def findings(self, task: str | None = None) -> list[Finding]:
        """The findings of all annotations that are still there, by article, annotator and place."""
        return list(self.each_finding(task))

    def finding_counts(self, task: str | None = None) -> dict[tuple[str, str], int]:
        """How many findings there are by code and severity, of all annotations that are still there."""
        rows = self._connection.execute(
            "SELECT code, severity, count(*) AS n FROM findings f JOIN annotations a ON a.id = f.annotation"
            " WHERE a.status != 'deleted' AND (?1 IS NULL OR a.task = ?1) GROUP BY code, severity ORDER BY code",
            (task,),
        )
        return {(row["code"], row["severity"]): row["n"] for row in rows}

    def each_finding(self, task: str | None = None) -> Iterator[Finding]:
        """What `findings` lists, one at a time."""
        rows = self._connection.execute(
            f"SELECT {', '.join('f.' + name for name in _FINDING)} FROM findings f JOIN annotations a"
            " ON a.id = f.annotation WHERE a.status != 'deleted' AND (?1 IS NULL OR a.task = ?1)"
            " ORDER BY f.article_id, f.annotator, f.annotation, f.position",
            (task,),
        )
        for row in rows:
            yield finding_from_json({**row, "regions": row["regions"] and json.loads(row["regions"])})

    def _page(self, query: str, *values: str) -> list[str]:
        return [row[0] for row in self._connection.execute(f"{query} LIMIT {_PAGE}", values)]

    def _rows(self, condition: str, *values: str) -> list[sqlite3.Row]:
        return self._connection.execute(f"{_SELECT} WHERE {condition}", values).fetchall()


def _columns(finding: Finding) -> Iterator[str | None]:
    for name in _FINDING:
        value = getattr(finding, name)
        yield json.dumps(value) if name == "regions" and value is not None else value


def _replaced(column: str) -> str:
    """How a new state takes the place of a column. Where the very same revision was seen is for `move` to change."""
    if column not in _PLACE:
        return f"{column} = excluded.{column}"
    return f"{column} = iif(annotations.revision = excluded.revision, annotations.{column}, excluded.{column})"


def _place(context: Mapping[str, Any]) -> tuple[str | None, int | None, int | None]:
    """The server, project and item of a context; None of what it does not say."""
    project, ls_task = (
        number if type(number) is int and abs(number) < _LARGEST else None
        for number in (context.get("project"), context.get("ls_task"))
    )
    return context.get("server"), project, ls_task


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _dump(document: object) -> str:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if not text.isascii() and forbidden(text) is not None:
        # A lone surrogate cannot be stored, its escape can: what was pulled is kept as it is.
        return json.dumps(document, sort_keys=True, separators=(",", ":"))
    return text
