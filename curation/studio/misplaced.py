"""What misplaces many spans at once, said once an annotation: a text that was edited, a unit that is not ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from curation.catalog import Task
from curation.findings import finding
from curation.records import Finding
from curation.store import Store, StoredAnnotation
from curation.studio.counting import MISPLACED, Counting, counted_otherwise, doubtful
from curation.studio.offsets import spans_of
from curation.studio.raw import rows_of
from curation.studio.rendering import agreement
from curation.text import contrast, counted
from curation.units import UNITS, Evidence


class Misplaced:
    """What misplaces many spans at once: a text that was changed on the server, a project that counts another unit.

    Each is one finding for all spans of an annotation; it names them as its `regions`.
    """

    def __init__(self, store: Store, task: Task) -> None:
        self._store = store
        self._projects = {(one.server, one.project): one for one in doubtful(store, task) if one.evidence.suspicious}

    def of(self, stored: StoredAnnotation) -> Iterator[Finding]:
        """The finding of an annotation, if there is one. The first in a project of another unit tells the evidence."""
        if any(problem.code in MISPLACED for problem in stored.problems):
            found = self._edited(stored) or self._in_another_unit(stored)
            yield from (found,) if found is not None else ()

    def _edited(self, stored: StoredAnnotation) -> Finding | None:
        """Whether spans hold what they were marked on in the article's own text, and not in the server's."""
        article = self._store.articles.get(stored.article_id or "")
        there = self._store.articles.text(stored.context.get("sha256") or "")
        if article is None or there is None or there == article.text:
            return None
        ahead = int((stored.context.get("part") or {}).get("start", 0))
        spans = [
            (row.id, row.word_of_value("text"), there[start:end], article.text[ahead + start : ahead + end])
            for row, start, end in spans_of(rows_of(stored.raw))
            if row.type == "labels" and 0 <= start < end
        ]
        lost = [name for name, kept, now, before in spans if agreement(kept, before) and not agreement(kept, now)]
        if not lost:
            return None
        message = (
            f"the text of {article.id!r} in Label Studio is no longer the workspace's, on which "
            f"{len(lost)} of {counted(len(spans), 'span')} were marked"
        )
        fix = f"Put the text of `curation articles show {article.id}` back into the item in Label Studio, and pull."
        return _of_all(finding("F_TEXT_CHANGED", message, json_pointer="/article_sha256", fix=fix), lost)

    def _in_another_unit(self, stored: StoredAnnotation) -> Finding | None:
        project = self._projects.get((str(stored.context.get("server")), stored.context.get("project") or 0))
        text = self._store.articles.text(stored.context.get("sha256") or "") if project is not None else None
        regions = counted_otherwise(stored, text) if text is not None else ()
        if project is None or not regions:
            return None
        return _of_all(_unit_finding(project, stored, len(regions)), regions)


def _of_all(found: Finding, regions: Iterable[str]) -> Finding:
    return replace(found, regions=tuple(dict.fromkeys(regions)))


def _unit_finding(project: Counting, stored: StoredAnnotation, spans: int) -> Finding:
    evidence, where = project.evidence, f"project {project.project}" if project.project else "the project"
    fix = None
    if evidence.mixed:
        fix = (
            "Nothing is converted by majority. `curation validate --fix-offsets UNIT` converts the annotations "
            "whose own stored texts say that they count this unit, and no other."
        )
    here = f"{counted(spans, 'span')} of this annotation"
    if stored.id == project.annotation:
        message = f"in {where} of {project.server}, {evidence.summary()}{_shown(evidence)}; it concerns {here}"
    else:
        unit = UNITS[evidence.unit] if evidence.unit else "another unit than code points"
        message = f"in {where} of {project.server}, offsets count {unit}; it concerns {here}"
    return finding("F_OFFSET_UNIT", message, json_pointer="/result", fix=fix)


def _shown(evidence: Evidence) -> str:
    if not evidence.examples:
        return ""
    one = evidence.examples[0]
    stored, there = contrast(one.stored, one.there)
    return f"; such as {stored} at {one.start}–{one.end}, where the text has {there}"
