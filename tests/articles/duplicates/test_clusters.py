"""Groups of what hangs together, and who comes first in one."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from curation.articles.duplicates.clusters import Clusters, precedence

pairs = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=25)


def spread(joined: list[tuple[int, int]]) -> set[frozenset[int]]:
    """What hangs together, by giving the smallest label on until nothing changes."""
    label = {item: item for pair in joined for item in pair}
    changed = True
    while changed:
        changed = False
        for one, other in joined:
            lower = min(label[one], label[other])
            changed |= (label[one], label[other]) != (lower, lower)
            label[one] = label[other] = lower
    groups: dict[int, set[int]] = {}
    for item, root in label.items():
        groups.setdefault(root, set()).add(item)
    return {frozenset(group) for group in groups.values() if len(group) > 1}


@given(pairs, st.randoms())
def test_groups_are_what_hangs_together_in_any_order(joined: list[tuple[int, int]], dice: random.Random):
    clusters = Clusters(joined)
    groups = list(clusters.groups())
    assert {frozenset(group) for group in groups} == spread(joined)
    for group in groups:
        assert group == sorted(group)
        assert {clusters.find(item) for item in group} == {group[0]}
    dice.shuffle(joined)
    assert list(Clusters(joined).groups()) == groups


@given(pairs)
def test_join_says_whether_it_joined(joined: list[tuple[int, int]]):
    clusters: Clusters[int] = Clusters()
    for place, (one, other) in enumerate(joined):
        known = any({one, other} <= group for group in spread(joined[:place])) or one == other
        assert clusters.join(one, other) is not known


def test_what_was_never_joined_stands_alone():
    clusters: Clusters[str] = Clusters()
    assert clusters.find("a") == "a"
    assert not clusters.join("a", "a")
    assert list(clusters.groups()) == []


def test_the_first_of_a_cluster():
    in_order = [
        precedence("2019", 5, "z"),
        precedence("2020-01-01", 9, "z"),
        precedence("2020-01-02", 9, "b"),
        precedence("2020-01-02", 8, "a"),
        precedence(None, 9, "b"),
        precedence(None, 8, "a"),
        precedence(None, 8, "b"),
    ]
    shuffled = random.Random(0).sample(in_order, len(in_order))
    assert sorted(shuffled) == in_order
