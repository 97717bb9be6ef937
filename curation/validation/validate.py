"""Judge every submitted annotation of a task: valid, or quarantined with its findings."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from curation import __version__
from curation.catalog import Schemas, Task
from curation.findings import locate
from curation.records import Finding, Progress
from curation.store import Store, StoredAnnotation
from curation.validation.check import Authorship, doubled, examine
from curation.validation.parts import disjointed
from curation.validation.rules import RULES_VERSION

_BATCH = 200
Verdict = Literal["valid", "quarantined"]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What `validate` did, and what holds now.

    Of the submitted annotations, `checked` were judged in this run and `unchanged` had been judged before under the
    same rules; `valid` and `quarantined` count both. `skipped` and `drafts` are never judged. `findings` are those of
    all submitted annotations, by article, annotator and place; `by_code` counts them.
    """

    checked: int
    unchanged: int
    valid: int
    quarantined: int
    skipped: int
    drafts: int
    findings: tuple[Finding, ...]
    by_code: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Judgement:
    annotation: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    validated_with: str


def validate(store: Store, task: Task, schemas: Schemas, *, progress: Progress | None = None) -> ValidationReport:
    """Judge the submitted annotations of `task` whose content, article, siblings or rules are not those judged before.

    An annotation with an error is quarantined: kept, and left out of exports until a later revision is valid.
    `progress` is called with annotations done and their number. Verdicts are written in batches, so that a run that
    is stopped loses at most the last one.
    """
    ids = store.annotations.ids(task=task.name)
    rules = _fingerprint(task, schemas)
    tally: Counter[str] = Counter()
    batch: list[_Judgement] = []
    done = 0
    for siblings in _by_article(store, ids):
        for status, judgement in _judge(siblings, store, task, schemas, rules):
            tally[status] += 1
            if judgement is not None:
                batch.append(judgement)
        if len(batch) >= _BATCH:
            _write(store, batch)
        done += len(siblings)
        if progress is not None:
            progress(done, len(ids))
    _write(store, batch)
    return _report(store, task, tally)


def _judge(
    siblings: list[StoredAnnotation], store: Store, task: Task, schemas: Schemas, rules: str
) -> Iterator[tuple[str, _Judgement | None]]:
    """The status of each annotation of one article, and the judgement of those that need one."""
    submitted = [one for one in siblings if one.status == "submitted"]
    article_id = siblings[0].article_id
    article = store.articles.get(article_id) if submitted and article_id is not None else None
    twice = doubled(article_id or "", map(_authorship, submitted))
    records = [one.record for one in submitted if one.record is not None and one.id not in twice]
    parts = store.parts.count(article.id) if article and any(record.part for record in records) else 0
    apart = disjointed(records, parts, task)
    for one in siblings:
        if one.status != "submitted":
            yield one.status, None
            continue
        double = twice.get(one.id)
        beside = [*filter(None, [double]), *apart.get(one.id, ())]
        about = [f"{each.code} {each.message}" for each in beside]
        validated_with = _hash(rules, article.sha256 if article else "", *about)
        if one.verdict is not None and one.validated_with == validated_with:
            yield "unchanged", None
            continue
        found = examine(one.record, one.problems, article, task, schemas)
        yield "checked", _verdict(one, [*found, *beside], validated_with)


def _verdict(one: StoredAnnotation, found: Iterable[Finding], validated_with: str) -> _Judgement:
    located = tuple(
        locate(each, annotation=one.id, article_id=one.article_id, annotator=one.annotator, url=one.url)
        for each in found
    )
    errors = any(each.severity == "error" for each in located)
    return _Judgement(one.id, "quarantined" if errors else "valid", located, validated_with)


def _write(store: Store, batch: list[_Judgement]) -> None:
    if batch:
        with store.transaction():
            for one in batch:
                store.annotations.judge(one.annotation, one.verdict, one.findings, validated_with=one.validated_with)
        batch.clear()


def _report(store: Store, task: Task, tally: Mapping[str, int]) -> ValidationReport:
    counts = store.annotations.counts(task.name)
    findings = tuple(store.annotations.findings(task.name))
    return ValidationReport(
        checked=tally.get("checked", 0),
        unchanged=tally.get("unchanged", 0),
        valid=counts.get(("submitted", "valid"), 0),
        quarantined=counts.get(("submitted", "quarantined"), 0),
        skipped=tally.get("skipped", 0),
        drafts=tally.get("draft", 0),
        findings=findings,
        by_code=dict(sorted(Counter(found.code for found in findings).items())),
    )


def _by_article(store: Store, ids: Iterable[str]) -> Iterator[list[StoredAnnotation]]:
    """The annotations of one article after the other; those without an article one by one."""
    stored = (found for found in map(store.annotations.get, ids) if found is not None)
    for _, group in groupby(stored, key=lambda one: (one.article_id, one.id if one.article_id is None else None)):
        yield list(group)


def _authorship(one: StoredAnnotation) -> Authorship:
    created_at, server, project = one.raw.get("created_at"), one.context.get("server"), one.context.get("project")
    return Authorship(
        one.id,
        one.annotator,
        one.record.round if one.record else 1,
        server=server or "",
        project=project,
        created_at=created_at if isinstance(created_at, str) else None,
        part=one.record.part if one.record else (one.context.get("part") or {}).get("number"),
    )


def _fingerprint(task: Task, schemas: Schemas) -> str:
    """Changes whenever a verdict could: with the task, the schemas, the rules or the program."""
    documents = {name: schemas.document(name) for name in schemas.names}
    return _hash(task.digest, json.dumps(documents, sort_keys=True), RULES_VERSION, __version__)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
