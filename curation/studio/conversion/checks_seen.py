"""One raw annotation as the rules see it: its well-shaped rows by what they are, and what each region has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curation.findings import finding
from curation.records import Finding
from curation.studio.conversion import checks_shape
from curation.studio.conversion.declaration import ROW_TYPES, Condition, Declaration, Declared
from curation.studio.conversion.inferring import text_tag
from curation.studio.foreign import Foreign
from curation.studio.raw import VALUE_KEYS, Row, strings
from curation.studio.rendering import agreement
from curation.text import QUOTED, is_span, quote
from curation.units import Refused

FIELDS = ("choices", "taxonomy", "rating", "number", "textarea")
"""The kinds of controls that say something about a region or an item."""

_LISTED = 12

Place = tuple[str, str | None]
"""A control and the region that it is about, None for the whole item."""


def shown(word: str) -> str:
    """A label in a message: as it is, or quoted where that would not be one short line."""
    return word if word.isprintable() and 0 < len(word) <= QUOTED else quote(word)


def listing(words: Iterable[str]) -> str:
    """Declared words in a message, the first of many."""
    declared = sorted(words)
    more = f" and {len(declared) - _LISTED} more" if len(declared) > _LISTED else ""
    return (", ".join(map(shown, declared[:_LISTED])) or "none") + more


def named(labels: Sequence[str], text: str | None, start: int | None, end: int | None) -> str:
    """A span in a message, by what is known of it."""
    words = ", ".join(map(shown, labels)) or "a span without a label"
    if start is None:
        return words
    return f"{words}{f' {quote(text)}' if text else ''} ({start}–{end})"


@dataclass(frozen=True, slots=True)
class Span:
    """A labelled span. `start` and `end` count code points; None where another tag's offsets could not be told so.

    `text` is that of its object, None if it is not known.
    """

    row: Row
    labels: tuple[str, ...]
    start: int | None
    end: int | None
    text: str | None
    refused: str | None = None

    @property
    def id(self) -> str:
        """The region's id."""
        return self.row.id

    @property
    def readable(self) -> tuple[str, int, int] | None:
        """Text and offsets, if the span is one of that text."""
        if self.text is None or self.start is None or self.end is None:
            return None
        return (self.text, self.start, self.end) if is_span(self.start, self.end, len(self.text)) else None

    @property
    def agrees(self) -> int:
        """How well the stored text agrees with that between the offsets, 2 exactly; 2 too where there is none."""
        stored, found = self.row.value.get("text"), self.readable
        # Another tag's offsets were not converted without looking at the stored text.
        if found is None or not isinstance(stored, str) or text_tag(self.row) != "Text":
            return 2
        return agreement(stored, found[0][found[1] : found[2]])

    @property
    def misplaced(self) -> bool:
        """Whether its offsets are known to be wrong, in range or not."""
        if self.start is None or self.end is None:
            return False
        length = None if self.text is None else len(self.text)
        return not is_span(self.start, self.end, length) or self.agrees == 0

    @property
    def name(self) -> str:
        """Labels, text and offsets, for messages."""
        found = self.readable
        return named(self.labels, found and found[0][found[1] : found[2]], self.start, self.end)

    def finding(self, code: str, message: str, *path: str | int, quoted: bool = True) -> Finding:
        """A finding about a place in its row; unless `quoted`, the message does that with the span's text."""
        name = self.name if quoted else named(self.labels, None, self.start, self.end)
        return finding(code, f"{name}: {message}", region=self.id, json_pointer=self.row.at(*path))


