"""What a migration makes of an annotation: of Label Studio's rows, and of records. Offsets and ids stay as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from curation.catalog import Field, Label, Task
from curation.catalog.migration import FieldChange, Names, Plan, Split
from curation.records import Annotation, Finding, Mention, Relation, Value
from curation.studio.raw import LABEL_ROWS, VALUE_KEYS, Row, strings
from curation.studio.regions import FIELD_ROWS

Change = tuple[str, str, str | None]
"""What was changed: a kind of thing, its old name, and its new one, None if it is gone."""

_IN_ROW = re.compile(r"/result/(\d+)(?=/|$)")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """Rows after a migration. `origin` tells for each its place among the rows before.

    `changes` counts what got another name or is gone, `losses` in words what can no longer be told.
    """

    rows: list[Any]
    origin: tuple[int, ...]
    changes: Counter[Change]
    losses: Counter[str]


class Rewriter:
    """Reads what was said in a task's old names, and says it in the new ones."""

    def __init__(self, plan: Plan, before: Task, after: Task) -> None:
        self._plan = plan
        self._before = before
        self._after = after
        self._owners: dict[str, list[tuple[Label | None, Field]]] = {}
        for label, field in before.fields:
            self._owners.setdefault(field.control, []).append((label, field))

    def rows(self, result: Sequence[Any]) -> Rewritten:
        """The rows of a result, which may hold anything; what is not known to the task stays as it is."""
        known = [Row(position, row) for position, row in enumerate(result) if isinstance(row, dict)]
        work = _Work(self._plan, self._regions(known))
        made: list[Any] = []
        origin: list[int] = []
        for position, row in enumerate(result):
            new = self._row(Row(position, row), work) if isinstance(row, dict) else row
            if new is not None:
                made.append(new)
                origin.append(position)
        return Rewritten(made, tuple(origin), work.changes, work.losses)

    def record(self, record: Annotation) -> tuple[Annotation, Counter[Change], Counter[str]]:
        """A record in the new names, with the same counts."""
        rows = {
            mention.id: _Region([mention.label], {name: _listed(value) for name, value in mention.attributes.items()})
            for mention in record.mentions
        }
        work = _Work(self._plan, rows)
        mentions = []
        for mention in record.mentions:
            label = work.label(mention.id, mention.label)
            if label is None:
                for name, value in mention.attributes.items():
                    work.lose(f"{mention.label}.{name}", "dropped with its mention", _listed(value))
            else:
                attributes = self._attributes(mention, label, work)
                mentions.append(replace(mention, label=label, attributes=attributes))
        relations = [new for old in record.relations for new in self._relation(old, work)]
        choices = {}
        for name, value in record.choices.items():
            change = self._plan.choices.get(name)
            field = self._after.choices.get((change.name or "") if change else name)
            new = _value(work.values(change, name, name, _listed(value)), field, value) if change else value
            if new is not None:
                choices[(change.name if change else None) or name] = new
        moved = replace(
            record,
            task_version=self._after.version,
            mentions=tuple(mentions),
            relations=tuple(relations),
            choices=choices,
        )
        return moved, work.changes, work.losses

    def _regions(self, rows: Sequence[Row]) -> dict[str, _Region]:
        regions: dict[str, _Region] = {}
        for row in rows:
            if self._is_span(row) and row.id not in regions:
                regions[row.id] = _Region(strings(row.value, row.type), {})
        for row in rows:
            region = regions.get(row.id)
            for label, field in self._owners.get(row.control, ()):
                if region is not None and label is not None and label.name in region.labels:
                    region.values.setdefault(field.name, []).extend(_values_of(row))
        return regions

    def _row(self, row: Row, work: _Work) -> dict[str, Any] | None:
        """The row in the new names, None if it is gone."""
        if row.type == "relation":
            return self._relation_row(row, work)
        if self._is_span(row):
            labels = work.label_row(row)
            return None if labels is None else _with(row, row.type, labels)
        owners = self._owners.get(row.control, [])
        region = work.regions.get(row.id)
        if region is None or not owners or owners[0][0] is None:
            return self._article_row(row, owners, work)
        own = next(((label, field) for label, field in owners if label and label.name in region.labels), None)
        if work.is_gone(row.id):
            label, field = own or owners[0]
            where = f"{label.name}.{field.name}" if label else field.name
            work.lose(where, "dropped with its mention", _values_of(row))
            return None
        if own is None or own[0] is None:
            return dict(row.document)
        return self._attribute_row(row, own[0], own[1], work)

    def _is_span(self, row: Row) -> bool:
        return row.type in LABEL_ROWS and row.control == self._before.span_control

    def _article_row(self, row: Row, owners: list[tuple[Label | None, Field]], work: _Work) -> dict[str, Any] | None:
        if not owners or owners[0][0] is not None or row.type != FIELD_ROWS[owners[0][1].kind]:
            return dict(row.document)
        field = owners[0][1]
        values = work.values(self._plan.choices[field.name], field.name, field.name, _values_of(row))
        return None if values is None else _with(row, VALUE_KEYS[row.type], values)

    def _attribute_row(self, row: Row, label: Label, field: Field, work: _Work) -> dict[str, Any] | None:
        if row.type != FIELD_ROWS[field.kind]:
            return dict(row.document)
        new = work.label(row.id, label.name)
        found = self._attribute(label.name, new, field.name, _values_of(row), work)
        if found is None:
            return None
        control, values = found[0].control, found[1]
        return {**_with(row, VALUE_KEYS[row.type], values), "from_name": control}

    def _attribute(
        self, label: str, new: str | None, name: str, values: list[str], work: _Work
    ) -> tuple[Field, list[str]] | None:
        """The field that carries an attribute from now on, with its values; None if none does."""
        if new is None:
            # The mention has another label besides.
            work.changes[("attribute", f"{label}.{name}", None)] += 1
            work.lose(f"{label}.{name}", "whose label is dropped", values)
            return None
        change = self._plan.attributes[label][name]
        kept = work.values(change, f"{label}.{name}", name, values)
        if kept is None:
            return None
        there = self._after.labels[new].attributes.get(change.name or "")
        split = self._plan.labels.splits.get(label)
        if there is None:
            work.changes[("attribute", f"{label}.{name}", None)] += 1
            if split is None or split.by != name or [split.into.get(value) for value in values] != [new]:
                work.lose(f"{label}.{name}", f"which {new} has not", values)
            return None
        return there, kept

    def _attributes(self, mention: Mention, new: str, work: _Work) -> dict[str, Value]:
        made: dict[str, Value] = {}
        declared = self._plan.attributes.get(mention.label, {})
        for name, value in mention.attributes.items():
            if name not in declared:
                made[name] = value
                continue
            found = self._attribute(mention.label, new, name, _listed(value), work)
            kept = _value(found[1], found[0], value) if found else None
            if found and kept is not None:
                made[found[0].name] = kept
        return made

    def _relation(self, relation: Relation, work: _Work) -> list[Relation]:
        label = work.relation(relation.source, relation.target, relation.label)
        return [] if label is _GONE else [replace(relation, label=label)]

    def _relation_row(self, row: Row, work: _Work) -> dict[str, Any] | None:
        ends = [row.word("from_id"), row.word("to_id")]
        source, target = reversed(ends) if row.word("direction") == "left" else ends
        labels = strings(row.document, "labels")
        named: Sequence[str | None] = labels or [None]
        made = [work.relation(source, target, label) for label in named]
        kept = [label for label in made if label is not _GONE]
        if not kept:
            return None
        return {**row.document, "labels": list(dict.fromkeys(kept))} if labels else dict(row.document)


