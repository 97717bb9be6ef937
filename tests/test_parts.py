"""Cutting long articles and joining what was said of their parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from curation.parts import cut, on_whole, starts, views
from curation.records import Annotation, Article, Mention, Relation
from curation.text import content_hash, normalise, splits_grapheme

words = st.text(st.sampled_from("ab é😀👍🏽\u200d\ufe0fe\u0301.!?。\n\n \t漢字नि"), min_size=1, max_size=400)


@dataclass(frozen=True)
class Field:
    kind: str
    silent: str | None = None


FIELDS = {"stance": Field("choice", "not_addressed"), "topics": Field("choices", "none"), "note": Field("text")}


def article(text: str) -> Article:
    return Article("long", text, content_hash(text), "A title", source_id="long", notes={"N_DATE": "?"})


def annotation(part: int | None, *, annotator: str = "ana", **said) -> Annotation:
    mentions = tuple(said.pop("mentions", ()))
    relations = tuple(said.pop("relations", ()))
    return Annotation(
        f"{annotator}-{part}", "long", "0" * 64, "mini", "1", annotator,
        mentions=mentions, relations=relations, choices=said, part=part,
    )  # fmt: skip


@given(words.map(normalise).filter(bool), st.integers(3, 60))
def test_parts_in_a_row_are_the_whole(text, longest):
    begins = starts(text, longest)
    parts = cut(article(text), begins)
    assert begins[0] == 0
    pieces = [text[start:end] for start, end in pairwise([*begins, len(text)])]
    assert all(0 < len(piece.rstrip()) <= longest for piece in pieces)
    assert not any(piece[0].isspace() for piece in pieces)
    assert bool(parts) == (len(text) > longest)
    if parts:
        assert "".join(part.text for part in parts) == text
        assert [part.part_start for part in parts] == begins
        assert all(part.text == text[part.part_start :][: len(part.text)] for part in parts)
        assert all(part.sha256 == content_hash(part.text) and part.part_of == "long" for part in parts)
        assert len({part.id for part in parts}) == len(parts)


@given(st.lists(st.integers(200, 1500), min_size=2, max_size=40), st.integers(4000, 8000))
def test_paragraphs_are_not_torn_and_parts_are_about_equal(lengths, longest):
    text = "\n\n".join(("word and more " * 120)[: length - 1] + "." for length in lengths)
    assume(len(text) > longest)
    begins = starts(text, longest)
    sizes = [end - start for start, end in pairwise([*begins, len(text)])]
    assert all(text[:start].endswith("\n\n") for start in begins[1:])
    assert len(sizes) <= -(-len(text) // longest) + 1
    assert max(sizes) - min(sizes) <= 3 * max(lengths) + 2 or len(sizes) > -(-len(text) // longest)


@pytest.mark.parametrize(
    ("text", "longest", "second"),
    [
        ("One two.\n\nThree four five.\nSix.", 22, "Three four five.\nSix."),
        ("One two three.\nFour five six.", 20, "Four five six."),
        ("One two three. Four five six.", 20, "Four five six."),
        ("He said: “No, never!” They left then.", 30, "They left then."),
        ("一二三四五六七。八九十一二三四五六", 12, "八九十一二三四五六"),
        ("one two three four five six", 20, "four five six"),
        ("x" * 9 + "👍🏽" + "y" * 9, 12, "👍🏽" + "y" * 9),
        ("x" * 20, 12, "x" * 10),
        ("One two." + " " * 40 + "Three.", 20, "Three."),
        ("One two three.\n\n   Indented, and more.", 24, "Indented, and more."),
    ],
)
def test_where_a_text_is_cut(text, longest, second):
    begins = starts(text, longest)
    assert [text[start:] for start in begins[1:]] == [second]


def test_no_character_is_torn_where_there_is_no_better_place():
    text = "👩‍👩‍👧" * 500
    begins = starts(text, 100)
    assert len(begins) > 20
    assert not any(splits_grapheme(text, start) for start in begins)


def test_a_short_article_has_no_parts():
    assert starts("short", 5) == [0]
    assert cut(article("short"), [0]) == []


@pytest.mark.parametrize("row", [".", "!", "…", "?)", "字"])
def test_a_long_row_of_marks_is_looked_at_once(row):
    """Were it looked at from each of its characters, this would not come to an end."""
    text = row * (1_000_000 // len(row))
    begins = starts(text, 400_000)
    assert len(begins) == 3


def test_what_a_part_carries():
    first, second = cut(article("One.\n\nTwo."), [0, 6])
    assert (first.id, first.title, first.text) == ("long.part-1", "A title (1/2)", "One.\n\n")
    assert (second.id, second.title, second.part_start) == ("long.part-2", "A title (2/2)", 6)
    assert second.source_id is None
    assert (second.notes, second.raw) == ({}, None)
    (untitled, _) = cut(replace(article("One.\n\nTwo."), title=None, id="x" * 78), [0, 6])
    assert untitled.title == "(1/2)"
    assert len(untitled.id) == 17


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(words.map(normalise).filter(lambda text: len(text) > 12), st.data())
def test_mentions_cut_and_joined_stand_where_they_stood(text, data):
    whole = article(text)
    parts = cut(whole, starts(text, 10))
    marked, said = set(), []
    for number, part in enumerate(parts, start=1):
        mentions = []
        for name in range(data.draw(st.integers(0, 2))):
            start = data.draw(st.integers(0, len(part.text) - 1))
            end = data.draw(st.integers(start + 1, len(part.text)))
            mentions.append(Mention(f"m{name}", "Actor", start, end, part.text[start:end]))
            marked.add((part.part_start + start, part.part_start + end, name, number))
        relations = [Relation("m0", "m1", "likes")] if len(mentions) == 2 else []
        seen = annotation(number, mentions=mentions, relations=relations)
        said.append(on_whole(seen, number, part.part_start, whole.sha256))
    (view,) = views(data.draw(st.permutations(said)), len(parts), FIELDS)
    joined = view.annotation
    assert view.made_of == tuple(one.id for one in said)
    assert (view.missing, view.differing, joined.part) == ((), (), None)
    assert joined.article_sha256 == whole.sha256
    assert sorted((one.start, one.end) for one in joined.mentions) == sorted(one[:2] for one in marked)
    assert all(text[one.start : one.end] == one.text for one in joined.mentions)
    assert len({one.id for one in joined.mentions}) == len(joined.mentions)
    for relation in joined.relations:
        ends = joined.mention(relation.source), joined.mention(relation.target)
        owner = {
            part.id
            for part in parts
            for end in ends
            if end and part.part_start <= end.start < part.part_start + len(part.text)
        }
        assert None not in ends
        assert len(owner) == 1
    assert len(joined.relations) == sum(len(one.relations) for one in said)


@pytest.mark.parametrize(
    ("said", "joined", "differing"),
    [
        (["favor", "favor"], "favor", ()),
        (["favor", "not_addressed", "favor"], "favor", ()),
        (["not_addressed", "not_addressed"], "not_addressed", ()),
        (["favor", None], "favor", ()),
        (["favor", "against"], None, ("stance",)),
        (["favor", "not_addressed", "against"], None, ("stance",)),
    ],
)
def test_the_value_that_all_parts_agree_on(said, joined, differing):
    own = [annotation(number, **({"stance": value} if value else {})) for number, value in enumerate(said, start=1)]
    (view,) = views(own, len(said), FIELDS)
    assert view.annotation.choices.get("stance") == joined
    assert view.differing == differing


def test_several_values_are_gathered_and_remarks_stand_in_a_row():
    own = [annotation(1, topics=("b", "none"), note="One."), annotation(2, topics=("a", "b"), note="Two.")]
    (view,) = views(own, 2, FIELDS)
    assert view.annotation.choices["note"] == "One.\nTwo."
    assert set(view.annotation.choices["topics"]) == {"a", "b"}
    (view,) = views([annotation(1, topics=("none",)), annotation(2, topics="none")], 2, FIELDS)
    assert view.annotation.choices["topics"] == ("none",)


def test_each_annotator_and_round_is_a_view_and_what_is_missing_is_said():
    own = [annotation(1), annotation(2), annotation(2, annotator="bo"), replace(annotation(1), id="again", round=2)]
    own += [annotation(None, annotator="cy")]
    found = views(own, 2, FIELDS)
    assert [(view.annotation.annotator, view.annotation.round, view.missing) for view in found] == [
        ("ana", 1, ()),
        ("ana", 2, (2,)),
        ("bo", 1, (1,)),
        ("cy", 1, ()),
    ]


def test_what_else_joins():
    one = replace(annotation(1), lead_time=1.5, created_at="2026-01-01T00:00:00Z", revision="r1")
    two = replace(annotation(2), lead_time=2.0, created_at="2026-01-02T00:00:00Z", revision="r2", origin="prediction")
    (view,) = views([two, one], 2, FIELDS)
    joined = view.annotation
    assert (joined.id, joined.lead_time, joined.created_at) == ("ana-1", 3.5, "2026-01-02T00:00:00Z")
    assert joined.origin == "prediction-changed"
    assert joined.revision not in (None, "r1", "r2")
