"""What a web page says of its article: JSON-LD of schema.org, meta elements, and what its headings repeat."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from curation.articles.dates import parse

_ARTICLE = re.compile(r"Article$|Posting$|^Report$|^CreativeWork$")
# The names under which pages put the day of publication, the more exact ones first.
_DATES = (
    "article:published_time", "og:article:published_time", "datepublished", "pubdate", "publishdate", "publish-date",
    "publish_date", "publication_date", "date_published", "article:published", "article_date_original",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "rnews:datepublished", "dcterms.created",
    "dcterms.issued", "dcterms.date", "dc.date.issued", "dc.date.created", "dc.date", "datecreated", "date",
)  # fmt: skip
_DATED = re.compile(r"date|time|publish|posted|byline|dateline", re.IGNORECASE)
_LABEL = re.compile(r"^[^\d:：]{0,30}[:：]\s*(?=\S)")
_LONGEST_DATE = 60
_IN_ADDRESS = re.compile(r"/(\d{4})[-/]?(\d{2})[-/]?(\d{2})(?=/)")
_LANGUAGES = ("og:locale", "content-language", "language", "dc.language")
_SHORTEST_TITLE = 8
_SPACE = re.compile(r"\s+")


class Declared:
    """The parsed page as its publisher describes it. Nothing raises, whatever the page holds."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._article = next(_articles(tree), {})
        self._meta: dict[str, str] = {}
        for element in tree.iter("meta"):
            name = (
                element.get("property") or element.get("name") or element.get("itemprop") or element.get("http-equiv")
            )
            content = (element.get("content") or "").strip()
            if name and content:
                self._meta.setdefault(name.strip().lower(), content)

    def date(self, url: str | None) -> tuple[str | None, str | None, str | None]:
        """When the article was published, in ISO 8601; the value that says so; and what is doubtful about it.

        The first value that the page declares and that leaves no doubt is taken, then its address, then the first date
        in a line that is named after dates, with a note. Where there is none, nothing is guessed.
        """
        doubtful: tuple[str | None, str | None, str | None] = (None, None, None)
        for value in self._dates():
            found, note = parse(value)
            if found is not None and note is None:
                return found, value, None
            if doubtful[1] is None or (doubtful[0] is None and found is not None):
                doubtful = found, value, note
        if doubtful[1] is not None:
            return doubtful
        in_address = _IN_ADDRESS.search(url or "")
        if in_address is not None:
            day = parse("-".join(in_address.groups()))[0]
            if day is not None:
                return day, day, None
        for value in self._lines():
            found, note = parse(value)
            if found is not None and note is None:
                return found, value, f"{value!r} is seen in the page, which declares no date"
        return None, None, None

    def _dates(self) -> Iterator[str]:
        declared = self._article.get("datePublished")
        if isinstance(declared, str) and declared.strip():
            yield declared.strip()
        yield from (self._meta[name] for name in _DATES if name in self._meta)
        for element in self._tree.iter("time"):
            if element.get("itemprop", "").lower() == "datepublished" or element.get("pubdate") is not None:
                yield (element.get("datetime") or _words(element)).strip()

    def _lines(self) -> Iterator[str]:
        """Short texts of elements that are named after dates, without labels such as “Published:”."""
        for element in self._tree.iter("time", "span", "div", "p", "li", "abbr", "em", "small"):
            if element.tag == "time" or _DATED.search(f"{element.get('class', '')} {element.get('id', '')}"):
                text = _words(element)
                if 0 < len(text) <= _LONGEST_DATE:
                    yield _LABEL.sub("", text)

    def authors(self) -> tuple[str, ...]:
        """The names of the authors in the page's JSON-LD."""
        authors = self._article.get("author")
        names: list[Any] = []
        for author in authors if isinstance(authors, list) else [authors]:
            name = author.get("name") if isinstance(author, dict) else author
            names += [name] if isinstance(name, str) else name if isinstance(name, list) else []
        words = [_SPACE.sub(" ", name).strip() for name in names if isinstance(name, str)]
        return tuple(dict.fromkeys(word for word in words if word and not word.startswith(("http://", "https://"))))

    def body(self) -> str | None:
        """The whole text, where the page's JSON-LD has it."""
        body = self._article.get("articleBody")
        return body if isinstance(body, str) and body.strip() else None

    def outlet(self) -> str | None:
        """Who published the page."""
        publisher = self._article.get("publisher")
        name = publisher.get("name") if isinstance(publisher, dict) else None
        return self._meta.get("og:site_name") or (name.strip() or None if isinstance(name, str) else None)

    def title(self, found: str | None) -> str | None:
        """`found` without what stands around the article's own headline, such as the outlet's name."""
        headline = self._article.get("headline")
        titles = [_words(element) for element in self._tree.iter("h1")]
        titles += [_SPACE.sub(" ", headline).strip()] if isinstance(headline, str) else []
        plain = _SPACE.sub(" ", found or "").strip()
        within = (title for title in titles if len(title) >= _SHORTEST_TITLE and title.casefold() in plain.casefold())
        return next(within, plain) or next(filter(None, titles), None)

    def language(self) -> str | None:
        """The language as the page names it."""
        root = self._tree
        lang = root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")
        given = lang or next((self._meta[name] for name in _LANGUAGES if name in self._meta), None)
        return given.strip() or None if given else None


def _articles(tree: Any) -> Iterator[dict[str, Any]]:
    """The nodes of the page's JSON-LD that are articles, with a headline or a date."""
    for script in tree.iter("script"):
        if (script.get("type") or "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        try:
            nodes = [json.loads(script.text or "", strict=False)]
        except (ValueError, RecursionError):
            continue
        while nodes:
            node = nodes.pop()
            if isinstance(node, list):
                nodes += reversed(node)
            elif isinstance(node, dict):
                kinds = node.get("@type")
                named = any(isinstance(kind, str) and _ARTICLE.search(kind) for kind in _several(kinds))
                if named and (node.get("headline") or node.get("datePublished")):
                    yield node
                nodes += [node[key] for key in ("mainEntity", "mainEntityOfPage", "@graph") if key in node]


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _words(element: Any) -> str:
    return _SPACE.sub(" ", "".join(element.itertext())).strip()