_GONE = "\0gone"


@dataclass(slots=True)
class _Region:
    """A mention's labels, and the values of its attributes by field."""

    labels: list[str]
    values: dict[str, list[str]]


class _Work:
    """One annotation under way: its mentions as they were, and what was done so far."""

    def __init__(self, plan: Plan, regions: Mapping[str, _Region]) -> None:
        self._plan = plan
        self.regions = regions
        self.changes: Counter[Change] = Counter()
        self.losses: Counter[str] = Counter()
        self._labels = {region_id: self._moved(region) for region_id, region in regions.items()}
        for moved in self._labels.values():
            self._count("label", self._plan.labels, moved, "mention")

    def label(self, region_id: str, label: str) -> str | None:
        """What a label of a mention is from now on, None if it is dropped."""
        return self._labels[region_id].get(label, self._plan.labels.to.get(label, label))

    def is_gone(self, region_id: str) -> bool:
        """Whether a mention had labels, and none is left."""
        region = self.regions.get(region_id)
        return region is not None and bool(region.labels) and not any(self._labels[region_id].values())

    def label_row(self, row: Row) -> list[str] | None:
        """The labels of a mention's row, None if it is gone; of a second row with the same id, by that one alone."""
        old = strings(row.value, row.type)
        moved = self._moved(_Region(old, self.regions[row.id].values))
        if all(moved[label] == label for label in old):
            return old
        return list(dict.fromkeys(there for label in old if (there := moved[label]) is not None)) or None

    def values(self, change: FieldChange, where: str, name: str, values: list[str]) -> list[str] | None:
        """A field's values in the new names, None if nothing is left of it."""
        if change.name is None:
            self.changes[("field", where, None)] += 1
            self.lose(where, "dropped", values)
            return None
        if change.name != name:
            self.changes[("field", where, change.name)] += 1
        new = [there for there in (change.values.to.get(value, value) for value in values) if there is not None]
        new = list(dict.fromkeys(new)) if len(new) != len(values) or new != values else values
        kind = f"value of {where}"
        for value in values:
            self._count(kind, change.values, {value: change.values.to.get(value, value)}, kind)
        return None if values and not new else new

    def lose(self, where: str, why: str, values: Sequence[str]) -> None:
        """Count values of a field that go."""
        if values:
            self.losses[f"value of {where}, {why}"] += len(values)

    def relation(self, source: str, target: str, label: str | None) -> str | None:
        """A relation's label from now on; `_GONE` if it is dropped, or an end of it is."""
        if self.is_gone(source) or self.is_gone(target):
            self.changes[("relation", label or "(none)", None)] += 1
            self.losses["relation whose mention is dropped"] += 1
            return _GONE
        if label is None:
            return None
        names = self._plan.relations
        split = names.splits.get(label)
        ends = {"source": source, "target": target}
        region = self.regions.get(ends[split.side]) if split else None
        new = _decided(split, region) if split else names.to.get(label, label)
        self._count("relation", names, {label: new}, "relation")
        return _GONE if new is None else new

    def _moved(self, region: _Region) -> dict[str, str | None]:
        names = self._plan.labels
        moved = {}
        for label in region.labels:
            split = names.splits.get(label)
            moved[label] = _decided(split, region) if split else names.to.get(label, label)
        return moved

    def _count(self, kind: str, names: Names, moved: Mapping[str, str | None], noun: str) -> None:
        for name, there in moved.items():
            if name not in names.to and name in names.creator:
                self.losses[f"{noun} {name}, unknown so far, no longer told from other {name}"] += 1
            if there == name:
                continue
            self.changes[(kind, name, there)] += 1
            if there is None:
                self.losses[f"{noun} {name}, dropped"] += 1
            elif names.is_merged(name):
                self.losses[f"{noun} {name}, no longer told from other {there}"] += 1


