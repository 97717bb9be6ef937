"""Raw annotations become records exactly, or say in one finding for each fault why they do not."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.records import Mention, Relation
from curation.studio.decode import Item, decode
from curation.text import content_hash


@pytest.fixture(scope="session")
def read(press, schemas, text):
    """Decode a raw annotation of the small task."""

    def call(raw, **around):
        known = {"annotation_id": "n1", "article_id": "rents-1", "text": text, "annotator": "annotator-01"}
        return decode(raw, item=Item(**{**known, **around}), task=press, schemas=schemas)

    return call


def codes(decoded):
    return [problem.code for problem in decoded.problems]


def changed(raw, change):
    """A copy of a raw annotation after `change(rows)`."""
    other = copy.deepcopy(raw)
    change(other["result"])
    return other


def row(rows, control, region=None):
    return next(one for one in rows if one.get("from_name") == control and region in (None, one["id"]))


# What a faultless annotation says


def test_a_faultless_annotation_is_read_whole(read, full, text):
    decoded = read(full, revision="r1", url="https://example.org/1")
    record = decoded.record
    assert decoded.problems == ()
    assert decoded.status == "submitted"
    assert record is not None
    assert record.mentions == (
        Mention("m1", "Actor", 2, 5, "Zoë", {"type": "person", "roles": ("speaker", "subject"), "name": "Zoë K."}),
        Mention("m2", "Claim", 13, 25, "“Rents fall”", {"kind": "factual"}),
        Mention("m3", "Actor", 28, 36, "محمد علي", {"type": "person"}),
    )
    assert record.relations == (Relation("m1", "m2", "supports"), Relation("m3", "m2", "opposes"))
    assert record.choices == {"stance": "favor", "topics": ("housing", "transport"), "note": "hm"}
    assert (record.id, record.article_id, record.annotator) == ("n1", "rents-1", "annotator-01")
    assert (record.task, record.task_version, record.revision) == ("press", "3", "r1")
    assert (record.created_at, record.lead_time, record.origin) == ("2026-03-02T09:14:00.123456Z", 61.5, "manual")
    assert record.article_sha256 == content_hash(text)


def test_values_stand_in_codebook_order_whatever_was_clicked_first(read, full):
    other = changed(full, lambda rows: row(rows, "actor_roles")["value"]["choices"].reverse())
    assert read(other).record.mentions == read(full).record.mentions


def test_an_arrow_means_what_it_shows(read, span, arrow):
    rows = [span("m1", "Zoë", "Actor"), span("m2", "Rents", "Claim")]
    for direction, expected in {
        "right": (("m1", "m2"),),
        "left": (("m2", "m1"),),
        "bi": (("m1", "m2"), ("m2", "m1")),
    }.items():
        decoded = read({"result": [*rows, arrow("m1", "m2", "supports", direction=direction)]})
        assert [(one.source, one.target) for one in decoded.record.relations] == list(expected)
        assert {one.label for one in decoded.record.relations} == {"supports"}
        assert codes(decoded) == []


def test_an_arrow_without_a_label_has_none(read, span, arrow):
    rows = [span("m1", "Zoë", "Actor"), span("m2", "Rents", "Claim"), arrow("m1", "m2")]
    empty = {**rows[2], "labels": []}
    for relation in (rows[2], empty):
        decoded = read({"result": [*rows[:2], relation]})
        assert decoded.record.relations == (Relation("m1", "m2", None),)
        assert codes(decoded) == []


@pytest.mark.parametrize(
    ("raw", "draft", "status"),
    [({}, False, "submitted"), ({"was_cancelled": True}, False, "skipped"), ({"was_cancelled": True}, True, "draft")],
)
def test_the_status(read, raw, draft, status):
    decoded = read({"result": [], **raw}, draft=draft)
    assert decoded.status == decoded.record.status == status


@pytest.mark.parametrize(
    ("origins", "origin"),
    [
        (["manual", "manual"], "manual"),
        ([None, None], "manual"),
        (["prediction", "prediction"], "prediction"),
        (["prediction", None], "prediction"),
        (["prediction", "manual"], "prediction-changed"),
        (["prediction-changed", "prediction"], "prediction-changed"),
        (["prediction-changed", "manual"], "prediction-changed"),
    ],
)
def test_the_origin_is_that_of_all_rows(read, span, origins, origin):
    rows = [span("m1", "Zoë", "Actor"), span("m2", "Rents", "Claim")]
    for one, given_origin in zip(rows, origins, strict=True):
        del one["origin"]
        one.update({"origin": given_origin} if given_origin else {})
    assert read({"result": rows}).record.origin == origin


def test_a_relation_added_or_a_row_removed_is_a_change_of_the_suggestion(read, span, arrow):
    suggested = [span("m1", "Zoë", "Actor"), span("m2", "Rents", "Claim"), arrow("m1", "m2", "supports")]
    accepted = [{**one, "origin": "prediction"} if "origin" in one else one for one in suggested]
    around = {"prediction": {"result": suggested}}
    assert read({"result": accepted, **around}).record.origin == "prediction"
    assert read({"result": accepted[:2], **around}).record.origin == "prediction-changed"
    assert read({"result": accepted[1:], **around}).record.origin == "prediction-changed"
    relabelled = [*accepted[:2], arrow("m1", "m2", "opposes")]
    assert read({"result": relabelled, **around}).record.origin == "prediction-changed"


# Faults, each with its code, its place, and nothing beside it


def _shift(rows):
    for one in rows:
        if one.get("id") == "m2":
            one["value"]["start"] += 1


def _beyond(rows):
    for one in rows:
        if one.get("id") == "m3":
            one["value"]["end"] = 10_000


def _relabel(rows):
    row(rows, "span", "m1")["value"]["labels"] = ["Claim"]


def _unknown_span_control(rows):
    row(rows, "span", "m3")["from_name"] = "marks"


FAULTS = {
    "offsets that mark something else": (_shift, "F_TEXT_MISMATCH", "/result/4/value/text", "m2"),
    "a negative start": (
        lambda rows: row(rows, "span", "m1")["value"].update(start=-1),
        "F_OFFSET_RANGE",
        "/result/0/value/start",
        "m1",
    ),
    "an end beyond the text": (_beyond, "F_OFFSET_RANGE", "/result/6/value/end", "m3"),
    "start and end swapped": (
        lambda rows: row(rows, "span", "m1")["value"].update(start=5, end=2),
        "F_OFFSET_RANGE",
        "/result/0/value/end",
        "m1",
    ),
    "an empty span": (
        lambda rows: row(rows, "span", "m1")["value"].update(end=2),
        "F_OFFSET_RANGE",
        "/result/0/value/end",
        "m1",
    ),
    "no label": (
        lambda rows: row(rows, "span", "m1")["value"].update(labels=[]),
        "F_CARDINALITY",
        "/result/0/value/labels",
        "m1",
    ),
    "two labels": (
        lambda rows: row(rows, "span", "m1")["value"].update(labels=["Actor", "Claim"]),
        "F_CARDINALITY",
        "/result/0/value/labels",
        "m1",
    ),
    "an attribute elsewhere": (
        lambda rows: row(rows, "actor_type", "m1")["value"].update(start=3),
        "F_ATTRIBUTE_OFFSETS",
        "/result/1/value/start",
        "m1",
    ),
    "a relabelled mention": (_relabel, "F_ATTRIBUTE_LABEL", "/result/1/from_name", "m1"),
    "attributes of nothing": (lambda rows: rows.pop(0), "F_ATTRIBUTE_ORPHAN", "/result/0/id", "m1"),
    "two spans with one id": (
        lambda rows: rows.append({**row(rows, "span", "m2"), "id": "m3"}),
        "F_REGION_DUPLICATE_ID",
        "/result/13/id",
        "m3",
    ),
    "a relation with two labels": (
        lambda rows: rows[11].update(labels=["supports", "opposes"]),
        "F_CARDINALITY",
        "/result/11/labels",
        "m1",
    ),
    "a span of an unknown control": (_unknown_span_control, "F_CONTROL_UNKNOWN", "/result/6/from_name", "m3"),
    "an attribute of an unknown control": (
        lambda rows: row(rows, "actor_roles").update(from_name="actor_mood"),
        "F_CONTROL_UNKNOWN",
        "/result/2/from_name",
        "m1",
    ),
    "an unknown field of the article": (
        lambda rows: row(rows, "stance").update(from_name="mood"),
        "F_CONTROL_UNKNOWN",
        "/result/8/from_name",
        None,
    ),
    "a control of another type": (
        lambda rows: row(rows, "stance").update(type="rating", value={"rating": 3}),
        "F_CONTROL_UNKNOWN",
        "/result/8/type",
        None,
    ),
    "a span about another object": (
        lambda rows: row(rows, "span", "m3").update(to_name="title"),
        "F_CONTROL_UNKNOWN",
        "/result/6/to_name",
        "m3",
    ),
    "a row of no control": (
        lambda rows: rows.append({"type": "rectangle"}),
        "F_CONTROL_UNKNOWN",
        "/result/13/from_name",
        None,
    ),
    "a string for an offset": (
        lambda rows: row(rows, "span", "m1")["value"].update(start="2"),
        "F_RAW_SCHEMA",
        "/result/0/value/start",
        None,
    ),
    "a fraction for an offset": (
        lambda rows: row(rows, "span", "m1")["value"].update(start=2.5),
        "F_RAW_SCHEMA",
        "/result/0/value/start",
        None,
    ),
    "a float for an offset": (
        lambda rows: row(rows, "span", "m1")["value"].update(start=2.0),
        "F_RAW_SCHEMA",
        "/result/0/value/start",
        None,
    ),
    "true for an offset": (
        lambda rows: row(rows, "span", "m1")["value"].update(start=True),
        "F_RAW_SCHEMA",
        "/result/0/value/start",
        None,
    ),
    "a text for a list": (
        lambda rows: row(rows, "note")["value"].update(text="hm"),
        "F_RAW_SCHEMA",
        "/result/10/value/text",
        None,
    ),
    "a direction that does not exist": (
        lambda rows: rows[11].update(direction="up"),
        "F_RAW_SCHEMA",
        "/result/11/direction",
        None,
    ),
    "no object": (lambda rows: rows.append("row"), "F_RAW_SCHEMA", "/result/13", None),
    "no type": (lambda rows: rows[0].pop("type"), "F_RAW_SCHEMA", "/result/0", None),
    "no id": (lambda rows: rows[0].pop("id"), "F_RAW_SCHEMA", "/result/0", None),
    "a lone surrogate": (
        lambda rows: row(rows, "note")["value"].update(text=["\ud83d"]),
        "F_RAW_SCHEMA",
        "/result/10/value/text/0",
        None,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_is_one_finding_at_its_place(name, read, full):
    change, code, place, region = FAULTS[name]
    decoded = read(changed(full, change), url="https://example.org/1")
    assert [(one.code, one.json_pointer, one.region) for one in decoded.problems] == [(code, place, region)]
    [problem] = decoded.problems
    assert (problem.annotation, problem.article_id, problem.annotator) == ("n1", "rents-1", "annotator-01")
    assert problem.url == "https://example.org/1"
    assert (decoded.record is None) == (code == "F_RAW_SCHEMA")


def test_the_rest_of_a_faulty_annotation_is_still_read(read, full):
    record = read(changed(full, _unknown_span_control)).record
    assert [mention.id for mention in record.mentions] == ["m1", "m2"]
    assert len(record.relations) == 2
    record = read(changed(full, _shift)).record
    assert record.mentions[1].text == "Rents fall”"
    record = read(changed(full, _beyond)).record
    assert [(mention.start, mention.end) for mention in record.mentions][2] == (28, 10_000)
    record = read(changed(full, _relabel)).record
    assert (record.mentions[0].label, record.mentions[0].attributes) == ("Claim", {})


def test_two_faults_are_two_findings_in_the_order_of_the_rows(read, full):
    def change(rows):
        _beyond(rows)
        rows[11]["labels"] = ["supports", "opposes"]
        row(rows, "span", "m1")["value"]["labels"] = []

    assert codes(read(changed(full, change))) == ["F_CARDINALITY", "F_OFFSET_RANGE", "F_CARDINALITY"]


def test_what_a_record_can_say_is_left_to_validation(read, full):
    def change(rows):
        row(rows, "stance")["value"]["choices"] = ["favor", "against"]
        row(rows, "actor_type", "m1")["value"]["choices"] = ["robot"]
        row(rows, "actor_roles")["value"]["choices"] = []
        row(rows, "span", "m3")["value"]["labels"] = ["Alien"]
        rows[12]["to_id"] = "nowhere"

    decoded = read(changed(full, change))
    assert codes(decoded) == []
    assert decoded.record.choices["stance"] == ("favor", "against")
    assert decoded.record.mentions[0].attributes["type"] == "robot"
    assert decoded.record.mentions[0].attributes["roles"] == ()
    assert decoded.record.mentions[2].label == "Alien"
    assert decoded.record.relations[1] == Relation("nowhere", "m2", "opposes")


def test_attributes_may_leave_offsets_out(read, full):
    def change(rows):
        for one in rows:
            if one.get("from_name", "").startswith("actor_"):
                one["value"].pop("start")
                one["value"].pop("end")

    assert codes(read(changed(full, change))) == []
    assert read(changed(full, change)).record == read(full).record


def test_attributes_go_to_the_twin_whose_offsets_they_repeat(read, span, attribute):
    first, second = span("m1", "Zoë", "Actor"), span("m1", "محمد علي", "Actor")
    rows = [first, second, attribute(second, "actor_type", "person"), attribute(first, "actor_type", "group")]
    decoded = read({"result": rows})
    assert codes(decoded) == ["F_REGION_DUPLICATE_ID"]
    assert [mention.attributes for mention in decoded.record.mentions] == [{"type": "group"}, {"type": "person"}]


@pytest.mark.parametrize("missing", [None, "text"])
def test_without_a_stored_text_there_is_nothing_to_compare(read, span, missing):
    one = span("m1", "Zoë", "Actor", start=3, end=6)
    if missing:
        del one["value"]["text"]
    assert codes(read({"result": [one]})) == ([] if missing else ["F_TEXT_MISMATCH"])


def test_collapsed_white_space_is_a_warning(read, span):
    words = "owners  shrug"
    one = span("m1", words, "Actor", text="owners shrug")
    [problem] = read({"result": [one]}).problems
    assert (problem.code, problem.severity) == ("F_TEXT_WHITESPACE", "warning")
    assert read({"result": [one]}).record.mentions[0].text == words


def test_utf16_offsets_are_named(read, span):
    one = span("m1", "Zoë", "Actor", start=3, end=6)
    [problem] = read({"result": [one]}).problems
    assert "UTF-16" in problem.message
    [problem] = read({"result": [{**one, "value": {**one["value"], "text": "Rents"}}]}).problems
    assert "UTF-16" not in problem.message


FOREIGN = {
    "HyperText": {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 2, "endOffset": 5},
    "Paragraphs": {"start": "0", "end": "0", "startOffset": 2, "endOffset": 5},
}


@pytest.mark.parametrize("tag", FOREIGN)
@pytest.mark.parametrize("kind", ["own", "labels"])
def test_spans_of_another_tag_are_named_once_each(read, span, attribute, arrow, tag, kind):
    key = {"HyperText": "hypertextlabels", "Paragraphs": "paragraphlabels"}[tag] if kind == "own" else "labels"
    one = span("m1", "Zoë", "Actor")
    marked = {**one, "type": key, "value": {**FOREIGN[tag], "text": "Zoë", key: ["Actor"]}}
    about = {**attribute(one, "actor_type", "person"), "value": {**FOREIGN[tag], "choices": ["person"]}}
    bare = {**about, "from_name": "actor_name", "type": "textarea", "value": {"text": ["Zoë"]}}
    rows = [marked, about, bare, span("m2", "Rents", "Claim"), arrow("m1", "m2", "supports")]
    decoded = read({"result": rows})
    [problem] = decoded.problems
    assert (problem.code, problem.region, problem.json_pointer) == ("F_TAG_UNSUPPORTED", "m1", "/result/0/value/start")
    assert tag in problem.message
    assert [mention.id for mention in decoded.record.mentions] == ["m2"]


def test_an_annotation_of_nobody_or_of_nothing_gives_no_record(read, full):
    for around, code in {
        ("annotator", None): "F_ANNOTATOR_UNKNOWN",
        ("article_id", None): "F_ARTICLE_UNKNOWN",
        ("text", None): "F_ARTICLE_UNKNOWN",
    }.items():
        decoded = read(full, **dict([around]))
        assert codes(decoded) == [code]
        assert decoded.record is None


# Totality

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "value", "result", "labels", "start", "end", "text", "from_name", "x\ud800"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(json_values)
def test_any_json_value_is_answered(read, value):
    for raw in (value, {"result": value}, {"result": [value]}, {"result": [{"type": "labels", "value": value}]}):
        decoded = read(raw)
        assert (decoded.record is None) == any(
            one.code in ("F_RAW_SCHEMA", "F_ARTICLE_UNKNOWN") for one in decoded.problems
        )
        json.dumps([(one.code, one.message, one.json_pointer) for one in decoded.problems], ensure_ascii=False).encode()


def _places(value, path=()):
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from _places(inner, (*path, key))


@settings(max_examples=300)
@given(st.data())
def test_any_mutation_of_an_annotation_is_answered(read, full, data):
    raw = copy.deepcopy(full)
    for _ in range(data.draw(st.integers(1, 3))):
        places = [path for path in _places(raw) if path]
        *parents, last = data.draw(st.sampled_from(places))
        holder = raw
        for key in parents:
            holder = holder[key]
        if data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = data.draw(json_values)
    decoded = read(raw)
    pointers = {"".join(f"/{key}" for key in path) for path in _places(raw)}
    for problem in decoded.problems:
        parent = (problem.json_pointer or "").rsplit("/", 1)[0]
        assert problem.json_pointer in pointers or parent in pointers
    if decoded.record is not None:
        assert {mention.id for mention in decoded.record.mentions} <= {
            one.get("id") for one in raw["result"] if isinstance(one, dict)
        }


def test_depth_and_size_are_answered(read):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    for raw in (deep, {"result": deep}, {"result": [{"type": deep}]}, {"result": [], "id": 10**5_000}):
        decoded = read(raw)
        assert codes(decoded) == ["F_RAW_SCHEMA"]
        assert decoded.record is None
