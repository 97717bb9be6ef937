"""Whether what a row says can be right wherever it stands: asked once for each kind of row, not for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from curation.studio.conversion.declaration import Declaration, Declared
from curation.studio.conversion.lookups import lookups


class Gate:
    """What a declaration says of rows. None says that the rules have to look."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        self.per_region = {one.name for one in declaration.controls.values() if one.per_region}
        self._lookups = lookups(declaration)
        self.once = self._lookups.once

    def span(self, control: str, target: str, labels: Sequence[str]) -> tuple[frozenset[str], frozenset[str]] | None:
        """Of a span's row: the controls that its region may have to fill, and those that it was not shown."""
        declared = self._fits(control, target, "labels", "labels")
        shown = self.declaration.texts.get(target)
        if declared is None or shown is None or shown.tag != "Text" or not self._may_hold(declared, labels):
            return None
        needed: set[str] = set()
        barred: set[str] = set()
        for label in labels:
            needed |= self._lookups.needed(control, label)
            barred |= self._lookups.barred(control, label)
        return frozenset(needed), frozenset(barred)

    def choices(self, control: str, target: str, values: Sequence[str]) -> bool:
        """Whether a row of choices may hold these."""
        declared = self._fits(control, target, "choices", "choices")
        return declared is not None and self._may_hold(declared, values)

    def paths(self, control: str, target: str, paths: Sequence[Sequence[str]]) -> bool:
        """Whether a row of a taxonomy may hold these."""
        declared = self._fits(control, target, "taxonomy", "taxonomy")
        if declared is None or not paths or not all(paths) or len(set(paths)) < len(paths):
            return False
        if declared.values is not None and (declared.paths is None or not declared.paths.issuperset(map(tuple, paths))):
            return False
        return not (declared.single and len(paths) > 1)

    def number(self, control: str, target: str, kind: str) -> tuple[float, float] | None:
        """The bounds of a rating or a number."""
        declared = self._fits(control, target, kind, kind)
        if declared is None:
            return None
        least, most = declared.least, declared.most
        return -float("inf") if least is None else least, float("inf") if most is None else most

    def texts(self, control: str, target: str) -> int | None:
        """How many free texts a row may hold."""
        declared = self._fits(control, target, "textarea", "textarea")
        return None if declared is None else 1 if declared.single else 1 << 30

    def relation(self, label: Any) -> bool:
        """Whether a relation may have this label, or none."""
        known = self.declaration.relations
        return not known if label is None else known is None or label in known

    def _fits(self, control: str, target: str, row_type: str, kind: str) -> Declared | None:
        if not control or not target:
            return None
        if not self.declaration.inferred:
            declared = self._lookups.rows.get((control, target, row_type))
        else:
            declared = self.declaration.controls.get(control)
        return declared if declared is not None and declared.kind == kind else None

    def _may_hold(self, declared: Declared, values: Sequence[str]) -> bool:
        if not values or not all(value.strip() for value in values) or len(set(values)) < len(values):
            return False
        if declared.single and len(values) > 1:
            return False
        return declared.values is None or declared.values.issuperset(values)
