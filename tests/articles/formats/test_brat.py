"""brat's files are read line by line, and every span is on the article's offsets, whatever the offsets counted."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from curation.articles import Options
from curation.articles.formats.brat import Frame, Remark, Span, annotated, annotated_texts, read_standoff
from curation.articles.formats.decoding import seal
from curation.articles.sources import Source
from curation.records import Article
from curation.text import content_hash

TEXT = "Ayşe 🌀 said:\n“No, never.”\nBob left."


@pytest.fixture
def pair(tmp_path):
    """What is read of a text file and the annotation file beside it."""

    def call(text, ann):
        path = tmp_path / "one.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.with_suffix(".ann").write_bytes(ann if isinstance(ann, bytes) else ann.encode())
        source = Source(path, "folder/one.txt", "text")
        article, _, standoff = annotated(*next(annotated_texts(source)), Options())
        return article, standoff

    return call


def line(text: str, covered: str, number: int = 1) -> str:
    start = text.index(covered)
    return f"T{number}\tActor {start} {start + len(covered)}\t{covered}\n"


def test_every_kind_of_line_is_read(pair):
    ann = (
        "T1\tActor 0 4\tAyşe\nT2\tClaim 13 16;18 24\t“No never.\nT3\tAttribution 7 11\tsaid\nT4\tActor 26 29\tBob\n"
        "R1\tsupports Arg1:T1 Arg2:T2\t\nE1\tAttribution:T3 Source:T1 Content:T2 Content2:T4\n*\tEquiv T1 T3 T4\n"
        "A1\tNegation E1\nM2\ttype T1 person\nN1\tReference T1 Wikidata:Q42\tAyşe Yılmaz\n"
        "#1\tAnnotatorNotes T1\tis it her?\n"
    )
    article, standoff = pair(TEXT, ann)
    assert standoff.problems == ()
    assert standoff.spans[1] == Span("T2", "Claim", ((13, 16), (18, 24)), "“No never.")
    assert [article.text[start:end] for start, end in standoff.spans[1].fragments] == ["“No", "never."]
    assert standoff.frames == (
        Frame("R1", "supports", (("Arg1", "T1"), ("Arg2", "T2"))),
        Frame("E1", "Attribution", (("Attribution", "T3"), ("Source", "T1"), ("Content", "T2"), ("Content2", "T4"))),
        Frame("*", "Equiv", (("Arg1", "T1"), ("Arg2", "T3"))),
        Frame("*", "Equiv", (("Arg1", "T1"), ("Arg2", "T4"))),
    )
    assert standoff.remarks == (
        Remark("attribute", "A1", "Negation", "E1", None),
        Remark("attribute", "M2", "type", "T1", "person"),
        Remark("normalisation", "N1", "Wikidata", "T1", "Q42"),
        Remark("note", "#1", "AnnotatorNotes", "T1", "is it her?"),
    )


def test_fragments_that_a_line_break_divides_are_one(pair):
    text = "They said\n  no to it."
    _, standoff = pair(text, "T1\tClaim 5 9;12 14\tsaid no\n")
    assert standoff.spans[0].fragments == ((5, 14),)


UNITS = {
    "characters": lambda text, at: at,
    "characters, a line break as one": lambda text, at: at - text.count("\r\n", 0, at),
    "UTF-16 units": lambda text, at: len(text[:at].encode("utf-16-le")) // 2,
    "bytes": lambda text, at: len(text[:at].encode()),
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("mark", [False, True])
def test_the_covered_text_tells_what_the_offsets_count(unit, mark, pair):
    text = TEXT.replace("\n", "\r\n")
    count = UNITS[unit]
    shift = (3 if unit == "bytes" else 1) if mark else 0
    ann = "".join(
        f"T{number}\tActor {shift + count(text, text.index(covered))} "
        f"{shift + count(text, text.index(covered) + len(covered))}\t{covered}\n"
        for number, covered in enumerate(["Ayşe", "never", "Bob"], start=1)
    )
    article, standoff = pair(("\ufeff" if mark else "") + text, ann)
    assert standoff.unit == unit + (", the byte order mark among them" if mark else "")
    assert [article.text[slice(*span.fragments[0])] for span in standoff.spans] == ["Ayşe", "never", "Bob"]
    assert standoff.problems == ()


def test_spans_follow_the_cleaning_of_the_text(pair):
    raw = "\n\n  Cafe\u0301 owner\x07s say\r\nno.  "
    ann = line(raw, "Cafe\u0301") + line(raw, "owner\x07s", 2) + line(raw, "no", 3)
    article, standoff = pair(raw, ann)
    assert article.text == "Café owners say\nno."
    assert [article.text[slice(*span.fragments[0])] for span in standoff.spans] == ["Café", "owners", "no"]


words = st.text(st.sampled_from("ab é🌀e\u0301\r\n\t\x07."), min_size=1, max_size=12)


def letters(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text) if one in "abe🌀.")


@given(st.lists(words, min_size=3, max_size=12), st.data())
def test_whatever_cleaning_does_the_span_holds_its_text(parts, data):
    raw = "".join(parts)
    assume(raw.strip("\r\n\t \x07"))
    sealed = seal(raw, "the text", Options())
    article = Article("a", sealed.text, sealed.sha256, raw=sealed.raw)
    start = data.draw(st.integers(0, len(raw) - 1))
    end = data.draw(st.integers(start + 1, len(raw)))
    covered = raw[start:end].replace("\r", " ").replace("\n", " ").replace("\t", " ")
    standoff = read_standoff(f"T1\tX {start} {end}\t{covered}\n".encode(), article)
    for span in standoff.spans:
        # What was selected is there, letter by letter; an accent at its edge brings its letter along.
        wanted, found = letters(raw[start:end]), letters(article.text[slice(*span.fragments[0])])
        assert wanted in found
        assert len(found) <= len(wanted) + 1
    assert standoff.spans or not letters(covered)


BROKEN = {
    "T1\tActor 0 4\tAnna": "at 0–4 the text has 'Ayşe', not 'Anna'",
    "T1\tActor 4 4\t": "cannot be read",
    "T1\tActor 9 4\tx": "cannot be read",
    "T1\tActor 0\tAyşe": "cannot be read",
    "T1\tActor 0 4": "cannot be read",
    "T1\tActor 0 9999\tAyşe": "at 0–9999 the text has",
    "T1 Actor 0 4": "is no line of a standoff file",
    "X1\tActor 0 4\tAyşe": "is no line of a standoff file",
    "R1\tsupports T1 T2": "cannot be read",
    "R1\tsupports Arg1:T1": "cannot be read",
    "E1\tAttribution T1": "cannot be read",
    "A1\tNegation": "cannot be read",
    "N1\tReference T1 Q42": "cannot be read",
    "#1\tNote": "cannot be read",
    "*\tEquiv T1": "cannot be read",
    "*\t ": "cannot be read",
    "*\t\tX": "cannot be read",
    "R1\t\tX": "cannot be read",
    "E1\t ": "cannot be read",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_line_that_cannot_be_used_is_told_and_the_others_are_read(broken, pair):
    _, standoff = pair(TEXT, f"T8\tActor 0 4\tAyşe\n\n{broken}\nT9\tActor 26 29\tBob\n")
    assert [span.id for span in standoff.spans] == ["T8", "T9"]
    [(number, problem)] = standoff.problems
    assert number == 3
    assert BROKEN[broken] in problem


def test_an_id_that_is_given_twice_is_told(pair):
    _, standoff = pair(TEXT, "T1\tActor 0 4\tAyşe\nT1\tActor 26 29\tBob\n")
    assert [span.text for span in standoff.spans] == ["Ayşe"]
    assert standoff.problems == ((2, "the id T1 is given twice"),)


def test_what_is_no_utf_8_is_told(pair):
    _, standoff = pair(TEXT, b"T1\tActor 0 4\tAy\xfee\n")
    assert standoff.problems == ((1, "byte 0xfe is not UTF-8"),)


@given(st.text(st.sampled_from("TREA*#N12: \t;\n\rx09"), max_size=60) | st.text(max_size=30))
def test_no_file_crashes_it(ann):
    article = Article("a", "x 1 2", content_hash("x 1 2"))
    data = ann.encode("utf-8", "surrogatepass")
    standoff = read_standoff(data, article)
    for span in standoff.spans:
        assert all(0 <= start < end <= len(article.text) for start, end in span.fragments)
