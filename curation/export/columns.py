"""The columns that a task gives to the published tables: names, order, and the field that fills each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from curation.catalog import Field, Task
from curation.errors import CurationError
from curation.records import Value


@dataclass(frozen=True, slots=True)
class Column:
    """A published column, the field that fills it, and the label of mentions it belongs to (None: the article)."""

    name: str
    label: str | None
    field: Field


class Columns(tuple[Column, ...]):
    """Columns of one table, in order, that belong to several labels or to none."""

    def values(self, label: str | None, given: Mapping[str, Value]) -> dict[str, str | list[str] | None]:
        """Their JSON values for a mention of `label` (None: for an article); null in other labels' columns."""
        blank, own = self._of_label.get(label) or self._found(label)
        found = blank.copy()
        for name, key, field in own:
            value = given.get(key)
            found[name] = field_value(field, value) if value or field.kind == "choices" else None
        return found

    @cached_property
    def _of_label(self) -> dict[str | None, _Own]:
        return {}

    def _found(self, label: str | None) -> _Own:
        own = [(column.name, column.field.name, column.field) for column in self if column.label == label]
        return self._of_label.setdefault(label, (dict.fromkeys(column.name for column in self), own))


_Own = tuple[dict[str, str | list[str] | None], list[tuple[str, str, Field]]]
"""All columns, empty, and those of one label with the names of the fields that fill them, and the fields."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A task as the published tables see it.

    `attributes` are columns of any mention, `claim` and `holder` those of the two sides of a statement, `document`
    those of an article. `decided` are the document columns without remarks: free text of one annotator is no
    decision about the article. `claims` maps each continuing relation (or None) to the labels that it may join.
    """

    task: Task
    attributes: Columns
    claim: Columns
    holder: Columns
    document: Columns
    decided: Columns
    claims: Mapping[str | None, tuple[str, ...]]
    polarity: Mapping[str, str]


def layout(task: Task) -> Layout:
    """The columns of `task`, in codebook order."""
    document = Columns(Column(field.name, None, field) for field in task.choices.values())
    claims: dict[str | None, tuple[str, ...]] = {}
    for label in task.labels.values():
        if label.holder:
            continuation = label.holder.continuation
            claims[continuation] = (*claims.get(continuation, ()), label.name)
    claim_labels = [label.name for label in task.labels.values() if label.holder]
    return Layout(
        task=task,
        attributes=Columns(column for name in task.labels for column in _columns(task, name, slug(name))),
        claim=_side(task, "claim", claim_labels),
        holder=_side(task, "holder", _holders(task)),
        document=document,
        decided=Columns(column for column in document if column.field.kind != "text" or column.field.target),
        claims=claims,
        polarity={rule.name: rule.polarity for rule in task.relations.values() if rule.polarity},
    )


def field_value(field: Field, value: Value | None) -> str | list[str] | None:
    """One value as JSON: a list for a field of several values, else a string or null."""
    if field.kind == "choices":
        return [value] if isinstance(value, str) else list(value or ())
    if value is None or isinstance(value, str):
        return value or None
    if field.kind == "choice" and len(value) > 1:
        raise CurationError("E_EXPORT_STALE", f"{field.name} takes one value and holds {', '.join(value)}")
    return "\n".join(value) or None


def require_distinct(config: str, names: Sequence[str]) -> None:
    """Raise `E_DEFINITION` if the task gives a config two columns of one name."""
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise CurationError(
            "E_DEFINITION",
            f"the task gives the config {config!r} two columns of the name {doubled[0]!r}",
            fix="Rename the label, attribute or field in task.toml that claims it.",
        )


def _holders(task: Task) -> list[str]:
    rules = [task.relations[name] for label in task.labels.values() if label.holder
             for name in label.holder.relations if name in task.relations]  # fmt: skip
    sources = {source for rule in rules for source in rule.sources}
    return [name for name in task.labels if name in sources]


def _side(task: Task, side: str, labels: Sequence[str]) -> Columns:
    names = {label: side if len(labels) == 1 else f"{side}_{slug(label)}" for label in labels}
    return Columns(column for label in labels for column in _columns(task, label, names[label]))


def _columns(task: Task, label: str, prefix: str) -> list[Column]:
    attributes = task.labels[label].attributes
    return [Column(f"{prefix}_{field.name}", label, field) for field in attributes.values()]


def slug(label: str) -> str:
    """A label as it stands in the names of columns."""
    return re.sub(r"\W+", "_", label.lower()).strip("_")
