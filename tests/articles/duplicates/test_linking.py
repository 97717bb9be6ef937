"""What is linked in a store, who stands back, and what later runs leave alone."""

from __future__ import annotations

import itertools
import random
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles import ingest
from curation.articles.duplicates import candidates, confirming, link, sketches
from curation.articles.duplicates.clusters import Clusters
from curation.parts import cut
from curation.records import Article
from curation.shingles import jaccard, shingles
from curation.store import Push, Revision, Store
from curation.store.sketches import Sketches
from curation.text import content_hash


def article(name: str, text: str, **rest) -> Article:
    return Article(name, text, content_hash(text), **rest)


def add(store: Store, *articles: Article) -> None:
    with store.transaction():
        for one in articles:
            assert store.articles.add(one) == "new"


def roles(store: Store) -> dict[str, tuple[str, str | None]]:
    """Of each article its cluster and whom it stands back for."""
    reader = sqlite3.connect(store.path)
    found = {row[0]: row[1:] for row in reader.execute("SELECT id, dup_cluster, copy_of FROM articles")}
    reader.close()
    return found


def story(seed: int, changes: int = 0, length: int = 60) -> str:
    """A text of `length` words; with the same seed, one that shares all but about `changes` words."""
    dice = random.Random(seed)
    found = [f"w{dice.randrange(10**6)}" for _ in range(length)]
    dice = random.Random(f"{seed} {changes}")
    for place in dice.sample(range(length), changes):
        found[place] = f"x{dice.randrange(10**6)}"
    return " ".join(found)


def test_the_same_text_but_for_white_space_and_case(store):
    add(store, article("b", "The Council\n\nmet."), article("a", "THE council met."), article("c", "The council met"))
    linked = link(store, threshold=1.0)
    assert [(one.article_id, one.copy_of, one.similarity) for one in linked.duplicates] == [
        ("a", "b", 1.0),
        ("c", "b", 1.0),
    ]
    assert roles(store) == {"a": ("b", "b"), "b": ("b", None), "c": ("b", "b")}
    assert [one.id for one in store.articles.to_annotate()] == ["b"]


@pytest.mark.parametrize("text", ["Hi", "😀", "!!!", "two words", "日"])
def test_short_texts_have_copies_too(store, text):
    add(store, article("a", text), article("b", f"{text.upper()} "), article("c", f"{text}?!x y z"))
    assert [(one.article_id, one.copy_of) for one in link(store).duplicates] == [("a", "b")], "the longer is kept"


def test_near_copies_and_what_is_less_near(store):
    near, far = article("b", story(1, 3)), article("c", story(1, 12))
    add(store, near, article("a", story(1), published_at="2020"), far, article("d", story(2)))
    linked = link(store)
    assert {name: cluster for name, (cluster, _) in roles(store).items()} == {"a": "a", "b": "a", "c": "c", "d": "d"}
    (one,) = linked.duplicates
    assert one.similarity == jaccard(shingles(story(1)), shingles(story(1, 3)))
    assert (linked.clusters, linked.linked, linked.crowded) == (1, 1, ())


words = st.lists(st.sampled_from("abcd"), max_size=14).map(" ".join)


@given(st.lists(words, min_size=1, max_size=12), st.data())
def test_clusters_are_those_of_all_pairs_in_any_order(tmp_path_factory, texts, data):
    articles = [article(f"n{place}", text) for place, text in enumerate(texts)]
    found = list(map(shingles, texts))
    alike = Clusters(
        pair for pair in itertools.combinations(range(len(texts)), 2)
        if jaccard(found[pair[0]], found[pair[1]]) >= 0.8
    )  # fmt: skip
    expected = [{f"n{place}" for place in group} for group in alike.groups()]
    told = []
    for _ in range(2):
        with Store(tmp_path_factory.mktemp("store")) as store:
            add(store, *articles)
            link(store, threshold=0.8)
            told.append(roles(store))
        articles = data.draw(st.permutations(articles))
    assert told[0] == told[1]
    groups: dict[str, set[str]] = {}
    for name, (cluster, copy_of) in told[0].items():
        groups.setdefault(cluster, set()).add(name)
        assert copy_of == (None if name == cluster else cluster)
    assert sorted(map(sorted, expected)) == sorted(sorted(group) for group in groups.values() if len(group) > 1)


