"""Text that is not UTF-8: which encoding it has, and a stream of it in UTF-8. The only door to `charset_normalizer`."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from dataclasses import dataclass, replace
from io import BufferedReader, RawIOBase
from typing import IO, TYPE_CHECKING

from curation.articles.formats.decoding import BOM, KEPT, decode
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import BUFFER, Source
from curation.errors import CurationError
from curation.records import Article, Reject

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HIGH = re.compile(rb"[\x80-\xff]")
# What is built like a character of UTF-8 beyond ASCII, surrogates among them.
_BUILT = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ENDS = b" \n\t\",'"
# The encodings that files of news were kept in, and what Python calls them.
_NAMES = {
    "cp1252": "windows-1252", "cp1250": "windows-1250", "cp1251": "windows-1251", "cp1253": "windows-1253",
    "cp1254": "windows-1254", "cp1255": "windows-1255", "cp1256": "windows-1256", "cp1257": "windows-1257",
    "cp874": "windows-874", "koi8_r": "KOI8-R", "iso8859_2": "ISO-8859-2",
    "iso8859_15": "ISO-8859-15", "gb18030": "GB18030", "big5": "Big5", "cp932": "Shift_JIS (windows-31j)",
    "euc_jp": "EUC-JP", "cp949": "EUC-KR (windows-949)",
}  # fmt: skip
# Of the Latin ones the letters beyond ASCII, a language each: what tells them apart is which of them stand together.
_LETTERS = {
    "cp1252": (
        "àâæçèéêëîïôœùûü", "äöüß", "áéíóúüñ", "àáâãçéêíóôõúü", "àèéìíòóùú", "äåöé", "æøåéòô", "áæðéíóöúýþ", "éëïóöü",
        "àçèéíïòóúü", "çë",
    ),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    "cp1254": ("çğıiöşüâîû",),
    "cp1257": ("āčēģīķļņšūž", "ąčęėįšųūž", "äöõüšž"),
    "iso8859_2": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "ăâîşţ", "čćđšž"),
    "iso8859_15": ("àâæçèéêëîïôœùûü€",),
}  # fmt: skip
_LATIN = {codec: tuple(frozenset(letters + letters.upper()) for letters in sets) for codec, sets in _LETTERS.items()}
_SIGNS = frozenset("‘’‚“”„‹›«»–—…•·°§©®™€£¢´¡¿ªº½¼¾²±×†‡‰\xa0\xad")
_IN_WORDS = frozenset("‘’–—·\xad")
_BETWEEN = re.compile(rb"(?<=[A-Za-z\x80-\xff])[\x80-\xff](?=[A-Za-z\x80-\xff])")
_LETTER = re.compile(rb"[A-Za-z]")
_BEYOND = re.compile(r"[^\x00-\x7f]+")
# A text with so few letters beyond ASCII, and these so usual, is Latin without asking further.
_SURE, _SURE_LETTERS = 0.95, 4
_USUAL = 0.8
_FEWEST = 6
# The charsets that browsers know, and what they read under three of the names.
_CHARSET = re.compile(
    r"utf-?8|(x-)?(windows|cp)-?\d+|iso-?8859-?\d+|latin-?\d|(us-)?ascii|koi8-[ru]|big5(-hkscs)?|gbk|gb(2312|18030)"
    r"|euc-(jp|kr)|(x-)?s(hift_)?jis|iso-2022-jp|macintosh|tis-620|utf-?16(le|be)?|unicode-1-1-utf-8",
    re.IGNORECASE,
)
_READ_AS = {
    "iso-8859-1": "windows-1252", "latin1": "windows-1252", "us-ascii": "windows-1252", "gb2312": "gb18030",
    "unicode-1-1-utf-8": "utf-8",
}  # fmt: skip
_ESCAPE = "curation.undecodable"
_ESCAPED = re.compile("([\udc00-\udcff]+)")
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding other than UTF-8: Python's name of its codec, and what is said of it on an article."""

    codec: str
    note: str = ""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.note.partition(",")[0] or self.codec

    def original(self, raw: bytes) -> bytes:
        """What a piece of the stream of `open_text` was in the file."""
        try:
            text = raw.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            # It was cut in the middle of a character.
            text = raw[: error.start].decode("utf-8", "surrogatepass")
        encode = codecs.getincrementalencoder(self.codec)("backslashreplace").encode
        return b"".join(
            bytes(ord(character) - 0xDC00 for character in piece) if _ESCAPED.match(piece) else encode(piece)
            for piece in _ESCAPED.split(text)
        )


