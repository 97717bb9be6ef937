"""The interface is read as written, and every way in which it can leave task.toml behind is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import CurationError
from curation.studio.interface import check_interface, parse_interface
from curation.studio.outline import canonical, outline


def test_controls_are_read_as_written(press):
    interface = parse_interface(press.interface)
    assert [control.name for control in interface.controls] == [
        "span", "actor_type", "actor_roles", "actor_name", "claim_kind", "stance", "topics", "note",
    ]  # fmt: skip
    actor_type = interface.control("actor_type")
    assert actor_type is not None
    assert (actor_type.tag, actor_type.to_name, actor_type.choice) == ("Choices", "text", "single-radio")
    assert actor_type.values == ("person", "group")
    assert actor_type.hotkeys == ("1", "2")
    assert actor_type.per_region
    assert actor_type.required
    assert actor_type.shown_for == ("span", "Actor")
    stance = interface.control("stance")
    assert stance is not None
    assert (stance.per_region, stance.required, stance.shown_for) == (False, True, None)
    assert interface.relations == ("supports", "opposes")
    assert [(text.name, text.tag, text.value) for text in interface.texts] == [("text", "Text", "$text")]
    assert interface.hotkeys == (
        ("a", "'Actor' of 'span'"),
        ("c", "'Claim' of 'span'"),
        ("1", "'person' of 'actor_type'"),
        ("2", "'group' of 'actor_type'"),
    )


def test_an_alias_is_what_annotations_hold():
    interface = parse_interface(
        '<View><Choices name="a" toName="text"><Choice value="Yes" alias="y"/></Choices></View>'
    )
    assert interface.controls[0].values == ("y",)


def test_agreeing_definitions_have_no_problem(press, task):
    assert check_interface(press) == []
    assert check_interface(task) == []


CHANGES = {
    "a value is missing": ('<Choice value="factual"/>', "", "claim_kind", "lacks factual"),
    "a value too many": (
        '<Choice value="demand"/>',
        '<Choice value="demand"/><Choice value="x"/>',
        "claim_kind",
        "'x'",
    ),
    "another order": (
        '<Choice value="favor"/><Choice value="against"/>',
        '<Choice value="against"/><Choice value="favor"/>',
        "stance",
        "another order",
    ),
    "one of several": (
        'choice="multiple">\n    <Choice value="speaker"/>',
        '><Choice value="speaker"/>',
        "actor_roles",
        '"choices"',
    ),
    "several of one": (
        'name="stance" toName="text" choice="single"',
        'name="stance" toName="text" choice="multiple"',
        "stance",
        '"multiple"',
    ),
    "not required": ('choice="single" required="true"', 'choice="single"', "stance", "required is false here and true"),
    "required": ('name="topics"', 'name="topics" required="true"', "topics", "required is true here and false"),
    "one for all mentions": (
        'name="actor_type" toName="text" perRegion="true"',
        'name="actor_type" toName="text"',
        "actor_type",
        "not for each Actor",
    ),
    "shown for another label": ('whenLabelValue="Claim"', 'whenLabelValue="Actor"', "claim_kind", "selected Claim"),
    "shown by its View alone": (
        'name="actor_type" toName="text" perRegion="true" visibleWhen="region-selected"',
        'name="actor_type" toName="text" perRegion="true"',
        "actor_type",
        "View around it",
    ),
    "an article's field on mentions": (
        'name="note"',
        'name="note" perRegion="true"',
        "note",
        "the field to the article",
    ),
    "another label": ('<Label value="Claim"', '<Label value="Assertion"', "span", "lacks Claim"),
    "several labels": ('<Labels name="span"', '<Labels name="span" choice="multiple"', "span", "several labels"),
    "another relation order": (
        '<Relation value="supports"/><Relation value="opposes"/>',
        '<Relation value="opposes"/><Relation value="supports"/>',
        "Relations",
        "another order",
    ),
    "several labels on a relation": ("<Relations>", '<Relations choice="multiple">', "Relations", "several labels"),
    "no labels": ('name="span" toName', 'name="spans" toName', "'span'", "no such Labels control"),
    "no control": ('name="note"', 'name="remark"', "'note'", "no such control"),
    "another tag": (
        '<TextArea name="note" toName="text" maxSubmissions="1"/>',
        '<Rating name="note" toName="text"/>',
        "'note'",
        "no such control",
    ),
    "several texts": (
        'name="note" toName="text" maxSubmissions="1"',
        'name="note" toName="text"',
        "note",
        "several texts",
    ),
    "another text": ('name="topics" toName="text"', 'name="topics" toName="title"', "topics", "toName is 'title'"),
    "a doubled hotkey": (
        '<Choice value="person" hotkey="1"/>',
        '<Choice value="person" hotkey="A"/>',
        "'person' of 'actor_type'",
        "'Actor' of 'span'",
    ),
    "no text object": ('<Text name="text"', '<Text name="body"', "interface.xml", "no text object 'text'"),
    "another variable": ('value="$text"', 'value="$html"', "text", "'$html'"),
    "a variable that is not sent": ('value="$title"', 'value="$outlet"', "Header", "no $outlet"),
    "HyperText": ('<Text name="text"', '<HyperText name="text"', "HyperText", "not supported"),
    "Paragraphs beside": (
        '<Header value="$title"/>',
        '<Paragraphs name="p" value="$title" layout="dialogue"/>',
        "Paragraphs",
        "not supported",
    ),
    "an image beside": ('<Header value="$title"/>', '<Image name="i" value="$title"/>', "Image", "not supported"),
    "a text from an address": ('<Text name="text"', '<Text name="text" valueType="url"', "text", "fetched"),
    "values from the data": (
        '<Choices name="topics"',
        '<Choices name="topics" value="$text"',
        "topics",
        "come from the data",
    ),
    "html from the data": ('<Choice value="housing"/>', '<Choice value="housing" html="x"/>', "housing", "html"),
    "a style with >": (".press .lsf", ".press > .lsf", "Style", "strips"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_difference_is_named_with_its_place_and_a_fix(name, press_with):
    old, new, where, message = CHANGES[name]
    problems = check_interface(press_with((old, new)))
    assert [problem for problem in problems if where in problem.where and message in problem.message], problems
    assert all(problem.fix for problem in problems)


ALONE = ["a value is missing", "not required", "another relation order", "a doubled hotkey", "a style with >",
         "a text from an address", "shown by its View alone", "several texts"]  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_one_difference_is_one_problem(name, press_with):
    assert len(check_interface(press_with(CHANGES[name][:2]))) == 1


def test_a_control_that_nobody_declares(press_with):
    extra = '<Rating name="mood" toName="text"/><Filter name="find" toName="span"/>'
    [problem] = check_interface(press_with(("<Relations>", f"{extra}<Relations>")))
    assert "'mood'" in problem.where
    assert "does not name" in problem.message


def test_two_controls_of_one_name(press_with):
    problems = check_interface(
        press_with(('<TextArea name="note"', '<TextArea name="stance" toName="text"/><TextArea name="note"'))
    )
    assert any("same name" in problem.message for problem in problems)


def test_two_fields_on_one_control(press_with):
    problems = check_interface(press_with(('control = "claim_kind"', 'control = "actor_type"'), file="task"))
    assert any("share the control 'actor_type'" in problem.message for problem in problems)


def test_a_field_that_the_screen_lacks(press_with):
    field = '[choices.mood]\nkind = "choice"\nvalues = ["good"]\n\n[choices.note]'
    [problem] = check_interface(press_with(("[choices.note]", field), file="task"))
    assert "'mood'" in problem.where
    assert "of the article" in problem.message


HOSTILE = {
    "entities": '<!DOCTYPE View [<!ENTITY a "b">]><View>&a;</View>',
    "an outside DTD": '<!DOCTYPE View SYSTEM "file:///etc/hostname"><View/>',
    "nothing": "",
    "cut off": "<View><Text",
    "no XML": "View: {}",
    "a surrogate": "<View>\ud800</View>",
    "a NUL": "<View>\x00</View>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_harmless_xml_is_refused(name):
    with pytest.raises(CurationError) as caught:
        parse_interface(HOSTILE[name])
    assert caught.value.code == "E_DEFINITION"
    assert len(canonical(HOSTILE[name])) == 64


def test_an_unreadable_interface_is_a_problem_and_no_crash(press_with):
    [problem] = check_interface(press_with(("<View>", "<!DOCTYPE View><View>")))
    assert "DTD" in problem.message


def test_drift_is_what_the_screen_would_show(press):
    xml = press.interface
    same = [
        xml.replace("\n", "\r\n\t "),
        xml.replace("<View>", "<View><!-- a remark -->"),
        xml.replace('<Text name="text" value="$text"/>', '<Text value="$text"\n name="text"></Text>'),
        f"<?xml version='1.0'?>{xml.strip()}",
    ]
    assert {canonical(one) for one in same} == {canonical(xml)}
    other = [
        xml.replace("supports", "backs"),
        xml.replace('required="true"', 'required="false"'),
        xml.replace("pre-wrap", "normal"),
        xml.replace('<TextArea name="note" toName="text" maxSubmissions="1"/>', ""),
    ]
    assert len({canonical(one) for one in [xml, *other]}) == 5


def test_an_outline_has_a_line_for_every_element_and_rule_of_style():
    style = "<Style>.a { x: 1; }\n .b { y: 2; }</Style>"
    xml = f"<View b='2'  a='&lt;1&gt;'>\n<!-- x -->{style}<Header\n value='$t'/>tail</View>"
    assert outline(xml) == [
        '<View a="&lt;1&gt;" b="2">',
        "  <Style>",
        "    .a {",
        "    x: 1;",
        "    }",
        "    .b {",
        "    y: 2;",
        "    }",
        "  </Style>",
        '  <Header value="$t"/>',
        "  tail",
        "</View>",
    ]
    assert outline("<View\n") == ["not XML", "<View"]


def test_depth_exhausts_nobody():
    deep = "<View>" * 20_000 + "</View>" * 20_000
    assert canonical(deep) != canonical(deep.replace("View", "Viev"))
    assert parse_interface(deep).controls == ()


@given(st.text(), st.text())
def test_hashing_is_total_and_tells_texts_apart(one, other):
    assert (canonical(one) == canonical(other)) == (one.strip() == other.strip())