@dataclass(slots=True)
class Seen:
    """What an annotation holds. `broken` are the findings of rows that nothing else can be said about.

    `anchors` are the ids of what fields can belong to, `regions` of all that a relation can join, `filled` the places
    that have a row, broken ones included, `values` the rows of each place. `kinds` and `writers` are by position.
    `nameless` says that a broken row may be the region that others are about, but has no id.
    """

    annotation: Mapping[str, Any]
    declaration: Declaration
    rows: list[Row] = field(default_factory=list)
    relations: list[Row] = field(default_factory=list)
    broken: list[Finding] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    by_id: dict[str, list[Span]] = field(default_factory=dict)
    anchors: set[str] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    filled: set[Place] = field(default_factory=set)
    values: dict[Place, list[Row]] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    writers: dict[int, Declared] = field(default_factory=dict)
    nameless: bool = False

    def kind(self, row: Row) -> str:
        """The kind of control that wrote a row."""
        return self.kinds[row.position]

    def place(self, row: Row) -> Place:
        """What a field's row is about."""
        of_region = row.id in self.regions or self.is_per_region(row)
        return row.control, row.id if of_region and row.id else None

    def is_per_region(self, row: Row) -> bool:
        """Whether the control that wrote a row belongs to regions."""
        declared = self.declaration.controls.get(row.control)
        return declared is not None and declared.per_region

    def fits(self, row: Row) -> Declared | None:
        """The control that wrote a row, if it is known and could have written it."""
        return self.writers.get(row.position)

    def shows(self, control: Declared, region: str | None, *, regions_alone: bool = False) -> bool | None:
        """Whether a control was shown for a region, or for the item; None if that cannot be told."""
        conditions = [one for one in control.conditions if not regions_alone or one.when == "region"]
        met = [self._meets(condition, region) for condition in conditions]
        return False if False in met else None if None in met else True

    def _meets(self, condition: Condition, region: str | None) -> bool | None:
        if condition.when == "region":
            return self._has_label(condition, region) if region is not None else None
        held = self.declaration.controls.get(condition.control or "")
        if condition.when == "other" or held is None or held.kind != "choices" or (held.per_region and region is None):
            return None
        rows = self.values.get((held.name, region if held.per_region else None), [])
        chosen = {value for row in rows for value in _choices(row)}
        if held.single and len(chosen) > 1:
            return None
        met = bool(chosen if condition.values is None else chosen & condition.values)
        return met if condition.when == "chosen" else not met

    def _has_label(self, condition: Condition, region: str | None) -> bool | None:
        spans = self.by_id.get(region or "")
        if not spans:
            return None
        fitting = [span for span in spans if condition.control in (None, span.row.control)]
        return any(condition.values is None or condition.values.intersection(span.labels) for span in fitting)


def see(
    annotation: Mapping[str, Any],
    texts: Mapping[str, str],
    foreign: Mapping[str, Foreign],
    declaration: Declaration,
) -> Seen:
    """Sort out the rows of an annotation that has a list of them."""
    seen = Seen(annotation, declaration)
    broken: list[Row] = []
    for position, document in enumerate(annotation["result"]):
        problems = list(checks_shape.row(position, document, declaration))
        seen.broken += problems
        if isinstance(document, dict):
            row = Row(position, document)
            (broken if problems else seen.relations if row.type == "relation" else seen.rows).append(row)
    seen.nameless = any(
        not row.id and ROW_TYPES.get(row.type) not in FIELDS for row in broken if row.type != "relation"
    )
    seen.anchors = {row.id for row in broken if row.type != "relation" and row.id}
    for row in seen.rows:
        kind = seen.kinds[row.position] = checks_shape.kind_of(row, declaration)
        declared = declaration.controls.get(row.control)
        if declared is not None and unfit(row, declared, declaration) is None:
            seen.writers[row.position] = declared
        if kind == "labels":
            span = _span(row, texts, foreign, declaration)
            seen.spans.append(span)
            seen.by_id.setdefault(row.id, []).append(span)
        if row.id and (kind not in FIELDS or ("start" in row.value and not seen.is_per_region(row))):
            seen.anchors.add(row.id)
    # A region whose label was taken away may still have fields, and be joined to others.
    seen.regions = seen.anchors | {row.id for row in seen.rows if row.id and "start" in row.value}
    for row in seen.rows:
        if seen.kind(row) in FIELDS:
            seen.values.setdefault(seen.place(row), []).append(row)
    seen.filled = {place for row in (*broken, *seen.rows) for place in (seen.place(row), (row.control, None))}
    return seen


def unfit(row: Row, declared: Declared, declaration: Declaration) -> tuple[str, str] | None:
    """Why a declared control cannot have written a row, and under which key of the row that shows; None if it can."""
    if declaration.inferred:
        return None
    if declared.kind != "other" and row.type != declared.row_type:
        return "type", f"{row.control!r} wrote {row.type!r}, the interface has it write {declared.row_type!r}"
    target = row.word("to_name")
    if target and target not in declared.to_names and target.split(",") != list(declared.to_names):
        return "to_name", f"{row.control!r} is about {', '.join(declared.to_names)}, not {target!r}"
    return None


def _span(row: Row, texts: Mapping[str, str], foreign: Mapping[str, Foreign], declaration: Declaration) -> Span:
    labels = tuple(strings(row.value, VALUE_KEYS[row.type]))
    target = row.word("to_name")
    shown, tag = declaration.texts.get(target), text_tag(row)
    if shown is None or shown.tag == "Text":
        if tag == "Text":
            return Span(row, labels, *row.offsets, texts.get(target))
        refused = f"it was marked in a {tag} object, whose offsets do not count the text" if shown else None
        return Span(row, labels, None, None, texts.get(target), refused)
    page = foreign.get(target)
    if page is None:
        return Span(row, labels, None, None, texts.get(target))
    try:
        return Span(row, labels, *page.span(row.value), page.text)
    except Refused as error:
        return Span(row, labels, None, None, page.text, str(error))


def _choices(row: Row) -> set[str]:
    found = row.value.get("choices")
    values: set[str] = set()
    for one in found if isinstance(found, list) else ():
        values.update((one,) if isinstance(one, str) else one if isinstance(one, list) else ())
    return values
