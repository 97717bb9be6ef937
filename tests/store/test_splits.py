"""The splits of exports: what is kept stays, whatever comes later; other rules begin anew."""

from __future__ import annotations

import sqlite3

import pytest

from curation.store import Kept, Store
from curation.store.schema import MIGRATIONS


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        yield opened


def test_what_was_never_planned_is_empty(store):
    assert store.splits.of("news", "r") == Kept({}, {})


def test_a_plan_comes_back_and_none_of_it_moves(store):
    cuts = {"test": "2026-03-01"}
    with store.transaction():
        assert store.splits.keep("news", "r", {"b": "test", "a": "train"}, cuts) == 2
        assert store.splits.keep("news", "r", {"b": "train", "c": "test"}, {"test": "2027-01-01"}) == 1
        assert store.splits.keep("news", "r", {}, {}) == 0
    assert store.splits.of("news", "r") == Kept({"a": "train", "b": "test", "c": "test"}, cuts)


def test_exports_and_rules_are_apart_and_none_is_forgotten(store):
    with store.transaction():
        store.splits.keep("news", "r", {"a": "train"}, {})
        store.splits.keep("news", "s", {"a": "test"}, {})
        store.splits.keep("other", "r", {"a": "dev"}, {})
    assert [store.splits.of(*name).splits["a"] for name in (("news", "r"), ("news", "s"), ("other", "r"))] == [
        "train", "test", "dev",
    ]  # fmt: skip


def test_a_plan_that_is_taken_back_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.transaction():  # noqa: PT012
        store.splits.keep("news", "r", {"a": "train"}, {"test": "2026-01-01"})
        raise RuntimeError
    assert store.splits.of("news", "r") == Kept()


def test_a_workspace_of_an_earlier_version_gets_the_tables_and_keeps_the_rest(tmp_path):
    raw = sqlite3.connect(tmp_path / "curation.db")
    for script in MIGRATIONS[:9]:
        raw.executescript(script)
    raw.execute("INSERT INTO adjudicated VALUES ('press')")
    raw.execute("PRAGMA user_version = 9")
    raw.commit()
    raw.close()
    with Store(tmp_path) as store:
        with store.transaction():
            store.splits.keep("news", "r", {"a": "train"}, {})
        assert store.gold.was_run("press")
    with Store(tmp_path) as store:
        assert store.splits.of("news", "r").splits == {"a": "train"}