def test_who_represents_a_cluster(store):
    long = story(1) + " and more"
    add(
        store,
        article("a", story(1)), article("b", story(1), published_at="2020-02-01"),
        article("d", story(1), published_at="2020-01-01"), article("c", long, published_at="2020-01-01"),
        article("e", long, published_at="2020-01-01"),
    )  # fmt: skip
    link(store)
    assert {cluster for cluster, _ in roles(store).values()} == {"c"}


def test_what_was_kept_stays_kept_and_names_the_cluster(store):
    add(store, article("m", story(1, 8)), article("k", story(1)))
    assert link(store).clusters == 0, "too far from each other"
    between = story(1, 8).split()[:30] + story(1).split()[30:]
    add(store, article("a", " ".join(between), published_at="1999-01-01"))
    linked = link(store, threshold=0.6)
    assert roles(store) == {"m": ("m", None), "k": ("m", None), "a": ("m", "m")}
    assert [one.article_id for one in linked.duplicates] == ["a"]
    add(store, article("0", story(1)))
    assert [(one.article_id, one.copy_of) for one in link(store).duplicates] == [("0", "m")]
    assert roles(store)["k"] == ("m", None)


def test_a_second_run_changes_nothing(store):
    add(store, *(article(f"n{place}", story(place // 2, place % 2)) for place in range(20)))
    assert link(store).clusters == 10
    reader = sqlite3.connect(store.path)
    before, tables = list(reader.iterdump()), reader.execute("PRAGMA data_version").fetchone()
    again = link(store)
    assert (again.duplicates, again.clusters, again.linked) == ((), 0, 0)
    assert reader.execute("PRAGMA data_version").fetchone() == tables, "nothing is written"
    assert list(reader.iterdump()) == before
    reader.close()


def test_runs_one_by_one_find_the_clusters_of_a_single_run(tmp_path_factory):
    articles = [article(f"n{place:02}", story(place % 7, place % 3)) for place in range(21)]
    clusters = []
    for size in (1, 4, 21):
        with Store(tmp_path_factory.mktemp("store")) as store:
            for start in range(0, len(articles), size):
                add(store, *articles[start : start + size])
                link(store)
            groups: dict[str, list[str]] = {}
            for name, (cluster, _) in sorted(roles(store).items()):
                groups.setdefault(cluster, []).append(name)
            clusters.append(sorted(groups.values()))
            assert len(store.articles.to_annotate()) == 7
    assert clusters[0] == clusters[1] == clusters[2]


def test_keep_links_and_lets_none_stand_back(store, write):
    path = write("a.jsonl", [{"id": "a", "text": "Same text"}, {"id": "b", "text": "same text"}])
    other = write("b.jsonl", [{"id": "x", "text": "Another text"}, {"id": "y", "text": "another text"}])
    kept = ingest(store, [path], keep_duplicates=True)
    assert (kept.duplicates, kept.clusters) == ((), 1)
    assert roles(store) == {"a": ("a", None), "b": ("a", None)}
    assert [one.article_id for one in ingest(store, [path, other]).duplicates] == ["y"]
    ingest(store, [other], keep_duplicates=True)
    assert roles(store)["y"] == ("x", None), "it stood back before"
    ingest(store, [path, other])
    assert all(copy_of is None for _, copy_of in roles(store).values())


def test_keep_reaches_what_stood_back_before_beside_what_is_new(store, write):
    path = write("a.jsonl", [{"id": "a", "text": "Same text"}, {"id": "b", "text": "same text"}])
    ingest(store, [path])
    ingest(store, [path, write("b.jsonl", [{"id": "c", "text": "SAME text"}])], keep_duplicates=True)
    assert roles(store) == {"a": ("a", None), "b": ("a", None), "c": ("a", None)}


def test_a_cluster_keeps_its_name(store):
    add(store, article("y", story(1)), article("x", story(1), published_at="2020-01-01"))
    link(store, keep=True)
    add(store, article("z", story(1), published_at="2019-01-01"))
    link(store)
    assert roles(store) == {"x": ("x", None), "y": ("x", None), "z": ("x", "x")}


def test_however_many_bands_are_held_at_once(store, monkeypatch):
    """The 32 bands of 100 sketches: all at once, five at a time, one by one."""
    add(store, *(article(f"n{place:02}", story(place // 2, 3 * (place % 2))) for place in range(100)))
    link(store, threshold=1.1)
    store.sketches._connection.execute("UPDATE sketches SET fresh = 1")
    found = []
    for held in (256_000_000, 4000, 800):
        monkeypatch.setattr(candidates, "_HELD", held)
        found.append(list(candidates.buckets(store, candidates.distinct(store))))
    assert len(found[0]) > 400
    assert found[0] == found[1] == found[2]


def test_keep_is_about_this_run_alone(store, write):
    ingest(store, [write("a.jsonl", [{"id": "a", "text": "Same text"}, {"id": "b", "text": "same text"}])])
    ingest(store, [write("b.jsonl", [{"id": "x", "text": "Else"}])], keep_duplicates=True)
    assert roles(store)["b"] == ("a", "a")


def test_a_new_text_leaves_its_cluster_and_nothing_stands_back_for_it(store, write):
    rows = [
        {"id": name, "text": story(1, changes), "date": f"2020-01-0{changes + 1}"} for changes, name in enumerate("abc")
    ]
    ingest(store, [write("a.jsonl", rows)])
    assert roles(store) == {"a": ("a", None), "b": ("a", "a"), "c": ("a", "a")}
    rows[0]["text"] = story(2)
    ingest(store, [write("a.jsonl", rows)], update=True)
    assert roles(store) == {"a": ("a", None), "b": ("b", None), "c": ("b", "b")}
    rows[2]["text"] = story(3)
    ingest(store, [write("a.jsonl", rows)], update=True)
    assert roles(store) == {"a": ("a", None), "b": ("b", None), "c": ("c", None)}
    rows[1]["text"] = story(2)
    ingest(store, [write("a.jsonl", rows)], update=True)
    assert roles(store)["b"] == ("a", None), "it was kept, and annotators may have it"


def test_what_annotators_have_stays_kept(store):
    add(store, article("z", story(1)), article("y", story(1)), article("x", story(1)), article("w", story(1)))
    with store.transaction():
        store.parts.cut("y", cut(store.articles.get("y"), [0, 50]))
        store.ledger.record_pushes("s", 1, [Push("z", "h", 1, "sent"), Push("y.part-1", "h", 2, "sent")])
        seen = Revision("n", "r", {"result": []}, {"article_id": "x"})
        store.annotations.add_revision(seen, pulled_at="2026-01-01T00:00:00Z")
        store.annotations.put(
            seen, task="t", status="draft", annotator=None, record=None, problems=[], decoded_with="d"
        )
    link(store)
    found = roles(store)
    assert {name: found[name] for name in "zyxw"} == {
        "z": ("z", None), "y": ("z", None), "x": ("z", None), "w": ("z", "z"),
    }  # fmt: skip


def test_parts_are_not_compared(store):
    add(store, article("a", f"{story(1)} {story(1)}"))
    with store.transaction():
        store.parts.cut("a", cut(store.articles.get("a"), [0, len(story(1)) + 1]))
    assert link(store).clusters == 0
    assert len(store.sketches) == 1


def test_an_interrupted_run_is_taken_up(store, monkeypatch):
    articles = [article(f"n{place:02}", story(place // 3, place % 3)) for place in range(30)]
    add(store, *articles)
    with monkeypatch.context() as broken:
        broken.setattr("curation.articles.batches._MOST", 7)
        fail_at(broken, "put", 20)
        with pytest.raises(KeyboardInterrupt):
            link(store)
    assert len(store.sketches) == 14, "whole batches are kept"
    with monkeypatch.context() as broken:
        fail_at(broken, "assign", 5)
        with pytest.raises(KeyboardInterrupt):
            link(store)
    assert len(store.sketches) == 30
    assert all(copy_of is None for _, copy_of in roles(store).values())
    assert len(link(store).duplicates) == 20


def test_a_result_names_the_first_copies_and_counts_all(store, monkeypatch):
    monkeypatch.setattr("curation.articles.duplicates.linking.TOLD", 3)
    add(store, *(article(f"n{place}", story(1)) for place in range(8)))
    linked = link(store)
    assert (linked.n_duplicates, len(linked.duplicates), linked.linked) == (7, 3, 7)


def test_what_annotators_have_of_a_part_keeps_the_whole(store):
    add(store, article("b", story(1)))
    link(store)
    with store.transaction():
        store.parts.cut("b", cut(store.articles.get("b"), [0, 50]))
        store.articles.add(article("a", story(1, 1), published_at="2020"))
    sketch = store.sketches
    assert sketch.in_hand(["a", "b"]) == set()
    with store.transaction():
        store.ledger.record_pushes("s", 1, [Push("b.part-1", "h", 1, "sent")])
    assert sketch.in_hand(["a", "b"]) == {"b"}
    assert sketch.in_hand([]) == set()


def fail_at(monkeypatch, name: str, call: int) -> None:
    """Let a method of the store be interrupted at its nth call."""
    calls = itertools.count(1)
    method = getattr(Sketches, name)

    def interrupted(*arguments):
        if next(calls) == call:
            raise KeyboardInterrupt
        return method(*arguments)

    monkeypatch.setattr(Sketches, name, interrupted)


def test_sketches_of_an_older_program_are_made_anew_and_roles_stay(store, monkeypatch):
    add(store, *(article(f"n{place}", story(place // 3, place % 3)) for place in range(9)))
    with monkeypatch.context() as older:
        older.setattr(sketches, "MADE_WITH", "older")
        link(store)
    before = roles(store)
    link(store)
    assert roles(store) == before
    assert list(store.sketches.missing(sketches.MADE_WITH, 0)) == []


def templated(count: int, length: int = 60) -> list[str]:
    """Texts that share half of their words in one stretch: too little to be copies, enough to meet in bands."""
    common = story(99, length=length // 2)
    return [f"{common} {story(place, length=length // 2)}" for place in range(count)]


def test_a_crowded_bucket_is_told(store, monkeypatch):
    texts = templated(40)
    add(store, *(article(f"n{place:02}", text) for place, text in enumerate(texts)))
    add(store, article("copy", texts[17] + " more"))
    with monkeypatch.context() as narrow:
        narrow.setattr(confirming, "PAIRS", 30)
        told = link(store)
    assert told.crowded
    assert all(2 < size <= 41 for _, size in told.crowded)


def test_boilerplate_alone_is_compared_whole(store):
    texts = templated(40)
    add(store, *(article(f"n{place:02}", text) for place, text in enumerate(texts)))
    add(store, article("z", texts[17] + " more"))
    told = link(store)
    assert told.crowded == ()
    assert [one.article_id for one in told.duplicates] == ["n17"], "the longer one is kept"


def test_a_new_text_is_compared_with_all_of_a_crowded_bucket(store, monkeypatch):
    texts = templated(40)
    add(store, *(article(f"n{place:02}", text) for place, text in enumerate(texts)))
    link(store)
    add(store, article("z", texts[17] + " more"))
    monkeypatch.setattr(confirming, "PAIRS", 45)
    told = link(store)
    assert (told.crowded, [one.copy_of for one in told.duplicates]) == ((), ["n17"])


def test_any_number_of_copies_is_no_crowd(store, monkeypatch):
    monkeypatch.setattr(confirming, "PAIRS", 1)
    add(store, *(article(f"same{place:03}", "One text, many papers.") for place in range(300)))
    add(store, *(article(f"near{place:03}", f"{story(5, length=200)} {place}") for place in range(300)))
    told = link(store)
    assert (told.crowded, told.clusters, len(told.duplicates)) == ((), 2, 598)


def test_examples_are_the_least_similar(store):
    add(store, article("a", story(1), title="Levy passes", outlet="Courier", published_at="2020"))
    add(store, *(article(f"b{number}", story(1, number), outlet="Herald") for number in range(8)))
    told = link(store)
    assert [one.similarity for one in told.examples] == sorted(one.similarity for one in told.duplicates)[:5]
    assert told.examples[0].copy[1] == "Herald"
    assert told.examples[0].original[:3] == ("a", "Courier", "Levy passes")
