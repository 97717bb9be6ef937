"""The page: whole, escaped whatever a text holds, and of a size that the number of findings does not change."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.findings import finding, locate
from curation.records import Finding
from curation.reports import Mark, Marked, write_html
from curation.reports.markup import link, markup
from curation.text import ODD

TEXT = "The mayor of Varnholm said no. The harbour stays as it is, said the mayor."
MARKED = Marked((Mark("m", "Actor", 4, 9), Mark("n", "Claim", 0, 30)), (("m", "n", "supports"),))


def found(code: str = "F_PATTERN", message: str = "it holds “Q”, which is no id", **fields: str | None) -> Finding:
    one = finding(code, message, region="m", json_pointer="/mentions/0")
    place = locate(one, annotation="n-1", article_id="harbour", annotator="annotator-01", url="https://ls.example/9")
    return replace(place, **fields)


class Page(HTMLParser):
    """A page taken apart: its tags with their attributes, and the text of each article and of its quotation."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in ("meta", "input", "wbr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(("/".join(self.open), data))

    def within(self, tag: str) -> str:
        return "".join(text for place, text in self.texts if tag in place.split("/"))


def written(path: Path, findings: list[Finding], text: str | None = TEXT, marked: Marked = MARKED, **options) -> Page:
    write_html(path, findings, lambda article: text, lambda annotation: marked, title="A report", **options)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("page") / "report.html"


def test_a_finding_is_shown_with_its_marked_text(path):
    page = written(path, [found()], summary="3 valid.")
    assert page.within("mark") == "mayor"
    assert page.within("blockquote") == TEXT
    assert ("span", "title", "Claim") in page.attributes
    assert ("a", "href", "https://ls.example/9") in page.attributes
    shown = page.within("body")
    for words in ("1 error and 0 warnings in 1 annotation of 1 article.", "3 valid.", "harbour", "annotator-01",
                  "it holds “Q”, which is no id", "A text that does not look as it must"):  # fmt: skip
        assert words in shown


def test_what_is_to_be_typed_is_set_off(path):
    page = written(path, [found(fix="Run `curation x --y <z>`, then `a`b.")])
    assert [text for place, text in page.texts if place.endswith("article/p/code")] == ["curation x --y <z>", "a"]


