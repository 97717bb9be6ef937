"""Networks: networkx reads them back, its own projection agrees, and weights mean what they are said to."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations, product

import networkx as nx
import pytest
from networkx.algorithms.bipartite import weighted_projected_graph
from scipy.stats import binom

from curation.errors import CurationError
from curation.export.formats import named, write
from curation.export.formats.dynamic import spell
from curation.export.formats.graphs import _WINDOWS
from curation.export.formats.networks import DRAWS, Marked, Network, _draw, marked
from curation.export.formats.statements import SIGNS, Actors, sources
from tests.export.formats.conftest import Case, an_annotation, an_article, make, small_cases

FORMATS = ("graphml", "gexf")
STANCES = ("favor", "against", "neutral")


def read(path):
    """A network, whatever the format."""
    return nx.read_graphml(path, force_multigraph=True) if path.suffix == ".graphml" else nx.read_gexf(path)


def studies(seed: int, articles: int = 12, annotators: int = 2) -> list[Marked]:
    """Random articles, each with a few affiliations by some of its annotators."""
    dice = random.Random(seed)
    names = [f"annotator-{number}" for number in range(annotators)]
    found = []
    for number in range(articles):
        whose = [
            (dice.choice(names), (dice.choice("abcd"), dice.choice("xyz"), dice.choice(STANCES)))
            for _ in range(dice.randrange(1, 6))
        ]
        found.append(marked(f"article-{number}", names, whose))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_ties_are_the_projection_that_networkx_makes(seed):
    network = Network(studies(seed, annotators=1))
    graph = nx.Graph()
    signed = [one for one in network.affiliations() if one[2] in SIGNS]
    for actor, concept, stance in signed:
        graph.add_edge(("actor", actor), (concept, stance))
    actors = [node for node in graph if node[0] == "actor"]
    projected = weighted_projected_graph(graph, actors)
    ties = network.actors()
    congruent = {
        frozenset((one, other)): weight.mean for (one, other, kind), weight in ties.items() if kind == "congruence"
    }
    assert congruent == {
        frozenset((one[1], other[1])): told["weight"] for one, other, told in projected.edges(data=True)
    }
    for (one, other), concept in product(combinations("abcd", 2), "xyz"):
        against = (
            [(one, concept, "favor"), (other, concept, "against")],
            [(one, concept, "against"), (other, concept, "favor")],
        )
        assert all((one, other, "conflict") in ties for pair in against if set(pair) <= set(signed))


@pytest.mark.parametrize("seed", range(5))
def test_weights_of_affiliations_are_shares_of_annotators_summed_over_articles(seed):
    articles = studies(seed, annotators=2) + studies(seed + 100, annotators=3)
    articles = [Marked(f"{number}", one.annotators, one.found) for number, one in enumerate(articles)]
    found = Network(articles).affiliations()
    assert found.keys() == {affiliation for one in articles for affiliation in one.found}
    for affiliation, (weight, support) in found.items():
        those = [one for one in articles if affiliation in one.found]
        shares = [Fraction(len(one.found[affiliation]), one.annotators) for one in those]
        assert weight.mean == round(float(sum(shares)), 4)
        assert support.articles == len(those)
        assert support.unanimous == sum(share == 1 for share in shares)
        asked = sum(one.annotators for one in those)
        assert support.share == round(sum(len(one.found[affiliation]) for one in those) / asked, 4)
        assert support.unanimous <= weight.low <= weight.mean <= weight.high <= support.articles


@pytest.mark.parametrize("articles", [4, 9, 40, 200])
def test_bounds_are_those_of_the_exact_distribution(articles):
    """Of each article one of two annotators sees the edge: its weight is binomial, up to the draws' error."""
    edge = ("a", "x", "favor")
    seen = [marked(f"{number}", ["one", "other"], [("one", edge)]) for number in range(articles)]
    [(weight, support)] = Network(seen).affiliations().values()
    assert (weight.mean, support.articles, support.unanimous, support.share) == (articles / 2, articles, 0, 0.5)
    low, high = binom.ppf((0.025, 0.975), articles, 0.5)
    error = 1 + articles**0.5 / 10
    assert abs(weight.low - low) <= error
    assert abs(weight.high - high) <= error


def test_actors_whom_no_annotator_sees_together_have_no_tie():
    together = marked("1", ["one", "other"], [("one", ("a", "x", "favor")), ("one", ("b", "x", "favor"))])
    apart = marked("1", ["one", "other"], [("one", ("a", "x", "favor")), ("other", ("b", "x", "favor"))])
    [(tie, weight)] = Network([together]).actors().items()
    assert (tie, weight.mean, weight.low, weight.high) == (("a", "b", "congruence"), 0.5, 0, 1)
    assert Network([apart]).actors() == {}
    assert len(Network([apart]).affiliations()) == 2


