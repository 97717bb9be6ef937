"""Read a record from a raw Label Studio annotation, and name everything in it that a record cannot express."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from curation.catalog import Schemas, Task
from curation.findings import finding, locate
from curation.parts import on_whole
from curation.records import Annotation, Finding, Status
from curation.studio.offsets import Counted, in_code_points, in_plain_text
from curation.studio.raw import Row, origin_of, rows_of, shape_problems, unstorable
from curation.studio.regions import Reading
from curation.text import content_hash

DECODER = "2"
"""Raised whenever the same raw annotation is read differently than before: stored records are then read anew."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A part's number from 1, where it begins in the whole article's text, and that text's hash."""

    number: int
    start: int
    whole_sha256: str


@dataclass(frozen=True, slots=True)
class Item:
    """What stands around a raw annotation.

    `text` is what the annotator saw, exactly as the item carried it, None if that is not known. `annotator` is a
    pseudonym, None if nobody is named. `revision` is the hash of the raw annotation, `url` the screen's address. `part`
    is there if the annotator saw a part of a long article; `article_id` is the whole article's. `counted` is the unit
    that offsets were decided to count, None for code points; `objects` are the sources of what was shown in another tag
    than Text, by tag.
    """

    annotation_id: str
    article_id: str | None
    text: str | None
    annotator: str | None
    revision: str | None = None
    draft: bool = False
    url: str | None = None
    part: Part | None = None
    counted: Counted | None = None
    objects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A record, and what was wrong with the raw annotation that the record does not show.

    `record` is None where none can be made: the raw annotation breaks its schema, or nothing is known of its article
    or its annotator. Problems point into the raw annotation.
    """

    record: Annotation | None
    problems: tuple[Finding, ...]
    status: Status


def decode(raw: Any, *, item: Item, task: Task, schemas: Schemas) -> Decoded:
    """Read `raw`, which may be any JSON value; never raises on one.

    What a record can express (an unknown value, an empty field, an unlabelled relation) is left in it for validation;
    what it cannot becomes a problem here, one for each fault.
    """
    unfit = unstorable(raw)
    record, problems = (None, [unfit, *_around(item)]) if unfit else _read(raw, item, task, schemas)
    located = tuple(
        locate(
            problem,
            annotation=item.annotation_id,
            article_id=item.article_id,
            annotator=item.annotator,
            url=item.url,
        )
        for problem in problems
    )
    return Decoded(record, located, status_of(raw, draft=item.draft))


def status_of(raw: Any, *, draft: bool) -> Status:
    """Whether a raw annotation is finished, was cancelled ("skipped" by the annotator), or is a draft."""
    if draft:
        return "draft"
    return "skipped" if isinstance(raw, dict) and raw.get("was_cancelled") is True else "submitted"


def _read(raw: Any, item: Item, task: Task, schemas: Schemas) -> tuple[Annotation | None, list[Finding]]:
    rows = rows_of(raw)
    broken = shape_problems(raw, rows, schemas)
    rows, moved = _placed(rows, item)
    if broken or item.text is None:
        return None, [*broken, *(found for found in moved if found.severity == "error"), *_around(item)]
    problems = [*moved, *_around(item)]
    reading = Reading(task, item.text)
    foreign = {row.id for row in rows if row.text_tag != "Text"}
    reading.read([row for row in rows if row.text_tag == "Text"], foreign)
    record = _record(raw, reading, item, task) if item.article_id and item.annotator else None
    return record, [*problems, *reading.problems, *_untimely(raw)]


def _around(item: Item) -> list[Finding]:
    """What is wrong with the annotation's surroundings."""
    found = []
    if not item.annotator:
        found.append(finding("F_ANNOTATOR_UNKNOWN", "no annotator is named", json_pointer="/completed_by"))
    if not item.article_id:
        found.append(finding("F_ARTICLE_UNKNOWN", "the item names no article and carries no text"))
    elif item.text is None:
        message = f"the workspace has no article {item.article_id!r}, and the item carries no text"
        found.append(finding("F_ARTICLE_UNKNOWN", message))
    return found


def _placed(rows: list[Row], item: Item) -> tuple[list[Row], list[Finding]]:
    """The rows with offsets that count the text's code points, as far as they can be had, and what to say of them."""
    text, found = item.text or "", list[Finding]()
    if item.counted is not None:
        rows, found = in_code_points(rows, text, item.counted)
    if any(row.text_tag != "Text" for row in rows):
        rows, placed = in_plain_text(rows, text, item.objects)
        found += placed
    return rows, found


def _untimely(raw: dict[str, Any]) -> Iterator[Finding]:
    """The times that cannot be. The record leaves them out: an annotator can mend none of them."""
    spent, made = raw.get("lead_time"), raw.get("created_at")
    if spent is not None and spent < 0:
        message = f"the time spent is {spent} seconds; it is left out"
        yield finding("F_TIME_IMPOSSIBLE", message, json_pointer="/lead_time")
    if made is not None and not _is_moment(made):
        message = f"{made[:40]!r} is no date and time with its offset from UTC; it is left out"
        yield finding("F_TIME_IMPOSSIBLE", message, json_pointer="/created_at")


def _is_moment(time: str) -> bool:
    try:
        return _MOMENT.fullmatch(time) is not None and datetime.fromisoformat(time) is not None
    except ValueError:
        return False


def _record(raw: dict[str, Any], reading: Reading, item: Item, task: Task) -> Annotation:
    untimely = {found.json_pointer for found in _untimely(raw)}
    record = Annotation(
        id=item.annotation_id,
        article_id=item.article_id or "",
        article_sha256=content_hash(reading.text),
        task=task.name,
        task_version=task.version,
        annotator=item.annotator or "",
        status=status_of(raw, draft=item.draft),
        mentions=reading.mentions,
        relations=tuple(reading.relations),
        choices=reading.choices,
        origin=origin_of(raw),
        created_at=None if "/created_at" in untimely else raw.get("created_at"),
        lead_time=None if "/lead_time" in untimely else raw.get("lead_time"),
        revision=item.revision,
    )
    if item.part is None:
        return record
    return on_whole(record, item.part.number, item.part.start, item.part.whole_sha256)


def is_ground_truth(raw: Any) -> bool:
    """Whether somebody set Label Studio's ground-truth mark on an annotation."""
    return isinstance(raw, Mapping) and raw.get("ground_truth") is True
