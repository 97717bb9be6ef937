"""Group the rows of a result by region: mentions with their attributes, the article's fields, resolved relations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

from curation.catalog import Field, Label, Task
from curation.findings import finding
from curation.records import Finding, Mention, Relation, Value
from curation.studio.raw import VALUE_KEYS, Row, strings
from curation.studio.rendering import agreement, contrasted, other_unit
from curation.text import is_span

FIELD_ROWS = {"choice": "choices", "choices": "choices", "text": "textarea"}
"""The type of the rows that carry a kind of field."""

_Fields = dict[str, tuple[Field, list[str]]]


@dataclass(slots=True)
class _Region:
    """A span while its rows are gathered.

    Once it is known to be misplaced or mislabelled, further rows with the same fault say nothing new.
    """

    id: str
    start: int
    end: int
    labels: list[str]
    misplaced: bool = False
    mislabelled: bool = False
    fields: _Fields = dataclass_field(default_factory=dict)

    def is_at(self, row: Row) -> bool:
        """Whether the row repeats the span's offsets, as far as it has any."""
        start, end = row.offsets
        return start in (None, self.start) and end in (None, self.end)


class Reading:
    """What the rows of one result say about `text`: filled by `read`; `problems` are what a record cannot show."""

    def __init__(self, task: Task, text: str) -> None:
        self.text = text
        self.relations: list[Relation] = []
        self._task = task
        self._owners = _owners(task)
        self._regions: list[_Region] = []
        self._by_id: dict[str, list[_Region]] = {}
        self._lost: set[str] = set()
        self._article: _Fields = {}
        self._found: list[tuple[int, Finding]] = []

    @property
    def problems(self) -> list[Finding]:
        """In the order of the rows."""
        return [found for _, found in sorted(self._found, key=lambda pair: pair[0])]

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """The spans that have a label, in the order of the rows."""
        return tuple(
            Mention(
                id=region.id,
                label=region.labels[0],
                start=region.start,
                end=region.end,
                text=self.text[max(region.start, 0) : max(region.end, 0)],
                attributes=_values(region.fields),
            )
            for region in self._regions
        )

    @property
    def choices(self) -> dict[str, Value]:
        """The fields of the whole article."""
        return _values(self._article)

    def read(self, rows: Collection[Row], foreign: Iterable[str] = ()) -> None:
        """Read the rows of a result that satisfies the raw schema.

        `foreign` are the ids of regions in another tag's text; attributes that refer to them are passed over.
        """
        self._lost |= set(foreign)
        for row in rows:
            if row.type == "labels":
                self._span(row)
        for row in rows:
            if row.type == "relation":
                self._relation(row)
            elif row.type != "labels":
                self._field(row)

    def _report(self, code: str, row: Row, message: str, *path: str | int, region: str | None = None) -> None:
        self._found.append((row.position, finding(code, message, region=region, json_pointer=row.at(*path))))

    def _span(self, row: Row) -> None:
        stated = strings(row.value, "labels")
        labels = [label for label in stated if label]
        start, end = row.offsets
        if not self._is_declared(row, self._task.span_control, "labels"):
            self._lost.add(row.id)
            return
        if row.id in self._by_id:
            self._report("F_REGION_DUPLICATE_ID", row, f"another span has the id {row.id!r} too", "id", region=row.id)
        if len(stated) != 1 or not labels:
            named = ", ".join(label or "an empty one" for label in stated) or "none"
            message = f"the span has {len(stated)} labels ({named}) where one belongs"
            self._report("F_CARDINALITY", row, message, "value", "labels", region=row.id)
        if not labels or start is None or end is None:
            self._lost.add(row.id)
            return
        region = _Region(row.id, start, end, labels)
        self._regions.append(region)
        self._by_id.setdefault(row.id, []).append(region)
        self._check_place(row, region)

    def _check_place(self, row: Row, region: _Region) -> None:
        start, end, length = region.start, region.end, len(self.text)
        if not is_span(start, end, length):
            wrong = "start" if not 0 <= start < length else "end"
            message = f"{start}–{end} is no span of a text of {length} characters"
            self._report("F_OFFSET_RANGE", row, message, "value", wrong, region=region.id)
            region.misplaced = True
            return
        stored, there = row.value.get("text"), self.text[start:end]
        agrees = agreement(stored, there) if isinstance(stored, str) else 2
        if not isinstance(stored, str) or agrees == 2:
            return
        articles, kept = contrasted(there, stored)
        message = f"at {start}–{end} the article has {articles}, Label Studio stored {kept}"
        if agrees == 1:
            self._report("F_TEXT_WHITESPACE", row, message, "value", "text", region=region.id)
            return
        unit = other_unit(stored, self.text, start, end)
        message += f"; the offsets count {unit}" if unit else ""
        self._report("F_TEXT_MISMATCH", row, message, "value", "text", region=region.id)
        region.misplaced = True

    def _is_declared(self, row: Row, control: str | None, row_type: str) -> bool:
        """Whether the row comes from this control as the task declares it; reports it otherwise."""
        region = row.id if row.type == "labels" or row.id in self._by_id else None
        if row.control != control:
            message = f"the task declares no control {row.control!r} that writes {row.type!r}"
            place = "from_name"
        elif row.type != row_type:
            message = f"{row.control!r} wrote {row.type!r}, the task declares {row_type!r}"
            place = "type"
        elif row.word("to_name") != self._task.text_object:
            message = f"{row.control!r} is about {row.word('to_name')!r}, not the article's text"
            place = "to_name"
        else:
            return True
        self._report("F_CONTROL_UNKNOWN", row, message, place, region=region)
        return False

    def _field(self, row: Row) -> None:
        owners = self._owners.get(row.control, [])
        declared, row_type = (row.control, FIELD_ROWS[owners[0][1].kind]) if owners else (None, "")
        if not self._is_declared(row, declared, row_type):
            return
        label, field = owners[0]
        if label is None:
            _add(self._article, field, row)
        elif row.id in self._by_id:
            self._attribute(row, owners)
        elif row.id not in self._lost:
            self._report("F_ATTRIBUTE_ORPHAN", row, f"there is no span with the id {row.id!r}", "id", region=row.id)
            self._lost.add(row.id)

    def _attribute(self, row: Row, owners: list[tuple[Label | None, Field]]) -> None:
        candidates = self._by_id[row.id]
        region = next((one for one in candidates if one.is_at(row)), candidates[0])
        if not region.is_at(row) and not region.misplaced:
            start, end = row.offsets
            message = f"{row.control!r} is at {start}–{end}, its span at {region.start}–{region.end}"
            self._report("F_ATTRIBUTE_OFFSETS", row, message, "value", "start", region=region.id)
            region.misplaced = True
        fitting = [field for label, field in owners if label is not None and label.name in region.labels]
        if fitting or not any(label in self._task.labels for label in region.labels):
            _add(region.fields, fitting[0] if fitting else owners[0][1], row)
        elif not region.mislabelled:
            belongs = ", ".join(label.name for label, _ in owners if label is not None)
            message = f"{row.control!r} belongs to {belongs}, the mention is {', '.join(region.labels)}"
            self._report("F_ATTRIBUTE_LABEL", row, message, "from_name", region=region.id)
            region.mislabelled = True

    def _relation(self, row: Row) -> None:
        source, target = row.word("from_id"), row.word("to_id")
        labels = strings(row.document, "labels")
        if len(labels) > 1:
            message = f"the relation has {len(labels)} labels ({', '.join(labels)}) where one belongs"
            self._report("F_CARDINALITY", row, message, "labels", region=source)
        label = next((label for label in labels if label), None)
        direction = row.word("direction")
        if direction in ("right", "bi"):
            self.relations.append(Relation(source, target, label))
        if direction in ("left", "bi"):
            self.relations.append(Relation(target, source, label))


def _owners(task: Task) -> dict[str, list[tuple[Label | None, Field]]]:
    """The fields that each control carries, with their labels; the article's come first."""
    found: dict[str, list[tuple[Label | None, Field]]] = {}
    for label, field in reversed(task.fields):
        found.setdefault(field.control, []).append((label, field))
    return found


def _add(fields: _Fields, field: Field, row: Row) -> None:
    _, values = fields.setdefault(field.name, (field, []))
    values += strings(row.value, VALUE_KEYS[row.type])


def _values(fields: _Fields) -> dict[str, Value]:
    return {name: _value(field, values) for name, (field, values) in fields.items()}


def _value(field: Field, values: list[str]) -> Value:
    """One value alone where the field takes one; several in codebook order, unknown ones last."""
    if field.kind != "choices":
        return values[0] if len(values) == 1 else tuple(values)
    order: Mapping[str, int] = {value: position for position, value in enumerate(field.values)}
    return tuple(sorted(values, key=lambda value: order.get(value, len(order))))
