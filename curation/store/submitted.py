"""Submitted annotations, article by article, as records alone: what was pulled is not read along."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Literal

import msgspec

from curation.records import Annotation, Value

_IN_TASK = "SELECT article_id FROM annotations WHERE task = ?1 AND status = 'submitted'"
_PUBLISHED = ("id", "sha256", "title", "url", "outlet", "authors", "published_at", "lang", "license")


@dataclass(frozen=True, slots=True)
class Annotated:
    """An article with submitted annotations, without its text. `cluster` is shared by copies of a text.

    `is_valid` says whether any of the annotations is valid.
    """

    id: str
    cluster: str
    outlet: str | None
    published_at: str | None
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submitted annotation: its verdict, and the record read from it, None if it is unreadable."""

    id: str
    annotator: str | None
    verdict: Literal["valid", "quarantined"] | None
    record: Annotation | None


class Named(msgspec.Struct, frozen=True, gc=False):
    """A mention without its place: what kind it is, and what is said of it."""

    label: str
    attributes: Mapping[str, Value] = msgspec.field(default_factory=dict)


class Said(msgspec.Struct, frozen=True, gc=False):
    """What a valid annotation says of an article as a whole; it is read in a third of the time that a record takes."""

    id: str
    annotator: str
    round: int = 1
    mentions: tuple[Named, ...] = ()
    choices: Mapping[str, Value] = msgspec.field(default_factory=dict)


class Submissions:
    """The submitted annotations of a workspace's tasks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._decode = msgspec.json.Decoder(Annotation).decode
        self._decode_said = msgspec.json.Decoder(Said).decode

    def articles(self, task: str) -> Iterator[Annotated]:
        """The articles of the workspace that have submitted annotations, by id."""
        rows = self._connection.execute(
            "SELECT id, coalesce(dup_cluster, id), outlet, published_at, EXISTS (SELECT 1 FROM annotations n"
            " WHERE n.article_id = a.id AND n.task = ?1 AND n.status = 'submitted' AND n.verdict = 'valid')"
            f" FROM articles a WHERE id IN ({_IN_TASK}) ORDER BY id",
            (task,),
        )
        for article_id, cluster, outlet, published_at, is_valid in rows:
            yield Annotated(article_id, cluster, outlet, published_at, bool(is_valid))

    def article_ids(self, task: str) -> list[str]:
        """The ids of the same articles, in the same order."""
        rows = self._connection.execute(f"SELECT id FROM articles WHERE id IN ({_IN_TASK}) ORDER BY id", (task,))
        return [str(article_id) for (article_id,) in rows]

    def of(self, task: str, article_id: str) -> list[Submitted]:
        """The submitted annotations of an article, by annotator and id."""
        rows = self._connection.execute(
            "SELECT id, annotator, verdict, record FROM annotations WHERE article_id = ? AND task = ?"
            " AND status = 'submitted' ORDER BY annotator, id",
            (article_id, task),
        )
        return [
            Submitted(own_id, annotator, verdict, None if record is None else self._decode(record))
            for own_id, annotator, verdict, record in rows
        ]

    def said(self, task: str, article_id: str) -> list[Said]:
        """What the valid ones of an article say, in the same order."""
        rows = self._connection.execute(
            "SELECT record FROM annotations WHERE article_id = ? AND task = ? AND status = 'submitted'"
            " AND verdict = 'valid' AND record IS NOT NULL ORDER BY annotator, id",
            (article_id, task),
        )
        return [self._decode_said(record) for (record,) in rows]

    def shared(self, task: str) -> Iterator[str]:
        """The articles with valid annotations of two or more annotators, by id."""
        rows = self._connection.execute(
            "SELECT article_id FROM annotations WHERE task = ? AND status = 'submitted' AND verdict = 'valid'"
            " AND article_id IS NOT NULL GROUP BY article_id HAVING count(DISTINCT annotator) > 1 ORDER BY article_id",
            (task,),
        )
        for (article_id,) in rows:
            yield str(article_id)

    def versions(self, task: str) -> list[str]:
        """The versions of the codebook that valid annotations were made with."""
        rows = self._connection.execute(
            "SELECT DISTINCT json_extract(record, '$.task_version') FROM annotations WHERE task = ?"
            " AND status = 'submitted' AND verdict = 'valid' AND record IS NOT NULL ORDER BY 1",
            (task,),
        )
        return [str(version) for (version,) in rows]

    def astray(self, task: str) -> str | None:
        """A valid annotation about an article that is not in the workspace, by its id; None if there is none."""
        row = self._connection.execute(
            "SELECT min(id) FROM annotations n WHERE task = ? AND status = 'submitted' AND verdict = 'valid'"
            " AND NOT EXISTS (SELECT 1 FROM articles a WHERE a.id = n.article_id)",
            (task,),
        ).fetchone()
        return None if row[0] is None else str(row[0])

    def state(self, task: str) -> str:
        """A hash that changes when anything but the text of an article with submitted annotations does.

        Also when such an article comes into another cluster of copies, but not with what the cluster is called: that is
        the article which came first.
        """
        state = hashlib.sha256()
        for row in self._connection.execute(
            f"SELECT {', '.join(_PUBLISHED)} FROM articles WHERE id IN ({_IN_TASK}) ORDER BY id", (task,)
        ):
            state.update(json.dumps(list(row)).encode())
        copies = self._connection.execute(
            f"SELECT dup_cluster, id FROM articles WHERE id IN ({_IN_TASK}) AND dup_cluster IN"
            " (SELECT dup_cluster FROM articles GROUP BY dup_cluster HAVING count(*) > 1) ORDER BY dup_cluster, id",
            (task,),
        )
        clusters = [[article_id for _, article_id in ids] for _, ids in groupby(copies, key=itemgetter(0))]
        state.update(json.dumps(sorted(clusters)).encode())
        return state.hexdigest()
