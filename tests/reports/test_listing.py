"""The listing: worst first, counted, cut, as wide as the terminal, and safe to print."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from curation.findings import FINDINGS, finding, locate
from curation.records import Finding
from curation.reports import Listing, Selection, digest


def found(code: str, number: int = 0, *, annotator: str = "annotator-01", message: str = "what is wrong") -> Finding:
    place = {"annotation": f"n{number}", "article_id": f"article-{number // 2}", "annotator": annotator}
    return locate(finding(code, message, region="m1"), url=f"http://127.0.0.1:8080/item/{number}", **place)


MANY = [
    *(found("F_SPAN_EDGES", number) for number in range(9)),
    *(found("F_PATTERN", number, annotator="annotator-02") for number in range(2)),
    *(found("F_HOLDER_MISSING", number) for number in range(6)),
    found("F_CARDINALITY", 1),
]


def lines(findings: list[Finding], listing: Listing | None = None, limit: int = 3) -> list[str]:
    return list((listing or Listing()).of(digest(findings, lambda one: one, limit=limit)))


def test_errors_come_first_and_then_what_there_is_most_of():
    heads = [line.split()[:2] for line in lines(MANY) if line.startswith(("error", "warning"))]
    assert heads == [
        ["error", "F_HOLDER_MISSING"],
        ["error", "F_PATTERN"],
        ["error", "F_CARDINALITY"],
        ["warning", "F_SPAN_EDGES"],
    ]


def test_a_code_is_counted_and_its_first_places_listed():
    listed = lines(MANY)
    start = listed.index("warning  F_SPAN_EDGES  White space at the edge of a span")
    part = listed[start : listed.index("", start)]
    assert part[1:3] == [
        "         9 findings · 9 annotations · 5 articles · 1 annotator",
        f"         Fix: {FINDINGS['F_SPAN_EDGES'].fix}",
    ]
    assert part[3:6] == [
        "  - article-0 · annotator-01 · m1",
        "    what is wrong",
        "    http://127.0.0.1:8080/item/0",
    ]
    assert part[-1] == "  ... and 6 more: curation validate --code F_SPAN_EDGES --all"
    assert len(part) == 3 + 3 * 3 + 1


def test_annotations_are_named_where_one_annotator_may_have_several():
    named = lines([found("F_PATTERN", 4), replace(found("F_PATTERN"), region=None, json_pointer="/0/annotations/1")],
                  Listing(numbered=True))  # fmt: skip
    assert [line for line in named if line.startswith("  - ")] == [
        "  - article-2 · annotator-01 · annotation n4 · m1",
        "  - article-0 · annotator-01 · /0/annotations/1",
    ]


def test_everything_is_listed_on_request():
    counted = digest(MANY, lambda one: one, limit=0)
    listed = list(Listing().of(counted, lambda code: [one for one in MANY if one.code == code]))
    assert sum(line.startswith("    http") for line in listed) == len(MANY)
    assert not any("more:" in line for line in listed)


def test_a_fix_of_its_own_is_shown():
    own = replace(found("F_PATTERN"), fix="Write Q5 instead.")
    assert "    Fix: Write Q5 instead." in lines([own])
    assert not any(line.startswith("    Fix:") for line in lines([found("F_PATTERN")]))


def test_a_narrow_terminal_breaks_lines_and_no_address():
    address = "http://127.0.0.1:8080/projects/1/data?task=" + "7" * 40
    one = replace(found("F_HOLDER_MISSING", message="a long story " * 20), url=address)
    listed = lines([one], Listing(width=40))
    assert f"    {address}" in listed
    assert all(len(line) <= 40 for line in listed if address not in line)


def test_the_people_are_compared_where_there_are_several():
    counted = digest(MANY, lambda one: one, limit=0)
    assert list(Listing().people(counted)) == [
        "By annotator: annotator-01 7 errors and 9 warnings, annotator-02 2 errors"
    ]
    assert list(Listing().people(digest(MANY[:3], lambda one: one, limit=0))) == []


def test_colours_change_no_character():
    bare = lines(MANY)
    coloured = lines(MANY, Listing(paint=lambda text, role: f"\x1b[1m{text}\x1b[0m"))
    assert [line.replace("\x1b[1m", "").replace("\x1b[0m", "") for line in coloured] == bare
    assert coloured != bare


@given(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=())))
def test_no_control_character_reaches_the_terminal(message, name):
    one = replace(found("F_PATTERN", message=message), annotator=name, article_id=name, url="http://x/\x1b[31m")
    for width in (None, 30, 100):
        for line in [*lines([one, found("F_PATTERN")], Listing(width=width))]:
            assert line.isprintable() or all(not _acts(character) for character in line), repr(line)
            line.encode()


def _acts(character: str) -> bool:
    return character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u202e\u2066"


def test_findings_are_chosen_by_all_conditions():
    assert len(list(Selection().of(MANY))) == len(MANY)
    assert len(list(Selection(codes=("F_PATTERN", "F_CARDINALITY")).of(MANY))) == 3
    assert len(list(Selection(severity="error", annotator="annotator-01").of(MANY))) == 7
    assert len(list(Selection(article="article-0", codes=("F_SPAN_EDGES",)).of(MANY))) == 2
    assert not Selection()
    assert Selection(article="x")


def test_a_code_of_another_version_is_listed_all_the_same():
    (head, *_) = lines([Finding("F_FROM_TOMORROW", "error", "m", "f")])
    assert head == "error    F_FROM_TOMORROW"
