"""What holds of an article: what the rules settle, or what somebody decided where they left something open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import asdict, replace
from typing import Any

from curation.adjudication.decisions import several
from curation.adjudication.merged import Merged, Ruling
from curation.catalog import Task
from curation.records import Annotation, Gold, GoldMethod, Origin, Value, task_versions

BY_RULES = "rules"
"""The annotator of what rules settled."""

_PLAIN = frozenset({"unanimous", "single"})


def settled(merged: Merged, made: str) -> Gold | None:
    """The gold of an article by rules alone, `made` by those of that name; None where they leave a question open."""
    if merged.conflicts:
        return None
    record = merged.annotation(f"gold-{merged.article_id}", BY_RULES)
    return Gold(record, _method(merged), origins_of(merged), made, rulings=documents(merged))


def decided(merged: Merged, made: str, annotation: Annotation, decided_at: str | None) -> Gold:
    """The gold of an article as an adjudicator's annotation has it."""
    versions = task_versions((merged.task_version, annotation.task_version))
    return Gold(
        replace(annotation, task=merged.task, task_version=versions),
        "adjudicated",
        origins_of(merged),
        made,
        decided_by=annotation.annotator,
        decided_at=decided_at,
        rulings=documents(merged),
    )


def origins_of(merged: Merged) -> tuple[Origin, ...]:
    """The annotations that were merged."""
    return tuple(sorted(Origin(one.annotation, one.annotator, one.revision) for one in merged.annotations))


def documents(merged: Merged) -> list[dict[str, Any]]:
    """Every ruling as JSON: the question, its outcome, who said what, and the soft label in `shares`."""
    return [_document(ruling) for ruling in merged.rulings]


def _document(ruling: Ruling) -> dict[str, Any]:
    given = asdict(ruling)
    return {**given.pop("decision"), **given}


def _method(merged: Merged) -> GoldMethod:
    if len(merged.annotations) == 1:
        return "single"
    plain = all(ruling.decision.why in _PLAIN for ruling in merged.rulings) and not merged.rejected
    return "unanimous" if plain else "rules"


def content(annotation: Annotation, task: Task) -> Hashable:
    """What an annotation says, whatever its mentions are called: equal for annotations that say the same.

    Remarks on the article are left out, as of gold.
    """
    places = {one.id: (one.label, one.start, one.end, _values(one.attributes)) for one in annotation.mentions}
    remarks = {name for name, field in task.choices.items() if field.kind == "text" and not field.target}
    said = {name: value for name, value in annotation.choices.items() if name not in remarks}
    relations = Counter((places[one.source], places[one.target], one.label) for one in annotation.relations)
    return frozenset(Counter(places.values()).items()), frozenset(relations.items()), _values(said)


def _values(given: Mapping[str, Value]) -> Hashable:
    return frozenset((name, several(value)) for name, value in given.items() if value)
