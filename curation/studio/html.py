"""The nodes of a HyperText object's page, as far as their tree is the one that browsers make; others are refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser

from curation.units import Refused


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_VOID = _tags("area base br col embed hr img input link meta source track wbr")
_HEAD = _tags("base link meta script style title")
_HIDDEN = _tags("script style")
# Their text is no part of the tree, or goes where it does not stand.
_REFUSED = _tags(
    "col colgroup frameset iframe image listing math noembed noframes noscript optgroup option plaintext select svg "
    "template textarea title xmp"
)
_FORMATTING = _tags("a b big code em font i nobr s small strike strong tt u")
_HEADINGS = _tags("h1 h2 h3 h4 h5 h6")
_CLOSE_P = _HEADINGS | _tags(
    "address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure footer form "
    "header hgroup hr li main menu nav ol p pre search section summary table ul"
)
_IMPLIED_END = _tags("dd dt li optgroup option p rb rp rt rtc")
_RUBY = _tags("rb rp rt rtc")
_SECTIONS = _tags("tbody thead tfoot")
_CELLS = _tags("td th")
_CELL_ENDS = {
    **dict.fromkeys(_CELLS, _CELLS),
    "tr": _CELLS | {"tr"},
    **dict.fromkeys(_SECTIONS, _CELLS | {"tr"} | _SECTIONS),
}
_TABLE = _SECTIONS | {"table", "tr"}
# What an open item or paragraph is looked for up to.
_SCOPE = _tags("applet button caption marquee object table td th")
_ITEMS = _tags("dd dt li")
_BLOCKS = (_CLOSE_P | _SCOPE | _TABLE) - _tags("address div p")
_REFERENCE = re.compile(r"&#(?:[0-9]+|[xX][0-9a-fA-F]+);?")
_TAG = re.compile("<[a-zA-Z!/?]")
_OPEN_ENDS = 20
_DEEPEST = 500
_WHITE = " \t\n\f\r"


@dataclass(slots=True, eq=False)
class Node:
    """An element, a text (`#text`) or a comment (`#comment`).

    `start` is how many code points of text, and one for each `<br>`, stand before it in the page; `shown` the same in
    the page's plain text, which leaves scripts and styles out. `hidden` texts are those.
    """

    name: str
    start: int
    shown: int
    children: list[Node] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    hidden: bool = False

    @property
    def text(self) -> str:
        """What a text node says."""
        return "".join(self.pieces)


def _require_ends(source: str) -> None:
    """What does not end, Python's parser takes for text, and looks for each end in all that follows."""
    last = source.rfind(">")
    if (
        source.rfind("<!--") > source.rfind("-->")
        or _TAG.search(source, last + 1)
        or len(_TAG.findall(source)) > 2 * source.count(">") + _OPEN_ENDS
    ):
        raise Refused("the page has tags or comments that do not end")