def checked_encoding(name: str | None) -> None:
    """Raise `E_USAGE` if Python has no encoding of text of that name."""
    try:
        if name is not None and "a".encode(name).decode(name) != "a":
            raise LookupError(name)
    except (LookupError, ValueError):
        fix = "for example windows-1252, gb18030 or utf-16"
        raise CurationError("E_USAGE", f"{name!r} is not the name of an encoding", fix=fix) from None


def charset_codec(name: str) -> str | None:
    """The codec of a charset as a page or its server names it, "utf-8" for all forms of that name.

    None for one that browsers do not know: Python knows codecs that are none of texts, or fail at every one.
    """
    if not _CHARSET.fullmatch(name):
        return None
    lower = name.lower()
    try:
        codec = codecs.lookup(_READ_AS.get(lower, lower.removeprefix("x-"))).name
    except LookupError:
        return None
    return codec


def decode_text(raw: bytes, options: Options) -> tuple[str, Encoding | None]:
    """A whole text and its encoding, None for UTF-8. Raises `Refused` with the first byte that is neither."""
    encoding = encoding_of(raw, options)
    if encoding is None:
        return decode(raw), None
    try:
        return raw.decode(encoding.codec).removeprefix("\ufeff"), encoding
    except UnicodeDecodeError as error:
        place = f"byte 0x{raw[error.start]:02x} at offset {error.start}"
        raise Refused("R_ENCODING", f"{place} is not {encoding.name}") from None
    except UnicodeError as error:
        raise Refused("R_ENCODING", f"it is not {encoding.name}: {error}") from None


def open_text(source: Source, options: Options) -> tuple[BufferedReader, Encoding | None]:
    """A stream of UTF-8 without a byte order mark, and the encoding that it is made from, None for UTF-8.

    It is told from the first 256 KiB. Bytes that it does not have come as what is no UTF-8 either. Raises `Refused` if
    the first line is that of a binary file.
    """
    stream = source.open()
    try:
        sample = stream.peek(BUFFER)[:BUFFER]
        encoding = encoding_of(sample, options, cut=True)
        first = sample[:KEPT].partition(b"\n")[0]
        if encoding is None and len(_CONTROL.findall(first)) * 12 > len(first):
            raise Refused("R_ENCODING", "the file is binary: its first line is full of control characters")
        if encoding is not None:
            stream = BufferedReader(_Transcoded(stream, encoding), BUFFER)
        if stream.peek(len(BOM)).startswith(BOM):
            stream.read(len(BOM))
    except BaseException:
        stream.close()
        raise
    return stream, encoding


def encoding_of(sample: bytes, options: Options, *, cut: bool = False) -> Encoding | None:
    """The encoding of a text, or of one whose beginning (`cut`) is `sample`; None for UTF-8, and where it is not told.

    That is what its byte order mark says, or `options.encoding`. Else it is UTF-8 if it has as much as half as many
    characters of UTF-8 beyond ASCII as bytes that are none: then single bytes are broken. Else it is detected.
    """
    marked = next((codec for mark, codec in _MARKS if sample.startswith(mark)), None)
    if marked is not None:
        return Encoding(marked, f"{marked.upper()}, by its byte order mark")
    if options.encoding is not None:
        return Encoding(options.encoding)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, not cut)
    except UnicodeDecodeError as error:
        codec = None if sample.startswith(BOM) else _detected(sample[max(0, error.start - 1000) :][:BUFFER])
        return None if codec is None else Encoding(codec, f"{_NAMES[codec]}, detected")
    return None


