"""JSON-MIN as ordinary items, as far as it goes."""

from __future__ import annotations

import json

import msgspec
import pytest

from curation.studio.conversion.declaration import Declaration, Declared
from curation.studio.conversion.minimal import answers, as_item, expanded, is_minimal
from curation.studio.conversion.splitting import Block

RECORD = {
    "text": "Rain in Bergen.",
    "source": "Bergen Daily",
    "id": 7,
    "label": [
        {"start": 0, "end": 4, "text": "Rain", "labels": ["Weather"]},
        {"start": 8, "end": 14, "text": "Bergen", "labels": ["Place"]},
    ],
    "stance": "Favor",
    "frames": {"choices": ["Economy", "Health"]},
    "topic": [{"taxonomy": [["News", "Weather"], ["Places"]]}],
    "confidence": [{"rating": 4}],
    "count": [{"number": 2.5}],
    "note": ["one", "two"],
    "annotator": 3,
    "annotation_id": 71,
    "created_at": "2025-01-02T03:04:05Z",
    "updated_at": "2025-01-02T03:04:06Z",
    "lead_time": 9.5,
}
CONTROLS = {
    "label": Declared("label", "labels", to_names=("text",)),
    "stance": Declared("stance", "choices", to_names=("text",)),
    "note": Declared("note", "textarea", to_names=("text",)),
}
DECLARED = Declaration(controls=CONTROLS, inferred=False)


def rows(item):
    return [
        (row["from_name"], row["type"], row["value"].get(row["type"], row["value"].get("text")))
        for row in item["annotations"][0]["result"]
    ]


def test_what_can_be_told_from_the_values():
    item = as_item(RECORD)
    annotation = item["annotations"][0]
    assert (item["id"], annotation["id"], annotation["completed_by"], annotation["lead_time"]) == (7, 71, 3, 9.5)
    assert rows(item) == [
        ("label", "labels", ["Weather"]),
        ("label", "labels", ["Place"]),
        ("frames", "choices", ["Economy", "Health"]),
        ("topic", "taxonomy", [["News", "Weather"], ["Places"]]),
        ("confidence", "rating", 4),
        ("count", "number", 2.5),
    ]
    assert item["data"] == {key: RECORD[key] for key in ("text", "source", "stance", "note")}
    assert len({row["id"] for row in annotation["result"]}) == len(annotation["result"])


def test_an_interface_tells_texts_that_are_answers():
    item = as_item(RECORD, DECLARED)
    assert ("stance", "choices", ["Favor"]) in rows(item)
    assert [row for row in rows(item) if row[0] == "note"] == [
        ("note", "textarea", ["one"]),
        ("note", "textarea", ["two"]),
    ]
    assert item["data"] == {"text": RECORD["text"], "source": RECORD["source"]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (RECORD, True),
        ({"id": 1, "text": "Rain.", "annotator": None}, True),
        ({"id": 1, "data": {"text": "Rain."}, "annotations": []}, False),
        ({"id": 1, "annotations": [], "annotator": 1}, False),
        ({"id": 1, "text": "Rain."}, False),
        ([RECORD], False),
        (None, False),
    ],
)
def test_what_is_a_record(value, expected):
    assert is_minimal(value) is expected


def test_records_of_one_item_are_joined_across_blocks_and_all_else_passes():
    other = {"id": 8, "data": {"text": "Sun."}, "annotations": []}
    nine = {**RECORD, "id": 9}
    values = [RECORD, {**RECORD, "annotation_id": 72, "annotator": 4}, {**RECORD, "annotation_id": 73}, other, None]
    values += [nine, {**nine, "annotation_id": 74, "stance": "Against"}, {**nine, "text": "Snow."}]
    values += [{"text": "No id.", "annotator": 1}] * 2
    raw = [json.dumps(value).encode() for value in values]
    for size in (1, 2, 4, 20):
        blocks = [
            Block([msgspec.Raw(one) for one in raw[at : at + size]], at, [], _places=[(1, 0)] * size)
            for at in range(0, len(raw), size)
        ]
        items, firsts = [], []
        for block in expanded(blocks):
            firsts.append((block.first, len(items)))
            items += [json.loads(bytes(item)) for item in block.items]
        assert all(first == before for first, before in firsts)
        ids = [[one.get("id") for one in item["annotations"]] if item else None for item in items]
        assert ids == [[71, 72, 73], [], None, [71, 74], [71], [], []]
        assert items[1:3] == [other, None]
        assert items[3]["annotations"][1]["data"] == {"stance": "Against"}


def test_a_record_without_an_annotation_is_an_item_without_one():
    assert as_item({"id": 1, "text": "Rain.", "annotator": None, "annotation_id": None})["annotations"] == []


def test_faults_in_a_record_are_passed_on():
    block = Block([msgspec.Raw(b'{"id": 1, "text": "Rain.", "score": NaN, "annotator": 1}')], 0, [], _places=[(3, 20)])
    faults = [fault for one in expanded([block]) for fault in one.faults]
    assert [(fault.code, fault.line, fault.byte) for fault in faults] == [("F_JSON_NUMBER", 3, 56)]


def test_what_people_answered_differently_is_no_data():
    sample = [
        {**RECORD, "id": item, "annotation_id": 10 * item + who, "stance": stance, "note": f"{item} {who}"}
        for item in range(20)
        for who, stance in enumerate(("Favor", "Against"))
    ]
    told = answers([None, *sample, {"id": 1}])
    assert told == {"note": "textarea", "stance": "choices"}
    assert [row[1] for row in rows(as_item(sample[0], None, told)) if row[0] in told] == ["choices", "textarea"]
    assert answers(sample[::2]) == {}
