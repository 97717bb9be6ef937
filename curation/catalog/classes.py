"""Published class ids through a migration: what is renamed keeps its id, what is gone keeps it reserved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from curation.catalog.migration import Document, Plan, refuse
from curation.catalog.tasks import Task, task_of


def settle_classes(made: Plan, task: Mapping[str, Any], after: Document) -> None:
    """Write into the task as it is after a migration the class ids that its names alone would not give.

    Raises `E_MIGRATION_MAP` where a name would stand for two ids.
    """
    old, new = task_of(Path(), task), task_of(Path(), after)
    published = {
        "labels": _ids("label", old.label_classes, new.labels, made.labels.lives_on),
        "relations": _ids("relation", old.relation_classes, new.relations, made.relations.lives_on),
    }
    for label, there in made.labels.to.items():
        if there is not None and made.labels.creator.get(there) == label:
            for name, change in made.attributes[label].items():
                field = old.labels[label].attributes[name]
                document = after["labels"][there].get("attributes", {}).get(change.name)
                if document is not None and "values" in document:
                    ids = _ids(f"value of {label}.{name}", field.classes, document["values"], change.values.lives_on)
                    _write(document, "published", ids)
    for name, change in made.choices.items():
        if change.name is not None and "values" in after["choices"][change.name]:
            document = after["choices"][change.name]
            ids = _ids(f"value of {name}", old.choices[name].classes, document["values"], change.values.lives_on)
            _write(document, "published", ids)
    after.pop("published", None)
    published["stances"] = _stances(made, old, task_of(Path(), after))
    _write(after, "published", {kind: ids for kind, ids in published.items() if ids})


def _ids(
    kind: str, before: Sequence[str], names: Iterable[str], lives_on: Callable[[str], str | None]
) -> list[str] | None:
    """The classes by id, None if the names that there are give the same ids."""
    live = list(names)
    kept = [lives_on(name) or name for name in before]
    taken = next((name for name in kept if kept.count(name) > 1), None)
    if taken is not None:
        refuse(f"the {kind} {taken!r} is gone but keeps its class id, so that nothing else can be called so")
    classes = list(dict.fromkeys([*kept, *live]))
    return classes if classes != live else None


def _stances(made: Plan, old: Task, new: Task) -> list[str] | None:
    """The same for the stances, which are values of several fields, and polarities of relations."""
    fields = [made.choices[field.name] for field in old.targets.values()]
    of_relations = {rule.polarity for rule in new.relations.values()}
    kept = {}
    for name in old.polarities:
        there = {change.values.lives_on(name) for change in fields if change.name is not None} - {None}
        kept[name] = next(iter(there)) or name if len(there) == 1 and name not in of_relations else name
    # A name that only some have given up, or that another one has, stays what it was.
    while doubled := [name for name in kept if kept[name] != name and [*kept.values()].count(kept[name]) > 1]:
        kept |= {name: name for name in doubled}
    classes = list(dict.fromkeys([*kept.values(), *_in_use(new)]))
    return classes if classes != list(new.polarities) else None


def _in_use(task: Task) -> list[str]:
    """The stances that fields and relations have today."""
    of_articles = [value for field in task.targets.values() for value in field.values]
    of_relations = [rule.polarity for rule in task.relations.values() if rule.polarity]
    return list(dict.fromkeys([*of_articles, *of_relations]))


def _write(document: Document, key: str, value: Sequence[str] | Mapping[str, Sequence[str]] | None) -> None:
    if value:
        document[key] = value
    else:
        document.pop(key, None)
