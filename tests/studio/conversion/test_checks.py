"""Rules on raw annotations: each fault is named once, at its place, with the interface or without; sound ones pass."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.catalog import Schemas, find_root
from curation.findings import FINDINGS
from curation.records import Finding
from curation.studio.conversion import checks
from curation.studio.conversion.declaration import Declaration
from curation.studio.conversion.declaring import declare, infer
from curation.studio.conversion.outcome import severity_of
from curation.studio.foreign import Foreign, foreign
from curation.studio.raw import rows_of, shape_problems

EXPORTS = Path(__file__).with_name("exports")
WHOLE = sorted(path.stem for path in EXPORTS.glob("*.json") if path.stem != "minimal")

TEXT = "Mayor Ilse Brandt 👩🏽‍🔧 backs the toll.\n\nHauliers  fear it; Brandt does not."
INTERFACE = declare("""<View>
  <Labels name="span" toName="text" choice="single"><Label value="Actor"/><Label value="Claim"/></Labels>
  <Text name="text" value="$text"/>
  <Choices name="type" toName="text" perRegion="true" choice="single-radio" required="true"
           visibleWhen="region-selected" whenTagName="span" whenLabelValue="Actor">
    <Choice value="person"/><Choice value="group"/>
  </Choices>
  <Choices name="topic" toName="text" perRegion="true" choice="multiple"
           visibleWhen="region-selected" whenTagName="span" whenLabelValue="Claim">
    <Choice value="money"/><Choice value="traffic"/>
  </Choices>
  <TextArea name="known_as" toName="text" perRegion="true" maxSubmissions="1"/>
  <Choices name="stance" toName="text" required="true"><Choice value="favor"/><Choice value="against"/></Choices>
  <Choices name="reason" toName="text" required="true"
           visibleWhen="choice-selected" whenTagName="stance" whenChoiceValue="against">
    <Choice value="cost"/><Choice value="harm"/>
  </Choices>
  <Taxonomy name="area" toName="text"><Choice value="Norr"><Choice value="Port"/></Choice></Taxonomy>
  <Rating name="sure" toName="text" maxRating="5"/>
  <Number name="voices" toName="text" min="0"/>
  <TextArea name="note" toName="text"/>
  <Relations choice="single"><Relation value="supports"/><Relation value="opposes"/></Relations>
</View>""")


def span(region: str, words: str, label: str) -> dict[str, Any]:
    start = TEXT.index(words)
    value = {"start": start, "end": start + len(words), "text": words.replace("\n", "\\n"), "labels": [label]}
    return row(region, "span", "labels", value)


def row(region: str, control: str, row_type: str, value: dict[str, Any]) -> dict[str, Any]:
    made = {"id": region, "from_name": control, "to_name": "text", "type": row_type, "origin": "manual"}
    return {**made, "value": value}


def of(rows: list[dict[str, Any]], region: str, control: str, **values: Any) -> dict[str, Any]:
    """A field's row that repeats the offsets of its span."""
    there = next(one["value"] for one in rows if one["id"] == region)
    place = {key: there[key] for key in ("start", "end")}
    return row(region, control, {"text": "textarea"}.get(*values, *values), {**place, **values})


def annotation() -> dict[str, Any]:
    rows = [span("a", "Ilse Brandt", "Actor"), span("b", "backs the toll", "Claim"), span("c", "Hauliers", "Actor")]
    rows += [of(rows, "a", "type", choices=["person"]), of(rows, "a", "known_as", text=["Brandt"])]
    rows += [of(rows, "b", "topic", choices=["money", "traffic"]), of(rows, "c", "type", choices=["group"])]
    rows += [
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right", "labels": ["supports"]},
        {"type": "relation", "from_id": "c", "to_id": "b", "direction": "right", "labels": ["opposes"]},
        row("d1", "stance", "choices", {"choices": ["favor"]}),
        row("d2", "area", "taxonomy", {"taxonomy": [["Norr"], ["Norr", "Port"]]}),
        row("d3", "sure", "rating", {"rating": 4}),
        row("d4", "voices", "number", {"number": 2.5}),
        row("d5", "note", "textarea", {"text": ["twice", "twice"]}),
    ]
    return {
        "id": 7, "completed_by": 3, "was_cancelled": False, "ground_truth": False, "lead_time": 41.2,
        "created_at": "2026-03-02T09:14:00Z", "updated_at": "2026-03-02T09:14:00Z", "result": rows,
    }  # fmt: skip


