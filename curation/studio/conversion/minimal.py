"""JSON-MIN, the flat export of Label Studio and its SDK, as ordinary items: as far as it goes.

One record is one annotation of one item. Its keys are the item's data, the names of controls, and some bookkeeping:
what a key is has to be told from its value, or from the interface. Relations and the ids of regions are not in it; what
is said of a region is by its place the span's, where it is given and just one span is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any

import msgspec

from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.splitting import Block
from curation.studio.conversion.strict import read
from curation.studio.raw import VALUE_KEYS

LACKS = (
    "relations",
    "the ids of regions (those in the tables are made up)",
    "about which span a choice, a text or a rating is, where its place is not given or several spans are there (it "
    "stands there unattached)",
    "skipped annotations, drafts, predictions and ground truth",
)
"""What no file of this kind holds."""

UNNAMED = (
    "which keys are answers: without --interface a single choice or a text is taken for one where people differ in it, "
    "and stays in `data` otherwise"
)
"""What it lacks besides where no interface is given."""

_OF_ANNOTATION = ("annotation_id", "annotator", "created_at", "updated_at", "lead_time")
_OF_ITEM = ("id", "agreement")
# Types of result rows whose value has a key of the same name, in the order in which the keys tell the type.
_SPANS = ("labels", "hypertextlabels", "paragraphlabels")
_TYPES = (*_SPANS, "taxonomy", "choices", "rating", "number")
_PLACE = ("start", "end", "startOffset", "endOffset")
_NONE = object()
_FEW = 30
_ENCODE = msgspec.json.encode


def is_minimal(item: Any) -> bool:
    """Whether a JSON value is a record of JSON-MIN and no ordinary item."""
    if not isinstance(item, dict) or isinstance(item.get("data"), dict) or "annotations" in item:
        return False
    return "annotation_id" in item or "annotator" in item


def answers(sample: Iterable[Any]) -> dict[str, str]:
    """The keys that are answers because records of one item differ in them, each with the type of its rows.

    Texts of which there are few different ones are choices.
    """
    values: dict[str, Counter[str]] = {}
    differing: set[str] = set()
    first: Mapping[str, Any] = {}
    for record in sample:
        if not is_minimal(record):
            continue
        for key, value in record.items():
            texts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str)]
            values.setdefault(key, Counter()).update(texts)
            same = record.get("id") is not None and record.get("id") == first.get("id")
            if texts and same and value != first.get(key):
                differing.add(key)
        first = record if record.get("id") != first.get("id") else first
    told = differing.difference(_OF_ANNOTATION, _OF_ITEM)
    return {key: "choices" if len(values[key]) <= _FEW else "textarea" for key in sorted(told)}


def expanded(
    blocks: Iterable[Block], declaration: Declaration | None = None, told: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Block]:
    """The same blocks with records of JSON-MIN as items, those of one item joined; all else as it was.

    `told` are the `answers` of a sample. A record of the same item that shows another text stays by itself.
    """
    waiting: dict[str, Any] | None = None
    place = (1, 0)
    number = 0
    texts = {shown.key for shown in declaration.texts.values()} if declaration is not None else {"text"}
    for block in blocks:
        faults = list(block.faults)
        items: list[msgspec.Raw] = []
        places: list[tuple[int, int]] = []
        for index, raw in enumerate(block.items):
            here = block.place(index)
            strict = read(bytes(raw), *here)
            item = as_item(strict.value, declaration, told) if is_minimal(strict.value) else None
            faults += strict.faults if item is not None else ()
            if waiting is not None and item is not None and _joined(waiting, item, texts):
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


def as_item(
    record: Mapping[str, Any], declaration: Declaration | None = None, told: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """A record as an item with one annotation, or none where it tells of none."""
    results: list[dict[str, Any]] = []
    data: dict[str, Any] = {}
    for key, value in record.items():
        if key in _OF_ANNOTATION or key in _OF_ITEM:
            continue
        rows = _rows(key, value, declaration, told)
        if rows is None:
            data[key] = value
        else:
            results += rows
    for number, row in enumerate(results, 1):
        row["id"] = f"r{number}"
    _attach(results)
    item: dict[str, Any] = {key: record[key] for key in _OF_ITEM if key in record}
    annotation: dict[str, Any] = {}
    if record.get("annotation_id") is not None:
        annotation["id"] = record["annotation_id"]
    if "annotator" in record:
        named = record["annotator"]
        annotation["completed_by"] = {"email": named} if isinstance(named, str) and "@" in named else named
    annotation["result"] = results
    annotation |= {key: record[key] for key in ("created_at", "updated_at", "lead_time") if record.get(key) is not None}
    item["data"] = data
    item["annotations"] = [annotation] if results or record.get("annotation_id") is not None else []
    return item


def _attach(rows: Sequence[dict[str, Any]]) -> None:
    """Give what is said of a region the id of the span that is at its place, if there is just one."""
    spans: dict[bytes, list[str]] = {}
    for row in rows:
        if row["type"] in _SPANS:
            spans.setdefault(_place(row), []).append(row["id"])
    for row in rows:
        if row["type"] not in _SPANS and "start" in row["value"] and len(there := spans.get(_place(row), [])) == 1:
            row["id"] = there[0]


def _place(row: Mapping[str, Any]) -> bytes:
    return _ENCODE([row["value"].get(key) for key in _PLACE])


def _rows(
    key: str, value: Any, declaration: Declaration | None, told: Mapping[str, str]
) -> list[dict[str, Any]] | None:
    """The result rows that a key stands for; None if it is one of the data."""
    declared = declaration.controls.get(key) if declaration is not None and not declaration.inferred else None
    text_type = told.get(key) if declared is None else "textarea" if declared.kind == "textarea" else "choices"
    if declared is not None and value == []:
        return []
    values = value if isinstance(value, list) else [value]
    object_ = (declared.to_name if declared is not None else None) or "text"
    rows: list[dict[str, Any]] = []
    for one in values:
        type_ = _type(one, text_type)
        if type_ is None:
            return None
        written = {VALUE_KEYS[type_]: [one]} if isinstance(one, str) else one
        rows.append({"from_name": key, "to_name": object_, "type": type_, "value": written})
    return rows or None


def _type(value: Any, text_type: str | None) -> str | None:
    """The type of the row that a value was written in; None if no row has such a value."""
    if isinstance(value, str):
        return text_type
    if not isinstance(value, dict):
        return None
    found = next((name for name in _TYPES if name in value), None)
    return "textarea" if found is None and isinstance(value.get("text"), list) else found


def _joined(waiting: dict[str, Any], item: Mapping[str, Any], texts: Set[str]) -> bool:
    """Join the annotations of `item` to those of an earlier record of the same item; False if it is another one.

    What else it says of the item is kept with the annotation.
    """
    if waiting.get("id") is None or waiting["id"] != item.get("id") or not item["annotations"]:
        return False
    other = {key: value for key, value in item["data"].items() if waiting["data"].get(key, _NONE) != value}
    if texts & other.keys():
        return False
    if other:
        item["annotations"][0]["data"] = other
    waiting["annotations"] += item["annotations"]
    return True
