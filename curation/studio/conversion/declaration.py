"""What annotations were made with: controls and texts, as an interface declares them or as the data show them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["labels", "choices", "taxonomy", "rating", "number", "textarea", "other"]

ROW_TYPES: Mapping[str, Kind] = {
    "labels": "labels",
    "hypertextlabels": "labels",
    "paragraphlabels": "labels",
    "choices": "choices",
    "taxonomy": "taxonomy",
    "rating": "rating",
    "number": "number",
    "textarea": "textarea",
}
"""The kind of control that writes a type of row; every type that is not here is of the kind `other`."""

_VARIABLE = re.compile(r"\$([\w.\[\]{}-]+)")
_STEP = re.compile(r"[^.\[\]]+")


@dataclass(frozen=True, slots=True)
class Condition:
    """When a control is shown: for a selected `region` that has one of these labels, or while another control holds
    one of these values (`chosen`) or none of them (`unchosen`).

    `control` None is any control that writes labels, `values` None any value. Of `other` conditions nobody knows
    afterwards whether they were met.
    """

    when: Literal["region", "chosen", "unchosen", "other"]
    control: str | None = None
    values: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One control. `values` are what it may write, `paths` the same of a tree of choices, root first; None if that is
    not known, as of free text, of values from an item's data, or of an inferred control.

    `row_type` is the type of the rows that it writes, `to_names` are the objects that it may be about. It is shown
    where all `conditions` are met. `single` says that it takes one value, `empty` that none is a value too, `least`
    and `most` bound a number.
    """

    name: str
    kind: Kind
    row_type: str = ""
    to_names: tuple[str, ...] = ()
    values: frozenset[str] | None = None
    paths: frozenset[tuple[str, ...]] | None = None
    per_region: bool = False
    required: bool = False
    single: bool = False
    empty: bool = False
    conditions: tuple[Condition, ...] = ()
    least: float | None = None
    most: float | None = None

    @property
    def to_name(self) -> str | None:
        """The object that it is about, the first of several; None if that is not known."""
        return self.to_names[0] if self.to_names else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that was annotated: its object's name and tag, and the variable that it shows, without the `$`.

    The key may be a path (`talk.turns`, `texts[0]`). `template` is the whole value where it is more than a variable:
    then `key` is empty. `readable` is false where the item does not carry the text itself, but an address of it or an
    encoded form: nothing can be said about offsets then.
    """

    name: str
    tag: Literal["Text", "HyperText", "Paragraphs"]
    key: str
    template: str = ""
    readable: bool = True
    text_key: str = "text"

    def of(self, data: Mapping[str, Any]) -> Any:
        """What the object shows of an item's data, as it stands there; None if it is not there or not readable."""
        if not self.readable:
            return None
        if self.template:
            return _VARIABLE.sub(lambda variable: _printed(_reach(data, variable[1])), self.template)
        return _reach(data, self.key)


@dataclass(frozen=True, slots=True)
class Declaration:
    """The controls by name, the texts by name (the annotated ones first), and the labels of relations.

    `relations` None: not known which there are; empty: none are declared, relations go without. Of an `inferred`
    declaration, and of one that is `open` because data make controls of it, a control that it does not name is none
    that is wrong.
    """

    controls: Mapping[str, Declared] = field(default_factory=dict)
    texts: Mapping[str, Shown] = field(default_factory=dict)
    relations: frozenset[str] | None = None
    relation_single: bool = False
    inferred: bool = True
    open: bool = False

    @property
    def text(self) -> Shown | None:
        """The text whose characters the table of items holds, None if there is none."""
        return next(iter(self.texts.values()), None)


def _printed(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _reach(data: Mapping[str, Any], path: str) -> Any:
    """What lies at a variable's path; a key that is written like a path goes first, as it does in Label Studio."""
    if path in data:
        return data[path]
    found: Any = data
    for step in _STEP.findall(path):
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and len(step) < 9:
            found = found[int(step)] if int(step) < len(found) else None
        else:
            return None
    return found if found is not data else None