A, B, C, TYPE_A, NAME_A, TOPIC_B, TYPE_C, SUPPORTS, OPPOSES, STANCE, AREA, SURE, VOICES, NOTE = range(14)

Break = Callable[[dict[str, Any]], Any]


def put(*path: Any, to: Any) -> Break:
    """Sets what is at a path below the result."""

    def change(raw: dict[str, Any]) -> None:
        place = raw["result"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def drop(*path: Any) -> Break:
    def change(raw: dict[str, Any]) -> None:
        place = raw["result"]
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change


def also(position: int, **changes: Any) -> Break:
    """Appends a row like another one."""
    return lambda raw: raw["result"].append({**copy.deepcopy(raw["result"][position]), **changes})


def around(**changes: Any) -> Break:
    return lambda raw: raw.update(changes)


def both(*changes: Break) -> Break:
    return lambda raw: [change(raw) for change in changes]


def move(position: int, words: str) -> Break:
    """Marks other words, as Label Studio would have stored them."""
    start = TEXT.index(words)
    return both(
        put(position, "value", "start", to=start),
        put(position, "value", "end", to=start + len(words)),
        put(position, "value", "text", to=words.replace("\n", "\\n")),
    )


def suggested(raw: dict[str, Any]) -> None:
    for one in raw["result"]:
        if "origin" in one:
            one["origin"] = "prediction"


# What is broken, the one code that says so, and the end of its pointer. Marked with ~ is what takes the interface.
FAULTS: dict[str, tuple[Break, str, str]] = {
    "no result": (lambda raw: raw.pop("result"), "F_RAW_SCHEMA", "/result"),
    "the result is an object": (around(result={}), "F_RAW_SCHEMA", "/result"),
    "a row is a string": (lambda raw: raw["result"].append("x"), "F_RAW_SCHEMA", "/result/14"),
    "a row has no type": (drop(NOTE, "type"), "F_RAW_SCHEMA", "/13/type"),
    "a row's type is a number": (put(NOTE, "type", to=3), "F_RAW_SCHEMA", "/13/type"),
    "a span has no id": (drop(B, "id"), "F_RAW_SCHEMA", "/1/id"),
    "a span's id is empty": (put(B, "id", to=""), "F_RAW_SCHEMA", "/1/id"),
    "a span's id is a number": (put(B, "id", to=9), "F_RAW_SCHEMA", "/1/id"),
    "a span has no control": (drop(B, "from_name"), "F_RAW_SCHEMA", "/1/from_name"),
    "a span has no object": (drop(B, "to_name"), "F_RAW_SCHEMA", "/1/to_name"),
    "a span has no value": (drop(B, "value"), "F_RAW_SCHEMA", "/1/value"),
    "a span's value is a list": (put(B, "value", to=[]), "F_RAW_SCHEMA", "/1/value"),
    "a span has no labels": (drop(B, "value", "labels"), "F_RAW_SCHEMA", "/1/value/labels"),
    "labels are a string": (put(B, "value", "labels", to="Claim"), "F_RAW_SCHEMA", "/1/value/labels"),
    "a label is a number": (put(B, "value", "labels", to=[1]), "F_RAW_SCHEMA", "/1/value/labels"),
    "a span has no start": (drop(B, "value", "start"), "F_RAW_SCHEMA", "/1/value/start"),
    "a span has no end": (drop(B, "value", "end"), "F_RAW_SCHEMA", "/1/value/end"),
    "an offset is a string": (put(B, "value", "start", to="22"), "F_RAW_SCHEMA", "/1/value/start"),
    "an offset is a whole fraction": (put(B, "value", "end", to=36.0), "F_RAW_SCHEMA", "/1/value/end"),
    "an offset is true": (put(B, "value", "start", to=True), "F_RAW_SCHEMA", "/1/value/start"),
    "an offset is beyond all bounds": (put(B, "value", "end", to=10**5000), "F_RAW_SCHEMA", "/1/value/end"),
    "a stored text is a number": (put(B, "value", "text", to=1), "F_RAW_SCHEMA", "/1/value/text"),
    "choices are a string": (put(STANCE, "value", "choices", to="favor"), "F_RAW_SCHEMA", "/9/value/choices"),
    "a field has no values": (drop(TYPE_A, "value", "choices"), "F_RAW_SCHEMA", "/3/value/choices"),
    "a field's offset is a string": (put(TYPE_A, "value", "start", to="6"), "F_RAW_SCHEMA", "/3/value/start"),
    "a free text is a string": (put(NAME_A, "value", "text", to="Brandt"), "F_RAW_SCHEMA", "/4/value/text"),
    "a taxonomy is a list of words": (put(AREA, "value", "taxonomy", to=["Norr"]), "F_RAW_SCHEMA", "/taxonomy"),
    "a rating is a string": (put(SURE, "value", "rating", to="4"), "F_RAW_SCHEMA", "/11/value/rating"),
    "a number is null": (put(VOICES, "value", "number", to=None), "F_RAW_SCHEMA", "/12/value/number"),
    "an origin nobody knows": (put(A, "origin", to="dream"), "F_RAW_SCHEMA", "/0/origin"),
    "a score is a string": (put(A, "score", to="0.7"), "F_RAW_SCHEMA", "/0/score"),
    "a relation has no end": (drop(OPPOSES, "to_id"), "F_RAW_SCHEMA", "/8/to_id"),
    "a relation points up": (put(OPPOSES, "direction", to="up"), "F_RAW_SCHEMA", "/8/direction"),
    "a relation has no direction": (drop(OPPOSES, "direction"), "F_RAW_SCHEMA", "/8/direction"),
    "a relation's label is a number": (put(OPPOSES, "labels", to=[1]), "F_RAW_SCHEMA", "/8/labels"),
    "an annotator is a string": (around(completed_by="Bo"), "F_RAW_SCHEMA", "/completed_by"),
    "cancelled is a word": (around(was_cancelled="no"), "F_RAW_SCHEMA", "/was_cancelled"),
    "a lead time is a word": (around(lead_time="long"), "F_RAW_SCHEMA", "/lead_time"),
    "less than no time was spent": (around(lead_time=-4.2), "F_TIME_IMPOSSIBLE", "/lead_time"),
    "a day that no month has": (around(created_at="2026-02-30T09:14:00Z"), "F_TIME_IMPOSSIBLE", "/created_at"),
    "changed yesterday": (around(updated_at="yesterday"), "F_TIME_IMPOSSIBLE", "/updated_at"),
    "nobody annotated it": (around(completed_by=None), "F_ANNOTATOR_UNKNOWN", "/completed_by"),
    "somebody without a name": (around(completed_by={}), "F_ANNOTATOR_UNKNOWN", "/completed_by"),
    "start after end": (put(B, "value", "start", to=60), "F_OFFSET_RANGE", "/1/value/end"),
    "an empty span": (put(B, "value", "end", to=TEXT.index("backs")), "F_OFFSET_RANGE", "/1/value/end"),
    "a negative start": (put(B, "value", "start", to=-1), "F_OFFSET_RANGE", "/1/value/start"),
    "an end beyond the text": (put(B, "value", "end", to=len(TEXT) + 1), "F_OFFSET_RANGE", "/1/value/end"),
    "another text is stored": (put(B, "value", "text", to="lifts the toll"), "F_TEXT_MISMATCH", "/1/value/text"),
    "other white space is stored": (
        put(B, "value", "text", to=" backs  the toll"),
        "F_TEXT_WHITESPACE",
        "/1/value/text",
    ),
    "a span ends in white space": (both(move(B, "backs the "), drop(TOPIC_B)), "F_SPAN_EDGES", "/1/value"),
    "a span crosses paragraphs": (
        both(move(B, "toll.\n\nHauliers"), drop(TOPIC_B)),
        "F_SPAN_PARAGRAPH",
        "/1/value",
    ),
    "a span cuts a character": (both(move(B, "Ilse Brandt 👩"), drop(TOPIC_B)), "F_SPAN_GRAPHEME", "/1/value/end"),
    "two spans with one id": (
        both(move(C, "fear"), put(C, "id", to="a"), drop(OPPOSES), drop(TYPE_C)),
        "F_REGION_DUPLICATE_ID",
        "/2/id",
    ),
    "one span twice": (also(B, id="z"), "F_SPAN_DUPLICATE", "/result/14"),
    "no label": (both(put(B, "value", "labels", to=[]), drop(TOPIC_B)), "F_CARDINALITY", "/1/value/labels"),
    "a label twice": (put(B, "value", "labels", to=["Claim", "Claim"]), "F_CARDINALITY", "/1/value/labels"),
    "no choice": (put(STANCE, "value", "choices", to=[]), "F_CARDINALITY", "/9/value/choices"),
    "an empty choice": (put(TYPE_A, "value", "choices", to=[" "]), "F_CARDINALITY", "/3/value/choices"),
    "a choice twice": (put(TOPIC_B, "value", "choices", to=["money", "money"]), "F_CARDINALITY", "/5/value/choices"),
    "a path twice": (put(AREA, "value", "taxonomy", to=[["Norr"], ["Norr"]]), "F_CARDINALITY", "/10/value/taxonomy"),
    "two ratings": (also(SURE, id="z"), "F_CARDINALITY", "/14/value/rating"),
    "a field without its span": (also(NAME_A, id="z"), "F_ATTRIBUTE_ORPHAN", "/14/id"),
    "a field elsewhere": (put(TYPE_A, "value", "start", to=0), "F_ATTRIBUTE_OFFSETS", "/3/value/start"),
    "a relation to nothing": (put(OPPOSES, "to_id", to="z"), "F_RELATION_DANGLING", "/8/to_id"),
    "a relation from nothing": (put(OPPOSES, "from_id", to="z"), "F_RELATION_DANGLING", "/8/from_id"),
    "a relation to the item's form": (put(OPPOSES, "to_id", to="d1"), "F_RELATION_DANGLING", "/8/to_id"),
    "a relation to itself": (put(OPPOSES, "to_id", to="c"), "F_RELATION_SELF", "/8/to_id"),
    "a relation twice": (also(SUPPORTS), "F_RELATION_DUPLICATE", "/result/14"),
    "a relation twice, once backwards": (
        also(SUPPORTS, from_id="b", to_id="a", direction="left"),
        "F_RELATION_DUPLICATE",
        "/result/14",
    ),
    "nothing changed": (suggested, "F_SUGGESTION_UNTOUCHED", "/result"),
    "~an unknown control": (put(NOTE, "from_name", to="nope"), "F_CONTROL_UNKNOWN", "/13/from_name"),
    "~a control of another type": (
        both(put(NOTE, "type", to="choices"), put(NOTE, "value", to={"choices": ["x"]})),
        "F_CONTROL_UNKNOWN",
        "/13/type",
    ),
    "~no control": (lambda raw: raw["result"].append({"type": "magic"}), "F_CONTROL_UNKNOWN", "/14/from_name"),
    "~an unknown object": (put(NOTE, "to_name", to="nope"), "F_CONTROL_UNKNOWN", "/13/to_name"),
    "~an unknown label": (put(B, "value", "labels", to=["Alien"]), "F_LABEL_UNKNOWN", "/1/value/labels/0"),
    "~two labels": (put(B, "value", "labels", to=["Claim", "Actor"]), "F_CARDINALITY", "/1/value/labels"),
    "~an unknown choice": (put(STANCE, "value", "choices", to=["hm"]), "F_VALUE_UNKNOWN", "/9/value/choices/0"),
    "~an unknown choice of a span": (put(TOPIC_B, "value", "choices", 1, to="x"), "F_VALUE_UNKNOWN", "/choices/1"),
    "~an unknown path": (put(AREA, "value", "taxonomy", 1, to=["Port"]), "F_VALUE_UNKNOWN", "/10/value/taxonomy/1"),
    "~more stars than there are": (put(SURE, "value", "rating", to=6), "F_VALUE_UNKNOWN", "/11/value/rating"),
    "~less than the least": (put(VOICES, "value", "number", to=-1), "F_VALUE_UNKNOWN", "/12/value/number"),
    "~two values of a single choice": (
        put(TYPE_A, "value", "choices", to=["person", "group"]),
        "F_CARDINALITY",
        "/3/value/choices",
    ),
    "~a single choice in two rows": (
        also(STANCE, id="z", value={"choices": ["against"]}),
        "F_CARDINALITY",
        "/14/value/choices",
    ),
    "~two lines where one belongs": (put(NAME_A, "value", "text", to=["a", "b"]), "F_CARDINALITY", "/4/value/text"),
    "~a required choice is missing": (drop(STANCE), "F_REQUIRED_MISSING", "/result"),
    "~a span's required choice is missing": (drop(TYPE_A), "F_REQUIRED_MISSING", "/result/0"),
    "~a choice that another one asks for": (
        put(STANCE, "value", "choices", to=["against"]),
        "F_REQUIRED_MISSING",
        "/result",
    ),
    "~a field of another label": (put(TOPIC_B, "from_name", to="type"), "F_ATTRIBUTE_LABEL", "/5/from_name"),
    "~an unknown relation": (put(OPPOSES, "labels", to=["doubts"]), "F_RELATION_UNKNOWN", "/8/labels/0"),
    "~an unlabelled relation": (drop(OPPOSES, "labels"), "F_RELATION_UNLABELLED", "/result/8"),
    "~a relation with an empty list": (put(OPPOSES, "labels", to=[]), "F_RELATION_UNLABELLED", "/8/labels"),
    "~a relation with two labels": (put(OPPOSES, "labels", to=["opposes", "supports"]), "F_CARDINALITY", "/8/labels"),
}

# What looks odd and is no fault; with the interface and without.
SOUND: dict[str, Break] = {
    "nothing": around(),
    "skipped, whatever it holds": around(was_cancelled=True, completed_by=None, result=[None]),
    "no key for an annotator": lambda raw: raw.pop("completed_by"),
    "an annotator as an object": around(completed_by={"id": 3, "email": "a@b.example"}),
    "an annotator by address alone": around(completed_by={"email": "a@b.example"}),
    "nulls": around(lead_time=None, created_at=None, was_cancelled=None, ground_truth=None),
    "times without an offset": around(created_at="2026-03-02 09:14:00", updated_at="2026-03-02", lead_time=0),
    "more keys": around(reviews=[], agreement=0.5, import_id=None),
    "more keys in a row": put(A, "hidden", to=False),
    "no stored text": drop(B, "value", "text"),
    "a field that does not repeat offsets": both(drop(TYPE_A, "value", "start"), drop(TYPE_A, "value", "end")),
    "the item's field with offsets": both(put(STANCE, "value", "start", to=0), put(STANCE, "value", "end", to=5)),
    "spans within each other": lambda raw: raw["result"].append(span("z", "toll", "Claim")),
    "a second arrow the other way": also(SUPPORTS, from_id="b", to_id="a"),
    "a second label between the same ends": also(SUPPORTS, labels=["opposes"]),
    "relations first": lambda raw: raw["result"].insert(0, raw["result"].pop(SUPPORTS)),
    "fields before their spans": lambda raw: raw["result"].reverse(),
    "an answer that asks for no other": drop(NOTE),
    "an answer that is asked for": both(
        put(STANCE, "value", "choices", to=["against"]),
        also(STANCE, id="z", from_name="reason", value={"choices": ["cost"]}),
    ),
    "half a suggestion": put(A, "origin", to="prediction"),
    "a raw line break in the stored text": lambda raw: raw["result"].append(
        {**span("z", "Hauliers  fear it; Brandt does not.", "Claim")}
    ),
}


def findings(raw: Any, declaration: Declaration = INTERFACE) -> list[Finding]:
    return checks.findings(raw, {"text": TEXT}, declaration)


def broken(change: Break) -> dict[str, Any]:
    raw = annotation()
    change(raw)
    return raw


def resolves(document: Any, pointer: str) -> bool:
    """Whether a JSON pointer leads to something."""
    for step in pointer.split("/")[1:]:
        try:
            document = document[int(step) if isinstance(document, list) else step]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return True


INFERRED = infer([{"data": {"text": TEXT}, "annotations": [annotation()]}])


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_once_at_its_place(name):
    change, code, end = FAULTS[name]
    raw = broken(change)
    found = findings(raw)
    assert [one.code for one in found] == [code], found
    pointer = found[0].json_pointer or ""
    assert resolves(raw, pointer)
    # What is missing is told of what lacks it.
    lacks = not pointer.endswith(end)
    assert pointer.endswith(end) or f"{pointer}/{end.rpartition('/')[2]}".endswith(end)
    assert not (lacks and resolves(raw, f"{pointer}/{end.rpartition('/')[2]}"))
    assert "\n" not in found[0].message


@pytest.mark.parametrize("name", FAULTS)
def test_without_the_interface_all_is_found_that_does_not_need_it(name):
    change, code, _ = FAULTS[name]
    assert [one.code for one in findings(broken(change), INFERRED)] == ([] if name.startswith("~") else [code])


@pytest.mark.parametrize(
    ("named", "said"),
    [(None, "no annotator is named"), ({"username": "ana"}, "by no id and no address"), (-1, "by no id")],
)
def test_an_annotator_whom_nothing_tells_is_said_to_be_none(named, said):
    [one] = findings({**annotation(), "completed_by": named})
    assert (one.code, one.json_pointer) == ("F_ANNOTATOR_UNKNOWN", "/completed_by")
    assert said in one.message


def test_an_arrow_without_a_label_is_what_label_studio_allows():
    found = findings(broken(drop(OPPOSES, "labels")))
    assert [(one.code, one.severity) for one in found] == [("F_RELATION_UNLABELLED", "warning")]
    assert FINDINGS["F_RELATION_UNLABELLED"].severity == "error"


@pytest.mark.parametrize("value", [["Alien"], [f"Label {number}" for number in range(15)]])
def test_what_is_declared_is_said_as_far_as_it_is_short(value):
    labels = frozenset(value)
    control = replace(INTERFACE.controls["span"], values=labels)
    declaration = replace(INTERFACE, controls={**INTERFACE.controls, "span": control})
    message = next(one.message for one in findings(annotation(), declaration) if one.code == "F_LABEL_UNKNOWN")
    assert "its labels are " in message
    assert all(label in message for label in sorted(labels)[:12])
    assert message.endswith(" and 3 more") == (len(labels) == 15)


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("declaration", [INTERFACE, INFERRED], ids=["declared", "inferred"])
def test_what_is_no_fault_is_none(name, declaration):
    assert findings(broken(SOUND[name]), declaration) == []


def test_every_code_that_a_rule_may_give_has_a_case():
    assert {code for codes, _ in checks.RULES for code in codes} <= {code for _, code, _ in FAULTS.values()} | {
        "F_TAG_UNSUPPORTED"
    }
    assert {code for codes, _ in checks.RULES for code in codes} <= set(FINDINGS)


def items(name: str) -> list[Any]:
    text = (EXPORTS / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]


def shown(item: dict[str, Any], declaration: Declaration) -> tuple[dict[str, str], dict[str, Foreign]]:
    values = [(text, text.of(item["data"])) for text in declaration.texts.values()]
    return (
        {text.name: value for text, value in values if text.tag == "Text"},
        {text.name: foreign(text.tag, value, text_key=text.text_key) for text, value in values if text.tag != "Text"},
    )


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "inferred"])
@pytest.mark.parametrize("name", WHOLE)
def test_sound_exports_have_no_findings(name, declared):
    known = declare((EXPORTS / f"{name}.xml").read_text(encoding="utf-8")) if declared else infer(items(name))
    for item in items(name):
        texts, pages = shown(item, known)
        for raw in item["annotations"]:
            assert checks.findings(raw, texts, known, pages) == []
        assert checks.across(item["annotations"]) == []


