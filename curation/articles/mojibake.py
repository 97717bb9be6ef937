"""Text that was decoded with the wrong charset: how it is recognised, and how it is mended. The only door to `ftfy`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from curation.articles.rejects import Unusable
from curation.text import MOJIBAKE_TAIL, forbidden

# Those of the tail that prose puts behind a capital letter too, and the tail of Windows-1251.
_PUNCTUATION = "\xa0ª«®°²³¹º»·‚„…†‡‹‘’“”•–—™›"
_CYRILLIC_TAIL = "ЂЃѓЉЊЌЋЏђљњќћџЎўЈҐЁЄЇІіґёєјЅѕї‚„…†‡€‰‹‘’“”•–—™›\xa0¤¦§©«¬\xad®°±µ¶·№»"
# Control characters of Latin-1 that no text has, and the characters for bytes that begin a character in UTF-8.
_CONTROLS = "\x80-\x84\x86-\x9f"
_HEADS = "ÂÃÄÅÎÏÐÑÒÓÔÕÖ×ØÙÚÛàáâãäåæçèéêëìíîïð"
_MOJIBAKE = re.compile(
    f"[{_CONTROLS}{_HEADS}РС](?:(?<=[{_CONTROLS}])"
    # Curly quotes, dashes, the euro and trademark signs, emoji, the byte order mark and U+FFFD.
    "|(?<=â)[€‚„†‡ˆ‰]|(?<=ð)Ÿ|(?<=ï)(?:»¿|¿½)"
    # Latin letters: not behind a capital ("AMANHÔ), before punctuation only inside a word.
    f"|(?<=[ÂÃÄÅ])(?<![A-ZÀ-Þ«“„‘].)(?![{_PUNCTUATION}])[{MOJIBAKE_TAIL}]|(?<=[a-zß-ÿ][ÂÃÄÅ])[{MOJIBAKE_TAIL}]"
    "|(?<=Â)(?<![^0-9\\s].)[\xa0°«»]"
    # Other scripts: no word of any language has these in a row.
    f"|(?<=[Î-Û])[{MOJIBAKE_TAIL}](?:[Î-Û][{MOJIBAKE_TAIL}]){{2}}|(?<=[à-ï])[{MOJIBAKE_TAIL}]{{2}}[à-ï][{MOJIBAKE_TAIL}]{{2}}"
    f"|(?<=[РС])[{_CYRILLIC_TAIL}](?:[РС][{_CYRILLIC_TAIL}]){{3}})"
)
# Without one of these bytes of UTF-8 there is none: they begin all of the above; `Р°` and `Рµ` are Cyrillic а and е.
_SIGNS = (b"\xc2", b"\xc3", "Р°".encode(), "Рµ".encode())
_SHOWN = 12
_ANCHORS = re.compile("([0-9A-Za-z])")


def suspicion(text: str) -> str | None:
    """The first place of `text` that looks decoded with the wrong charset, with what is around it; None if none does.

    A heuristic that would rather overlook a case: it knows UTF-8 that was read as Windows-1252, Latin-1 or
    Windows-1251.
    """
    encoded = text.encode()
    if not any(sign in encoded for sign in _SIGNS):
        return None
    found = _MOJIBAKE.search(text)
    if found is None:
        return None
    around = text[max(0, found.start() - _SHOWN) : found.end() + _SHOWN]
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in around)


def mended(text: str) -> Iterator[tuple[int, int, str]]:
    """What `ftfy` changes to mend mojibake in `text`: start, end and the new form of each stretch.

    Each line is mended on its own. Mending never makes, moves or removes an ASCII letter or digit, so that these are
    the fixed points between which the old line and the new one are compared; a line where that should not hold is one
    stretch. Raises `Unusable` if the extra `mojibake` is not installed.
    """
    fix = _fixer()
    position = 0
    for line in text.split("\n"):
        fixed = line if line.isascii() else fix(line)
        if fixed != line and forbidden(fixed) is None:
            yield from ((position + start, position + end, new) for start, end, new in _differences(line, fixed))
        position += len(line) + 1


def _fixer() -> Callable[[str], str]:
    try:
        from ftfy import TextFixerConfig, fix_encoding
    except ImportError:
        reason = "mending mojibake needs ftfy"
        raise Unusable("R_EXTRA_MISSING", "E_EXTRA_MISSING", reason, "pip install 'curation[mojibake]'") from None
    # Nothing but charsets: what was lost is not made up, and everything else is the normalisation's.
    config = TextFixerConfig(
        unescape_html=False,
        replace_lossy_sequences=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        remove_control_chars=False,
        normalization=None,
    )
    return lambda line: fix_encoding(line, config)


def _differences(old: str, new: str) -> Iterator[tuple[int, int, str]]:
    olds, news = _ANCHORS.split(old), _ANCHORS.split(new)
    if olds[1::2] != news[1::2]:
        olds, news = [old], [new]
    position = 0
    for before, after in zip(olds, news, strict=True):
        if before != after:
            head = _alike(before, after)
            tail = _alike(before[head:][::-1], after[head:][::-1])
            yield position + head, position + len(before) - tail, after[head : len(after) - tail]
        position += len(before)


def _alike(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
