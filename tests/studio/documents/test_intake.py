"""What Label Studio holds of an item is kept once, whole, and under the right names."""

from __future__ import annotations

import copy
import json
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation.catalog import Schemas
from curation.parts import cut
from curation.records import Article
from curation.store import Store
from curation.store import annotations as stored_annotations
from curation.studio.intake import annotation_ids, fingerprint, redecode, take
from curation.studio.results import PullResult
from curation.text import content_hash

UNIQUE = "6f1cf1c2-5d5e-4d0e-9a53-0d2b8d6f3a11"
ADDRESS = "https://ls.example.org"


@pytest.fixture
def keep(store, press, schemas):
    """Take an item in, as a pull would."""

    def call(item, **around):
        known = {"server": ADDRESS, "project_id": 5, "pulled_at": "2026-03-02T10:00:00+00:00"}
        with store.transaction():
            return take(
                store,
                press,
                schemas,
                item,
                url_of=lambda number: f"{ADDRESS}/projects/5/data?task={number}",
                **{**known, **around},
            )

    return call


@pytest.fixture
def article(store, text):
    """The article of the items, in the workspace."""
    known = Article("rents-1", text, content_hash(text), title="Rents")
    with store.transaction():
        store.articles.add(known)
    return known


def test_an_annotation_is_kept_raw_and_read(store, keep, ls_task, full, article, press, schemas):
    assert keep(ls_task()) == PullResult(items=1, annotations_new=1)
    stored = store.annotations.get(UNIQUE)
    assert stored.raw == full
    assert stored.url == f"{ADDRESS}/projects/5/data?task=12"
    assert (stored.article_id, stored.task, stored.annotator) == ("rents-1", "press", "annotator-01")
    assert (stored.status, stored.problems, stored.verdict) == ("submitted", (), None)
    assert stored.decoded_with == fingerprint(press, schemas)
    assert stored.record.revision == stored.revision
    assert stored.record.article_sha256 == article.sha256
    assert {key: stored.context[key] for key in ("server", "project", "ls_task")} == {
        "server": ADDRESS,
        "project": 5,
        "ls_task": 12,
    }


def test_a_second_time_nothing_is_new(store, keep, ls_task, article):
    keep(ls_task())
    before = store.annotations.get(UNIQUE)
    again = keep(ls_task(), pulled_at="2026-03-03T10:00:00+00:00")
    assert again == PullResult(items=1, unchanged=1)
    assert again.nothing_new
    assert store.annotations.get(UNIQUE) == before


def test_the_same_annotation_from_the_api_and_from_an_export_is_one(keep, ls_task, full, article):
    keep(ls_task())
    other = {
        **full,
        "completed_by": {"id": 7, "email": "z@example.org", "first_name": ""},
        "created_ago": "2 weeks",
        "updated_at": "2026-04-01T00:00:00Z",
        "prediction": {"created_ago": "1 month"},
        "result_count": 3,
    }
    assert keep(ls_task(other)) == PullResult(items=1, unchanged=1)


@pytest.mark.parametrize(
    "change",
    [
        {"result": []},
        {"was_cancelled": True},
        {"lead_time": 70.0},
        {"completed_by": 8},
        {"completed_by": None},
        {"ground_truth": True},
    ],
)
def test_what_an_annotation_says_makes_a_revision_and_the_earlier_one_stays(
    store, keep, ls_task, full, article, tmp_path, change
):
    keep(ls_task())
    first = store.annotations.get(UNIQUE).revision
    result = keep(ls_task({**full, **change}))
    assert (result.annotations_new, result.annotations_changed, result.unchanged) == (0, 1, 0)
    assert store.annotations.get(UNIQUE).raw == {**full, **change}
    with sqlite3.connect(store.path) as database:
        kept = database.execute("SELECT revision, raw FROM revisions WHERE annotation = ?", (UNIQUE,)).fetchall()
    assert first in dict(kept)
    assert len(kept) == 2
    # Back to what it was: the old revision is current again.
    assert keep(ls_task()).annotations_changed == 1
    assert store.annotations.get(UNIQUE).revision == first