@pytest.mark.parametrize("name", ["marked_up", "dialogue"])
def test_offsets_of_another_tag_are_refused_where_the_stored_text_is_not_there(name):
    known = infer(items(name))
    item = items(name)[0]
    raw = item["annotations"][0]
    raw["result"][0]["value"]["text"] = "something else"
    texts, pages = shown(item, known)
    found = checks.findings(raw, texts, known, pages)
    assert [(one.code, one.json_pointer) for one in found] == [("F_TAG_UNSUPPORTED", "/result/0/value")]
    assert checks.findings(raw, texts, known) == []


def test_a_span_of_another_tag_in_a_text_object_is_told():
    raw = broken(put(B, "value", to={"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "labels": ["Claim"]}))
    del raw["result"][TOPIC_B]
    assert [one.code for one in findings(raw)] == ["F_TAG_UNSUPPORTED"]


def test_without_the_text_offsets_are_held_against_their_order_alone():
    raw = broken(both(put(B, "value", "text", to="x"), put(C, "value", "end", to=10**6)))
    raw["result"][A]["value"].update(start=9, end=9)
    raw["result"][TYPE_A]["value"] = {"choices": ["person"]}
    raw["result"][NAME_A]["value"] = {"text": ["Brandt"]}
    raw["result"][TYPE_C]["value"] = {"choices": ["group"]}
    assert [one.code for one in checks.findings(raw, {}, INTERFACE)] == ["F_OFFSET_RANGE"]


def test_two_controls_may_label_one_region():
    xml = (
        '<View><Text name="text" value="$text"/><Labels name="a" toName="text"><Label value="x"/></Labels>'
        '<Labels name="b" toName="text"><Label value="y"/></Labels></View>'
    )
    first = {**span("r", "Brandt", "x"), "from_name": "a"}
    second = {**span("r", "Brandt", "y"), "from_name": "b"}
    raw = {"completed_by": 1, "result": [first, second]}
    assert checks.findings(raw, {"text": TEXT}, declare(xml)) == []
    second["value"]["end"] += 1
    assert "F_REGION_DUPLICATE_ID" in [one.code for one in checks.findings(raw, {"text": TEXT}, declare(xml))]


NESTED = (
    '<View><Text name="text" value="$text"/><Choices name="c" toName="text" allowNested="true" choice="multiple">'
    '<Choice value="a"><Choice value="b"/></Choice></Choices></View>'
)


@pytest.mark.parametrize(("values", "codes"), [(["a", ["a", "b"]], []), ([["b", "a"]], ["F_VALUE_UNKNOWN"])])
def test_a_choice_below_another_one_is_a_path(values, codes):
    raw = {"completed_by": 1, "result": [row("r", "c", "choices", {"choices": values})]}
    assert [one.code for one in checks.findings(raw, {"text": TEXT}, declare(NESTED))] == codes


@pytest.mark.parametrize(
    "shown_when",
    [
        'visibleWhen="no-region-selected"',
        'visibleWhen="region-selected"',
        'whenTagName="span" whenLabelValue="A"',
        'visibleWhen="choice-selected" whenTagName="nowhere" whenChoiceValue="x"',
        'perItem="true"',
    ],
)
def test_what_may_not_have_been_shown_is_not_missed(shown_when):
    xml = (
        f'<View><Text name="text" value="$text"/><View><Choices name="c" toName="text" required="true" {shown_when}>'
        '<Choice value="x"/></Choices></View></View>'
    )
    assert checks.findings({"completed_by": 1, "result": []}, {"text": TEXT}, declare(xml)) == []


def test_a_condition_around_a_control_excuses_it():
    around_it = '<View visibleWhen="region-selected" whenTagName="l" whenLabelValue="A">{}</View>'
    control = '<Choices name="c" toName="text" perRegion="true" required="true"><Choice value="x"/></Choices>'
    labels = (
        '<Text name="text" value="$text"/><Labels name="l" toName="text"><Label value="A"/><Label value="B"/></Labels>'
    )
    raw = {"completed_by": 1, "result": [{**span("r", "Brandt", "B"), "from_name": "l"}]}
    hidden, open_ = (declare(f"<View>{labels}{one}</View>") for one in (around_it.format(control), control))
    assert checks.findings(raw, {"text": TEXT}, hidden) == []
    assert [one.code for one in checks.findings(raw, {"text": TEXT}, open_)] == ["F_REQUIRED_MISSING"]
    raw["result"][0]["value"]["labels"] = ["A"]
    assert [one.code for one in checks.findings(raw, {"text": TEXT}, hidden)] == ["F_REQUIRED_MISSING"]


def test_where_a_repeater_makes_controls_none_is_unknown():
    repeated = '<Repeater on="$t"><Choices name="c_{{idx}}" toName="text"/></Repeater>'
    xml = f'<View><Text name="text" value="$text"/>{repeated}</View>'
    raw = {"completed_by": 1, "result": [row("r", "c_0", "choices", {"choices": ["x"]})]}
    assert checks.findings(raw, {"text": TEXT}, declare(xml)) == []


@pytest.mark.parametrize(
    ("authors", "doubled"),
    [
        ([1, 2], []),
        ([1, 1], [0, 1]),
        ([1, {"id": 1}, 2], [0, 1]),
        ([{"email": "a@b.example"}, {"email": "a@b.example"}], [0, 1]),
        ([None, None], []),
        (["x", []], []),
    ],
)
def test_one_person_annotates_an_item_once(authors, doubled):
    found = checks.across([{"id": 10 + n, "completed_by": who} for n, who in enumerate(authors)])
    assert [position for position, _ in found] == doubled
    assert [one.json_pointer for _, one in found] == [f"/{position}/completed_by" for position in doubled]
    assert {one.code for _, one in found} <= {"F_ANNOTATION_DOUBLED"}


def test_a_skipped_item_may_be_done_later():
    assert checks.across([{"completed_by": 1, "was_cancelled": True}, {"completed_by": 1}, None]) == []


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(5000).map(lambda digits: 10**digits)
    | st.floats()
    | st.text(st.characters(), max_size=3)
    | st.sampled_from(["labels", "relation", "a", "b", "\ud800", "text", "span", "Actor", "/p[1]"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["start", "end", "x"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@st.composite
def disfigured(draw):
    """An annotation with any JSON value, or nothing, in some places."""
    raw = annotation()
    for _ in range(draw(st.integers(1, 3))):
        place: Any = raw
        while True:
            keys = list(range(len(place))) if isinstance(place, list) else sorted(place, key=str)
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inner = place[key]
            if isinstance(inner, dict | list) and inner and draw(st.integers(0, 5)):
                place = inner
                continue
            if draw(st.booleans()):
                place[key] = draw(JSON)
            else:
                del place[key]
            break
    return raw


def resolve(pointer: str, document: Any) -> Any:
    for step in pointer.split("/")[1:]:
        document = document[int(step) if isinstance(document, list) else step]
    return document


@pytest.mark.parametrize("declaration", [INTERFACE, INFERRED], ids=["declared", "inferred"])
@settings(max_examples=300)
@given(raw=disfigured() | JSON)
def test_whatever_is_stored_is_judged_and_every_pointer_leads_into_it(declaration, raw):
    found = findings(raw, declaration)
    assert found == findings(copy.deepcopy(raw), declaration)
    for one in found:
        assert severity_of(one.code) == one.severity
        parent, _, last = (one.json_pointer or "").rpartition("/")
        within = resolve(parent, raw)
        # What is missing has no place of its own.
        assert isinstance(within, dict) or not last or resolve(one.json_pointer or "", raw) is not NotImplemented
        one.message.encode()


def _is_printable(raw: Any) -> bool:
    """Whether no number in it is one that Python refuses to write."""
    try:
        return bool(repr(raw))
    except ValueError:
        return False


SCHEMAS = Schemas(find_root(Path(__file__).resolve().parents[3]).folder("schemas"))


@settings(max_examples=300)
@given(disfigured().filter(_is_printable))
def test_a_row_is_held_to_the_published_schema_and_more(raw):
    """A schema cannot say which tag's offsets are meant, and takes null for no value nowhere."""
    found = [one.json_pointer for one in findings(raw, INFERRED) if one.code == "F_RAW_SCHEMA"]
    if raw.get("was_cancelled") is not True and not found:
        told = [one.json_pointer or "" for one in shape_problems(raw, rows_of(raw), SCHEMAS)]
        assert [place for place in told if place != "/id" and not _is_null(raw, place)] == []


def _is_null(raw: Any, pointer: str) -> bool:
    try:
        return resolve(pointer, raw) is None
    except (KeyError, IndexError, ValueError):
        return False
