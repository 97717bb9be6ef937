"""What `curation ingest` says of what it read, and what `articles` and `status` say of it later."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from curation.articles.formats.decoding import LIMIT
from curation.articles.tally import Refusal
from curation.cli.ingest import _extent, pairs
from curation.errors import CurationError

WORDS = [f"word{number}" for number in range(60)]


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write a file; a list as JSON Lines."""
    folder = tmp_path / "sources"

    def write(name: str, content: str | list[object]) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = content if isinstance(content, list) else None
        path.write_text(content if rows is None else "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def ingest(run, workspace):
    """Run `curation ingest` there."""
    return lambda *arguments: run("ingest", *arguments, "-w", workspace.path)


def test_two_files_with_ids_of_their_own_both_come_in_without_them(ingest, write, workspace, run):
    one = write("one.csv", "id,text\n1,The council met on Monday and spoke about rents.\n")
    two = write("two.csv", "id,text\n1,Farmers drove their tractors to the ministry today.\n")
    ingest(one)
    refused = ingest(two, "--update")
    assert refused.exit == 1
    assert "two.csv:2: the id '1' is that of another article, from one.csv:2 [R_ID_TAKEN]" in refused.out
    listed = run("articles", "refused", "-w", workspace.path).out
    assert "--map id=" in listed
    assert ingest(two, "--map", "id=").exit == 0
    assert [one.id == "1" for one in workspace.articles()] == [True, False]
    assert run("articles", "refused", "-w", workspace.path).out == "nothing was refused\n"
    assert "mended by a" in run("articles", "refused", "--all", "-w", workspace.path).out
    (kept,) = run("articles", "refused", "--all", "--json", "-w", workspace.path).json["refused"]
    assert kept["mended_by"] == workspace.articles()[1].id
    assert run("status", "--json", "-w", workspace.path).json["rejected"] == 0


@pytest.mark.parametrize("wrong", [("--label", "Source="), ("--map", "=x"), ("--relation", "A=")])
def test_only_a_column_may_be_empty(ingest, write, wrong):
    assert ingest(write("a.txt", "An article."), *wrong).exit == 2


@pytest.mark.parametrize(("option", "name"), [("--map", "outlet"), ("--label", "A"), ("--relation", "A:b>c")])
def test_an_option_says_one_thing_of_a_name(option, name):
    assert pairs(option, (f"{name}=x", f"{name}=x")) == {name: "x"}
    with pytest.raises(CurationError, match=f"{option} says two things of '{name}': 'x' and 'y'") as raised:
        pairs(option, (f"{name}=x", f"{name}=y"))
    assert raised.value.code == "E_USAGE"


def test_other_metadata_are_told(ingest, write):
    ingest(write("a.jsonl", [{"id": "x", "text": "One", "title": "T"}, {"id": "y", "text": "Two"}]))
    told = ingest(write("a.jsonl", [{"id": "x", "text": "One", "title": "U"}, {"id": "y", "text": "Two"}]))
    assert told.exit == 0
    assert told.out.startswith("2 known (1 with other metadata)\n  other metadata: x: known with another title")
    assert "--update takes them" in told.out


def test_nothing_to_do_is_not_said_where_annotations_are_new(ingest, write):
    write("anna/one.txt", "Anna Ek denied it.")
    folder = write("anna/one.ann", "T1\tActor 0 7\tAnna Ek\n").parent
    said = [
        ingest(folder, *options).out.splitlines()[0]
        for mode in ("text", "predictions", "annotations")
        for options in [("--brat", mode)] * 2
    ]
    new = "1 known, 1 with new annotations of brat's"
    assert said == [
        "1 new, 1 with new annotations of brat's", "1 known; nothing to do",
        new, "1 known; nothing to do", new, "1 known; nothing to do",
    ]  # fmt: skip
    write("anna/one.ann", "T1\tActor 0 4\tAnna\n")
    assert ingest(folder, "--dry-run").out.startswith(f"{new} (dry run")
    assert ingest(folder).out.startswith(f"{new}\n")


def test_what_is_kept_of_a_refused_document_is_told(ingest, write, workspace):
    write("large.txt", "x" * (LIMIT + 1))
    write("table.csv", "headline\nx\n")
    source = write("empty.txt", "").parent
    tried = ingest(source.parent / "sources", write("good.txt", "An article."), "--dry-run").out
    assert "kept" not in tried
    assert "`curation explain CODE` tells how to mend them" in tried
    told = {line.split(":")[1].strip(): line for line in ingest(source).out.splitlines() if "refused:" in line}
    assert told["large.txt"].endswith("[R_TOO_LARGE] (the beginning is kept)")
    assert told["table.csv"].endswith("[R_NO_COLUMN] (the beginning is kept)")
    assert told["empty.txt"].endswith("[R_EMPTY]")


def test_of_what_cannot_be_opened_nothing_is_kept(ingest, write, monkeypatch):
    path = write("a.txt", "An article.")
    write("b.txt", "Another one.")
    opening = Path.open

    def refuse(self: Path, *arguments: object, **named: object) -> object:
        if self.name == path.name:
            raise PermissionError(13, "Permission denied")
        return opening(self, *arguments, **named)

    # Whoever runs the tests may be allowed to read everything.
    monkeypatch.setattr(Path, "open", refuse)
    told = ingest(path.parent).out
    assert "refused: a.txt: Permission denied [R_UNREADABLE] (not kept: the file lies where it was)\n" in told
    assert "kept aside" not in told


def test_copies_are_named_by_their_sources(ingest, write):
    chain = [" ".join(WORDS[start : start + 40]) for start in (0, 5, 10)]
    for number, text in enumerate(chain):
        write(f"d{number}.txt", text)
    told = ingest(write("d3.txt", chain[2].upper() + "  ").parent).out
    lines = [line for line in told.splitlines() if "duplicate:" in line]
    assert len(lines) == 3
    assert all(line.split()[1].startswith("d") and ".txt (a" in line for line in lines)
    assert sum("is a copy of d" in line for line in lines) == 1
    assert sum(", by way of others)" in line for line in lines) == 1
    assert "least alike" not in told, "the list above says it"


def test_known_copies_that_go_to_annotators_are_counted(ingest, write):
    path = write("a.jsonl", [{"id": name, "text": "The same text."} for name in "abc"])
    ingest(path)
    told = ingest(path, "--keep-duplicates", "--threshold", "0.8", "--longest", "1000").out
    assert "2 known copies go to annotators too from now on\n" in told
    assert "--longest and --threshold: of no effect on what was known already" in told
    assert "known cop" not in ingest(path, "--keep-duplicates").out


def test_what_was_no_file_is_not_said_to_lie_where_it_was(ingest):
    told = ingest("http://127.0.0.1:9/page.html", "--fetch").out
    assert "[R_FETCH_FORBIDDEN] (not kept: nothing was fetched)\n" in told


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("stdin", "standard input can be read only once"),
        ("stdin:7", "standard input can be read only once"),
        ("stdin/a.txt", "standard input can be read only once"),
        ("HTTPS://a.example/x", "nothing was fetched"),
        ("stdin.txt", "the file lies where it was"),
        ("pages/stdin:7", "the file lies where it was"),
    ],
)
def test_why_nothing_is_kept_is_told_from_where_it_stood(source, why):
    assert _extent(Refusal(source, "R_UNREADABLE", "r", "nothing")) == f" (not kept: {why})"
    assert _extent(Refusal(source, "R_TEXT", "r", "whole")) == ""


