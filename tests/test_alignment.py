"""Maps between the clean text and the raw one, on arbitrary Unicode, against the definition of what they mean."""

from __future__ import annotations

import random
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from curation.alignment import Edits, align, clean_to_raw, composed, raw_to_clean
from curation.text import normalise

STEPS = ("newlines", "control", "bom", "nfc", "trim")
BREAKS = "\r\n\r\n\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
MARKS = "\u0301\u0300\u0323\u0315\u0344\u0f73\u0653\u0bd7\u0bbe\u3099\u20d0"
LETTERS = "aeo \té\u212b\u2126\u1100\u1161\u11a8\uac00\u0627\u0b92\u0bc6\u304b\u1208が漢😀\U0001d15e\u200b\u00a0"
soup = st.text(st.sampled_from(BREAKS + MARKS + LETTERS + "\x01\x7f\x92\ufeff"), max_size=25)
anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
raws = soup | anything | st.lists(soup | anything, max_size=4).map("".join)


def untrimmed(text: str) -> str:
    """The normalisation but for the white space around a text."""
    return normalise(f"|{text}|")[1:-1] if not text or not unicodedata.combining(text[-1]) else _guarded(text)


def _guarded(text: str) -> str:
    return normalise(f"|\n{text}\n|")[2:-2]


def borders(edits: Edits, length: int) -> list[int]:
    """The offsets of the clean text that lie inside no edit."""
    inside = {offset for start, end, _, _ in edits for offset in range(start + 1, end)}
    return [offset for offset in range(length + 1) if offset not in inside]


@given(raws)
@example("\ufeff a\r\nb\x01e\x02\u0301 \u1100\u1161\u11a8x")
@example("\u212b\u0f73\u0344\u0301")
def test_the_clean_text_is_the_normalisation_and_the_steps_say_what_changed(raw):
    aligned = align(raw)
    assert aligned.text == normalise(raw)
    assert (not aligned.steps) == (not aligned.edits) == (aligned.text == raw)
    assert list(aligned.steps) == [step for step in STEPS if step in aligned.steps]


@given(raws)
@example("e\x01\u0301\r\x7f\n\u0323")
def test_between_edits_both_texts_are_the_same(raw):
    aligned = align(raw)
    clean_done = raw_done = 0
    for start, end, raw_start, raw_end in (*aligned.edits, (len(aligned.text),) * 2 + (len(raw),) * 2):
        assert aligned.text[clean_done:start] == raw[raw_done:raw_start]
        for offset in range(start - clean_done):
            at, origin = clean_done + offset, raw_done + offset
            assert clean_to_raw(aligned.edits, at, at + 1) == (origin, origin + 1)
            assert raw_to_clean(aligned.edits, origin, origin + 1) == (at, at + 1)
        clean_done, raw_done = end, raw_end


@given(raws)
@example("x\u1100\ufeff\u1161\u11a8\r\ny")
@example(" \u0301\u0323a\u0301")
def test_every_span_between_borders_comes_from_exactly_its_raw_text(raw):
    aligned = align(raw)
    edits = aligned.edits
    ends = borders(edits, len(aligned.text))
    for start in ends:
        for end in (end for end in ends if end > start):
            raw_start, raw_end = clean_to_raw(edits, start, end)
            assert untrimmed(raw[raw_start:raw_end]) == aligned.text[start:end]
            assert raw_to_clean(edits, raw_start, raw_end) == (start, end)


@given(raws)
def test_an_empty_span_is_what_was_removed_there(raw):
    aligned = align(raw)
    for at in borders(aligned.edits, len(aligned.text)):
        start, end = clean_to_raw(aligned.edits, at, at)
        assert untrimmed(raw[start:end]).strip() == ""
        assert start == (clean_to_raw(aligned.edits, 0, at)[1] if at else 0)
        assert end == (clean_to_raw(aligned.edits, at, len(aligned.text))[0] if at < len(aligned.text) else len(raw))
        assert raw_to_clean(aligned.edits, start, end) == (at, at)


@given(raws)
def test_a_span_that_ends_inside_an_edit_widens_to_it(raw):
    aligned = align(raw)
    edits = aligned.edits
    for start, end, raw_start, raw_end in edits:
        for inside in range(start + 1, end):
            assert clean_to_raw(edits, inside, end) == (raw_start, raw_end)
            assert clean_to_raw(edits, start, inside) == (raw_start, raw_end)
            assert clean_to_raw(edits, inside, inside) == (raw_start, raw_end)
        for inside in range(raw_start + 1, raw_end):
            assert raw_to_clean(edits, inside, raw_end) == (start, end)
            assert raw_to_clean(edits, raw_start, inside) == (start, end)


@given(raws)
def test_maps_are_monotone_and_the_whole_covers_all_that_is_left(raw):
    aligned = align(raw)
    edits = aligned.edits
    for mapped, length in ((clean_to_raw, len(aligned.text)), (raw_to_clean, len(raw))):
        spans = [mapped(edits, at, at + 1) for at in range(length)]
        assert all(start <= end for start, end in spans)
        assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(spans))
        for start in range(length):
            for end in range(start + 1, length + 1):
                inner = spans[start:end]
                wide = mapped(edits, start, end)
                assert wide[0] <= min(one[0] for one in inner)
                assert wide[1] >= max(one[1] for one in inner)
    if aligned.text:
        start, end = clean_to_raw(edits, 0, len(aligned.text))
        assert untrimmed(raw[:start]).strip() == untrimmed(raw[end:]).strip() == ""
        assert raw_to_clean(edits, 0, len(raw)) == (0, len(aligned.text))


