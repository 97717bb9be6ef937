"""What is shown of an article: its own characters in their order, the meant ones marked, nothing invented."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from curation.records import Finding
from curation.reports import Mark, Marked
from curation.reports.excerpts import Excerpt, Piece, excerpt

TEXT = "One mayor said no. " * 20 + "Then the council, which had waited, agreed. " + "Nobody wrote it down. " * 20
COUNCIL = TEXT.index("the council")


def about(region: str | None = None, pointer: str | None = None) -> Finding:
    return Finding("F_SPAN_EDGES", "warning", "m", "f", region=region, json_pointer=pointer)


def meant(found: Excerpt) -> list[str]:
    return [piece.text for piece in found.pieces if piece.meant]


def test_a_span_is_shown_with_what_is_around_it():
    found = excerpt(about("m"), TEXT, Marked((Mark("m", "Actor", COUNCIL, COUNCIL + 11),)))
    assert meant(found) == ["the council"]
    assert found.pieces[0].left_out > 0
    assert found.pieces[-1].left_out > 0
    shown = "".join(piece.text for piece in found.pieces)
    assert 250 < len(shown) < 350
    assert shown.startswith(("One ", "mayor ", "said ", "no. ")), "no word is cut"
    assert (found.about, found.faults, found.beginning) == (("Actor",), (), False)


def test_other_marks_are_there_lightly():
    other = Mark("o", "Claim", COUNCIL - 5, COUNCIL + 3)
    found = excerpt(about("m"), TEXT, Marked((other, Mark("m", "Actor", COUNCIL, COUNCIL + 11))))
    assert [(piece.text, piece.meant) for piece in found.pieces if piece.labels] == [("Then ", False), ("the", True)]
    assert "".join(meant(found)) == "the council"


def test_of_a_relation_both_ends_are_meant():
    marks = (Mark("a", "Actor", 4, 9), Mark("c", "Claim", len(TEXT) - 22, len(TEXT) - 2))
    marked = Marked(marks, (("a", "c", "supports"), ("gone", "a", None), ("a", "a", None)))
    found = excerpt(about("a", "/relations/0"), TEXT, marked)
    assert meant(found) == ["mayor", "Nobody wrote it down"]
    assert any(piece.left_out for piece in found.pieces[1:-1])
    assert meant(excerpt(about("gone", "/relations/1/source"), TEXT, marked)) == ["mayor"]
    assert meant(excerpt(about("a", "/relations/2/target"), TEXT, marked)) == ["mayor"]


def test_a_pointer_tells_spans_with_one_id_apart():
    twins = Marked((Mark("m", "Actor", 0, 3), Mark("m", "Actor", 4, 9)))
    assert meant(excerpt(about("m", "/mentions/1/id"), TEXT, twins)) == ["mayor"]
    assert meant(excerpt(about("m", "/mentions/9/id"), TEXT, twins)) == ["One"]


def test_what_is_long_is_cut_in_its_middle():
    found = excerpt(about("m"), TEXT * 20, Marked((Mark("m", "Claim", 500, 9000),)))
    assert sum(len(piece.text) for piece in found.pieces) < 1000
    assert len(meant(found)) == 2


def test_without_a_place_the_article_begins():
    found = excerpt(about(), TEXT, Marked((Mark("m", "Actor", 4, 9),)))
    assert found.beginning
    assert TEXT.startswith(found.pieces[0].text)
    assert excerpt(about("m"), None, Marked()) == Excerpt()
    assert excerpt(about(), "", Marked()).pieces == (Piece(""),)


def test_offsets_outside_the_text_are_said():
    def fault(start: int, end: int) -> str:
        return "".join(excerpt(about("m"), "twelve chars", Marked((Mark("m", "Actor", start, end),))).faults)

    assert fault(5, 40) == "Offsets 5 to 40 are outside the text, which has 12 characters."
    assert "outside" in fault(-1, 3)
    assert fault(9, 3) == "Offsets 9 to 3 run backwards."
    assert fault(3, 3) == "Offsets 3 to 3 mark nothing."
    assert fault(0, 12) == ""


offsets = st.integers(-50, 3000) | st.integers(-(10**30), 10**30)
marks = st.builds(Mark, st.sampled_from("abc"), st.sampled_from(["Actor", "Claim"]), offsets, offsets)
texts = st.text(st.characters(exclude_categories=()), max_size=60).flatmap(
    lambda text: st.integers(1, 60).map(lambda times: text * times)
)


@given(texts, st.lists(marks, max_size=6), st.sampled_from(["a", "z", None]), st.sampled_from([None, "/relations/0/x"]))
def test_any_marks_on_any_text_give_its_characters_in_order(text, found_marks, region, pointer):
    found = excerpt(about(region, pointer), text, Marked(tuple(found_marks), (("a", "b", None),)))
    position = 0
    for piece in found.pieces:
        if piece.left_out:
            position += piece.left_out
        else:
            assert text[position : position + len(piece.text)] == piece.text
            position += len(piece.text)
    assert position == len(text), "what is left out is counted"
    assert sum(len(piece.text) for piece in found.pieces) <= 2 * (700 + 2 * 140 + 4 * 24)
    for mark in found_marks:
        if mark in Marked(tuple(found_marks), (("a", "b", None),)).meant(about(region, pointer)):
            inside = text[max(mark.start, 0) : max(mark.end, 0)]
            if len(inside) <= 700:
                assert inside in text
                assert len(inside) <= len("".join(piece.text for piece in found.pieces if piece.meant))
