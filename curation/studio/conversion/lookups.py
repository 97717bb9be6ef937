"""What a declaration says of one row, one label or one item, worked out once so that a loop over millions may ask."""

from __future__ import annotations

from dataclasses import dataclass, field

from curation.studio.conversion.declaration import Condition, Declaration, Declared

RowKey = tuple[str, str, str]
"""`from_name`, `to_name` and `type` of a row."""

LabelKey = tuple[str, str]
"""A control that writes labels, and one of its labels."""


@dataclass(frozen=True, slots=True)
class Lookups:
    """Answers about one declaration; what it does not know is for the rules to judge.

    `rows` has the control of every row that one could have written. `once` are the controls that an item may have to
    fill: where one is absent, the rules say whether it was shown. Of an inferred declaration `once` is empty, and a row
    that `rows` does not have is none that is wrong.
    """

    declaration: Declaration
    rows: dict[RowKey, Declared]
    once: frozenset[str]
    _needed: dict[LabelKey, frozenset[str]] = field(default_factory=dict)
    _barred: dict[LabelKey, frozenset[str]] = field(default_factory=dict)

    def needed(self, control: str, label: str) -> frozenset[str]:
        """The controls that a region with this label may have to fill."""
        key = control, label
        found = self._needed.get(key)
        if found is None:
            found = self._needed[key] = frozenset(
                one.name
                for one in self.declaration.controls.values()
                if one.required and one.per_region and _may_be_shown(one, control, label)
            )
        return found

    def barred(self, control: str, label: str) -> frozenset[str]:
        """The controls that a region with this label, and no other, was not shown."""
        key = control, label
        found = self._barred.get(key)
        if found is None:
            found = self._barred[key] = frozenset(
                one.name
                for one in self.declaration.controls.values()
                if not all(_meets(condition, control, label) for condition in one.conditions)
            )
        return found


def lookups(declaration: Declaration) -> Lookups:
    """The answers about a declaration."""
    controls = declaration.controls.values()
    rows = {(one.name, target, one.row_type): one for one in controls for target in one.to_names}
    once = frozenset(
        one.name
        for one in controls
        if one.required
        and not one.per_region
        and one.kind != "labels"
        and all(condition.when in ("chosen", "unchosen") for condition in one.conditions)
    )
    return Lookups(declaration, rows, once)


def _may_be_shown(one: Declared, control: str, label: str) -> bool:
    return all(condition.when != "other" and _meets(condition, control, label) for condition in one.conditions)


def _meets(condition: Condition, control: str, label: str) -> bool:
    """Whether a region with this label meets a condition, as far as it is one on regions."""
    if condition.when != "region":
        return True
    return condition.control in (None, control) and (condition.values is None or label in condition.values)
