"""Matching by overlap: against brute force, whatever the order."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from curation.matching import common, dice, extent, iou, length, matched

stretch = st.tuples(st.integers(0, 40), st.integers(1, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
extents = st.lists(stretch, min_size=1, max_size=3).map(extent)
several = st.lists(extents, max_size=5)


def characters(one):
    return {position for start, end in one for position in range(start, end)}


@given(st.lists(stretch, max_size=5))
def test_an_extent_is_the_characters_of_its_stretches(stretches):
    one = extent(stretches)
    assert characters(one) == characters(stretches)
    assert length(one) == len(characters(stretches))
    assert all(before[1] < after[0] for before, after in pairwise(one))


@given(extents, extents)
def test_overlap_is_that_of_the_sets_of_characters(one, other):
    ours, theirs = characters(one), characters(other)
    both = len(ours & theirs)
    assert common(one, other) == common(other, one) == both
    assert abs(iou(one, other) - both / len(ours | theirs)) < 1e-12
    assert abs(dice(one, other) - 2 * both / (len(ours) + len(theirs))) < 1e-12


@given(several, several, st.sampled_from([0.1, 0.3, 0.5, 0.9]), st.sampled_from([iou, dice]))
def test_no_other_pairing_has_a_larger_sum(ours, theirs, least, overlap):
    pairs = matched(ours, theirs, least=least, overlap=overlap)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    scores = [overlap(ours[row], theirs[column]) for row, column in pairs]
    assert all(score >= least for score in scores)
    assert abs(sum(scores) - best(ours, theirs, least, overlap)) < 1e-6


def best(ours, theirs, least, overlap):
    """The largest sum, by trying all pairings."""
    if len(ours) > len(theirs):
        ours, theirs = theirs, ours
    found = 0.0
    for chosen in permutations(range(len(theirs)), len(ours)):
        scores = (overlap(ours[row], theirs[column]) for row, column in enumerate(chosen))
        found = max(found, sum(score for score in scores if score >= least))
    return found


@settings(max_examples=500)
@given(several, several, st.randoms())
def test_neither_side_nor_order_matters(ours, theirs, dice_):
    pairs = {(ours[row], theirs[column]) for row, column in matched(ours, theirs)}
    assert {(one, other) for other, one in ((theirs[a], ours[b]) for a, b in matched(theirs, ours))} == pairs
    mixed_ours, mixed_theirs = list(ours), list(theirs)
    dice_.shuffle(mixed_ours)
    dice_.shuffle(mixed_theirs)
    assert {(mixed_ours[a], mixed_theirs[b]) for a, b in matched(mixed_ours, mixed_theirs)} == pairs


@given(several)
def test_one_matches_itself(ours):
    unique = list(dict.fromkeys(ours))
    assert matched(unique, unique) == [(place, place) for place in range(len(unique))]


def test_what_does_not_overlap_enough_is_not_matched():
    assert matched([((0, 10),)], [((5, 15),)]) == []
    assert matched([((0, 10),)], [((5, 15),)], least=0.3) == [(0, 0)]
    assert matched([], [((0, 3),)]) == []
