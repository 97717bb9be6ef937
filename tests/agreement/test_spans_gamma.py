"""Gamma: its best alignment beside every alignment there is, the figures of its authors and of another program."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.agreement.spans import Dissimilarity, MarkedArticle, Unit, gamma
from curation.agreement.spans.continua import Continua
from curation.agreement.spans.gamma import disorder, expected_disorders, sampled
from curation.agreement.spans.unitary import TooManyAlignmentsError, best_alignment, candidates, disorders

UNLIKE = Dissimilarity()

# The example that pygamma-agreement is tested with. Its figures below, of version 0.5.9, are of 3,000 samples.
ALEX_PAUL_SUZAN = {
    "Alex": ["1 2 9", "2 11 17", "5 24 30", "6 32 36", "6 36 44", "7 44 60"],
    "Paul": ["1 2 9", "3 11 17", "5 19 25", "6 32 44"],
    "Suzan": ["1 2 9", "4 11 17", "5 21 27", "6 32 36", "6 36 40", "6 40 44"],
}
UNITS = {
    who: [Unit.at(int(start), int(end), label) for label, start, end in map(str.split, told)]
    for who, told in ALEX_PAUL_SUZAN.items()
}
PYGAMMA = {1.0: (0.6535416666666667, 1.349461, 0.195615), 3.0: (0.960625, 1.66011, 0.207015)}


@st.composite
def continua(draw: st.DrawFn) -> Continua:
    """Two to five annotators with up to four units each, close together, so that many alignments compete."""
    n = draw(st.integers(2, 5))
    most = {2: 4, 3: 3, 4: 2, 5: 1}[n]
    counts = [draw(st.integers(0, most)) for _ in range(n)]
    total = sum(counts)
    start = np.array([draw(st.integers(0, 12)) for _ in range(total)], dtype=float)
    length = np.array([draw(st.integers(1, 12)) for _ in range(total)], dtype=float)
    label = np.array([draw(st.integers(0, 2)) for _ in range(total)], dtype=np.int64)
    return Continua(start, start + length, label, np.repeat(np.arange(n), counts), np.zeros(total, dtype=np.int64), n)


def least_disorder(units: Continua, unlike: Dissimilarity) -> float:
    """The least sum of disorders of all alignments, each tried."""
    n, known = units.n_annotators, {}

    def cost(row: tuple[int, ...]) -> float:
        if row not in known:
            known[row] = float(disorders(np.array([row]), units, unlike)[0])
        return known[row]

    def least(left: frozenset[int]) -> float:
        if not left:
            return 0.0
        first = min(left)
        choices = [
            [first]
            if one == units.annotator[first]
            else [-1, *(each for each in sorted(left) if units.annotator[each] == one)]
            for one in range(n)
        ]
        return min(cost(row) + least(left - set(row)) for row in product(*choices))

    return least(frozenset(range(len(units.start))))


@settings(max_examples=120)
@given(continua(), st.sampled_from([UNLIKE, Dissimilarity(alpha=3), Dissimilarity(beta=0, empty=0.5)]))
def test_the_best_alignment_is_the_best_of_all(units, unlike):
    rows = best_alignment(units, unlike)
    assert sorted(rows[rows >= 0]) == list(range(len(units.start)))
    assert disorders(rows, units, unlike).sum() == pytest.approx(least_disorder(units, unlike), abs=1e-9)


@pytest.mark.parametrize(("n", "each", "seed"), [(3, 2, 114), (3, 4, 153), (3, 3, 164)])
def test_it_is_so_where_the_linear_program_halves_units(n, each, seed):
    random = np.random.default_rng(seed)
    assert random.integers(2, 5) == each
    start, length = random.integers(0, 12, n * each).astype(float), random.integers(1, 12, n * each).astype(float)
    label, of = random.integers(0, 3, n * each), np.repeat(np.arange(n), each)
    units = Continua(start, start + length, label, of, np.zeros(n * each, dtype=np.int64), n)
    rows = best_alignment(units, UNLIKE)
    assert disorders(rows, units, UNLIKE).sum() == pytest.approx(least_disorder(units, UNLIKE), abs=1e-9)
    assert sorted(rows[rows >= 0]) == list(range(n * each))


@pytest.mark.parametrize("alpha", PYGAMMA)
def test_disorders_are_those_of_pygamma_agreement(alpha):
    observed, expected, spread = PYGAMMA[alpha]
    units, unlike = Continua.of(UNITS), Dissimilarity(alpha=alpha)
    assert disorder(units, unlike)[0] == pytest.approx(observed, abs=1e-9)
    drawn = expected_disorders(units, unlike, np.random.default_rng(3), samples=1000)
    assert drawn.mean() == pytest.approx(expected, abs=4 * spread * (1 / 1000 + 1 / 3000) ** 0.5)
    assert drawn.std() == pytest.approx(spread, rel=0.1)


def test_the_disorder_of_an_article_counts_those_who_marked_nothing():
    alone = {"kim": [Unit.at(0, 10, "A")], "lee": [Unit.at(0, 10, "A")], "mo": []}
    rows = best_alignment(Continua.of(alone), UNLIKE)
    # One row, (0 + 1 + 1) / 3, over two thirds of a unit for each annotator.
    assert disorder(Continua.of(alone), UNLIKE)[0] == pytest.approx(1)
    assert rows.tolist() == [[0, 1, -1]]


def test_a_discontinuous_unit_stands_where_it_begins_and_ends():
    split, whole = Unit(((0, 3), (8, 10)), "A"), Unit.at(0, 10, "A")
    assert disorder(Continua.of({"kim": [split], "lee": [whole]}), UNLIKE)[0] == 0


def test_continua_together_have_the_disorders_of_each_alone():
    random = np.random.default_rng(5)
    units = Continua.of(UNITS)
    drawn = [units, *(sampled(units, random) for _ in range(5))]
    empty = Continua.of({who: [] for who in UNITS})
    together = disorder(Continua.together([*drawn, empty]), UNLIKE)
    assert together == pytest.approx([*(disorder(one, UNLIKE)[0] for one in drawn), 0], abs=1e-12)
    rows, saved = candidates(Continua.together(drawn), UNLIKE)
    assert len(rows) == sum(len(candidates(one, UNLIKE)[0]) for one in drawn)
    assert (saved > 0).all()


def test_samples_have_the_units_gaps_lengths_and_labels_of_what_was_marked():
    units, random = Continua.of(UNITS), np.random.default_rng(2)
    drawn = [sampled(units, random) for _ in range(2000)]
    lengths = np.concatenate([one.end - one.start for one in drawn])
    assert (lengths > 0).all()
    assert np.mean([len(one.start) for one in drawn]) == pytest.approx(len(units.start), rel=0.1)
    assert lengths.mean() == pytest.approx((units.end - units.start).mean(), rel=0.05)
    share = np.bincount(np.concatenate([one.label for one in drawn]), minlength=7) / len(lengths)
    assert share == pytest.approx(np.bincount(units.label, minlength=7) / len(units.label), abs=0.02)


def crowd(people: int, units: int) -> dict[str, list[Unit]]:
    """Everybody marks the same units, moved by a little; they lie so close that each may be aligned with several."""
    random = np.random.default_rng(people)
    starts = [(40 * at + int(random.integers(0, 8)), "AB"[at % 2]) for at in range(units)]
    return {
        f"annotator-{who}": [Unit.at(start + int(random.integers(0, 5)), start + 30, label) for start, label in starts]
        for who in range(people)
    }


@pytest.mark.parametrize("people", [5, 6])
def test_many_annotators_are_aligned_as_well(people):
    units = Continua.of(crowd(people, 8))
    rows = best_alignment(units, UNLIKE)
    assert len(rows) == 8
    assert (rows >= 0).all()
    assert gamma([MarkedArticle("a", "x" * 400, crowd(people, 8))], samples=5).point > 0.8


def test_more_alignments_than_were_allowed_end_the_search():
    units = Continua.of(crowd(6, 8))
    kept = len(candidates(units, UNLIKE)[0])
    assert best_alignment(units, UNLIKE, most=10 * kept).shape == (8, 6)
    with pytest.raises(TooManyAlignmentsError):
        best_alignment(units, UNLIKE, most=kept // 10)
    twice = Continua.together([units, units])
    assert len(best_alignment(twice, UNLIKE, most=10 * kept)) == 16


# Gamma over articles


def articles(n: int, seed: int, noise: int) -> list[MarkedArticle]:
    """Articles of three annotators who differ by as many characters and now and then by a unit."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(n):
        gold = [
            (int(start), int(start + random.integers(25, 50)), random.choice(["A", "B"]))
            for start in range(10, 600, 60)
        ]
        units = {}
        for who in ("kim", "lee", "mo"):
            moved = [(start + random.integers(0, noise + 1), end, label) for start, end, label in gold]
            units[who] = [Unit.at(int(start), end, str(label)) for start, end, label in moved if random.random() < 0.9]
        made.append(MarkedArticle(f"a{number}", "x" * 700, units))
    return made


