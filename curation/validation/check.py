"""Check one record, merge that with what was found while it was read, and compare the annotations of one article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from curation.catalog import Schemas, Task
from curation.findings import FINDINGS, FindingKind, finding
from curation.records import Annotation, Article, Finding, to_json
from curation.validation.rules import RULES

_SHARED = frozenset(
    {"F_ARTICLE_UNKNOWN", "F_REGION_DUPLICATE_ID", "F_OFFSET_RANGE", "F_TEXT_MISMATCH", "F_TEXT_WHITESPACE"}
)
"""Faults that show in the raw annotation and again in the record."""

_FOLLOWING = frozenset(
    {"F_ATTRIBUTE_LABEL", "F_REQUIRED_MISSING", "F_RELATION_DANGLING", "F_RELATION_ENDS", "F_HOLDER_MISSING"}
)
"""What a record seems to lack or confuse where the raw region was at fault."""


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who submitted an annotation of an article in which round."""

    annotation: str
    annotator: str | None
    round: int = 1


def check(record: Annotation, article: Article | None, task: Task, schemas: Schemas) -> list[Finding]:
    """What is wrong with a record of `task`; `article` is the workspace's, None if it has none.

    JSON pointers point into the record. The rules need the record's shape: if that is broken, they are not asked.
    """
    problems = schemas.problems("annotation", to_json(record))
    if problems:
        return [finding("F_RECORD_SCHEMA", str(problem), json_pointer=problem.pointer) for problem in problems]
    return [found for _, rule in RULES for found in rule(record, article, task)]


def examine(
    record: Annotation | None, problems: Sequence[Finding], article: Article | None, task: Task, schemas: Schemas
) -> list[Finding]:
    """`problems`, found while the record was read, and what `check` adds to them.

    What was reported of a region is not repeated, nor is what only follows from it: a span that could not be read
    leaves relations dangling, one with two labels has attributes of both.
    """
    if record is None:
        if any(problem.severity == "error" for problem in problems):
            return list(problems)
        return [*problems, finding("F_RECORD_SCHEMA", "no record could be read from the annotation")]
    reported = {(problem.code, problem.region) for problem in problems if problem.code in _SHARED}
    broken = {problem.region for problem in problems if problem.region and problem.severity == "error"}
    added = [
        found
        for found in check(record, article, task, schemas)
        if (found.code, found.region) not in reported and not (found.code in _FOLLOWING and found.region in broken)
    ]
    return [*problems, *added]


def doubled(article_id: str, submitted: Iterable[Authorship]) -> dict[str, Finding]:
    """For each annotation of an article whose annotator submitted another one in the same round, the finding."""
    by_author: dict[tuple[str, int], list[str]] = {}
    for one in submitted:
        if one.annotator is not None:
            by_author.setdefault((one.annotator, one.round), []).append(one.annotation)
    found: dict[str, Finding] = {}
    for (annotator, number), ids in by_author.items():
        for annotation in ids if len(ids) > 1 else ():
            others = ", ".join(sorted(set(ids) - {annotation}))
            message = f"{annotator} submitted article {article_id!r} in round {number} also as {others}"
            found[annotation] = finding("F_ANNOTATION_DOUBLED", message)
    return found


def explain(code: str) -> FindingKind | None:
    """What a finding's code means and how it is mended; None if there is no such code."""
    return FINDINGS.get(code)
