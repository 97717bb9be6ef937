"""A declared change of a codebook: what becomes of its labels, relations, fields and values.

A map names what there is today. A rename takes a name that nothing else will have; a merge takes one that something
else has, or that several are merged into; a split takes an `else`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

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
        raise CurationError(
            "E_NOT_FOUND",
            f"{path} is not a file",
            fix="write the map into that file, or name another: `curation schema show migration` has its shape",
        )
    document = read_toml(path, "E_MIGRATION_MAP")
    for where, entry in _entries(document):
        verbs = [verb for verb in _VERBS if verb in entry]
        if len(verbs) > 1:
            refuse(f"{path}: {where} has {' and '.join(verbs)}: say one of them")
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
        refuse(f"the map is for the task {for_task!r}, this is {task['name']!r}")
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


def renames(changes: Mapping[str, Any], task: Mapping[str, Any]) -> dict[str, str]:
    """The new names of labels, relations and values that live on under another one when a map is applied to a task."""
    made = plan(changes, task)
    fields = [*(one for of_label in made.attributes.values() for one in of_label.values()), *made.choices.values()]
    kinds = [made.labels, made.relations, *(one.values for one in fields)]
    return {name: now for kind in kinds for name in kind.to if (now := kind.lives_on(name)) is not None and now != name}


def is_idle(changes: Mapping[str, Any]) -> bool:
    """Whether a map changes nothing."""
    return not any(changes.get(kind) for kind in (*_KINDS, "version"))


def _names(kind: str, there: Iterable[str], changes: Mapping[str, Any]) -> Names:
    """Decide for each name where it goes; `there` is in declared order."""
    names = list(there)
    for unknown in [name for name in changes if name not in names]:
        refuse(f"there is no {kind} {unknown!r}; there are {', '.join(names) or 'none'}")
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
            way = "choose" if kind.startswith("field") else "merge one, or choose"
            refuse(f"{' and '.join(of)} would both be the {kind} {target!r}: {way} another name")
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
        refuse(f"the {kind} {target!r} cannot be merged into itself")
    if target not in creators and len(into) == 1:
        refuse(
            f"the {kind} {into[0]!r} is to be merged into {target!r}, but nothing else will be called so: "
            "name what remains, or write rename"
        )


def _split(document: Mapping[str, Any]) -> Split:
    side, _, by = document["by"].rpartition(".")
    return Split(by, document["into"], document["else"], side)


def _check_split(where: str, split: Split, attributes: Mapping[str, Any]) -> None:
    if where.startswith("labels.") == bool(split.side):
        wanted = "source.ATTRIBUTE or target.ATTRIBUTE" if where.startswith("relations.") else "an attribute"
        refuse(f"{where} is split by {split.by!r}; write {wanted}")
    if split.by not in attributes:
        refuse(f"{where} is split by {split.by!r}; there are the attributes {', '.join(attributes) or '(none)'}")
    if attributes[split.by]["kind"] != "choice":
        refuse(f"{where} is split by {split.by!r}, which does not take exactly one value of a list")
    for value in split.into:
        if value not in attributes[split.by].get("values", ()):
            refuse(f"{where} is split by {split.by!r}, which has no value {value!r}")


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
            refuse(f"{where}.{name} is a text: it has no values to change")
        found[name] = FieldChange(names.to[name], _names(f"value of {where}.{name}", one.get("values", ()), values))
        if one["kind"] != "text" and not found[name].values.creator and found[name].name is not None:
            refuse(f"{where}.{name} would have no value left: drop the field")
    return found


def refuse(message: str) -> NoReturn:
    """Refuse a map. Raises `E_MIGRATION_MAP`."""
    raise CurationError("E_MIGRATION_MAP", message)
