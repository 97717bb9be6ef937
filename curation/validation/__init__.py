"""What is wrong with an annotation: its record against the schema, then every semantic rule; errors quarantine it."""

from __future__ import annotations

from curation.validation.check import Authorship, check, doubled, examine, explain
from curation.validation.report import StoredFindings, ValidationReport
from curation.validation.rules import RULES, RULES_VERSION
from curation.validation.validate import Beside, validate

__all__ = [
    "RULES",
    "RULES_VERSION",
    "Authorship",
    "Beside",
    "StoredFindings",
    "ValidationReport",
    "check",
    "doubled",
    "examine",
    "explain",
    "validate",
]
