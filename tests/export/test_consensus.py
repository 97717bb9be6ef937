from __future__ import annotations

from dataclasses import replace

import pytest

from curation.catalog import Field
from curation.export.columns import layout
from curation.export.consensus import agreed, tally, unanimous, votes
from curation.export.rows import Group, stance_rows
from curation.records import Relation

FIELD = Field("stance", "stance", "choice", ("favor", "against", "neutral"))


@pytest.fixture
def pair(study, make_article, make_annotation):
    """Two annotations that say the same under other ids, in another order, and the task's layout."""
    one = make_annotation(make_article(1), "annotator-01", "same")
    two = make_annotation(make_article(1), "annotator-02", "same")
    renamed = {mention.id: f"x{mention.id}" for mention in two.mentions}
    two = replace(
        two,
        mentions=tuple(replace(mention, id=renamed[mention.id]) for mention in reversed(two.mentions)),
        relations=tuple(
            Relation(renamed[one.source], renamed[one.target], one.label) for one in reversed(two.relations)
        ),
    )
    return layout(study.task), one, two


def test_ids_order_and_remarks_do_not_matter(pair):
    shape, one, two = pair
    assert one.choices["note"] != two.choices["note"]
    assert unanimous(shape, [one, two])


def _other_end(record):
    mention = record.mentions[0]
    return replace(record, mentions=(replace(mention, end=mention.end + 1), *record.mentions[1:]))


def _other_label(record):
    first, *others = record.relations
    return replace(record, relations=(replace(first, label="unclear"), *others))


def _turned(record):
    first, *others = record.relations
    return replace(record, relations=(Relation(first.target, first.source, first.label), *others))


def _other_attribute(record):
    first, *others = record.mentions
    return replace(record, mentions=(replace(first, attributes={**first.attributes, "kind": "causal"}), *others))


CHANGES = {
    "offset": _other_end,
    "attribute": _other_attribute,
    "relation": _other_label,
    "direction": _turned,
    "one relation less": lambda record: replace(record, relations=record.relations[1:]),
    "one mention twice": lambda record: replace(
        record, mentions=(*record.mentions, replace(record.mentions[0], id="again"))
    ),
    "stance": lambda record: replace(record, choices={**record.choices, "stance_rent_cap": "neutral"}),
    "stance missing": lambda record: replace(record, choices={"note": "x"}),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_everything_else_matters(pair, change):
    shape, one, two = pair
    assert not unanimous(shape, [one, change(two)])
    assert not unanimous(shape, [change(one), two])


def test_votes_leave_out_who_did_not_vote(make_article, make_annotation):
    record = make_annotation(make_article(1), "annotator-01")
    given = [
        replace(record, choices=choices) for choices in ({"stance": "favor"}, {}, {"stance": ("favor", "neutral")})
    ]
    assert votes(FIELD, given) == [("favor",), ("favor", "neutral")]


def test_shares_are_of_annotators_in_codebook_order():
    assert tally(FIELD, [("neutral",), ("favor",), ("favor", "neutral"), ("favor",)]) == [
        {"label": "favor", "votes": 3, "share": 0.75},
        {"label": "neutral", "votes": 2, "share": 0.5},
    ]


@pytest.fixture
def several(study, make_article, make_annotation):
    """What an article's row of `stance` on rents says where each annotator may pick several values, or none."""
    field = replace(study.task.choices["stance_rent_cap"], kind="choices")
    shape = layout(replace(study.task, choices={**study.task.choices, field.name: field}))

    def row(*said: tuple[str, ...], is_gold: bool = False):
        one = make_article(1)
        given = [
            replace(make_annotation(one, f"annotator-{who:02d}"), choices={field.name: values})
            for who, values in enumerate(said, start=1)
        ]
        gold = agreed(shape, given) if is_gold else None
        (found,) = (row for row in stance_rows(shape, Group(one, given, gold)) if row["scope"] == "article")
        return found

    return row


@pytest.mark.parametrize(
    ("said", "label", "annotators"),
    [
        ((("favor",), ("favor",)), "favor", 2),
        ((("favor", "neutral"), ("favor", "neutral")), None, 2),
        ((("favor",), ("neutral",)), None, 2),
        ((("favor",), ("favor", "neutral")), None, 2),
        ((("favor",), (), ("favor",)), "favor", 2),
        (((), ("favor", "neutral"), ()), None, 1),
    ],
)
def test_an_article_has_the_one_stance_that_all_have_who_say_any(several, said, label, annotators):
    """Where two values hold there is no one stance; whoever says nothing is none of the voters."""
    row = several(*said)
    assert (row["label"], row["method"], row["n_annotators"]) == (label, "votes", annotators)
    assert [one["label"] for one in row["soft"]] == [
        value for value in ("favor", "neutral") if any(value in values for values in said)
    ]
    for one in row["soft"]:
        assert one["share"] == one["votes"] / annotators


@pytest.mark.parametrize(("held", "label"), [(("favor",), "favor"), (("favor", "neutral"), None)])
def test_so_has_gold(several, held, label):
    row = several(held, held, is_gold=True)
    assert (row["label"], row["method"]) == (label, "unanimous")
