"""What is wrong with a file that was exported from Label Studio, beyond its annotations."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

EXPORTS: dict[str, FindingKind] = {}
