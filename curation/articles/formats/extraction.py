"""The article in a parsed web page: main text in paragraphs, and what the page says of itself. The door to trafilatura.

Two settings of the extractor read the page. The one that takes less in is believed, unless a third reader, an algorithm
that knows nothing of the other two (readability), agrees clearly more with the one that takes in more.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from curation.articles.formats.declared import Declared
from curation.articles.formats.decoding import one_line
from curation.articles.rejects import Refused
from curation.text import UNSPACED_CLASS

# A word, or one character of the scripts that put no space between words.
_TOKEN = re.compile(f"[{UNSPACED_CLASS}]|[^\\W{UNSPACED_CLASS}]+")
_SPACE = re.compile(r"[ \t\n\r\f]+")
_BREAKS = re.compile(r" ?\n ?")
# Text that is no character of any language, and none that XML refuses.
_GAP = "\ufdd0"
# The classes are those by which the usual style sheets hide what is for screen readers alone.
_FOR_READERS = ("sr-only", "visually-hidden", "screen-reader-text")
_HIDDEN = "./body//*[self::template or @hidden or @aria-hidden='true' or {}]".format(
    " or ".join(f"contains(concat(' ', @class, ' '), ' {name} ')" for name in _FOR_READERS)
)
_PARAGRAPH = re.compile(r"\n{2,}")
_BLOCKS = {"p", "head", "quote", "list", "item", "table", "row", "div", "body", "code", "graphic"}
_UNSEEN = {"script", "style", "noscript", "template", "head", "svg", "select", "iframe", "object"}
# How much more the third reader has to agree with the reading that takes more in.
_CLEARLY = 0.1
# The share of text in links from which a paragraph is no prose, and a list is one of links to others.
_LINKED = 0.8
_LINKED_LIST = 0.5
# Characters of a link that is more than a name, and of one that may be a headline; links that begin with the same ones;
# characters of a row of links.
_SHORTEST_LINK = 10
_SHORTEST_HEADLINE = 25
_ALIKE = 20
_LONGEST_LINKS = 600


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article as it was found in a page; `visible` counts the characters that the page shows, without white space.

    `headlines` counts the links that may be headlines, `prose` the characters outside links of the paragraph that has
    most of them.

    What else the page says is as its publisher declares it, or as the extractor found it where that says nothing.
    """

    text: str
    visible: int
    headlines: int
    prose: int
    title: str | None
    url: str | None
    outlet: str | None
    authors: tuple[str, ...]
    license: str | None


def version() -> str:
    """The extractor and its version."""
    import trafilatura

    return f"trafilatura {trafilatura.__version__}"


def extract(tree: Any, declared: Declared, url: str | None) -> Extracted:
    """The article in a page's tree, which came from `url` if that is known. Raises `Refused` if there is none."""
    tree = _without_hidden(tree)
    links = _links(tree)
    try:
        text = _as_declared(_text(tree, url, links), declared.body())
        found = _metadata(tree, url)
    except Exception as error:  # an extractor is guesswork over hostile input: one page must not stop the others
        raise Refused("R_HTML_NO_TEXT", f"the extraction failed: {type(error).__name__}: {error}") from None
    if not text:
        raise Refused("R_HTML_NO_TEXT", "no article was found in the page")
    title = declared.title(found.title)
    sitename = found.sitename if found.sitename != title else None
    names = map(one_line, declared.authors() or (found.author or "").split(";"))
    return Extracted(
        text,
        _visible(tree),
        sum(len(link) >= _SHORTEST_HEADLINE for alike in links.values() for link in alike),
        max(len(paragraph) - _in_links(paragraph, links) for paragraph in text.split("\n")),
        one_line(title or "") or None,
        one_line(found.url or "") or None,
        one_line(declared.outlet() or sitename or "") or None,
        tuple(filter(None, names)),
        one_line(found.license or "") or None,
    )


def _text(tree: Any, url: str | None, links: Mapping[str, Sequence[str]]) -> str:
    tree = _with_gaps(tree)
    precise, balanced = (_body(tree, url, links, favor_precision=precision) for precision in (True, False))
    if precise == balanced or not precise or not balanced:
        return precise or balanced
    third = _readable(tree)
    return balanced if agreement(balanced, third) > agreement(precise, third) + _CLEARLY else precise


def _without_hidden(tree: Any) -> Any:
    """The tree without what a browser hides, or keeps from those who listen: the extractor knows but a part of it.

    What holds more than half of the page stays: a script would have shown it, or put a notice above it.
    """
    hidden = tree.xpath(_HIDDEN)
    if hidden:
        tree = deepcopy(tree)
        most = _visible(tree) / 2
        for element in tree.xpath(_HIDDEN):
            if element.getparent() is not None and _visible(element) <= most:
                element.drop_tree()
    return tree


def _as_declared(text: str, declared: str | None) -> str:
    """`text` with the line breaks of the same words as the page declares them: the extractor drops these."""
    if declared is None or declared.split() != text.split():
        return text
    return _PARAGRAPH.sub("\n\n", "\n".join(" ".join(line.split()) for line in declared.splitlines()).strip())


def _with_gaps(tree: Any) -> Any:
    """A copy with a mark behind two line breaks in a row, which the extractor would make one."""
    tree = deepcopy(tree)
    for second in tree.iter("br"):
        first = second.getprevious()
        if first is not None and first.tag == "br" and not (first.tail or "").strip() and (second.tail or "").strip():
            second.tail = _GAP + second.tail
    return tree


def _body(tree: Any, url: str | None, links: Mapping[str, Sequence[str]], *, favor_precision: bool) -> str:
    from trafilatura import bare_extraction

    found: Any = bare_extraction(tree, url=url, include_comments=False, favor_precision=favor_precision)
    return "" if found is None else rendered(found.body, links)


