"""Graphs of several annotators as one: what is the same is found, what is agreed stands, what is open is said."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.adjudication import Panel, Rules, fit_rules, merge
from curation.adjudication.alignment import clusters
from curation.adjudication.gold import decided, settled
from curation.catalog import builtin_root, find_root, load_task
from curation.records import Annotation, Mention, Relation
from curation.statements import claims

TEXT = "Mayor Ida Vance backs the charge; it will clear the air, she said, to cheers. Shops objected at once."
TASK = load_task(find_root(builtin_root()), "news-stance")
RULES = replace(Rules.of(TASK), boundaries={"Actor": "majority", "Claim": "majority"})
STANCES = ("supports", "opposes", "neutral", "unclear")


def mention(name, label, start, end, **attributes):
    return Mention(name, label, start, end, TEXT[start:end], attributes)


def by(annotator, mentions=(), relations=(), **choices):
    return Annotation(
        f"n-{annotator}", "article", "0" * 64, "news-stance", "1", annotator,
        mentions=tuple(mentions), relations=tuple(Relation(*one) for one in relations), choices=choices,
        revision=f"r-{annotator}",
    )  # fmt: skip


def content(merged):
    """What was merged, with places in the stead of ids."""
    places = {one.id: (one.label, one.start, one.end) for one in merged.mentions}
    return (
        sorted((one.label, one.start, one.end, one.text, sorted(one.attributes.items())) for one in merged.mentions),
        sorted((places[one.source], places[one.target], one.label) for one in merged.relations),
        dict(merged.choices),
    )


@st.composite
def graphs(draw, annotator):
    """A small graph of news-stance, stacked and overlapping mentions among it."""
    mentions = []
    for number in range(draw(st.integers(0, 6))):
        label = draw(st.sampled_from(["Actor", "Claim"]))
        start = draw(st.integers(0, 24))
        attributes = {}
        if label == "Actor":
            attributes["type"] = draw(st.sampled_from(["person", "group"]))
        else:
            attributes["kind"] = draw(st.sampled_from(["factual", "demand"]))
            topics = draw(st.lists(st.sampled_from(["transport", "economy"]), unique=True, max_size=2))
            if topics:
                attributes["topics"] = tuple(sorted(topics, reverse=True))
        mentions.append(mention(f"{annotator}{number}", label, start, start + draw(st.integers(1, 12)), **attributes))
    actors, found = ([one.id for one in mentions if one.label == label] for label in ("Actor", "Claim"))
    relations = {}
    for _ in range(draw(st.integers(0, 5)) if mentions else 0):
        if actors and found and draw(st.booleans()):
            pair = draw(st.sampled_from(actors)), draw(st.sampled_from(found))
            relations[pair] = draw(st.sampled_from(STANCES))
        elif len(found) > 1:
            pair = tuple(sorted(draw(st.lists(st.sampled_from(found), min_size=2, max_size=2, unique=True))))
            relations[pair] = "continues"
    choices = {}
    if draw(st.booleans()):
        choices["stance_rent_cap"] = draw(st.sampled_from(["favor", "against"]))
    return by(annotator, mentions, [(*pair, label) for pair, label in relations.items()], **choices)


TWO_TO_FOUR = st.integers(2, 4).flatmap(lambda count: st.tuples(*(graphs("abcd"[place]) for place in range(count))))
ALL_RULES = [
    RULES,
    replace(RULES, boundaries={"Actor": "union", "Claim": "intersection"}),
    replace(RULES, rules={key: replace(rule, method="unanimous") for key, rule in RULES.rules.items()}),
    replace(
        RULES,
        panel=Panel(weights={"a": 2.0, "b": 0.5}, experts={"b"}),
        rules={
            key: replace(rule, method="weighted" if key[0] in {"mention", "choice"} else "expert")
            for key, rule in RULES.rules.items()
        },
    ),
    replace(
        RULES,
        rules={
            key: replace(rule, method="union" if key[0] == "mention" else rule.method)
            for key, rule in RULES.rules.items()
        },
    ),
]
RULE_SETS = st.sampled_from(ALL_RULES)


@settings(max_examples=150)
@given(TWO_TO_FOUR, RULE_SETS, st.randoms())
def test_the_order_of_annotators_mentions_and_relations_never_matters(annotations, rules, random):
    shuffled = [
        replace(
            one,
            mentions=tuple(random.sample(one.mentions, len(one.mentions))),
            relations=tuple(random.sample(one.relations, len(one.relations))),
        )
        for one in random.sample(annotations, len(annotations))
    ]
    assert merge(annotations, rules) == merge(shuffled, rules)


@settings(max_examples=150)
@given(graphs("a"), st.integers(1, 4), st.sampled_from(ALL_RULES[:3]))
def test_identical_annotations_come_back_unchanged(graph, count, rules):
    same = [replace(graph, id=f"n-{name}", annotator=name) for name in "abcd"[:count]]
    merged = merge(same, rules)
    assert content(merged) == content(graph)
    assert merged.conflicts == ()
    assert merged.rejected == ()


def test_what_is_made_of_several_goes_by_all_versions_of_the_codebook():
    merged = merge([replace(by("b"), task_version="0.9"), replace(by("a"), task_version="2")], RULES)
    assert merged.task_version == "0.9, 2"
    assert settled(merged, "x").annotation.task_version == "0.9, 2"
    decision = replace(by("c"), task_version="3")
    assert decided(merged, "x", decision, None).annotation.task_version == "0.9, 2, 3"


@settings(max_examples=200)
@given(TWO_TO_FOUR, RULE_SETS)
def test_nothing_dangles_and_everything_is_accounted_for(annotations, rules):
    merged = merge(annotations, rules)
    ids = [one.id for one in merged.mentions]
    assert len(set(ids)) == len(ids)
    assert {end for one in merged.relations for end in (one.source, one.target)} <= set(ids)
    marked = [
        (source.annotation, source.mention)
        for ruling in merged.rulings
        if ruling.key[0] == "mention"
        for source in ruling.sources
    ]
    assert sorted(marked) == sorted((one.id, each.id) for one in annotations for each in one.mentions)
    drawn = [
        (source.annotation, source.relation)
        for ruling in merged.rulings
        if ruling.key[0] == "relation"
        for source in ruling.sources
    ]
    assert sorted(drawn, key=str) == sorted(((one.id, each) for one in annotations for each in one.relations), key=str)
    for ruling in merged.rulings:
        is_open = ruling.decision.open
        assert (ruling in merged.conflicts) == is_open
        if ruling.key[0] == "mention":
            assert (ruling.about[0] in ids) == (not is_open and ruling.decision.value is not None)
    for one in merged.mentions:
        assert one.text == TEXT[one.start : one.end]
    for ruling in merged.conflicts:
        assert ruling.sources


@settings(max_examples=150)
@given(TWO_TO_FOUR, st.sampled_from([0.3, 0.5, 1.0]))
def test_the_mentions_of_a_cluster_overlap_pair_by_pair(annotations, overlap):
    for cluster in clusters(annotations, overlap):
        spans = list(cluster.members.values())
        assert {one.label for one in spans} == {cluster.label}
        for one in spans:
            for other in spans:
                common = min(one.end, other.end) - max(one.start, other.start)
                both = one.end - one.start + other.end - other.start - common
                assert common / both >= overlap


def test_overlaps_are_assigned_for_the_best_of_all():
    one = by("a", [mention("a1", "Claim", 0, 10), mention("a2", "Claim", 4, 14)])
    other = by("b", [mention("b1", "Claim", 3, 13), mention("b2", "Claim", 7, 17)])
    pairs = [sorted(each.id for each in cluster.members.values()) for cluster in clusters([one, other])]
    assert pairs == [["a1", "b1"], ["a2", "b2"]]


def test_stacked_mentions_find_their_like():
    mine = [mention("a1", "Claim", 0, 10, kind="demand"), mention("a2", "Claim", 0, 10, kind="factual")]
    theirs = [mention("b1", "Claim", 0, 10, kind="factual"), mention("b2", "Claim", 0, 10, kind="demand")]
    merged = merge([by("a", mine), by("b", theirs)], RULES)
    assert not merged.conflicts
    assert sorted(one.attributes["kind"] for one in merged.mentions) == ["demand", "factual"]


@pytest.mark.parametrize(
    ("rule", "spans", "place"),
    [
        ("majority", [(0, 10), (2, 10), (2, 12)], (2, 10)),
        ("majority", [(0, 10), (0, 10), (2, 12), (3, 12)], None),
        ("majority", [(0, 10), (1, 10)], None),
        ("strict-majority", [(0, 10), (1, 10)], (1, 10)),
        ("strict-majority", [(0, 10), (2, 10), (2, 12)], (2, 10)),
        ("strict-majority", [(0, 10), (0, 10), (2, 12), (3, 12)], (2, 10)),
        ("strict-majority", [(0, 10), (1, 10), (2, 11), (3, 12), (4, 12)], (2, 11)),
        ("union", [(0, 10), (2, 12)], (0, 12)),
        ("intersection", [(0, 10), (2, 12)], (2, 10)),
        ("unanimous", [(0, 10), (0, 10), (0, 11)], None),
        ("expert", [(0, 10), (0, 10), (1, 11)], (1, 11)),
        ("weighted", [(0, 10), (0, 10), (1, 11)], (1, 11)),
    ],
)
def test_boundaries_follow_their_rule(rule, spans, place):
    panel = Panel(weights={"c": 3.0}, experts={"c"})
    rules = replace(RULES, boundaries={"Claim": rule}, panel=panel)
    annotations = [by("abcde"[n], [mention(f"m{n}", "Claim", *span)]) for n, span in enumerate(spans)]
    (found,) = merge(annotations, rules).mentions
    opened = [one for one in merge(annotations, rules).conflicts if one.key == ("boundaries", "Claim")]
    if place is None:
        # What all have in common is disputed by nobody.
        assert (found.start, found.end) == (max(s for s, _ in spans), min(e for _, e in spans))
        assert len(opened) == 1
        assert {share.value for share in opened[0].decision.shares} == {f"{s}:{e}" for s, e in spans}
    else:
        assert ((found.start, found.end), opened) == (place, [])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(12, 20)), min_size=1, max_size=6))
def test_the_strict_majority_leaves_nothing_open_and_takes_what_more_than_half_took_in(spans):
    rules = replace(RULES, boundaries={"Claim": "strict-majority"}, overlap=0.1)
    annotations = [by("abcdef"[n], [mention(f"m{n}", "Claim", *span)]) for n, span in enumerate(spans)]
    merged = merge(annotations, rules)
    taken = [at for at in range(25) if sum(start <= at < end for start, end in spans) * 2 > len(spans)]
    assert [(one.start, one.end) for one in merged.mentions] == [(taken[0], taken[-1] + 1)]
    assert not merged.conflicts


def test_only_what_is_disputed_is_open():
    actor = {"type": "person"}
    mine = by(
        "a",
        [mention("1", "Actor", 6, 15, **actor), mention("2", "Claim", 34, 55, kind="prediction")],
        [("1", "2", "supports")],
        stance_rent_cap="favor",
        stance_congestion_charge="neutral",
    )
    theirs = by(
        "b",
        [mention("x", "Actor", 6, 15, **actor), mention("y", "Claim", 34, 55, kind="evaluation")],
        [("x", "y", "opposes")],
        stance_rent_cap="favor",
        stance_congestion_charge="against",
        note="Hm.",
    )
    merged = merge([mine, theirs], RULES)
    assert [(one.label, dict(one.attributes)) for one in merged.mentions] == [("Actor", actor), ("Claim", {})]
    assert merged.choices == {"stance_rent_cap": "favor"}
    assert merged.relations == ()
    assert [one.key for one in merged.conflicts] == [
        ("attribute", "Claim", "kind"),
        ("relation", *STANCES),
        ("choice", "stance_congestion_charge"),
    ]
    kind, relation, _ = merged.conflicts
    assert [(one.value, one.annotators) for one in kind.decision.shares] == [
        ("prediction", ("a",)),
        ("evaluation", ("b",)),
    ]
    assert relation.about == tuple(one.id for one in merged.mentions)
    assert [(one.annotator, one.revision, one.relation.label) for one in relation.sources] == [
        ("a", "r-a", "supports"),
        ("b", "r-b", "opposes"),
    ]


def test_whoever_did_not_mark_both_ends_has_no_vote_on_a_relation():
    ends = [mention("1", "Actor", 6, 15), mention("2", "Claim", 34, 55)]
    annotations = [by("a", ends, [("1", "2", "supports")]), by("b", ends, [("1", "2", "supports")]), by("c", ends[:1])]
    merged = merge(annotations, RULES)
    (ruling,) = [one for one in merged.rulings if one.key[0] == "relation"]
    assert [one.annotator for one in ruling.ballots] == ["a", "b"]
    assert [one.label for one in merged.relations] == ["supports"]


def test_a_relation_waits_for_its_ends_or_goes_with_them():
    ends = [mention("1", "Actor", 6, 15), mention("2", "Claim", 34, 55)]
    one = by("a", ends, [("1", "2", "supports")])
    waiting = merge([one, by("b", ends[:1])], RULES)
    assert [ruling.decision.why for ruling in waiting.conflicts] == ["tie", "undecided end"]
    gone = merge([one, by("b", ends[:1]), by("c", ends[:1])], RULES)
    assert gone.conflicts == ()
    assert [(ruling.key[0], ruling.decision.why) for ruling in gone.rejected] == [
        ("mention", "majority"),
        ("relation", "rejected end"),
    ]
    assert not any(gone.of(ruling.about[0])[0].decision.open for ruling in gone.rejected)


def test_a_stance_toward_any_fragment_is_one_toward_the_claim():
    marks = [mention("1", "Actor", 6, 15), mention("2", "Claim", 22, 32), mention("3", "Claim", 37, 55)]
    first = by("a", marks, [("1", "2", "supports"), ("2", "3", "continues")])
    second = by("b", marks, [("1", "3", "supports"), ("3", "2", "continues")])
    merged = merge([first, second], RULES)
    assert merged.conflicts == ()
    assert sorted(one.label for one in merged.relations) == ["continues", "supports"]
    (claim,) = claims(merged.annotation("gold", "gold"), "continues", ["Claim"])
    assert [one.start for one in claim] == [22, 37]
    # Without the join these are two claims, and each stance has one vote of two.
    apart = merge([replace(one, relations=one.relations[:1]) for one in (first, second)], RULES)
    assert [one.decision.why for one in apart.conflicts] == ["tie", "tie"]


def test_an_arrow_without_a_label_counts_for_nothing():
    ends = [mention("1", "Actor", 6, 15), mention("2", "Claim", 34, 55)]
    merged = merge([by("a", ends, [("1", "2", None)]), by("b", ends)], RULES)
    assert (merged.relations, merged.conflicts) == ((), ())
    assert [one.decision.why for one in merged.rejected] == ["no label"]


def test_the_ground_truth_mark_decides_where_experts_do():
    rules = replace(RULES, rules={key: replace(rule, method="expert") for key, rule in RULES.rules.items()})
    one = by("a", [mention("1", "Actor", 6, 15, type="person")], stance_rent_cap="favor")
    merged = merge([one, by("b", stance_rent_cap="against"), by("c")], rules, truths={"n-a"})
    assert [dict(each.attributes) for each in merged.mentions] == [{"type": "person"}]
    assert merged.choices == {"stance_rent_cap": "favor"}
    without = merge([one, by("b", stance_rent_cap="against"), by("c")], rules)
    assert {each.decision.why for each in without.conflicts} == {"no expert"}


@pytest.mark.parametrize("model", ["dawid-skene", "mace"])
def test_models_learn_from_all_articles_and_decide_each(model):
    rules = replace(
        RULES,
        rules={
            key: replace(rule, method=model)
            if key[-1] in {"stance_rent_cap", "topics"} or key[0] == "mention"
            else rule
            for key, rule in RULES.rules.items()
        },
    )
    articles = []
    for number in range(30):
        right, wrong = ("favor", "against") if number % 2 else ("against", "favor")
        topics = ("transport",) if number % 3 else ("transport", "economy")
        good = [mention("1", "Claim", 22, 32, kind="demand", topics=topics)]
        poor = [*good, mention("2", "Claim", 40, 50, kind="demand")] if number % 5 == 0 else good
        articles.append(
            [
                replace(by("a", good, stance_rent_cap=right), article_id=f"t{number}"),
                replace(by("b", good, stance_rent_cap=right), article_id=f"t{number}"),
                replace(by("c", poor, stance_rent_cap=right if number % 4 == 0 else wrong), article_id=f"t{number}"),
            ]
        )
    with pytest.raises(ValueError, match="fit it first"):
        merge(articles[0], rules)
    fitted = fit_rules(articles, rules)
    for number, article in enumerate(articles):
        merged = merge(article, fitted)
        assert merged.choices == {"stance_rent_cap": "favor" if number % 2 else "against"}
        assert merged.mentions[0].attributes["topics"] == (("transport",) if number % 3 else ("transport", "economy"))
    fit = fitted.rules["choice", "stance_rent_cap"].fits[""]
    assert fit.reliability[0] > fit.reliability[2]
    assert fit_rules(articles, RULES) is RULES


@pytest.mark.parametrize(
    "annotations",
    [[], [by("a"), by("a")], [by("a"), replace(by("b"), article_id="other")], [by("a"), replace(by("b"), part=2)]],
    ids=["none", "twice", "articles", "parts"],
)
def test_what_cannot_be_merged_is_refused(annotations):
    with pytest.raises(ValueError, match="annotations"):
        merge(annotations, RULES)
