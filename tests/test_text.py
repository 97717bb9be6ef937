"""Normalisation, hashes, forbidden characters and boundaries, against slower definitions of the same things."""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from curation import text as module
from curation.articles.mojibake import suspicion
from curation.text import (
    ForbiddenCharacter,
    compose,
    content_hash,
    contrast,
    crosses_paragraph,
    exactly,
    forbidden,
    is_span,
    line_and_column,
    normalise,
    quote,
    seal,
    spaced_edges,
    splits_grapheme,
)

# Characters at which normalisation, newlines or graphemes go wrong, among ordinary ones.
TRICKY = "aeo é\u0301\u0300\u0323\u00c5\u212b\u2126\u1100\u1161\u11a8\uac00\r\n\t\x0b\x85\u00a0\u2028\u2029\u3000"
BIDI = "[\u202a-\u202e\u2066-\u2069]"
TRICKY += "\ufeff\x01\x1b\x1c\x7f\x92"
EMOJI = "😀👍🏽👩‍👩‍👧\U0001f1e9\U0001f1ea\u200d\ufe0f" + "नि" + "ไทย"
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from(TRICKY + EMOJI))
any_text = st.text(st.characters() | st.sampled_from(TRICKY + EMOJI + "\0\ud800\udfff"))
newsy = st.text(st.sampled_from("abc “”’–é \n" + TRICKY), min_size=30, max_size=300)


# The definition, step by step and slowly. A line ends where Python's own splitting of lines says.
def plainly(text: str) -> str:
    ends = text.replace("\r\n", "\n")
    lines = "".join(c if len(f"{c}x".splitlines()) == 1 else "\n" for c in ends)
    kept = "".join(c for c in lines if c in "\t\n" or (unicodedata.category(c) != "Cc" and c != "\ufeff"))
    return unicodedata.normalize("NFC", kept).strip()


@given(texts)
@example("\ufeff\r\nTitle\r\rText \u2028")
@example("e\u0301\u0323")
@example("e\x01\u0301 \r\x7f\n\u1100\ufeff\u1161")
@example("\u0b92\u0bd7 \u0bc6\u0bbe \u0627\u0653 \u1200")
def test_normalise_is_its_definition_and_idempotent(text):
    once = normalise(text)
    assert once == plainly(text)
    assert normalise(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert once.split("\n") == once.splitlines() or not once
    assert once == once.strip()


@given(
    st.text(st.sampled_from("aé\u0301\u0323\u0315\u0f73\u0344\u1100\u1161\u11a8\u0627\u0653"), max_size=30),
    st.integers(0, 700),
)
def test_compose_is_nfc_also_where_marks_stand_in_long_rows(text, marks):
    text = text + "\u0301\u0323\u0f73" * marks + text
    assert compose(text) == unicodedata.normalize("NFC", text)


def test_a_hundred_thousand_marks_on_one_letter_take_no_minute():
    marks = 100_000
    assert normalise("e" + "\u0301\u0323" * marks + "x") == "\u1eb9" + "\u0323" * (marks - 1) + "\u0301" * marks + "x"


def test_normalise_keeps_inner_white_space():
    assert normalise(" a  b\t\tc\n\n\n d\u00a0e\u200b ") == "a  b\t\tc\n\n\n d\u00a0e\u200b"


@given(any_text | newsy)
@example("")
@example("\ud800")
@example("a" * 40 + "\u0301")
@example("a" * 40 + "\ud83d")
@example("\u1100" + "a" * 40 + "\uac00\u11a8")
def test_seal_is_normalise_and_hash_in_one(text):
    found = forbidden(text)
    if found is None:
        sealed, sha256, doubtful = seal(text)
        assert (sealed, sha256) == (normalise(text), content_hash(normalise(text)))
        assert doubtful or not (re.search(BIDI, text) or suspicion(text))
        return
    with pytest.raises(ForbiddenCharacter) as raised:
        seal(text)
    assert (raised.value.offset, raised.value.name) == found


def test_characters_taken_for_inert_are():
    composing = set(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code))
        if parts and not parts.startswith("<"):
            composing.update(chr(int(part, 16)) for part in parts.split()[1:])
    inert = [chr(code) for code in range(0x80, sys.maxunicode + 1) if module._INERT(chr(code))]
    assert len(inert) > 20_000
    for character in inert:
        assert unicodedata.normalize("NFC", character) == character, hex(ord(character))
        assert unicodedata.combining(character) == 0, hex(ord(character))
        assert character not in composing, hex(ord(character))
        assert unicodedata.normalize("NFD", character)[0] not in composing, hex(ord(character))
        assert normalise(f"a{character}a") == f"a{character}a", hex(ord(character))
        assert not re.match(BIDI, character), hex(ord(character))


@given(texts)
def test_content_hash_is_of_the_utf8_bytes(text):
    assert content_hash(text) == hashlib.sha256(text.encode()).hexdigest()


@given(any_text)
def test_forbidden_names_the_first_one(text):
    bad = [offset for offset, character in enumerate(text) if character == "\0" or 0xD800 <= ord(character) <= 0xDFFF]
    found = forbidden(text)
    if not bad:
        assert found is None
        text.encode()
        return
    assert found is not None
    offset, name = found
    assert offset == bad[0]
    assert name == "NUL" if text[offset] == "\0" else name.endswith(f"{ord(text[offset]):04X}")


