"""`task check` does everything that its help says: each disagreement between a task's files is named."""

from __future__ import annotations

import json

import pytest

import curation

INTERFACE, CODEBOOK, TOML = "interface.xml", "codebook.md", "task.toml"


@pytest.fixture
def folder(workspace):
    return workspace.path / "tasks" / "news-stance"


def edit(file, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text, old
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_tasks_agree(workspace):
    report = workspace.check_task("news-stance")
    assert report.problems == ()
    assert report.controls >= 11
    assert report.examples > 40


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (INTERFACE, '<Choice value="party"', '<Choice value="parties"', "party"),
        (INTERFACE, 'name="claim_kind"', 'name="claim_type"', "claim_kind"),
        (INTERFACE, '<Relation value="speaks_for"', '<Relation value="spoke_for"', "speaks_for"),
        (INTERFACE, 'value="$text"', 'value="$body"', "$body"),
        (INTERFACE, "<View", "<Wiew", "interface"),
        (CODEBOOK, "##### causal", "##### causes", "causal"),
        (CODEBOOK, "### opposes", "### contradicts", "opposes"),
        (TOML, 'values = ["unnamed"]', 'values = ["nobody"]', "excused"),
        (TOML, 'silent = "not_addressed"', 'silent = "not_named"', "not_named"),
        (TOML, '[relations.opposes]\nfrom = ["Actor"]', '[relations.opposes]\nfrom = ["Person"]', "Person"),
        (TOML, 'relations = ["supports", "opposes"]', 'relations = ["supports", "hates"]', "hates"),
        (TOML, 'through = ["same_as", "continues"]', 'through = ["supports"]', "excludes the relation supports"),
        (
            TOML,
            "[[contradictions]]",
            '[[contradictions]]\nrelations = ["opposes", "supports"]\n\n[[contradictions]]',
            "told twice",
        ),
    ],
)
def test_a_disagreement_is_named(workspace, folder, file, old, new, said):
    edit(folder / file, old, new)
    problems = curation.open(workspace.path).check_task("news-stance").problems
    assert any(said in f"{problem.where} {problem.message}" for problem in problems), problems
    assert all(problem.fix for problem in problems)


def test_an_example_that_gives_another_finding(workspace, folder):
    file = folder / "examples" / "invalid" / "relation-ends.json"
    example = json.loads(file.read_text(encoding="utf-8"))
    example["expect"] = ["F_PATTERN"]
    file.write_text(json.dumps(example), encoding="utf-8")
    (problem,) = workspace.check_task("news-stance").problems
    assert problem.where == "examples/invalid/relation-ends.json"
    assert "F_PATTERN" in problem.message
    assert "F_RELATION_ENDS" in problem.message


def test_an_example_that_is_broken(workspace, folder):
    (folder / "examples" / "valid" / "statements.json").write_text("{", encoding="utf-8")
    (problem,) = workspace.check_task("news-stance").problems
    assert problem.where == "examples/valid/statements.json"


def test_without_examples_nothing_is_proven(workspace, folder):
    for file in (folder / "examples" / "invalid").iterdir():
        file.unlink()
    (problem,) = workspace.check_task("news-stance").problems
    assert problem.where == "examples/invalid"


def test_the_command_ends_with_status_1(workspace, folder, run):
    edit(folder / CODEBOOK, "##### causal", "##### causes")
    ran = run("task", "check", "-w", workspace.path)
    assert ran.exit == 1
    assert "causal has no entry" in ran.out
    assert run("task", "check", "news-stance", "-w", workspace.path, "--json").json["tasks"][0]["problems"]
