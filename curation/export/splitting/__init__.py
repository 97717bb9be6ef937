"""Which split an article is in, so that nothing is learned in one split that gives away another; and the proof."""

from __future__ import annotations

from curation.export.splitting.members import WHY, Member, Plan, Reason
from curation.export.splitting.overlapping import Closest, Leakage, Overlap, Period, leakage
from curation.export.splitting.planning import plan, require_possible, rules

__all__ = [
    "WHY",
    "Closest",
    "Leakage",
    "Member",
    "Overlap",
    "Period",
    "Plan",
    "Reason",
    "leakage",
    "plan",
    "require_possible",
    "rules",
]
