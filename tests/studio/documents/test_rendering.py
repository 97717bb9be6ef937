"""The text that Label Studio stores beside offsets, against what was seen in a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.studio.rendering import differs_in_white_space_alone, fits_utf16, rendered


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("one\ntwo", "one\\ntwo"),
        ("one\r\ntwo", "one\\n\\ntwo"),
        ("one\r\n\r\ntwo", "one\\n\\n\\n\\ntwo"),
        ("tab\tand  spaces", "tab\tand  spaces"),
        ("line\u2028separator", "line\u2028separator"),
        ("a literal \\n stays", "a literal \\n stays"),
    ],
)
def test_breaks_become_a_backslash_and_an_n_each(text, stored):
    assert rendered(text) == stored


@given(st.text())
def test_a_rendered_text_has_no_breaks_and_differs_in_them_alone(text):
    assert not {"\r", "\n"} & set(rendered(text))
    assert differs_in_white_space_alone(rendered(text), text)


@given(st.lists(st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="\\")), min_size=1))
def test_collapsed_and_trimmed_white_space_is_no_mismatch(words):
    assert differs_in_white_space_alone(" ".join(words), "\t  ".join(words) + " \r\n")


@pytest.mark.parametrize(("stored", "text"), [("Rents fell", "Rents fall"), ("", "x"), ("Rents", "Rents fall")])
def test_other_words_are_a_mismatch(stored, text):
    assert not differs_in_white_space_alone(stored, text)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), st.text(min_size=1), st.text())
def test_offsets_in_utf16_units_are_recognised(before, marked, after):
    text = before + marked + after
    start = len(before.encode("utf-16-le")) // 2
    end = start + len(marked.encode("utf-16-le")) // 2
    assert fits_utf16(rendered(marked), text, start, end)


def test_offsets_that_fit_neither_unit_are_not_recognised():
    assert not fits_utf16("Zoë", "🌀 Zoë", 2, 5)
    assert fits_utf16("Zoë", "🌀 Zoë", 3, 6)
    assert not fits_utf16("", "🌀 Zoë", 4, 2)
    assert not fits_utf16("x", "x", -1, 1)
