"""The script that holds tables against their export notices whatever is changed in a single cell of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import curation
from tests.studio.conversion.count_export import Check, read_tables
from tests.studio.conversion.raw_export import read_export
from tests.studio.conversion.test_usual import INTERFACE, exports

EXPORTS = Path(__file__).with_name("exports")
NAMES = sorted(path.stem for path in EXPORTS.glob("*.json") if path.stem != "minimal")
JSON = ("data", "extra", "result", "row")
KEPT = {"first": 1, "second": "x"}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """Items, tables and people of an export, converted once."""
    made = {}

    def call(name, declared):
        if (name, declared) not in made:
            out = tmp_path_factory.mktemp("counted") / "out"
            interface = EXPORTS / f"{name}.xml" if declared else None
            curation.convert(EXPORTS / f"{name}.json", out, interface=interface)
            made[name, declared] = read_export(EXPORTS / f"{name}.json"), *read_tables(out)
        return made[name, declared]

    return call


@settings(max_examples=60)
@given(exports(), st.booleans())
def test_whatever_is_wrong_in_an_export_nothing_of_it_is_lost(tmp_path_factory, export, declared):
    folder = tmp_path_factory.mktemp("export")
    (folder / "export.json").write_text(json.dumps(export), "utf-8")
    (folder / "interface.xml").write_text(INTERFACE, "utf-8")
    interface = folder / "interface.xml" if declared else None
    curation.convert(folder / "export.json", folder / "out", interface=interface)
    assert Check(export, *read_tables(folder / "out")).run() == []


def cells(tables):
    return [
        (name, number, column) for name, rows in tables.items() for number, row in enumerate(rows) for column in row
    ]


def others(random, column, cell):
    """What else could stand in a cell."""
    if cell is None:
        if column in JSON:
            return [json.dumps(KEPT)]
        lists = {"labels": [["x"]], "paths": [[["x"]]], "values": [["x"]]}
        numbers = {"score": [0.5], "lead_time": [7.5]}
        return lists.get(column, numbers.get(column, ["x"]))
    if isinstance(cell, bool):
        return [not cell]
    if isinstance(cell, int | float):
        return [cell + 1, cell - 1, -cell - 3]
    if isinstance(cell, list):
        return [None, [], [*cell, random.choice(cell or ["x"])], cell[1:], cell[::-1]]
    if column in JSON:
        return [None, *(json.dumps(one) for one in changed(json.loads(cell)))]
    return [None, "", f"{cell}x", cell[1:], cell[:-1], cell.swapcase()]


def changed(value):
    """A JSON value with one thing in it, at any depth, taken away, added or made something else."""
    if isinstance(value, dict):
        for key in value:
            yield {name: one for name, one in value.items() if name != key}
            yield from ({**value, key: one} for one in changed(value[key]))
        yield {**value, "added": 1}
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield [*value[:at], *value[at + 1 :]]
            yield from ([*value[:at], other, *value[at + 1 :]] for other in changed(one))
        yield [*value, "added"]
    elif value is not None:
        yield None
        yield not value if isinstance(value, bool) else value + 1 if isinstance(value, int | float) else value + "x"
    else:
        yield 0


def noticed(items, tables, people):
    return bool(Check(items, tables, people).run())


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "inferred"])
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_counts(converted, name, declared):
    items, tables, people = converted(name, declared)
    assert not noticed(items, tables, people)
    random = Random(f"{name} {declared}")
    missed, tried = [], 0
    for table, number, column in cells(tables):
        row = tables[table][number]
        cell = row[column]
        found = [other for other in others(random, column, cell) if other != cell]
        for other in random.sample(found, min(3, len(found))):
            tried += 1
            row[column] = other
            if not noticed(items, tables, people):
                missed.append((table, number, column, cell, other))
        row[column] = cell
    assert missed == []
    assert tried > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_row_counts(converted, name):
    items, tables, people = converted(name, True)
    for table, rows in tables.items():
        for number in range(len(rows)):
            less = {**tables, table: rows[:number] + rows[number + 1 :]}
            more = {**tables, table: [*rows[: number + 1], dict(rows[number]), *rows[number + 1 :]]}
            assert noticed(items, less, people), (table, number)
            assert noticed(items, more, people), (table, number)


def test_every_person_counts(converted):
    items, tables, people = converted("objects", True)
    assert people
    for number, one in enumerate(people):
        for other in changed(one):
            assert noticed(items, tables, [*people[:number], other, *people[number + 1 :]]), other
        assert noticed(items, tables, people[:number] + people[number + 1 :])


@pytest.mark.parametrize("name", NAMES)
def test_everything_in_the_export_counts(converted, name):
    """What the tables do not tell apart is all that may be changed in the export unnoticed."""
    items, tables, people = converted(name, True)
    random = Random(name)
    for number, item in enumerate(items):
        found = list(changed(item))
        for other in random.sample(found, min(60, len(found))):
            if not noticed([*items[:number], other, *items[number + 1 :]], tables, people):
                assert is_untold(item, other), other


def is_untold(item, other):
    """Whether two items differ in no more than what the tables do not tell apart."""
    item, other = copy.deepcopy(item), copy.deepcopy(other)
    for one, change in zip(item["annotations"], other.get("annotations", ()), strict=False):
        for row, less in zip(one["result"], change.get("result", ()), strict=False):
            implied = ("text",) if row["type"].endswith("labels") else ("start", "end", "text")
            for key in set(implied) & row.get("value", {}).keys() - less.get("value", {}).keys():
                del row["value"][key]
    return without_nothing(item) == without_nothing(other)


def without_nothing(item):
    empty = [key for key in ("annotations", "predictions", "drafts") if item.get(key) == []]
    kept = {key: one for key, one in item.items() if key not in empty}
    for annotation in kept.get("annotations", ()):
        for key in ("was_cancelled", "ground_truth", "result"):
            if annotation.get(key) in (False, []):
                del annotation[key]
    return kept
