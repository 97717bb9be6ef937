"""Each rule on a good record that was broken in one place: exactly one finding, of that code, at that place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.findings import FINDINGS
from curation.records import Annotation, Mention, Relation
from curation.text import content_hash
from curation.validation import RULES, check, explain

Change = Callable[[Annotation], Annotation]


def mention(mention_id: str, **changed: Any) -> Change:
    """Change one mention; `attributes` replaces all of them, other names are fields of `Mention`."""
    return lambda record: replace(
        record,
        mentions=tuple(replace(one, **changed) if one.id == mention_id else one for one in record.mentions),
    )


def attribute(mention_id: str, name: str, value: Any) -> Change:
    """Set one attribute of a mention; None takes it away."""

    def change(record: Annotation) -> Annotation:
        attributes = {**record.mention(mention_id).attributes, name: value}
        kept = {key: kept for key, kept in attributes.items() if kept is not None}
        return mention(mention_id, attributes=kept)(record)

    return change


def choice(name: str, value: Any) -> Change:
    """Set one choice of the article; None takes it away."""

    def change(record: Annotation) -> Annotation:
        choices = {**record.choices, name: value}
        return replace(record, choices={key: kept for key, kept in choices.items() if kept is not None})

    return change


def add_mention(*args: Any, **attributes: Any) -> Change:
    """Add a mention: id, label, start, end, text."""
    return lambda record: replace(record, mentions=(*record.mentions, Mention(*args, attributes)))


def add_relation(*args: Any) -> Change:
    """Add a relation: source, target, label."""
    return lambda record: replace(record, relations=(*record.relations, Relation(*args)))


def relation(position: int, *args: Any) -> Change:
    """Put another relation in the place of one."""

    def change(record: Annotation) -> Annotation:
        relations = list(record.relations)
        relations[position] = Relation(*args)
        return replace(record, relations=tuple(relations))

    return change


def without_relation(position: int) -> Change:
    """Take one relation away."""
    return lambda record: replace(record, relations=record.relations[:position] + record.relations[position + 1 :])


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(record: Annotation) -> Annotation:
        for one in changes:
            record = one(record)
        return record

    return change


@dataclass(frozen=True)
class Broken:
    """A change and the one finding that it must give."""

    code: str
    pointer: str
    region: str | None
    change: Change


TABLE = {
    "text changed": Broken(
        "F_TEXT_CHANGED", "/article_sha256", None, lambda record: replace(record, article_sha256="0" * 64)
    ),
    "status is no status": Broken("F_RECORD_SCHEMA", "/status", None, lambda record: replace(record, status="done")),
    "offset is no number": Broken("F_RECORD_SCHEMA", "/mentions/2/start", None, mention("strom", start="5")),
    "round 0": Broken("F_RECORD_SCHEMA", "/round", None, lambda record: replace(record, round=0)),
    "label": Broken("F_LABEL_UNKNOWN", "/mentions/6/label", "x", add_mention("x", "Party", 0, 5, "Mayor", type="odd")),
    "one id twice": Broken(
        "F_REGION_DUPLICATE_ID", "/mentions/6/id", "moss", add_mention("moss", "Actor", 0, 5, "Mayor", type="person")
    ),
    "one row twice": Broken(
        "F_REGION_DUPLICATE_ID",
        "/mentions/6/id",
        "moss",
        lambda record: replace(record, mentions=(*record.mentions, record.mentions[0])),
    ),
    "end behind the text": Broken(
        "F_OFFSET_RANGE", "/mentions/6/end", "x", add_mention("x", "Actor", 0, 9999, "Mayor", type="person")
    ),
    "begins before the text": Broken(
        "F_OFFSET_RANGE", "/mentions/6/start", "x", add_mention("x", "Actor", -3, 5, "or", type="person")
    ),
    "no characters": Broken(
        "F_OFFSET_RANGE", "/mentions/6/end", "x", add_mention("x", "Actor", 5, 5, "", type="person")
    ),
    "end before start": Broken(
        "F_OFFSET_RANGE", "/mentions/6/end", "x", add_mention("x", "Actor", 5, 0, "Mayor", type="person")
    ),
    "other text": Broken("F_TEXT_MISMATCH", "/mentions/0/text", "moss", mention("moss", text="Elena Mosse")),
    "other white space": Broken("F_TEXT_WHITESPACE", "/mentions/0/text", "moss", mention("moss", text="Elena\tMoss")),
    "same span twice": Broken(
        "F_SPAN_DUPLICATE", "/mentions/6", "x", add_mention("x", "Actor", 6, 16, "Elena Moss", type="government")
    ),
    "same span twice, the second empty": Broken(
        "F_SPAN_DUPLICATE", "/mentions/6", "x", add_mention("x", "Actor", 6, 16, "Elena Moss")
    ),
    "space at the end": Broken("F_SPAN_EDGES", "/mentions/0", "moss", mention("moss", end=17, text="Elena Moss ")),
    "space at the start": Broken("F_SPAN_EDGES", "/mentions/0", "moss", mention("moss", start=5, text=" Elena Moss")),
    "half an emoji": Broken(
        "F_SPAN_GRAPHEME", "/mentions/1/end", "works", mention("works", end=40, text="the charge works 👩")
    ),
    "attribute of another label": Broken(
        "F_ATTRIBUTE_LABEL", "/mentions/0/attributes/quotation", "moss", attribute("moss", "quotation", "none")
    ),
    "relabelled": Broken(
        "F_ATTRIBUTE_LABEL",
        "/mentions/6/attributes/kind",
        "x",
        add_mention("x", "Actor", 0, 5, "Mayor", kind="demand"),
    ),
    "unknown attribute": Broken(
        "F_CONTROL_UNKNOWN", "/mentions/0/attributes/mood~1tone", "moss", attribute("moss", "mood/tone", "none")
    ),
    "unknown choice": Broken("F_CONTROL_UNKNOWN", "/choices/stance_toll", None, choice("stance_toll", "favor")),
    "attribute on the article": Broken("F_CONTROL_UNKNOWN", "/choices/quotation", None, choice("quotation", "none")),
    "two values on one": Broken(
        "F_CARDINALITY", "/mentions/0/attributes/type", "moss", attribute("moss", "type", ("person", "odd"))
    ),
    "two stances": Broken(
        "F_CARDINALITY", "/choices/stance_rent_cap", None, choice("stance_rent_cap", ("favor", "against"))
    ),
    "no value of several": Broken(
        "F_CARDINALITY", "/mentions/1/attributes/topics", "works", attribute("works", "topics", ())
    ),
    "a value twice": Broken(
        "F_CARDINALITY",
        "/mentions/1/attributes/topics",
        "works",
        attribute("works", "topics", ("housing", "housing")),
    ),
    "empty required value": Broken(
        "F_CARDINALITY", "/mentions/0/attributes/type", "moss", attribute("moss", "type", "")
    ),
    "blank text": Broken("F_CARDINALITY", "/choices/note", None, choice("note", " \n")),
    "two texts": Broken("F_CARDINALITY", "/choices/note", None, choice("note", ("one", "two"))),
    "unknown value": Broken(
        "F_VALUE_UNKNOWN", "/mentions/0/attributes/type", "moss", attribute("moss", "type", "mayor")
    ),
    "unknown value among several": Broken(
        "F_VALUE_UNKNOWN",
        "/mentions/1/attributes/topics/1",
        "works",
        attribute("works", "topics", ("housing", "zoning")),
    ),
    "unknown stance": Broken("F_VALUE_UNKNOWN", "/choices/stance_rent_cap", None, choice("stance_rent_cap", "mixed")),
    "pattern": Broken("F_PATTERN", "/mentions/2/attributes/wikidata", "strom", attribute("strom", "wikidata", "q7")),
    "pattern and a line break": Broken(
        "F_PATTERN", "/mentions/2/attributes/wikidata", "strom", attribute("strom", "wikidata", "Q7\n")
    ),
    "required attribute": Broken(
        "F_REQUIRED_MISSING", "/mentions/0/attributes/type", "moss", attribute("moss", "type", None)
    ),
    "required stance": Broken("F_REQUIRED_MISSING", "/choices/stance_rent_cap", None, choice("stance_rent_cap", None)),
    "relation to nothing": Broken(
        "F_RELATION_DANGLING", "/relations/3/target", "gone", add_relation("moss", "gone", "same_as")
    ),
    "relation from nothing": Broken(
        "F_RELATION_DANGLING", "/relations/0/source", "gone", relation(0, "gone", "works", "supports")
    ),
    "relation from nothing to itself": Broken(
        "F_RELATION_DANGLING", "/relations/3/source", "gone", add_relation("gone", "gone", None)
    ),
    "relation to itself": Broken("F_RELATION_SELF", "/relations/3/target", "moss", add_relation("moss", "moss", None)),
    "relation without label": Broken(
        "F_RELATION_UNLABELLED", "/relations/0/label", "moss", relation(0, "moss", "works", None)
    ),
    "relation of another task": Broken(
        "F_RELATION_UNKNOWN", "/relations/0/label", "moss", relation(0, "moss", "works", "agrees")
    ),
    "backward relation": Broken("F_RELATION_ENDS", "/relations/0", "works", relation(0, "works", "moss", "supports")),
    "relation of wrong labels": Broken(
        "F_RELATION_ENDS", "/relations/3", "strom", add_relation("moss", "strom", "opposes")
    ),
    "relation twice": Broken("F_RELATION_DUPLICATE", "/relations/3", "moss", add_relation("moss", "works", "supports")),
    "no holder": Broken("F_HOLDER_MISSING", "/mentions/1", "works", without_relation(0)),
    "holder not unnamed any more": Broken("F_HOLDER_MISSING", "/mentions/5", "fear", attribute("fear", "holder", None)),
    "no fragment has a holder": Broken("F_HOLDER_MISSING", "/mentions/3", "tax", without_relation(1)),
    "fragment on its own": Broken("F_HOLDER_MISSING", "/mentions/4", "more", without_relation(2)),
    "unnamed and held": Broken(
        "F_HOLDER_UNNAMED", "/mentions/5/attributes/holder", "fear", add_relation("moss", "fear", "neutral")
    ),
    "supports and opposes": Broken("F_CONTRADICTION", "/relations/3", "moss", add_relation("moss", "works", "opposes")),
    "untouched suggestion": Broken(
        "F_SUGGESTION_UNTOUCHED", "/origin", None, lambda record: replace(record, origin="prediction")
    ),
}

STILL_GOOD = {
    "continued the other way round": relation(2, "tax", "more", "continues"),
    "holder of the second fragment": relation(1, "strom", "more", "supports"),
    "an excuse anywhere in the claim": both(without_relation(1), attribute("more", "holder", "unnamed")),
    "one holder, two stances": add_relation("strom", "works", "opposes"),
    "two holders, one claim": add_relation("strom", "works", "supports"),
    "a mention inside another": add_mention("x", "Actor", 12, 16, "Moss", type="person"),
    "one span, two labels": add_mention(
        "x", "Claim", 6, 16, "Elena Moss", kind="factual", quotation="none", holder="unnamed"
    ),
    "several values as one": attribute("works", "topics", "housing"),
    "changed suggestion": lambda record: replace(record, origin="prediction-changed"),
    "no optional field": both(attribute("strom", "wikidata", None), choice("note", None)),
}


def test_a_good_record_has_no_findings(record, article, task, schemas):
    assert check(record, article, task, schemas) == []


@pytest.mark.parametrize("name", STILL_GOOD)
def test_a_harmless_change_has_no_findings(name, record, article, task, schemas):
    changed = STILL_GOOD[name](record)
    assert changed != record
    assert check(changed, article, task, schemas) == []


@pytest.mark.parametrize("name", TABLE)
def test_one_fault_one_finding_at_its_place(name, record, article, task, schemas):
    broken = TABLE[name]
    found = check(broken.change(record), article, task, schemas)
    assert [(one.code, one.json_pointer, one.region) for one in found] == [(broken.code, broken.pointer, broken.region)]
    assert (found[0].severity, found[0].fix) == (FINDINGS[broken.code].severity, FINDINGS[broken.code].fix)


def test_a_span_across_paragraphs(record, article, task, schemas):
    start, end = article.text.index("well."), article.text.index("Ragnhild") + 8
    words = article.text[start:end]
    longer = both(add_mention("x", "Actor", start, end, words, type="other"), add_relation("x", "works", "neutral"))
    found = check(longer(record), article, task, schemas)
    assert [(one.code, one.severity) for one in found] == [("F_SPAN_PARAGRAPH", "warning")]
    assert "“well. Ragnhild”" in found[0].message


def test_an_unknown_article_is_all_that_is_said_about_it(record, task, schemas):
    found = check(mention("moss", text="something else")(record), None, task, schemas)
    assert [one.code for one in found] == ["F_ARTICLE_UNKNOWN"]
    assert "charge-1" in found[0].message


def test_offsets_into_another_text_are_not_judged(record, article, task, schemas):
    cut = replace(article, text="Short.", sha256=content_hash("Short."))
    assert [one.code for one in check(record, cut, task, schemas)] == ["F_TEXT_CHANGED"]


def test_faults_of_several_kinds_are_all_found(record, article, task, schemas):
    changes = both(attribute("moss", "type", None), choice("note", ""), without_relation(0))
    found = check(changes(record), article, task, schemas)
    assert sorted(one.code for one in found) == ["F_CARDINALITY", "F_HOLDER_MISSING", "F_REQUIRED_MISSING"]


def test_messages_quote_at_most_forty_characters(record, article, task, schemas):
    text = "\x1b[31m" + "very " * 500
    (found,) = check(mention("moss", text=text)(record), article, task, schemas)
    quoted = found.message.split("“")[1].split("”")[0]
    assert len(quoted) <= 40
    assert quoted.endswith("…")
    assert "\x1b" not in found.message
    assert quoted.startswith("\\u001b[31mvery")


def test_every_code_of_the_rules_is_documented_and_tried():
    codes = [code for codes, _ in RULES for code in codes]
    assert len(set(codes)) == len(codes)
    assert set(codes) <= set(FINDINGS)
    tried = {broken.code for broken in TABLE.values()} | {"F_SPAN_PARAGRAPH", "F_ARTICLE_UNKNOWN"}
    assert set(codes) == tried - {"F_RECORD_SCHEMA"}


def test_explain_knows_findings_alone():
    assert explain("F_RELATION_ENDS") == FINDINGS["F_RELATION_ENDS"]
    assert explain("E_USAGE") is None


_words = st.text(max_size=6)
_names = st.sampled_from(["Actor", "Claim", "Party", "type", "kind", "topics", "holder", "unnamed", "person", "note"])
_ids = st.sampled_from(["a", "b", "c", "d"])
_values = st.one_of(_names, _words, st.lists(_names | _words, max_size=3).map(tuple))
_fields = st.dictionaries(_names | _words, _values, max_size=4)
_offsets = st.integers(-3, 300) | st.integers()
_mentions = st.builds(Mention, _ids, _names | _words.filter(bool), _offsets, _offsets, _words, _fields)
_relation_labels = st.sampled_from(["supports", "continues", "same_as", "agrees", None])
_relations = st.builds(Relation, _ids, _ids, _relation_labels)
_choices = st.dictionaries(st.sampled_from(["stance_rent_cap", "note", "odd"]) | _words, _values, max_size=4)


@st.composite
def records(draw, good: Annotation) -> Annotation:
    """Anything of the schema's shape, from plausible to absurd."""
    return replace(
        good,
        article_sha256=draw(st.sampled_from([good.article_sha256, "f" * 64])),
        mentions=tuple(draw(st.lists(_mentions, max_size=6))),
        relations=tuple(draw(st.lists(_relations, max_size=6))),
        choices=draw(_choices),
        origin=draw(st.sampled_from(["manual", "prediction", "prediction-changed"])),
    )