@pytest.mark.parametrize("annotators", range(1, 14))
def test_annotators_are_drawn_as_often_or_once_less(annotators):
    counts = Counter(_draw(Marked("one", annotators, {}), DRAWS))
    assert counts.keys() == set(range(annotators))
    assert max(counts.values()) - min(counts.values()) == (DRAWS % annotators > 0)


def test_one_annotator_leaves_nothing_to_draw():
    found = Network(studies(1, annotators=1)).affiliations()
    assert all(weight.low == weight.mean == weight.high for weight, _ in found.values())


def test_a_network_does_not_go_by_the_order_of_articles():
    articles = studies(3, annotators=3)
    again = list(reversed(articles))
    assert Network(articles).affiliations() == Network(again).affiliations()
    assert Network(articles).actors() == Network(again).actors()
    assert DRAWS % 3 == 0


@pytest.mark.parametrize("form", FORMATS)
def test_networkx_reads_every_attribute_back(small, form, tmp_path):
    write(small, named(form), tmp_path / "out")
    graph = read(tmp_path / "out" / f"two-mode.{form}")
    actors = {node: told for node, told in graph.nodes(data=True) if told["mode"] == "actor"}
    assert {told["label"] for told in actors.values()} == {"Ida Vance", "Senat", "Shops", "Vermieter"}
    assert actors["actor:Q42"] | {"bipartite": 0} == {
        "label": "Ida Vance", "mode": "actor", "kind": "person", "wikidata": "Q42", "bipartite": 0,
    }  # fmt: skip
    edges = {
        (one, other, told["stance"]): {
            name: told[name] for name in told if name not in ("stance", "id", "networkx_key")
        }
        for one, other, told in graph.edges(data=True)
    }
    assert edges["actor:Q42", "concept:transport", "favor"] == {
        "sign": 1, "weight": 1.0, "weight_low": 1, "weight_high": 1, "support": 1.0, "articles": 1,
        "articles_unanimous": 1,
    }  # fmt: skip
    assert edges["actor:shops", "concept:economy", "neutral"] == {
        "sign": 0, "weight": 0.5, "weight_low": 0, "weight_high": 1, "support": 0.5, "articles": 1,
        "articles_unanimous": 0,
    }  # fmt: skip
    assert edges["actor:senat", "concept:housing", "favor"]["weight"] == 2.0
    assert len(edges) == graph.number_of_edges() == 8
    one_mode = read(tmp_path / "out" / f"actors.{form}")
    ties = {
        (one, other, told["relation"]): (told["sign"], told["weight"], told["weight_low"], told["weight_high"])
        for one, other, told in one_mode.edges(data=True)
    }
    assert ties == {
        ("actor:Q42", "actor:shops", "conflict"): (-1, 1.0, 0, 2),
        ("actor:senat", "actor:vermieter", "conflict"): (-1, 1.0, 1, 1),
    }


def test_both_formats_hold_the_same_network(small, tmp_path):
    for form in FORMATS:
        write(small, named(form), tmp_path / form, {"concept": "kind", "window": "quarter"})
    files = sorted(path.relative_to(tmp_path / "gexf").with_suffix("") for path in (tmp_path / "gexf").rglob("*.gexf"))
    assert len(files) == 12
    for file in files:
        if file.parts[0] == "over-time":
            continue
        found = []
        for form in FORMATS:
            graph = read(tmp_path / form / f"{file}.{form}")
            nodes = sorted((node, sorted(told.items())) for node, told in graph.nodes(data=True))
            edges = sorted(
                (one, other, sorted((k, v) for k, v in told.items() if k not in ("id", "networkx_key")))
                for one, other, told in graph.edges(data=True)
            )
            found.append((nodes, edges))
        assert found[0] == found[1], file


def test_windows_divide_the_articles_by_their_dates(small, tmp_path):
    for window, names in (
        ("year", ["2026"]),
        ("quarter", ["2026-Q1", "2026-Q2"]),
        ("month", ["2026-03", "2026-04"]),
        ("week", ["2026-W10", "2026-W17"]),
    ):
        out = tmp_path / window
        lost = write(small, named("graphml"), out, {"window": window, "mode": "two-mode"}).lost
        assert sorted(path.name for path in out.iterdir() if path.is_dir()) == names
        assert lost["article without a date, which is in no window"] == 1
    march = read(tmp_path / "month" / "2026-03" / "two-mode.graphml")
    assert {told["label"] for _, told in march.nodes(data=True) if told["mode"] == "actor"} == {"Ida Vance", "Shops"}


