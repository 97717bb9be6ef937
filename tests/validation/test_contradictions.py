"""Relations that task.toml declares to exclude each other, and holders of what is marked as held by nobody named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.catalog import Contradiction
from curation.records import Annotation, Mention, Relation
from curation.validation import check


def codes(record, article, task, schemas) -> list[tuple[str, str | None, str | None]]:
    return [(one.code, one.region, one.json_pointer) for one in check(record, article, task, schemas)]


def related(record: Annotation, *relations: tuple[str, str, str]) -> Annotation:
    return replace(record, relations=(*record.relations, *(Relation(*one) for one in relations)))


def marked_again(record: Annotation, name: str, words: str) -> Annotation:
    """Another mark of an actor that is there, without joining the two."""
    other = record.mention(name)
    assert other is not None
    start = other.start + other.text.index(words)
    mark = Mention("again", other.label, start, start + len(words), words, {"type": "person"})
    return replace(record, mentions=(*record.mentions, mark))


def test_support_and_opposition_of_one_claim(record, article, task, schemas):
    both = related(record, ("moss", "works", "opposes"))
    assert codes(both, article, task, schemas) == [("F_CONTRADICTION", "moss", "/relations/3")]
    (found,) = check(both, article, task, schemas)
    assert found.severity == "error"
    assert "“Elena Moss” (6–16) supports Claim" in found.message
    assert "opposes" in found.message


def test_a_fragment_is_the_claim(record, article, task, schemas):
    both = related(record, ("strom", "more", "opposes"))
    assert codes(both, article, task, schemas) == [("F_CONTRADICTION", "strom", "/relations/3")]


def test_two_marks_of_one_actor_are_the_actor(record, article, task, schemas):
    apart = related(marked_again(record, "moss", "Moss"), ("again", "works", "opposes"))
    assert codes(apart, article, task, schemas) == []
    for joined in (("again", "moss", "same_as"), ("moss", "again", "same_as")):
        assert codes(related(apart, joined), article, task, schemas) == [("F_CONTRADICTION", "again", "/relations/3")]


def test_actors_are_the_same_over_others(record, article, task, schemas):
    chain = related(
        marked_again(record, "moss", "Moss"),
        ("moss", "strom", "same_as"), ("again", "strom", "same_as"), ("again", "works", "opposes"),
    )  # fmt: skip
    assert codes(chain, article, task, schemas) == [("F_CONTRADICTION", "again", "/relations/5")]


@pytest.mark.parametrize(
    "relations",
    [
        [("strom", "works", "opposes")],
        [("moss", "tax", "opposes"), ("strom", "works", "opposes")],
        [("moss", "works", "neutral"), ("moss", "works", "unclear")],
        [("moss", "strom", "speaks_for"), ("strom", "works", "opposes")],
    ],
    ids=str,
)
def test_what_contradicts_nothing(record, article, task, schemas, relations):
    assert codes(related(record, *relations), article, task, schemas) == []


def test_one_pair_of_ends_is_one_contradiction(record, article, task, schemas):
    often = related(record, ("moss", "works", "opposes"), ("moss", "works", "opposes"))
    assert [code for code, _, _ in codes(often, article, task, schemas)] == ["F_RELATION_DUPLICATE", "F_CONTRADICTION"]


def test_a_faulty_relation_contradicts_nothing(record, article, task, schemas):
    backward = related(record, ("works", "moss", "opposes"))
    assert [code for code, _, _ in codes(backward, article, task, schemas)] == ["F_RELATION_ENDS"]


def test_a_task_that_declares_none_has_none(record, article, task, schemas):
    both = related(record, ("moss", "works", "opposes"))
    assert codes(both, article, replace(task, contradictions=()), schemas) == []
    alone = replace(task, contradictions=(Contradiction(("supports", "opposes")),))
    assert [code for code, _, _ in codes(both, article, alone, schemas)] == ["F_CONTRADICTION"]
    fragment = related(record, ("strom", "more", "opposes"))
    assert codes(fragment, article, alone, schemas) == []


@pytest.mark.parametrize("relation", ["supports", "opposes", "neutral", "unclear"])
def test_an_unnamed_holder_who_is_named(record, article, task, schemas, relation):
    held = related(record, ("moss", "fear", relation))
    assert codes(held, article, task, schemas) == [("F_HOLDER_UNNAMED", "fear", "/mentions/5/attributes/holder")]


def test_an_unnamed_fragment_of_a_claim_that_is_held(record, article, task, schemas):
    joined = related(record, ("fear", "tax", "continues"))
    assert codes(joined, article, task, schemas) == [("F_HOLDER_UNNAMED", "fear", "/mentions/5/attributes/holder")]


def test_a_faulty_relation_holds_nothing(record, article, task, schemas):
    backward = related(record, ("fear", "moss", "supports"))
    assert [code for code, _, _ in codes(backward, article, task, schemas)] == ["F_RELATION_ENDS"]
