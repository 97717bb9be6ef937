"""HyperText and Paragraphs: the plain text that was annotated, and exact offsets or the reason why there are none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from curation.studio.html import Node, Page
from curation.studio.rendering import agreement
from curation.units import Refused, to_code_points

TEXT_KEY = "text"
"""The key of a paragraph's text where the interface names none."""

_STEP = re.compile(r"/(?:(text\(\))|([a-zA-Z][\w:-]*))(?:\[(\d{1,9})\])?")
_NUMBER = re.compile(r"\d{1,9}")


class Foreign(Protocol):
    """What was annotated with another tag than Text."""

    @property
    def text(self) -> str:
        """As plain text."""

    def span(self, value: Mapping[str, Any]) -> tuple[int, int]:
        """Start and end in `text`, in code points, of a row's `value`. Raises `Refused` where they are not certain."""


def foreign(tag: str, source: object, *, text_key: str = TEXT_KEY) -> Foreign:
    """Read what a HyperText or Paragraphs object showed, as the item's data have it.

    `text_key` is under which a paragraph has its text. Raises `Refused` with the reason where its text is not certain.
    """
    if tag == "HyperText":
        if not isinstance(source, str):
            raise Refused("the item has no page for it")
        return HyperText(source)
    if tag != "Paragraphs":
        raise Refused(f"a {tag} object has no text")
    if not isinstance(source, list) or not all(isinstance(one, dict) for one in source):
        raise Refused("the item has no list of paragraphs for it")
    texts = [one.get(text_key, "") for one in source]
    if not all(isinstance(text, str) for text in texts):
        raise Refused(f"a paragraph has no text under {text_key!r}")
    return Paragraphs(texts)


class HyperText:
    """A page. Its text is that of its text nodes in a row, with a newline for each `<br>`."""

    def __init__(self, source: str) -> None:
        self._page = Page(source)
        self.text = self._page.plain
        self._hidden = len(self.text) != self._page.length

    def span(self, value: Mapping[str, Any]) -> tuple[int, int]:
        """From the XPaths and the offsets in the whole page; where both are there, they must say the same."""
        path, whole = self._by_path(value), self._by_count(value)
        if path is None and not whole:
            raise Refused("the span has neither XPaths nor offsets in the whole page")
        if path is not None and whole and path not in whole:
            raise Refused(
                f"its XPaths give {path[0]}–{path[1]}, its offsets in the whole page {whole[0][0]}–{whole[0][1]}"
            )
        stored = value.get("text")
        if path is not None:
            return _checked(self.text, *path, stored, sure=bool(whole))
        for found in whole[1:]:
            if isinstance(stored, str) and _agree(stored, self.text[slice(*whole[0])]) < _agree(
                stored, self.text[slice(*found)]
            ):
                return _checked(self.text, *found, stored)
        return _checked(self.text, *whole[0], stored)

    def _by_path(self, value: Mapping[str, Any]) -> tuple[int, int] | None:
        places = []
        for side in ("start", "end"):
            path, offset = value.get(side), value.get(f"{side}Offset")
            if not isinstance(path, str) or type(offset) is not int:
                return None
            places.append(_place(self._page.root, path, offset))
        return places[0], places[1]

    def _by_count(self, value: Mapping[str, Any]) -> list[tuple[int, int]]:
        """What the offsets in the whole page give; two answers where browsers may have kept white space before it."""
        offsets = value.get("globalOffsets")
        if not isinstance(offsets, dict) or self._hidden:
            # Scripts and styles are counted or not, with the version.
            return []
        start, end = offsets.get("start"), offsets.get("end")
        if type(start) is not int or type(end) is not int:
            return []
        return [(start - lead, end - lead) for lead in dict.fromkeys((0, self._page.lead))]


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """A list of paragraphs; a newline joins their texts."""

    texts: Sequence[str]

    @property
    def text(self) -> str:
        """The paragraphs' texts, joined."""
        return "\n".join(self.texts)

    def span(self, value: Mapping[str, Any]) -> tuple[int, int]:
        """From the numbers of the paragraphs and the UTF-16 offsets inside them."""
        return _checked(self.text, self._place(value, "start"), self._place(value, "end"), value.get("text"))

    def _place(self, value: Mapping[str, Any], side: str) -> int:
        named, offset = value.get(side), value.get(f"{side}Offset")
        if not isinstance(named, str) or not _NUMBER.fullmatch(named) or type(offset) is not int:
            raise Refused("the span has no paragraphs and offsets")
        number = int(named)
        if number >= len(self.texts):
            raise Refused(f"there is no paragraph {number}")
        before = sum(map(len, self.texts[:number])) + number
        return before + _utf16(self.texts[number], offset)


def _checked(text: str, start: int, end: int, stored: object, *, sure: bool = False) -> tuple[int, int]:
    """The span, if the stored text is there; without a stored text, if it is `sure` otherwise."""
    if not 0 <= start < end <= len(text):
        raise Refused(f"{start}–{end} is no span of a text of {len(text)} characters")
    if not isinstance(stored, str):
        if not sure:
            raise Refused("no text is stored with the span, so that nothing proves its place")
    elif not _agree(stored, text[start:end]):
        raise Refused(f"the text stored with the span is not at {start}–{end}")
    return start, end


def _agree(stored: str, there: str) -> int:
    """2 for the very text, 1 for one that differs in white space alone, such as that between two blocks."""
    agrees = agreement(stored, there)
    return agrees if agrees == 2 or stored.strip() else 0


def _place(root: Node, path: str, offset: int) -> int:
    """Where in the plain text an offset in the node at an XPath stands."""
    node = root
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None or node.name == "#text":
            raise Refused(f"{path!r} is no XPath that Label Studio writes")
        node = _child(node, "#text" if step[1] else step[2].lower(), int(step[3] or 1), path)
        position = step.end()
    if node.hidden:
        raise Refused(f"{path!r} is a script or a style")
    if node.name == "#text":
        return node.shown + _utf16(node.text, offset)
    if not 0 <= offset <= len(node.children):
        raise Refused(f"{path!r} has no child {offset}")
    return node.children[offset].shown if offset < len(node.children) else _end(node)


def _child(node: Node, name: str, number: int, path: str) -> Node:
    found = [child for child in node.children if child.name == name]
    if not 1 <= number <= len(found):
        raise Refused(f"the page has nothing at {path!r}")
    return found[number - 1]


def _end(node: Node) -> int:
    while node.children:
        node = node.children[-1]
    if node.name == "#text":
        return node.shown + (0 if node.hidden else len(node.text))
    return node.shown + (node.name == "br")


def _utf16(text: str, offset: int) -> int:
    return to_code_points(text, offset, offset, "utf-16")[0]
