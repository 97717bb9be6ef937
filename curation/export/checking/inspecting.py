"""Check a built dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curation.export.checking.checks import CHECKS, LEAST
from curation.export.checking.mislabelled import label_errors as likely_label_errors
from curation.export.checking.nearness import near_copies
from curation.export.checking.problems import Problem
from curation.export.checking.survey import survey
from curation.export.reading import Dataset


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What was found in a dataset, gravest first."""

    path: Path
    name: str
    articles: int
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems


def check(folder: Path, *, least: int = LEAST, label_errors: bool = False) -> CheckResult:
    """Look for what a trainer would trip over. A class with fewer than `least` rows in a split is tiny.

    With `label_errors`, labels that a model finds unlikely are told too, which takes a minute for 10,000 articles.
    Raises `E_NOT_FOUND`, `E_EXPORT_UNREADABLE`; `E_EXTRA_MISSING` if label errors need an extra that is not installed.
    """
    dataset = Dataset(folder)
    seen = survey(dataset)
    problems = [problem for one in CHECKS for problem in one(seen, least)]
    problems += near_copies(dataset, seen)
    if label_errors:
        problems += likely_label_errors(dataset)
    problems.sort(key=lambda problem: problem.severity)
    return CheckResult(folder, str(dataset.facts["name"]), len(seen.splits), tuple(problems))
