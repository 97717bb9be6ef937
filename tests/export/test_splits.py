from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
from hypothesis import assume, given
from hypothesis import strategies as st

from curation.articles import link
from curation.export import inputs, inputs_of
from curation.export.splits import split_of
from curation.text import content_hash

SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
ids = st.from_regex(re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII), fullmatch=True)


def test_known_places_never_move():
    """A release that moved these would leak test articles of an earlier one into training."""
    first = [split_of(f"article-{number:03d}", "news-stance-1", SHARES) for number in range(8)]
    assert first == ["train", "train", "test", "train", "test", "train", "test", "validation"]


def test_shares_are_kept_over_many_articles():
    found = [split_of(str(number), "seed", SHARES) for number in range(20_000)]
    for split, share in SHARES.items():
        assert abs(found.count(split) / len(found) - share) < 0.015


def test_the_seed_moves_articles():
    ones = [split_of(str(number), "1", SHARES) for number in range(200)]
    twos = [split_of(str(number), "2", SHARES) for number in range(200)]
    assert ones != twos


@given(article_id=ids, seed=st.text(), parts=st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_every_article_is_in_some_split(article_id, seed, parts):
    assume(not any("\ud800" <= character <= "\udfff" for character in seed))
    shares = {f"split{number}": part / sum(parts) for number, part in enumerate(parts)}
    assert split_of(article_id, seed, shares) in shares


@given(article_id=ids, share=st.floats(0.01, 0.5), more=st.floats(0, 0.4))
def test_a_larger_first_split_keeps_what_it_had(article_id, share, more):
    before = split_of(article_id, "seed", {"train": share, "test": 1 - share})
    after = split_of(article_id, "seed", {"train": share + more, "test": 1 - share - more})
    assert (before, after) != ("train", "test")


def assignments(folder: Path) -> dict[str, str]:
    return {
        row["article_id"]: path.stem
        for path in folder.glob("annotations/*.parquet")
        for row in pq.read_table(path, columns=["article_id"]).to_pylist()
    }


def test_adding_articles_moves_none(study):
    study.fill(12)
    study.build()
    before = assignments(study.out)
    study.fill(20, first=12)
    study.build()
    after = assignments(study.out)
    assert len(before) == 12
    assert len(after) == 32
    assert {article_id: after[article_id] for article_id in before} == before


def test_copies_are_in_one_split(study, make_article, make_annotation):
    dice = random.Random(7)
    words = ["".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(2000)]
    made = []
    for number in range(12):
        text = " ".join(dice.choices(words, k=120))
        for copy, ending in enumerate(("", " The agency added a line.", " One more line.")):
            name = f"{number:02d}-{copy}"
            one = replace(make_article(number), id=name, text=text + ending, sha256=content_hash(text + ending))
            made.append(one)
    study.add_articles(made)
    for one in made:
        study.add(make_annotation(one, "annotator-01"))
    study.build()
    before = assignments(study.out)
    apart = [number for number in range(12) if len({before[f"{number:02d}-{copy}"] for copy in range(3)}) > 1]
    assert apart, "without links copies fall where they may"

    linked = link(study.store, keep=True)
    assert (linked.clusters, linked.linked) == (12, 24)
    assert inputs_of(study.out) != inputs(study.store, study.export, study.task), "what was built is stale now"
    study.build()
    assert inputs_of(study.out) == inputs(study.store, study.export, study.task)
    after = assignments(study.out)
    clusters: dict[str, set[str]] = {}
    for article_id, split in after.items():
        clusters.setdefault(study.store.articles.cluster(article_id), set()).add(split)
    assert len(after) == len(made)
    assert len(clusters) == 12
    assert all(len(splits) == 1 for splits in clusters.values())
    assert all(after[name] == before[name] for name in clusters), "nobody moves away from where a cluster is named"
