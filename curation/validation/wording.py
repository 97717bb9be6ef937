"""How findings name what they are about: short, quoted, on one line."""

from __future__ import annotations

from collections.abc import Iterable

from curation.records import Mention
from curation.text import exactly as exactly
from curation.text import quote as quote


def name(mention: Mention) -> str:
    """A mention by label, text and offsets, such as: Claim “the charge is unfair” (120–140)."""
    return f"{mention.label} {quote(mention.text)} ({mention.start}–{mention.end})"


def listing(words: Iterable[str]) -> str:
    """Words of the codebook in a row; it says so if there are none."""
    return ", ".join(words) or "none"
