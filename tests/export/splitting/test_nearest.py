"""The most similar articles of two splits, against all pairs compared one by one; and planted copies, end to end."""

from __future__ import annotations

import json
import random
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.leakage import Rewriting, by_split, differences, largest, separated
from curation.articles import THRESHOLD, ingest
from curation.export.splitting import nearest
from curation.export.splitting.nearest import COPIES, closest, near
from curation.shingles import jaccard, shingles
from curation.store import Store


def drawn(dice: random.Random) -> dict[str, str]:
    """Texts of few different words, some of them edited from others, some with the same end."""
    words, longest = dice.choice([2, 5, 20, 200]), dice.choice([4, 30, 150])
    count = dice.randrange(2, 40)
    texts = [[f"w{dice.randrange(words)}" for _ in range(dice.randrange(longest))] for _ in range(count)]
    ending = [f"f{number}" for number in range(dice.randrange(30))]
    for place in range(1, len(texts)):
        if dice.random() < 0.3:
            share, copied = dice.choice([0.01, 0.1, 0.3]), texts[dice.randrange(place)]
            texts[place] = [f"z{dice.randrange(9)}" if dice.random() < share else word for word in copied]
    ended = [text + (ending if dice.random() < 0.5 else []) for text in texts]
    return {f"a{number}": " ".join(text) or "!" for number, text in enumerate(ended)}


@pytest.mark.parametrize(
    "limits", [{}, {"_HELD": 200, "_AT_ONCE": 20, "_SLICE": 50, "_TRIED": 1}, {"_TRIED": 0, "_CROWD": 1}]
)
@given(seed=st.integers(0, 2**32), count=st.sampled_from([2, 3, 3, 11]), slots=st.sampled_from([6, 12, 20]))
@settings(max_examples=25, deadline=None)
def test_no_pair_is_missed(seed, count, slots, limits):
    """With few slots shingles of one split look as if others had them; with small limits all goes in small steps."""
    dice = random.Random(seed)
    texts = drawn(dice)
    splits: dict[str, list[str]] = {}
    for article in texts:
        splits.setdefault(f"s{dice.randrange(count)}", []).append(article)
    sets = {article: frozenset(shingles(text).tolist()) for article, text in texts.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "_SLOTS", np.uint32((1 << slots) - 1))
        for name, limit in limits.items():
            patch.setattr(nearest, name, limit)
        found = closest(splits, texts.__getitem__)
    assert [(one.split, one.other) for one in found] == list(combinations(splits, 2))
    for one in found:
        pairs = [(sets[this], sets[that]) for this in splits[one.split] for that in splits[one.other]]
        assert one.similarity == max(len(this & that) / len(this | that) for this, that in pairs)
        if one.article is None or one.other_article is None:
            assert one.similarity == 0
            continue
        assert one.article in splits[one.split]
        assert one.other_article in splits[one.other]
        assert jaccard(shingles(texts[one.article]), shingles(texts[one.other_article])) == one.similarity


def test_one_split_has_nothing_to_be_compared_with():
    assert closest({"train": ["a"]}, {"a": "a b c d"}.__getitem__) == ()
    assert closest({}, {}.__getitem__) == ()


def test_the_order_of_articles_makes_no_difference():
    texts = drawn(random.Random(4)) | {"same": "w1 w2 w3 w4", "again": "w1 w2  w3 w4", "once more": "W1 w2 w3 w4"}
    ids = list(texts)
    splits = {"train": ids[::2], "test": ids[1::2]}
    assert closest(splits, texts.__getitem__) == closest(
        {split: found[::-1] for split, found in splits.items()}, texts.__getitem__
    )


def test_copies_are_what_ingest_takes_for_copies():
    assert COPIES == THRESHOLD
    words = [f"w{number}" for number in range(100)]
    texts = {
        "a": " ".join(words),
        "b": " ".join([*words[:95], "x", "y", "z", "x", "q"]),
        "c": " ".join([*words[:50], *map(str, range(50))]),
    }
    copies = near(texts.__getitem__)
    assert copies("a", "b")
    assert copies("b", "a")
    assert not copies("a", "c")


def test_planted_copies_stay_on_one_side_and_the_figures_are_those_of_another_computation(tmp_path):
    """`benchmarks/leakage.py` does this with 20,000 articles."""
    written = list(Rewriting(3).articles(400, 60))
    source = tmp_path / "articles.jsonl"
    source.write_text("".join(json.dumps({"id": one.id, "text": one.text}) + "\n" for one in written))
    texts = {one.id: one.text for one in written}
    with Store(tmp_path) as store:
        ingest(store, [source], keep_duplicates=True)
        together, share = separated(store, written, linked=True)
        apart, chance = separated(store, written, linked=False)
    assert share >= 0.98
    assert chance < 0.7
    for splits in (together, apart):
        found = closest(by_split(splits), texts.__getitem__)
        assert differences(found, largest(by_split(splits), texts)) == []
    assert max(one.similarity for one in found) > THRESHOLD