def with_origins(problems: Iterable[Finding], origin: Sequence[int]) -> tuple[Finding, ...]:
    """Findings that point into rewritten rows, pointing into the rows as they were."""

    def there(match: re.Match[str]) -> str:
        position = int(match[1])
        return f"/result/{origin[position]}" if position < len(origin) else match[0]

    return tuple(
        found if found.json_pointer is None else replace(found, json_pointer=_IN_ROW.sub(there, found.json_pointer))
        for found in problems
    )


def _decided(split: Split, region: _Region | None) -> str:
    values = region.values.get(split.by, []) if region else []
    return split.into.get(values[0], split.other) if len(values) == 1 else split.other


def _values_of(row: Row) -> list[str]:
    return strings(row.value, VALUE_KEYS[row.type]) if row.type in FIELD_ROWS.values() else []


def _with(row: Row, key: str, new: list[str]) -> dict[str, Any]:
    """The row with other words in its value; if they have not changed, nothing beside them is touched."""
    if strings(row.value, key) == new:
        return dict(row.document)
    return {**row.document, "value": {**row.value, key: new}}


def _listed(value: Value) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _value(values: list[str] | None, field: Field | None, before: Value) -> Value | None:
    """Values in the form that they had; several in codebook order, unknown ones last, as they are read from rows."""
    if values is None:
        return None
    if isinstance(before, str):
        return values[0]
    if field is None or field.kind != "choices":
        return values[0] if len(values) == 1 else tuple(values)
    order = {value: position for position, value in enumerate(field.values)}
    return tuple(sorted(values, key=lambda value: order.get(value, len(order))))
