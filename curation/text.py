"""Text and offsets: one normalisation before hashing, and half-open offsets in Unicode code points after it.

Also how messages write numbers of things and quote what somebody wrote.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

COPIES = 0.7
"""The Jaccard similarity of three-word shingles from which on two texts are copies, unless something else is asked."""

NORMALISATION = "2"
"""Version of `normalise`; stored with every article."""

QUOTED = 40
"""The most characters of somebody's text that a message quotes."""

_SIGNS = {" ": "␣", "\t": "⇥", "\n": "⏎"}
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n")

LINE_BREAKS = re.compile("[\x0b-\x0d\x1c-\x1e\x85\u2028\u2029](?:(?<=\r)\n)?")
"""What becomes `\\n`: every boundary of lines that `str.splitlines` knows."""

CONTROLS = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f]")
"""What is removed once lines are broken: C0 but tab and newline (and NUL, which is refused), DEL and C1."""

BOM = "\ufeff"
"""The byte order mark. It is removed everywhere: inside a text it is what is left where files were joined."""

ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""What cannot be seen, or turns what is around it, and has no place in an article: controls but tab and newline, what
overrides the direction of writing, byte order marks, lone surrogates."""

_UNWANTED = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]").search
# Every byte of ASCII that a text may hold without a second look.
_PLAIN = bytes([0x09, 0x0A, *range(0x20, 0x7F)])
# Characters that are their own composed form, compose with none before them, and are neither removed nor doubtful.
_INERT_CHARACTERS = (
    "\xa0-\u02ff\u0400-\u0482\u048a-\u052f\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u2002-\u2027\u202f-\u2065\u206a-\u20cf"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60\U0001f300-\U0001faff"
)
_INERT = re.compile(f"[{_INERT_CHARACTERS}]*").fullmatch
# Where composing may change something: at most one character that it leaves alone, and what may join it.
_UNSETTLED = re.compile(f"[\x00-\x7f{_INERT_CHARACTERS}]?[^\x00-\x7f{_INERT_CHARACTERS}]+")
_LINE = re.compile(".+")
_HUGE = 2_000_000
_LONG = 256
_LONG_ROW = re.compile(f"[^\x00-\x7f{_INERT_CHARACTERS}]{{{_LONG},}}")

UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19FF), (0x1A20, 0x1AAF), (0x3005, 0x3007),
    (0x3040, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xA9E0, 0xA9FF),
    (0xAA60, 0xAADF), (0xF900, 0xFAFF), (0xFF66, 0xFF9F), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Code points, both inclusive, of scripts that set no spaces between words: Thai and Lao, Burmese, Khmer, the Tai
scripts, kana and bopomofo, Han."""

UNSPACED_CLASS = "".join(f"{chr(start)}-{chr(end)}" for start, end in UNSPACED)
"""The same as a regular expression has it between brackets."""

MOJIBAKE_TAIL = "\xa0-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
"""What Windows-1252 has for the bytes that continue a character in UTF-8, as it stands between brackets; Latin-1 has
control characters for some of them."""

_TAIL = f"\x80-\x9f{MOJIBAKE_TAIL}"
# Every pattern of `articles.mojibake`, without what stands around it.
_MAYBE_MOJIBAKE = re.compile(
    f"[Â-ðР](?:(?<=[Â-Å])[{_TAIL}]|(?<=Р)[°µ]|(?<=â)[€‚„†‡ˆ‰]|(?<=ð)Ÿ|(?<=ï)[»¿]"
    f"|(?<=[Î-Û])[{_TAIL}](?:[Î-Û][{_TAIL}]){{2}}|(?<=[à-ï])[{_TAIL}]{{2}}[à-ï][{_TAIL}]{{2}})"
).search


def normalise(text: str) -> str:
    """Return `text` with `\\n` newlines, without control characters and byte order marks, in NFC, without white space
    around it.

    Idempotent. Inner white space stays as it is: annotators see the text as it was published. Characters that are
    `forbidden` are not touched. `alignment.align` does the same and says what was changed where.
    """
    if holds_unwanted(text):
        text = CONTROLS.sub("", LINE_BREAKS.sub("\n", text)).replace(BOM, "")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = compose(text)
    return text.strip()


