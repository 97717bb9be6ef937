"""What the store keeps beside the shared records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from curation.records import Annotation, Article, Finding, annotation_from_json, article_from_json, finding_from_json

ARTICLE_COLUMNS = (
    "id", "source_id", "source", "sha256", "text", "title", "url", "outlet", "authors", "published_at", "lang",
    "license", "meta", "steps", "notes", "file",
)  # fmt: skip
ARTICLE_JSON = ("authors", "meta", "steps", "notes")
"""Those of the columns that hold JSON."""

ArticleState = Literal["new", "same", "changed"]
"""What `Articles.add` found: a new article, the very same, another text under a known id."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of a long article stands, or stood before the article's text changed.

    `number` counts from 1, `start` is its first character in the whole text, `sha256` the hash of its own text.
    """

    whole: str
    number: int
    start: int
    sha256: str
    former: bool


@dataclass(frozen=True, slots=True)
class Project:
    """The Label Studio project that a task was pushed to.

    `cursor` is the server's time up to which it was pulled, but for the items that are `poisoned`: on these the server
    failed.
    """

    server: str
    task: str
    project_id: int
    interface: str
    codebook: str
    task_version: str
    cursor: str | None = None
    poisoned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Push:
    """One article's way to a project: intended, or seen there as `ls_task_id`."""

    article_id: str
    article_sha256: str
    ls_task_id: int | None
    state: Literal["intent", "sent"]


@dataclass(frozen=True, slots=True)
class Revision:
    """A raw annotation as it was pulled, with what was around it (the article's id, the text's hash, the URL).

    `id` names the annotation for good, `revision` is the SHA-256 of its content.
    """

    id: str
    revision: str
    raw: Mapping[str, Any]
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Current:
    """The revision of an annotation that counts, its status, and whose it is."""

    revision: str
    status: str
    annotator: str | None


@dataclass(frozen=True, slots=True)
class StoredAnnotation:
    """An annotation's current state: its raw document, the record read from it (None if unreadable), the verdict."""

    id: str
    revision: str
    article_id: str | None
    task: str
    annotator: str | None
    status: str
    url: str | None
    raw: Mapping[str, Any]
    context: Mapping[str, Any]
    record: Annotation | None
    problems: tuple[Finding, ...]
    decoded_with: str
    verdict: Literal["valid", "quarantined"] | None
    validated_with: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that may be chosen, without its text, of which `characters` is the length in code points.

    `cluster` is shared by texts that are the same or nearly so; a `copy` stands back for another of them.
    """

    id: str
    outlet: str | None
    published_at: str | None
    lang: str | None
    license: str | None
    meta: Mapping[str, Any]
    cluster: str
    copy: bool
    characters: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """An article that goes to annotators, and to how many; None for as many as the project says."""

    article_id: str
    annotators: int | None = None
    calibration: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """What a set of articles looks like: how many, the first and last date, lengths, and how many in each language.

    `lengths` are the shortest text, the quartiles and the longest, in characters; empty if there is no article.
    """

    articles: int
    first: str | None
    last: str | None
    lengths: tuple[int, ...]
    languages: Mapping[str, int]


def article_of(row: sqlite3.Row) -> Article:
    """The article in a row of the table `articles`."""
    document = {name: json.loads(row[name]) if name in ARTICLE_JSON else row[name] for name in ARTICLE_COLUMNS}
    return replace(article_from_json(document), file=row["file"])


def stored_annotation(row: sqlite3.Row) -> StoredAnnotation:
    """An annotation from its row with the raw document and context of its revision."""
    record = json.loads(row["record"]) if row["record"] else None
    return StoredAnnotation(
        id=row["id"],
        revision=row["revision"],
        article_id=row["article_id"],
        task=row["task"],
        annotator=row["annotator"],
        status=row["status"],
        url=row["url"],
        raw=json.loads(row["raw"]),
        context=json.loads(row["context"]),
        record=annotation_from_json(record) if record else None,
        problems=tuple(map(finding_from_json, json.loads(row["problems"]))),
        decoded_with=row["decoded_with"],
        verdict=row["verdict"],
        validated_with=row["validated_with"],
    )
