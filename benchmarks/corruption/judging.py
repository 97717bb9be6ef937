"""What the package says of a case, by the same steps as `studio pull` and `validate`."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from benchmarks.corruption.valid import Case
from curation.catalog import Schemas, Task
from curation.records import Annotation, Finding
from curation.studio.authors import author_of
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.general import General, Tally
from curation.studio.conversion.strict import read
from curation.studio.conversion.tables import Batch
from curation.studio.decode import Item, Part, decode
from curation.validation import Authorship, doubled, examine
from curation.validation.parts import disjointed

_NAME = "the-one"


def judged(case: Case, task: Task, schemas: Schemas) -> list[Finding]:
    """The findings of the case's annotation; none of one that its annotator skipped."""
    article_id, text = case.data.get("article_id"), case.data.get("text")
    author = author_of(case.raw, draft=False).key if isinstance(case.raw, dict) else None
    annotator = None if author is None else f"annotator-{author}"
    item = Item(_NAME, article_id, text, annotator, part=_part(case))
    decoded = decode(case.raw, item=item, task=task, schemas=schemas)
    if decoded.status != "submitted":
        return []
    found = examine(decoded.record, decoded.problems, case.article, task, schemas)
    part = case.cut.number if case.cut else None
    others = [
        Authorship(one.name, one.author and f"annotator-{one.author}", project=one.project, part=part)
        for one in case.siblings
    ]
    double = doubled(article_id or "", [Authorship(_NAME, annotator, project=3, part=part), *others]).get(_NAME)
    return [*found, *([double] if double else []), *_apart(decoded.record if not double else None, case, task)]


def _part(case: Case) -> Part | None:
    if case.cut is None or case.article is None:
        return None
    return Part(case.cut.number, len(case.cut.before), case.article.sha256)


def _apart(record: Annotation | None, case: Case, task: Task) -> list[Finding]:
    """What joining the parts of a long article finds; nothing of one that gave no record or is put aside."""
    if record is None or case.cut is None:
        return []
    parts = [
        replace(record, id=f"{_NAME}-{number}", part=number, mentions=(), relations=(), choices=values)
        for number, values in case.cut.others.items()
    ]
    apart = disjointed([record, *parts], case.cut.parts, task)
    return [one for found in apart.values() for one in found]


def judged_export(case: Case, declaration: Declaration) -> list[Finding]:
    """What the conversion says of the case's item as it stands in an export, which knows no workspace."""
    others: list[dict[str, Any]] = [
        {"id": 1 + number, "completed_by": int(one.author) if one.author else None, "result": []}
        for number, one in enumerate(case.siblings)
    ]
    raw = {**case.raw, "id": 0} if isinstance(case.raw, dict) and type(case.raw.get("id")) is int else case.raw
    strict = read(json.dumps({"id": 1, "data": case.data, "annotations": [raw, *others]}).encode())
    found = [fault.finding() for fault in strict.faults]
    General(declaration, Tally(), found.append, None).put(Batch(), strict.value, 0)
    return [one for one in found if not _is_elsewhere(one.json_pointer or "")]


def _is_elsewhere(pointer: str) -> bool:
    return pointer.startswith("/0/annotations/") and not f"{pointer}/".startswith("/0/annotations/0/")