@settings(max_examples=300, deadline=None)
@given(data=st.data(), known=st.booleans())
def test_no_record_of_the_schemas_shape_makes_check_fail(data, known, record, article, task, schemas):
    odd = data.draw(records(record))
    found = check(odd, article if known else None, task, schemas)
    assert "F_RECORD_SCHEMA" not in {one.code for one in found}
    assert ("F_ARTICLE_UNKNOWN" in {one.code for one in found}) is not known
    assert found == check(odd, article if known else None, task, schemas)


@settings(max_examples=150, deadline=None)
@given(text=st.text(min_size=1, max_size=60), data=st.data())
def test_any_slice_of_any_text_is_no_error(text, data, record, article, task, schemas):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    other = replace(article, text=text, sha256=content_hash(text))
    marked = Mention("x", "Actor", start, end, text[start:end], {"type": "other"})
    one = replace(record, article_sha256=other.sha256, mentions=(marked,), relations=())
    found = check(one, other, task, schemas)
    assert {each.code for each in found} <= {"F_SPAN_EDGES", "F_SPAN_PARAGRAPH", "F_SPAN_GRAPHEME"}
    longer = replace(one, mentions=(replace(marked, end=len(text) + 1),))
    assert [each.code for each in check(longer, other, task, schemas)] == ["F_OFFSET_RANGE"]
