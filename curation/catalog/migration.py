"""A declared change of a codebook: what becomes of its labels, relations, fields and values.

A map names what there is today. A rename takes a name that nothing else will have; a merge takes one that something
else has, or that several are merged into; a split takes an `else`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from curation.catalog.root import read_toml
from curation.catalog.schemas import Schemas
from curation.errors import CurationError

Document = dict[str, Any]

_KINDS = ("labels", "relations", "choices")
_VERBS = ("rename", "merge", "split", "drop")


@dataclass(frozen=True, slots=True)
class Split:
    """What decides what a thing becomes: the value of `by`, an attribute of it or of the mention at a relation's end.

    `side` is `source` or `target` for a relation, empty for a label.
    """

    by: str
    into: Mapping[str, str]
    other: str
    side: str = ""


@dataclass(frozen=True, slots=True)
class Names:
    """What becomes of the things of one kind: each old name's new one, None for what is dropped.

    `creator` tells for each new name, in order, the old thing that lives on in it; all else that goes there is merged.
    A split thing's new name is the one of its `else`; the others are in `splits`.
    """

    to: Mapping[str, str | None] = field(default_factory=dict)
    creator: Mapping[str, str] = field(default_factory=dict)
    splits: Mapping[str, Split] = field(default_factory=dict)

    def destinations(self, name: str) -> tuple[str, ...]:
        """Everything that a thing may become, that of its `else` first; a name of no thing stays."""
        first = self.to.get(name, name)
        split = self.splits.get(name)
        rest = split.into.values() if split else ()
        return tuple(dict.fromkeys(one for one in (first, *rest) if one is not None))

    def lives_on(self, name: str) -> str | None:
        """The new name of a thing that is neither dropped nor merged into another."""
        there = self.to.get(name)
        return there if there is not None and self.creator.get(there) == name else None

    def is_merged(self, name: str) -> bool:
        """Whether a thing can no longer be told from another one."""
        there = self.to.get(name)
        return there is not None and self.creator.get(there) != name


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field's new name, None if it is dropped, and what becomes of its values."""

    name: str | None
    values: Names


@dataclass(frozen=True, slots=True)
class Plan:
    """A map held against the task that it changes. Everything in it is told by its old name.

    `attributes` are by label and field, `choices` by field.
    """

    labels: Names
    relations: Names
    attributes: Mapping[str, Mapping[str, FieldChange]]
    choices: Mapping[str, FieldChange]


def read_map(path: Path, schemas: Schemas) -> Document:
    """The map in a TOML file. Raises `E_NOT_FOUND`, or `E_MIGRATION_MAP` for one that is no map."""
    if not path.is_file():
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="name a map, such as map.toml")
    document = read_toml(path, "E_MIGRATION_MAP")
    for where, entry in _entries(document):
        verbs = [verb for verb in _VERBS if verb in entry]
        if len(verbs) > 1:
            _refuse(f"{path}: {where} has {' and '.join(verbs)}: say one of them")
    schemas.require("migration", document, str(path), "E_MIGRATION_MAP")
    return document


def _entries(
    document: Mapping[str, Any], keys: Iterable[str] = _KINDS, above: str = ""
) -> Iterator[tuple[str, Document]]:
    """What a map says of each thing, of which nothing is taken for granted."""
    for key in keys:
        entries = document.get(key)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict):
                where = f"{above}{key}.{name}"
                yield where, entry
                yield from _entries(entry, ("attributes", "values"), f"{where}.")


def plan(changes: Mapping[str, Any], task: Mapping[str, Any]) -> Plan:
    """What a map, which satisfies its schema, does to the task of a task.toml. Raises `E_MIGRATION_MAP`."""
    for_task = changes.get("task", task["name"])
    if for_task != task["name"]:
        _refuse(f"the map is for the task {for_task!r}, this is {task['name']!r}")
    labels: Mapping[str, Any] = task.get("labels", {})
    relations: Mapping[str, Any] = task.get("relations", {})
    made = Plan(
        labels=_names("label", labels, changes.get("labels", {})),
        relations=_names("relation", relations, changes.get("relations", {})),
        attributes={
            name: _fields(f"labels.{name}", label.get("attributes", {}), changes.get("labels", {}).get(name, {}))
            for name, label in labels.items()
        },
        choices=_fields("choices", task.get("choices", {}), {"attributes": changes.get("choices", {})}),
    )
    for name, split in made.labels.splits.items():
        _check_split(f"labels.{name}", split, labels[name].get("attributes", {}))
    for name, split in made.relations.splits.items():
        ends = relations[name]["from" if split.side == "source" else "to"]
        _check_split(f"relations.{name}", split, _attributes_of(ends, labels))
    return made


def is_idle(changes: Mapping[str, Any]) -> bool:
    """Whether a map changes nothing."""
    return not any(changes.get(kind) for kind in (*_KINDS, "version"))


