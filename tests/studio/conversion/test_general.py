"""Nothing of an export is lost: what an independent reader counts in the JSON is in the tables, whatever is wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from curation.studio.conversion.declaring import declare, infer
from curation.studio.offsets import Counted
from tests.studio.conversion.test_usual import INTERFACE, _sound, converted

EXPORTS = Path(__file__).parent / "exports"
TABLE_OF = {
    "labels": "mentions", "hypertextlabels": "mentions", "paragraphlabels": "mentions", "relation": "relations",
    "choices": "choices", "taxonomy": "taxonomies", "rating": "ratings", "number": "numbers", "textarea": "texts",
}  # fmt: skip


def _convert(items, declaration=None, **options):
    raws = [json.dumps(item).encode() for item in items]
    return converted(raws, declaration or declare(INTERFACE), compiled=options.pop("compiled", True), **options)


def _annotations(items):
    return [one for item in items for one in item.get("annotations") or item.get("completions") or []]


# JSON-MIN is turned into items before it comes here.
WHOLE = [path for path in sorted(EXPORTS.glob("*.json")) if path.stem != "minimal"]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_an_independent_reader_finds_all_in_the_tables(path):
    text = path.read_text(encoding="utf-8")
    items = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line]
    declaration = infer(items)
    tables, *_ = _convert(items, declaration)
    wanted, labels, choices, paths, ends = Counter(), Counter(), Counter(), Counter(), Counter()
    people, flags = Counter(), Counter()
    for annotation in _annotations(items):
        by = annotation.get("completed_by")
        people[None if by is None else str(by["id"] if isinstance(by, dict) else by)] += 1
        flags[bool(annotation.get("was_cancelled")), bool(annotation.get("ground_truth"))] += 1
        for row in annotation["result"]:
            value = row.get("value", {})
            wanted[TABLE_OF.get(row["type"], "other")] += 1
            labels.update(value.get(row["type"], []) if row["type"].endswith("labels") else [])
            choices.update(value.get("choices", []))
            paths.update(tuple(one) for one in value.get("taxonomy", []))
            if row["type"] == "relation":
                ends[row["from_id"], row["to_id"], *row.get("labels", [])] += 1
    got = Counter({name: len(tables[name]) for name in (*set(TABLE_OF.values()), "other")})
    assert +got == wanted
    assert Counter(label for row in tables["mentions"] for label in row["labels"]) == labels
    assert Counter(value for row in tables["choices"] for value in row["values"]) == choices
    assert Counter(tuple(one) for row in tables["taxonomies"] for one in row["paths"]) == paths
    assert Counter((row["from_id"], row["to_id"], *(row["labels"] or [])) for row in tables["relations"]) == ends
    assert Counter(row["annotator"] for row in tables["annotations"]) == people
    got_flags = Counter((row["status"] == "skipped", row["ground_truth"]) for row in tables["annotations"])
    assert got_flags == flags
    assert [row["item_id"] for row in tables["items"]] == [item.get("id", -n) for n, item in enumerate(items, 1)]


def test_ids_that_are_missing_or_given_twice_are_replaced_and_told():
    items = [_sound(1), _sound(1), _sound(2), _sound(3)]
    del items[2]["id"]
    items[3]["annotations"][0]["id"] = "9"
    tables, found, *_ = _convert(items)
    assert [row["item_id"] for row in tables["items"]] == [1, -1, -2, 3]
    assert [row["annotation_id"] for row in tables["annotations"]] == [1, -1, 2, -2]
    assert [row["item_id"] for row in tables["mentions"]] == [1, -1, -2, 3]
    assert tables["items"][1]["extra"]["id"] == 1
    assert tables["annotations"][3]["extra"]["id"] == "9"
    told = [one.json_pointer for one in found if one.code == "F_EXPORT_ID"]
    assert told == ["/1/id", "/1/annotations/0/id", "/2", "/3/annotations/0/id"]


@pytest.mark.parametrize("result", [None, {}, "x", 3, [None], ["x"], [{}], [{"type": "labels", "value": 3}]])
def test_results_of_another_shape_are_kept_and_told(result):
    item = _sound(5)
    item["annotations"][0]["result"] = result
    tables, found, *_ = _convert([_sound(1), item])
    assert "F_RAW_SCHEMA" in {one.code for one in found}
    assert all(one.json_pointer.startswith("/1/annotations/0") for one in found)
    if isinstance(result, list):
        assert [row["row"] for row in tables["other"]] == result
    else:
        assert tables["annotations"][1]["extra"]["result"] == result


def test_an_annotation_without_result_or_that_is_none():
    item = _sound(5)
    item["annotations"] = [{"id": 51, "completed_by": 1}, "nothing", None]
    tables, found, *_ = _convert([item])
    assert [row["annotation_id"] for row in tables["annotations"]] == [51, -1, -2]
    assert tables["annotations"][1]["extra"] == {"annotation": "nothing"}
    assert sum(one.code == "F_RAW_SCHEMA" for one in found) == 3


@pytest.mark.parametrize(
    ("given", "name"),
    [(7, "7"), ({"id": 8, "email": "a@desk.example"}, "8"), (None, None), ("x", None), ({"first_name": "A"}, None)],
)
def test_annotators_however_they_are_given(given, name):
    item = _sound(5)
    item["annotations"][0]["completed_by"] = given
    tables, _, counts, _ = _convert([_sound(1), item])
    row = tables["annotations"][1]
    assert row["annotator"] == name
    assert bool(counts.annotators) == (isinstance(given, dict) and name is not None)
    if name is None:
        assert row["extra"]["completed_by"] == given
    if counts.annotators:
        assert [json.loads(one) for one in counts.annotators["8"]] == [given]
        assert "desk.example" not in json.dumps(tables)


def test_an_address_alone_becomes_a_name_that_stays_the_same():
    items = [_sound(1), _sound(2)]
    for item in items:
        item["annotations"][0]["completed_by"] = {"email": "a@desk.example"}
    tables, *_ = _convert(items)
    names = {row["annotator"] for row in tables["annotations"]}
    assert len(names) == 1
    assert "desk" not in names.pop()


def test_completions_drafts_predictions_and_items_without_annotations():
    old, bare, rich = _sound(1), _sound(2), _sound(3)
    old["completions"] = old.pop("annotations")
    bare["annotations"] = []
    rich["predictions"] = [{"id": 4, "model_version": "m1", "score": 0.5, "result": [{"type": "labels"}], "task": 3}]
    rich["drafts"] = [{"id": 6, "user": "a@desk.example", "result": [], "was_postponed": True}]
    tables, _, counts, _ = _convert([_sound(9), old, bare, rich])
    assert [row["item_id"] for row in tables["mentions"]] == [9, 1, 3]
    assert [row["item_id"] for row in tables["items"]] == [9, 1, 2, 3]
    prediction, draft = tables["predictions"][0], tables["drafts"][0]
    assert prediction["prediction_id"] == 4
    assert prediction["result"] == [{"type": "labels"}]
    assert prediction["extra"] == {"task": 3}
    assert draft["draft_id"] == 6
    assert draft["extra"] == {"was_postponed": True}
    assert [json.loads(one) for one in counts.annotators[draft["annotator"]]] == [{"user": "a@desk.example"}]
    assert counts.kept["drafts.was_postponed"] == 1


def test_what_no_column_holds_is_kept_beside_the_row():
    item = _sound(5)
    span, choice = item["annotations"][0]["result"][:2]
    span |= {"score": 0.25, "meta": {"text": ["sure?"]}}
    span["value"] |= {"hidden": True, "text": "the keeper"}
    choice["value"]["end"] = 11
    tables, found, counts, _ = _convert([_sound(1), item])
    mention = tables["mentions"][1]
    assert mention["score"] == 0.25
    assert (mention["text"], mention["stored"]) == ("keeper", "the keeper")
    assert mention["extra"] == {"meta": {"text": ["sure?"]}, "value": {"hidden": True}}
    assert tables["choices"][2]["extra"] == {"value": {"end": 11, "text": "keeper"}}
    assert counts.kept["mentions.value.hidden"] == 1
    assert "F_TEXT_MISMATCH" in {one.code for one in found}


def test_a_text_that_is_not_there_is_told_once_an_item():
    item = _sound(5)
    del item["data"]["body"]
    tables, found, *_ = _convert([_sound(1), item])
    [missing] = (one for one in found if one.code == "F_EXPORT_TEXT")
    assert missing.json_pointer == "/1/data"
    assert missing.message.endswith("the item holds no text under 'body'")
    assert tables["items"][1]["text"] is None
    assert (tables["mentions"][1]["start"], tables["mentions"][1]["end"], tables["mentions"][1]["text"]) == (
        4,
        10,
        None,
    )


def test_offsets_in_another_unit_are_converted_and_kept():
    item = _sound(5)
    item["data"]["body"] = "👩 " + item["data"]["body"]
    for row in item["annotations"][0]["result"][:2]:
        row["value"] |= {"start": 7, "end": 13}
    tables, found, *_ = _convert([item], unit=Counted("utf-16", certain=True))
    mention = tables["mentions"][0]
    assert (mention["start"], mention["end"], mention["text"], mention["stored"]) == (6, 12, "keeper", None)
    assert mention["extra"] == {"value": {"start": 7, "end": 13}}
    assert [one.code for one in found] == ["F_OFFSET_CONVERTED"]


def test_offsets_of_a_field_that_is_elsewhere_are_converted_and_kept_too():
    item = _sound(5)
    item["data"]["body"] = "👩 " + item["data"]["body"]
    span, choice = item["annotations"][0]["result"][:2]
    span["value"] |= {"start": 7, "end": 13}
    choice["value"] |= {"start": 8, "end": 13}
    tables, *_ = _convert([item], unit=Counted("utf-16", certain=True))
    assert tables["mentions"][0]["extra"] == {"value": {"start": 7, "end": 13}}
    assert tables["choices"][0]["extra"] == {"value": {"start": 8, "end": 13}}


def test_a_free_text_that_says_what_its_region_says_is_kept_as_it_was_written():
    item = _sound(5)
    place = {"start": 4, "end": 10}
    row = {"id": "a", "from_name": "name", "to_name": "story", "type": "textarea"}
    item["annotations"][0]["result"].append({**row, "value": {**place, "text": "keeper"}})
    tables, *_ = _convert([item])
    assert tables["texts"][0]["values"] == ["keeper"]
    assert tables["texts"][0]["extra"] == {"value": {"text": "keeper"}}


def test_an_item_that_is_no_object_is_told_with_its_place():
    raws = [b"null", b"7", json.dumps(_sound(1)).encode()]
    tables, _, counts, faults = converted(raws, declare(INTERFACE), compiled=True)
    assert len(tables["items"]) == counts.items == 1
    assert counts.unread == 2
    assert [(fault.code, fault.byte, fault.raw) for fault in faults] == [
        ("F_EXPORT_ITEM", 1, "null"),
        ("F_EXPORT_ITEM", 6, "7"),
    ]


def _with_row(**row):
    item = _sound(1)
    item["annotations"][0]["result"].append(row)
    return item


def test_choices_below_choices_are_ways_to_them():
    row = {
        "id": "z",
        "type": "choices",
        "from_name": "where",
        "to_name": "text",
        "value": {"choices": [["a", "b"], "c"]},
    }
    tables, *_ = _convert([_with_row(**row)], infer([_with_row(**row)]))
    (found,) = [one for one in tables["taxonomies"] if one["control"] == "where"]
    assert found["paths"] == [["a", "b"], ["c"]]
    assert found["extra"] == {"id": "z", "type": "choices", "value": {"choices": [["a", "b"], "c"]}}


def test_the_label_that_says_nothing_is_no_fault():
    value = {"start": 0, "end": 1, "labels": [None]}
    row = {"id": "z", "type": "labels", "from_name": "span", "to_name": "text", "value": value}
    tables, found, *_ = _convert([_with_row(**row)], infer([_sound(number) for number in range(2, 9)]))
    assert "z" in [one["mention_id"] for one in tables["mentions"]]
    assert not {"F_RAW_SCHEMA", "F_CARDINALITY"} & {one.code for one in found}


def test_a_piece_of_a_sound_has_seconds_and_a_piece_of_a_text_has_none():
    value = {"start": 1.5, "end": 2.5, "choices": ["loud"]}
    row = {"id": "z", "type": "choices", "from_name": "heard", "to_name": "tape", "value": value}
    declaration = infer([_sound(2)])
    told = [_convert([_with_row(**row, **more)], declaration)[1] for more in ({"original_length": 9.5}, {})]
    assert ["F_RAW_SCHEMA" in {one.code for one in found} for found in told] == [False, True]


def test_a_key_of_a_column_that_is_null_is_not_said_to_be_left_over():
    item = _sound(1)
    item["annotations"][0]["lead_time"] = None
    for compiled in (True, False):
        tables, _, counts, _ = _convert([item], compiled=compiled)
        extra = tables["annotations"][0]["extra"]
        assert extra["lead_time"] is None
        assert set(extra) - {"lead_time"} == {key.removeprefix("annotations.") for key in counts.kept if "annot" in key}