def test_gamma_of_one_article_is_one_less_observed_over_expected_and_the_same_each_time():
    one = MarkedArticle("aps", "x" * 60, UNITS)
    found = gamma([one], samples=300).point
    assert found == gamma([one], samples=300).point
    assert found == pytest.approx(1 - PYGAMMA[1.0][0] / PYGAMMA[1.0][1], abs=0.02)
    assert found != gamma([one], samples=300, seed=1).point


def test_neither_the_order_nor_the_names_of_annotators_matter_nor_the_order_of_articles_and_units():
    made = articles(4, 1, 3)
    other = [
        MarkedArticle(one.id, one.text, {who: one.units[who][::-1] for who in reversed(one.units)}) for one in made
    ][::-1]
    assert gamma(other, samples=5).point == pytest.approx(gamma(made, samples=5).point, abs=1e-12)


def test_perfect_agreement_is_one_and_what_differs_more_is_less():
    made = articles(5, 2, 0)
    same = [MarkedArticle(one.id, one.text, dict.fromkeys(one.units, one.units["kim"])) for one in made]

    def changed(each):
        return [
            MarkedArticle(one.id, one.text, {**one.units, "mo": [each(unit) for unit in one.units["mo"]]})
            for one in same
        ]

    moved = [changed(lambda unit, by=by: Unit.at(unit.start + by, unit.end + by, unit.label)) for by in (1, 5, 20)]
    renamed = changed(lambda unit: Unit(unit.extent, "C"))
    values = [gamma(each, samples=10).point for each in (same, *moved)]
    assert values[0] == 1
    assert values == sorted(values, reverse=True)
    assert values[2] > values[3] + 0.05
    assert gamma(renamed, samples=10).point < values[2]