def test_a_window_goes_by_the_day_in_utc_as_splits_do(tmp_path):
    [case, *_] = small_cases()
    late = replace(case, article=replace(case.article, published_at="2026-01-31T23:30:00-05:00"))
    write(make(tmp_path / "late", [late]), named("graphml"), tmp_path / "out", {"window": "month"})
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_dir()] == ["2026-02"]
    write(make(tmp_path / "late", [late]), named("dna"), tmp_path / "dna")
    assert ";2026-02-01 04:30:00;" in (tmp_path / "dna" / "statements.csv").read_text(encoding="utf-8")


def at(graph: nx.MultiGraph, window: tuple[str, str]) -> tuple[list, list]:
    """What there is of a network over time in a window."""
    nodes = [(node, told) for node, told in graph.nodes(data=True) if window in told["spells"]]
    edges = []
    for one, other, told in graph.edges(data=True):
        if window in told["spells"]:
            timed = {
                name: [value for value, *when in held if tuple(when) == window]
                for name, held in told.items()
                if isinstance(held, list) and name != "spells"
            }
            assert all(len(values) == 1 for values in timed.values())
            edges.append((one, other, {**told, **{name: values[0] for name, values in timed.items()}}))
    return known(nodes, edges)


def known(nodes, edges) -> tuple[list, list]:
    """Nodes and edges with what is said of them but for when, and how they are numbered."""

    def facts(told):
        return sorted((name, value) for name, value in told.items() if name not in ("id", "networkx_key", "spells"))

    return (
        sorted((node, facts(told)) for node, told in nodes),
        sorted((*sorted(ends), facts(told)) for *ends, told in edges),
    )


SPELLS = {"2026-Q1": ("2026-01-01", "2026-03-31"), "2026-Q2": ("2026-04-01", "2026-06-30")}


@pytest.mark.parametrize("mode", ["two-mode", "actors", "concepts"])
def test_a_network_over_time_is_in_each_window_what_that_window_is(tmp_path, mode):
    cases = small_cases()
    later = [replace(case.article, published_at="2026-05-02", id=f"later-{case.article.id}") for case in cases]
    cases += [
        Case(one, [replace(said, id=f"later-{said.id}", article_id=one.id) for said in case.annotations])
        for one, case in zip(later, cases, strict=True)
    ]
    write(make(tmp_path / "twice", cases), named("gexf"), tmp_path / "out", {"window": "quarter"})
    graph = read(tmp_path / "out" / "over-time" / f"{mode}.gexf")
    assert graph.graph["mode"] == "dynamic"
    for window, when in SPELLS.items():
        alone = read(tmp_path / "out" / window / f"{mode}.gexf")
        assert alone.number_of_edges() > 0
        assert at(graph, when) == known(alone.nodes(data=True), alone.edges(data=True))
    text = (tmp_path / "out" / "over-time" / f"{mode}.gexf").read_text(encoding="utf-8")
    assert 'timeformat="date"' in text
    assert '<attribute id="weight" title="weight" type="double"' in text
    assert len(re.findall('<edge [^>]*weight="', text)) == 0, "Gephi takes it from the attribute"


@pytest.mark.parametrize(
    ("window", "day", "first", "last"),
    [
        ("year", "2024-02-29", "2024-01-01", "2024-12-31"),
        ("quarter", "2026-11-30", "2026-10-01", "2026-12-31"),
        ("month", "2024-02-10", "2024-02-01", "2024-02-29"),
        ("week", "2027-01-01", "2026-12-28", "2027-01-03"),
        ("year", "9999-12-31", "9999-01-01", "9999-12-31"),
        ("month", "0001-01-01", "0001-01-01", "0001-01-31"),
    ],
)
def test_a_window_has_its_first_and_last_day(window, day, first, last):
    assert spell(_WINDOWS[window], date.fromisoformat(day)) == (first, last)


@pytest.mark.parametrize("form", FORMATS)
def test_hostile_names_make_no_file_that_cannot_be_read(hostile, form, tmp_path):
    result = write(hostile, named(form), tmp_path / "out", {"concept": "claim_text"})
    graph = read(tmp_path / "out" / f"two-mode.{form}")
    labels = {told["label"] for _, told in graph.nodes(data=True) if told["mode"] == "actor"}
    assert "x" * 10_000 in labels
    assert "<script>&amp;</script>]]>" in labels
    assert "NUL \ufffd in it" in labels
    assert any("XML" in what for what in result.lost)


