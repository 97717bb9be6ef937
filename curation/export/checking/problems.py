"""What a check finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]

ERROR: Severity = "error"
WARNING: Severity = "warning"

APART = "leave one side out, or build again: copies that `curation articles duplicates` lists share a split"

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. An `error` makes the figures of a model wrong, a `warning` makes them less than they seem.

    `name` is that of the check, `place` a config, with its column and split where it is about one. `articles` are those
    that it is about, if it is about some.
    """

    name: str
    severity: Severity
    place: str
    message: str
    fix: str
    articles: tuple[str, ...] = ()


def listed(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
