"""Selecting in a workspace: what is chosen, what is said about it, and what stays."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from dataclasses import replace

import pytest

from curation.articles.selection import Filters, Request, select
from curation.articles.selection.sampling import allocate, rank
from curation.errors import CurationError
from curation.parts import cut
from curation.records import Article
from curation.store import Project, Push
from curation.text import content_hash

OUTLETS = ("Herald", "Post", "Echo")


def article(number: int, **fields: object) -> Article:
    text = f"Article {number} of them.\n\n" + "The council met on the rent cap. " * (number % 7 + 1)
    given = {
        "outlet": OUTLETS[min(number % 6, 2)],
        "published_at": f"2020-{number % 12 + 1:02d}-03",
        "lang": "en" if number % 5 else "de",
        "meta": {"topic": "rent" if number % 2 else ["traffic", "rent"]},
    }
    return Article(f"a{number}", text, content_hash(text), **{**given, **fields})  # type: ignore[arg-type]


@pytest.fixture
def fill(store):
    """Adds articles to the store."""

    def add(articles):
        with store.transaction():
            for one in articles:
                store.articles.add(one)

    return add


@pytest.fixture
def full(store, fill):
    """A store with 120 articles."""
    fill([article(number) for number in range(120)])
    return store


def ids(result) -> list[str]:
    return [one.article_id for one in result.assigned]


def to_annotate(store) -> list[str]:
    return [one.id for one in store.articles.to_annotate()]


def copy(store, article_id: str, of: str) -> None:
    with store.transaction():
        store._connection.execute("UPDATE articles SET copy_of = ?, dup_cluster = ? WHERE id = ?", (of, of, article_id))


def sent(store, *article_ids: str) -> None:
    with store.transaction():
        store.ledger.bind(Project("server", "mini", 1, "", "", "1"))
        store.ledger.record_pushes("server", 1, [Push(one, "", 1, "sent") for one in article_ids])


def test_the_sample_is_that_of_the_pure_functions(full):
    request = Request(size=30, by=("outlet", "year"), seed=7)
    result = select(full, request)
    articles = {one.id: one for one in full.articles}
    sizes = Counter((one.outlet, "2020") for one in articles.values())
    expected = set()
    for key, number in allocate(sizes, 30, seed=7).items():
        inside = sorted((rank(one, 7), one) for one, a in articles.items() if a.outlet == key[0])
        expected |= {one for _, one in inside[:number]}
    assert set(ids(result)) == expected
    assert to_annotate(full) == ids(result)
    assert result.sample.articles == 30
    assert sum(share.sample for share in result.strata["outlet"]) == 30
    assert {share.value: share.pool for share in result.strata["outlet"]} == {"Herald": 20, "Post": 20, "Echo": 80}


def test_every_beginning_of_the_order_is_a_sample(full):
    everything = ids(select(full, Request(by=("outlet",), seed=3)))
    assert sorted(everything) == sorted(one.id for one in full.articles)
    for size in (1, 10, 50):
        assert ids(select(full, Request(size=size, by=("outlet",), seed=3))) == everything[:size]


def test_the_order_in_which_articles_were_added_does_not_matter(full, fill, tmp_path):
    from curation.store import Store

    (tmp_path / "other").mkdir()
    with Store(tmp_path / "other") as other:
        shuffled = [article(number) for number in range(120)]
        random.Random(1).shuffle(shuffled)
        with other.transaction():
            for one in shuffled:
                other.articles.add(one)
        request = Request(size=40, by=("outlet", "month", "topic"), seed=5, annotators=("x", "y", "z"), overlap=2)
        assert select(full, request).assigned == select(other, request).assigned


def test_a_second_run_changes_nothing_and_growing_adds(full):
    small = Request(size=20, by=("outlet",), annotators=("x", "y", "z"), overlap=2, calibration=4)
    first = select(full, small)
    assert (first.added, first.removed, first.changed, first.written) == (20, 0, True, True)
    again = select(full, small)
    assert (again.added, again.removed, again.changed, again.written) == (0, 0, False, False)
    grown = select(full, replace(small, size=35))
    assert (grown.added, grown.removed) == (15, 0)
    assert grown.assigned[:20] == first.assigned
    assert select(full, small).removed == 15


def test_a_dry_run_writes_nothing(full):
    result = select(full, Request(size=20), dry_run=True)
    assert (result.added, result.changed, result.written) == (20, True, False)
    assert full.selection.chosen() == []
    assert len(to_annotate(full)) == 120


def test_a_size_beyond_the_pool_takes_it_all(full):
    assert select(full, Request(size=10**6, by=("month",))).sample.articles == 120


def test_filters_are_counted_by_reason_and_see_the_whole_pool(full):
    filters = Filters(since="2020-03", languages=("en",), keywords=("rent cap",), shortest=120)
    result = select(full, Request(filters=filters))
    reasons = Counter(filters.refusal(one) for one in full.articles)
    passing = reasons.pop(None)
    assert result.left_out == dict(reasons)
    assert list(result.left_out) == ["too early", "other language", "too short"]
    assert (result.articles, result.pool.articles, len(result.assigned)) == (120, passing, passing)
    assert result.pool.languages == {"en": passing}
    assert result.pool.first == "2020-03-03"
    lengths = sorted(len(one.text) for one in full.articles if filters.refusal(one) is None)
    assert result.pool.lengths[0] == lengths[0]
    assert result.pool.lengths[2] == lengths[(len(lengths) - 1) // 2]
    assert result.pool.lengths[4] == lengths[-1]


def test_copies_stand_back_unless_they_are_kept(full):
    copy(full, "a1", "a2")
    result = select(full, Request())
    assert (result.copies, result.pool.articles, result.stand_ins) == (1, 119, 0)
    assert "a1" not in ids(result)
    kept = select(full, Request(keep_duplicates=True))
    assert (kept.copies, kept.stand_ins, len(kept.assigned)) == (0, 0, 120)
    assert "a1" in to_annotate(full)


def test_the_first_copy_stands_in_where_its_original_is_left_out(full):
    """Agency text: the original is another outlet's, and two papers that were asked for printed it."""
    for number in (0, 6):
        copy(full, f"a{number}", "a2")
    result = select(full, Request(filters=Filters(outlets=("herald",))))
    assert "a0" in ids(result)
    assert "a6" not in ids(result)
    assert (result.copies, result.stand_ins, result.pool.articles) == (1, 1, 19)


