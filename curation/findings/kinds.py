"""What is documented of a kind of finding."""

from __future__ import annotations

from dataclasses import dataclass

from curation.records import Severity


@dataclass(frozen=True, slots=True)
class FindingKind:
    """A documented kind of finding. `error` quarantines the annotation, `warning` does not.

    `wrong` and `right` show it: the same place of an annotation, with the fault and mended, in a line or two.
    """

    severity: Severity
    title: str
    explanation: str
    fix: str
    wrong: str
    right: str
