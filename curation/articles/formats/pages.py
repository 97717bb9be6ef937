"""Web pages: the article without navigation, advertisements and comments, and what the page says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from curation.articles.formats.columns import find_columns
from curation.articles.formats.declared import Declared
from curation.articles.formats.decoding import BOM, fit, foreign_encoding, one_line, refuse_forbidden, seal
from curation.articles.formats.documents import from_bytes, whole
from curation.articles.formats.encodings import Encoding, charset_codec, decode_text
from curation.articles.formats.extraction import Extracted, extract, version
from curation.articles.languages import tag
from curation.articles.options import Options
from curation.articles.rejects import Refused, Unusable
from curation.articles.sources import Source
from curation.articles.urls import canonical
from curation.records import Article, RawSource, Reject, article_id

_LIMIT = 10_000_000
# A page of news has some thousand; the extractor takes seconds for this many.
_ELEMENTS = 30_000
# libxml2 silently drops what is nested 256 levels deep, and everything behind it.
_DEEPEST = 250
_DECLARED = re.compile(
    rb"""<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE | re.DOTALL
)
_HEAD = 4096
# Letters: of a text that is no article whatever stands beside it, and of one that may be a teaser in a long page.
_TINY = 200
_SHORT = 1_000
_SHARE = 10
# A front page has so many links that are headlines.
_HEADLINES = 10