def test_what_is_in_label_studio_stays(full):
    chosen = ids(select(full, Request(size=10)))
    other = [one.id for one in full.articles if one.id not in chosen][:2]
    sent(full, chosen[0], *other)
    smaller = select(full, Request(size=5, annotators=("x", "y"), overlap=1))
    assert (sorted(smaller.kept), smaller.dropped) == (sorted(other), ())
    assert smaller.sample.articles == 5
    assert to_annotate(full) == [*chosen[:5], *sorted(other)]
    assert all(len(one.annotators) == 1 for one in smaller.assigned)
    dropped = select(full, Request(size=5, drop_pushed=True))
    assert (dropped.kept, sorted(dropped.dropped)) == ((), sorted(other))
    assert to_annotate(full) == chosen[:5]


def test_projects_that_are_no_longer_in_force_keep_nothing(full):
    sent(full, "a1")
    with full.transaction():
        full.ledger.bind(Project("server", "mini", 2, "", "", "1"))
    assert select(full, Request(size=5)).kept == ()


def test_parts_go_with_their_whole(full, fill):
    whole = article(500, outlet="Long")
    fill([whole])
    with full.transaction():
        full.parts.cut("a500", cut(whole, [0, 9]))
    request = Request(filters=Filters(outlets=("long",)), annotators=("x", "y", "z"), overlap=1, calibration=1)
    result = select(full, request)
    assert (ids(result), result.articles) == (["a500"], 121)
    parts = ["a500.part-1", "a500.part-2"]
    assert to_annotate(full) == parts
    assert full.selection.annotators([*parts, "a1"]) == dict.fromkeys(parts, 3)
    sent(full, "a500.part-2")
    assert select(full, Request(size=1, filters=Filters(outlets=("post",)))).kept == ("a500",)


def test_strata_may_be_of_any_column_and_say_what_is_missing(full, fill):
    fill([article(1000, meta={}, outlet=None)])
    result = select(full, Request(by=("topic",), size=50))
    assert {share.value: share.pool for share in result.strata["topic"]} == {
        "rent": 60,
        "traffic": 60,
        "(not known)": 1,
    }
    with pytest.raises(CurationError, match="no article has a 'desk'") as error:
        select(full, Request(by=("desk",)))
    assert error.value.code == "E_USAGE"
    assert error.value.fix.endswith("outlet, month, year, lang, license, topic")


def test_the_plan_is_written_down_for_push(full):
    result = select(full, Request(size=52, annotators=("x", "y", "z", "u", "v"), overlap=2, calibration=2))
    assert full.selection.overlap() == 2
    wanted = full.selection.annotators(ids(result))
    assert [wanted[one] for one in ids(result)] == [5, 5, *[2] * 50]
    assert dict(result.workload.articles) == dict.fromkeys("xyzuv", 22)
    assert (result.workload.least_shared, result.workload.most_shared) == (7, 7)
    select(full, Request(size=52, overlap=3))
    assert full.selection.overlap() == 3
    select(full, Request(size=52))
    assert full.selection.overlap() is None
    assert full.selection.annotators(ids(result)) == {}


def test_how_it_was_chosen_is_kept(full):
    select(full, Request(size=5, by=("outlet",), seed=7, filters=Filters(since="2020", keywords=("rent",))))
    asked = {"size": 5, "by": ["outlet"], "seed": 7, "filters": {"since": "2020", "keywords": ["rent"]}}
    assert full.selection.request() == asked


def test_an_empty_choice_is_refused_and_leaves_the_one_in_force(full):
    before = ids(select(full, Request(size=5)))
    nobody = Request(filters=Filters(keywords=("zebra",)))
    for dry_run in (False, True):
        with pytest.raises(CurationError, match=r"nothing is left of 120 articles \(120 no keyword\)"):
            select(full, nobody, dry_run=dry_run)
    assert to_annotate(full) == before


def test_a_workspace_without_articles_says_so(store):
    with pytest.raises(CurationError, match="no articles yet"):
        select(store, Request(size=5))


@pytest.mark.parametrize(
    "wrong",
    [{"size": 0}, {"overlap": 0}, {"minimum": -1}, {"annotators": ("x",)}, {"calibration": 3},
     {"calibration": 3, "overlap": 2}, {"annotators": ("x", "y"), "overlap": 3}],
)  # fmt: skip
def test_requests_that_make_no_sense(wrong):
    with pytest.raises(CurationError) as error:
        Request(**wrong)
    assert error.value.code == "E_USAGE"


def test_memory_does_not_grow_with_the_texts(store, fill):
    """400 texts of 200,000 characters; one of them at a time is looked through."""
    for number in range(400):
        text = f"Article {number}. " + "The rent cap. " * 14_000
        fill([Article(f"a{number}", text, content_hash(text))])
    tracemalloc.start()
    try:
        result = select(store, Request(size=300, filters=Filters(keywords=("cap",), without=("zebra",))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.sample.articles == 300
    assert peak < 8_000_000