@given(raws)
def test_each_edit_is_as_short_as_it_can_be_known(raw):
    """No edit that composing made has a border inside: a place before which and behind which all normalises alone."""
    edits = align(raw).edits
    for start, end, raw_start, raw_end in edits:
        for cut in range(raw_start + 1, raw_end):
            left, right = raw[raw_start:cut], raw[cut:raw_end]
            settled = untrimmed(left) + untrimmed(right) == untrimmed(raw[raw_start:raw_end])
            starter = not unicodedata.combining(unicodedata.normalize("NFD", right)[0])
            assert not (settled and starter and left.isalpha() and right.isalpha() and end > start)


def test_where_edits_lie_in_an_example():
    raw = "\ufeffCafe\u0301\r\nbar\x07!\r\n"
    aligned = align(raw)
    assert aligned.text == "Café\nbar!"
    assert aligned.steps == ("newlines", "control", "bom", "nfc", "trim")
    assert aligned.edits == ((0, 0, 0, 1), (3, 4, 4, 6), (4, 5, 6, 8), (8, 8, 11, 12), (9, 9, 13, 15))
    assert clean_to_raw(aligned.edits, 0, 4) == (1, 6)
    assert clean_to_raw(aligned.edits, 5, 9) == (8, 13)
    assert raw_to_clean(aligned.edits, 0, len(raw)) == (0, 9)
    assert raw_to_clean(aligned.edits, 5, 7) == (3, 5)
    assert raw_to_clean(aligned.edits, 11, 12) == (8, 8)


def test_without_edits_every_span_is_itself():
    assert clean_to_raw((), 3, 7) == raw_to_clean((), 3, 7) == (3, 7)
    assert clean_to_raw((), 3, 3) == raw_to_clean((), 3, 3) == (3, 3)


@st.composite
def cleanings(draw, length=None):
    """The length of a raw text, and edits on it such as a step makes."""
    length = draw(st.integers(0, 20)) if length is None else length
    cuts = sorted(draw(st.lists(st.integers(0, length), max_size=6, unique=True)))
    edits, shift = [], 0
    for start, end in list(pairwise(cuts))[:: draw(st.integers(1, 2))]:
        size = draw(st.integers(0, 3))
        edits.append((start + shift, start + shift + size, start, end))
        shift += size - (end - start)
    return length, tuple(edits), length + shift


def once(edit, first: Edits, second: Edits) -> bool:
    """Whether an edit of both is made of a single one."""
    made = [one for one in first if edit[2] <= one[2] and one[3] <= edit[3]]
    made += [one for one in second if edit[0] <= one[0] and one[1] <= edit[1]]
    return len(made) == 1


@given(st.data())
def test_composed_edits_map_as_one_after_the_other(data):
    length, first, middle = data.draw(cleanings())
    _, second, clean = data.draw(cleanings(middle))
    both = composed(first, second)
    for start in range(clean):
        for end in range(start + 1, clean + 1):
            through = clean_to_raw(second, start, end)
            if through[0] == through[1]:
                continue
            stepwise = clean_to_raw(first, *through)
            directly = clean_to_raw(both, start, end)
            # One stretch that two steps changed is one: it can only be wider than what either says of its part.
            assert directly[0] <= stepwise[0] <= stepwise[1] <= directly[1]
            touched = [edit for edit in both if edit[0] < end and edit[1] > start]
            if all(start <= edit[0] <= edit[1] <= end and once(edit, first, second) for edit in touched):
                assert directly == stepwise
    sizes = [(edit[1] - edit[0], edit[3] - edit[2]) for edit in both]
    assert length - clean == sum(raw - new for new, raw in sizes)
    assert all(one[1] <= other[0] and one[3] <= other[2] for one, other in pairwise(both))


def test_a_huge_text_that_is_all_edits_gets_few_and_wide_ones():
    raw = "a\r\n" * 1_000_000 + "the end"
    aligned = align(raw)
    assert aligned.text == normalise(raw)
    assert len(aligned.edits) <= 400_000
    assert clean_to_raw(aligned.edits, len(aligned.text) - 3, len(aligned.text)) == (len(raw) - 3, len(raw))
    assert clean_to_raw(aligned.edits, 500, 502) == (750, 753)
    start, end = clean_to_raw(aligned.edits, 1_500_000, 1_500_001)
    assert start <= 2_250_000 < end


def test_a_line_is_a_segment_in_a_huge_text():
    raw = "e\u0301x" * 800_000 + "\ne\u0301 end"
    aligned = align(raw)
    assert aligned.text == normalise(raw)
    assert len(aligned.edits) == 2
    assert clean_to_raw(aligned.edits, len(aligned.text) - 3, len(aligned.text)) == (len(raw) - 6, len(raw))
    assert clean_to_raw(aligned.edits, 0, 1) == (0, 2_400_000)


@pytest.mark.parametrize("unit", ["e\u0301\r\n", "\u1112\u1161\u11ab ", "\u0301\u0323", "\ufeff\x01a"])
def test_a_long_text_of_many_edits_is_mapped(unit):
    raw = unit * 40_000
    aligned = align(raw)
    assert aligned.text == normalise(raw)
    picks = random.Random(7)
    for _ in range(200):
        at = picks.randrange(len(aligned.text))
        start, end = clean_to_raw(aligned.edits, at, at + 1)
        if end - start < 100:
            assert untrimmed(raw[start:end]) == aligned.text[at]