class Page(HTMLParser):
    """The tree of a page's body: `root`; `lead` is how much white space before it a browser may have dropped.

    Raises `Refused` for a page that browsers would mend, or whose text they do not all count.
    """

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("body", 0, 0)
        self.lead = 0
        self.length = 0
        self._shown: list[str] = []
        self._shown_length = 0
        self._open = [self.root]
        self._begun = False
        # After </body> comments are no part of it, all else is.
        self._ended = False
        self._head: str | None = None
        self._fresh = False
        if "\0" in source:
            raise Refused("the page holds NUL")
        for reference in _REFERENCE.findall(source):
            if not unescape(reference):
                raise Refused(f"the page has {reference}, which is no character")
        _require_ends(source)
        try:
            self.feed(source.replace("\r\n", "\n").replace("\r", "\n"))
        except AssertionError:
            raise Refused("the page has a declaration that no browser knows") from None
        if self.cdata_elem is not None:
            raise Refused(f"the page's <{self.cdata_elem}> does not end")
        self.close()

    @property
    def plain(self) -> str:
        """The texts of the page one after the other, and a newline for each `<br>`."""
        return "".join(self._shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element, and close those that it ends."""
        self._fresh = False
        if self._head == "title":
            raise Refused("the page's title holds tags")
        if tag in ("html", "body", "head") or (not self._begun and tag in _HEAD):
            self._ahead(tag)
            return
        self._head, self._begun, self._ended = None, True, False
        if tag in _REFUSED:
            raise Refused(f"the page has a <{tag}>, whose text browsers treat in their own way")
        self._end_implied(tag)
        self._require_place(tag)
        node = Node(tag, self.length, self._shown_length)
        self._open[-1].children.append(node)
        if tag == "br":
            self._count("\n")
        if tag not in _VOID:
            self._open.append(node)
            if len(self._open) > _DEEPEST:
                raise Refused("the page is nested more deeply than browsers keep it")
        self._fresh = tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """In HTML, the slash says nothing."""
        if tag in _HIDDEN | {"title"}:
            raise Refused(f"the page has a <{tag}/>, which does not end there")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        self._fresh = False
        if self._head is not None and not (self._head == "head" and tag in ("html", "body")):
            self._head = None if tag == self._head else self._head
            return
        if tag in ("p", "br") and not self._is_open(tag):
            raise Refused(f"the page has a </{tag}> that closes nothing")
        if tag in ("html", "body", "head") or not self._begun:
            if tag in ("html", "body"):
                self._head, self._begun = None, True
                self._ended = not any(node.name in _SCOPE - {"button"} for node in self._open)
            return
        self._ended = False
        if not self._is_open(tag):
            if tag in _HEADINGS and any(node.name in _HEADINGS for node in self._open):
                raise Refused(f"the page has a </{tag}> that closes another heading")
            return
        if tag in _FORMATTING and self._open[-1].name != tag:
            raise Refused(f"the page's <{self._open[-1].name}> is not closed before </{tag}>")
        while self._open[-1].name != tag:
            if self._open[-1].name not in _IMPLIED_END and not (tag in _TABLE and self._open[-1].name in _CELL_ENDS):
                raise Refused(f"the page's <{self._open[-1].name}> is not closed before </{tag}>")
            self._open.pop()
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Add to the text that goes on here, or begin one."""
        if self._head not in (None, "head"):
            return
        self._ended &= not data.strip(_WHITE)
        if not self._begun:
            text = data.lstrip(_WHITE)
            self.lead += len(data) - len(text)
            if not text:
                return
            data, self._begun, self._head = text, True, None
        if self._fresh and data.startswith("\n"):
            data = data[1:]
        self._fresh = False
        if not data:
            return
        inside = self._open[-1]
        if inside.name in _TABLE and data.strip(_WHITE):
            raise Refused("the page has text in a table outside its cells")
        if not (inside.children and inside.children[-1].name == "#text"):
            hidden = inside.name in _HIDDEN
            inside.children.append(Node("#text", self.length, self._shown_length, hidden=hidden))
        inside.children[-1].pieces.append(data)
        self._count(data, hidden=inside.children[-1].hidden)

    def handle_comment(self, data: str) -> None:
        """A comment ends the text before it."""
        self._fresh = False
        if self._begun and not self._ended:
            self._open[-1].children.append(Node("#comment", self.length, self._shown_length))

    def handle_pi(self, data: str) -> None:
        """Browsers take it for a comment."""
        self.handle_comment(data)

    def unknown_decl(self, data: str) -> None:
        """Browsers take it for a comment."""
        self.handle_comment(data)

    def _count(self, text: str, *, hidden: bool = False) -> None:
        self.length += len(text)
        if not hidden:
            self._shown.append(text)
            self._shown_length += len(text)

    def _ahead(self, tag: str) -> None:
        """What belongs before the body, or changes nothing in it."""
        self._ended &= tag == "html"
        if tag == "body":
            self._head, self._begun = None, True
        elif not self._begun and self._head in (None, "head") and tag not in ("html", *_VOID):
            self._head = tag

    def _is_open(self, tag: str) -> bool:
        return any(node.name == tag for node in self._open[1:])

    def _end_implied(self, tag: str) -> None:
        if tag in _CLOSE_P:
            if tag == "table" and self._is_open("p"):
                raise Refused("the page has a <table> in a <p>, which some browsers end there")
            self._close({"p"}, _SCOPE)
        if tag in _ITEMS:
            names = {"li"} if tag == "li" else _ITEMS - {"li"}
            self._close(names, _BLOCKS - names)
        elif tag in _RUBY and self._is_open("ruby"):
            while self._open[-1].name in _IMPLIED_END - ({"rtc"} if tag in ("rp", "rt") else set()):
                self._open.pop()
        elif tag in _CELL_ENDS:
            self._close(_CELL_ENDS[tag], frozenset(("table",)))
            if tag == "tr" and self._open[-1].name == "table":
                self._push("tbody")
            elif tag in _CELLS and self._open[-1].name in _SECTIONS:
                self._push("tr")

    def _push(self, name: str) -> None:
        node = Node(name, self.length, self._shown_length)
        self._open[-1].children.append(node)
        self._open.append(node)

    def _close(self, names: set[str] | frozenset[str], scope: frozenset[str]) -> None:
        """Close the open elements of these names, which all stand inside each other, up to the next scope."""
        depth = len(self._open)
        for position in range(len(self._open) - 1, 0, -1):
            name = self._open[position].name
            if name in names:
                depth = position
            elif name in scope:
                break
        for node in self._open[depth + 1 :]:
            if node.name not in names | _IMPLIED_END:
                raise Refused(f"the page's <{node.name}> is not closed where it must be")
        del self._open[depth:]

    def _require_place(self, tag: str) -> None:
        inside = self._open[-1].name
        allowed = {"table": _SECTIONS | {"caption"}, "tr": _CELLS}
        if inside in _TABLE and tag not in allowed.get(inside, frozenset(("tr",))) | _HIDDEN:
            raise Refused(f"the page has a <{tag}> in a <{inside}>")
        if (
            inside not in _TABLE
            and (tag in _CELL_ENDS or tag in ("caption", "colgroup", "col"))
            and inside != "colgroup"
        ):
            raise Refused(f"the page has a <{tag}> outside a table")
        if (tag in ("a", "nobr", "button", "form") and self._is_open(tag)) or {tag, inside} <= _HEADINGS:
            raise Refused(f"the page has a <{tag}> inside another one")
