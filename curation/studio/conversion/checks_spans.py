"""Rules on the spans of one raw annotation: place, text, edges, identity."""

from __future__ import annotations

from collections.abc import Iterator

from curation.records import Finding
from curation.studio.conversion.checks_seen import Seen, Span
from curation.studio.conversion.inferring import text_tag
from curation.studio.rendering import contrasted, other_unit
from curation.text import crosses_paragraph, is_span, spaced_edges, splits_grapheme

CROSSING = "it reaches across a blank line"


def alone(span: Span) -> Iterator[Finding]:
    """What is wrong with one span, whatever else its annotation holds, in the order in which `findings` has it."""
    for rule in ALONE:
        yield from rule(span)


def supported(span: Span) -> Iterator[Finding]:
    """Offsets of another tag than Text can be told in characters of its plain text."""
    if span.refused:
        yield span.finding("F_TAG_UNSUPPORTED", span.refused, "value")


def offsets(span: Span) -> Iterator[Finding]:
    """0 <= start < end, and end <= length of the text if that is known."""
    if span.start is None or span.end is None:
        return
    length = None if span.text is None else len(span.text)
    if not is_span(span.start, span.end, length):
        wrong = "start" if span.start < 0 or (length is not None and span.start >= length) else "end"
        limit = "" if length is None else f" of a text of {length} characters"
        message = f"{span.start}–{span.end} is no span{limit}"
        yield span.finding("F_OFFSET_RANGE", message, "value", wrong)


def text(span: Span) -> Iterator[Finding]:
    """The stored text is what Label Studio writes for the text between the offsets."""
    stored, found, agrees = span.row.value.get("text"), span.readable, span.agrees
    if found is None or agrees == 2 or not isinstance(stored, str):
        return
    there, kept = contrasted(found[0][found[1] : found[2]], stored)
    message = f"the text has {there} there, Label Studio stored {kept}"
    unit = other_unit(stored, *found) if agrees == 0 else None
    message += f"; the offsets count {unit}" if unit else ""
    yield span.finding("F_TEXT_WHITESPACE" if agrees else "F_TEXT_MISMATCH", message, "value", "text", quoted=False)


def edges(span: Span) -> Iterator[Finding]:
    """No span begins or ends with white space."""
    found = _placed(span)
    where = spaced_edges(*found) if found else None
    if where:
        yield span.finding("F_SPAN_EDGES", f"it {where} with white space", "value")


def paragraphs(span: Span) -> Iterator[Finding]:
    """No span reaches from one paragraph into another. Where each paragraph is a line of its own, it may."""
    found = _placed(span)
    if found and text_tag(span.row) == "Text" and crosses_paragraph(*found):
        yield span.finding("F_SPAN_PARAGRAPH", CROSSING, "value")


def graphemes(span: Span) -> Iterator[Finding]:
    """No span begins or ends inside a character as a reader sees it."""
    found = _placed(span)
    if found is None:
        return
    cut = [side for side, at in (("start", found[1]), ("end", found[2])) if splits_grapheme(found[0], at)]
    if cut:
        message = f"it cuts a character in two at its {' and its '.join(cut)}"
        yield span.finding("F_SPAN_GRAPHEME", message, "value", cut[0])


ALONE = (supported, offsets, text, edges, paragraphs, graphemes)


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


def _placed(span: Span) -> tuple[str, int, int] | None:
    """Text and offsets; None of a span that is elsewhere, whose edges say nothing."""
    found = span.readable
    return None if found is None or span.agrees == 0 else found


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