def test_doubts_can_be_counted_and_listed(ingest, write, workspace, run):
    ingest(write("a.jsonl", [{"id": "x", "text": "The first story.", "date": "2020-13-45"},
                             {"id": "y", "text": "Another one.", "date": "2020-01-01", "title": "T"}]))  # fmt: skip
    assert "noted N_DATE" in run("status", "-w", workspace.path).out
    assert run("status", "--json", "-w", workspace.path).json["noted"] == {"N_DATE": 1}
    listed = run("articles", "list", "--noted", "N_DATE", "--json", "-w", workspace.path).json["articles"]
    assert [(one["id"], list(one["notes"])) for one in listed] == [("x", ["N_DATE"])]
    assert run("articles", "list", "--noted", "N_BIDI", "-w", workspace.path).out == "no article is noted with N_BIDI\n"
    assert run("articles", "list", "--noted", "N_X", "-w", workspace.path).exit == 3
    shown = run("articles", "list", "-w", workspace.path).out
    assert "“The first story.”" in shown
    assert "Another one" not in shown


def test_long_lists_are_cut(ingest, write):
    rows = [
        {"id": f"x{number}", "text": f"Story {number}", **{f"c{column}": 1 for column in range(15)}}
        for number in range(3)
    ]
    told = ingest(write("a.json", json.dumps(rows)))
    assert told.err.startswith("a.json, first record: text=text, id=id; kept as metadata: c0, ")
    assert told.err.endswith("c9, ...\n")
    assert ingest(write("b.csv", "text\nA table\n")).err == "b.csv: text=text\n"
