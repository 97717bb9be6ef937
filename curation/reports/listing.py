"""Findings as lines of text for a terminal: by code, the worst first, with the first few places of each."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from curation.records import Finding
from curation.reports.digest import Digest, Tally
from curation.reports.wording import shortened
from curation.text import counted, visible

Role = Literal["error", "warning", "code", "faint"]
Paint = Callable[[str, Role], str]
"""Gives a text the look of its role; lines are the same without it."""

_MESSAGE = 400
_NARROW = 60


def _plain(text: str, role: Role) -> str:
    return text


@dataclass(frozen=True, slots=True)
class Listing:
    """How findings are listed.

    `width` is that of the terminal in columns, None where lines are not broken. `more` says how to see what is left
    out of a code. `numbered` names annotations too, of which an article may have several by one annotator. `paint`
    colours; nothing that a finding says reaches the terminal with its control characters.
    """

    width: int | None = None
    paint: Paint = _plain
    numbered: bool = False
    more: Callable[[str], str] = lambda code: f"curation validate --code {code} --all"

    def of(self, found: Digest[Finding], everything: Callable[[str], Iterable[Finding]] | None = None) -> Iterator[str]:
        """The lines of all codes; `everything` gives all findings of a code; without it the kept ones are listed."""
        for tally in found.tallies:
            yield from self._head(tally)
            if everything is None:
                yield from self._places(tally.shown, tally.fix)
                left = tally.findings - len(tally.shown)
                if left > 0:
                    yield from self._wrapped(f"... and {left:,} more: {self.more(tally.code)}", 2, "faint")
            else:
                yield from self._places(everything(tally.code), tally.fix)
            yield ""

    def people(self, found: Digest[Finding]) -> Iterator[str]:
        """A line on how the findings are spread over the annotators, if there are several."""
        if len(found.by_annotator) < 2:
            return
        ranked = sorted(found.by_annotator.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
        spread = ", ".join(f"{visible(name) or 'nobody'} {_both(*counts)}" for name, counts in ranked)
        yield from self._wrapped(f"By annotator: {spread}", 0)

    def said(self, text: str) -> Iterator[str]:
        """A sentence, in lines that the terminal holds."""
        yield from self._wrapped(text, 0)

    def _head(self, tally: Tally[Finding]) -> Iterator[str]:
        label = self.paint(tally.severity, tally.severity)
        title = tally.title if tally.title != tally.code else ""
        if self.width is not None and self.width < _NARROW:
            yield f"{label} {self.paint(tally.code, 'code')}"
            yield from self._wrapped(title, 2) if title else ()
        else:
            yield f"{label}{' ' * (9 - len(tally.severity))}{self.paint(tally.code, 'code')}  {title}".rstrip()
        indent = 2 if self.width is not None and self.width < _NARROW else 9
        yield from self._wrapped(extent(tally), indent, "faint")
        if tally.fix:
            yield from self._wrapped(f"Fix: {tally.fix}", indent)

    def _places(self, findings: Iterable[Finding], usual: str) -> Iterator[str]:
        for found in findings:
            place = found.region or found.json_pointer
            own = f"annotation {found.annotation}" if self.numbered and found.annotation and found.region else None
            where = " · ".join(visible(part) for part in (found.article_id, found.annotator, own, place) if part)
            yield from self._wrapped(f"- {where or 'the whole'}", 2)
            yield from self._wrapped(shortened(visible(found.message), _MESSAGE), 4)
            if found.fix and found.fix != usual:
                yield from self._wrapped(f"Fix: {visible(found.fix)}", 4)
            if found.url:
                yield f"    {self.paint(visible(found.url), 'faint')}"

    def _wrapped(self, text: str, indent: int, role: Role | None = None) -> Iterator[str]:
        lines = [text]
        if self.width is not None:
            lines = textwrap.wrap(
                text, max(self.width - indent, 20), break_long_words=False, break_on_hyphens=False
            ) or [""]
        for line in lines:
            yield " " * indent + (self.paint(line, role) if role else line)


def extent(tally: Tally[Any]) -> str:
    """How many findings there are, and in how many annotations and articles and of how many people."""
    within = [counted(tally.findings, "finding")]
    if tally.findings == 1:
        return within[0]
    if tally.annotations:
        within.append(counted(tally.annotations, "annotation"))
    if tally.articles:
        within.append(counted(tally.articles, "article"))
    if tally.annotators:
        within.append(counted(len(tally.annotators), "annotator"))
    return " · ".join(within)


def _both(errors: int, warnings: int) -> str:
    return " and ".join(counted(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number)
