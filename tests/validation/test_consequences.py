"""One fault is one finding: what only follows from another fault is not held against the annotator too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.findings import finding
from curation.records import Mention, Relation
from curation.validation import check, examine
from curation.validation.check import summed_up


def codes(found):
    return [(one.code, one.json_pointer) for one in found]


@pytest.mark.parametrize(
    ("label", "source", "target", "code", "place"),
    [
        ("supports", "moss", "strom", "F_RELATION_ENDS", "/relations/3"),
        ("likes", "moss", "strom", "F_RELATION_UNKNOWN", "/relations/3/label"),
        (None, "moss", "strom", "F_RELATION_UNLABELLED", "/relations/3/label"),
        ("same_as", "moss", "nowhere", "F_RELATION_DANGLING", "/relations/3/target"),
        ("same_as", "moss", "moss", "F_RELATION_SELF", "/relations/3/target"),
    ],
)
def test_an_arrow_both_ways_has_its_fault_once(record, article, task, schemas, label, source, target, code, place):
    both = (Relation(source, target, label), Relation(target, source, label))
    drawn = replace(record, relations=(*record.relations, *both))
    assert codes(check(drawn, article, task, schemas)) == [(code, place)]


@pytest.mark.parametrize(
    ("target", "code"), [("moss", "F_RELATION_SELF"), ("nowhere", "F_RELATION_DANGLING"), ("strom", "F_RELATION_ENDS")]
)
def test_an_arrow_gone_astray_is_what_its_claim_lacks(record, article, task, schemas, target, code):
    astray = replace(record, relations=(Relation("moss", target, "supports"), *record.relations[1:]))
    assert [one.code for one in check(astray, article, task, schemas)] == [code]


def test_an_arrow_gone_astray_excuses_no_more_than_one_claim(record, article, task, schemas):
    astray = replace(record, relations=(Relation("moss", "nowhere", "supports"), record.relations[2]))
    found = [(one.code, one.region) for one in check(astray, article, task, schemas)]
    assert found == [("F_RELATION_DANGLING", "nowhere"), ("F_HOLDER_MISSING", "works"), ("F_HOLDER_MISSING", "tax")]


def test_an_arrow_that_could_be_no_holders_excuses_nothing(record, article, task, schemas):
    other = replace(record, relations=(Relation("moss", "moss", "same_as"), *record.relations[1:]))
    found = [one.code for one in check(other, article, task, schemas)]
    assert found == ["F_RELATION_SELF", "F_HOLDER_MISSING"]


def test_an_arrow_both_ways_where_one_way_is_allowed(record, article, task, schemas):
    back = replace(
        record, relations=(record.relations[0], Relation("works", "moss", "supports"), *record.relations[1:])
    )
    assert codes(check(back, article, task, schemas)) == [("F_RELATION_ENDS", "/relations/1")]


def test_an_arrow_both_ways_that_is_drawn_twice(record, article, task, schemas):
    both = (Relation("moss", "strom", "same_as"), Relation("strom", "moss", "same_as"))
    drawn = replace(record, relations=(*record.relations, *both, *both))
    assert codes(check(drawn, article, task, schemas)) == [("F_RELATION_DUPLICATE", "/relations/5")]


def test_what_continues_a_mention_of_an_unknown_label_may_have_its_holder(record, article, task, schemas):
    odd = replace(record, mentions=tuple(
        replace(one, label="Alien") if one.id == "tax" else one for one in record.mentions
    ))  # fmt: skip
    assert codes(check(odd, article, task, schemas)) == [("F_LABEL_UNKNOWN", "/mentions/3/label")]


@pytest.mark.parametrize("code", ["F_TEXT_MISMATCH", "F_OFFSET_RANGE"])
def test_the_edges_of_a_misplaced_span_say_nothing(record, article, task, schemas, code):
    start = article.text.index("👩") + 1
    words = article.text[start : start + 4]
    cut = Mention("cut", "Actor", start, start + 4, words, {"type": "other"})
    odd = replace(record, mentions=(*record.mentions, cut))
    assert [one.code for one in examine(odd, [], article, task, schemas)] == ["F_SPAN_EDGES", "F_SPAN_GRAPHEME"]
    told = finding(code, "it is elsewhere", region="cut")
    assert examine(odd, [told], article, task, schemas) == [told]


def test_what_speaks_for_many_spans_leaves_them_no_finding_of_their_own():
    of_all = replace(finding("F_TEXT_CHANGED", "another text"), regions=("moss", "works"))
    general, other = finding("F_TEXT_CHANGED", "the checksum differs"), finding("F_CARDINALITY", "two", region="moss")
    of_each = [finding(code, "elsewhere", region="moss") for code in ("F_TEXT_MISMATCH", "F_OFFSET_RANGE")]
    beside = finding("F_TEXT_MISMATCH", "elsewhere", region="tax")
    unit = finding("F_OFFSET_UNIT", "no span", region="cut")
    assert summed_up([*of_each, beside, other, general, of_all, unit]) == [beside, other, of_all, unit]
    assert summed_up([*of_each, general, unit]) == [*of_each, general, unit]


def test_spans_of_one_id_share_their_attributes(record, article, task, schemas):
    twin = replace(record.mentions[0], attributes={"type": ("person", "party")})
    odd = replace(record, mentions=(twin, *record.mentions))
    told = finding("F_REGION_DUPLICATE_ID", "another one has it", region="moss")
    assert examine(odd, [told], article, task, schemas) == [told]
