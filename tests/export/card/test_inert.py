"""Whatever a text holds, Markdown and SVG show it and do nothing with it."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from curation.export.card.svg import Bar, Whisker, bars, columns, whiskers
from curation.folders.card import inert, shown, table

HOSTILE = (
    "---", "===", "# head", "- item", "+ item", "* item", "1. one", "2) two", "> quote", "```", "~~~", "    code",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!-- ", "&lt;b&gt;", "&#60;b", "![x](http://a/b)",
    "[x](javascript:alert(1))", "[x]: http://a", "<http://a>", "http://a.b/c", "www.example.org", "a@b.example",
    "*a*", "_a_", "__a__", "~~a~~", "`a`", "a|b", "\\", "\\|", "$$x$$", "$x", "${y}", "@someone", "=cmd()|'/C calc'!A0",
    "+1", "-1", "\0", "\x1b[31m", "\u202egnirts", "\u2028", "\r\n\r\n# head", "\ud83d", "سقف", "x" * 10_000,
    "| a | b |", "\n| --- |", "snake_case", "_", "\ufeff", "a\tb", "]]>", "</text>", "<![CDATA[", "<!DOCTYPE x",
    "%", "'", '"', ":",
)  # fmt: skip
texts = st.lists(st.sampled_from(HOSTILE) | st.text(st.characters(), max_size=12), max_size=5).map("".join)
markdown = MarkdownIt("gfm-like", {"linkify": False})


def visible(tokens: list[Token]) -> str:
    return "".join(one.content for one in tokens if one.type in ("text", "text_special"))


@settings(max_examples=400, deadline=None)
@given(said=texts)
def test_a_line_is_one_paragraph_of_plain_text(said: str) -> None:
    tokens = markdown.parse(inert(said))
    if not shown(said):
        assert tokens == []
        return
    assert [one.type for one in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {one.type for one in tokens[1].children} <= {"text", "text_special"}
    assert visible(tokens[1].children) == shown(said)


@settings(max_examples=200, deadline=None)
@given(cells=st.lists(st.lists(texts, min_size=2, max_size=2), min_size=1, max_size=4))
def test_cells_stay_in_their_table(cells: list[list[str]]) -> None:
    tokens = markdown.parse(table(("one", "two"), cells))
    assert [one.type for one in tokens].count("tr_open") == len(cells) + 1
    inline = [one for one in tokens if one.type == "inline"]
    assert [visible(one.children) for one in inline[2:]] == [shown(cell, 80) for row in cells for cell in row]
    assert {child.type for one in inline for child in one.children} <= {"text", "text_special"}


@settings(max_examples=200, deadline=None)
@given(said=texts)
def test_a_picture_is_one_tree_with_the_text_in_it(said: str) -> None:
    for picture in (
        bars(said, said, [said, Bar(said, said, (0.2, 0.8))], [said, said]),
        whiskers(said, said, [Whisker(said, 0.5, -0.3, 0.9), Whisker(said, -0.2, None, None)]),
        columns(said, said, [(said, 3), (said, 0)]),
    ):
        tree = ElementTree.fromstring(picture)
        names = {one.tag.split("}")[1] for one in tree.iter()}
        assert names <= {"svg", "title", "desc", "style", "rect", "text", "line", "circle"}
        assert (tree.findtext("{*}title") or "") == shown(said)
        assert "href" not in "".join(key for one in tree.iter() for key in one.attrib)


def test_signs_that_turn_or_end_a_line_are_gone() -> None:
    said = shown("a\u202eb\0c\u2028d\ud83de\x1b[31m\ufefff")
    assert said == "a b c d e [31m f"
    assert not {unicodedata.category(sign) for sign in said} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_names_stay_legible() -> None:
    assert inert("stance_rent_cap: 0.5 (3 of 4), R&D") == "stance_rent_cap: 0.5 (3 of 4), R&amp;D"


def test_what_is_cut_off_says_so() -> None:
    assert shown("x" * 10_000, 80) == "x" * 80 + "…"
    assert shown(" " * 10_000 + "end", 80) == "…"
