"""Web pages: the article without navigation, advertisements and comments. The only door to `trafilatura`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from curation.articles.formats.decoding import BOM, decode, foreign_encoding, refuse_forbidden, seal
from curation.articles.formats.documents import whole
from curation.articles.options import Options
from curation.articles.rejects import Refused, Unusable
from curation.articles.sources import Source
from curation.records import Article, Reject, article_id

_LIMIT = 10_000_000
# libxml2 silently drops what is nested 256 levels deep, and everything behind it.
_DEEPEST = 250
_DECLARED = re.compile(
    rb"""<(?:meta[^>]+charset|\?xml[^>]+encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE | re.DOTALL
)
_HEAD = 4096
# The charsets that browsers know, and what they read under two of the names.
_CHARSET = re.compile(
    r"utf-?8|(x-)?(windows|cp)-?\d+|iso-?8859-?\d+|latin-?\d|(us-)?ascii|koi8-[ru]|big5(-hkscs)?|gbk|gb(2312|18030)"
    r"|euc-(jp|kr)|(x-)?s(hift_)?jis|iso-2022-jp|macintosh|tis-620",
    re.IGNORECASE,
)
_READ_AS = {"iso-8859-1": "windows-1252", "latin1": "windows-1252", "us-ascii": "windows-1252", "gb2312": "gb18030"}


def read_page(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article in a web page. Raises `Unusable` if the extra `html` is not installed."""
    _require_extra()
    raw, refused = whole(source, _LIMIT)
    try:
        if refused is not None:
            raise refused
        yield page_article(raw, source.name, options)
    except Refused as error:
        yield Reject(source.name, error.code, error.reason, raw)


def page_article(
    raw: bytes, name: str, options: Options, *, url: str | None = None, charset: str | None = None
) -> Article:
    """The article in a page's bytes; `url` is where it was found, `charset` what its server said.

    Raises `Refused`.
    """
    return _article(_html(raw), name, options)


def _require_extra() -> None:
    try:
        import trafilatura  # noqa: F401
    except ImportError:
        reason = "reading web pages needs trafilatura"
        raise Unusable("R_EXTRA_MISSING", "E_EXTRA_MISSING", reason, "pip install 'curation[html]'") from None


def _html(raw: bytes) -> str:
    """The page as text: by its byte order mark, else by the charset that it declares, else as UTF-8."""
    declared = _DECLARED.search(raw[:_HEAD])
    name = foreign_encoding(raw)
    if name is None:
        name = "utf-8" if raw.startswith(BOM) or declared is None else declared.group(1).decode("ascii", "replace")
        if not _CHARSET.fullmatch(name):
            raise Refused("R_ENCODING", f"the page declares the charset {name!r}, which is not known")
    if name.lower() in ("utf-8", "utf8"):
        return decode(raw)
    try:
        return raw.decode(_READ_AS.get(name.lower(), name.lower().removeprefix("x-")))
    except LookupError:
        raise Refused("R_ENCODING", f"the page declares the charset {name!r}, which is not known") from None
    except UnicodeDecodeError as error:
        place = f"byte 0x{raw[error.start]:02x} at offset {error.start}"
        raise Refused("R_ENCODING", f"{place} is not {name}, as the page declares") from None


def _article(html: str, name: str, options: Options) -> Article:
    from trafilatura import bare_extraction

    if not html.strip():
        raise Refused("R_EMPTY", "the file is empty")
    refuse_forbidden(html, "the page")
    tree = _tree(html)
    lang = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")
    try:
        found: Any = bare_extraction(tree, include_comments=False, with_metadata=True)
    except Exception as error:  # an extractor is guesswork over hostile input: one page must not stop the others
        raise Refused("R_HTML_NO_TEXT", f"the extraction failed: {type(error).__name__}: {error}") from None
    if found is None or not (found.text or "").strip():
        raise Refused("R_HTML_NO_TEXT", "no article was found in the page")
    sealed = seal(found.text, "the article", options)
    return Article(
        article_id(None, sealed.sha256),
        sealed.text,
        sealed.sha256,
        title=found.title or None,
        url=found.url or None,
        outlet=found.sitename or None,
        authors=tuple(author.strip() for author in (found.author or "").split(";") if author.strip()),
        published_at=found.date or None,
        lang=lang or None,
        license=found.license or None,
        source=name,
        steps=sealed.steps,
        notes=sealed.notes,
        raw=sealed.raw,
    )


def _tree(html: str) -> Any:
    """The parsed page. Raises `Refused` if the parser may have left something out."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(html.encode(), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise Refused("R_HTML_NO_TEXT", f"the page cannot be parsed: {error}") from None
    depth = deepest = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    if deepest >= _DEEPEST:
        raise Refused("R_HTML_TOO_DEEP", f"the page is nested more than {_DEEPEST} levels deep")
    limits = [entry.message for entry in parser.error_log if "RESOURCE_LIMIT" in entry.type_name]
    if limits:
        raise Refused("R_HTML_TOO_DEEP", f"the parser gave up: {limits[0].strip()}")
    return tree
