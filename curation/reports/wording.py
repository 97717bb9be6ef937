"""Words and characters that every report shares."""

from __future__ import annotations

import unicodedata


def character_name(character: str) -> str:
    """A character as the Unicode charts name it, such as `U+00A0 NO-BREAK SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, with an ellipsis in the place of what is left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
