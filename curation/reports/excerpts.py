"""The stretch of an article around what a finding is about, cut into pieces that are looked at differently."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from curation.records import Annotation, Finding

CONTEXT = 140
"""How many characters of the text stand on either side of what is marked."""

_WHOLE = 700
_HALF = 300
_WORD = 24
_BEGINNING = 160
_PLACE = re.compile(r"/(mentions|relations)/(\d+)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked span as it was stored: nothing says that its offsets lie inside the text."""

    id: str
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Marked:
    """What one annotation marks: spans, and arrows as (source, target, label), in the order of the record."""

    marks: tuple[Mark, ...] = ()
    arrows: tuple[tuple[str, str, str | None], ...] = ()

    @staticmethod
    def of(record: Annotation) -> Marked:
        """What a record marks."""
        return Marked(
            tuple(Mark(one.id, one.label, one.start, one.end) for one in record.mentions),
            tuple((one.source, one.target, one.label) for one in record.relations),
        )

    def meant(self, found: Finding) -> tuple[Mark, ...]:
        """The spans that a finding is about: of a relation both ends, as far as they are there."""
        place = _PLACE.match(found.json_pointer or "")
        if place is not None:
            position = int(place[2])
            if place[1] == "mentions" and position < len(self.marks):
                return (self.marks[position],)
            if place[1] == "relations" and position < len(self.arrows):
                ends = [self._named(end) for end in dict.fromkeys(self.arrows[position][:2])]
                return tuple(mark for mark in ends if mark is not None)
        named = self._named(found.region)
        return (named,) if named is not None else ()

    def _named(self, mark_id: str | None) -> Mark | None:
        return next((mark for mark in self.marks if mark.id == mark_id), None)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text: `meant` where the finding is about it, `labels` of the other marks on it.

    `left_out` is how many characters stand in its place that are not shown; `nowhere` a place between two characters.
    """

    text: str = ""
    meant: bool = False
    labels: tuple[str, ...] = ()
    left_out: int = 0
    nowhere: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What is shown of an article for one finding.

    `about` names the labels of the spans that are meant; `faults` says in words what is wrong with their offsets.
    """

    pieces: tuple[Piece, ...] = ()
    about: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    beginning: bool = False


def excerpt(found: Finding, text: str | None, marked: Marked) -> Excerpt:
    """What to show of `text` for a finding: its spans with what is around them, else the beginning of the article."""
    if text is None:
        return Excerpt()
    meant = marked.meant(found)
    if not meant:
        return Excerpt(tuple(_beginning(text)), beginning=True)
    faults = tuple(fault for fault in (_fault(mark, len(text)) for mark in meant) if fault)
    about = tuple(mark.label for mark in meant)
    return Excerpt(tuple(_pieces(text, meant, marked.marks)), about, faults)


def _beginning(text: str) -> Iterator[Piece]:
    end = len(text) if len(text) <= _BEGINNING else _word_end(text, _BEGINNING)
    yield Piece(text[:end])
    if end < len(text):
        yield Piece(left_out=len(text) - end)


def _fault(mark: Mark, length: int) -> str | None:
    where = f"{mark.start} to {mark.end}"
    if mark.start < 0 or mark.end > length:
        return f"Offsets {where} are outside the text, which has {length:,} characters."
    if mark.start > mark.end:
        return f"Offsets {where} run backwards."
    return f"Offsets {where} mark nothing." if mark.start == mark.end else None


def _pieces(text: str, meant: Sequence[Mark], marks: Sequence[Mark]) -> Iterator[Piece]:
    shown = 0
    for start, end in windows(text, meant):
        if start > shown:
            yield Piece(left_out=start - shown)
        yield from _cut(text, start, end, meant, [mark for mark in marks if mark not in meant])
        shown = end
    if shown < len(text):
        yield Piece(left_out=len(text) - shown)


def windows(text: str, meant: Sequence[Mark]) -> list[tuple[int, int]]:
    """The stretches of `text` around marks, as (start, end) in the order of the text; none touches another."""
    wanted: list[tuple[int, int]] = []
    for start, end in (_inside(mark, len(text)) for mark in meant):
        first, last = _word_start(text, start - CONTEXT), _word_end(text, end + CONTEXT)
        if end - start <= _WHOLE:
            wanted.append((first, last))
        else:
            wanted += [(first, start + _HALF), (end - _HALF, last)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(wanted):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _cut(text: str, start: int, end: int, meant: Sequence[Mark], others: Sequence[Mark]) -> Iterator[Piece]:
    """`text[start:end]` in pieces on which the same marks lie."""
    focus = [_inside(mark, len(text)) for mark in meant]
    beside = [(mark.label, *_inside(mark, len(text))) for mark in others]
    beside = [one for one in beside if one[1] < end and one[2] > start]
    edges = {start, end} | {edge for one in focus for edge in one} | {edge for one in beside for edge in one[1:]}
    borders = sorted(edge for edge in edges if start <= edge <= end)
    points = {first for first, last in focus if first == last}
    for first, last in zip(borders, [*borders[1:], borders[-1]], strict=True):
        if first in points:
            yield Piece(meant=True, nowhere=True)
        if first < last:
            labels = dict.fromkeys(label for label, begins, ends in beside if begins < last and ends > first)
            within = any(begins < last and ends > first for begins, ends in focus)
            yield Piece(text[first:last], within, tuple(labels))


def _inside(mark: Mark, length: int) -> tuple[int, int]:
    """A mark's offsets as far as the text goes; of one that runs backwards the place where it begins."""
    start = min(max(mark.start, 0), length)
    return start, max(start, min(mark.end, length))


def _word_start(text: str, offset: int) -> int:
    """`offset`, or the beginning of the word that it falls into, if that is near."""
    if offset <= 0:
        return 0
    for position in range(offset, max(offset - _WORD, 0), -1):
        if text[position - 1].isspace():
            return position
    return offset


def _word_end(text: str, offset: int) -> int:
    """`offset`, or the end of the word that it falls into, if that is near."""
    if offset >= len(text):
        return len(text)
    for position in range(offset, min(offset + _WORD, len(text))):
        if text[position].isspace():
            return position
    return offset