def test_it_needs_nothing_else(path):
    page = written(path, [found()])
    assert [value for _, name, value in page.attributes if name in ("src", "href", "action", "style")] == [
        "#F_PATTERN", "https://ls.example/9",
    ]  # fmt: skip
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert not {"link", "img", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    text = path.read_text(encoding="utf-8")
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_nothing_to_mend_is_said(path):
    page = written(path, [])
    assert "No findings: nothing needs to be mended." in page.within("body")
    assert not {"table", "form", "section"} & {tag for tag, _ in page.tags}


def test_what_is_left_out_is_counted(path):
    page = written(path, [found()] * 7 + [found("F_SPAN_EDGES")], limit=3, more="All are in X.")
    assert [tag for tag, _ in page.tags].count("article") == 4
    assert "4 more of this kind are not on this page. All are in X." in page.within("main")
    assert "more of this kind" not in page.within("section").partition("White space at the edge")[2]


def test_memory_does_not_grow_with_the_findings(path):
    asked: list[str] = []

    def many(number: int) -> Iterator[Finding]:
        for position in range(number):
            yield found(message=f"message {position} " + "x" * 2000)

    def peak(number: int) -> int:
        tracemalloc.start()
        write_html(path, many(number), lambda a: asked.append(a) or TEXT, lambda n: MARKED, title="t", limit=50)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(60)
    assert peak(20_000) < 1.3 * peak(2_000)
    assert len(asked) == 150, "texts are asked for as far as they are shown"


def test_an_earlier_page_stays_where_writing_fails(path, tmp_path):
    kept = tmp_path / "report.html"
    written(kept, [found()])
    earlier = kept.read_bytes()

    def broken() -> Iterator[Finding]:
        yield found()
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011
        write_html(kept, broken(), lambda a: TEXT, lambda n: MARKED, title="t")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    assert kept.read_bytes() == earlier


def test_white_space_and_odd_characters_can_be_seen(path):
    text = "He said\u202e \tno way\n\nat all\xa0 \x07 and \ud83d left.  "
    start, end = text.index(" \t"), text.index("\x07")
    page = written(path, [found()], text, Marked((Mark("m", "Claim", start, end),)))
    assert page.within("mark") == "␣⇥no way⏎\n⏎\nat all⍽␣"
    quoted = page.within("blockquote")
    assert quoted.startswith("He said\\u202e")
    assert "\\x07 and \\ud83d left." in quoted
    assert ("span", "title", "U+0009") in page.attributes
    assert ("span", "title", "U+202E RIGHT-TO-LEFT OVERRIDE") in page.attributes


def test_characters_without_a_width_can_be_seen_where_they_are_marked(path):
    family = "\U0001f469\u200d\U0001f469"
    marked = f"\u200bsoft\u00adly \u2060{family} \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\u200f\u200d"
    text = f"un\u00admarked {marked} said."
    start = text.index(marked)
    page = written(path, [found()], text, Marked((Mark("m", "Claim", start, start + len(marked)),)))
    shown = f"\\u200bsoft\\xadly \\u2060{family} \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645\\u200f\\u200d"
    assert page.within("mark") == shown
    assert ("span", "title", "U+200B ZERO WIDTH SPACE") in page.attributes
    assert page.within("blockquote").startswith("un\u00admarked ")


def test_an_empty_span_and_one_outside_have_a_place(path):
    page = written(path, [found()], TEXT, Marked((Mark("m", "Actor", 9, 9),)))
    assert page.within("mark") == "▏"
    assert page.within("blockquote").startswith("The mayor▏")
    page = written(path, [found()], TEXT, Marked((Mark("m", "Actor", 400, 410),)))
    assert "Offsets 400 to 410 are outside the text, which has 74 characters." in page.within("article")
    assert page.within("blockquote").endswith("▏")


@pytest.mark.parametrize(("text", "direction"), [(TEXT, "ltr"), ("Moss: قالت البلدية إن الرسوم ستبقى.", "rtl")])
def test_the_direction_is_that_of_most_letters(path, text, direction):
    page = written(path, [found()], text)
    assert ("blockquote", "dir", direction) in page.attributes


def test_what_a_message_quotes_turns_nothing_around_it(path):
    page = written(path, [found(message="Actor “إيلينا” (4–9): wrong")])
    assert ("section/article/p/bdi", "إيلينا") in [("/".join(p.split("/")[-4:]), t) for p, t in page.texts]


characters = st.characters(exclude_categories=())
hostile = st.text(characters, max_size=40) | st.sampled_from(
    ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><b>'&amp;&lt;", "</blockquote>-->",
     "<!--", "]]>", "\x00</mark>", "\ud800\udc00", "javascript:alert(1)"]
)  # fmt: skip


@given(hostile, hostile, hostile, hostile, hostile)
def test_no_text_gets_out_of_its_place(path, message, name, label, url, text):
    one = found(message=message, annotator=name or "n", article_id=name, fix=label, url=url)
    marked = Marked((Mark("m", label, 1, 3), Mark("o", label, 0, 2)))
    plain = found(message="a", annotator="n", article_id="a", fix="other", url=None)
    page = written(path, [one], text, marked, summary=message, more=name)
    same = {tag for tag, _ in written(path, [plain], "abcde", marked).tags}
    assert {tag for tag, _ in page.tags} <= {*same, "p", "bdi", "span", "a", "mark", "blockquote", "h3"}
    assert not any(name_.startswith("on") for _, name_, _ in page.attributes)
    hrefs = [value for _, name_, value in page.attributes if name_ == "href"]
    assert all(re.match(r"#F_|https?://", value or "") for value in hrefs)
    assert [tag for tag, _ in page.tags].count("script") == 1


@given(st.text(characters))
def test_markup_reads_back(text):
    page = Page(f'<p title="{markup(text)}">{markup(text)}</p>')
    escaped = page.within("p")
    assert page.attributes[0][2] == escaped
    assert not ODD.search(escaped)
    if text.isascii() and text.isprintable():
        assert escaped == text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//host/x", "", None, "http://[broken"])
def test_only_addresses_of_the_web_become_links(url):
    assert link(url, "there") == ""
