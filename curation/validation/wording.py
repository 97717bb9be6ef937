"""How findings name what they are about: short, quoted, on one line."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from curation.records import Mention

QUOTED = 40
"""The most characters of an annotator's text that a message quotes."""


def quote(text: str) -> str:
    """`text` in quotation marks on one line, shortened to `QUOTED` characters; control characters are escaped."""
    line = " ".join(text[: 4 * QUOTED].split())
    if not line.isprintable():
        line = "".join(map(_visible, line))
    short = line if len(line) <= QUOTED else line[: QUOTED - 1].rstrip() + "…"
    return f"“{short}”"


def name(mention: Mention) -> str:
    """A mention by label, text and offsets, such as: Claim “the charge is unfair” (120–140)."""
    return f"{mention.label} {quote(mention.text)} ({mention.start}–{mention.end})"


def listing(words: Iterable[str]) -> str:
    """Words of the codebook in a row; it says so if there are none."""
    return ", ".join(words) or "none"


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    return character if category not in ("Cc", "Cs") else f"\\u{ord(character):04x}"
