"""How Label Studio writes the text of a span beside its offsets, which is not quite a slice of the article."""

from __future__ import annotations

import re

from curation.text import contrast
from curation.units import CODE_POINTS, UNITS, Readings

_WHITE_SPACE = re.compile(r"(?:\s|\\n)+")


def rendered(text: str) -> str:
    """The `value.text` that Label Studio stores for a span with this text: each CR and each LF becomes `\\n`, two
    characters. A CRLF therefore becomes four."""
    return text.replace("\r", "\\n").replace("\n", "\\n")


def differs_in_white_space_alone(stored: str, text: str) -> bool:
    """Whether a stored text is the span's text but for white space.

    Screens without `white-space: pre-wrap` collapse runs of spaces and tabs; others trim the ends.
    """
    return _WHITE_SPACE.sub("", stored) == _WHITE_SPACE.sub("", text)


def agreement(stored: str, text: str) -> int:
    """How well a stored text agrees with a span's text: 0 not, 1 but for white space, 2 exactly.

    A slice that was stored as it is, as imports and other tools write it, agrees exactly too.
    """
    if stored == text or stored == rendered(text):
        return 2
    return 1 if differs_in_white_space_alone(stored, text) else 0


def contrasted(text: str, stored: str) -> tuple[str, str]:
    """A span's text and the one that was stored with it, quoted so that what differs is seen.

    That Label Studio writes line breaks as `\\n` is no difference.
    """
    plain = text.replace("\r", "\n"), stored.replace("\\n", "\n")
    return contrast(*plain) if "\\n" not in text and plain[0] != plain[1] else contrast(text, stored)


def other_unit(stored: str, text: str, start: int, end: int) -> str | None:
    """What offsets count, in words, if it is not code points: the likeliest unit in which they give the stored text.

    None if there is none. What differs in white space alone proves nothing here.
    """
    readings = Readings(text)
    for unit in UNITS:
        there = readings.at(start, end, unit)
        if there is not None and agreement(stored, there) == 2:
            return None if unit == CODE_POINTS else UNITS[unit]
    return None
