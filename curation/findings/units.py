"""What is wrong with the unit in which a project's offsets are counted."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

UNITS: dict[str, FindingKind] = {}
