"""Check one record, merge that with what was found while it was read, and compare the annotations of one article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from curation.catalog import Schemas, Task
from curation.findings import FINDINGS, FindingKind, finding
from curation.records import Annotation, Article, Finding, moment, to_json
from curation.validation.rules import RULES

_SHARED = frozenset(
    {"F_ARTICLE_UNKNOWN", "F_REGION_DUPLICATE_ID", "F_OFFSET_RANGE", "F_TEXT_MISMATCH", "F_TEXT_WHITESPACE"}
)
"""Faults that show in the raw annotation and again in the record."""

_FOLLOWING = frozenset(
    {"F_ATTRIBUTE_LABEL", "F_REQUIRED_MISSING", "F_RELATION_DANGLING", "F_RELATION_ENDS", "F_HOLDER_MISSING"}
)
"""What a record seems to lack or confuse where the raw region was at fault."""

_FOLLOWING_FROM: Mapping[str, frozenset[str]] = {
    "F_REGION_DUPLICATE_ID": frozenset({"F_CARDINALITY"}),
    "F_OFFSET_RANGE": frozenset({"F_SPAN_EDGES", "F_SPAN_PARAGRAPH", "F_SPAN_GRAPHEME"}),
    "F_TEXT_MISMATCH": frozenset({"F_SPAN_EDGES", "F_SPAN_PARAGRAPH", "F_SPAN_GRAPHEME"}),
}
"""What is only to be expected of a raw region with this fault: spans of one id share their attributes, and where
another span is marked than was meant, its edges say nothing."""


_MISPLACED = frozenset({"F_OFFSET_RANGE", "F_TEXT_MISMATCH", "F_TEXT_WHITESPACE"})
"""What one cause does to many spans at once, such as another text, or offsets in another unit."""


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who submitted an annotation of an article, or a part of it, in which round and project, and when."""

    annotation: str
    annotator: str | None
    round: int = 1
    server: str = ""
    project: int | None = None
    created_at: str | None = None
    part: int | None = None


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
    following = {(code, problem.region) for problem in problems for code in _FOLLOWING_FROM.get(problem.code, ())}
    added = [
        found
        for found in check(record, article, task, schemas)
        if (found.code, found.region) not in reported | following
        and not (found.code in _FOLLOWING and found.region in broken)
    ]
    return [*problems, *added]


def summed_up(findings: Sequence[Finding]) -> list[Finding]:
    """The findings without those for which another one speaks that names its `regions`.

    It speaks for the misplaced texts of these, and stands in the place of one of its code that names no mention.
    """
    speaking = [one for one in findings if one.regions]
    codes = {one.code for one in speaking}
    regions = {region for one in speaking for region in one.regions or ()}
    return [
        one
        for one in findings
        if one.regions
        or not ((one.code in _MISPLACED and one.region in regions) or (one.code in codes and one.region is None))
    ]


def doubled(article_id: str, submitted: Iterable[Authorship]) -> dict[str, Finding]:
    """For each annotation of an article that another one by its annotator in the same round puts aside, the finding.

    Of several projects, that of the newest annotation counts, and what the others hold is superseded. Two annotations
    in one project are doubles: neither is preferred.
    """
    by_author: dict[tuple[str, int, int | None], list[Authorship]] = {}
    for one in submitted:
        if one.annotator is not None:
            by_author.setdefault((one.annotator, one.round, one.part), []).append(one)
    return {
        annotation: found
        for own in by_author.values()
        if len(own) > 1
        for annotation, found in _put_aside(article_id, own)
    }


def _put_aside(article_id: str, own: Sequence[Authorship]) -> Iterator[tuple[str, Finding]]:
    """What is found in the annotations of one article by one annotator in one round."""
    newest = max(own, key=_age)
    standing = sorted(one.annotation for one in own if _project(one) == _project(newest))
    for one in own:
        part = f"part {one.part} of " if one.part else ""
        about = f"{one.annotator} submitted {part}article {article_id!r} in round {one.round}"
        others = ", ".join(name for name in standing if name != one.annotation)
        if one.annotation not in standing:
            message = f"{about} again: a newer project's annotation takes its place ({others})"
            yield one.annotation, finding("F_ANNOTATION_SUPERSEDED", message)
        elif others:
            yield one.annotation, finding("F_ANNOTATION_DOUBLED", f"{about} also as {others}")


def _project(one: Authorship) -> tuple[str, int | None]:
    return one.server, one.project


def _age(one: Authorship) -> tuple[datetime, int, str]:
    """Grows with the time of creation; a later project has the higher number where times do not tell."""
    return moment(one.created_at) or datetime.min.replace(tzinfo=UTC), one.project or 0, one.server


def explain(code: str) -> FindingKind | None:
    """What a finding's code means and how it is mended; None if there is no such code."""
    return FINDINGS.get(code)