def test_a_copy_of_an_annotator_raises_it_and_agrees_wholly_with_the_copied():
    made = articles(3, 3, 12)
    copied = [MarkedArticle(one.id, one.text, {**one.units, "copy": one.units["mo"]}) for one in made]
    assert gamma(copied, samples=5).point > gamma(made, samples=5).point
    alone = [MarkedArticle(one.id, one.text, dict.fromkeys(("mo", "copy"), one.units["mo"])) for one in made]
    assert gamma(alone, samples=5).point == 1


def test_an_annotator_who_marked_nothing_lowers_it_and_an_article_without_units_has_no_say():
    made = articles(5, 4, 2)
    before = gamma(made, samples=10).point
    absent = [MarkedArticle(one.id, one.text, {**one.units, "noa": []}) for one in made]
    assert gamma(absent, samples=10).point < before - 0.1
    empty = MarkedArticle("empty", "x" * 10, {"kim": [], "lee": []})
    alone = MarkedArticle("alone", "x" * 10, {"kim": [Unit.at(0, 5, "A")]})
    assert gamma([*made, empty, alone], samples=10).point == before
    assert gamma([empty, alone]).point is None


def test_units_laid_down_by_chance_are_near_zero():
    pattern, random = Continua.of(articles(1, 6, 0)[0].units), np.random.default_rng(8)
    made = []
    for number in range(30):
        drawn = sampled(pattern, random)
        units = {str(who): [] for who in range(3)}
        for start, end, label, who in zip(drawn.start, drawn.end, drawn.label, drawn.annotator, strict=True):
            begin = max(0, round(start))
            units[str(who)].append(Unit.at(begin, max(begin + 1, round(end)), "AB"[label]))
        made.append(MarkedArticle(str(number), "x" * 2000, units))
    assert abs(gamma(made, samples=10).point) < 0.1


def test_more_samples_are_drawn_until_the_expected_disorder_is_known_well_enough():
    units = Continua.of(UNITS)
    drawn = expected_disorders(units, UNLIKE, np.random.default_rng(1), samples=30, precision=0.02)
    assert 100 < len(drawn) < 400
    assert len(expected_disorders(units, UNLIKE, np.random.default_rng(1), samples=30, precision=0.5)) == 30
    for wrong in ({"samples": 0}, {"precision": 0.0}, {"precision": 1.0}):
        with pytest.raises(ValueError, match="at least one sample"):
            expected_disorders(units, UNLIKE, np.random.default_rng(1), **wrong)