def _readable(tree: Any) -> str:
    from trafilatura.external import try_readability

    return " ".join(try_readability(deepcopy(tree)).itertext())


def _metadata(tree: Any, url: str | None) -> Any:
    from trafilatura.metadata import extract_metadata

    # Its dates are guesses: from the year of a copyright, or with a day that nobody gave.
    return extract_metadata(deepcopy(tree), url, {"extensive_search": False}, extensive=False)


def agreement(one: str, other: str) -> float:
    """F1 of the multisets of tokens, from 0 to 1: words, and single characters where words have no spaces."""
    first, second = Counter(_TOKEN.findall(one)), Counter(_TOKEN.findall(other))
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 1.0


def _visible(tree: Any) -> int:
    from lxml import etree

    count = hidden = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        unseen = element.tag in _UNSEEN
        hidden += unseen if event == "start" else -unseen
        text = element.text if event == "start" else element.tail
        count += 0 if hidden or not text else len("".join(text.split()))
    return count


@dataclass(frozen=True, slots=True)
class _Block:
    """A paragraph, a heading, a row of a table or an item of a list."""

    kind: str
    text: str


def rendered(body: Any, links: Mapping[str, Sequence[str]]) -> str:
    """The text of an extracted body: blank lines between paragraphs, one line for each item of a list.

    Left out are blocks that are little but `links`, which are the texts of the page's links (see `_links`), and
    headings with nothing else below them. The share of links is what tells boilerplate best: Kohlschütter, Fankhauser,
    Nejdl, "Boilerplate detection using shallow text features", WSDM 2010.
    """
    blocks = list(_blocks(body))
    text, before = "", ""
    for block in _without_links(blocks, links) or blocks:
        if text:
            text += "\n" if block.kind == before and block.kind in ("item", "row") else "\n\n"
        text += block.text
        before = block.kind
    return text


def _links(tree: Any) -> dict[str, list[str]]:
    """The texts of a page's links by their first characters, longest first."""
    texts = {_SPACE.sub(" ", "".join(link.itertext())).strip() for link in tree.iter("a")}
    links: dict[str, list[str]] = {}
    for text in sorted(texts, key=lambda text: (-len(text), text)):
        alike = links.setdefault(text[:_SHORTEST_LINK], [])
        if len(text) >= _SHORTEST_LINK and len(alike) < _ALIKE:
            alike.append(text)
    return links


def _without_links(blocks: list[_Block], links: Mapping[str, Sequence[str]]) -> list[_Block]:
    kept: list[_Block] = []
    after_links = False
    for kind, group in groupby([*blocks, _Block("head", "")], key=lambda block: block.kind):
        several = list(group)
        if kind == "item" and _is_list_of_links(several, links):
            after_links = True
            continue
        for block in several:
            if kind not in ("head", "item") and _linked(block, links) >= _LINKED:
                after_links = True
                continue
            if after_links and kind == "head" and kept and kept[-1].kind == "head":
                kept.pop()
            after_links = False
            kept.append(block)
    return kept[:-1]


def _is_list_of_links(items: list[_Block], links: Mapping[str, Sequence[str]]) -> bool:
    shares = [_linked(item, links) for item in items]
    return len(items) > 1 and all(shares) and sum(shares) >= _LINKED_LIST * len(items)


def _linked(block: _Block, links: Mapping[str, Sequence[str]]) -> float:
    """The share of a block's characters in texts of links; a long block is prose whatever is in it."""
    text = block.text.removeprefix("- ")
    if len(text) > _LONGEST_LINKS:
        return 0.0
    return _in_links(text, links) / len(text)


def _in_links(text: str, links: Mapping[str, Sequence[str]]) -> int:
    """How many characters of `text` stand in texts of links."""
    at = linked = 0
    while at < len(text):
        alike = links.get(text[at : at + _SHORTEST_LINK], ())
        link = next((link for link in alike if text.startswith(link, at)), "")
        linked += len(link)
        at += len(link) or 1
    return linked


def _blocks(body: Any) -> Iterator[_Block]:
    """The blocks of an extracted body in turn."""
    from lxml import etree

    writer = _Writer()
    for event, element in etree.iterwalk(body, events=("start", "end")):
        if event == "start":
            yield from writer.start(element)
        else:
            yield from writer.end(element)
            if element is not body:
                writer.write(element.tail)
    yield from writer.flush()


class _Writer:
    """Collects the text of the block that is being read."""

    def __init__(self) -> None:
        self.kinds = ["p"]
        self.parts: list[str] = []
        self.mark = ""

    def write(self, text: str | None) -> None:
        text = text or ""
        self.parts.append(text if self.kinds[-1] == "code" else _SPACE.sub(" ", text))

    def start(self, element: Any) -> Iterator[_Block]:
        tag = element.tag
        if tag in _BLOCKS:
            yield from self.flush()
            self.kinds.append(tag if tag in ("head", "item", "row", "code") else self.kinds[-1])
            self.mark = "- " if tag == "item" else self.mark
        elif tag == "cell" and element.getprevious() is not None:
            self.parts.append(" | ")
        elif tag == "lb":
            self.parts.append("\n")
        self.write(element.text)

    def end(self, element: Any) -> Iterator[_Block]:
        if element.tag in _BLOCKS:
            yield from self.flush()
            self.kinds.pop()

    def flush(self) -> Iterator[_Block]:
        written = _BREAKS.sub("\n", "".join(self.parts).replace(_GAP, "\n\n")).strip()
        paragraphs = [part.strip() for part in _PARAGRAPH.split(written) if part.strip(" |-")]
        self.parts.clear()
        for paragraph in paragraphs:
            yield _Block(self.kinds[-1], self.mark + paragraph)
            self.mark = ""
