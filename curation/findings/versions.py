"""What does not fit the version of the interface and the codebook that an annotation was made with."""

from __future__ import annotations

from curation.findings.kinds import FindingKind

VERSIONS: dict[str, FindingKind] = {}