def noted(document: Article | Reject, encoding: Encoding) -> Article | Reject:
    """An article with the note that it was not UTF-8; a refusal with its bytes as they were."""
    if isinstance(document, Reject):
        return replace(document, raw=encoding.original(document.raw))
    return replace(document, notes={**document.notes, "N_ENCODING": encoding.note}) if encoding.note else document


def undecodable(raw: bytes, encoding: Encoding | None) -> tuple[str, int, str] | None:
    """The first byte of a piece of the stream of `open_text` that is no text, where it stood, and what it is not."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        if encoding is None:
            return f"byte 0x{raw[error.start]:02x}", error.start, "UTF-8"
        start = len(encoding.original(raw[: error.start]))
        return f"byte 0x{encoding.original(raw)[start]:02x}", start, encoding.name
    return None


def _detected(sample: bytes) -> str | None:
    """The codec of a text that is not UTF-8, None if it looks like none, or like UTF-8 with broken bytes in it."""
    built = len(_BUILT.findall(sample))
    broken = len(_HIGH.findall(_BUILT.sub(b"", sample)))
    if 2 * built >= broken or _CONTROL.search(sample):
        return None
    if len(sample) == BUFFER:
        # Not in the middle of a character of several bytes.
        sample = sample[: max(sample.rfind(end) for end in _ENDS) + 1]
    high, inside = Counter(b"".join(_HIGH.findall(sample))), Counter(b"".join(_BETWEEN.findall(sample)))
    if not high:
        return None
    likeness = {codec: _likeness(codec, high, inside) for codec in _LATIN}
    # The first one, windows-1252, wins where they are equal.
    latin = max(likeness, key=lambda codec: likeness[codec])
    if likeness[latin] < _SURE or len(_LETTER.findall(sample)) < _SURE_LETTERS * high.total():
        from charset_normalizer import from_bytes

        best = from_bytes(sample, cp_isolation=list(_NAMES)).best()
        if best is None:
            return None
        if best.encoding not in _LATIN:
            return best.encoding if _is_script(str(best)) else None
    return latin if likeness[latin] >= _USUAL else None


def _likeness(codec: str, high: Counter[int], inside: Counter[int]) -> float:
    """The share of the bytes beyond ASCII that are usual: signs, or letters of the language that has most of them.

    A sign that stands `inside` a word is none, unless it is an apostrophe or a dash.
    """
    try:
        characters = {byte: bytes([byte]).decode(codec) for byte in high}
    except UnicodeDecodeError:
        return 0.0
    signs = sum(high[byte] for byte, character in characters.items() if character in _SIGNS)
    odd = sum(inside[byte] for byte, character in characters.items() if character in _SIGNS - _IN_WORDS)
    languages = (sum(high[byte] for byte in high if characters[byte] in letters) for letters in _LATIN[codec])
    return (signs - odd + max(languages)) / high.total()


def _is_script(text: str) -> bool:
    """Whether what is beyond ASCII stands in words, as the letters of another script do."""
    runs = [len(run) for run in _BEYOND.findall(text)]
    words = sum(length for length in runs if length > 1)
    return words >= _FEWEST and words >= _USUAL * sum(runs)


class _Transcoded(RawIOBase):
    """A stream in UTF-8, made from one in another encoding."""

    def __init__(self, stream: IO[bytes], encoding: Encoding) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder(encoding.codec)(_ESCAPE).decode
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: WriteableBuffer) -> int:
        view = memoryview(into).cast("B")
        while not self._left:
            chunk = self._stream.read(BUFFER)
            self._left = self._decode(chunk, not chunk).encode("utf-8", "surrogatepass")
            if not chunk:
                break
        part = self._left[: len(view)]
        view[: len(part)] = part
        self._left = self._left[len(part) :]
        return len(part)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _undecodable(error: UnicodeError) -> tuple[str, int]:
    """Each byte that cannot be decoded as a lone surrogate, which no UTF-8 has."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_ESCAPE, _undecodable)