def test_concepts_are_fields_of_claims(small, tmp_path):
    with pytest.raises(CurationError, match="one of: kind, quotation, topics, holder, claim_text, auto"):
        write(small, named("gexf"), tmp_path / "out", {"concept": "mood"})
    write(small, named("gexf"), tmp_path / "out", {"concept": "claim_text", "mode": "two-mode"})
    graph = read(tmp_path / "out" / "two-mode.gexf")
    assert "concept:backs the charge […] clear the air" in graph


def test_a_name_is_the_one_item_that_it_was_given_with_and_of_several_none():
    seen = {
        ("Ida Vance", "Q42"): 3,
        ("IDA VANCE", None): 4,
        ("Mayor", "Q42"): 1,
        ("Lee", "Q1"): 2,
        ("Lee", "Q2"): 1,
        ("lee", None): 5,
    }
    actors = Actors(Counter(seen))
    actors.settle()
    assert {key: actors.key(*key) for key in seen} == {
        ("Ida Vance", "Q42"): "Q42",
        ("IDA VANCE", None): "Q42",
        ("Mayor", "Q42"): "Q42",
        ("Lee", "Q1"): "Q1",
        ("Lee", "Q2"): "Q2",
        ("lee", None): "lee",
    }
    assert {key: actors.label(key) for key in ("Q42", "Q1", "lee")} == {"Q42": "IDA VANCE", "Q1": "Lee", "lee": "lee"}
    assert (actors.item("Q42"), actors.item("lee")) == ("Q42", None)


def revised_cases() -> list[Case]:
    """An article that one annotated in two rounds and another without finding anything."""
    about = an_article(
        1, "Ms Vance spoke. She backs the cap; the mayor said so. Others do not.", published_at="2026-05"
    )
    actor, claim = {"type": "person"}, {"kind": "demand", "quotation": "none", "topics": ("housing",)}
    first = an_annotation(
        about, "a", [("m1", "Actor", "Others", actor), ("m2", "Claim", "the cap", claim)], [("m1", "m2", "opposes")]
    )
    second = an_annotation(
        about,
        "a",
        [
            ("m1", "Actor", "Ms Vance", actor),
            ("m2", "Actor", "She", actor),
            ("m3", "Actor", "the mayor", actor),
            ("m4", "Claim", "the cap", claim),
        ],
        [("m2", "m1", "same_as"), ("m3", "m2", "same_as"), ("m2", "m4", "supports")],
    )
    said = [first, replace(second, id="later", round=2), an_annotation(about, "b", [])]
    return [Case(about, said, gold=None)]


@pytest.fixture
def revised(tmp_path):
    return make(tmp_path / "revised", revised_cases())


def test_the_latest_round_counts_and_who_found_nothing_too(revised, tmp_path):
    result = write(revised, named("graphml"), tmp_path / "out", {"window": "year"})
    [(one, other, told)] = read(tmp_path / "out" / "two-mode.graphml").edges(data=True)
    assert (one, other, told["stance"]) == ("actor:the mayor", "concept:housing", "favor")
    assert (told["weight"], told["weight_low"], told["weight_high"], told["support"]) == (0.5, 0, 1, 0.5)
    assert dict(result.lost) == {"article without a date, which is in no window": 1}


@pytest.mark.parametrize("configs", [("statements",), ("statements", "articles")])
def test_the_latest_round_counts_without_annotations_too(configs, tmp_path):
    alone = make(tmp_path / "alone", revised_cases(), configs=configs)
    [source] = sources(alone, {"concept": "auto"}, Counter())
    assert [(event.name, event.stance) for event in source.events] == [("She", "favor")]
    write(alone, named("dna"), tmp_path / "dna")
    assert len((tmp_path / "dna" / "statements.csv").read_text(encoding="utf-8").splitlines()) == 2


def test_without_the_other_configs_what_is_not_known_is_told(small, tmp_path):
    losses = Counter()
    alone = make(tmp_path / "alone", small_cases(), configs=("statements",))
    found = {one.id: one.annotators for one in sources(alone, {"concept": "auto"}, losses)}
    assert found == {one.id: one.annotators for one in sources(small, {"concept": "auto"}, Counter())}
    assert losses["article of which nothing says who annotated it: who found no statement is not counted"] == 3


def test_an_empty_network_is_written_too(small, tmp_path):
    for form in FORMATS:
        write(small, named(form), tmp_path / form, {"concept": "holder"})
        for mode in ("two-mode", "actors", "concepts"):
            assert read(tmp_path / form / f"{mode}.{form}").number_of_edges() == 0