def _names(kind: str, there: Iterable[str], changes: Mapping[str, Any]) -> Names:
    """Decide for each name where it goes; `there` is in declared order."""
    names = list(there)
    for unknown in [name for name in changes if name not in names]:
        _refuse(f"there is no {kind} {unknown!r}; there are {', '.join(names) or 'none'}")
    to: dict[str, str | None] = {}
    splits: dict[str, Split] = {}
    creators: dict[str, list[str]] = {}
    mergers: dict[str, list[str]] = {}
    later: list[tuple[str, str]] = []
    for name in names:
        change = changes.get(name, {})
        if change.get("drop"):
            to[name] = None
        elif "merge" in change:
            to[name] = change["merge"]
            mergers.setdefault(change["merge"], []).append(name)
        elif "split" in change:
            splits[name] = _split(change["split"])
            to[name] = splits[name].other
            creators.setdefault(splits[name].other, []).append(name)
            later += [(one, name) for one in dict.fromkeys(splits[name].into.values()) if one != splits[name].other]
        else:
            to[name] = change.get("rename", name)
            creators.setdefault(change.get("rename", name), []).append(name)
    for target, name in later:
        creators.setdefault(target, []).append(name)
    for target, into in mergers.items():
        _check_merge(kind, target, into, creators)
    for target, of in creators.items():
        if len(of) > 1:
            _refuse(f"{' and '.join(of)} would both be the {kind} {target!r}: merge one, or choose another name")
    return Names(to, _in_order(names, to, {new: of[0] for new, of in creators.items()}, later), splits)


def _in_order(
    names: list[str], to: Mapping[str, str | None], creators: Mapping[str, str], later: list[tuple[str, str]]
) -> dict[str, str]:
    """Each new name and its creator; what is split off comes last, so that published ids stay."""
    order: dict[str, str] = {}
    for name in names:
        there = to[name]
        if there is not None and creators.get(there, name) == name:
            order.setdefault(there, name)
    for target, name in later:
        order.setdefault(target, name)
    return order


def _check_merge(kind: str, target: str, into: list[str], creators: Mapping[str, list[str]]) -> None:
    if target in into:
        _refuse(f"the {kind} {target!r} cannot be merged into itself")
    if target not in creators and len(into) == 1:
        _refuse(
            f"the {kind} {into[0]!r} is to be merged into {target!r}, but nothing else will be called so: "
            "name what remains, or write rename"
        )


def _split(document: Mapping[str, Any]) -> Split:
    side, _, by = document["by"].rpartition(".")
    return Split(by, document["into"], document["else"], side)


def _check_split(where: str, split: Split, attributes: Mapping[str, Any]) -> None:
    if where.startswith("labels.") == bool(split.side):
        wanted = "source.ATTRIBUTE or target.ATTRIBUTE" if where.startswith("relations.") else "an attribute"
        _refuse(f"{where} is split by {split.by!r}; write {wanted}")
    if split.by not in attributes:
        _refuse(f"{where} is split by {split.by!r}; there are the attributes {', '.join(attributes) or '(none)'}")
    if attributes[split.by]["kind"] != "choice":
        _refuse(f"{where} is split by {split.by!r}, which does not take exactly one value of a list")
    for value in split.into:
        if value not in attributes[split.by].get("values", ()):
            _refuse(f"{where} is split by {split.by!r}, which has no value {value!r}")


def _attributes_of(labels: Iterable[str], there: Mapping[str, Any]) -> Document:
    found: Document = {}
    for label in labels:
        for name, one in there.get(label, {}).get("attributes", {}).items():
            known = found.setdefault(name, {**one, "values": list(one.get("values", ()))})
            known["values"] += [value for value in one.get("values", ()) if value not in known["values"]]
    return found


def _fields(where: str, there: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, FieldChange]:
    declared = changes.get("attributes", {})
    names = _names(f"field of {where}", there, declared)
    found = {}
    for name, one in there.items():
        values = declared.get(name, {}).get("values", {})
        if values and one["kind"] == "text":
            _refuse(f"{where}.{name} is a text: it has no values to change")
        found[name] = FieldChange(names.to[name], _names(f"value of {where}.{name}", one.get("values", ()), values))
        if one["kind"] != "text" and not found[name].values.creator and found[name].name is not None:
            _refuse(f"{where}.{name} would have no value left: drop the field")
    return found


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
    return after


def _controls(task: Mapping[str, Any]) -> Iterator[str]:
    for label in task.get("labels", {}).values():
        yield from (one.get("control", name) for name, one in label.get("attributes", {}).items())
    yield from (one.get("control", name) for name, one in task.get("choices", {}).items())


def _label(made: Plan, new: str, old: str, document: Mapping[str, Any], controls: set[str]) -> Document:
    after: Document = {key: value for key, value in document.items() if key not in ("attributes", "holder")}
    holder = _holder(made, old, document["holder"]) if "holder" in document else None
    split, split_off = made.labels.splits.get(old), made.labels.to[old] != new
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
            attribute["control"] = _free(f"{new}_{change.name}".lower(), controls)
        attributes[change.name] = attribute
    # Keys keep the order of the document.
    return {
        key: value
        for key in document
        for value in [attributes if key == "attributes" else holder if key == "holder" else after[key]]
        if value
    }


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
                _refuse(f"{old} has the field {name!r} of another kind than {there}: rename or drop it")
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
            _refuse(f"the relation {new!r} would have nothing at one of its ends: drop it too")
    return after


def _refuse(message: str) -> None:
    raise CurationError("E_MIGRATION_MAP", message)
