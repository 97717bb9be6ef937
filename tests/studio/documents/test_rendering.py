"""The text that Label Studio stores beside offsets, against what was seen in a browser."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.studio.rendering import agreement, contrasted, differs_in_white_space_alone, other_unit, rendered
from curation.units import CODE_POINTS, UNITS, from_code_points


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


PIECES = st.lists(st.sampled_from(["Elena", " ", "\n", "\r\n", "\t", "\\n"]), max_size=8).map("".join)


@given(PIECES, PIECES)
def test_what_does_not_agree_is_shown_to_differ(text, stored):
    if agreement(stored, text) < 2:
        one, other = contrasted(text, stored)
        assert one != other


@pytest.mark.parametrize(
    ("text", "stored", "shown"),
    [
        ("Elena\n\nMoss said", "Elena\\n\\nMoss  said", ("“…lena Moss␣said”", "“…lena Moss␣␣said”")),
        ("Elena\r\nMoss", "Elena\\n\\nMoss ", ("“…lena Moss”", "“…lena Moss␣”")),
        ("a\\n  b", "a\\n b", ("“a\\n␣␣b”", "“a\\n␣b”")),
    ],
)
def test_breaks_as_they_are_stored_are_no_difference(text, stored, shown):
    assert contrasted(text, stored) == shown


@pytest.mark.parametrize(("stored", "text"), [("Rents fell", "Rents fall"), ("", "x"), ("Rents", "Rents fall")])
def test_other_words_are_a_mismatch(stored, text):
    assert not differs_in_white_space_alone(stored, text)


@pytest.mark.parametrize("unit", list(UNITS))
def test_offsets_in_another_unit_are_recognised(unit):
    text = "Storm 🌀🌀 hit\nGöteborg.\n\nThe mayor spoke."
    start = text.index("mayor")
    found = other_unit("mayor", text, *from_code_points(text, start, start + 5, unit))
    # The text has no CRLF that could count as one.
    assert found == {CODE_POINTS: None}.get(unit.removesuffix("-lf"), UNITS[unit.removesuffix("-lf")])


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), st.text(min_size=1), st.text())
def test_offsets_that_count_code_points_are_not_another_unit(before, marked, after):
    text = before + marked + after
    assert other_unit(rendered(marked), text, len(before), len(before) + len(marked)) is None


def test_offsets_that_fit_no_unit_are_not_recognised():
    assert other_unit("Zoë", "🌀 Zoë", 1, 4) is None
    assert other_unit("Zoë", "🌀 Zoë", 3, 6) == "UTF-16 units"
    assert other_unit("", "🌀 Zoë", 4, 2) is None
    assert other_unit("x", "x", -1, 1) is None


@given(st.text())
def test_a_text_agrees_with_itself_as_it_is_and_as_it_is_rendered(text):
    assert agreement(text, text) == agreement(rendered(text), text) == 2


@pytest.mark.parametrize(
    ("stored", "text", "agrees"),
    [("one two", "one  two", 1), ("one two", "one\ntwo", 1), ("one", "one two", 0), ("", "one", 0)],
)
def test_how_well_a_stored_text_agrees(stored, text, agrees):
    assert agreement(stored, text) == agrees
