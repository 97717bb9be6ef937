"""Statements from mentions and relations: every claim once, every holder and stance once, in one order."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from curation.records import Annotation, Mention, Relation
from curation.statements import claims, statements

POLARITY = {"supports": "favor", "opposes": "against", "backs": "favor"}


def annotation(mentions, relations=()) -> Annotation:
    return Annotation(
        "u", "a", "0" * 64, "t", "1", "annotator-01", mentions=tuple(mentions), relations=tuple(relations)
    )


def derive(one: Annotation) -> list[tuple[tuple[str, ...], str | None, str | None]]:
    return [
        (tuple(part.id for part in found.claim), found.holder and found.holder.id, found.stance)
        for found in statements(one, POLARITY, "continues", ["Claim"])
    ]


ACTORS = [Mention("moss", "Actor", 0, 4, "Moss"), Mention("strom", "Actor", 5, 9, "Strö")]
CLAIMS = [
    Mention("c1", "Claim", 20, 25, "one"),
    Mention("c2", "Claim", 30, 35, "two"),
    Mention("c3", "Claim", 40, 45, "3"),
]


def test_a_claim_nobody_holds_is_a_statement_without_holder():
    assert derive(annotation([*ACTORS, CLAIMS[0]])) == [(("c1",), None, None)]


def test_each_holder_and_each_stance_is_a_statement():
    relations = [
        Relation("strom", "c1", "opposes"),
        Relation("moss", "c1", "opposes"),
        Relation("moss", "c1", "supports"),
        Relation("moss", "c1", "backs"),
    ]
    assert derive(annotation([*ACTORS, CLAIMS[0]], relations)) == [
        (("c1",), "moss", "favor"),
        (("c1",), "moss", "against"),
        (("c1",), "strom", "against"),
    ]


def test_a_holder_of_one_fragment_holds_the_whole_claim():
    relations = [
        Relation("c3", "c2", "continues"),
        Relation("c1", "c2", "continues"),
        Relation("moss", "c3", "supports"),
        Relation("moss", "c1", "supports"),
    ]
    found = annotation([CLAIMS[2], CLAIMS[0], *ACTORS, CLAIMS[1]], relations)
    assert derive(found) == [(("c1", "c2", "c3"), "moss", "favor")]
    (statement,) = statements(found, POLARITY, "continues", ["Claim"])
    assert statement.claim_text == "one […] two […] 3"


def test_without_continuation_every_mention_is_a_claim():
    one = annotation(CLAIMS, [Relation("c1", "c2", "continues")])
    assert [[part.id for part in group] for group in claims(one, None, ["Claim"])] == [["c1"], ["c2"], ["c3"]]


def test_relations_that_mean_nothing_here_make_no_statement():
    relations = [
        Relation("gone", "c1", "supports"),
        Relation("c1", "c1", "supports"),
        Relation("c1", "moss", "supports"),
        Relation("moss", "c1", None),
        Relation("moss", "c1", "same_as"),
        Relation("c1", "moss", "continues"),
        Relation("c1", "gone", "continues"),
    ]
    assert derive(annotation([*ACTORS, CLAIMS[0]], relations)) == [(("c1",), None, None)]


_ids = st.sampled_from("abcdefgh")
_mentions = st.lists(
    st.builds(
        Mention, _ids, st.sampled_from(["Actor", "Claim"]), st.integers(0, 30), st.integers(31, 60), st.just("words")
    ),
    max_size=8,
    unique_by=lambda mention: mention.id,
)
_relations = st.lists(
    st.builds(Relation, _ids, _ids, st.sampled_from([*POLARITY, "continues", "same_as", None])), max_size=14
)


@given(_mentions, _relations)
def test_claims_are_a_partition_along_the_text(mentions, relations):
    groups = claims(annotation(mentions, relations), "continues", ["Claim"])
    parts = [part for group in groups for part in group]
    assert sorted(part.id for part in parts) == sorted(one.id for one in mentions if one.label == "Claim")
    assert all(list(group) == sorted(group, key=lambda part: (part.start, part.end, part.id)) for group in groups)
    starts = [group[0].start for group in groups]
    assert starts == sorted(starts)
    home = {part.id: number for number, group in enumerate(groups) for part in group}
    joined = [(one.source, one.target) for one in relations if one.label == "continues"]
    assert all(home[a] == home[b] for a, b in joined if a in home and b in home)


@given(_mentions, _relations, st.randoms(use_true_random=False))
def test_the_order_of_rows_makes_no_difference(mentions, relations, random):
    one = annotation(mentions, relations)
    random.shuffle(mentions)
    random.shuffle(relations)
    other = replace(one, mentions=tuple(mentions), relations=tuple(relations))
    assert derive(one) == derive(other)


@given(_mentions, _relations)
def test_every_stance_on_a_claim_is_stated_once_and_no_other(mentions, relations):
    one = annotation(mentions, relations)
    found = derive(one)
    assert len(set(found)) == len(found)
    groups = [tuple(part.id for part in group) for group in claims(one, "continues", ["Claim"])]
    known = {mention.id for mention in mentions}
    expected = {
        (group, edge.source, POLARITY[edge.label])
        for group in groups
        for edge in relations
        if edge.label in POLARITY and edge.target in group and edge.source in known - set(group)
    }
    held = {group for group, _, _ in expected}
    assert set(found) == expected | {(group, None, None) for group in groups if group not in held}