def holds_unwanted(text: str) -> bool:
    """Whether `text` has line breaks, control characters or byte order marks that `normalise` changes."""
    # Most texts are printable but for their newlines, which is quickly told.
    return not text.replace("\n", "").isprintable() and _UNWANTED(text) is not None


def compose(text: str) -> str:
    """`text` in NFC, in a time that grows with its length alone.

    `unicodedata` sorts the marks on one letter by insertion: a hundred thousand of them take it a minute.
    """
    if len(text) >= _LONG:
        text = _LONG_ROW.sub(lambda row: _in_order(row.group()), text)
    return unicodedata.normalize("NFC", text)


def recompositions(text: str) -> Iterator[tuple[int, int, str]]:
    """What `compose` changes: start, end and the new form of each segment that composes on its own and does change.

    A segment ends before a character that neither moves nor composes with what is before it (UAX #15, 9.1: the
    concatenation of two normalised strings is normalised unless the second begins with one that does). In a text of
    more than two million characters a segment is a line.
    """
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return
    huge = len(text) > _HUGE
    for word in (_LINE if huge else _UNSETTLED).finditer(text):
        if unicodedata.is_normalized("NFC", word.group()):
            continue
        for start, end in ((0, len(word.group())),) if huge else _segments(word.group()):
            segment = text[word.start() + start : word.start() + end]
            composed = compose(segment)
            if composed != segment:
                # Such as a space, on which marks may stand.
                stays = segment[0] == composed[0] and compose(segment[1:]) == composed[1:]
                yield word.start() + start + stays, word.start() + end, composed[stays:]


def _segments(word: str) -> Iterator[tuple[int, int]]:
    start = 0
    for position in range(1, len(word)):
        first = unicodedata.normalize("NFD", word[position])[0]
        if unicodedata.combining(first):
            continue
        before = word[start:position]
        if compose(before + word[position]) == compose(before) + compose(word[position]):
            yield start, position
            start = position
    yield start, len(word)


def _in_order(row: str) -> str:
    """The characters of `row` decomposed, rows of marks sorted by their combining class."""
    decomposed = "".join(unicodedata.normalize("NFD", character) for character in row)
    runs = groupby(decomposed, key=lambda character: unicodedata.combining(character) != 0)
    return "".join("".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs)


