"""Findings counted in one pass, by code and by annotator; a few of each code are kept to be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from curation.findings import FINDINGS
from curation.records import Finding, Severity

Shown = TypeVar("Shown")


@dataclass(slots=True)
class _Distinct:
    """Counts how many different ones come by, if all that are the same come one after the other."""

    number: int = 0
    _last: str | None = None

    def see(self, name: str | None) -> None:
        if name is not None and name != self._last:
            self.number += 1
            self._last = name


@dataclass(slots=True)
class Tally(Generic[Shown]):
    """The findings of one code: how many there are, and the first of them as they are shown."""

    code: str
    severity: Severity
    findings: int = 0
    annotators: set[str] = field(default_factory=set)
    shown: list[Shown] = field(default_factory=list)
    _annotations: _Distinct = field(default_factory=_Distinct)
    _articles: _Distinct = field(default_factory=_Distinct)

    @property
    def title(self) -> str:
        """What is wrong, in a few words; the code itself where this version does not know it."""
        kind = FINDINGS.get(self.code)
        return kind.title if kind else self.code

    @property
    def fix(self) -> str:
        """How such findings are mended."""
        kind = FINDINGS.get(self.code)
        return kind.fix if kind else ""

    @property
    def explanation(self) -> str:
        """What such findings mean."""
        kind = FINDINGS.get(self.code)
        return kind.explanation if kind else ""

    @property
    def annotations(self) -> int:
        """How many annotations have such a finding."""
        return self._annotations.number

    @property
    def articles(self) -> int:
        """How many articles have such a finding."""
        return self._articles.number

    def see(self, found: Finding) -> None:
        """Count a finding."""
        self.findings += 1
        self._annotations.see(found.annotation)
        self._articles.see(found.article_id)
        if found.annotator is not None:
            self.annotators.add(found.annotator)


@dataclass(slots=True)
class Digest(Generic[Shown]):
    """All findings counted. `by_annotator` has errors and warnings of each; what names no annotator stands under ""."""

    by_annotator: dict[str, tuple[int, int]] = field(default_factory=dict)
    _tallies: dict[str, Tally[Shown]] = field(default_factory=dict)
    _annotations: _Distinct = field(default_factory=_Distinct)
    _articles: _Distinct = field(default_factory=_Distinct)

    @property
    def tallies(self) -> list[Tally[Shown]]:
        """One a code, the worst first: errors before warnings, then what there is most of."""
        return sorted(self._tallies.values(), key=lambda one: (one.severity != "error", -one.findings, one.code))

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(one.findings for one in self._tallies.values() if one.severity == "error")

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(one.findings for one in self._tallies.values() if one.severity != "error")

    @property
    def annotations(self) -> int:
        """How many annotations have a finding."""
        return self._annotations.number

    @property
    def articles(self) -> int:
        """How many articles have a finding."""
        return self._articles.number

    def see(self, found: Finding) -> Tally[Shown]:
        """Count a finding, and return the tally that it was counted in."""
        tally = self._tallies.setdefault(found.code, Tally(found.code, found.severity))
        tally.see(found)
        self._annotations.see(found.annotation)
        self._articles.see(found.article_id)
        errors, warnings = self.by_annotator.get(found.annotator or "", (0, 0))
        error = found.severity == "error"
        self.by_annotator[found.annotator or ""] = (errors + error, warnings + (not error))
        return tally


def digest(findings: Iterable[Finding], show: Callable[[Finding], Shown], *, limit: int) -> Digest[Shown]:
    """Count findings that come by article and annotation; `show` makes the first `limit` of each code what is shown.

    What it holds grows with the number of codes and people alone. Annotations and articles that do not come one after
    the other are counted more than once.
    """
    counted: Digest[Shown] = Digest()
    for found in findings:
        tally = counted.see(found)
        if len(tally.shown) < limit:
            tally.shown.append(show(found))
    return counted