def test_cancelled_annotations_and_drafts_are_told_apart(store, keep, ls_task, full, article):
    cancelled = {**full, "unique_id": None, "id": 2, "was_cancelled": True}
    draft = {"id": 3, "result": full["result"], "user": "b@example.org", "created_username": "Bo b@example.org, 9"}
    result = keep(ls_task(full, cancelled, drafts=[draft]))
    assert result == PullResult(items=1, annotations_new=3, skipped=1, drafts=1)
    statuses = {one.id: one.status for one in store.annotations.all()}
    assert statuses == {UNIQUE: "submitted", "ls-5-2": "skipped", "ls-5-draft-3": "draft"}
    assert store.annotations.get("ls-5-draft-3").record.annotator == "annotator-02"
    assert ("annotator-02", "b@example.org") in store.ledger.annotators()


def test_ids_hold_whatever_is_missing(ls_task, full):
    bare = {"result": []}
    numbered = {"id": 8, "result": []}
    odd = {"unique_id": "x'; DROP", "id": True, "result": []}
    item = ls_task(full, numbered, bare, odd, full, drafts=[numbered])
    assert annotation_ids(item, 5) == [UNIQUE, "ls-5-8", "ls-5-12-2", "ls-5-12-3", f"{UNIQUE}-4", "ls-5-draft-8"]
    assert annotation_ids(item, None)[1] == "ls-5-8"
    assert annotation_ids({"annotations": [1, None], "drafts": {}}, None) == []


PEOPLE = [
    ({"completed_by": 7}, "annotator-01", None),
    ({"completed_by": {"id": 7, "email": "z@example.org"}}, "annotator-01", "z@example.org"),
    ({"completed_by": {"email": "z@example.org"}}, "annotator-01", "z@example.org"),
    ({"completed_by": None}, None, None),
    ({}, None, None),
    ({"completed_by": True}, None, None),
    ({"completed_by": 2**70}, None, None),
    ({"completed_by": {"email": "\ud800@example.org"}}, None, None),
    ({"completed_by": "someone"}, None, None),
]


@pytest.mark.parametrize(("who", "pseudonym", "email"), PEOPLE)
def test_only_pseudonyms_leave_the_ledger(store, keep, ls_task, full, article, who, pseudonym, email):
    raw = {key: value for key, value in full.items() if key != "completed_by"}
    result = keep(ls_task({**raw, **who}))
    stored = store.annotations.get(UNIQUE)
    assert stored.annotator == pseudonym
    assert store.ledger.annotators() == ([(pseudonym, email)] if pseudonym else [])
    if pseudonym:
        assert stored.record.annotator == pseudonym
        assert email is None or email not in json.dumps(str(stored.record))
    else:
        codes = {problem.code for problem in stored.problems}
        assert codes in ({"F_ANNOTATOR_UNKNOWN"}, {"F_ANNOTATOR_UNKNOWN", "F_RAW_SCHEMA"})
        assert result.undecodable == 1


def test_an_address_alone_is_the_person_whose_number_is_known(store, keep, ls_task, full, article):
    keep(ls_task({**full, "completed_by": {"id": 7, "email": "z@example.org"}}))
    other = {**full, "unique_id": None, "id": 2, "completed_by": {"email": "z@example.org"}}
    keep(ls_task(full, other))
    assert store.annotations.get("ls-5-2").annotator == "annotator-01"


def test_the_text_that_was_seen_is_kept_beside_the_articles(store, keep, ls_task, full, article, text):
    seen = text.replace("🌀 ", "")
    keep(ls_task(text=seen))
    assert store.articles.get("rents-1").text == text
    assert store.articles.text(content_hash(seen)) == seen
    stored = store.annotations.get(UNIQUE)
    assert stored.record.article_sha256 == content_hash(seen)
    assert {problem.code for problem in stored.problems} == {"F_TEXT_MISMATCH"}
    # The text is restored on the server: the annotation itself did not move, yet it is read anew.
    assert keep(ls_task()).annotations_changed == 1
    assert store.annotations.get(UNIQUE).problems == ()


def test_an_unknown_article_is_taken_in_as_it_is(store, keep, ls_task, text):
    keep(ls_task(article_id="elsewhere 7/b"))
    [adopted] = store.articles
    assert adopted.text == text
    assert "\r\n" in adopted.text
    assert (adopted.title, adopted.source, adopted.source_id) == ("Rents", "label-studio", "elsewhere 7/b")
    assert adopted.id.startswith("a")
    assert store.annotations.get(UNIQUE).record.article_id == adopted.id
    keep(ls_task(article_id="elsewhere 7/b"))
    assert len(store.articles) == 1
    with sqlite3.connect(store.path) as database:
        assert database.execute("SELECT normalisation FROM articles").fetchone() == ("raw",)


