"""Which findings a report is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from curation.records import Finding, Severity


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that findings must all meet. One that is empty or None does not select."""

    codes: tuple[str, ...] = ()
    annotator: str | None = None
    article: str | None = None
    severity: Severity | None = None

    def __bool__(self) -> bool:
        return bool(self.codes or self.annotator or self.article or self.severity)

    def __str__(self) -> str:
        """The conditions in words, such as `errors of F_PATTERN in article a-1`; empty if there is none."""
        if not self:
            return ""
        what = {"error": "errors", "warning": "warnings", None: "findings"}[self.severity]
        of = [f"of {' and '.join(self.codes)}"] if self.codes else []
        of += [f"in the work of {self.annotator}"] if self.annotator else []
        of += [f"in article {self.article}"] if self.article else []
        return " ".join([what, *of])

    def of(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings that meet the conditions, one after the other."""
        return filter(self.takes, findings)

    def takes(self, found: Finding) -> bool:
        """Whether a finding meets the conditions."""
        return (
            (not self.codes or found.code in self.codes)
            and (self.annotator is None or found.annotator == self.annotator)
            and (self.article is None or found.article_id == self.article)
            and (self.severity is None or found.severity == self.severity)
        )
