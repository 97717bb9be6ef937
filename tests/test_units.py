"""Units of offsets: conversions are exact both ways or refused, and stored texts give the unit away."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.units import (
    CODE_POINTS,
    UNITS,
    Detector,
    Refused,
    counts_unit,
    from_code_points,
    ruler,
    to_code_points,
)

PIECES = ["a", "b", " ", "\n", "\r", "\r\n", "é", "ß", "漢", "😀", "👩‍🚒", "e\u0301"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=24).map("".join)
PLAIN = "The mayor spoke. Then the council spoke."
MOJI = "Storm 🌀 came.\r\nThe mayor 👩‍🚒 of Göteborg spoke.\r\nThe council did not.\r\nNobody else did."


def agrees(stored, there):
    return 2 * (stored == there)


def breaks(text, unit):
    if unit.endswith("-crlf"):
        return re.sub("\r?\n", "\r\n", text)
    return text.replace("\r\n", "\n") if unit.endswith("-lf") else text


def size(text, unit):
    """How many units a whole text has: the oracle."""
    text = breaks(text, unit)
    if unit.startswith("utf-16"):
        return len(text.encode("utf-16-le")) // 2
    return len(text.encode()) if unit.startswith("utf-8") else len(text)


def cuts_break(text, unit, position):
    """Whether the position is inside a line break that the unit counts otherwise than it stands there."""
    return unit.endswith(("-lf", "-crlf")) and position > 0 and text[position - 1 : position + 1] == "\r\n"


def fed(text, words, unit, detector=None, group=""):
    detector = detector or Detector(agrees)
    for word in words:
        start = text.index(word)
        detector.add(text, *from_code_points(text, start, start + len(word), unit), word, group)
    return detector


@given(TEXTS, st.sampled_from(list(UNITS)))
def test_every_position_goes_over_and_back(text, unit):
    measure = ruler(text, unit)
    assert measure.length == size(text, unit)
    reached = set()
    for position in range(len(text) + 1):
        if cuts_break(text, unit, position):
            with pytest.raises(Refused, match="inside a character or a line break"):
                measure.from_code_points(position)
            continue
        offset = measure.from_code_points(position)
        assert offset == size(text[:position], unit)
        assert measure.to_code_points(offset) == position
        reached.add(offset)
    for offset in set(range(measure.length + 1)) - reached:
        # Inside a surrogate pair, a sequence of bytes, or a line break.
        with pytest.raises(Refused, match="inside a character or a line break"):
            measure.to_code_points(offset)


@given(TEXTS, st.sampled_from(list(UNITS)), st.sampled_from([-1, 1]))
def test_what_is_outside_a_text_is_refused(text, unit, side):
    measure = ruler(text, unit)
    with pytest.raises(Refused, match="is outside a text of"):
        measure.to_code_points(-1 if side < 0 else measure.length + 1)
    with pytest.raises(Refused, match="is outside a text of"):
        measure.from_code_points(-1 if side < 0 else len(text) + 1)


@given(TEXTS.filter(bool), st.sampled_from(list(UNITS)), st.data())
def test_a_span_keeps_its_words(text, unit, data):
    cuts = [place for place in range(len(text) + 1) if not cuts_break(text, unit, place)]
    start, end = sorted(data.draw(st.lists(st.sampled_from(cuts), min_size=2, max_size=2, unique=True)))
    first, last = from_code_points(text, start, end, unit)
    assert to_code_points(text, first, last, unit) == (start, end)
    counted = breaks(text, unit)
    if unit.startswith("utf-16"):
        there = counted.encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le")
    elif unit.startswith("utf-8"):
        there = counted.encode()[first:last].decode()
    else:
        there = counted[first:last]
    assert there == breaks(text[start:end], unit)


@pytest.mark.parametrize("unit", list(UNITS))
def test_a_text_with_nul_is_not_converted(unit):
    if unit == CODE_POINTS:
        assert to_code_points("a\0b", 1, 2, unit) == (1, 2)
    else:
        with pytest.raises(Refused, match="NUL"):
            to_code_points("a\0b", 0, 1, unit)


@pytest.mark.parametrize("unit", list(UNITS))
def test_the_unit_is_told_by_stored_texts(unit):
    text = MOJI.replace("\r\n", "\n") if unit.endswith("-crlf") else MOJI
    found = fed(text, ["came", "mayor", "Göteborg", "council", "Nobody"], unit).evidence()
    assert (found.unit, found.mixed, found.unexplained) == (unit, False, 0)
    assert found.suspicious == (unit != CODE_POINTS)
    if unit != CODE_POINTS:
        assert found.certain
        assert found.fits[unit] == found.informative > found.fits[CODE_POINTS]
        assert 1 <= len(found.examples) <= 3
        assert all(one.stored != one.there for one in found.examples)
        assert UNITS[unit] in found.summary()


def test_spans_that_fit_every_unit_say_nothing():
    found = fed(PLAIN, ["mayor", "council"], "utf-16").evidence()
    assert (found.spans, found.informative, found.unit, found.suspicious) == (2, 0, None, False)
    assert "none of 2 spans" in found.summary()


def test_the_likelier_unit_is_named_where_two_count_the_same():
    assert fed("Storm 🌀 and the mayor", ["mayor"], "utf-16-lf").evidence().unit == "utf-16"


def test_spans_that_fit_no_unit_are_counted_and_prove_nothing():
    detector = fed(MOJI, ["mayor", "council"], CODE_POINTS)
    detector.add(MOJI, 20, 25, "minister")
    found = detector.evidence()
    assert (found.unexplained, found.unit, found.suspicious) == (1, CODE_POINTS, False)


def test_two_units_are_mixed_whatever_the_majority():
    detector = fed(MOJI, ["came", "mayor", "Göteborg", "council"] * 20, "utf-16", group="ana")
    fed(MOJI, ["council"], CODE_POINTS, detector, group="bo")
    found = detector.evidence()
    assert (found.unit, found.mixed, found.suspicious, found.certain) == (None, True, True, False)
    assert "ana UTF-16 units (80 of 80), bo code points (1 of 1)" in found.summary()
    assert found.to_json()["groups"]["bo"]["informative"] == 1


def test_a_stray_among_many_code_points_is_no_other_unit():
    detector = fed(MOJI, ["came", "mayor", "Göteborg", "council"] * 20, CODE_POINTS)
    stray = fed(MOJI, ["council"], "utf-16", detector).evidence()
    assert (stray.unit, stray.suspicious) == (CODE_POINTS, False)
    assert fed(MOJI, ["council", "Nobody"], "utf-16", detector).evidence().mixed


def test_one_span_is_a_sign_and_three_are_proof():
    assert not fed(MOJI, ["mayor"], "utf-16").evidence().certain
    assert "few" in fed(MOJI, ["mayor"], "utf-16").evidence().summary()
    assert fed(MOJI, ["mayor", "council", "Nobody"], "utf-16").evidence().certain


@pytest.mark.parametrize(("start", "end", "stored"), [("1", 2, "x"), (1.0, 2, "x"), (True, 2, "x"), (1, 2, None)])
def test_what_is_no_span_is_passed_over(start, end, stored):
    detector = Detector(agrees)
    detector.add(MOJI, start, end, stored)
    assert (detector.evidence().spans, detector.evidence().informative) == (1, 0)


def test_an_annotation_is_held_against_its_own_texts():
    def spans(words, unit):
        return [(*from_code_points(MOJI, MOJI.index(word), MOJI.index(word) + len(word), unit), word) for word in words]

    utf16, points = spans(["mayor", "council"], "utf-16"), spans(["mayor", "council"], CODE_POINTS)
    assert counts_unit(MOJI, utf16, "utf-16", agrees) == (2, 0)
    assert counts_unit(MOJI, points, "utf-16", agrees) == (0, 2)
    assert counts_unit(MOJI, [*utf16, *points[:1]], "utf-16", agrees) == (2, 1)
    assert counts_unit(MOJI, spans(["Storm"], "utf-16"), "utf-16", agrees) == (0, 0)
    assert counts_unit(MOJI, [(20, 25, "minister"), (0, 1, "")], "utf-16", agrees) == (0, 0)
