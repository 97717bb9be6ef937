"""A way to break an annotation, and the hand that picks what it breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from random import Random
from typing import Any

from benchmarks.corruption.valid import Case, span_row
from curation.catalog import Task

Row = dict[str, Any]


class Stage(IntEnum):
    """When a fault is seen. One that is seen early hides those that would be seen later, as `hides` says."""

    STORABLE = 0
    SHAPE = 1
    AROUND = 2
    READING = 3
    RECORD = 4


class Unfit(Exception):
    """The case has nothing left that could be broken in this way."""


class Grip:
    """Picks rows of a valid case for ways to break it. What one way has touched, no other way gets.

    Rows are those of the beginning, so that one that was broken is none that another way stumbles over.
    """

    def __init__(self, case: Case, task: Task, random: Random) -> None:
        self.case = case
        self.task = task
        self.random = random
        rows = list(case.result)
        self._spans = [row for row in rows if row["type"] == "labels"]
        self._arrows = [row for row in rows if row["type"] == "relation"]
        self._attributes = [row for row in rows if row.get("id") in case.clusters and row["type"] != "labels"]
        self._forms = [row for row in rows if row["type"] != "relation" and row["id"] not in case.clusters]
        self._marked = {_mark(row) for row in self._spans}
        self._touched: set[object] = set()
        self._is_closed = False

    def take(self, *things: object) -> None:
        """Touch things that are no rows, such as a key of the annotation."""
        if self._is_closed or self._touched.intersection(things):
            raise Unfit
        self._touched.update(things)

    def close(self) -> None:
        """Take all that there is: nothing else can be broken any more."""
        self.take()
        self._is_closed = True

    def span(self, label: str | None = None, fits: Callable[[Row], bool] = lambda row: True) -> Row:
        """A row that marks a span."""
        return self._pick(self._spans, "id", lambda row: label in (None, row["value"]["labels"][0]) and fits(row))

    def attribute(self, fits: Callable[[Row], bool] = lambda row: True) -> Row:
        """A row with a field of a span."""
        return self._pick(self._attributes, "id", fits)

    def relation(self, fits: Callable[[Row], bool] = lambda row: True) -> Row:
        """A row that joins two spans."""
        return self._pick(self._arrows, "from_id", fits)

    def form(self, control: str | None = None, fits: Callable[[Row], bool] = lambda row: True) -> Row:
        """A row with a field of the whole article."""
        names = [control] if control else [one.control for one in self.task.choices.values()]
        free = [row for row in self._forms if row.get("from_name") in names and row["from_name"] not in self._touched]
        rows = [row for row in free if fits(row)]
        if not rows:
            raise Unfit
        found = self.random.choice(rows)
        self.take(found["from_name"])
        return found

    def row(self) -> Row:
        """Any row that has an id."""
        return self.random.choice((self.span, self.attribute, self.form))()

    def place(self, row: Row, start: int, end: int) -> None:
        """Put a span and its attributes elsewhere, with the text that stands there."""
        new = span_row("", "", self.case.text.text[start:end], start, end)["value"]
        self.offset(row, start, end)
        for one in self.case.of_region(row["id"]):
            if "start" in one["value"] and one["type"] != "textarea":
                one["value"]["text"] = new["text"]

    def offset(self, row: Row, start: int, end: int) -> None:
        """Give a span and its attributes other offsets, without the text that stands there."""
        if self.is_marked(row["value"]["labels"][0], start, end):
            raise Unfit
        for one in self.case.of_region(row["id"]):
            if "start" in one["value"]:
                one["value"] |= {"start": start, "end": end}
        self._marked.add(_mark(row))

    def is_marked(self, label: str, start: int, end: int) -> bool:
        """Whether a span with this label and these offsets is there already."""
        return (label, start, end) in self._marked

    def _pick(self, rows: list[Row], key: str, fits: Callable[[Row], bool]) -> Row:
        clusters = self.case.clusters
        free = [row for row in rows if row.get(key) in clusters and clusters[row[key]] not in self._touched]
        found = [row for row in free if fits(row)]
        if not found:
            raise Unfit
        picked = self.random.choice(found)
        self.take(clusters[picked[key]])
        return picked


def _mark(row: Row) -> tuple[str, int, int]:
    value = row["value"]
    return value["labels"][0], value["start"], value["end"]


@dataclass(frozen=True, slots=True)
class Way:
    """A named way to break an annotation. `codes` are the findings that it must give, one each, and no other.

    `may` are codes of what can follow from the fault. `needs_text` says that the fault can only be seen in the very
    text that was annotated. `replaces` says that what there was before is gone, other faults with it; `excused_by`
    names the ways beside which this one may be taken for what follows from them. `change` raises `Unfit` where a case
    does not lend itself to it.
    """

    name: str
    codes: tuple[str, ...]
    stage: Stage
    change: Callable[[Grip], object]
    needs_text: bool = False
    may: frozenset[str] = frozenset()
    replaces: bool = False
    excused_by: frozenset[str] = frozenset()
