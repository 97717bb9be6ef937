"""Rules on the spans of one raw annotation: place, text, edges, identity."""

from __future__ import annotations

from collections.abc import Iterator

from curation.records import Finding
from curation.studio.conversion.checks_seen import Seen, Span
from curation.studio.conversion.inferring import text_tag
from curation.studio.rendering import agreement, fits_utf16
from curation.text import crosses_paragraph, is_span, quote, spaced_edges, splits_grapheme


def supported(seen: Seen) -> Iterator[Finding]:
    """Offsets of another tag than Text can be told in characters of its plain text."""
    for span in seen.spans:
        if span.refused:
            yield span.finding("F_TAG_UNSUPPORTED", span.refused, "value")


def offsets(seen: Seen) -> Iterator[Finding]:
    """0 <= start < end, and end <= length of the text if that is known."""
    for span in seen.spans:
        if span.start is None or span.end is None:
            continue
        length = None if span.text is None else len(span.text)
        if not is_span(span.start, span.end, length):
            wrong = "start" if span.start < 0 or (length is not None and span.start >= length) else "end"
            limit = "" if length is None else f" of a text of {length} characters"
            message = f"{span.start}–{span.end} is no span{limit}"
            yield span.finding("F_OFFSET_RANGE", message, "value", wrong)


def texts(seen: Seen) -> Iterator[Finding]:
    """The stored text is what Label Studio writes for the text between the offsets."""
    for span in seen.spans:
        stored, found = span.row.value.get("text"), span.readable
        # Another tag's offsets were not converted without looking at the stored text.
        if found is None or not isinstance(stored, str) or text_tag(span.row) != "Text":
            continue
        text, start, end = found
        agrees = agreement(stored, text[start:end])
        if agrees == 2:
            continue
        message = f"Label Studio stored {quote(stored)}"
        if agrees == 0 and fits_utf16(stored, text, start, end):
            message += "; the offsets count UTF-16 units"
        yield span.finding("F_TEXT_WHITESPACE" if agrees else "F_TEXT_MISMATCH", message, "value", "text")


def edges(seen: Seen) -> Iterator[Finding]:
    """No span begins or ends with white space."""
    for span, text, start, end in _placed(seen):
        where = spaced_edges(text, start, end)
        if where:
            yield span.finding("F_SPAN_EDGES", f"it {where} with white space", "value")


def paragraphs(seen: Seen) -> Iterator[Finding]:
    """No span reaches from one paragraph into another. Where each paragraph is a line of its own, it may."""
    for span, text, start, end in _placed(seen):
        if text_tag(span.row) == "Text" and crosses_paragraph(text, start, end):
            yield span.finding("F_SPAN_PARAGRAPH", "it reaches across a blank line", "value")


def graphemes(seen: Seen) -> Iterator[Finding]:
    """No span begins or ends inside a character as a reader sees it."""
    for span, text, start, end in _placed(seen):
        cut = [side for side, at in (("start", start), ("end", end)) if splits_grapheme(text, at)]
        if cut:
            message = f"it cuts a character in two at its {' and its '.join(cut)}"
            yield span.finding("F_SPAN_GRAPHEME", message, "value", cut[0])


def identities(seen: Seen) -> Iterator[Finding]:
    """No two spans share an id. Several controls may label one region, at one place."""
    for span in seen.spans:
        if any(_clash(other, span) for other in _before(seen, span)):
            message = f"another span has the id {span.id!r} too"
            yield span.finding("F_REGION_DUPLICATE_ID", message, "id")


def duplicates(seen: Seen) -> Iterator[Finding]:
    """No two spans have control, labels and place in common."""
    first: dict[object, Span] = {}
    for span in seen.spans:
        other = first.setdefault(_same(span), span)
        if other.id != span.id:
            yield span.finding("F_SPAN_DUPLICATE", "it is marked twice")


def ambiguous(seen: Seen) -> set[str]:
    """The ids of regions that share their id, or labels and place, with another: one of them is to be deleted."""
    found = {span.id for span in seen.spans if any(_clash(other, span) for other in _before(seen, span))}
    groups: dict[object, set[str]] = {}
    for span in seen.spans:
        groups.setdefault(_same(span), set()).add(span.id)
    return found.union(*(ids for ids in groups.values() if len(ids) > 1))


def written_place(span: Span) -> tuple[object, ...]:
    """The offsets as they stand in the row, of whatever tag."""
    value, whole = span.row.value, span.row.value.get("globalOffsets")
    if text_tag(span.row) == "Text":
        return value.get("start"), value.get("end")
    counted = (whole.get("start"), whole.get("end")) if isinstance(whole, dict) else ()
    return *(value.get(key) for key in ("start", "end", "startOffset", "endOffset")), *counted


def _placed(seen: Seen) -> Iterator[tuple[Span, str, int, int]]:
    for span in seen.spans:
        found = span.readable
        # Of a span that is elsewhere, edges say nothing.
        if found is not None and not span.misplaced:
            yield span, *found


def _before(seen: Seen, span: Span) -> Iterator[Span]:
    for other in seen.by_id[span.id]:
        if other is span:
            return
        yield other


def _clash(one: Span, other: Span) -> bool:
    return one.row.control == other.row.control or _where(one) != _where(other)


def _where(span: Span) -> tuple[object, ...]:
    return span.row.word("to_name"), *written_place(span)


def _same(span: Span) -> tuple[object, ...]:
    return span.row.control, frozenset(span.labels), *_where(span)
