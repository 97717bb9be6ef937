"""Alpha over tokens and characters, alpha for unitizing, F1: beside a library, the formulas, and what must hold."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations, pairwise, permutations

import krippendorff
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation.agreement.spans import (
    MarkedArticle,
    Unit,
    character_alpha,
    exact,
    f1_by_pair,
    overlapping,
    pairwise_f1,
    token_alpha,
    tolerant,
    unitizing_alphas,
)
from curation.agreement.spans.pairwise import n_pairs
from curation.agreement.spans.units import tokens
from curation.matching import dice, iou

TEXT = "Ms. Höhn said: “We've won (twice)!”\n\nNo-one in 北京 disagreed, 3.5 % did."
LENGTH = len(TEXT)
ALIKE = {
    "exact": exact(),
    "iou": overlapping(0.5),
    "dice": overlapping(0.3, dice),
    "characters": tolerant(2),
    "tokens": tolerant(1, of="tokens"),
}


@st.composite
def unit(draw: st.DrawFn, length: int = LENGTH) -> Unit:
    """A unit of one, two or three stretches."""
    ends = draw(st.sets(st.integers(0, length), min_size=2, max_size=6))
    places = sorted(ends)[: len(ends) // 2 * 2]
    return Unit(tuple(zip(places[::2], places[1::2], strict=True)), draw(st.sampled_from("ABC")))


def article(number: int, people: str = "kim lee mo noa", most: int = 5) -> st.SearchStrategy[MarkedArticle]:
    """An article with one to four annotators, of whom some marked nothing."""
    marked = st.dictionaries(st.sampled_from(people.split()), st.lists(unit(), max_size=most), min_size=1)
    return st.builds(MarkedArticle, st.just(f"a{number}"), st.just(TEXT), marked)


ARTICLES = st.integers(1, 3).flatmap(lambda n: st.tuples(*map(article, range(n))))


@st.composite
def unitized(draw: st.DrawFn, number: int = 0) -> MarkedArticle:
    """Two to four annotators whose units do not overlap, and may touch."""
    marked = {}
    for person in ["kim", "lee", "mo", "noa"][: draw(st.integers(2, 4))]:
        places = sorted(draw(st.sets(st.integers(0, 30), max_size=8)))
        stretches = draw(st.lists(st.sampled_from(list(pairwise(places))), unique=True)) if len(places) > 1 else []
        marked[person] = [Unit.at(start, end, draw(st.sampled_from("ABC"))) for start, end in stretches]
    return MarkedArticle(f"a{number}", "x" * 30, marked)


def values(one: MarkedArticle, places: Sequence[tuple[int, int]]) -> list[list[str]]:
    """What each annotator said of each place, place by place."""
    return [
        [
            "+".join(
                sorted(
                    {each.label for each in units if any(start < right and left < end for left, right in each.extent)}
                )
            )
            or "O"
            for start, end in places
        ]
        for units in one.units.values()
    ]


def by_library(articles: Sequence[MarkedArticle], places) -> float | None:
    """Alpha of the krippendorff library over every place, one by one; None where it has none."""
    compared = [one for one in articles if len(one.units) > 1]
    most = max((len(one.units) for one in compared), default=0)
    columns: list[list[float]] = []
    codes: dict[str, int] = {}
    for one in compared:
        for said in zip(*values(one, places(one.text)), strict=True):
            coded = [float(codes.setdefault(value, len(codes))) for value in said]
            columns.append(coded + [np.nan] * (most - len(coded)))
    if len(codes) < 2:
        return None
    return float(krippendorff.alpha(np.array(columns).T, level_of_measurement="nominal"))


def close(mine: float | None, theirs: float | None) -> None:
    assert (mine is None) == (theirs is None)
    if mine is not None:
        assert mine == pytest.approx(theirs, abs=1e-9)


@settings(max_examples=50)
@given(ARTICLES)
def test_token_alpha_is_that_of_krippendorff_over_every_token(articles):
    close(token_alpha(articles).point, by_library(articles, tokens))


@settings(max_examples=40)
@given(ARTICLES)
def test_character_alpha_is_that_of_krippendorff_over_every_character(articles):
    every = [(place, place + 1) for place in range(LENGTH)]
    close(character_alpha(articles).point, by_library(articles, lambda text: every))


def test_tokens_are_words_and_single_signs():
    assert " ".join(TEXT[start:end] for start, end in tokens(TEXT)) == (
        "Ms . Höhn said : “ We ' ve won ( twice ) ! ” No - one in 北京 disagreed , 3 . 5 % did ."
    )


def test_a_unit_that_covers_half_a_token_covers_it_and_one_that_covers_white_space_covers_none():
    half = MarkedArticle("a", "one two", {"kim": [Unit.at(1, 2, "A")], "lee": [Unit.at(0, 3, "A")]})
    space = MarkedArticle("a", "one two", {"kim": [Unit.at(3, 4, "A")], "lee": []})
    assert token_alpha([half]).point == pytest.approx(1)
    assert token_alpha([space]).point is None
    assert character_alpha([space]).point is not None


# Alpha for unitizing


def partition(one: MarkedArticle, person: str) -> list[tuple[int, int, str]]:
    """The whole continuum of one annotator whose units do not overlap: units and gaps."""
    found, at = [], 0
    for each in sorted(one.units[person]):
        found += [(at, each.start, ""), (each.start, each.end, each.label)]
        at = each.end
    return [part for part in [*found, (at, len(one.text), "")] if part[0] < part[1]]


def by_the_formulas(one: MarkedArticle) -> dict[str, float | None]:
    """The four coefficients by equations 1, 4, 5a, 6, 10, 11 and 13b, segment by segment."""
    people, total = list(one.units), len(one.units) * len(one.text)
    parts = {person: partition(one, person) for person in people}
    labels = sorted({value for of in parts.values() for _, _, value in of} | {""})

    def meet(a, b):
        return max(0, min(a[1], b[1]) - max(a[0], b[0]))

    observed = {(c, k): 0.0 for c in labels for k in labels}
    squares, met = dict.fromkeys(labels, 0.0), dict.fromkeys(labels, 0.0)
    for person in people:
        for part in parts[person]:
            size = part[1] - part[0]
            squares[part[2]] += size**2 if part[2] else size
    for i, j in permutations(people, 2):
        for a in parts[i]:
            for b in parts[j]:
                observed[a[2], b[2]] += meet(a, b) / (len(people) - 1)
            met[a[2]] += sum(meet(a, b) for b in parts[j] if b[2]) ** 2 / (len(people) - 1)
    margin = {c: sum(observed[c, k] for k in labels) for c in labels}
    spread = total**2 - sum(squares.values())
    expected = {
        (c, k): total * (margin[c] * margin[k] - (squares[c] if c == k else 0)) / spread if spread else 0.0
        for c in labels
        for k in labels
    }

    def coefficient(above: float, below: float) -> float | None:
        return 1 - above / below if below > 1e-9 else None

    found = {
        "u_alpha": coefficient(
            total - sum(observed[c, c] for c in labels), sum(expected[c, k] for c in labels for k in labels if c != k)
        ),
        "|u_alpha": coefficient(
            sum(observed["", k] for k in labels if k), sum(expected["", k] for k in labels if k)
        ),
    }  # fmt: skip
    named = [label for label in labels if label]
    inner = {c: sum(observed[c, k] for k in named) for c in named}
    whole = sum(inner.values())
    denominator = whole - sum(met[c] for c in named) / whole if whole else 0.0
    coded = {
        (c, k): (inner[c] * inner[k] - (met[c] if c == k else 0)) / denominator if denominator > 1e-9 else 0.0
        for c in named
        for k in named
    }
    found["cu_alpha"] = coefficient(
        whole - sum(observed[c, c] for c in named), sum(coded[c, k] for c in named for k in named if c != k)
    )
    for k in named:
        row = sum(coded[c, k] for c in named)
        off = row - coded[k, k]
        found[f"({k})u_alpha"] = (
            1 - row / inner[k] * (inner[k] - observed[k, k]) / off if inner[k] and off > 1e-9 else None
        )
    return found


@settings(max_examples=100)
@given(unitized())
def test_the_unitizing_family_is_what_its_equations_say(one):
    mine, theirs = unitizing_alphas([one]), by_the_formulas(one)
    assert mine.keys() == theirs.keys()
    for name, value in theirs.items():
        close(mine[name].point, value)


def test_the_unitizing_family_has_the_figures_of_another_program():
    # A program written from Krippendorff et al. 2016, which names their equations, prints these for its example.
    one = MarkedArticle(
        "a",
        "x" * 20,
        {
            "Alex": [Unit.at(2, 5, "1"), Unit.at(9, 11, "1"), Unit.at(12, 20, "2")],
            "Paul": [Unit.at(2, 5, "1"), Unit.at(7, 15, "2")],
            "Susan": [Unit.at(2, 5, "1"), Unit.at(10, 15, "2")],
        },
    )
    found = {name: round(sums.point, 3) for name, sums in unitizing_alphas([one]).items()}
    assert found == {"u_alpha": 0.474, "|u_alpha": 0.433, "cu_alpha": 0.779, "(1)u_alpha": 0.769, "(2)u_alpha": 0.787}


@settings(max_examples=40)
@given(unitized(0), unitized(1))
def test_several_articles_are_one_continuum(first, second):
    people = [person for person in first.units if person in second.units]
    first, second = (MarkedArticle(a.id, a.text, {who: a.units[who] for who in people}) for a in (first, second))
    moved = {
        who: [*first.units[who], *(Unit.at(30 + each.start, 30 + each.end, each.label) for each in second.units[who])]
        for who in people
    }
    joined = unitizing_alphas([MarkedArticle("whole", "x" * 60, moved)])
    for name, sums in unitizing_alphas([first, second]).items():
        close(sums.point, joined[name].point)


def test_units_that_overlap_are_cut_into_pieces_with_the_set_of_labels():
    nested = {who: [Unit.at(0, 8, "A"), Unit.at(3, 5, "B")] for who in ("kim", "lee")}
    cut = {who: [Unit.at(0, 3, "A"), Unit.at(3, 5, "A+B"), Unit.at(5, 8, "A")] for who in ("kim", "lee")}
    nested["lee"], cut["lee"] = nested["lee"][:1], [Unit.at(0, 8, "A")]
    for name, sums in unitizing_alphas([MarkedArticle("a", "x" * 20, nested)]).items():
        close(sums.point, unitizing_alphas([MarkedArticle("a", "x" * 20, cut)])[name].point)


# F1


def alike_by_definition(kind: str, one: Unit, other: Unit) -> bool:
    mine, yours = ({place for start, end in each.extent for place in range(start, end)} for each in (one, other))
    both = len(mine & yours)
    if kind == "exact":
        return mine == yours
    if kind == "iou":
        return both / len(mine | yours) >= 0.5
    if kind == "dice":
        return 2 * both / (len(mine) + len(yours)) >= 0.3 and both > 0
    if len(one.extent) != len(other.extent):
        return False
    if kind == "characters":
        ends = [[place for stretch in each.extent for place in stretch] for each in (one, other)]
        return all(abs(a - b) <= 2 for a, b in zip(*ends, strict=True))
    spans = tokens(TEXT)

    def numbered(stretch):
        # A stretch without a token lies between two: it begins at the next one, and ends before it.
        begin = sum(end <= stretch[0] for _, end in spans)
        return begin, sum(start < stretch[1] for start, _ in spans)

    ends = [[place for stretch in each.extent for place in numbered(stretch)] for each in (one, other)]
    return all(abs(a - b) <= 1 for a, b in zip(*ends, strict=True))


def most_pairs(kind: str, ours: Sequence[Unit], theirs: Sequence[Unit], labelled: bool) -> int:
    """The largest one-to-one pairing, of all there are."""
    if len(ours) > len(theirs):
        ours, theirs = theirs, ours
    return max(
        sum(
            (not labelled or one.label == other.label) and alike_by_definition(kind, one, other)
            for one, other in zip(ours, chosen, strict=True)
        )
        for chosen in permutations(theirs, len(ours))
    )


@pytest.mark.parametrize("kind", ALIKE)
@given(article(0, people="kim lee", most=4), st.booleans())
def test_f1_pairs_as_many_units_as_can_be(kind, one, labelled):
    same = ALIKE[kind](one)
    ours, theirs = (one.units.get(who, []) for who in ("kim", "lee"))
    assert n_pairs(ours, theirs, same, labelled=labelled) == most_pairs(kind, ours, theirs, labelled)


@settings(max_examples=25)
@pytest.mark.parametrize("kind", ALIKE)
@given(ARTICLES, st.booleans())
def test_f1_is_micro_over_articles_and_the_mean_over_pairs(kind, articles, labelled):
    each = {}
    for who, whom in combinations(sorted({person for one in articles for person in one.units}), 2):
        shared = [one for one in articles if who in one.units and whom in one.units]
        units = sum(len(one.units[who]) + len(one.units[whom]) for one in shared)
        if shared:
            pairs = sum(n_pairs(one.units[who], one.units[whom], ALIKE[kind](one), labelled=labelled) for one in shared)
            each[who, whom] = 2 * pairs / units if units else None
    there = [value for value in each.values() if value is not None]
    sums = pairwise_f1(articles, ALIKE[kind], labelled=labelled)
    close(sums.point, sum(there) / len(there) if there else None)
    assert f1_by_pair(articles, sums) == pytest.approx(each)


def test_the_thresholds_hold_where_they_say():
    mine, yours = [Unit.at(0, 10, "A")], [Unit.at(5, 15, "B")]
    one = MarkedArticle("a", "x" * 20, {"kim": mine, "lee": yours})
    assert pairwise_f1([one], overlapping(1 / 3), labelled=False).point == 1
    assert pairwise_f1([one], overlapping(0.34), labelled=False).point == 0
    assert pairwise_f1([one], overlapping(0.5, dice), labelled=False).point == 1
    assert pairwise_f1([one], overlapping(1 / 3)).point == 0
    assert pairwise_f1([one], tolerant(5), labelled=False).point == 1
    assert pairwise_f1([one], tolerant(4), labelled=False).point == 0
    assert pairwise_f1([one], exact(), labelled=False).point == 0
    assert iou(mine[0].extent, yours[0].extent) == pytest.approx(1 / 3)


def test_units_that_share_no_character_never_overlap_and_an_impossible_choice_is_refused():
    apart = MarkedArticle("a", "x" * 20, {"kim": [Unit.at(0, 5, "A")], "lee": [Unit.at(5, 9, "A")]})
    assert pairwise_f1([apart], overlapping(0)).point == 0
    with pytest.raises(ValueError, match="between 0 and 1"):
        overlapping(1.5)
    with pytest.raises(ValueError, match="no tolerance"):
        tolerant(-1)
    with pytest.raises(ValueError, match="no tolerance"):
        tolerant(1, of="lines")


def test_one_unit_is_paired_once():
    one = MarkedArticle("a", "x" * 20, {"kim": [Unit.at(0, 10, "A")], "lee": [Unit.at(0, 10, "A"), Unit.at(0, 9, "A")]})
    assert pairwise_f1([one], overlapping()).point == pytest.approx(2 / 3)


def test_a_label_may_be_called_as_nothing_or_as_two_others_are():
    named = {"kim": [Unit.at(0, 9, "O"), Unit.at(20, 30, "A+B")], "lee": [Unit.at(20, 30, "A"), Unit.at(20, 30, "B")]}
    plain = {"kim": [Unit.at(0, 9, "C"), Unit.at(20, 30, "D")], "lee": named["lee"]}
    mine, yours = ([MarkedArticle("a", TEXT, units)] for units in (named, plain))
    for measure in (token_alpha, character_alpha, lambda made: unitizing_alphas(made)["u_alpha"]):
        assert measure(mine).point == pytest.approx(measure(yours).point)


# What must hold of all of them


def every(articles: Sequence[MarkedArticle]) -> dict[str, float | None]:
    found = {"token": token_alpha(articles).point, "character": character_alpha(articles).point}
    found |= {name: sums.point for name, sums in unitizing_alphas(articles).items()}
    for kind, alike in ALIKE.items():
        for labelled in (True, False):
            found[f"{kind} {labelled}"] = pairwise_f1(articles, alike, labelled=labelled).point
    return found


@settings(max_examples=25)
@given(ARTICLES, st.randoms(use_true_random=False))
def test_no_order_matters_and_no_name(articles, shuffled: random.Random):
    names = dict(zip(["kim", "lee", "mo", "noa"], shuffled.sample(range(100), 4), strict=True))
    other = []
    for one in shuffled.sample(articles, len(articles)):
        people = shuffled.sample(sorted(one.units), len(one.units))
        units = {str(names[who]): shuffled.sample(one.units[who], len(one.units[who])) for who in people}
        other.append(MarkedArticle(one.id, one.text, units))
    mine, theirs = every(articles), every(other)
    assert mine.keys() == theirs.keys()
    for name, value in mine.items():
        close(value, theirs[name])


@settings(max_examples=50)
@given(st.lists(unit(), min_size=1, max_size=5), st.integers(2, 4))
@example([Unit.at(0, LENGTH, "A")], 2)
def test_perfect_agreement_is_one_or_nothing_tells_it_from_chance(units, people):
    one = MarkedArticle("a", TEXT, {f"p{number}": units for number in range(people)})
    for name, value in every([one]).items():
        # Two annotators with the same one label have nothing to be right about by chance.
        assert value == pytest.approx(1) or (value is None and not name.endswith(("True", "False")))
    if units == [Unit.at(0, LENGTH, "A")]:
        assert token_alpha([one]).point is None


@given(article(0, people="kim lee"))
def test_a_copy_of_an_annotator_agrees_wholly_with_him_and_as_he_does_with_the_others(one):
    copied = MarkedArticle("a", TEXT, {**one.units, "copy": one.units.get("kim", [])})
    for alike in ALIKE.values():
        alone = f1_by_pair([one], pairwise_f1([one], alike))
        found = f1_by_pair([copied], pairwise_f1([copied], alike))
        if "kim" in one.units:
            assert found["copy", "kim"] in (1.0, None)
            assert (found["copy", "kim"] is None) == (not one.units["kim"])
        if "kim" in one.units and "lee" in one.units:
            assert found["copy", "lee"] == found["kim", "lee"] == alone["kim", "lee"]


def test_an_annotator_who_marked_nothing_counts():
    both = [Unit.at(0, 8, "A"), Unit.at(15, 30, "B")]
    agreed = MarkedArticle("a", TEXT, {"kim": both, "lee": both})
    with_nobody = MarkedArticle("a", TEXT, {"kim": both, "lee": both, "mo": []})
    for name, value in every([agreed]).items():
        # Where units meet is asked of units alone.
        if name not in ("cu_alpha", "(A)u_alpha", "(B)u_alpha"):
            assert value == pytest.approx(1)
            assert every([with_nobody])[name] < 0.7


def test_an_article_that_all_left_empty_shows_agreement_on_nothing_to_alpha_and_none_to_f1():
    told = MarkedArticle("a", TEXT, {"kim": [Unit.at(0, 8, "A")], "lee": [Unit.at(3, 9, "A")]})
    empty = MarkedArticle("b", TEXT, {"kim": [], "lee": []})
    before, after = every([told]), every([told, empty])
    for name in ("token", "character", "u_alpha", "|u_alpha"):
        assert after[name] > before[name]
    assert {name: value for name, value in after.items() if name.endswith(("True", "False"))} == {
        name: value for name, value in before.items() if name.endswith(("True", "False"))
    }
    assert set(every([empty]).values()) == {None}


def test_units_set_by_chance_are_near_zero():
    drawn = random.Random(7)
    articles = []
    for number in range(150):
        units = {who: [] for who in ("kim", "lee", "mo")}
        for marked in units.values():
            for _ in range(12):
                start = drawn.randrange(1950)
                marked.append(Unit.at(start, start + drawn.randrange(10, 50), drawn.choice("AB")))
        articles.append(MarkedArticle(str(number), "word " * 400, units))
    found = every(articles)
    for name in ("token", "character", "u_alpha", "|u_alpha", "cu_alpha"):
        assert abs(found[name]) < 0.05
    assert found["exact True"] < 0.02


def test_what_is_no_unit_is_refused():
    for extent in ((), ((3, 3),), ((5, 2),), ((-1, 2),)):
        with pytest.raises(ValueError, match="no unit of text"):
            Unit(extent, "A")
    assert Unit(((4, 6), (0, 2), (2, 3)), "A") == Unit(((0, 3), (4, 6)), "A")
    with pytest.raises(ValueError, match="ends after the text"):
        MarkedArticle("a", "short", {"kim": [Unit.at(2, 6, "A")]})
