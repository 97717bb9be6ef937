"""Rows whose offsets count another unit, or another tag's text, as rows that count the article's characters."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from curation.alignment import align, raw_to_clean
from curation.findings import finding
from curation.records import Finding
from curation.studio.foreign import TEXT_KEY, Foreign, foreign
from curation.studio.raw import Row
from curation.studio.rendering import agreement
from curation.text import normalise
from curation.units import UNITS, Refused, counts_unit, ruler

_PLACES = ("start", "end", "startOffset", "endOffset", "globalOffsets")
_LABELS = {"HyperText": "hypertextlabels", "Paragraphs": "paragraphlabels"}
TAGS = tuple(_LABELS)
"""The tags whose texts are converted."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The unit that a project's offsets were decided to count; `certain` if annotations that do not tell follow it."""

    unit: str
    certain: bool


def spans_of(rows: Sequence[Row]) -> Iterator[tuple[Row, int, int]]:
    """The rows with integer offsets into a Text object's text, and those: spans and the fields that repeat them."""
    for row in rows:
        start, end = row.offsets
        if start is not None and end is not None and row.text_tag == "Text":
            yield row, start, end


@dataclass(frozen=True, slots=True)
class Moved:
    """Where rows of one text stand in code points: `fits` stored texts bear out that they counted the unit.

    `places` are new offsets by the rows' positions, where they are others; `refused` the rows without an exact place,
    with the reason.
    """

    fits: int
    places: Mapping[int, tuple[int, int]]
    refused: Sequence[tuple[Row, str]]


def moved(spans: Sequence[tuple[Row, int, int]], text: str, counted: Counted) -> Moved | None:
    """The places in code points of one annotation's rows with offsets into `text`; None where they are left alone.

    They are moved if the stored texts say that they count the unit, and left alone if those say that they count code
    points, or both. Where they do not tell, they follow their project if that is certain.
    """
    stored = [(start, end, row.word_of_value("text")) for row, start, end in spans if row.type == "labels"]
    fits, fits_not = counts_unit(text, ((s, e, words) for s, e, words in stored if words), counted.unit, agreement)
    if fits_not or not (fits or counted.certain):
        return None
    measure = ruler(text, counted.unit)
    places: dict[int, tuple[int, int]] = {}
    refused: list[tuple[Row, str]] = []
    for row, start, end in spans:
        try:
            place = measure.to_code_points(start), measure.to_code_points(end)
        except Refused as refusal:
            refused.append((row, str(refusal)))
            continue
        if place != (start, end):
            places[row.position] = place
    return Moved(fits, places, refused)


def at_places(row: Mapping[str, Any], place: tuple[int, int]) -> dict[str, Any]:
    """A row, as JSON, with other offsets."""
    return {**row, "value": {**row["value"], "start": place[0], "end": place[1]}}


def in_code_points(rows: Sequence[Row], text: str, counted: Counted) -> tuple[list[Row], list[Finding]]:
    """The rows of one annotation with offsets in code points (see `moved`), and what there is to say about that."""
    made = moved(list(spans_of(rows)), text, counted)
    if made is None:
        return list(rows), []
    unit, found = UNITS[counted.unit], []
    for row, reason in made.refused:
        if row.type == "labels" and not row.word_of_value("text"):
            start, end = row.offsets
            message = f"{start}–{end} is no span of the text in {unit}: {reason}"
            found.append(finding("F_OFFSET_UNIT", message, region=row.id, json_pointer=row.at("value", "start")))
    spans = sum(row.type == "labels" and row.position in made.places for row in rows)
    if spans:
        why = f"{made.fits} stored texts say so" if made.fits else "as its project's do"
        message = f"{spans} spans were moved: their offsets count {unit} ({why})"
        found.append(finding("F_OFFSET_CONVERTED", message, json_pointer="/result"))
    return [_moved(row, made.places.get(row.position)) for row in rows], found


def in_plain_text(rows: Sequence[Row], text: str, objects: Mapping[str, str]) -> tuple[list[Row], list[Finding]]:
    """The rows of one annotation, those of HyperText and Paragraphs objects as rows of a Text object.

    `text` is the article's, `objects` are the sources of the objects by tag (see `objects_of`). Rows whose place is not
    certain are left as they are, with a finding for each region.
    """
    converted: dict[int, Row] = {}
    refusals: dict[str, tuple[Row, str]] = {}
    moved: Counter[str] = Counter()
    for tag in TAGS:
        for row, outcome in _of_tag(tag, [row for row in rows if row.text_tag == tag], text, objects):
            if isinstance(outcome, str):
                refusals.setdefault(row.id or row.at(), (row, outcome))
            else:
                converted[row.position] = outcome
                moved[tag] += row.type == _LABELS[tag]
    found = [_unsupported(*one) for one in sorted(refusals.values(), key=lambda refusal: refusal[0].position)]
    found += [
        finding("F_TAG_CONVERTED", f"{count} spans were marked in a {tag} object", json_pointer="/result")
        for tag, count in moved.items()
    ]
    return [converted.get(row.position, row) for row in rows], found


