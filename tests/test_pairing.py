"""Marks of two annotators that are the same: by place, and where places are the same, by what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.matching import iou, matched
from curation.pairing import covered, marks, paired
from curation.records import Annotation, Mention, Relation


def mark(name: str, start: int, end: int, label: str = "Claim", **attributes: str) -> Mention:
    return Mention(name, label, start, end, "x" * (end - start), attributes)


def annotation(*mentions: Mention, drawn: tuple[tuple[str, str, str], ...] = ()) -> Annotation:
    relations = tuple(Relation(*one) for one in drawn)
    return Annotation("n", "a", "", "t", "1", "kim", mentions=mentions, relations=relations)


def ids(one: Annotation, other: Annotation, **options: object) -> list[tuple[str, str]]:
    return [(same.mine[0].id, same.yours[0].id) for same in paired(one, other, **options)]


PLACES = st.tuples(st.integers(0, 20), st.integers(1, 9), st.sampled_from(["Actor", "Claim"]), st.sampled_from("pq"))


@st.composite
def annotations(draw: st.DrawFn) -> Annotation:
    """A few marks that often lie on each other, some of them in fragments."""
    places = draw(st.lists(PLACES, max_size=6))
    made = [
        mark(f"m{at}", start, start + size, label, kind=kind) for at, (start, size, label, kind) in enumerate(places)
    ]
    claims = [one.id for one in made if one.label == "Claim"]
    pairs = st.tuples(st.sampled_from(claims), st.sampled_from(claims)) if claims else st.nothing()
    joined = draw(st.lists(pairs, max_size=3)) if claims else []
    return annotation(*made, drawn=tuple((one, other, "continues") for one, other in joined if one != other))


def test_stacked_marks_find_their_like_by_attributes_then_by_relations():
    mine = annotation(mark("1", 0, 9, kind="causal"), mark("2", 0, 9, kind="demand"))
    yours = annotation(mark("3", 0, 9, kind="demand"), mark("4", 0, 9, kind="causal"))
    assert ids(mine, yours) == [("1", "4"), ("2", "3")]
    actor = mark("a", 20, 29, "Actor")
    mine = annotation(actor, mark("1", 0, 9), mark("2", 0, 9), drawn=(("a", "2", "supports"),))
    yours = annotation(actor, mark("3", 0, 9), mark("4", 0, 9), drawn=(("a", "3", "supports"),))
    assert set(ids(mine, yours)) == {("a", "a"), ("1", "4"), ("2", "3")}


def test_what_is_said_never_outweighs_the_place():
    mine = annotation(mark("1", 0, 10, kind="causal"), mark("2", 0, 11, kind="demand"))
    yours = annotation(mark("3", 0, 10, kind="demand"), mark("4", 0, 11, kind="causal"))
    assert ids(mine, yours) == [("1", "3"), ("2", "4")]


def test_marks_of_unlike_labels_are_never_the_same():
    assert ids(annotation(mark("1", 0, 9, "Actor")), annotation(mark("1", 0, 9))) == []


def test_fragments_are_one_mark_only_where_they_are_asked_for():
    whole = annotation(mark("1", 0, 20))
    pieces = annotation(mark("2", 0, 9), mark("3", 10, 20), drawn=(("3", "2", "continues"),))
    options = {"continuation": "continues", "labels": ("Claim",)}
    (same,) = paired(whole, pieces, **options)
    assert [part.id for part in same.yours] == ["2", "3"]
    assert same.overlap == pytest.approx(19 / 20, abs=1e-5)
    assert ids(whole, pieces, least=0.45) == [("1", "3")]
    assert ids(whole, pieces, least=0.51) == []


@given(annotations(), annotations(), st.randoms())
def test_neither_the_side_nor_the_order_of_marks_matters(one, other, random):
    options = {"continuation": "continues", "labels": ("Claim",)}
    found = set(ids(one, other, **options))
    assert {(mine, yours) for yours, mine in ids(other, one, **options)} == found or _stacked(one, other)
    mixed = replace(one, mentions=tuple(random.sample(one.mentions, len(one.mentions))))
    assert set(ids(mixed, other, **options)) == found


def _stacked(*both: Annotation) -> bool:
    """Whether marks lie on each other that nothing tells apart but their ids."""
    for one in both:
        seen = [(part.label, part.start, part.end) for part in one.mentions]
        if len(set(seen)) < len(seen):
            return True
    return False


@given(annotations())
def test_every_mark_is_the_same_as_itself(one):
    options = {"continuation": "continues", "labels": ("Claim",)}
    assert set(ids(one, one, **options)) == {
        (whole[0].id, whole[0].id) for whole in marks(one, "continues", ("Claim",))
    }


@given(annotations(), annotations(), st.sampled_from([0.2, 0.5, 0.8]))
def test_pairs_are_one_to_one_and_overlap_as_much_as_without_what_is_said(one, other, least):
    found = list(paired(one, other, least=least))
    assert len({same.mine[0].id for same in found}) == len({same.yours[0].id for same in found}) == len(found)
    total = sum(iou(covered(same.mine), covered(same.yours)) for same in found)
    best = 0.0
    for label in ("Actor", "Claim"):
        left, right = ([covered((part,)) for part in of.mentions if part.label == label] for of in (one, other))
        best += sum(iou(left[a], right[b]) for a, b in matched(left, right, least=least))
    assert total == pytest.approx(best, abs=1e-4)
