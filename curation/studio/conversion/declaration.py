"""What annotations were made with: controls and texts, as an interface declares them or as the data show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["labels", "choices", "taxonomy", "rating", "number", "textarea", "other"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One control. `values` are what it may write; None if that is not known, as of free text or of an inferred one.

    `shown_for` is the (labels control, label) whose selected span it belongs to, `single` whether it takes one value.
    """

    name: str
    kind: Kind
    to_name: str | None = None
    values: frozenset[str] | None = None
    per_region: bool = False
    required: bool = False
    single: bool = False
    shown_for: tuple[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that was annotated: its object's name and tag, and the key of an item's data that holds it."""

    name: str
    tag: Literal["Text", "HyperText", "Paragraphs"]
    key: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """The controls by name, the texts by name, and the labels of relations (None: not known).

    Of an `inferred` one, a control that it does not name is none that is wrong.
    """

    controls: Mapping[str, Declared] = field(default_factory=dict)
    texts: Mapping[str, Shown] = field(default_factory=dict)
    relations: frozenset[str] | None = None
    inferred: bool = True
