"""Samples nest, give every stratum its share, and are the same everywhere."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles.selection.sampling import UNKNOWN, allocate, rank, sequence, stratum

SHARES = ("proportional", "webster", "equal")
pools = st.dictionaries(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("xyz")), st.integers(0, 60), min_size=1, max_size=12
)
seeds = st.integers(-(2**70), 2**70)


@given(pools, seeds, st.sampled_from(SHARES), st.integers(0, 3))
def test_the_sequence_holds_every_article_once(sizes, seed, shares, minimum):
    assert Counter(sequence(sizes, seed=seed, shares=shares, minimum=minimum)) == Counter(sizes)


@given(pools, seeds, st.sampled_from(SHARES), st.integers(0, 3), st.integers(0, 400))
def test_a_larger_sample_contains_the_smaller(sizes, seed, shares, minimum, size):
    smaller = allocate(sizes, size, seed=seed, shares=shares, minimum=minimum)
    larger = allocate(sizes, size + 1, seed=seed, shares=shares, minimum=minimum)
    assert sum(smaller.values()) == min(size, sum(sizes.values()))
    assert all(smaller[key] <= larger[key] <= sizes[key] for key in sizes)


@given(pools, seeds, st.sampled_from(SHARES), st.integers(0, 400))
def test_the_order_of_the_input_does_not_matter(sizes, seed, shares, size):
    turned = dict(reversed(sizes.items()))
    assert allocate(turned, size, seed=seed, shares=shares) == allocate(sizes, size, seed=seed, shares=shares)


def levels(sizes: dict[tuple[str, ...], int], taken: dict[tuple[str, ...], int]) -> Iterator[list[tuple[int, int]]]:
    """Size and share of the first variable's values, and of the second's inside each of them."""
    firsts = {key[0] for key, n in sizes.items() if n}
    inside = [[(n, taken[key]) for key, n in sizes.items() if key[0] == first and n] for first in sorted(firsts)]
    yield from inside
    if inside:
        yield [(sum(n for n, _ in pairs), sum(a for _, a in pairs)) for pairs in inside]


@given(pools, seeds, st.integers(1, 400))
def test_every_stratum_gets_its_share_rounded_up_or_down(sizes, seed, size):
    """There is a rate t at which each stratum of N holds floor(t N) or that and one: the bounds of the method."""
    for pairs in levels(sizes, allocate(sizes, size, seed=seed)):
        assert max(Fraction(a - 1, n) for n, a in pairs) < min(Fraction(a + 1, n) for n, a in pairs)


@given(pools, seeds, st.integers(1, 400))
def test_webster_rounds_to_the_nearest(sizes, seed, size):
    """The test of a divisor method's seats (Balinski and Young): max (2 a - 1) / N <= min (2 a + 1) / N."""
    for pairs in levels(sizes, allocate(sizes, size, seed=seed, shares="webster")):
        got = [Fraction(2 * a - 1, n) for n, a in pairs if a]
        missed = [Fraction(2 * a + 1, n) for n, a in pairs if a < n]
        assert not got or not missed or max(got) <= min(missed)


@given(pools, seeds, st.integers(0, 400))
def test_equal_shares_differ_by_one_unless_a_stratum_is_used_up(sizes, seed, size):
    for pairs in levels(sizes, allocate(sizes, size, seed=seed, shares="equal")):
        most = max(a for _, a in pairs)
        assert all(a >= most - 1 or a == n for n, a in pairs)


@given(pools, seeds, st.sampled_from(SHARES), st.integers(1, 5), st.integers(0, 400))
def test_every_stratum_gets_the_minimum_where_the_size_allows(sizes, seed, shares, minimum, size):
    taken = allocate(sizes, size, seed=seed, shares=shares, minimum=minimum)
    wanted = {key: min(minimum, n) for key, n in sizes.items()}
    if size >= sum(wanted.values()):
        assert all(taken[key] >= wanted[key] for key in sizes)
    else:
        assert all(taken[key] <= wanted[key] for key in sizes)


def sainte_lague(votes: dict[str, int], seats: int) -> dict[tuple[str, ...], int]:
    return allocate({(name,): number for name, number in votes.items()}, seats, shares="webster")


