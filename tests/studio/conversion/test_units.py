"""Offsets of other people's exports: the unit is found a project, and items are converted or left as they are."""

from __future__ import annotations

import copy

import pytest

from curation.studio.conversion.declaration import Declaration, Shown
from curation.studio.conversion.units import Counting, in_units
from curation.units import CODE_POINTS, from_code_points

TEXT = "Storm 🌀 hit.\nThe mayor 👩‍🚒 spoke.\nThe guild did not."
WORDS = ["hit", "mayor", "guild"]
DECLARATION = Declaration(texts={"body": Shown("body", "Text", "article.text")})


def export_item(unit, *, project=4, who=1, stored=True):
    rows = []
    for word in WORDS:
        start, end = from_code_points(TEXT, TEXT.index(word), TEXT.index(word) + len(word), unit)
        value = {"start": start, "end": end, "labels": ["X"], **({"text": word} if stored else {})}
        rows.append({"id": word, "from_name": "l", "to_name": "body", "type": "labels", "value": value})
        rating = {"start": start, "end": end, "rating": 3}
        rows.append({"id": word, "from_name": "r", "to_name": "body", "type": "rating", "value": rating})
    rows += [{"type": "relation", "from_id": "hit", "to_id": "guild", "direction": "right"}, "no row"]
    data = {"article": {"text": TEXT}}
    annotation = {"id": who, "completed_by": who, "result": rows, "odd": [1]}
    return {"id": 1, "project": project, "data": data, "annotations": [annotation, 5], "x": 1}


def seen(*items):
    counting = Counting(DECLARATION)
    for index, item in enumerate(items):
        counting.see(item, index)
    return counting


@pytest.mark.parametrize("unit", ["utf-16", "utf-8", "code-points-crlf"])
def test_a_projects_unit_is_found_and_its_items_are_converted(unit):
    item = export_item(unit)
    before = copy.deepcopy(item)
    counting = seen(export_item(CODE_POINTS, project=3), item)
    assert counting.suspicious
    [found] = counting.findings()
    assert (found.code, found.json_pointer) == ("F_OFFSET_UNIT", "/1/annotations/0/result/0/value/start") or (
        unit == "code-points-crlf" and found.json_pointer == "/1/annotations/0/result/2/value/start"
    )
    assert found.message.startswith("in project 4, offsets count")
    decided = counting.decided()
    assert {project: counted.unit for project, counted in decided.items()} == {4: unit}
    converted, said = in_units(item, DECLARATION, decided)
    assert converted == export_item(CODE_POINTS)
    assert item == before
    assert [(one.code, one.json_pointer) for one in said] == [("F_OFFSET_CONVERTED", "/annotations/0/result")]
    again, said = in_units(converted, DECLARATION, decided)
    assert (again is converted, said) == (True, [])


def test_a_mixed_project_is_reported_and_left():
    unit = "utf-16"
    counting = seen(export_item(unit), export_item(unit, who=2), export_item(CODE_POINTS, who=3))
    [found] = counting.findings()
    assert "annotator 3 code points (3 of 3)" in found.message
    assert "majority" in found.fix
    assert counting.decided() == {}
    item = export_item(unit)
    assert in_units(item, DECLARATION, counting.decided())[0] is item


def test_code_points_are_nothing_to_report():
    counting = seen(export_item(CODE_POINTS), {"id": 2}, {"data": [], "annotations": {}, "project": "x"})
    assert (counting.suspicious, list(counting.findings()), counting.decided()) == (False, [], {})


def test_spans_without_stored_texts_follow_their_project():
    decided = seen(export_item("utf-16")).decided()
    converted, _ = in_units(export_item("utf-16", stored=False), DECLARATION, decided)
    assert converted == export_item(CODE_POINTS, stored=False)
