"""What commands print of strings that others wrote: nothing that steers a terminal, and rows that fit on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from curation.cli.console import table
from curation.records import Article
from curation.store import Store
from curation.text import ODD, content_hash

HOSTILE = "\u202etitle\x1b[31m\x9b2J\nnext\tline\x07 \u2066end\u2028 \ufeff"
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cn", "Co"), exclude_characters="\u00ad")
WORDS = st.text(st.sampled_from("ab é漢字かな한글عربي🚋e\u0301=|"), max_size=80)


@pytest.fixture
def wide(monkeypatch):
    def set_to(columns: int) -> None:
        monkeypatch.setenv("COLUMNS", str(columns))

    return set_to


def test_a_cell_is_one_line_with_escapes_in_the_place_of_what_cannot_be_seen(wide):
    wide(200)
    header, row = table(("outlet", "n"), [(HOSTILE, 1)])
    assert row == r"\u202etitle\x1b[31m\x9b2J next line\x07 \u2066end\u2028 \ufeff  1"
    assert len(header) == len(row)


@given(st.lists(st.tuples(st.text(LETTERS), st.integers(), st.text()), max_size=4))
def test_no_cell_steers_a_terminal_or_breaks_a_line(rows):
    lines = table(("one", "two", "three"), rows, cut=("one",))
    assert len(lines) == len(rows) + 1
    assert all(not ODD.search(line) and len(line.splitlines()) <= 1 for line in lines)


@given(st.lists(st.tuples(WORDS, st.integers(0, 999), WORDS), min_size=1, max_size=4), st.integers(34, 120))
def test_rows_are_as_wide_as_the_terminal_at_most_and_their_columns_stand_below_each_other(rows, columns):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(columns))
        header, *lines = table(("outlet", "n", "title"), rows, cut=("outlet", "title"))
    assert all(cell_len(line) <= columns for line in (header, *lines))
    at = cell_len(header[: header.index(" n ") + 2])
    for line, (_, number, _) in zip(lines, rows, strict=True):
        ends = [cell_len(line[: place + 1]) for place in range(len(line))]
        assert line[: ends.index(at) + 1].endswith(str(number))


def test_only_named_columns_are_cut_the_widest_first(wide):
    wide(60)
    row = ("x" * 20, "short", "y" * 500)
    _, line = table(("id", "outlet", "title"), [row], cut=("outlet", "title"))
    assert line == f"{'x' * 20}  short   {'y' * 29}…"
    _, whole = table(("id", "outlet", "title"), [row])
    assert whole.endswith("y" * 500)


def test_lists_of_articles_are_safe_to_look_at_and_json_is_whole(workspace, run, wide):
    wide(80)
    long = "A long title. " * 800
    for number, title in enumerate((HOSTILE, long)):
        text = f"Text {number} of its own, with a mark that turns \u202e what follows.\nNext line."
        one = Article(id=f"a{number}", text=text, sha256=content_hash(text), title=title, outlet=title)
        with Store(workspace.path) as store, store.transaction():
            store.articles.add(one)
    listed = run("articles", "list", "-w", workspace.path)
    assert max(map(len, listed.out.splitlines())) <= 80
    assert len(listed.out.splitlines()) == 3
    shown = run("articles", "show", "a0", "-w", workspace.path)
    assert "turns \\u202e what follows.\nNext line." in shown.out
    assert "title      \\u202etitle\\x1b[31m" in shown.out
    assert not ODD.search(listed.out + shown.out)
    ran = run("articles", "list", "--json", "-w", workspace.path)
    assert [one["title"] for one in ran.json["articles"]] == [HOSTILE, long]


def test_a_failure_names_what_it_is_about_without_steering_the_terminal(run):
    name = "./\u202eno\x1b[2J"
    ran = run("export", "verify", name)
    assert "\\u202eno\\x1b[2J holds no manifest" in ran.err
    assert not ODD.search(ran.err)
    assert ran.err.count("\n") == 1
    assert "\u202eno\x1b[2J" in run("export", "verify", name, "--json").json["message"]
