"""`curation export write` and `formats`: a thin shell over the registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import curation
from curation.export.formats import FORMATS
from tests.export.formats.conftest import make, small_cases

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_a_folder_is_written_beside_itself_without_a_workspace(run, tmp_path):
    make(tmp_path / "small", small_cases())
    first = run("export", "write", tmp_path / "small", "dna", "--set", "concept=kind")
    assert first.exit == 0
    assert (tmp_path / "small.dna" / "statements.csv").is_file()
    assert "not in it: " in first.out
    assert "lost: article without a date" in first.out
    again = run("export", "write", tmp_path / "small", "dna", "--set", "concept=kind", "--json").json
    assert (again["changed"], again["options"]) == (False, {"concept": "kind", "persons": "person"})
    assert again["lost"]["article without a date, which DNA's time series leave out"] == 1


def test_a_name_is_that_of_a_build_in_the_workspace(run, tmp_path):
    workspace = curation.init(tmp_path / "study")
    make(workspace.path / "build" / "small", small_cases())
    done = run("export", "write", "small", "csv", "--workspace", workspace.path)
    assert done.exit == 0
    assert (workspace.path / "build" / "small.csv" / "gold" / "train.csv").is_file()
    assert workspace.write("small", "csv").changed is False
    assert workspace.write("small", "jsonl", tmp_path / "lines").path == tmp_path / "lines"


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("nowhere/small", "csv"), 3, "holds no manifest.json"),
        (("small", "xml"), 2, "there is no format 'xml'"),
        (("small", "csv", "--set", "bom"), 2, "--set takes OPTION=VALUE, not 'bom'"),
        (("small", "csv", "--set", "bom=yes", "--set", "bom=no"), 2, "says two things of 'bom'"),
        (("small", "csv", "--set", "bom=maybe"), 2, "bom cannot be 'maybe'"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(run, tmp_path, monkeypatch, arguments, status, message):
    make(tmp_path / "small", small_cases()[:1], configs=("stance",))
    monkeypatch.chdir(tmp_path)
    failed = run("export", "write", *arguments)
    assert failed.exit == status
    assert message in failed.err
    assert failed.err.count("\n") == 1


def test_the_formats_are_listed_and_described(run):
    listed = run("export", "formats").out
    assert [line.split()[0] for line in listed.splitlines()[1:]] == list(FORMATS)
    for name, form in FORMATS.items():
        told = run("export", "formats", name)
        assert form.loses in told.out
        assert all(f"--set {option.name}=" in told.out for option in form.options)
    as_json = run("export", "formats", "--json").json["formats"]
    assert [one["name"] for one in as_json] == list(FORMATS)
    assert as_json[2]["options"][0]["values"] == ["comma", "semicolon", "tab"]


def test_the_docs_name_every_format_and_no_other():
    table = re.findall(r"^\| `(\w+)` \|", DOCS, re.MULTILINE)
    assert table == list(FORMATS)
    assert {form.extra for form in FORMATS.values() if form.extra} <= set(re.findall(r"curation\[(\w+)\]", DOCS))
