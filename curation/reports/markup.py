"""Texts as HTML: escaped, with what cannot be seen made visible."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from urllib.parse import urlsplit

from curation.reports.excerpts import Excerpt, Piece
from curation.reports.wording import character_name
from curation.text import ODD, counted, escape

_SIGNS = {" ": "␣", "\t": "⇥", "\n": "⏎", "\xa0": "⍽"}
_NEWLINE = "\n"
# What cannot be seen either, and belongs into some words, but at no edge of what is marked.
_JOINING = "\u200c\u200d\u200e\u200f"
_UNSEEN = re.compile("[\u00ad\u200b\u2060]")
_EDGE = re.compile(rf"[\s{_UNSEEN.pattern[1:-1]}{_JOINING}]*")
_QUOTED = re.compile("“([^“”]*)”")
_TYPED = re.compile("`([^`]+)`")


def markup(text: str) -> str:
    """A text that can stand anywhere in a page, also between quotes; what cannot be seen as its escape."""
    return html.escape(ODD.sub(lambda found: escape(found.group()), text))


def rich(text: str) -> str:
    """A text of an article as HTML, in which odd characters are boxes with their names."""
    parts: list[str] = []
    done = 0
    for found in ODD.finditer(text):
        parts += [html.escape(text[done : found.start()]), _sign(found.group())]
        done = found.end()
    return "".join([*parts, html.escape(text[done:])])


def message(text: str) -> str:
    """A sentence as HTML; what it quotes keeps its own direction of writing and turns nothing around it."""
    return _QUOTED.sub(r"“<bdi>\1</bdi>”", markup(text))


def advice(text: str) -> str:
    """A sentence of ours as HTML, in which what is to be typed, between backticks, is set off as such."""
    return _TYPED.sub(r"<code>\1</code>", markup(text))


def passage(excerpt: Excerpt) -> str:
    """An excerpt as HTML: what is meant in `mark`, other marks lightly; a direction of writing of its own."""
    body = "".join(_piece(piece, excerpt.pieces, position) for position, piece in enumerate(excerpt.pieces))
    return f'<blockquote dir="{direction(piece.text for piece in excerpt.pieces)}">{body}</blockquote>'


def direction(texts: Iterable[str]) -> str:
    """`ltr` or `rtl`, as most letters: an excerpt may begin with a name in another script than the article's."""
    kinds = Counter(unicodedata.bidirectional(character) for text in texts for character in text)
    return "rtl" if kinds["R"] + kinds["AL"] > kinds["L"] else "ltr"


def link(url: str | None, words: str) -> str:
    """A link to a web address; nothing for anything else."""
    try:
        safe = url is not None and urlsplit(url).scheme in ("http", "https")
    except ValueError:
        safe = False
    return f'<a href="{markup(url)}" rel="noopener noreferrer">{words}</a>' if safe and url is not None else ""


def _piece(piece: Piece, pieces: tuple[Piece, ...], position: int) -> str:
    if piece.left_out:
        hidden = counted(piece.left_out, "character")
        gap = f'<span class="gap" dir="ltr" title="{hidden} left out">[…]</span>'
        return f"{' ' if position else ''}{gap} "
    if piece.nowhere:
        return '<mark class="point" title="a span without a character">▏</mark>'
    # The white space at an edge of what is meant counts, not that at an edge where another mark begins.
    before = position > 0 and pieces[position - 1].meant
    after = position + 1 < len(pieces) and pieces[position + 1].meant
    text = _meant(piece.text, before, after) if piece.meant else rich(piece.text)
    if piece.labels:
        text = f'<span class="beside" title="{markup(", ".join(piece.labels))}">{text}</span>'
    return f"<mark>{text}</mark>" if piece.meant else text


def _meant(text: str, before: bool, after: bool) -> str:
    core_start = 0 if before else _edge(text)
    core_end = len(text) if after else max(len(text) - _edge(text[::-1]), core_start)
    edges = (text[:core_start], text[core_end:])
    lead, trail = ("".join(map(_boxed, edge)) for edge in edges)
    core = _NEWLINE.join(_line(line) + _sign(_NEWLINE) for line in text[core_start:core_end].split(_NEWLINE))
    return lead + core.removesuffix(_sign(_NEWLINE)) + trail


def _edge(text: str) -> int:
    """How many characters at the beginning cannot be seen."""
    found = _EDGE.match(text)
    return found.end() if found else 0


def _line(text: str) -> str:
    """A line of what is meant, in which characters without a width are boxes too."""
    unseen = _UNSEEN.findall(text)
    pieces = _UNSEEN.split(text)
    return "".join(rich(piece) + (_sign(unseen[at]) if at < len(unseen) else "") for at, piece in enumerate(pieces))


def _boxed(character: str) -> str:
    """A character that cannot be seen, as a sign or its escape, and whatever it does to the line."""
    return _sign(character) + (_NEWLINE if character == _NEWLINE else "")


def _sign(character: str) -> str:
    shown = _SIGNS.get(character) or html.escape(escape(character))
    return f'<span class="odd" dir="ltr" title="{markup(character_name(character))}">{shown}</span>'
