"""Metadata above a Markdown text: taken as it is written, or refused, and never taken for text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.articles import Options, read
from curation.articles.formats.front_matter import split
from curation.articles.rejects import Refused
from curation.records import Reject

ABOVE = """---
title: "Rent cap: passed"
date: 2026-03-02
author: [Ida Nørgaard, "Moss, Elena"]
source: Courier
url: https://example.org/a
language: no
id: 0123
tags:
  - housing
views: 1_000
empty:
---
# Heading

Body
"""


def test_it_becomes_metadata_by_the_usual_names(write):
    (article,) = read([write("a.md", ABOVE)])
    assert (article.text, article.title) == ("# Heading\n\nBody", "Rent cap: passed")
    assert (article.outlet, article.lang, article.source_id) == ("Courier", "no", "0123")
    assert article.authors == ("Ida Nørgaard", "Moss, Elena")
    assert article.published_at.startswith("2026-03-02")
    assert article.meta["tags"] == ["housing"]
    assert (article.meta["views"], article.meta["empty"]) == ("1_000", None)


def test_the_field_map_applies_where_it_fits_and_no_metadata_are_the_text(write):
    path = write("a.md", "---\nheadline: A\nkop: B\ntext: teaser\ncontent: more\n---\nBody")
    (article,) = read([path], Options(field_map={"title": "kop", "text": "story"}))
    assert (article.title, article.text) == ("B", "Body")
    assert article.meta == {"headline": "A", "text": "teaser", "content": "more"}


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nA rule, and a text: with a colon\n\n---\nmore",
        "---\n- a\n- b\n---\nmore",
        "---\ntitle: never closed\n",
        "Text\n---\ntitle: no\n---\n",
        "---\n---\nmore",
    ],
)
def test_what_is_none_stays_in_the_text(text):
    assert split(text) == ({}, text)


@pytest.mark.parametrize(
    "above", ["# About: this file\ntitle: A", "\n  # one\n#two\n\n'title' : A", "#\n\ttitle: A".replace("\t", " ")]
)
def test_comments_and_blank_lines_above_the_first_key(above):
    assert split(f"---\n{above}\n---\nBody") == ({"title": "A"}, "Body")


@pytest.mark.parametrize("end", ["---", "...", "---  "])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_it_ends_with_dashes_or_dots(end, newline):
    text = newline.join(["---", "title: A", end, "Body"])
    assert split(text) == ({"title": "A"}, "Body")


@pytest.mark.parametrize(
    ("above", "reason"),
    [
        ("title: one: two", "at line 2, column"),
        ("title: a\ndate: b\ntitle: c", "a key stands in it twice at line 4, column 1"),
        ("a: &x [1]\nb: *x", "an alias"),
        ("title: 'open", "line"),
        ("a: " + "[" * 3000, ""),
        ("a: {b: 1, b: 2}", "twice"),
        ("title: " + "x" * 70_000, "more than 65536 characters"),
        ("? [a]\n: b\ntitle: c", ""),
    ],
)
def test_what_cannot_be_read_is_refused(write, above, reason):
    raw = f"---\ntitle2: x\n{above}\n---\nBody".replace("title2: x\n", "", 1)
    (document,) = read([write("a.md", raw)])
    if above.startswith("?"):
        assert document.text.startswith("---")
        return
    assert isinstance(document, Reject)
    assert (document.code, document.raw) == ("R_FRONT_MATTER", raw.encode())
    assert reason in document.reason
    assert "\n" not in document.reason


@given(st.text(max_size=80))
def test_any_text_is_split_or_refused(above):
    text = f"---\ntitle: x\n{above}\n---\nBody"
    try:
        row, rest = split(text)
    except Refused:
        return
    assert rest == text if not row else text.endswith(rest)
