"""What a sealed text says of how it was cleaned."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.alignment import align
from curation.articles.formats.decoding import seal
from curation.articles.options import Options
from curation.articles.rejects import Refused
from curation.text import content_hash, normalise

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40).filter(normalise)


@given(texts)
def test_steps_raw_and_hash_agree_with_the_text(text):
    sealed = seal(text, "the text", Options())
    assert sealed.text == normalise(text)
    assert sealed.sha256 == content_hash(sealed.text)
    assert (sealed.steps == ()) == (sealed.raw is None) == (sealed.text == text)
    if sealed.raw is not None:
        assert sealed.raw.data.decode(sealed.raw.encoding) == text
        assert sealed.raw.media == "text"
        assert sealed.raw.edits == align(text).edits


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("plain", ()),
        ("two\r\nlines", ("newlines",)),
        ("page\x0ctwo", ("newlines",)),
        ("two\u2029paragraphs", ("newlines",)),
        ("bell\x07", ("control",)),
        ("\ufeffmark", ("bom",)),
        ("joined\ufefffiles", ("bom",)),
        ("e\u0301", ("nfc",)),
        ("\u1100\u1161\u11a8", ("nfc",)),
        ("\u0b92\u0bd7", ("nfc",)),
        (" edges\n", ("trim",)),
        ("\ufeff e\u0301\x01\r\n", ("newlines", "control", "bom", "nfc", "trim")),
    ],
)
def test_steps_name_what_changed_the_text(text, steps):
    assert seal(text, "the text", Options()).steps == steps


@pytest.mark.parametrize("character", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_what_turns_the_writing_is_kept_and_noted(character):
    for text in (f"a{character}b", "x" * 99 + f"{character}b", f"نص {character} نص"):
        sealed = seal(text, "the text", Options())
        assert sealed.text == text
        assert sealed.notes == {"N_BIDI": f"U+{ord(character):04X} at offset {text.index(character)}"}


@pytest.mark.parametrize("text", ["a\u200eb", "می\u200cخواهم", "a\u00adb", "क\u094d\u200dष", "👩\u200d👧"])
def test_marks_and_joiners_that_scripts_need_are_no_doubt(text):
    assert seal(text, "the text", Options()).text == unicodedata.normalize("NFC", text)
    assert seal(text, "the text", Options()).notes == {}


@pytest.mark.parametrize("text", ["", " \r\n", "\ufeff", "\x01\x02", "Â\xa0"])
def test_a_text_of_which_nothing_is_left_is_refused(text):
    with pytest.raises(Refused) as raised:
        seal(text, "the text", Options(fix_mojibake=True))
    assert raised.value.code == "R_EMPTY"


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "\0"])
def test_nul_and_lone_surrogates_are_refused_and_not_cleaned_away(text):
    with pytest.raises(Refused) as raised:
        seal(text, "the text", Options())
    assert raised.value.code == "R_FORBIDDEN_CHARACTER"
