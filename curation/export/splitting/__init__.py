"""Which split an article is in, so that nothing is learned in one split that gives away another; and the proof."""

from __future__ import annotations

from curation.export.splitting.members import WHY, Member, Plan, Reason
from curation.export.splitting.planning import plan, require_possible, rules

__all__ = ["WHY", "Member", "Plan", "Reason", "plan", "require_possible", "rules"]
