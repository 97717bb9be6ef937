"""Where the characters of a cleaned text stood before it was cleaned: exact maps of offsets, both ways.

Offsets are half-open, in Unicode code points. An edit `(clean_start, clean_end, raw_start, raw_end)` is a stretch that
cleaning changed; between edits both texts are the same, character by character. A stretch is as short as it can be
known on its own: a line break, a removed character, a row of marks with its letter. Inside one nothing corresponds, so
that a span which ends there widens to the whole stretch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from curation.text import BOM, CONTROLS, LINE_BREAKS, holds_unwanted, recompositions

Edit = tuple[int, int, int, int]
Edits = tuple[Edit, ...]
Change = tuple[int, int, str]
"""What a step puts in the place of `text[start:end]`."""

_MOST = 200_000
"""Edits of one step, beyond which those close together are one: more would take more memory than they are worth."""

Step = Callable[[str], Iterable[Change]]


@dataclass(frozen=True, slots=True)
class Aligned:
    """A cleaned text, the names of the steps that changed it, in their order, and what they changed."""

    text: str
    steps: tuple[str, ...]
    edits: Edits


def align(raw: str, before: Sequence[tuple[str, Step]] = ()) -> Aligned:
    """`text.normalise(raw)` with the way back. `before` are named steps to take first.

    Each step is a list of changes; the changes of all steps are composed into one list of edits. Where one step makes
    more than 200,000, the others are one edit if less than a 200,000th of the text lies between them.
    """
    text, steps = raw, list[str]()
    edits: Edits = ()
    for name, step in (*before, *_STEPS):
        changed, made = _replaced(text, step(text), apart=len(raw) // _MOST)
        if made:
            text, edits = changed, composed(edits, made)
            steps.append(name)
    return Aligned(text, tuple(steps), edits) if text != raw else Aligned(raw, (), ())


def clean_to_raw(edits: Edits, start: int, end: int) -> tuple[int, int]:
    """The shortest stretch of the raw text that `clean[start:end]` was made from.

    What was removed at the ends of the span is not part of it. Of an empty span it is what was removed there.
    """
    return _mapped(edits, start, end, 0)


def raw_to_clean(edits: Edits, start: int, end: int) -> tuple[int, int]:
    """The shortest stretch of the clean text that holds what is left of `raw[start:end]`; empty if nothing is."""
    return _mapped(edits, start, end, 2)


def composed(first: Edits, second: Edits) -> Edits:
    """The edits of two cleanings, the second of which began with the clean text of the first."""
    # In the text between the two: what the second changed there, and what the first made there.
    stretches = sorted(
        [(edit[0], edit[1], edit[3] - edit[1], None) for edit in first]
        + [(edit[2], edit[3], None, edit[1] - edit[3]) for edit in second],
        key=lambda stretch: stretch[:2],
    )
    edits = []
    to_raw = to_clean = 0
    position = 0
    while position < len(stretches):
        start, end = stretches[position][:2]
        raw_start, clean_start = start + to_raw, start + to_clean
        while position < len(stretches) and (stretches[position][:2] == (start, end) or stretches[position][0] < end):
            _, stretch_end, raw, clean = stretches[position]
            end = max(end, stretch_end)
            to_raw = to_raw if raw is None else raw
            to_clean = to_clean if clean is None else clean
            position += 1
        edits.append((clean_start, end + to_clean, raw_start, end + to_raw))
    return tuple(edits)


def _mapped(edits: Edits, start: int, end: int, side: int) -> tuple[int, int]:
    """The span on the other side than `side`, which is 0 for the clean text and 2 for the raw one."""
    other = 2 - side
    if start == end:
        return _place(edits, start, side, other)
    # The last edit that begins at or before the start: the ones that are empty on this side and stand there are over.
    before = bisect_right(edits, start, key=lambda edit: edit[side]) - 1
    if before < 0:
        first = start
    elif start < edits[before][side + 1]:
        first = edits[before][other]
    else:
        first = start - edits[before][side + 1] + edits[before][other + 1]
    # The last edit that begins before the end.
    before = bisect_left(edits, end, key=lambda edit: edit[side]) - 1
    if before < 0:
        last = end
    elif end <= edits[before][side + 1]:
        last = edits[before][other + 1]
    else:
        last = end - edits[before][side + 1] + edits[before][other + 1]
    return first, last


def _place(edits: Edits, at: int, side: int, other: int) -> tuple[int, int]:
    """Where an empty span lies: between two characters, in what was removed between them, or in a stretch."""
    first = bisect_left(edits, at, key=lambda edit: edit[side])
    past = bisect_right(edits, at, key=lambda edit: edit[side])
    inside = first > 0 and at < edits[first - 1][side + 1]
    if inside:
        return edits[first - 1][other], edits[first - 1][other + 1]
    shift = edits[first - 1][other + 1] - edits[first - 1][side + 1] if first else 0
    start = end = at + shift
    for edit in edits[first:past]:
        if edit[side + 1] == at:
            end = edit[other + 1]
    return start, end


def _replaced(text: str, changes: Iterable[Change], apart: int) -> tuple[str, Edits]:
    """`text` with its changes. Beyond `_MOST`, those with fewer than `apart` characters between them are one edit."""
    pieces: list[str] = []
    edits: list[Edit] = []
    done = length = 0
    for start, end, new in changes:
        pieces += (text[done:start], new)
        length += start - done
        edit = (length, length + len(new), start, end)
        if len(edits) >= _MOST and start - edits[-1][3] < apart:
            clean_start, _, raw_start, _ = edits.pop()
            edit = (clean_start, edit[1], raw_start, end)
        edits.append(edit)
        length += len(new)
        done = end
    if not edits:
        return text, ()
    pieces.append(text[done:])
    return "".join(pieces), tuple(edits)


def _line_breaks(text: str) -> Iterator[Change]:
    if holds_unwanted(text):
        yield from ((found.start(), found.end(), "\n") for found in LINE_BREAKS.finditer(text))


def _controls(text: str) -> Iterator[Change]:
    if holds_unwanted(text):
        yield from ((found.start(), found.end(), "") for found in CONTROLS.finditer(text))


def _boms(text: str) -> Iterator[Change]:
    found = text.find(BOM)
    while found >= 0:
        yield found, found + 1, ""
        found = text.find(BOM, found + 1)


def _edges(text: str) -> Iterator[Change]:
    start = len(text) - len(text.lstrip())
    end = max(start, len(text.rstrip()))
    if start:
        yield 0, start, ""
    if end < len(text):
        yield end, len(text), ""


_STEPS: tuple[tuple[str, Step], ...] = (
    ("newlines", _line_breaks),
    ("control", _controls),
    ("bom", _boms),
    ("nfc", recompositions),
    ("trim", _edges),
)