def read_page(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article in a web page. Raises `Unusable` if the extra `html` is not installed."""
    require_extra()
    raw, refused = whole(source, _LIMIT)
    try:
        if refused is not None:
            raise refused
        yield page_article(raw, source.name, options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, raw)


def read_address(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article in the page at the address that is the source's name."""
    try:
        yield fetched_article(source.name, source.name, options)
    except Refused as error:
        # The address is the place already; another one to which it led is news.
        reason = error.reason.removeprefix(f"{source.name}: ").removeprefix(f"{canonical(source.name)}: ")
        yield Reject(source.name, error.code, reason, b"")


def page_article(
    raw: bytes, name: str, options: Options, *, url: str | None = None, charset: str | None = None
) -> Article:
    """The article in a page's bytes; `url` is where it was found, `charset` what its server said.

    The page is kept as `Article.raw`; its edits are relative to the text as it was extracted. Raises `Refused`.
    """
    html, encoding = _html(raw, charset, options)
    if not html.strip():
        raise Refused("R_EMPTY", "the file is empty")
    refuse_forbidden(html, "the page")
    try:
        tree = _tree(html)
        declared = Declared(tree)
        found = extract(tree, declared, url)
    except Refused as error:
        raise Refused(error.code, f"{error.reason} (the page has {len(raw):,} bytes)") from None
    sealed = seal(found.text, "the article", options)
    address = canonical(found.url or one_line(url or "")) or None
    published_at, dated, doubt = declared.date(address)
    lang = declared.language()
    doubts = {
        "N_ENCODING": encoding.note,
        "N_DATE": doubt,
        "N_LITTLE_TEXT": _little(sealed.text, found, len(raw)),
    }
    given = {"date": dated if dated != published_at else None, "url_as_given": url if url != address else None}
    article = Article(
        article_id(None, sealed.sha256),
        sealed.text,
        sealed.sha256,
        title=found.title,
        url=address,
        outlet=found.outlet,
        authors=found.authors,
        published_at=published_at,
        lang=tag(one_line(lang)) if lang else None,
        license=found.license,
        source=name,
        meta={"extractor": version()} | {key: value for key, value in given.items() if value},
        steps=("extract", *sealed.steps),
        notes={**sealed.notes, **{code: seen for code, seen in doubts.items() if seen}},
        raw=RawSource(raw, "html", encoding.codec, sealed.raw.edits if sealed.raw else ()),
    )
    return fit(article)


def fetched_article(url: str, name: str, options: Options) -> Article:
    """The article at a web address, which `options.fetch` gets. Raises `Refused`; `Unusable` without the extra."""
    assert options.fetch is not None
    found = options.fetch(url)
    if found.media == "text/plain":
        return text_article(found.data, name, options, url=found.url, charset=found.charset)
    require_extra()
    return page_article(found.data, name, options, url=found.url, charset=found.charset)


def text_article(raw: bytes, name: str, options: Options, *, url: str | None, charset: str | None) -> Article:
    """The article in the bytes of a plain text from the web, in the charset that its server said, if that is known."""
    codec = charset_codec(charset) if charset else None
    if codec is not None:
        options = replace(options, encoding=None if codec == "utf-8" else codec)
    text, encoding = decode_text(raw, options)
    article = find_columns(["text", "url"], {}).article({"text": text, "url": url}, name, options)
    return article if encoding is None else from_bytes(article, text, encoding)


def require_extra() -> None:
    """Raise `Unusable` if the extra `html` is not installed."""
    try:
        import trafilatura  # noqa: F401
    except ImportError:
        reason = "reading web pages needs trafilatura"
        raise Unusable("R_EXTRA_MISSING", "E_EXTRA_MISSING", reason, "pip install 'curation[html]'") from None


def _html(raw: bytes, charset: str | None, options: Options) -> tuple[str, Encoding]:
    """The page as text, and its encoding.

    By its byte order mark, else by the charset of its server, else by the one that it declares, as browsers do, which
    pass over names that they do not know; else by `options.encoding` or as UTF-8. What should be UTF-8 and is not is
    detected, and noted.
    """
    if raw.startswith(BOM) or foreign_encoding(raw):
        return _undeclared(raw, options)
    declared = _DECLARED.search(raw[:_HEAD])
    said = [(charset.strip("\"' "), "its server says")] if charset else []
    if declared is not None:
        name = declared.group(1).decode("ascii", "replace")
        # As browsers do: a page whose declaration can be read is no UTF-16.
        said.append(("utf-8" if name.lower().startswith("utf-16") else name, "the page declares"))
    known = ((codec, name, who) for name, who in said if (codec := charset_codec(name)) is not None)
    codec, name, who = next(known, ("", "", ""))
    if not codec:
        return _undeclared(raw, options)
    if codec == "utf-8":
        return _undeclared(raw, replace(options, encoding=None))
    try:
        return raw.decode(codec), Encoding(codec)
    except UnicodeDecodeError as error:
        place = f"byte 0x{raw[error.start]:02x} at offset {error.start}"
        raise Refused("R_ENCODING", f"{place} is not {name}, as {who}") from None


def _undeclared(raw: bytes, options: Options) -> tuple[str, Encoding]:
    text, encoding = decode_text(raw, options)
    if encoding is None:
        return text, Encoding("utf-8")
    # A byte order mark is no guess.
    return text, Encoding(encoding.codec) if foreign_encoding(raw) else encoding


def _little(text: str, found: Extracted, size: int) -> str | None:
    """What is said of a text that may be no article, None of one that is."""
    letters = len("".join(text.split()))
    if letters < _TINY or (letters < _SHORT and letters * _SHARE < found.visible):
        return f"{letters:,} of the {found.visible:,} characters that the page of {size:,} bytes shows"
    if found.headlines >= _HEADLINES and found.prose < _TINY:
        return (
            f"{found.headlines} links to other pages, and no paragraph of more than {found.prose} characters of prose"
        )
    return None


def _tree(html: str) -> Any:
    """The parsed page. Raises `Refused` if the parser may have left something out."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(html.encode(), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Refused("R_HTML_NO_TEXT", f"the page cannot be parsed: {error}") from None
    depth = elements = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        elements += event == "start"
        depth += 1 if event == "start" else -1
        if elements > _ELEMENTS:
            reason = f"the page has more than {_ELEMENTS:,} elements, the last of these in line {element.sourceline}"
            raise Refused("R_TOO_LARGE", reason)
        if depth >= _DEEPEST:
            reason = f"the page is nested more than {_DEEPEST} levels deep in line {element.sourceline}"
            raise Refused("R_HTML_TOO_DEEP", reason)
    limit = next((entry for entry in parser.error_log if "RESOURCE_LIMIT" in entry.type_name), None)
    if limit is not None:
        raise Refused("R_HTML_TOO_DEEP", f"the parser gave up in line {limit.line}: {limit.message.strip()}")
    return tree
