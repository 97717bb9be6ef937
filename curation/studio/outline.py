"""An interface as lines of text, to compare two of them and to show where they differ."""

from __future__ import annotations

import hashlib
import re
from typing import cast
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from curation.studio.markup import DoctypeRefused, NoDoctype

# A style's rules stand on lines of their own in an outline.
_STYLE_LINE = re.compile(r"(?<=[;{}]) ")
_DEEPEST = 20


def outline(xml: str) -> list[str]:
    """An interface line by line, the same under indentation, attribute order and comments.

    Never raises: what is not well-formed is given as it stands.
    """
    return _outline(xml, _Outline())


def readable(xml: str) -> list[str]:
    """An outline in which long texts keep their lines, for people to read; other line breaks make it another one."""
    return _outline(xml, _Outline(keeps_lines=True))


def _outline(xml: str, target: _Outline) -> list[str]:
    try:
        parser = ElementTree.XMLParser(target=target)
        parser.feed(xml)
        return cast("list[str]", parser.close())
    except (ElementTree.ParseError, DoctypeRefused, ValueError):
        return ["not XML", *xml.strip().split("\n")]


def canonical(xml: str) -> str:
    """A hash of an interface's outline."""
    return hashlib.sha256("\0".join(outline(xml)).encode("utf-8", "surrogatepass")).hexdigest()


class _Outline(NoDoctype):
    """Collects an XML document as a flat list of lines; flat, so that depth cannot exhaust it."""

    def __init__(self, *, keeps_lines: bool = False) -> None:
        self._keeps_lines = keeps_lines
        self._lines: list[str] = []
        self._text: list[str] = []
        self._depth = 0
        self._is_open = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._flush()
        pairs = (f" {name}={quoteattr(' '.join(value.split()))}" for name, value in sorted(attributes.items()))
        self._add(f"<{tag}{''.join(pairs)}>")
        self._depth += 1
        self._is_open = True

    def end(self, tag: str) -> None:
        self._flush()
        self._depth -= 1
        if self._is_open:
            self._lines[-1] = f"{self._lines[-1][:-1]}/>"
        else:
            self._add(f"</{tag}>")
        self._is_open = False

    def data(self, data: str) -> None:
        self._text.append(data)

    def close(self) -> list[str]:
        return self._lines

    def _flush(self) -> None:
        text = "".join(self._text)
        self._text.clear()
        for line in text.splitlines() if self._keeps_lines else [text]:
            words = escape(" ".join(line.split()))
            for piece in _STYLE_LINE.split(words) if words else ():
                self._add(piece)
                self._is_open = False

    def _add(self, line: str) -> None:
        self._lines.append("  " * min(self._depth, _DEEPEST) + line)
