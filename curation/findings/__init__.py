"""Every kind of finding: its stable code, severity, what it means, an example, and how it is mended."""

from __future__ import annotations

from dataclasses import replace

from curation.findings.exports import EXPORTS
from curation.findings.fields import FIELDS
from curation.findings.kinds import FindingKind
from curation.findings.people import PEOPLE
from curation.findings.relations import RELATIONS
from curation.findings.spans import SPANS
from curation.findings.surroundings import SURROUNDINGS
from curation.findings.texts import TEXTS
from curation.findings.units import UNITS
from curation.records import Finding, Severity

__all__ = ["FAMILIES", "FINDINGS", "FindingKind", "finding", "locate"]

FAMILIES: dict[str, dict[str, FindingKind]] = {
    "Around an annotation": SURROUNDINGS,
    "Spans": SPANS,
    "Fields": FIELDS,
    "Relations and holders": RELATIONS,
    "Offsets": UNITS,
    "One annotator's work": PEOPLE,
    "Exported files": EXPORTS,
    "Texts that are put back": TEXTS,
}
"""The kinds of findings by what they are about."""

FINDINGS: dict[str, FindingKind] = {code: kind for family in FAMILIES.values() for code, kind in family.items()}


def finding(
    code: str,
    message: str,
    *,
    region: str | None = None,
    json_pointer: str | None = None,
    fix: str | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding of a known kind; `locate` adds where it belongs."""
    kind = FINDINGS[code]
    return Finding(code, severity or kind.severity, message, fix or kind.fix, region=region, json_pointer=json_pointer)


def locate(
    found: Finding, *, annotation: str, article_id: str | None, annotator: str | None, url: str | None
) -> Finding:
    """The same finding with the annotation, article, annotator and URL that it belongs to."""
    return replace(found, annotation=annotation, article_id=article_id, annotator=annotator, url=url)
