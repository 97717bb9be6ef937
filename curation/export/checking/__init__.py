"""What a trainer of models would trip over in a built dataset, before a figure is printed that means something else."""

from __future__ import annotations

from curation.export.checking.checks import CHECKS
from curation.export.checking.inspecting import CheckResult, check
from curation.export.checking.problems import Problem

__all__ = ["CHECKS", "CheckResult", "Problem", "check"]
