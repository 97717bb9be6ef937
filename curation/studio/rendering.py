"""How Label Studio writes the text of a span beside its offsets, which is not quite a slice of the article."""

from __future__ import annotations

import re

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


def fits_utf16(stored: str, text: str, start: int, end: int) -> bool:
    """Whether the offsets fit the stored text if they count UTF-16 units, as older versions of Label Studio did."""
    if not 0 <= start < end:
        return False
    units = text.encode("utf-16-le", "surrogatepass")[2 * start : 2 * end]
    return rendered(units.decode("utf-16-le", "replace")) == stored
