"""Every way to break an annotation, one or two at a time, and what must be found then."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

from benchmarks.corruption.around import AROUND
from benchmarks.corruption.arrows import ARROWS
from benchmarks.corruption.fields import FIELDS
from benchmarks.corruption.grip import Grip, Stage, Unfit, Way
from benchmarks.corruption.offsets import OFFSETS
from benchmarks.corruption.regions import REGIONS
from benchmarks.corruption.valid import Case, valid
from curation.catalog import Task

WAYS: tuple[Way, ...] = (*OFFSETS, *REGIONS, *FIELDS, *ARROWS, *AROUND)
_ATTEMPTS = 200
_WITHOUT_TEXT = ("article: its text has changed", "article: unknown")


@dataclass(frozen=True, slots=True)
class Broken:
    """A case and the ways in which it was broken; `must` counts the findings that it must give, by code.

    `hidden` are those of a fault that another one hides: they may be found or not. `may` are codes of what follows.
    """

    case: Case
    ways: tuple[Way, ...]
    must: Counter[str]
    hidden: Counter[str]
    may: frozenset[str] = frozenset()

    def missed(self, found: Counter[str], *, counted: bool = True) -> bool:
        """Whether something was not found, or something that nobody broke. Unless `counted`, once is enough."""
        if not counted:
            known = self.must.keys() | self.hidden.keys() | self.may
            return not self.must.keys() <= found.keys() <= known
        return bool(self.must - found or (found - self.must - self.hidden).keys() - self.may)


def broken(random: Random, task: Task, *ways: Way) -> Broken | None:
    """A valid case broken in these ways; None if they do not go together."""
    # What is seen last is broken first: what is seen at once may leave no rows to break.
    order = sorted(ways, key=lambda way: (way.name == "suggestion: untouched", -way.stage, way.replaces))
    for _ in range(_ATTEMPTS):
        grip = Grip(valid(random, task, rich=True), task, random)
        try:
            for way in order:
                way.change(grip)
        except Unfit:
            continue
        must, hidden = Counter[str](), Counter[str]()
        for place, way in enumerate(order):
            others = [*order[:place], *order[place + 1 :]]
            is_there = not any(other.replaces for other in order[place + 1 :])
            is_first = is_there and all(other.stage > Stage.STORABLE for other in order[:place])
            is_hidden = not (way.stage is Stage.STORABLE and is_first) and any(_hides(other, way) for other in others)
            (hidden if is_hidden else must).update(way.codes)
        return Broken(grip.case, ways, must, hidden, frozenset().union(*(way.may for way in ways)))
    return None


def _hides(one: Way, other: Way) -> bool:
    """Whether `other` cannot be seen where `one` is."""
    if (one.name in _WITHOUT_TEXT and other.needs_text) or one.name in other.excused_by:
        return True
    if other.stage is Stage.AROUND or _is_around(other):
        return False
    if one.stage is Stage.AROUND:
        # Without a person or an article's name there is no record to be judged.
        return other.stage > Stage.READING
    return one.stage <= Stage.SHAPE and (other.stage > Stage.SHAPE or one.stage is Stage.STORABLE)


def _is_around(way: Way) -> bool:
    return way.codes in (("F_ANNOTATION_DOUBLED",), ("F_ANNOTATION_SUPERSEDED",))
