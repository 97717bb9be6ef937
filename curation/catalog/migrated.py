"""The declaration of a task after a migration, as a document. `redeclaring` writes it into the file."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from curation.catalog.classes import settle_classes
from curation.catalog.migration import Document, FieldChange, Plan, refuse


def changed_task(made: Plan, task: Mapping[str, Any], version: str | None = None) -> Document:
    """The task.toml, as a document, after the change. Raises `E_MIGRATION_MAP` where nothing sound would be left."""
    after = copy.deepcopy(dict(task))
    if version is not None:
        after["version"] = version
    controls = set(_controls(task))
    if "labels" in task:
        after["labels"] = {
            new: _label(made, new, old, task["labels"][old], controls) for new, old in made.labels.creator.items()
        }
        _merge_fields(made, task, after)
    if "relations" in task:
        after["relations"] = {
            new: _rule(made, new, task["relations"][old]) for new, old in made.relations.creator.items()
        }
    if "contradictions" in task:
        after["contradictions"] = [one for rule in task["contradictions"] for one in _contradictions(made, rule)]
        if not after["contradictions"]:
            del after["contradictions"]
    if "choices" in task:
        after["choices"] = {
            change.name: _field(name, task["choices"][name], change)
            for name, change in made.choices.items()
            if change.name is not None
        }
    settle_classes(made, task, after)
    return after


def _controls(task: Mapping[str, Any]) -> Iterator[str]:
    for label in task.get("labels", {}).values():
        yield from (one.get("control", name) for name, one in label.get("attributes", {}).items())
    yield from (one.get("control", name) for name, one in task.get("choices", {}).items())


def _label(made: Plan, new: str, old: str, document: Mapping[str, Any], controls: set[str]) -> Document:
    after: Document = {key: value for key, value in document.items() if key not in ("attributes", "holder")}
    holder = _holder(made, old, document["holder"]) if "holder" in document else None
    split, split_off = made.labels.splits.get(old), made.labels.to[old] != new
    by = made.attributes[old][split.by].name or "" if split is not None else ""
    attributes = {}
    for name, one in document.get("attributes", {}).items():
        change = made.attributes[old][name]
        if change.name is None:
            continue
        attribute = _field(name, one, change)
        if split is not None and split.by == name:
            mine = [value for value in one["values"] if split.into.get(value, split.other) == new]
            left = list(dict.fromkeys(change.values.to[value] for value in mine))
            attribute["values"] = [value for value in left if value is not None]
            if not attribute["values"] or (split_off and len(attribute["values"]) == 1):
                continue
        if split_off:
            # Its column is a new one, with ids of its own.
            attribute.pop("published", None)
            attribute["control"] = _free(f"{new}_{change.name}".lower(), controls)
        attributes[change.name] = attribute
    if split is not None and holder is not None and holder.get("unless", {}).get("attribute") == by:
        excuse = document["holder"]["unless"]["value"]
        if holder["unless"]["value"] not in attributes.get(by, {}).get("values", ()):
            # What is split off by the value that excuses is excused by its label; of all others none has the value.
            holder = None if split.into.get(excuse, split.other) == new else _without(holder, "unless")
    # Keys keep the order of the document.
    return {
        key: value
        for key in document
        for value in [attributes if key == "attributes" else holder if key == "holder" else after[key]]
        if value
    }


def _without(document: Document, key: str) -> Document:
    return {name: value for name, value in document.items() if name != key}


def _free(wanted: str, taken: set[str]) -> str:
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}_{number}"
    taken.add(name)
    return name


def _field(name: str, document: Mapping[str, Any], change: FieldChange) -> Document:
    after = copy.deepcopy(dict(document))
    if change.name != name:
        after.setdefault("control", name)
    if "values" in after:
        after["values"] = list(change.values.creator)
    if "silent" in after:
        silent = change.values.to.get(after["silent"])
        if silent is None:
            del after["silent"]
        else:
            after["silent"] = silent
    return after


def _merge_fields(made: Plan, task: Mapping[str, Any], after: Document) -> None:
    """Values that mentions of a merged label bring along are appended to the fields of the same name."""
    for old, there in made.labels.to.items():
        if there is None or not made.labels.is_merged(old):
            continue
        kept = after["labels"][there].get("attributes", {})
        for name, one in task["labels"][old].get("attributes", {}).items():
            change = made.attributes[old][name]
            same = kept.get(change.name)
            if same is None:
                continue
            if same["kind"] != one["kind"]:
                refuse(f"{old} has the field {name!r} of another kind than {there}: rename or drop it")
            brought = [value for value in change.values.creator if value not in same.get("values", ())]
            if brought:
                same["values"] = [*same.get("values", ()), *brought]


def _holder(made: Plan, label: str, document: Mapping[str, Any]) -> Document | None:
    after = copy.deepcopy(dict(document))
    named = (new for old in document["relations"] for new in made.relations.destinations(old))
    after["relations"] = list(dict.fromkeys(named))
    if "continuation" in after:
        there = made.relations.to.get(after["continuation"], after["continuation"])
        after.pop("continuation") if there is None else after.update(continuation=there)
    if "unless" in after:
        change = made.attributes[label].get(after["unless"]["attribute"])
        value = change.values.to.get(after["unless"]["value"]) if change else None
        if change is None or change.name is None or value is None:
            del after["unless"]
        else:
            after["unless"] = {**after["unless"], "attribute": change.name, "value": value}
    return after if after["relations"] else None


def _contradictions(made: Plan, document: Mapping[str, Any]) -> Iterator[Document]:
    """A contradiction after the change: one for each choice of what a split relation became, as these may both be."""
    left = [there for old in document["relations"] if (there := made.relations.destinations(old))]
    for chosen in product(*left):
        after = copy.deepcopy(dict(document))
        after["relations"] = list(dict.fromkeys(chosen))
        if "through" in after:
            through = (new for old in document["through"] for new in made.relations.destinations(old))
            after["through"] = list(dict.fromkeys(through))
        if len(after["relations"]) > 1:
            yield after


def _rule(made: Plan, new: str, document: Mapping[str, Any]) -> Document:
    after = copy.deepcopy(dict(document))
    for side in ("from", "to"):
        ends = (there for label in document[side] for there in made.labels.destinations(label))
        after[side] = list(dict.fromkeys(ends))
        if not after[side]:
            refuse(f"the relation {new!r} would have nothing at one of its ends: drop it too")
    return after
