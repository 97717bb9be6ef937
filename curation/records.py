"""The types that every step shares. Frozen; JSON Schemas guard them where they enter and leave the program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, NamedTuple

from curation.text import content_hash

Value = str | tuple[str, ...]
"""One value, or several in codebook order."""

Progress = Callable[[int, int | None], None]
"""Told how much of a long step is done, and how much there is, None where that is not known."""

Status = Literal["submitted", "skipped", "draft"]
Severity = Literal["error", "warning"]

_OPTIONAL = {"optional": True}
_MADE_ID = re.compile(r"a[0-9a-f]{16}")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True, slots=True)
class Article:
    """A news article. `text` is normalised once, at ingest; every offset counts its code points.

    `steps` are what cleaning changed, `notes` what is doubtful about it (a code and what was seen). A part of a long
    article is `part_of` another one and begins at `part_start` of its text. `raw` is there from reading to storing.
    `file` tells the file that it was read from, under whatever name, from others; None of what is no file.
    """

    id: str
    text: str
    sha256: str
    title: str | None = None
    url: str | None = None
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    lang: str | None = None
    license: str | None = None
    source_id: str | None = None
    source: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    part_of: str | None = None
    part_start: int = 0
    raw: RawSource | None = field(default=None, compare=False, repr=False)
    file: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RawSource:
    """What an article was made from, as it was read, where that differs from its text.

    `data` is the text before cleaning in UTF-8, or a web page's bytes; `media` says which. `edits` are the stretches
    that cleaning changed, as (start, end) in the clean text and (start, end) in the raw one, in code points; all else
    is the same in both.
    """

    data: bytes
    media: Literal["text", "html"] = "text"
    encoding: str = "utf-8"
    edits: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A document that was refused: where it stood, why, and its bytes as they were read.

    `raw` is the beginning alone of what is larger than any article, and empty where nothing could be read.
    """

    source: str
    code: str
    reason: str
    raw: bytes
    file: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mention:
    """A marked span: `text == article.text[start:end]`, half-open, in code points."""

    id: str
    label: str
    start: int
    end: int
    text: str
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relation:
    """An arrow from one mention to another. `label` is None where the annotator picked none."""

    source: str
    target: str
    label: str | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one annotator said about one article. `revision` is the hash of the raw document it was read from.

    `part` is the number, from 1, of the part of a long article that it is about; None for a whole article. Offsets
    count the whole article's characters either way. `task_version` are all of them where it was made of several (see
    `task_versions`). `interface` and `codebook` are the versions of the screen and the instructions that it was made
    with, named by their content; None where that is not known.
    """

    id: str
    article_id: str
    article_sha256: str
    task: str
    task_version: str
    annotator: str
    status: Status = "submitted"
    round: int = 1
    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    choices: Mapping[str, Value] = field(default_factory=dict)
    origin: str = "manual"
    created_at: str | None = None
    lead_time: float | None = None
    revision: str | None = None
    part: int | None = field(default=None, metadata=_OPTIONAL)
    interface: str | None = field(default=None, metadata=_OPTIONAL)
    codebook: str | None = field(default=None, metadata=_OPTIONAL)

    def mention(self, mention_id: str) -> Mention | None:
        """The mention with that id, or None."""
        return next((mention for mention in self.mentions if mention.id == mention_id), None)


class Origin(NamedTuple):
    """An annotation, its annotator, and the revision of it that something was made from."""

    annotation: str
    annotator: str
    revision: str | None


GoldMethod = Literal["single", "unanimous", "rules", "adjudicated"]
"""How an article's gold came about: one annotator, all the same, the rules of task.toml, or somebody who decided."""


@dataclass(frozen=True, slots=True)
class Gold:
    """What holds of an article. `origins` are the annotations that it was made from, by annotator.

    `decided_by` is the pseudonym of whoever decided what the rules had left open, `decided_at` when; None for none.
    `rulings` are the questions as JSON, with everyone's answer. `made_with` is the task's digest.
    """

    annotation: Annotation
    method: GoldMethod
    origins: tuple[Origin, ...]
    made_with: str
    decided_by: str | None = None
    decided_at: str | None = None
    rulings: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong or doubtful in one annotation, with its place and its remedy.

    `region` is the mention's id; `json_pointer` (RFC 6901) points into the raw annotation or the record. `regions` are
    the mentions whose misplaced texts it is the cause of: they have no findings of their own.
    """

    code: str
    severity: Severity
    message: str
    fix: str
    article_id: str | None = None
    annotation: str | None = None
    annotator: str | None = None
    region: str | None = None
    json_pointer: str | None = None
    url: str | None = None
    regions: tuple[str, ...] | None = field(default=None, metadata=_OPTIONAL)


@dataclass(frozen=True, slots=True)
class Statement:
    """A claim (one mention, or the fragments of one), its holder and the holder's stance. Derived, never stored.

    `holder` is None and `stance` is None where the article leaves the holder unnamed.
    """

    claim: tuple[Mention, ...]
    holder: Mention | None
    stance: str | None

    @property
    def claim_text(self) -> str:
        """The claim's fragments in the order of the text, joined by an ellipsis."""
        return " […] ".join(mention.text for mention in self.claim)


