"""A figure of agreement: what was measured on what, how sure it is, and why there is none where there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite

ALONE = "only one article has anything to compare, which is too few to tell agreement from chance"
"""Why there is no figure of spans or statements of a single article."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure of agreement.

    `measure` names it as `MEASURES` does; `of` says what was compared, such as a field. `value` is None where
    there is none, and `reason` says why; it is never NaN. `low` and `high` are the ends of the interval, None where it
    was not asked for or cannot be had. `n_items` counts the items that had a say in it, `n_annotators` the people,
    `n_values` what was compared. `details` are further numbers that belong to it, by name.
    """

    measure: str
    value: float | None
    of: str = ""
    level: str | None = None
    low: float | None = None
    high: float | None = None
    n_items: int = 0
    n_annotators: int = 0
    n_values: int = 0
    reason: str | None = None
    details: Mapping[str, float | int | str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.value is None and not self.reason:
            raise ValueError(f"{self.measure} has no value, and no reason for it")
        if any(number is not None and not isfinite(number) for number in (self.value, self.low, self.high)):
            raise ValueError(f"{self.measure} is no number")

    def within(self, low: float | None, high: float | None) -> Figure:
        """The same with an interval."""
        return replace(self, low=low, high=high)


@dataclass(frozen=True, slots=True)
class Measure:
    """What a measure is: its full name, the definition in a sentence or two, its source, and how it is read.

    `perfect` is the value of perfect agreement, `chance` that of agreement by chance, None where it has none.
    """

    name: str
    title: str
    definition: str
    source: str
    reading: str
    perfect: float = 1.0
    chance: float | None = 0.0
