"""Text and offsets: one normalisation before hashing, and half-open offsets in Unicode code points after it."""

from __future__ import annotations

import hashlib
import re
import unicodedata

NORMALISATION = "1"
"""Version of `normalise`; stored with every article."""

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n")
_ASCII = bytes(range(128))
# Characters that are their own composed form and compose with no character before them.
_COMPOSED = re.compile("[\x80-\u02ff\u2002-\u20cf]*").fullmatch
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"
_WINDOW = 64


def normalise(text: str) -> str:
    """Return `text` without BOM and white space around it, with `\\n` newlines and in NFC.

    Idempotent. Inner white space stays as it is: annotators see the text as it was published.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() and not _is_composed(text):
        text = unicodedata.normalize("NFC", text)
    return text.strip(_EDGES)


def _is_composed(text: str) -> bool:
    """Whether `text` is in NFC. Twice as fast as asking for the whole text where little of it is not ASCII."""
    rest = text.encode("utf-8", "replace").translate(None, _ASCII)
    if len(rest) * 8 < len(text) and _COMPOSED(rest.decode()):
        return True
    return unicodedata.is_normalized("NFC", text)


def content_hash(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def forbidden(text: str) -> tuple[int, str] | None:
    """The offset and name of the first character that no annotation server survives, or None.

    NUL shifts every offset after it in a browser; a lone surrogate makes Label Studio fail for a whole project.
    """
    found = _FORBIDDEN.search(text)
    if found is None:
        return None
    character = found.group()
    return found.start(), "NUL" if character == "\x00" else f"lone surrogate U+{ord(character):04X}"


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """One-based line and column (in code points) of `offset`."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def splits_grapheme(text: str, offset: int) -> bool:
    """Whether `offset` lies inside an extended grapheme cluster (UAX #29), such as an emoji with a modifier."""
    if offset <= 0 or offset >= len(text):
        return False
    if text[offset - 1].isascii() and text[offset].isascii():
        return text[offset - 1] == "\r" and text[offset] == "\n"
    import regex

    start = max(0, offset - _WINDOW)
    return all(match.start() + start != offset for match in regex.finditer(r"\X", text[start : offset + _WINDOW]))


def crosses_paragraph(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` contains a blank line with text on both sides of it."""
    return _PARAGRAPH_BREAK.search(text[start:end].strip()) is not None