@pytest.mark.parametrize(
    ("named", "expected"), [("press-7", "press-7"), (17, "17"), (None, None), ([1], None), ("  ", None)]
)
def test_an_article_is_named_by_its_item_or_by_its_text(store, keep, ls_task, text, named, expected):
    item = ls_task()
    item["data"]["article_id"] = named
    keep(item)
    [adopted] = store.articles
    assert adopted.id == (expected or "a" + content_hash(text)[:16])


def test_an_item_without_a_name_belongs_to_the_article_with_its_text(store, keep, ls_task, article):
    keep(ls_task(article_id=None))
    assert store.annotations.get(UNIQUE).article_id == "rents-1"
    assert len(store.articles) == 1


def test_an_item_without_a_text_is_about_the_articles(store, keep, ls_task, article):
    keep(ls_task(text=None))
    assert store.annotations.get(UNIQUE).record.article_sha256 == article.sha256


@pytest.mark.parametrize("data", [{}, None, {"text": 3}, {"text": ""}, {"article_id": "unheard-of"}])
def test_an_annotation_of_nothing_known_is_kept_all_the_same(store, keep, ls_task, full, data):
    result = keep({**ls_task(), "data": data})
    [unread] = result.unreadable
    assert result == PullResult(items=1, annotations_new=1, undecodable=1, unreadable=(unread,))
    assert (unread.item, unread.json_pointer, unread.annotation) == (12, "/annotations/0", UNIQUE)
    assert unread.reason.startswith("F_ARTICLE_UNKNOWN the ")
    stored = store.annotations.get(UNIQUE)
    assert stored.raw == full
    assert [problem.code for problem in stored.problems] == ["F_ARTICLE_UNKNOWN"]
    assert len(store.articles) == 0


def test_lone_surrogates_are_kept_and_break_nothing(store, keep, ls_task, full, text):
    raw = copy.deepcopy(full)
    raw["result"][10]["value"]["text"] = ["\ud83d"]
    shown = text.replace("🌀", "\ud83c")
    keep(ls_task(raw, text=shown))
    stored = store.annotations.get(UNIQUE)
    assert stored.raw == raw
    assert [problem.code for problem in stored.problems] == ["F_RAW_SCHEMA"]
    [adopted] = store.articles
    assert adopted.text == text.replace("🌀", "\ufffd")
    assert len(adopted.text) == len(shown)


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "unique_id", "result", "completed_by", "user", "email", "data", "text"]), inner
            )
        ),
        max_leaves=12,
    )
)
@example(value=2**63)
@example(value=-(2**64))
def test_whatever_an_item_holds_is_kept_once(tmp_path_factory, press, schemas, value):
    item = {"id": value, "project": value, "data": {"article_id": value, "text": value}}
    raw = {"result": value, "completed_by": value, "id": value, "unique_id": value, "lead_time": value}
    item |= {"annotations": [raw, value], "drafts": [{"user": value, "created_username": value}]}
    around = {"server": "s", "project_id": None, "pulled_at": "t", "url_of": str}
    with Store(tmp_path_factory.mktemp("any")) as store, store.transaction():
        first = take(store, press, schemas, item, **around)
        again = take(store, press, schemas, item, **around)
        assert again.nothing_new
        assert (
            again.unchanged == first.annotations_new == len(store.annotations.ids()) == len(annotation_ids(item, None))
        )
        assert len(list(store.annotations.all())) == first.annotations_new


# Reading anew


