"""Text and offsets: one normalisation before hashing, and half-open offsets in Unicode code points after it."""

from __future__ import annotations

import hashlib
import re
import unicodedata

NORMALISATION = "1"
"""Version of `normalise`; stored with every article."""

_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n")
# Every byte of ASCII but NUL and the carriage return: what a text may hold without a second look.
_PLAIN = bytes(byte for byte in range(1, 128) if byte != 0x0D)
# Characters that are their own composed form and compose with none before them.
_INERT = re.compile(
    "[\x80-\u02ff\u0400-\u0482\u048a-\u052f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u2002-\u20cf\u3041-\u3096"
    "\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60\U0001f300-\U0001faff]*"
).fullmatch
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\ufeff"


def normalise(text: str) -> str:
    """Return `text` without BOM and white space around it, with `\\n` newlines and in NFC.

    Idempotent. Inner white space stays as it is: annotators see the text as it was published.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    return text.strip(_EDGES)


def content_hash(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class ForbiddenCharacter(ValueError):
    """A text holds what no annotation server survives: `name` at `offset`."""

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(f"{name} at offset {offset}")
        self.offset = offset
        self.name = name


def seal(text: str) -> tuple[str, str]:
    """`normalise(text)` and its `content_hash`, in one pass where nothing has to be changed.

    Raises `ForbiddenCharacter` for the first one that `forbidden` finds in `text`.
    """
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        encoded = b"\0"
    unusual = encoded.translate(None, _PLAIN)
    # Where much is not ASCII, looking at the rest alone saves nothing.
    if not unusual or (len(unusual) * 8 < len(encoded) and _INERT(unusual.decode())):
        sealed = text.strip(_EDGES)
    else:
        found = forbidden(text) if b"\0" in encoded else None
        if found is not None:
            raise ForbiddenCharacter(*found)
        sealed = normalise(text)
    if sealed is not text:
        encoded = sealed.encode()
    return sealed, hashlib.sha256(encoded).hexdigest()


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

    # No cluster reaches back beyond an ASCII character; a fixed distance could begin inside a row of flags.
    start = offset - 1
    while start > 0 and not text[start].isascii():
        start -= 1
    return all(match.start() + start != offset for match in regex.finditer(r"\X", text[start : offset + 1]))


def crosses_paragraph(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` contains a blank line with text on both sides of it."""
    return _PARAGRAPH_BREAK.search(text[start:end].strip()) is not None
