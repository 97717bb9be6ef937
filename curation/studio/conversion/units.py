"""Offsets of an export that count another unit than code points: found a project, and converted item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from curation.findings import finding
from curation.records import Finding
from curation.studio.authors import author_of
from curation.studio.conversion.declaration import Declaration
from curation.studio.offsets import Counted, in_code_points, spans_of
from curation.studio.raw import Row, rows_of
from curation.studio.rendering import agreement
from curation.units import CODE_POINTS, Detector, Evidence

Project = int | None
"""A project's number, None where the export does not give it."""


@dataclass(slots=True)
class _Seen:
    detector: Detector = field(default_factory=lambda: Detector(agreement))
    # Where the first span stands whose stored text is not at its offsets.
    first: str | None = None


class Counting:
    """What the spans of an export say about the unit of their offsets, project by project; counts alone are kept.

    It is enough to see the items in which a stored text is not at its offsets, until `suspicious`: what is then
    reported and decided needs all items.
    """

    def __init__(self, declaration: Declaration) -> None:
        self._declaration = declaration
        self._projects: dict[Project, _Seen] = {}

    def see(self, item: Mapping[str, Any], index: int) -> None:
        """Take in the item at this position of the export."""
        seen = self._projects.setdefault(_project(item), _Seen())
        texts = _texts(item, self._declaration)
        for position, annotation in _annotations(item):
            author = author_of(annotation, draft=False)
            for row, start, end in spans_of(rows_of(annotation)):
                text, stored = texts.get(row.word("to_name")), row.word_of_value("text")
                if text is None or not stored:
                    continue
                seen.detector.add(text, start, end, stored, f"annotator {author.key}" if author.key else "")
                if seen.first is None and not agreement(stored, text[max(start, 0) : max(end, 0)]):
                    seen.first = f"/{index}/annotations/{position}{row.at('value', 'start')}"

    @property
    def suspicious(self) -> bool:
        """Whether some spans seen so far fit another unit."""
        return any(seen.detector.evidence().suspicious for seen in self._projects.values())

    def evidence(self) -> dict[Project, Evidence]:
        """What the spans say, by project."""
        return {project: seen.detector.evidence() for project, seen in self._projects.items()}

    def findings(self) -> Iterator[Finding]:
        """One for each project whose offsets count something else, at the first span that shows it."""
        for project, seen in self._projects.items():
            evidence = seen.detector.evidence()
            if not evidence.suspicious:
                continue
            where = "" if project is None else f"in project {project}, "
            fix = "Nothing is converted by majority: split the export, or export with code points."
            if not evidence.mixed:
                fix = "`curation convert --fix-offsets` converts them and checks each span."
            yield finding("F_OFFSET_UNIT", where + evidence.summary(), json_pointer=seen.first, fix=fix)

    def decided(self) -> dict[Project, Counted]:
        """The unit of each project whose informative spans all say that it is not code points."""
        return {
            project: Counted(evidence.unit, evidence.certain)
            for project, evidence in self.evidence().items()
            if evidence.unit not in (None, CODE_POINTS) and evidence.unit is not None
        }


def in_units(
    item: Mapping[str, Any], declaration: Declaration, decided: Mapping[Project, Counted]
) -> tuple[Mapping[str, Any], list[Finding]]:
    """The item with its annotations' offsets in code points, and what there is to say; pointers begin at the item.

    The item itself where nothing has to be changed. Predictions and drafts, which are kept as JSON, stay as they are.
    """
    counted = decided.get(_project(item))
    if counted is None:
        return item, []
    texts = _texts(item, declaration)
    found: list[Finding] = []
    changed: dict[int, Mapping[str, Any]] = {}
    for position, annotation in _annotations(item):
        rows = rows_of(annotation)
        converted: dict[int, Row] = {}
        for name in dict.fromkeys(row.word("to_name") for row in rows):
            if name in texts:
                own = [row for row in rows if row.word("to_name") == name]
                placed, said = in_code_points(own, texts[name], counted)
                converted |= {row.position: row for row in placed}
                at = f"/annotations/{position}"
                found += [replace(one, json_pointer=f"{at}{one.json_pointer or ''}") for one in said]
        if any(converted[row.position] is not row for row in rows if row.position in converted):
            result = [
                converted[place].document if place in converted else row
                for place, row in enumerate(annotation["result"])
            ]
            changed[position] = {**annotation, "result": result}
    if not changed:
        return item, found
    annotations = [changed.get(position, one) for position, one in enumerate(item["annotations"])]
    return {**item, "annotations": annotations}, found


def _project(item: Mapping[str, Any]) -> Project:
    found = item.get("project")
    return found if type(found) is int else None


def _texts(item: Mapping[str, Any], declaration: Declaration) -> dict[str, str]:
    data = item.get("data")
    shown = (one for one in declaration.texts.values() if one.tag == "Text") if isinstance(data, dict) else ()
    found = {one.name: one.of(data) for one in shown if isinstance(data, dict)}
    return {name: text for name, text in found.items() if isinstance(text, str)}


def _annotations(item: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    found: Sequence[Any] = item["annotations"] if isinstance(item.get("annotations"), list) else ()
    for position, annotation in enumerate(found):
        if isinstance(annotation, dict):
            yield position, annotation
