"""The tree that we make of a HyperText page is the one that Chromium makes, or the page is refused."""

from __future__ import annotations

import random

import pytest

from curation.studio.html import Node, Page
from curation.units import Refused

pytestmark = pytest.mark.browser

WALK = """html => {
  const frame = document.body.appendChild(document.createElement('iframe'));
  frame.contentDocument.open(); frame.contentDocument.write(html); frame.contentDocument.close();
  const found = [];
  const walk = (node, path) => {
    const counts = {};
    for (const child of node.childNodes) {
      const name = {3: '#text', 7: '#comment', 8: '#comment'}[child.nodeType] || child.nodeName.toLowerCase();
      counts[name] = (counts[name] || 0) + 1;
      const here = `${path}/${name}[${counts[name]}]`;
      found.push([here, child.nodeType === 3 ? child.data : '']);
      if (child.nodeType === 1) walk(child, here);
    }
  };
  if (frame.contentDocument.body) walk(frame.contentDocument.body, '');
  frame.remove();
  return found;
}"""
TAGS = (
    "p", "div", "b", "i", "a", "span", "ul", "ol", "li", "table", "tr", "td", "th", "tbody", "h1", "h2", "pre", "br",
    "hr", "img", "blockquote", "script", "style", "dl", "dt", "dd", "section", "button", "em", "caption", "html",
    "head", "body", "title", "meta", "form", "label", "font", "sup", "code", "figure", "center", "details", "input",
    "wbr", "link", "object", "ruby", "rt",
)  # fmt: skip
PIECES = (
    "word", "é ", "&amp;", "&#128512;", "&nbsp;", "&lt;b&gt;", " ", "\n", "\r\n", "\r", "<!-- c -->", "&copy",
    "&notit;", "a < b", "&#13;", "&#150;", "<![CDATA[q]]>", "\t", "&", "&#x0;", "&#1;", "&unknown;", "&ampx",
)  # fmt: skip


def page(seed: int) -> str:
    """A page that somebody wrote in a hurry."""
    chance = random.Random(seed)
    written: list[str] = []
    opened: list[str] = []
    for _ in range(chance.randint(1, 14)):
        kind = chance.random()
        if kind < 0.4:
            tag = chance.choice(TAGS)
            written.append(f"<{tag}>" if chance.random() < 0.9 else f'<{tag} class="a>b"/>')
            opened += [] if tag in ("br", "hr", "img", "meta") else [tag]
        elif kind < 0.65 and opened:
            last = opened.pop()
            written.append(f"</{last if chance.random() < 0.9 else chance.choice(TAGS)}>")
        else:
            written.append(chance.choice(PIECES))
    return "".join([*written, *(f"</{tag}>" for tag in reversed(opened) if chance.random() < 0.9)])


def walked(node: Node, path: str = "") -> list[list[str]]:
    """Paths and texts of all nodes, as `WALK` gives them."""
    found: list[list[str]] = []
    counts: dict[str, int] = {}
    for child in node.children:
        counts[child.name] = counts.get(child.name, 0) + 1
        here = f"{path}/{child.name}[{counts[child.name]}]"
        found += [[here, child.text], *walked(child, here)]
    return found


def test_pages_are_trees_as_browsers_make_them(chromium):
    tab = chromium.new_page()
    read = 0
    for seed in range(1500):
        html = page(seed)
        try:
            ours = walked(Page(html).root)
        except Refused:
            continue
        assert tab.evaluate(WALK, html) == ours, html
        read += 1
    tab.close()
    assert read > 500
