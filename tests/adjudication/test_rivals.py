"""What adjudicators are given to choose from: each annotator's version, and the open questions in words."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from curation.adjudication import merge
from curation.adjudication.questions import questions, told
from curation.adjudication.rivals import versions
from tests.adjudication.test_merging import RULES, TWO_TO_FOUR, by, content, graphs, mention

CLAIM = "the charge"


def claim(annotator, end=29, **attributes):
    return mention(f"{annotator}1", "Claim", 16, end, **{"kind": "demand", "quotation": "none", **attributes})


@given(st.tuples(graphs("a"), graphs("b")))
def test_of_two_who_differ_in_all_each_version_is_what_one_of_them_said(pair):
    for own in pair:
        merged = merge(pair, replace(RULES, tie_breaker=own.annotator))
        alone = merge([own], RULES)
        assert not merged.conflicts
        assert content(merged)[0] == content(alone)[0]
        assert content(merged)[2] == content(alone)[2]


@given(TWO_TO_FOUR)
def test_versions_differ_and_hold_all_that_is_settled(annotations):
    merged = merge(annotations, RULES)
    found = versions(annotations, RULES)
    assert sorted(name for version in found for name in version.annotators) == sorted(a.annotator for a in annotations)
    contents = [repr(content(version.merged)) + repr(version.merged.relations) for version in found]
    assert len(set(contents)) == len(contents)
    if not merged.conflicts:
        assert len(found) == 1
        assert content(found[0].merged) == content(merged)
    for version in found:
        there = {one.id for one in version.merged.mentions}
        assert {one.id for one in merged.mentions} <= there
        assert set(merged.relations) <= set(version.merged.relations)
        assert merged.choices.items() <= version.merged.choices.items()
        assert {end for one in version.merged.relations for end in (one.source, one.target)} <= there


@given(TWO_TO_FOUR, st.randoms())
def test_the_order_of_annotators_never_matters(annotations, dice):
    shuffled = list(annotations)
    dice.shuffle(shuffled)
    assert versions(shuffled, RULES) == versions(annotations, RULES)


def test_the_order_of_versions_does_not_tell_whose_they_are():
    first, second = by("a", [claim("a")]), by("b", [claim("b", kind="factual")])
    swapped = replace(first, annotator="b", id="n-b"), replace(second, annotator="a", id="n-a")
    kinds = [
        [version.merged.mentions[0].attributes["kind"] for version in versions(pair, RULES)]
        for pair in ((first, second), swapped)
    ]
    assert kinds[0] == kinds[1]


def test_questions_say_what_is_open_and_who_said_what():
    first = by("a", [claim("a")], stance_rent_cap="favor")
    second = by("b", [claim("b", end=32, kind="factual")], stance_rent_cap="against")
    asked = questions(merge([first, second], RULES), versions([first, second], RULES), RULES)
    assert told(asked, named=False) == (
        "3 open questions\n"
        "1. Claim “backs the cha”, where it begins and ends: “backs the cha” (1) | “backs the charge” (1)\n"
        "2. Claim “backs the cha”, its kind: factual (1) | demand (1)\n"
        "3. the article's stance_rent_cap: favor (1) | against (1)"
    )
    assert "against (b)" in told(asked, named=True)
    assert "b" not in told(asked, named=False).split("stance_rent_cap")[1]


def test_a_mention_that_not_all_marked_is_a_question_and_its_relations_are_none():
    actor = {name: mention(f"{name}2", "Actor", 6, 15, type="person") for name in "ab"}
    first = by("a", [claim("a"), actor["a"]], [("a2", "a1", "supports")])
    second = by("b", [actor["b"]])
    asked = questions(merge([first, second], RULES), versions([first, second], RULES), RULES)
    assert [one.told(named=True) for one in asked] == ["Claim “backs the cha”, whether it is one: yes (a) | no (b)"]


def test_words_of_annotators_can_forge_no_question():
    forged = "Vance\n2. Claim “war”, whether it is one: yes (9) | no (0)\u202e" + "x" * 10_000
    marked = mention("a1", "Actor", 6, 15)
    first, second = (
        by(who, [replace(marked, attributes={"type": "person", "name": name})])
        for who, name in (("a", forged), ("b", "nothing"))
    )
    text = told(questions(merge([first, second], RULES), versions([first, second], RULES), RULES), named=False)
    head, line = text.split("\n")
    assert head == "1 open question"
    assert line.startswith("1. Actor “Ida Vance”, its name: ")
    assert "“nothing” (1)" in line
    assert "\u202e" not in line
    assert len(line) < 300