def test_many_are_read_anew_page_by_page_and_go_on_where_they_were_stopped(
    store, keep, ls_task, full, article, press_with, schemas, monkeypatch
):
    monkeypatch.setattr(stored_annotations, "_PAGE", 2)
    keep(ls_task(*({**full, "unique_id": f"annotation-{number}"} for number in range(5))))
    changed = press_with(('version = "3"', 'version = "4"'), file="task")
    pages = store.annotations.read_otherwise("press", "another")
    assert [len(page) for page in pages] == [2, 2, 1]
    monkeypatch.setattr(store.annotations, "put", Dying(store.annotations.put, after=3))
    with pytest.raises(KeyboardInterrupt):
        redecode(store, changed, schemas)
    monkeypatch.undo()
    # The first page was read to its end; what was begun of the second was taken back.
    first, *_, last = (one.decoded_with for one in store.annotations.all())
    assert [one.decoded_with for one in store.annotations.all()] == [first, first, last, last, last]
    assert first != last
    assert redecode(store, changed, schemas) == 3


class Dying:
    """A function that is stopped after so many calls."""

    def __init__(self, function, *, after):
        self.function, self.left = function, after

    def __call__(self, *arguments, **options):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return self.function(*arguments, **options)


def test_records_are_read_anew_when_the_task_has_changed(store, keep, ls_task, article, press, press_with, schemas):
    keep(ls_task())
    assert redecode(store, press, schemas) == 0
    judged = store.annotations.get(UNIQUE)
    store.annotations.judge(UNIQUE, "valid", [], validated_with="x")
    changed = press_with(('version = "3"', 'version = "4"'), file="task")
    assert redecode(store, changed, schemas) == 1
    assert redecode(store, changed, schemas) == 0
    stored = store.annotations.get(UNIQUE)
    assert stored.record.task_version == "3", "that is what it was made by"
    assert stored.decoded_with != judged.decoded_with
    assert stored.verdict is None
    assert (stored.revision, stored.annotator, stored.url) == (judged.revision, judged.annotator, judged.url)


def test_reading_anew_uses_the_text_that_was_seen(store, keep, ls_task, article, text, press_with, schemas):
    seen = f"{text} An addition."
    keep(ls_task(text=seen))
    first = store.annotations.get(UNIQUE).record
    redecode(store, press_with(('version = "3"', 'version = "4"'), file="task"), schemas)
    assert store.annotations.get(UNIQUE).record.mentions == first.mentions
    assert store.annotations.get(UNIQUE).record.article_sha256 == content_hash(seen)


def test_what_was_deleted_stays_deleted_and_what_was_a_draft_a_draft(
    store, keep, ls_task, full, article, press_with, schemas
):
    keep(ls_task(full, drafts=[{"id": 3, "result": [], "user": 7}]))
    store.annotations.mark_deleted([UNIQUE])
    assert redecode(store, press_with(('version = "3"', 'version = "4"'), file="task"), schemas) == 2
    assert store.annotations.get(UNIQUE).status == "deleted"
    draft = store.annotations.get("ls-5-draft-3")
    assert (draft.status, draft.record.status) == ("draft", "draft")


def test_what_is_back_on_the_server_is_back(store, keep, ls_task, article):
    keep(ls_task())
    store.annotations.mark_deleted([UNIQUE])
    assert keep(ls_task()).annotations_changed == 1
    assert store.annotations.get(UNIQUE).status == "submitted"


def test_the_fingerprint_follows_the_task_and_the_raw_schema_alone(press, press_with, schemas, tmp_path):
    assert fingerprint(press, schemas) == fingerprint(press, Schemas(schemas.folder))
    assert fingerprint(press_with(("person", "persona")), schemas) != fingerprint(press, schemas)
    other = tmp_path / "schemas"
    other.mkdir()
    for name in schemas.names:
        if "/" not in name:
            (other / f"{name}.json").write_text((schemas.folder / f"{name}.json").read_text(encoding="utf-8"))
    assert fingerprint(press, Schemas(other)) == fingerprint(press, schemas)
    path = other / "label-studio-annotation.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"prediction-changed"', '"changed"'), encoding="utf-8")
    assert fingerprint(press, Schemas(other)) != fingerprint(press, schemas)


def test_results_add_up():
    one = PullResult(items=1, annotations_new=2, skipped=1, poisoned=(3,))
    total = one + PullResult(items=2, unchanged=1, deleted=1, poisoned=(4,))
    assert total == PullResult(items=3, annotations_new=2, unchanged=1, skipped=1, deleted=1, poisoned=(3, 4))
    assert PullResult(items=3, unchanged=5, drafts=0).nothing_new
    assert not PullResult(deleted=1).nothing_new


