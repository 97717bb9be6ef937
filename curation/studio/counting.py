"""In which unit the offsets of a project count: found in what is stored of it, decided, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curation.catalog import Schemas, Task
from curation.store import Store, StoredAnnotation
from curation.studio.intake import reread
from curation.studio.offsets import spans_of
from curation.studio.raw import rows_of
from curation.studio.rendering import agreement
from curation.units import CODE_POINTS, UNITS, Detector, Evidence, Readings

AUTO, NONE = "auto", "none"
CHOICES = (AUTO, NONE, *(unit for unit in UNITS if unit != CODE_POINTS))
"""What can be decided: the unit that the evidence names, none (take decisions back), or a unit by name."""

MISPLACED = frozenset(("F_TEXT_MISMATCH", "F_OFFSET_RANGE"))
"""What shows in an annotation whose spans are not where they say."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What the spans of one project say, and the first submitted annotation with one that counts another unit."""

    server: str
    project: int
    evidence: Evidence
    annotation: str | None


@dataclass(frozen=True, slots=True)
class Fixed:
    """What was done about a project's offsets.

    `unit` is what they now count as, None where they are left alone; `reread` annotations were read anew, `converted`
    of them had offsets that moved. `evidence` says why.
    """

    server: str
    project: int
    unit: str | None
    reread: int
    converted: int
    evidence: str

    def __str__(self) -> str:
        project = f"project {self.project} of {self.server}" if self.project else f"the project of {self.server}"
        if self.unit is None and self.reread:
            return f"{project}: offsets count code points again; {self.reread} annotations were read anew"
        if self.unit is None:
            return f"{project} is left alone: {self.evidence}"
        return f"{project}: {self.evidence}; {self.converted} of {self.reread} annotations converted"


def doubtful(store: Store, task: Task) -> Iterator[Counting]:
    """What the spans of each project say that has misplaced ones, and about which nothing was decided."""
    decided = store.units.all()
    for server, project in store.units.doubtful(task.name):
        if (server, project) not in decided:
            yield counting(store, task, server, project)


def counting(store: Store, task: Task, server: str, project: int) -> Counting:
    """What the spans of one project say, read one annotation after the other."""
    detector = Detector(agreement)
    first = None
    sha256, text = None, None
    for annotation_id in store.units.annotations(task.name, server, project):
        stored = store.annotations.get(annotation_id)
        if stored is None:
            continue
        if stored.context.get("sha256") != sha256:
            sha256 = stored.context.get("sha256")
            text = store.articles.text(sha256) if sha256 else None
        if text is None:
            continue
        if first is None and stored.status == "submitted" and counted_otherwise(stored, text):
            first = annotation_id
        for row, start, end in spans_of(rows_of(stored.raw)):
            if row.type == "labels":
                detector.add(text, start, end, row.word_of_value("text"), stored.annotator or "")
    return Counting(server, project, detector.evidence(), first)


def counted_otherwise(stored: StoredAnnotation, text: str) -> tuple[str, ...]:
    """The ids of the spans of `text` that hold their stored text if offsets count another unit, and only then."""
    readings = Readings(text)
    found = dict.fromkeys(
        row.id
        for row, start, end in spans_of(rows_of(stored.raw))
        if row.type == "labels"
        and (fitting := readings.fitting(start, end, row.word_of_value("text"), agreement))
        and CODE_POINTS not in fitting
    )
    return tuple(found)


def fix(store: Store, task: Task, schemas: Schemas, choice: str) -> list[Fixed]:
    """Decide in which unit offsets count and read the annotations concerned anew; call it inside a transaction.

    With `auto`, each doubtful project whose informative spans all fit one unit is decided. With a unit, each one with
    annotations that fit it is, but only those annotations are converted. With `none`, all decisions are taken back. A
    second call with the same choice changes nothing.
    """
    if choice == NONE:
        return [_taken_back(store, task, schemas, server, project) for server, project in _of_task(store, task)]
    fixed = []
    for one in doubtful(store, task):
        evidence = one.evidence
        unit = choice if choice != AUTO else evidence.unit
        if unit in (None, CODE_POINTS) or not evidence.suspicious or not evidence.fits[str(unit)]:
            if evidence.suspicious:
                fixed.append(Fixed(one.server, one.project, None, 0, 0, evidence.summary()))
            continue
        certain = evidence.certain and evidence.unit == unit
        document: dict[str, Any] = {**evidence.to_json(), "chosen": choice}
        store.units.decide(one.server, one.project, str(unit), certain=certain, evidence=document)
        count, converted = _reread(store, task, schemas, one.server, one.project)
        fixed.append(Fixed(one.server, one.project, unit, count, converted, evidence.summary()))
    return fixed


def _of_task(store: Store, task: Task) -> list[tuple[str, int]]:
    """The decided projects that hold annotations of the task."""
    return [place for place in store.units.all() if next(store.units.annotations(task.name, *place), None) is not None]


def _taken_back(store: Store, task: Task, schemas: Schemas, server: str, project: int) -> Fixed:
    store.units.forget(server, project)
    count, _ = _reread(store, task, schemas, server, project)
    return Fixed(server, project, None, count, 0, "the decision was taken back")


def _reread(store: Store, task: Task, schemas: Schemas, server: str, project: int) -> tuple[int, int]:
    ids = list(store.units.annotations(task.name, server, project))
    reread(store, task, schemas, ids)
    stored = (store.annotations.get(one) for one in ids)
    converted = sum(
        any(problem.code == "F_OFFSET_CONVERTED" for problem in one.problems) for one in stored if one is not None
    )
    return len(ids), converted
