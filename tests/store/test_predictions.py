"""Suggestions are one an article, task and maker; annotation files are kept as they were."""

from __future__ import annotations

from dataclasses import replace

import pytest

from curation.records import Annotation, Article, Mention, Relation
from curation.store import Store
from curation.text import content_hash

TEXT = "The mayor said no."
RECORD = Annotation(
    "p1", "a", content_hash(TEXT), "press", "1", "model",
    mentions=(
        Mention("m", "Actor", 4, 9, "mayor", {"type": "person", "topics": ("x", "y")}),
        Mention("c", "Claim", 15, 17, "no"),
    ),
    relations=(Relation("m", "c", "supports"),), choices={"tone": "calm"},
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path) as opened:
        with opened.transaction():
            opened.articles.add(Article("a", TEXT, content_hash(TEXT)))
        yield opened


def test_a_suggestion_comes_back_as_it_was_and_gives_way_to_the_next(store):
    other = replace(RECORD, annotator="zoo", mentions=(), relations=())
    with store.transaction():
        store.predictions.put(replace(RECORD, choices={}))
        store.predictions.put(other)
        store.predictions.put(RECORD)
    assert list(store.predictions.of("a", "press")) == [RECORD, other]
    assert list(store.predictions.of("a", "another")) == list(store.predictions.of("b", "press")) == []
    assert len(store.predictions) == 2


def test_annotation_files_are_kept_every_version_once(store):
    with store.transaction():
        for data in (b"T1\tx\xff", b"", b"T1\tx\xff"):
            store.predictions.keep_file("a", "folder/a.ann", data)
    assert store.predictions.files("a") == [("folder/a.ann", b"T1\tx\xff"), ("folder/a.ann", b"")]
