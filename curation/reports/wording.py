"""Words and characters that every report shares."""

from __future__ import annotations

import re
import unicodedata

ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""What cannot be seen, or turns what is around it, and has no place in an article: controls but tab and newline, what
overrides the direction of writing, byte order marks, lone surrogates."""


def visible(text: str) -> str:
    """`text` on one line, with an escape such as `\\u202e` in the place of what cannot be seen."""
    return " ".join(ODD.sub(lambda found: escape(found.group()), text).split())


def escape(character: str) -> str:
    """A character as Python writes it in ASCII."""
    return character.encode("ascii", "backslashreplace").decode() if character >= "\x80" else f"\\x{ord(character):02x}"


def character_name(character: str) -> str:
    """A character as the Unicode charts name it, such as `U+00A0 NO-BREAK SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters of `text`, with an ellipsis in the place of what is left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
