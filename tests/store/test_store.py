"""The workspace's database: nothing written twice, nothing deleted, nothing half written."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.errors import CurationError
from curation.folders.lock import lock
from curation.records import Annotation, Article, Finding, Mention, Relation
from curation.store import Push, Reject, Revision, Store
from curation.store.schema import MIGRATIONS
from curation.text import content_hash


def article(name: str, text: str, **rest) -> Article:
    return Article(name, text, content_hash(text), **rest)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


def put(store: Store, annotation: str, revision: str, raw=None, **record) -> None:
    written = Revision(annotation, revision, raw or {"result": []}, {"article_id": "a"})
    store.annotations.add_revision(written, pulled_at="2026-01-01T00:00:00Z")
    store.annotations.put(
        written, task="t", status="submitted", annotator="annotator-01",
        record=Annotation(annotation, "a", "0" * 64, "t", "1", "annotator-01", **record), problems=[], decoded_with="d",
    )  # fmt: skip


def test_articles_come_back_as_they_went_in(store):
    sent = article("a", "Über 😀", title="T", authors=("A", "B"), meta={"x": [1, {"y": None}]}, source="f.jsonl:3")
    with store.transaction():
        assert store.articles.add(sent) == "new"
    assert store.articles.get("a") == sent
    assert list(store.articles) == [sent]
    assert store.articles.get("b") is None


def test_the_states_of_an_article(store):
    with store.transaction():
        assert store.articles.add(article("a", "one")) == "new"
        assert store.articles.add(article("a", "one")) == "same"
        assert store.articles.add(article("a", "two")) == "changed"
        assert store.articles.add(article("b", "one", source="x:1")) == "new", "a copy is an article of its own"
    assert store.articles.get("a").text == "one"


def test_where_an_article_stood_again_is_noted_once(store):
    with store.transaction():
        store.articles.add(article("a", "one"))
        for _ in range(2):
            store.articles.add_copy(article("a", "one", source="x:1"), "a")
    assert store.articles.repeated() == [("x:1", "a")]


def test_a_refused_document_is_kept_once_and_whole(store):
    reject = Reject("wire:3", "R_JSON", "broken", b"\xff\x00{")
    with store.transaction():
        assert store.articles.reject(reject)
        assert not store.articles.reject(reject)
    assert store.articles.rejects() == [reject]


def test_a_failed_transaction_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.transaction():  # noqa: PT012
        store.articles.add(article("a", "one"))
        raise RuntimeError
    assert len(store.articles) == 0


def test_revisions_are_append_only(store, tmp_path):
    with store.transaction():
        put(store, "x", "r1", {"result": [1]})
        put(store, "x", "r2", {"result": [2]})
        assert not store.annotations.add_revision(Revision("x", "r1", {}, {}), pulled_at="later")
    kept = sqlite3.connect(tmp_path / "curation.db")
    assert kept.execute("SELECT revision, raw FROM revisions ORDER BY 1").fetchall() == [
        ("r1", '{"result":[1]}'),
        ("r2", '{"result":[2]}'),
    ]
    kept.close()
    assert store.annotations.get("x").revision == "r2"


def test_a_new_revision_opens_the_verdict(store):
    with store.transaction():
        put(store, "x", "r1")
        found = Finding("F_X", "error", "m", "f", regions=("a", "b"))
        store.annotations.judge("x", "quarantined", [found], validated_with="v")
    assert store.annotations.findings("t") == [replace(found, annotation="x")]
    with store.transaction():
        put(store, "x", "r2")
    assert store.annotations.get("x").verdict is None
    assert store.annotations.findings("t") == []


def test_deleted_annotations_are_marked(store):
    with store.transaction():
        put(store, "x", "r1")
        store.annotations.mark_deleted(["x"])
    assert store.annotations.get("x").status == "deleted"
    assert list(store.annotations.all(status="submitted")) == []


def test_every_deletion_keeps_when_it_was_noticed_and_undone(store):
    with store.transaction():
        put(store, "x", "r1")
        put(store, "y", "r1")
        store.annotations.mark_deleted(["x"])
        store.annotations.mark_deleted(["x"])
    [(noticed, back)] = store.annotations.deletions("x")
    assert noticed <= datetime.now(UTC).isoformat(timespec="seconds")
    assert back is None
    with store.transaction():
        put(store, "x", "r1")
        store.annotations.mark_deleted(["x"])
    first, last = store.annotations.deletions("x")
    assert first == (noticed, last[0])
    assert last[1] is None
    assert store.annotations.deletions("y") == []


value = st.one_of(st.text(max_size=5), st.lists(st.text(max_size=5), max_size=3).map(tuple))
mentions = st.builds(
    Mention,
    id=st.text(min_size=1, max_size=3),
    label=st.text(min_size=1, max_size=3),
    start=st.integers(0, 99),
    end=st.integers(0, 99),
    text=st.text(max_size=9),
    attributes=st.dictionaries(st.text(max_size=3), value, max_size=2),
)
relations = st.builds(Relation, source=st.text(), target=st.text(), label=st.none() | st.text())


@given(st.lists(mentions, max_size=3), st.lists(relations, max_size=3), st.dictionaries(st.text(), value, max_size=2))
def test_records_come_back_equal(tmp_path_factory, mentions, relations, choices):
    with Store(tmp_path_factory.mktemp("store")) as store, store.transaction():
        put(store, "x", "r", mentions=tuple(mentions), relations=tuple(relations), choices=choices)
        record = store.annotations.get("x").record
    assert record.mentions == tuple(mentions)
    assert record.relations == tuple(relations)
    assert record.choices == choices


def test_pseudonyms_are_given_once_and_hide_the_address(store):
    with store.transaction():
        first = store.ledger.pseudonym("s", 7, "ida@example.org")
        second = store.ledger.pseudonym("s", 8)
        assert store.ledger.pseudonym("s", 7) == first != second
        assert store.ledger.pseudonym("other", 7) not in (first, second)
    assert store.ledger.annotators()[0] == (first, "ida@example.org")


def test_pushes_are_written_over(store):
    with store.transaction():
        store.ledger.record_pushes("s", 1, [Push("a", "h", None, "intent"), Push("b", "h", None, "intent")])
        store.ledger.record_pushes("s", 1, [Push("a", "h", 5, "sent")])
    assert {name: push.state for name, push in store.ledger.pushes("s", 1).items()} == {"a": "sent", "b": "intent"}


def test_a_newer_store_is_refused(tmp_path):
    Store(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "curation.db")
    raw.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    raw.close()
    with pytest.raises(CurationError) as caught:
        Store(tmp_path)
    assert caught.value.code == "E_STORE_NEWER"


def test_migrations_go_forward_from_every_version(tmp_path):
    for version in range(len(MIGRATIONS) + 1):
        folder = tmp_path / str(version)
        folder.mkdir()
        raw = sqlite3.connect(folder / "curation.db")
        for script in MIGRATIONS[:version]:
            raw.executescript(script)
        raw.execute(f"PRAGMA user_version = {version}")
        raw.close()
        with Store(folder) as store:
            assert store.damage() is None
            assert len(store.articles) == 0


def test_wal_is_on_and_readers_do_not_wait(store, tmp_path):
    reader = sqlite3.connect(tmp_path / "curation.db", timeout=0)
    assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with store.transaction():
        store.articles.add(article("a", "one"))
        assert reader.execute("SELECT count(*) FROM articles").fetchone() == (0,)
    reader.close()


def test_the_lock_names_its_holder_and_dies_with_it(tmp_path):
    script = (
        "import sys, time, pathlib; from curation.folders.lock import lock\n"
        "with lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(CurationError, match=f"process {holder.pid}") as caught, lock(tmp_path):
            pass
        assert caught.value.code == "E_LOCKED"
    finally:
        holder.kill()
        holder.communicate()
    with lock(tmp_path):
        assert (tmp_path / "curation.lock").read_text() == str(os.getpid())


def test_bytes_refused_twice_by_an_earlier_version_stand_once(tmp_path):
    raw = sqlite3.connect(tmp_path / "curation.db")
    raw.executescript(MIGRATIONS[0])
    raw.executemany(
        "INSERT INTO rejects VALUES (?, 'R_JSON', ?, ?)",
        [("a:1", "one way", b"{"), ("a:1", "another", b"{"), ("a:1", "one way", b"["), ("a:2", "one way", b"{")],
    )
    raw.execute("PRAGMA user_version = 1")
    raw.commit()
    raw.close()
    with Store(tmp_path) as store:
        assert sorted((one.source, one.raw) for one in store.articles.rejects()) == [
            ("a:1", b"["), ("a:1", b"{"), ("a:2", b"{"),
        ]  # fmt: skip
        assert store.library.refusals() == 3


def test_the_screens_that_an_earlier_version_noted_are_kept(tmp_path):
    raw = sqlite3.connect(tmp_path / "curation.db")
    for script in MIGRATIONS[:3]:
        raw.executescript(script)
    since = "2026-03-01T00:00:00.000000+00:00"
    raw.execute("INSERT INTO screens VALUES ('s', 1, 'abc', ?)", (since,))
    raw.execute("PRAGMA user_version = 3")
    raw.commit()
    raw.close()
    with Store(tmp_path) as store:
        day = datetime(2026, 3, 2, tzinfo=UTC)
        assert store.versions.history("s", 1, "interface") == [(datetime.fromisoformat(since), "abc")]
        assert store.versions.shown("s", 1, "interface", day) == "abc"
        assert store.versions.shown("s", 1, "codebook", day) is None


def test_where_annotations_of_an_earlier_version_were_seen_is_known(tmp_path):
    raw = sqlite3.connect(tmp_path / "curation.db")
    for script in MIGRATIONS[:6]:
        raw.executescript(script)
    contexts = {
        "whole": {"server": "s", "project": 3, "ls_task": 8},
        "draft": {"server": "s", "project": 3, "ls_task": 2},
        "gone": {"server": "s", "project": 3, "ls_task": 9},
        "elsewhere": {"server": "t", "project": 3, "ls_task": 8},
        "of a file": {"server": None, "project": None, "ls_task": "8"},
        "beyond": {"server": "s", "project": 3, "ls_task": 2**70},
    }
    for name, context in contexts.items():
        status = {"draft": "draft", "gone": "deleted"}.get(name, "submitted")
        for revision in ("old", "new"):
            seen = context if revision == "new" else {"server": "old", "project": 1, "ls_task": 1}
            raw.execute("INSERT INTO revisions VALUES (?, ?, '{}', ?, '')", (name, revision, json.dumps(seen)))
        raw.execute(
            "INSERT INTO annotations (id, revision, task, status, problems, decoded_with)"
            " VALUES (?, 'new', 't', ?, '', '')",
            (name, status),
        )
    raw.execute("PRAGMA user_version = 6")
    raw.commit()
    raw.close()
    with Store(tmp_path) as store:
        assert sorted(store.annotations.seen_in("s", 3)) == [("draft", 2, "draft"), ("whole", 8, "submitted")]
        assert store.annotations.seen_in("t", 3) == [("elsewhere", 8, "submitted")]
        assert store.annotations.seen_in("old", 1) == []
        assert [store.annotations.server(name) for name in ("whole", "elsewhere", "of a file")] == ["s", "t", None]


def test_a_workspace_that_cannot_be_written_to_can_be_looked_at(tmp_path, monkeypatch):
    with Store(tmp_path) as store, store.transaction():
        store.articles.add(article("a", "one"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    # Whoever runs the tests may be allowed everything.
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with Store(tmp_path) as store:
        assert store.articles.get("a").text == "one"
        assert store.damage() is None
        with pytest.raises(CurationError) as caught, store.transaction():
            store.articles.add(article("b", "two"))
    assert (caught.value.code, "readonly" in caught.value.message) == ("E_DISK", True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_of_one_that_another_program_writes_to_the_last_is_seen(tmp_path, monkeypatch):
    with Store(tmp_path) as writer:
        with writer.transaction():
            writer.articles.add(article("a", "one"))
        assert (tmp_path / "curation.db-wal").stat().st_size
        monkeypatch.setattr("os.access", lambda path, mode: False)
        with Store(tmp_path) as store:
            assert store.articles.get("a").text == "one"
