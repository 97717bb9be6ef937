"""Web archives (.warc, .warc.gz, and the texts of .wet): the pages in them that may be articles."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from curation.articles.formats.decoding import KEPT, LIMIT, fit
from curation.articles.formats.inflating import GZIP, inflated
from curation.articles.formats.pages import page_article, require_extra, text_article
from curation.articles.formats.warc_records import Damaged, Head, Records, check_digest, parse_fields
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.articles.sources import Source
from curation.records import Article, Reject

_SLICE = 1 << 12
_PAGES = ("text/html", "application/xhtml+xml")
_TEXT = "text/plain"
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def read_warc(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The article, or the refusal, in each record that holds a page or a text; its place is the record's offset.

    All other records are counted and told by what they are. What is damaged is refused, and the rest read on. When a
    page was captured goes to `meta`: that is not when it was published.
    """
    passed: Counter[str] = Counter()
    with source.open() as file:
        records = Records(file)
        while True:
            try:
                head = records.head()
                if head is None:
                    break
                place = f"{source.name}@{records.offset}"
                document = _document(records, head, place, passed, options)
                records.end()
            except Damaged as error:
                place = f"{source.name}@{records.offset or records.place()}"
                more = records.recover(error)
                # What lies between is read by nobody.
                reason = f"{error.reason}; reading goes on at {records.place()}" if more else error.reason
                yield Reject(place, "R_WARC", reason, error.raw)
                if not more:
                    break
                continue
            if document is not None:
                yield document
    if passed:
        options.on_passed(source.name, dict(passed.most_common()))


def _document(
    records: Records, head: Head, place: str, passed: Counter[str], options: Options
) -> Article | Reject | None:
    """What the record becomes; None if it is no page, which is counted. Takes the whole block."""
    beginning = records.block(min(head.length, KEPT))
    rest = head.length - len(beginning)
    fields, start, why = _content(head, beginning)
    if why:
        passed[why] += 1
        records.skip(rest)
        return None
    if head.length > LIMIT:
        records.skip(rest)
        return Reject(place, "R_TOO_LARGE", f"the record has more than {LIMIT} bytes", beginning)
    block = beginning + records.block(rest)
    try:
        return _article(head, fields, block, start, place, options)
    except Refused as error:
        return Reject(place, error.code, error.reason, block)


def _content(head: Head, beginning: bytes) -> tuple[dict[str, str], int, str]:
    """Header fields of the content, where it begins in the block, and what it is if that is no article."""
    kind = head.get("warc-type").lower()
    if kind in ("resource", "conversion"):
        fields, start = {"content-type": head.get("content-type")}, 0
    elif kind == "response" and head.get("content-type").lower().startswith("application/http"):
        status = _STATUS.match(beginning)
        end = _BLANK_LINE.search(beginning)
        if status is None or end is None:
            return {}, 0, "without an HTTP response"
        if status[1] != b"200":
            return {}, 0, f"with HTTP status {status[1].decode()}"
        fields, start = parse_fields(beginning[: end.start() + 2]), end.end()
    else:
        return {}, 0, f"of record type {kind or 'none'}"
    media = fields.get("content-type", "").partition(";")[0].strip().lower()
    return fields, start, "" if media in (*_PAGES, _TEXT) else f"of content type {media or 'none'}"


def _article(head: Head, fields: dict[str, str], block: bytes, start: int, place: str, options: Options) -> Article:
    check_digest(head.get("warc-block-digest"), block)
    check_digest(head.get("warc-payload-digest"), block[start:])
    content = _decoded(block[start:], fields)
    charset = _CHARSET.search(fields["content-type"])
    url = head.get("warc-target-uri").strip("<>") or None
    if fields["content-type"].lower().startswith(_TEXT):
        article = text_article(content, place, options, url=url, charset=charset[1] if charset else None)
    else:
        require_extra()
        article = page_article(content, place, options, url=url, charset=charset[1] if charset else None)
    captured = head.get("warc-date")
    return fit(replace(article, meta={**article.meta, "captured_at": captured})) if captured else article


def _decoded(body: bytes, fields: dict[str, str]) -> bytes:
    """The content of an HTTP response. Raises `Refused` for what is not whole or packed in an unknown way."""
    if "chunked" in fields.get("transfer-encoding", "").lower():
        body = _joined(body)
    for packing in reversed(fields.get("content-encoding", "").lower().split(",")):
        body = _unpacked(body, packing.strip())
    return body


def _joined(body: bytes) -> bytes:
    """The chunks of a body behind each other; one that an archiver has joined already is left as it is."""
    parts: list[bytes] = []
    at = 0
    while found := _CHUNK_SIZE.match(body, at):
        size = int(found[1], 16)
        at = found.end() + size
        if size == 0:
            return b"".join(parts)
        if at > len(body):
            break
        parts.append(body[found.end() : at])
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    if not parts and not found:
        return body
    raise Refused("R_WARC", "its content ends within a chunk")


def _unpacked(body: bytes, packing: str) -> bytes:
    if packing in ("", "identity") or not body:
        return body
    if packing == "br":
        return _from_brotli(body)
    if packing not in ("gzip", "x-gzip", "deflate"):
        raise Refused("R_WARC", f"its content is packed with {packing!r}, which is not known")
    if packing != "deflate" and not body.startswith(b"\x1f\x8b"):
        # An archiver unpacked it and left the header as it was.
        return body
    problem = ""
    for bits in (GZIP,) if packing != "deflate" else (15, -15):
        try:
            return inflated([body], LIMIT, bits)
        except zlib.error as error:
            problem = str(error)
        except EOFError:
            problem = "it ends too early"
    raise Refused("R_WARC", f"its content is packed and damaged: {problem}")


def _from_brotli(body: bytes) -> bytes:
    try:
        import brotli
    except ImportError:
        reason = "its content is packed with brotli, which needs `pip install 'curation[warc]'`"
        raise Refused("R_EXTRA_MISSING", reason) from None
    unpacking = brotli.Decompressor()
    parts: list[bytes] = []
    try:
        for start in range(0, len(body), _SLICE):
            parts.append(unpacking.process(body[start : start + _SLICE]))
            if sum(map(len, parts)) > LIMIT:
                raise Refused("R_TOO_LARGE", f"its content unpacks to more than {LIMIT} bytes")
    except brotli.error as error:
        raise Refused("R_WARC", f"its content is packed and damaged: {error}") from None
    if not unpacking.is_finished():
        raise Refused("R_WARC", "its content is packed and damaged: it ends too early")
    return b"".join(parts)
