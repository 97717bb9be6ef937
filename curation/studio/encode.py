"""Write a record as Label Studio's result rows: suggestions for the screen, and annotations made elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from curation.catalog import Field, Task
from curation.records import Annotation, Mention, Relation, Value
from curation.studio.raw import VALUE_KEYS
from curation.studio.regions import FIELD_ROWS
from curation.studio.rendering import rendered


def encode(record: Annotation, task: Task) -> list[dict[str, Any]]:
    """The result rows of a record, in Label Studio's order: each span with its attributes, the article's fields,
    relations. `decode` reads the same record from them.

    Raises `ValueError` for a field that the task does not declare.
    """
    rows = [row for mention in record.mentions for row in _mention_rows(mention, task)]
    rows += [
        _field_row(_row_id(name), _declared(task.choices, name), value, {}, task)
        for name, value in record.choices.items()
    ]
    rows = [{**row, "origin": record.origin} for row in rows]
    return [*rows, *map(_relation_row, record.relations)]


def prediction(record: Annotation, task: Task, model_version: str) -> dict[str, Any]:
    """A record as a suggestion to import with its item; Label Studio itself notes where accepted rows come from."""
    rows = [{key: value for key, value in row.items() if key != "origin"} for row in encode(record, task)]
    return {"model_version": model_version, "result": rows}


def _mention_rows(mention: Mention, task: Task) -> Iterator[dict[str, Any]]:
    if task.span_control is None or mention.label not in task.labels:
        raise ValueError(f"the task {task.name!r} has no label {mention.label!r}")
    place = {"start": mention.start, "end": mention.end, "text": rendered(mention.text)}
    yield _row(mention.id, task.span_control, "labels", {**place, "labels": [mention.label]}, task)
    for name, value in mention.attributes.items():
        field = _declared(task.labels[mention.label].attributes, name)
        yield _field_row(mention.id, field, value, place, task)


def _field_row(region: str, field: Field, value: Value, place: Mapping[str, Any], task: Task) -> dict[str, Any]:
    row_type = FIELD_ROWS[field.kind]
    values = [value] if isinstance(value, str) else list(value)
    return _row(region, field.control, row_type, {**place, VALUE_KEYS[row_type]: values}, task)


def _row(region: str, control: str, row_type: str, value: Mapping[str, Any], task: Task) -> dict[str, Any]:
    return {
        "value": dict(value),
        "id": region,
        "from_name": control,
        "to_name": task.text_object,
        "type": row_type,
    }


def _relation_row(relation: Relation) -> dict[str, Any]:
    row = {"from_id": relation.source, "to_id": relation.target, "type": "relation", "direction": "right"}
    return row if relation.label is None else {**row, "labels": [relation.label]}


def _declared(fields: Mapping[str, Field], name: str) -> Field:
    if name not in fields:
        raise ValueError(f"there is no field {name!r}; declared are {', '.join(fields) or 'none'}")
    return fields[name]


def _row_id(name: str) -> str:
    """The id of an article field's row: the same on every run, and as long as Label Studio's own."""
    return hashlib.sha256(f"article field {name}".encode()).hexdigest()[:10]