def content_hash(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, in hex."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


class ForbiddenCharacter(ValueError):
    """A text holds what no annotation server survives: `name` at `offset`."""

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(f"{name} at offset {offset}")
        self.offset = offset
        self.name = name


def seal(text: str) -> tuple[str, str, bool]:
    """`normalise(text)`, its `content_hash`, and whether it may hold mojibake or what turns the writing.

    In one pass where nothing has to be changed. Raises `ForbiddenCharacter` for the first one that `forbidden` finds.
    """
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        encoded = b"\0"
    unusual = encoded.translate(None, _PLAIN)
    doubtful = False
    # Where much is not ASCII, looking at the rest alone saves nothing.
    if not unusual or (len(unusual) * 8 < len(encoded) and _INERT(odd := unusual.decode())):
        sealed = text.strip()
        # Without the ASCII between them, characters may look like a pair, but no pair is overlooked.
        doubtful = bool(unusual) and _MAYBE_MOJIBAKE(odd) is not None
    else:
        found = forbidden(text) if b"\0" in encoded else None
        if found is not None:
            raise ForbiddenCharacter(*found)
        sealed = normalise(text)
        doubtful = True
    if sealed is not text:
        encoded = sealed.encode()
    return sealed, hashlib.sha256(encoded).hexdigest(), doubtful


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
    before, behind = text[offset - 1], text[offset]
    if _stands_alone(before) and _stands_alone(behind):
        return before == "\r" and behind == "\n"
    import regex

    # No cluster reaches back beyond an ASCII character; a fixed distance could begin inside a row of flags.
    start = offset - 1
    while start > 0 and not text[start].isascii():
        start -= 1
    return all(match.start() + start != offset for match in regex.finditer(r"\X", text[start : offset + 1]))


def _stands_alone(character: str) -> bool:
    """Whether a character joins no other of this kind, but CR and LF: Latin letters, quotation marks, dashes."""
    return character < "\u0300" or "\u2010" <= character <= "\u2027"


def crosses_paragraph(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` contains a blank line with text on both sides of it."""
    return _PARAGRAPH_BREAK.search(text[start:end].strip()) is not None


def is_span(start: int, end: int, length: int | None) -> bool:
    """Whether half-open offsets hold at least one character, of a text of that `length` if it is known."""
    return 0 <= start < end and (length is None or end <= length)


def spaced_edges(text: str, start: int, end: int) -> str | None:
    """How a span of `text` meets white space: it "begins", "ends", "begins and ends" with some; None if it does not."""
    begins, ends = text[start].isspace(), text[end - 1].isspace()
    return "begins and ends" if begins and ends else "begins" if begins else "ends" if ends else None


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number of things for a message, thousands set apart; the plural takes an s if it is not given."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def visible(text: str) -> str:
    """`text` on one line, with an escape such as `\\u202e` in the place of what cannot be seen."""
    return " ".join(ODD.sub(lambda found: escape(found.group()), text).split())


def escape(character: str) -> str:
    """A character as Python writes it in ASCII."""
    return character.encode("ascii", "backslashreplace").decode() if character >= "\x80" else f"\\x{ord(character):02x}"


def quote(text: str) -> str:
    """`text` in quotation marks on one line, shortened to `QUOTED` characters; control characters are escaped.

    White space is one space, and signs (␣ ⏎ ⇥) where there is nothing else.
    """
    start = text[: 4 * QUOTED]
    line = " ".join(start.split()) or "".join(map(_shown, start))
    if not line.isprintable():
        line = "".join(map(_visible, line))
    short = line if len(line) <= QUOTED else line[: QUOTED - 1].rstrip() + "…"
    return f"“{short}”"


def contrast(first: str, second: str) -> tuple[str, str]:
    """Both texts in quotation marks, so that a reader sees that they differ wherever they do.

    Where what `quote` makes of them looks alike, it is the stretch around their first difference: white space as a
    sign (␣ a space, ⏎ a line break, ⇥ a tab), what looks like something else, or like nothing, as its escape.
    """
    quoted = quote(first), quote(second)
    if first == second or _look(quoted[0]) != _look(quoted[1]):
        return quoted
    longest = min(len(first), len(second))
    shared = next((at for at in range(longest) if first[at] != second[at]), longest)
    if (first[shared : shared + 1] or " ").isspace() or (second[shared : shared + 1] or " ").isspace():
        shared = len(first[:shared].rstrip())
    start = max(shared - QUOTED // 4, 0)
    return _exposed(first, start, shared), _exposed(second, start, shared)


def exactly(text: str) -> str:
    """`text` as `quote` has it; if it has white space that `quote` leaves out, or characters without a width, as it is.

    These are signs (␣ ⏎ ⇥) or escapes then.
    """
    is_plain = " ".join(text.split()) == text and all(unicodedata.category(one) != "Cf" for one in text)
    return quote(text) if is_plain else _exposed(text, 0, 0)


def _look(text: str) -> str:
    """What is left of a text's differences on a screen."""
    return "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one) != "Cf")


def _exposed(text: str, start: int, odd: int) -> str:
    """A stretch of `text` from `start` in quotation marks; what stands at `odd` and behind is shown as it is."""
    end = start + QUOTED
    alike = "".join(map(_visible, re.sub(r"\s+", " ", text[start:odd])))
    pieces = re.split(r"(\s+)", text[odd:end])
    # A single space between two words is what everybody expects.
    ordinary = [piece == " " and all(pieces[place - 1 : place + 2 : 2]) for place, piece in enumerate(pieces)]
    differing = "".join(
        piece if plain else "".join(map(_shown, piece)) for piece, plain in zip(pieces, ordinary, strict=True)
    )
    return f"“{'…' if start else ''}{alike}{differing}{'…' if end < len(text) else ''}”"


def _shown(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    alike = unicodedata.category(character)[0] in "CMZ" or unicodedata.normalize("NFKC", character) != character
    return f"\\u{ord(character):04x}" if alike else character


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    return character if category not in ("Cc", "Cs") else f"\\u{ord(character):04x}"
