"""Tokens of any script: where they begin and end, whatever the text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.text import normalise
from curation.words import words

SIGNS = (
    "ab1_ \n\t.,;'’“”-–$€ß\u00e9\u0301\u0308\u200b\u200c\u200d\u200f\u00ad\u0600وزير\u064bक्षि市场"
    "ไทยกำけ한국🚋👨👩👧🏽🇩🇪\u3000\u00a0"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ida's 3.5% plan_b, e-mail.", ["Ida", "'", "s", "3", ".", "5", "%", "plan_b", ",", "e", "-", "mail", "."]),
        ("Hafenstraße: “zu spät”", ["Hafenstraße", ":", "“", "zu", "spät", "”"]),
        ("قال الوزيرُ إن سقف", ["قال", "الوزيرُ", "إن", "سقف"]),
        ("市长说：不。", ["市", "长", "说", "：", "不", "。"]),
        ("ที่ นี่", ["ที่", "นี่"]),
        ("한국은 좋다", ["한국은", "좋다"]),
        ("क्षि है।", ["क्षि", "है", "।"]),
        ("👨‍👩‍👧!🇩🇪🇫🇷 👍🏽", ["👨‍👩‍👧", "!", "🇩🇪", "🇫🇷", "👍🏽"]),
        ("e\u0301te x\u0308", ["e\u0301te", "x\u0308"]),
        ("می\u200cرود \u200fكتاب\u200f.", ["می\u200cرود", "\u200f", "كتاب", "\u200f", "."]),
        ("Don\u00adau\u00ad", ["Don\u00adau", "\u00ad"]),
        ("\u060012 \u0600 \u0301", ["\u0600", "12", "\u0600", "\u0301"]),
        (" \n\t", []),
        ("", []),
    ],
)
def test_tokens_of_many_scripts(text, expected):
    assert [text[start:end] for start, end in words(text)] == expected


@given(st.one_of(st.text(alphabet=SIGNS, max_size=60), st.text(max_size=60)).map(normalise))
def test_tokens_are_everything_but_white_space_in_order(text):
    found = words(text)
    assert all(start < end for start, end in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    covered = {place for start, end in found for place in range(start, end)}
    assert covered == {place for place, character in enumerate(text) if not character.isspace()}


@given(st.text(alphabet=SIGNS, max_size=30).map(normalise), st.text(alphabet=SIGNS, max_size=30).map(normalise))
def test_what_stands_behind_white_space_changes_no_token(first, second):
    alone = words(first)
    assert words(f"{first}\n{second}")[: len(alone)] == alone
