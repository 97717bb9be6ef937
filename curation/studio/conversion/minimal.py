"""JSON-MIN, the flat export of Label Studio and its SDK, as ordinary items: as far as it goes.

One record is one annotation of one item. Its keys are the item's data, the names of controls, and some bookkeeping:
what a key is has to be told from its value, or from the interface. Relations, the ids of regions and what is said of a
single region are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.splitting import Block
from curation.studio.conversion.strict import read

LACKS = (
    "relations",
    "the ids of regions (those in the tables are made up)",
    "what is said of a single region (choices, texts and ratings of regions stand beside them, unattached)",
    "skipped annotations, drafts, predictions and ground truth",
)
"""What no file of this kind holds."""

UNNAMED = "which texts are answers: without --interface, single choices and free texts stay in `data`"
"""What it lacks besides where no interface is given."""

_OF_ANNOTATION = ("annotation_id", "annotator", "created_at", "updated_at", "lead_time")
_OF_ITEM = ("id", "agreement")
# The type of a result row, and the key of its value, in the order in which they tell the type.
_TYPES = {
    "labels": "labels",
    "hypertextlabels": "hypertextlabels",
    "paragraphlabels": "paragraphlabels",
    "taxonomy": "taxonomy",
    "choices": "choices",
    "rating": "rating",
    "number": "number",
}
_ENCODE = msgspec.json.encode


def is_minimal(item: Any) -> bool:
    """Whether a JSON value is a record of JSON-MIN and no ordinary item."""
    if not isinstance(item, dict) or isinstance(item.get("data"), dict) or "annotations" in item:
        return False
    return "annotation_id" in item or "annotator" in item


def expanded(blocks: Iterable[Block], declaration: Declaration | None = None) -> Iterator[Block]:
    """The same blocks with records of JSON-MIN as items, those of one item joined; all else as it was."""
    waiting: dict[str, Any] | None = None
    place = (1, 0)
    number = 0
    for block in blocks:
        faults = list(block.faults)
        items: list[msgspec.Raw] = []
        places: list[tuple[int, int]] = []
        for index, raw in enumerate(block.items):
            here = block.place(index)
            strict = read(bytes(raw), *here)
            if not is_minimal(strict.value):
                item = None
            else:
                faults += strict.faults
                item = as_item(strict.value, declaration)
            if waiting is not None and item is not None and _same(waiting, item):
                waiting["annotations"] += item["annotations"]
                continue
            if waiting is not None:
                items.append(msgspec.Raw(_ENCODE(waiting)))
                places.append(place)
            waiting, place = item, here
            if item is None:
                items.append(raw)
                places.append(here)
        yield Block(items, number, faults, _places=places)
        number += len(items)
    if waiting is not None:
        yield Block([msgspec.Raw(_ENCODE(waiting))], number, [], _places=[place])


def as_item(record: Mapping[str, Any], declaration: Declaration | None = None) -> dict[str, Any]:
    """A record as an item with one annotation, or none where it tells of none."""
    results: list[dict[str, Any]] = []
    data: dict[str, Any] = {}
    for key, value in record.items():
        if key in _OF_ANNOTATION or key in _OF_ITEM:
            continue
        rows = _rows(key, value, declaration)
        if rows is None:
            data[key] = value
        else:
            results += rows
    for number, row in enumerate(results, 1):
        row["id"] = f"r{number}"
    item: dict[str, Any] = {key: record[key] for key in _OF_ITEM if key in record}
    annotation: dict[str, Any] = {}
    if record.get("annotation_id") is not None:
        annotation["id"] = record["annotation_id"]
    if "annotator" in record:
        annotation["completed_by"] = record["annotator"]
    annotation["result"] = results
    annotation |= {key: record[key] for key in ("created_at", "updated_at", "lead_time") if record.get(key) is not None}
    item["data"] = data
    item["annotations"] = [annotation] if results or record.get("annotation_id") is not None else []
    return item


def _rows(key: str, value: Any, declaration: Declaration | None) -> list[dict[str, Any]] | None:
    """The result rows that a key stands for; None if it is one of the data."""
    declared = declaration.controls.get(key) if declaration is not None and not declaration.inferred else None
    values = value if isinstance(value, list) else [value]
    object_ = (declared.to_name if declared is not None else None) or "text"
    rows: list[dict[str, Any]] = []
    for one in values:
        if isinstance(one, str) and declared is not None:
            type_ = "textarea" if declared.kind == "textarea" else "choices"
            one = {"text" if type_ == "textarea" else "choices": [one]}
        elif isinstance(one, dict):
            type_ = next((name for known, name in _TYPES.items() if known in one), "")
            if not type_ and isinstance(one.get("text"), list):
                type_ = "textarea"
        else:
            type_ = ""
        if not type_:
            return None
        rows.append({"from_name": key, "to_name": object_, "type": type_, "value": one})
    return rows or None


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.get("id") is not None and one.get("id") == other.get("id") and one["data"] == other["data"]