@pytest.mark.parametrize(
    ("votes", "seats", "expected"),
    [
        # Honikel, Staatsrecht, worked examples: 10 seats.
        ({"A": 6100, "B": 5000, "C": 900}, 10, [5, 4, 1]),
        # Electowiki, Sainte-Laguë method, after N. R. Miller, Election Inversions: 35 seats, and 32 on the way there.
        ({"A": 503, "B": 304, "C": 193}, 32, [16, 10, 6]),
        ({"A": 503, "B": 304, "C": 193}, 35, [17, 11, 7]),
    ],
)
def test_webster_is_sainte_lague(votes, seats, expected):
    assert sorted(sainte_lague(votes, seats).values(), reverse=True) == expected


def test_the_long_tail_is_seen():
    """2,000 outlets of one article beside one of 2,000 get half of the sample, and nothing with u = 1/2."""
    sizes = {("large",): 2000} | {(f"small-{number}",): 1 for number in range(2000)}
    taken = [allocate(sizes, 400, seed=seed) for seed in range(20)]
    of_large = sum(one["large",] for one in taken) / len(taken)
    # The number of small ones that come in is binomial, 2,000 times one tenth: 13.4, and a twentieth of that squared.
    assert abs(of_large - 200) < 4 * 13.4 / math.sqrt(20)
    assert allocate(sizes, 400, shares="webster")["large",] == 400


def test_every_article_has_the_same_chance():
    sizes = {("a", "x"): 7, ("b", "x"): 1, ("b", "y"): 2, ("c", "y"): 1, ("d", "x"): 20, ("d", "y"): 9}
    times = 3000
    taken = Counter()
    for seed in range(times):
        taken.update(allocate(sizes, 10, seed=seed))
    for key, size in sizes.items():
        assert abs(taken[key] / times - size / 4) < 0.08, key


def test_the_first_variable_is_met_however_many_strata_are_below():
    """1,200 months and desks of one article each, in two outlets of 800 and 400: a sample of 30 is 20 and 10."""
    sizes = {("a", str(number)): 1 for number in range(800)} | {("b", str(number)): 1 for number in range(400)}
    for seed in range(20):
        of_a = sum(n for key, n in allocate(sizes, 30, seed=seed).items() if key[0] == "a")
        assert 19 <= of_a <= 21


def test_ranks_are_these_on_every_machine():
    """`printf '7\\000a-1' | b2sum -l 64` says the same."""
    assert [rank("a-1"), rank("a-1", 7), rank("é", 7)] == [0x8BFB986A2C003276, 0x823A2A045EDDFF69, 0x1023E45B4D278E9E]


@given(st.text(), seeds)
def test_ranks_have_64_bits(article_id, seed):
    assert 0 <= rank(article_id, seed) < 2**64


def test_seeds_draw_other_samples():
    ids = [f"a{number}" for number in range(1000)]
    tops = [frozenset(sorted(ids, key=lambda one: rank(one, seed))[:100]) for seed in range(5)]
    # Two samples of 100 out of 1,000 share 10 on average (standard deviation 2.8).
    assert all(len(one & other) < 25 for place, one in enumerate(tops) for other in tops[:place])


def test_strata_without_a_name_are_one():
    assert stratum((), outlet="Herald") == ()
    assert list(islice(sequence({(): 3}), 5)) == [(), (), ()]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (("outlet", "lang"), ("Herald", "pt-BR")),
        (("year",), ("2020",)),
        (("month",), ("2020-03",)),
        (("topic",), ("housing",)),
        (("section",), ("3",)),
        (("desk",), (UNKNOWN,)),
        (("license",), (UNKNOWN,)),
    ],
)
def test_strata(by, expected):
    meta = {"topic": ["housing", "rent"], "section": 3, "outlet": "not this one"}
    assert stratum(by, outlet="Herald", published_at="2020-03-01T10:00:00Z", lang="pt-BR", meta=meta) == expected


@pytest.mark.parametrize(
    ("published_at", "expected"),
    [
        ("2020", ("2020", UNKNOWN)),
        ("2020-03", ("2020", "2020-03")),
        ("3 March 2020", (UNKNOWN, UNKNOWN)),
        (None, (UNKNOWN, UNKNOWN)),
    ],
)
def test_partial_dates_know_their_year_only(published_at, expected):
    assert stratum(("year", "month"), published_at=published_at) == expected