@given(texts, st.data())
def test_line_and_column_lead_back_to_the_offset(text, data):
    offset = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, offset)
    lines = text.split("\n")
    assert sum(len(before) + 1 for before in lines[: line - 1]) + column - 1 == offset
    assert column <= len(lines[line - 1]) + 1


@given(st.text(st.sampled_from(TRICKY + EMOJI + "ab"), max_size=40), st.data())
@example("👩‍👩‍👧", None)
@example("\r\n", None)
def test_splits_grapheme_agrees_with_whole_clusters(text, data):
    boundaries = {0, *(match.end() for match in regex.finditer(r"\X", text))}
    offsets = range(-1, len(text) + 2) if data is None else [data.draw(st.integers(-1, len(text) + 1))]
    for offset in offsets:
        inside = 0 < offset < len(text)
        assert splits_grapheme(text, offset) == (inside and offset not in boundaries)


def test_splits_grapheme_deep_in_a_long_text():
    text = "x" * 5000 + "👍🏽" + "y" * 5000
    assert [offset for offset in range(4990, 5010) if splits_grapheme(text, offset)] == [5001]


def test_splits_grapheme_counts_flags_from_the_beginning_of_their_run():
    flags = "\U0001f1e9\U0001f1ea" * 60
    assert not splits_grapheme(flags, 100)
    assert splits_grapheme(flags, 101)


@pytest.mark.parametrize(
    ("text", "crosses"),
    [
        ("one two", False),
        ("one\ntwo", False),
        ("one\n\ntwo", True),
        ("one\n \t\u00a0\ntwo", True),
        ("one\n\n", False),
        ("\n\none", False),
        ("  \n\n one \n\n ", False),
        ("", False),
    ],
)
def test_crosses_paragraph(text, crosses):
    framed = f"before. {text} after."
    assert crosses_paragraph(framed, 8, 8 + len(text)) == crosses


@given(st.lists(st.text(st.sampled_from("ab é😀"), min_size=1).filter(str.strip), min_size=1, max_size=6), st.data())
def test_crosses_paragraph_exactly_where_spans_touch_two(paragraphs, data):
    text = "\n\n".join(paragraphs)
    owner = [number for number, paragraph in enumerate(paragraphs) for _ in paragraph + "\n\n"][: len(text)]
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    touched = {owner[at] for at in range(start, end) if not text[at].isspace()}
    assert crosses_paragraph(text, start, end) == (len(touched) > 1)


@given(st.text(), st.integers(-3, 12), st.integers(-3, 12))
def test_a_span_is_what_a_slice_gives_whole(text, start, end):
    whole = start >= 0 and 0 < end - start == len(text[start:end])
    assert is_span(start, end, len(text)) is whole
    assert is_span(start, end, None) is is_span(start, end, 100)


@given(st.text(" ab\u3000", min_size=1))
def test_edges_are_spaced_where_stripping_takes_something(text):
    said = spaced_edges(text, 0, len(text)) or ""
    assert ("begins" in said, "ends" in said) == (text.lstrip() != text, text.rstrip() != text)


@given(st.text(st.characters()))
def test_a_quotation_is_one_short_line_that_can_be_written(text):
    quoted = quote(text + "\ud800\x00\n")
    assert "\n" not in quoted
    assert len(quoted) <= 42
    quoted.encode()


def test_white_space_alone_is_quoted_by_signs():
    assert quote(" \n\t\xa0") == "“␣⏎⇥\\u00a0”"
    assert quote(" a\n") == "“a”"
    assert quote("") == "“”"


SPACES = " \t\n\xa0\u2028\u200b\u3000"


SPACED = st.text(f"ab{SPACES}", max_size=12)


@given(SPACED, SPACED, st.sampled_from(["", "a" * 60, "a b " * 20]))
def test_two_texts_that_differ_are_shown_to_differ(first, second, before):
    shown = contrast(before + first, before + second)
    assert (shown[0] == shown[1]) == (first == second)
    for one in shown:
        assert "\n" not in one
        assert "  " not in one
        assert "\t" not in one


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("Elena  Moss said", "Elena Moss said", ("“Elena␣␣Moss said”", "“Elena␣Moss said”")),
        ("Elena\n\nMoss", "Elena Moss", ("“Elena⏎⏎Moss”", "“Elena␣Moss”")),
        ("12\xa0000 euros", "12 000 euros", ("“12\\u00a0000 euros”", "“12␣000 euros”")),
        ("Moss\t", "Moss", ("“Moss⇥”", "“Moss”")),
        ("cafe\u0301", "caf\xe9", ("“cafe\\u0301”", "“caf\xe9”")),
        ("Elena Moss", "Elena Mosse", ("“Elena Moss”", "“Elena Mosse”")),
        (f"{'x' * 50} very long", f"{'x' * 50} very short", ("“…xxxx very long”", "“…xxxx very short”")),
    ],
)
def test_only_what_looks_alike_is_taken_apart(first, second, shown):
    assert contrast(first, second) == shown


def test_white_space_that_nobody_sees_is_shown():
    assert exactly("Q42 ") == "“Q42␣”"
    assert exactly(" New York\n") == "“␣New York⏎”"
    assert exactly("New York") == "“New York”"
    assert exactly("per\u200bson") == "“per\\u200bson”"
    assert exactly("Actor\xa0") == "“Actor\\u00a0”"