def _of_tag(tag: str, rows: Sequence[Row], text: str, objects: Mapping[str, str]) -> Iterator[tuple[Row, Row | str]]:
    """Each row of an object, as one of a Text object, or the reason why it cannot be one; the spans come first."""
    try:
        shown = _shown(tag, objects, text) if rows else None
    except Refused as refusal:
        yield from ((row, str(refusal)) for row in rows)
        return
    placed = set()
    for row in rows:
        if row.type != _LABELS[tag] or shown is None:
            continue
        try:
            start, end = shown.span(row.value)
        except Refused as refusal:
            yield row, str(refusal)
            continue
        placed.add(row.id)
        value = {**_without_places(row), "start": start, "end": end, "labels": row.value.get(_LABELS[tag])}
        yield row, _with_value(row, value, type="labels")
    for row in rows:
        if row.type != _LABELS[tag]:
            yield row, _with_value(row, _without_places(row)) if row.id in placed else "it belongs to no span"


def objects_of(data: Mapping[str, Any], rows: Sequence[Row], text: str | None) -> dict[str, str]:
    """The sources, as JSON, of the HyperText and Paragraphs objects that rows were marked in, by tag.

    Which of an item's data that is, the interface of a strange project would say; here it is the one whose plain text
    is `text`, and in which most spans have a certain place; where that is None, the one in which all of them have.
    """
    found = {}
    for tag in TAGS:
        spans = [row.value for row in rows if row.type == _LABELS[tag]]
        sources = [one for source in data.values() for one in _variants(tag, source)] if spans else []
        placed = [(_placed(tag, source, spans, text), source) for source in sources]
        most = max((count for count, _ in placed if count is not None), default=None)
        if most is not None:
            found[tag] = json.dumps(next(one for count, one in placed if count == most), ensure_ascii=False)
    return found


def plain_text(objects: Mapping[str, str]) -> str | None:
    """The plain text of the first of these objects, None if there is none."""
    for tag, source in objects.items():
        return foreign(tag, json.loads(source)).text
    return None


def _variants(tag: str, source: Any) -> Iterator[Any]:
    """The source; of paragraphs also what it would be if their texts were under another key."""
    yield source
    if tag == "Paragraphs" and isinstance(source, list) and source and all(isinstance(one, dict) for one in source):
        for key in source[0]:
            if key != TEXT_KEY and all(isinstance(one.get(key), str) for one in source):
                yield [{TEXT_KEY: one[key]} for one in source]


def _placed(tag: str, source: object, spans: Sequence[Mapping[str, Any]], text: str | None) -> int | None:
    """In how many spans' places an object with this source bears them out; None if it cannot be the one."""
    try:
        shown = foreign(tag, source)
    except Refused:
        return None
    if text is not None and normalise(shown.text) != normalise(text):
        return None
    count = 0
    for value in spans:
        with suppress(Refused):
            shown.span(value)
            count += 1
    return count if text is not None or count == len(spans) else None


@dataclass(frozen=True, slots=True)
class _Cleaned:
    """An object whose plain text, once it was cleaned, is the article's."""

    shown: Foreign
    text: str
    edits: tuple[tuple[int, int, int, int], ...]

    def span(self, value: Mapping[str, Any]) -> tuple[int, int]:
        start, end = self.shown.span(value)
        first, last = raw_to_clean(self.edits, start, end)
        if normalise(self.shown.text[start:end]) != self.text[first:last].strip():
            raise Refused("the article's text was cleaned where the span begins or ends")
        return first, last


def _shown(tag: str, objects: Mapping[str, str], text: str) -> Foreign:
    """The object of a tag with places in the article's text. Raises `Refused` if that is not its text."""
    if tag not in objects:
        raise Refused("no data of the item have the article's text as theirs")
    shown = foreign(tag, json.loads(objects[tag]))
    if shown.text == text:
        return shown
    cleaned = align(shown.text)
    if cleaned.text != text:
        raise Refused("its plain text is not the article's")
    return _Cleaned(shown, text, cleaned.edits)


def _unsupported(row: Row, reason: str) -> Finding:
    message = f"the span was marked in a {row.text_tag} object, and its place in the article's text is not certain: "
    return finding("F_TAG_UNSUPPORTED", message + reason, region=row.id or None, json_pointer=row.at("value", "start"))


def _without_places(row: Row) -> dict[str, Any]:
    return {key: value for key, value in row.value.items() if key not in _PLACES and key not in _LABELS.values()}


def _moved(row: Row, place: tuple[int, int] | None) -> Row:
    return row if place is None else Row(row.position, at_places(row.document, place))


def _with_value(row: Row, value: Mapping[str, Any], **keys: Any) -> Row:
    return Row(row.position, {**row.document, **keys, "value": value})
