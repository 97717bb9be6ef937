"""Is an export read quickly the same as one read slowly: items with broken and with valid annotations, both ways."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from random import Random
from typing import Any

from benchmarks.corruption.breaking import broken
from benchmarks.corruption.exported import EXPORTED
from benchmarks.corruption.valid import Case, valid
from curation.catalog import Task
from curation.records import Finding
from curation.studio.conversion.core import Core, Counts
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.splitting import Splitter
from curation.studio.conversion.strict import Fault

_ITEMS = 350


@dataclass(slots=True)
class Converted:
    """All that became of an export: rows by table, findings, faults of its JSON, and what was counted."""

    rows: dict[str, list[dict[str, Any]]]
    found: list[Finding]
    faults: list[Fault]
    counts: Counts

    def same(self, other: Converted) -> bool:
        """Whether rows, findings and faults are the same, in the same order."""
        return (self.rows, self.found, self.faults) == (other.rows, other.found, other.faults)


@dataclass(slots=True)
class Both:
    """How many items were read both ways, how many of them in the quick one, and what went wrong.

    `differing` are exports of a few hundred items of which something came out otherwise, `alarmed` valid items of which
    something was found.
    """

    items: int = 0
    quick: int = 0
    differing: int = 0
    alarmed: int = 0
    crashes: Counter[str] = field(default_factory=Counter)

    @property
    def is_clean(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.differing or self.alarmed or self.crashes)

    def __add__(self, other: Both) -> Both:
        return Both(
            self.items + other.items,
            self.quick + other.quick,
            self.differing + other.differing,
            self.alarmed + other.alarmed,
            self.crashes + other.crashes,
        )


class _Kept:
    """Keeps the rows of tables instead of writing them."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()
        self.kept: dict[str, list[dict[str, Any]]] = {}

    def write(self, tables: Mapping[str, Any]) -> None:
        """Keep the rows of these tables too."""
        for name, table in tables.items():
            self.rows[name] += table.num_rows
            self.kept.setdefault(name, []).extend(table.to_pylist())


def items_of(random: Random, task: Task, count: int, first: int = 0) -> Iterator[tuple[str | None, dict[str, Any]]]:
    """So many items with one annotation each, every other one broken, each way in turn from number `first` on.

    With the way, None of a valid one. What JSON cannot be written of is left out.
    """
    made = 0
    while made < count:
        way = EXPORTED[(first + made // 2) % len(EXPORTED)] if made % 2 == 0 else None
        one = None if way is None else broken(random, task, way)
        case = valid(random, task) if way is None else one and one.case
        item = case and _item(case, made)
        made += 1
        if item:
            yield (way.name if way else None), item


def encoded(items: list[dict[str, Any]]) -> bytes:
    """The export of some items."""
    return json.dumps(items).encode()


def convert(export: bytes, declaration: Declaration, *, compiled: bool) -> Converted:
    """Convert an export in memory."""
    kept, found, faults = _Kept(), [], []  # type: ignore[var-annotated]
    core = Core(declaration, kept, found.append, faults.append, compiled=compiled)  # type: ignore[arg-type]
    for block in Splitter(BytesIO(export).read).blocks():
        core.take(block)
    return Converted(kept.kept, found, faults, core.close())


def compare(task: Task, declaration: Declaration, *, seed: int, count: int) -> Both:
    """Read so many items both ways, some hundred at a time."""
    random, both = Random(seed), Both()
    for start in range(0, count, _ITEMS):
        ways, items = zip(*items_of(random, task, min(_ITEMS, count - start), seed + start // 2), strict=True)
        both.items += len(items)
        export = encoded(list(items))
        try:
            quick, full = (convert(export, declaration, compiled=compiled) for compiled in (True, False))
        except Exception as error:
            both.crashes[f"{type(error).__name__}: {error}"] += 1
            continue
        both.quick += quick.counts.items - quick.counts.general
        both.differing += not quick.same(full)
        both.alarmed += len({number for number in map(_number, quick.found) if ways[number] is None})
    return both


def _item(case: Case, number: int) -> dict[str, Any] | None:
    try:
        json.dumps(case.raw)
    except RecursionError:
        return None
    if isinstance(case.raw, dict) and type(case.raw.get("id")) is int:
        case.raw["id"] = number
    return {"id": number, "data": case.data, "annotations": [case.raw]}


def _number(found: Finding) -> int:
    """Which item a finding is about."""
    return int((found.json_pointer or "").split("/")[1])
