"""What a build counts that its tables do not show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from curation.export.rows import Group


@dataclass(slots=True)
class Account:
    """Counts of what is published and of what is not.

    `unsettled` articles have an annotation that is not valid (yet), or lack a part of somebody's; `outdated` ones have
    gold that was made from other annotations, and `undecided` ones are open. `annotators` is how many articles each
    annotated, `methods` how often gold came about in each way.
    """

    articles: int = 0
    annotations: int = 0
    unsettled: int = 0
    outdated: int = 0
    undecided: int = 0
    annotators: Counter[str] = field(default_factory=Counter)
    methods: Counter[str] = field(default_factory=Counter)

    def count(self, group: Group) -> None:
        """Add one article."""
        self.unsettled += not group.is_settled
        self.outdated += group.is_outdated
        if not group.annotations:
            return
        self.articles += 1
        self.annotations += len(group.annotations)
        self.undecided += group.is_settled and group.gold is None and not group.is_outdated
        self.annotators.update({annotation.annotator for annotation in group.annotations})
        if group.gold is not None:
            self.methods[group.gold.method] += 1

    def add(self, counts: Mapping[str, Any]) -> None:
        """Add what another account, as JSON, has counted."""
        for one in fields(self):
            known = getattr(self, one.name)
            if isinstance(known, Counter):
                known.update(counts[one.name])
            else:
                setattr(self, one.name, known + counts[one.name])

    def to_json(self) -> dict[str, Any]:
        """The counts as JSON values."""
        return {one.name: getattr(self, one.name) for one in fields(self)}
