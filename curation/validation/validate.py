"""Judge every submitted annotation of a task: valid, or quarantined with its findings."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from curation import __version__
from curation.catalog import Schemas, Task
from curation.findings import finding, locate
from curation.records import Article, Finding, Progress
from curation.store import Store, StoredAnnotation
from curation.validation.check import Authorship, doubled, examine, summed_up
from curation.validation.habits import by_annotation, habits
from curation.validation.outdated import outdated
from curation.validation.parts import disjointed
from curation.validation.report import ValidationReport, report
from curation.validation.rules import RULES_VERSION

_BATCH = 200
Verdict = Literal["valid", "quarantined"]


Beside = Callable[[StoredAnnotation], Iterable[Finding]]
"""Further findings about an annotation, from what the rules cannot see: versions of the screen, units of offsets."""


@dataclass(frozen=True, slots=True)
class _Judgement:
    annotation: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    validated_with: str


def validate(
    store: Store,
    task: Task,
    schemas: Schemas,
    *,
    beside: Beside | None = None,
    progress: Progress | None = None,
) -> ValidationReport:
    """Judge the submitted annotations of `task` whose content, article, siblings or rules are not those judged before.

    An annotation with an error is quarantined: kept, and left out of exports until a later revision is valid. One is
    also judged anew when what `beside` says of it, or what is striking in its annotator's work, has changed. `progress`
    is called with annotations done and their number. Verdicts are written in batches, so that a run that is stopped
    loses at most the last one.
    """
    total = sum(store.annotations.counts(task.name).values())
    judging = _Judging(store, task, schemas, beside)
    tally: Counter[str] = Counter()
    batch: list[_Judgement] = []
    done = 0
    for siblings in store.annotations.by_article(task.name):
        for status, judgement in judging.judge(siblings):
            tally[status] += 1
            if judgement is not None:
                batch.append(judgement)
        if len(batch) >= _BATCH:
            _write(store, batch)
        done += len(siblings)
        if progress is not None:
            progress(done, total)
    _write(store, batch)
    return report(store, task.name, tally)


class _Judging:
    """What judging one article's annotations after the other needs."""

    def __init__(self, store: Store, task: Task, schemas: Schemas, beside: Beside | None) -> None:
        self._store = store
        self._task = task
        self._schemas = schemas
        self._beside = beside
        self._rules = _fingerprint(task, schemas)
        self._refused = store.articles.refused()
        # Whoever takes one of several suggestions is quick, and likes one of them.
        striking = {} if task.is_for_adjudicators else habits(store.annotations.submitted(task.name), task)
        self._striking = by_annotation(striking, store.annotations.numbered)

    def judge(self, siblings: list[StoredAnnotation]) -> Iterator[tuple[str, _Judgement | None]]:
        """The status of each annotation of one article, and the judgement of those that need one."""
        submitted = [one for one in siblings if one.status == "submitted"]
        article_id = siblings[0].article_id
        article = self._store.articles.get(article_id) if submitted and article_id is not None else None
        beside = self._found_beside(article_id, article, submitted)
        for one in siblings:
            if one.status != "submitted":
                yield one.status, None
                continue
            about = [f"{each.code} {each.message}" for each in beside[one.id]]
            validated_with = _hash(self._rules, article.sha256 if article else "", *about)
            if one.verdict is not None and one.validated_with == validated_with:
                yield "unchanged", None
                continue
            examined = examine(one.record, one.problems, article, self._task, self._schemas)
            found = [outdated(each, one, self._task, self._store) for each in examined]
            yield "checked", _verdict(one, summed_up([*found, *beside[one.id]]), validated_with)

    def _found_beside(
        self, article_id: str | None, article: Article | None, submitted: list[StoredAnnotation]
    ) -> dict[str, list[Finding]]:
        """By annotation what is found by looking at others: its siblings, its annotator's, and what the caller has."""
        twice = doubled(article_id or "", map(_authorship, submitted))
        records = [one.record for one in submitted if one.record is not None and one.id not in twice]
        parts = self._store.parts.count(article.id) if article and any(record.part for record in records) else 0
        apart = disjointed(records, parts, self._task)
        refused = [
            finding("F_ARTICLE_REFUSED", f"what {article_id!r} was read from is refused by now: {reason}")
            for reason in filter(None, [self._refused.get(article_id or "")])
        ]
        return {
            one.id: [
                *refused,
                *([twice[one.id]] if one.id in twice else ()),
                *apart.get(one.id, ()),
                *self._striking.get(one.id, ()),
                *(self._beside(one) if self._beside is not None else ()),
            ]
            for one in submitted
        }


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