@pytest.fixture
def long_article(store, text):
    """An article of two parts, the second of which has the text of the items."""
    before = "Zoë 🚋 was here.\n\n"
    whole = Article("long", before + text, content_hash(before + text), title="Rents")
    with store.transaction():
        store.articles.add(whole)
        store.parts.cut(whole.id, cut(whole, [0, len(before)]))
    return whole


def test_what_is_said_of_a_part_is_put_on_the_whole(store, keep, ls_task, long_article, press, schemas):
    for _ in range(2):
        keep(ls_task(article_id="long.part-2"))
    stored = store.annotations.get(UNIQUE)
    assert (stored.article_id, stored.record.article_id, stored.record.part) == ("long", "long", 2)
    assert stored.record.article_sha256 == long_article.sha256
    assert len(stored.record.mentions) == 3
    for mention in stored.record.mentions:
        assert long_article.text[mention.start : mention.end] == mention.text
    assert min(mention.start for mention in stored.record.mentions) >= store.parts.of("long")[1].part_start
    assert stored.problems == ()


def test_an_item_that_names_no_article_is_known_by_the_parts_text(store, keep, ls_task, long_article):
    keep(ls_task(article_id=None))
    assert store.annotations.get(UNIQUE).record.part == 2


def test_a_part_with_another_text_than_todays_does_not_pass_for_it(store, keep, ls_task, long_article, text):
    keep(ls_task(article_id="long.part-2", text=text + " More."))
    record = store.annotations.get(UNIQUE).record
    assert (record.article_id, record.part) == ("long", 2)
    assert record.article_sha256 == content_hash(text + " More.")


def test_a_part_that_is_gone_since_is_still_read(store, keep, ls_task, long_article, press_with, schemas):
    keep(ls_task(article_id="long.part-2"))
    before = store.annotations.get(UNIQUE).record
    with store.transaction():
        store.parts.cut("long", [])
    changed = press_with(('version = "3"', 'version = "4"'), file="task")
    assert redecode(store, changed, schemas) == 1
    after = store.annotations.get(UNIQUE).record
    assert (after.mentions, after.part, after.article_sha256) == (before.mentions, 2, long_article.sha256)


def cut_at(store, whole, *begins):
    with store.transaction():
        store.articles.replace(whole)
        store.parts.cut(whole.id, cut(whole, begins))


def test_what_is_said_of_a_part_follows_it_when_text_is_put_in_before(
    store, keep, ls_task, long_article, text, press, schemas
):
    keep(ls_task(article_id="long.part-2"))
    longer = "Added later, before it all.\n\n" + long_article.text
    whole = replace(long_article, text=longer, sha256=content_hash(longer))
    cut_at(store, whole, 0, len(longer) - len(text))
    assert store.annotations.displaced(ADDRESS, 5) == {12}
    assert keep(ls_task(article_id="long.part-2")).annotations_changed == 1
    record = store.annotations.get(UNIQUE).record
    assert (record.part, record.article_sha256) == (2, whole.sha256)
    assert len(record.mentions) == 3
    assert all(longer[one.start : one.end] == one.text for one in record.mentions)
    assert keep(ls_task(article_id="long.part-2")).nothing_new
    assert store.annotations.displaced(ADDRESS, 5) == set()


@pytest.mark.parametrize("shown", [True, False])
def test_a_part_that_an_update_removed_is_no_article_of_its_own(store, keep, ls_task, long_article, text, shown):
    item = ls_task(article_id="long.part-2", **({} if shown else {"text": None}))
    keep(item)
    short = replace(long_article, text="A short one.", sha256=content_hash("A short one."))
    cut_at(store, short)
    assert store.annotations.displaced(ADDRESS, 5) == {12}
    keep(item)
    assert [article.id for article in store.articles] == ["long"]
    assert [article.id for article in store.articles.to_annotate()] == ["long"]
    record = store.annotations.get(UNIQUE).record
    assert (record.article_id, record.part, record.article_sha256) == ("long", 2, content_hash(text))
    assert store.annotations.displaced(ADDRESS, 5) == set(), "it is not asked for again and again"
    # The text comes back, and with it the part.
    cut_at(store, long_article, 0, len(long_article.text) - len(text))
    keep(item)
    assert store.annotations.get(UNIQUE).record.article_sha256 == long_article.sha256
    assert not store.parts.place("long.part-2").former