def to_json(record: Any) -> dict[str, Any]:
    """A record as plain JSON values: tuples become lists, mappings dicts. What an article was made from stays out.

    So do a part's number and versions where there are none: schemas of older workspaces do not know them.
    """
    kind: Any = type(record)
    return {
        name: _plain(value)
        for name, is_optional in _shown(kind)
        if (value := getattr(record, name)) is not None or not is_optional
    }


def origins(annotations: Iterable[Annotation]) -> tuple[Origin, ...]:
    """Annotations, one an annotator, as what something is made from."""
    return tuple(sorted(Origin(one.id, one.annotator, one.revision) for one in annotations))


def task_versions(given: Iterable[str]) -> str:
    """The versions of the codebook that any of several records was made with, as one text: `0.9, 1`."""
    found = set(given)
    return found.pop() if len(found) == 1 else ", ".join(sorted({one for each in found for one in each.split(", ")}))


def moment(written: object) -> datetime | None:
    """A time in ISO 8601, by UTC where it names no offset; None for anything else."""
    try:
        found = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


def article_id(source_id: str | None, sha256: str) -> str:
    """The id that an article keeps for good.

    The source's own where it can stand in a URL and a file name; else derived from it; else from the text's hash.
    """
    if source_id is None:
        return "a" + sha256[:16]
    if _PLAIN_ID.fullmatch(source_id):
        return source_id
    return "a" + content_hash(f"id:{source_id}")[:16]


def named(article_id: str, source: str | None) -> str:
    """An article as people know it: where its id was made from its text or a longer one, by its source too."""
    return f"{source} ({article_id})" if source is not None and _MADE_ID.fullmatch(article_id) else article_id


def published(article: Article) -> str:
    """Where and when an article was published. It tells articles of one text apart to which no source gave an id."""
    return "\0".join(part or "" for part in (article.url, article.outlet, article.published_at))


def own_id(sha256: str, published: str) -> str:
    """The id of an article without one of its source's, whose text was published elsewhere before."""
    return article_id(None, content_hash(f"{sha256}\0{published}"))


def article_from_json(document: Mapping[str, Any]) -> Article:
    """The article in a document that satisfies `schemas/article.json`, as far as it stands by itself.

    What the workspace shows beside it (its copies, its parts, what it was made from) is left out.
    """
    fields = Article.__dataclass_fields__.items()
    known = {name: document[name] for name, one in fields if one.compare and name in document}
    known["authors"] = tuple(known.get("authors") or ())
    known["steps"] = tuple(known.get("steps") or ())
    return Article(**known)


def annotation_from_json(document: Mapping[str, Any]) -> Annotation:
    """The annotation in a document that satisfies `schemas/annotation.json`."""
    known = {name: document[name] for name in Annotation.__dataclass_fields__ if name in document}
    known["mentions"] = tuple(
        Mention(**{**mention, "attributes": _values(mention.get("attributes", {}))})
        for mention in document.get("mentions", ())
    )
    known["relations"] = tuple(Relation(**relation) for relation in document.get("relations", ()))
    known["choices"] = _values(document.get("choices", {}))
    return Annotation(**known)


def finding_from_json(document: Mapping[str, Any]) -> Finding:
    """The finding in a document that satisfies `schemas/finding.json`."""
    regions = document.get("regions")
    return Finding(**{**document, "regions": None if regions is None else tuple(regions)})


@cache
def _shown(kind: Any) -> tuple[tuple[str, bool], ...]:
    """The names of a record's fields as JSON has them, and whether each is left out where it is None."""
    fields = kind.__dataclass_fields__.items()
    return tuple((name, one.metadata == _OPTIONAL) for name, one in fields if one.compare)


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind is str or kind is int:
        return value
    if kind is tuple:
        return [_plain(item) for item in value]
    if isinstance(value, str | int | float):
        return value
    if kind is dict or isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return to_json(value) if is_dataclass(value) else value


def _values(values: Mapping[str, Any]) -> dict[str, Value]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
