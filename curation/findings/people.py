"""What is striking in how one person annotates, across articles."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

PEOPLE: dict[str, FindingKind] = {}
