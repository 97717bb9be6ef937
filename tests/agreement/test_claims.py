"""Statements of two annotators side by side: worked by hand, and whatever the order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from curation.agreement.claims import Scheme, Side, compare
from curation.records import Annotation, Mention, Relation

SCHEME = Scheme(
    claim_labels=("Claim",),
    continuation="continues",
    polarity={"supports": "favor", "opposes": "against"},
    fields=("kind",),
    relations=("supports", "opposes"),
)


def actor(name: str, start: int, end: int, called: str = "") -> Mention:
    return Mention(name, "Actor", start, end, "x" * (end - start), {"name": called} if called else {})


def claim(name: str, start: int, end: int, kind: str = "factual") -> Mention:
    return Mention(name, "Claim", start, end, "y" * (end - start), {"kind": kind})


def annotation(who: str, *mentions: Mention, drawn: tuple[tuple[str, str, str], ...] = ()) -> Annotation:
    return Annotation(who, "a", "", "t", "1", who, mentions=mentions, relations=tuple(Relation(*one) for one in drawn))


def side(one: Annotation, other: Annotation) -> Side:
    found = Side()
    compare(one, other, SCHEME, found)
    return found


def test_at_each_step_something_is_lost():
    one = annotation(
        "one",
        actor("1", 0, 10, "Ann"), actor("2", 20, 30, "Bob"),
        claim("3", 40, 60), claim("4", 70, 90), claim("5", 100, 120), claim("6", 130, 140),
        drawn=(("1", "3", "supports"), ("1", "4", "supports"), ("2", "5", "opposes"), ("2", "6", "supports")),
    )  # fmt: skip
    other = annotation(
        "other",
        actor("a", 200, 203, "ann"), actor("b", 20, 29, "Bob"), actor("e", 300, 303, "Eve"),
        claim("c", 41, 60), claim("d", 70, 88, "causal"), claim("f", 100, 120), claim("g", 150, 160),
        # The same under another mark; the same with another kind; held by somebody else; a claim of its own.
        drawn=(("a", "c", "supports"), ("a", "d", "opposes"), ("e", "f", "opposes"), ("b", "g", "supports")),
    )  # fmt: skip
    found = side(one, other)
    assert found.shares["claims"] == [6, 8]
    assert found.shares["statements: claim"] == [6, 8]
    assert found.shares["statements: holder"] == [4, 8]
    assert found.shares["statements: stance"] == [2, 8]
    assert found.shares["statements: fields"] == [2, 8]
    assert found.shares["holders by span"] == [0, 6]
    assert found.shares["holders by name"] == [4, 6]
    assert found.shares["field: kind"] == [2, 3]
    assert found.pairs["kind"] == {("factual", "factual"): 2, ("causal", "factual"): 1}
    assert found.shares["field: stance"] == [1, 2]
    assert found.pairs["stance"] == {("favor", "favor"): 1, ("against", "favor"): 1}
    # Only marks that both have are ends of a relation that both have; 2 -> 5 and 2 -> 6 have none.
    assert found.shares["relations: supports"] == [0, 5]


def test_a_claim_in_pieces_is_one_claim():
    whole = annotation("one", actor("1", 0, 9), claim("2", 20, 40), drawn=(("1", "2", "supports"),))
    pieces = annotation(
        "other", actor("a", 0, 9), claim("b", 20, 29), claim("c", 31, 40),
        drawn=(("a", "b", "supports"), ("c", "b", "continues")),
    )  # fmt: skip
    found = side(whole, pieces)
    assert found.shares["claims"] == [2, 2]
    assert found.shares["statements: fields"] == [2, 2]


def test_who_marked_nothing_agrees_with_nothing():
    empty = annotation("none")
    found = side(annotation("one", claim("2", 20, 40), claim("3", 50, 60)), empty)
    assert found.shares["claims"] == found.shares["statements: claim"] == [0, 2]
    assert side(empty, annotation("too")).shares["claims"] == [0, 0]


def test_that_nobody_is_named_is_agreed_upon_too():
    one, other = annotation("one", claim("2", 20, 40)), annotation("other", claim("b", 21, 40))
    assert side(one, other).shares["statements: stance"] == [2, 2]
    assert side(one, other).pairs.get("stance") is None
    held = annotation("third", actor("1", 0, 9), claim("2", 20, 40), drawn=(("1", "2", "supports"),))
    assert side(one, held).shares["statements: claim"] == [2, 2]
    assert side(one, held).shares["statements: holder"] == [0, 2]


def test_a_relation_is_the_same_where_its_ends_are_whatever_their_boundaries():
    one = annotation("one", actor("1", 0, 10), claim("2", 20, 40), drawn=(("1", "2", "supports"),))
    other = annotation("other", actor("a", 1, 10), claim("b", 20, 38), drawn=(("a", "b", "supports"),))
    assert side(one, other).shares["relations: supports"] == [2, 2]
    turned = annotation("other", actor("a", 1, 10), claim("b", 20, 38), drawn=(("b", "a", "supports"),))
    assert side(one, turned).shares["relations: supports"] == [0, 2]


def test_a_relation_to_any_fragment_of_a_claim_is_one_to_the_claim():
    whole = annotation("one", actor("1", 0, 9), claim("2", 20, 40), drawn=(("1", "2", "supports"),))
    pieces = annotation(
        "other", actor("a", 0, 9), claim("b", 20, 30), claim("c", 31, 40),
        drawn=(("a", "c", "supports"), ("c", "b", "continues")),
    )  # fmt: skip
    assert side(whole, pieces).shares["relations: supports"] == [2, 2]


def test_claims_on_the_same_words_are_told_apart_by_what_is_said_of_them():
    one = annotation("one", claim("1", 20, 40, "factual"), claim("2", 20, 40, "causal"))
    other = annotation("other", claim("1", 20, 40, "causal"), claim("2", 20, 40, "factual"))
    assert side(one, other).shares["field: kind"] == [2, 2]


@st.composite
def annotations(draw: st.DrawFn) -> Annotation:
    """A few actors and claims at places that often overlap, and relations between them."""
    mentions = []
    for number in range(draw(st.integers(0, 6))):
        start, size = draw(st.integers(0, 30)), draw(st.integers(1, 12))
        if draw(st.booleans()):
            mentions.append(actor(f"m{number}", start, start + size, draw(st.sampled_from(["", "Ann", "Bob"]))))
        else:
            mentions.append(claim(f"m{number}", start, start + size, draw(st.sampled_from(["factual", "causal"]))))
    names = [one.id for one in mentions]
    drawn = st.tuples(
        st.sampled_from(names), st.sampled_from(names), st.sampled_from(["supports", "opposes", "continues"])
    )
    relations = draw(st.lists(drawn, max_size=6, unique=True)) if names else []
    return annotation("x", *mentions, drawn=tuple(relations))


@given(annotations(), annotations())
def test_who_comes_first_does_not_matter(one, other):
    left, right = side(one, other), side(other, one)
    assert (left.shares, left.pairs) == (right.shares, right.pairs)


@given(annotations(), annotations(), st.randoms())
def test_the_order_of_marks_and_relations_does_not_matter(one, other, random):
    mentions, relations = (random.sample(each, len(each)) for each in (one.mentions, one.relations))
    mixed = replace(one, mentions=tuple(mentions), relations=tuple(relations))
    left, right = side(one, other), side(mixed, other)
    assert (left.shares, left.pairs) == (right.shares, right.pairs)


@given(annotations())
def test_everybody_agrees_with_himself(one):
    found = side(one, replace(one, annotator="again"))
    assert all(common == total for common, total in found.shares.values())


@given(annotations(), annotations())
def test_each_step_keeps_at_most_what_the_one_before_kept(one, other):
    shares = side(one, other).shares
    kept = [shares[f"statements: {step}"][0] for step in ("claim", "holder", "stance", "fields")]
    assert kept == sorted(kept, reverse=True)
    assert all(0 <= common <= total for common, total in shares.values())
