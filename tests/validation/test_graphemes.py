"""The short way round the grapheme rule agrees with the library that knows all of Unicode."""

from __future__ import annotations

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.text import splits_grapheme

_COMMON = [chr(point) for point in (*range(0x300), *range(0x2010, 0x2028))]
_clusters = regex.compile(r"\X")


def test_no_two_common_characters_are_one_but_a_line_break():
    for before in _COMMON:
        text = "".join(before + behind for behind in _COMMON)
        starts = {match.start() for match in _clusters.finditer(text)}
        joined = {text[at - 1 : at + 1] for at in range(1, len(text)) if at not in starts}
        assert joined <= {"\r\n"}


@settings(max_examples=300)
@given(
    text=st.text(
        st.sampled_from([*"aé“”–\r\n \u00a9", "\u0301", "\u200d", "🏽", "👩", "🇩", "क", "\u094d", "\u0600", "ᄀ", "ᅡ"])
    )
)
def test_any_mixture_is_cut_where_the_library_cuts(text):
    starts = {match.start() for match in _clusters.finditer(text)}
    for at in range(1, len(text)):
        assert splits_grapheme(text, at) is (at not in starts)
