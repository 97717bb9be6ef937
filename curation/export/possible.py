"""Which classes a stance can have: `label` of the config `stance` has one list of them for all targets together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation.catalog import Task

FACT = "stances"
"""The fact in a dataset's manifest that says it."""


def stances(task: Task) -> dict[str, Any]:
    """The classes that the stance of an article toward each target can have, and that of statements."""
    of_relations = {rule.polarity for rule in task.relations.values()}
    return {
        "article": {target: list(field.classes) for target, field in task.targets.items()},
        "statement": [one for one in task.polarities if one in of_relations],
    }


def possible(facts: Mapping[str, Any], scope: str, target: str) -> tuple[str, ...] | None:
    """The classes that a stance can have, as a dataset's `facts` say; None where they do not."""
    told = facts.get(FACT, {}).get(scope)
    classes = told.get(target) if isinstance(told, dict) else told
    return None if classes is None else tuple(classes)
