"""From bytes to the text that is kept: strict decoding, the one normalisation, and what must not be in a text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Raw
from msgspec.json import Encoder

from curation.alignment import align
from curation.articles.mojibake import mended, suspicion
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.records import Article, RawSource
from curation.text import ForbiddenCharacter, content_hash, forbidden, line_and_column
from curation.text import seal as text_and_hash

LIMIT = 32 * 1024 * 1024
"""Bytes that one document may have."""

KEPT = 64 * 1024
"""Bytes that are kept aside of a document beyond `LIMIT`."""

BOM = codecs.BOM_UTF8

_OTHER_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}

_encode = Encoder().encode

# Embeddings, overrides and isolates of direction, with what ends them. They are kept: some texts need them.
_CONTROL = re.compile("[\x01-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def decode(raw: bytes) -> str:
    """`raw` as UTF-8. Raises `Refused` with the offset of the first byte that is not."""
    other = foreign_encoding(raw)
    if other:
        raise Refused("R_ENCODING", f"the file is {other}, not UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The codec counts from behind the byte order mark.
        start = error.start + (len(BOM) if raw.startswith(BOM) else 0)
        raise Refused("R_ENCODING", f"byte 0x{raw[start]:02x} at offset {start} is not UTF-8") from None


def foreign_encoding(beginning: bytes) -> str | None:
    """The encoding that the byte order mark at the beginning of a file declares, if it is not UTF-8."""
    return next((name for mark, name in _OTHER_BOMS.items() if beginning.startswith(mark)), None)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text as an article carries it, with what cleaning did to it.

    `steps` name in order what changed the text: "mojibake", "newlines", "control", "bom", "nfc", "trim"; there are none
    if nothing did, and then `raw` is None too. `notes` are doubts by their code in `NOTES`. `raw` is the text before
    cleaning with the map of offsets (see `alignment`). There is no map into the markup of a web page, or into the bytes
    of a file that was not UTF-8: there, the text before cleaning is what was extracted or decoded.
    """

    text: str
    sha256: str
    steps: tuple[str, ...] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    raw: RawSource | None = None


def seal(text: object, name: str, options: Options) -> Sealed:
    """The text after the one normalisation (`text.normalise`), and before it, on request, with mojibake mended.

    Raises `Refused` for what is no text, is empty or holds a forbidden character, `Unusable` if the extra `mojibake` is
    asked for and not installed.
    """
    if type(text) is not str:
        raise Refused("R_NO_TEXT", f"{name} is {_kind(text)}")
    try:
        # Leaves the UTF-8 form with the string, so that hashing, storing and writing it out do not encode it again.
        Raw(text)
        sealed, sha256, doubtful = text_and_hash(text)
    except (ForbiddenCharacter, UnicodeEncodeError):
        refuse_forbidden(text, name)
        raise
    done = Sealed(text, sha256) if sealed is text and not doubtful else _recorded(text, sealed, sha256, options)
    if not done.text:
        raise Refused("R_EMPTY", f"{name} is empty" if not text else f"{name} is white space only")
    return done


def _recorded(text: str, sealed: str, sha256: str, options: Options) -> Sealed:
    """What cleaning did, for a text that it changed or that looks doubtful."""
    steps: tuple[str, ...] = ()
    raw = None
    # Asked before cleaning: a control character that gives a wrong charset away would be gone.
    garbled = suspicion(text)
    mend = garbled is not None and options.fix_mojibake
    if mend or sealed != text:
        aligned = align(text, [("mojibake", mended)] if mend else [])
        if aligned.text != sealed:
            sealed, sha256 = aligned.text, content_hash(aligned.text)
        if aligned.steps:
            steps, raw = aligned.steps, RawSource(text.encode(), edits=aligned.edits)
    notes = {}
    turned = next((character for character in _TURNING if character in sealed), None)
    if turned is not None:
        notes["N_BIDI"] = f"U+{ord(turned):04X} at offset {sealed.index(turned)}"
    if garbled is not None and "mojibake" not in steps:
        notes["N_MOJIBAKE"] = garbled
    return Sealed(sealed, sha256, steps, notes, raw)


def refuse_forbidden(text: str, name: str) -> None:
    """Raise `Refused` with the place of the first forbidden character of `text`, if it has one."""
    found = forbidden(text)
    if found is not None:
        offset, character = found
        line, column = line_and_column(text, offset)
        raise Refused(
            "R_FORBIDDEN_CHARACTER", f"{character} at offset {offset} of {name} (line {line}, column {column})"
        )


def one_line(word: str) -> str:
    """`word` on one line: white space and line breaks as one blank, control characters (C0, DEL, C1) removed.

    So no title or name steers the terminal that shows it. A NUL stays, for which the article is refused.
    """
    if word.isprintable() and "  " not in word:
        return word.strip()
    return " ".join(_CONTROL.sub("", word).split())


def fit(article: Article) -> Article:
    """The article, if nothing that was read for it holds a forbidden character; its text is looked at by `seal`.

    Raises `Refused` with the place of the first one.
    """
    words = (
        article.title, article.url, article.outlet, article.authors, article.published_at, article.lang,
        article.license, article.source_id, article.meta, article.notes,
    )  # fmt: skip
    try:
        # In one go: a lone surrogate cannot be written, and a NUL is written as an escape.
        written = _encode(words)
        suspect = b"\\" in written and b"\\u0000" in written
    except (ValueError, OverflowError):
        suspect = True
    if suspect:
        for name in ("title", "url", "outlet", "authors", "published_at", "lang", "license", "source_id", "notes"):
            for word in _words(getattr(article, name)):
                refuse_forbidden(word, f"the {name}")
        for column, value in article.meta.items():
            refuse_forbidden(column, f"the name of the column {column!r}")
            for word in _words(value):
                refuse_forbidden(word, f"the column {column!r}")
    return article


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _words([*value, *value.values()])
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _words(member)


def _kind(value: object) -> str:
    if value is None:
        return "missing"
    return {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}.get(
        type(value), f"of type {type(value).__name__}"
    ) + ", not a text"
