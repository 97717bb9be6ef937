"""What the package says of a case, by the same steps as `studio pull` and `validate`."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.corruption.valid import Case
from curation.catalog import Schemas, Task
from curation.records import Finding
from curation.studio.authors import author_of
from curation.studio.conversion.checks import across, findings
from curation.studio.conversion.declaration import Declaration
from curation.studio.decode import Item, decode
from curation.validation import Authorship, doubled, examine

_NAME = "the-one"


def judged(case: Case, task: Task, schemas: Schemas) -> list[Finding]:
    """The findings of the case's annotation; none of one that its annotator skipped."""
    article_id, text = case.data.get("article_id"), case.data.get("text")
    author = author_of(case.raw, draft=False).key if isinstance(case.raw, dict) else None
    annotator = None if author is None else f"annotator-{author}"
    item = Item(_NAME, article_id, text, annotator)
    decoded = decode(case.raw, item=item, task=task, schemas=schemas)
    if decoded.status != "submitted":
        return []
    found = examine(decoded.record, decoded.problems, case.article, task, schemas)
    others = [Authorship(name, author and f"annotator-{author}") for name, author in case.siblings]
    double = doubled(article_id or "", [Authorship(_NAME, annotator), *others]).get(_NAME)
    return [*found, *([double] if double else [])]


def with_text(case: Case, text: str) -> Case:
    """The same annotation of an item that shows another text than the workspace's article."""
    return replace(case, data={**case.data, "text": text})


def judged_export(case: Case, declaration: Declaration) -> list[Finding]:
    """What the conversion says of the case's annotation as it stands in an export, which knows no workspace."""
    text = case.data.get("text")
    found = findings(case.raw, {} if text is None else {"text": text}, declaration)
    others = [{"completed_by": int(author) if author else None} for _, author in case.siblings]
    return [*found, *(one for one in across([case.raw, *others]) if (one.json_pointer or "").startswith("/0/"))]
