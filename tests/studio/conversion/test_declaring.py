"""Declarations: what interfaces of all kinds say, and what can be told of a project from its annotations alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import CurationError
from curation.studio.conversion.declaration import Condition, Shown
from curation.studio.conversion.declaring import declare, infer
from curation.studio.conversion.lookups import lookups

EXPORTS = Path(__file__).with_name("exports")
WHOLE = sorted(path.stem for path in EXPORTS.glob("*.json") if path.stem != "minimal")


def items(name: str) -> list[Any]:
    text = (EXPORTS / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]


def interface(name: str) -> str:
    return (EXPORTS / f"{name}.xml").read_text(encoding="utf-8")


def view(inside: str) -> str:
    return f'<View><Text name="text" value="$text"/>{inside}</View>'


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_inferred_is_what_the_interface_says_of_the_controls_that_were_used(name):
    declared, inferred = declare(interface(name)), infer(items(name))
    assert inferred.controls
    for control in inferred.controls.values():
        same = declared.controls[control.name]
        assert (control.kind, control.row_type, control.per_region) == (same.kind, same.row_type, same.per_region)
        assert set(control.to_names) <= set(same.to_names)
    assert {text.name: (text.tag, text.key) for text in inferred.texts.values()} == {
        text.name: (text.tag, text.key) for text in declared.texts.values()
    }
    assert next(iter(inferred.texts)) == next(iter(declared.texts))


@pytest.mark.parametrize("name", WHOLE)
def test_an_inferred_declaration_says_of_nothing_that_it_must_be(name):
    inferred = infer(items(name))
    assert inferred.inferred
    assert inferred.relations is None
    for control in inferred.controls.values():
        assert control.values is None
        assert control.paths is None
        assert not control.single
        assert not control.required
        assert not control.conditions
    assert not lookups(inferred).once


def test_aliases_are_what_rows_hold():
    declared = declare(interface("classes"))
    assert declared.controls["topic"].values == {"economy", "sport", "football", "tennis", "leisure"}


def test_a_taxonomy_is_known_by_its_paths():
    where = declare(interface("reviews")).controls["where"]
    assert where.paths == {
        ("Europe",), ("Europe", "North"), ("Europe", "North", "Lakes"), ("Europe", "South"), ("Asia",),
    }  # fmt: skip
    leaves = declare(interface("reviews").replace("<Taxonomy ", '<Taxonomy leafsOnly="true" '))
    assert leaves.controls["where"].paths == {("Europe", "North", "Lakes"), ("Europe", "South"), ("Asia",)}


@pytest.mark.parametrize(
    "control",
    [
        '<Choices name="c" toName="text" value="$options"/>',
        '<Choices name="c" toName="text"><Choice value="$first"/><Choice value="no"/></Choices>',
        '<Labels name="c" toName="text" value="$labels"/>',
        '<Taxonomy name="c" toName="text" value="$tree"/>',
        '<Taxonomy name="c" toName="text" apiUrl="https://tree.example/"/>',
        '<TextArea name="c" toName="text" value="$draft"/>',
    ],
)
def test_values_that_come_from_elsewhere_are_not_known(control):
    found = declare(view(control)).controls["c"]
    assert found.values is None
    assert found.paths is None


@pytest.mark.parametrize(
    ("control", "single"),
    [
        ('<Choices name="c" toName="text"/>', True),
        ('<Choices name="c" toName="text" choice="single-radio"/>', True),
        ('<Choices name="c" toName="text" choice="multiple"/>', False),
        ('<Labels name="c" toName="text"/>', True),
        ('<Labels name="c" toName="text" choice="multiple"/>', False),
        ('<Taxonomy name="c" toName="text"/>', False),
        ('<Taxonomy name="c" toName="text" maxUsages="1"/>', True),
        ('<TextArea name="c" toName="text"/>', False),
        ('<TextArea name="c" toName="text" maxSubmissions="1"/>', True),
        ('<Rating name="c" toName="text"/>', True),
        ('<Number name="c" toName="text"/>', True),
    ],
)
def test_how_many_values_a_control_takes(control, single):
    assert declare(view(control)).controls["c"].single is single


def test_numbers_have_bounds_where_they_are_written():
    controls = declare(
        view(
            '<Rating name="a" toName="text"/><Rating name="b" toName="text" maxRating="10"/>'
            '<Number name="c" toName="text" min="-1.5" max="$most"/>'
        )
    ).controls
    assert [(one.least, one.most) for one in controls.values()] == [(0, 5), (0, 10), (-1.5, None)]


def test_conditions_of_a_control_and_of_what_is_around_it_hold_together():
    xml = view(
        '<View visibleWhen="choice-selected" whenTagName="kind" whenChoiceValue="Long name, b">'
        '<Choices name="c" toName="text" perRegion="true" required="true" visibleWhen="region-selected" '
        'whenTagName="ner" whenLabelValue="A,B"/></View>'
        '<Choices name="kind" toName="text"><Choice value="Long name" alias="long"/><Choice value="b"/></Choices>'
    )
    outer, inner = declare(xml).controls["c"].conditions
    assert (outer.when, outer.control) == ("chosen", "kind")
    assert outer.values == {"Long name, b", "Long name", "b", "long"}
    assert inner == Condition("region", "ner", frozenset({"A,B", "A", "B"}))


@pytest.mark.parametrize("written", ['visibleWhen="no-region-selected"', 'whenTagName="ner" whenLabelValue="A"'])
def test_a_condition_that_nobody_can_look_up_afterwards_is_kept_as_such(written):
    found = declare(view(f'<Choices name="c" toName="text" {written}/>')).controls["c"]
    assert found.conditions == (Condition("other"),)


def test_names_are_read_in_any_case():
    found = declare(
        '<view><TEXT Name="t" VALUE="$body"/><labels NAME="l" toname="t"><label value="A"/></labels></view>'
    )
    assert found.texts["t"].key == "body"
    assert found.controls["l"].values == {"A"}


def test_labels_of_a_sound_are_none_of_a_text():
    xml = '<View><Audio name="a" value="$url"/><Labels name="l" toName="a"><Label value="x"/></Labels></View>'
    assert declare(xml).controls["l"].kind == "other"


def test_a_filter_is_no_control_and_a_repeater_makes_unknown_ones():
    xml = view(
        '<Filter name="f" toName="l"/><Labels name="l" toName="text"/>'
        '<Repeater on="$claims"><Choices name="claim_{{idx}}" toName="text" required="true"/></Repeater>'
    )
    found = declare(xml)
    assert set(found.controls) == {"l"}
    assert found.open
    assert not declare(view('<Filter name="f" toName="l"/><Labels name="l" toName="text"/>')).open


def test_texts_that_are_marked_come_before_those_that_are_only_shown():
    xml = (
        '<View><Text name="hint" value="Mark names."/><Text name="asked" value="$q"/><Text name="body" value="$b"/>'
        '<Choices name="c" toName="asked"/><Labels name="l" toName="body"/></View>'
    )
    found = declare(xml)
    assert list(found.texts) == ["body", "asked", "hint"]
    assert found.text is not None
    assert found.text.name == "body"


@pytest.mark.parametrize(
    ("written", "data", "shown"),
    [
        ('value="$text"', {"text": "Rain."}, "Rain."),
        ('value="$text"', {}, None),
        ('value="$a.b[1].c"', {"a": {"b": [{}, {"c": "Rain."}]}}, "Rain."),
        ('value="$id.num"', {"id.num": "7", "id": {"num": "8"}}, "7"),
        ('value="$a.b"', {"a": "Rain."}, None),
        ('value="$a[9]"', {"a": ["Rain."]}, None),
        ('value="$title: $text"', {"title": "News", "text": "Rain."}, "News: Rain."),
        ('value="Read this"', {"text": "Rain."}, "Read this"),
        ('value="$text" valueType="url"', {"text": "https://news.example/1"}, None),
        ('value="$text" encoding="base64"', {"text": "UmFpbi4="}, None),
    ],
)
def test_a_text_is_found_wherever_its_variable_points(written, data, shown):
    found = declare(f'<View><Text name="t" {written}/></View>').texts["t"]
    assert found.of(data) == shown


def test_a_path_never_fails():
    deep = Shown("t", "Text", "a" + "[0]" * 5000)
    assert deep.of({"a": [[[]]]}) is None


@pytest.mark.parametrize(
    ("inside", "labels", "single"),
    [
        ("", frozenset(), False),
        ("<Relations/>", frozenset(), False),
        ('<Relations><Relation value="a"/><Relation value="b"/></Relations>', {"a", "b"}, False),
        ('<Relations choice="single"><Relation value="a"/></Relations>', {"a"}, True),
        ('<Relations><Relation value="$a"/></Relations>', None, False),
    ],
)
def test_labels_of_relations(inside, labels, single):
    found = declare(view(inside))
    assert found.relations == labels
    assert found.relation_single is single


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        ("", "config.xml"),
        ("<View><Text name='t' value='$t'></View>", "config.xml"),
        ("[]", "config.xml"),
        ('<!DOCTYPE View [<!ENTITY a "b">]><View/>', "DTD"),
        ("<View/>", "no control"),
        ("<html><body>Log in</body></html>", "no control"),
        ("\x00", "config.xml"),
    ],
)
def test_what_is_no_interface_is_told_in_one_line(xml, says):
    with pytest.raises(CurationError) as error:
        declare(xml, "config.xml")
    assert error.value.code == "E_DEFINITION"
    assert says in error.value.message
    assert "\n" not in error.value.message


def test_an_interface_may_begin_with_a_mark_and_be_nested_deeply():
    deep = "<View>" * 5000 + '<Text name="t" value="$t"/>' + "</View>" * 5000
    assert declare(f"\ufeff\n{deep}").texts["t"].key == "t"


def test_the_key_is_the_one_whose_slices_were_stored():
    body = "Ana met Ben."
    row = {"id": "a", "from_name": "l", "to_name": "title", "type": "labels"}
    spans = [row | {"value": {"start": 8, "end": 11, "text": "Ben", "labels": ["PER"]}}]
    item = {"data": {"title": "A meeting", "long": "x" * 99, "body": body}, "annotations": [{"result": spans}]}
    assert infer([item]).texts["title"].key == "body"
    del spans[0]["value"]["text"]
    assert infer([item]).texts["title"].key == "title"


def test_a_text_may_lie_within_another_value():
    body, title = "Ana met Ben.", "A meeting of several people"
    row = {"id": "a", "from_name": "l", "to_name": "body", "type": "labels"}
    spans = [row | {"value": {"start": 8, "end": 11, "text": "Ben", "labels": ["PER"]}}]
    data = {"doc": {"parts": {"body": body, "title": title, "a.b": body}, "id": "7"}, "doc.x": 3}
    item = {"data": data, "annotations": [{"result": spans}]}
    found = infer([item]).texts["body"]
    assert (found.key, found.of(data)) == ("doc.parts.body", body)
    data["headline"] = "Good morning"
    assert infer([item]).texts["body"].key == "doc.parts.body"
    del spans[0]["value"]["text"]
    assert infer([item]).texts["body"].key == "headline"
    del data["headline"]
    data["doc.parts.body"] = 7
    assert infer([item]).texts["body"].of(data) == title


@pytest.mark.parametrize(
    ("data", "key"),
    [
        ({"utterance": "Good morning"}, "utterance"),
        ({"url": "https://news.example/1", "n": 4, "words": "Good morning"}, "words"),
        ({"headline": "Good", "content": "Good morning"}, "content"),
        ({"a": "Good", "b": "Good morning to all"}, "b"),
        ({"url": "https://news.example/1"}, None),
        ({"n": 4}, None),
    ],
)
def test_without_spans_the_likeliest_key_is_taken(data, key):
    row = {"id": "a", "from_name": "c", "to_name": "shown", "type": "choices", "value": {"choices": ["x"]}}
    found = infer([{"data": data, "annotations": [{"result": [row]}]}])
    assert (found.texts["shown"].key if found.texts else None) == key


@pytest.mark.parametrize("strange", [5, 0.5, True, ["Good"], {"a": 1}])
def test_one_item_without_a_text_leaves_the_others_theirs(strange):
    row = {"id": "a", "from_name": "c", "to_name": "shown", "type": "choices", "value": {"choices": ["x"]}}
    found = [{"data": data, "annotations": [{"result": [row]}]} for data in ({"a": "B", "words": "Good morning"},) * 3]
    found[1] = {**found[1], "data": {"a": strange, "words": strange}}
    assert infer(found).texts["shown"].key == "words"


def test_paragraphs_may_have_their_texts_under_any_key():
    item = items("dialogue")[0]
    item["data"]["turns"] = [{"said": turn["text"], "who": turn["author"]} for turn in item["data"]["turns"]]
    found = infer([item]).texts["talk"]
    assert (found.key, found.text_key) == ("turns", "said")
    assert infer(items("dialogue")).texts["talk"].text_key == "text"


def test_items_without_annotations_have_a_text_all_the_same():
    found = infer([{"data": {"id": "7", "body": "Good morning"}, "annotations": []}])
    assert found.text is not None
    assert found.text.key == "body"


def test_seconds_of_a_sound_are_no_characters():
    row = {"id": "a", "from_name": "l", "to_name": "audio", "type": "labels"}
    rows = [row | {"value": {"start": 0.5, "end": 1.25, "labels": ["speech"]}}]
    assert infer([{"data": {"audio": "/data/a.wav"}, "annotations": [{"result": rows}]}]).controls["l"].kind == "other"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def disfigured(draw, name: str):
    """The items of an export with any JSON value in some places."""
    found = items(name)
    for _ in range(draw(st.integers(1, 4))):
        place: Any = found
        while True:
            key = draw(st.sampled_from(range(len(place)) if isinstance(place, list) else sorted(place)))
            if not isinstance(place[key], dict | list) or not place[key] or draw(st.integers(0, 4)) == 0:
                place[key] = draw(JSON)
                break
            place = place[key]
    return found


@given(data=st.data(), name=st.sampled_from(WHOLE))
def test_anything_can_be_inferred_from(data, name):
    infer(data.draw(disfigured(name)))


@given(st.lists(JSON, max_size=3))
def test_nothing_is_taken_for_granted(sample):
    assert infer(sample).inferred


def test_a_region_needs_what_is_required_for_its_label():
    found = lookups(declare(interface("spans")))
    assert found.once == {"tone"}
    assert found.needed("label", "Person") == {"role"}
    assert found.needed("label", "Place") == frozenset()
    assert found.barred("label", "Place") == {"role", "name"}
    assert found.barred("label", "Person") == frozenset()
    assert found.rows["label", "text", "labels"].name == "label"
    assert ("label", "text", "choices") not in found.rows
