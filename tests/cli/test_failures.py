"""Every foreseen failure: one line on stderr, a documented code, its exit status, nothing lost."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from curation.errors import ERRORS, Exit

LINE = re.compile(r"^error\[(E_[A-Z_]+)\]: .+ Fix: .+$")


def failed(ran, code: str) -> str:
    """The one line of a command that failed as it must."""
    lines = ran.err.strip().splitlines()
    assert len(lines) == 1, ran.err
    match = LINE.match(lines[0])
    assert match, lines[0]
    assert match.group(1) == code
    assert ran.exit == ERRORS[code].exit
    return lines[0]


@pytest.fixture
def articles(tmp_path):
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


def test_no_workspace(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed(run("status"), "E_NO_WORKSPACE")


def test_named_workspace_is_none(run, tmp_path):
    assert str(tmp_path) in failed(run("status", "-w", tmp_path), "E_NO_WORKSPACE")


def test_broken_settings(run, workspace):
    settings = workspace.path / "curation.toml"
    settings.write_text("task = \n", encoding="utf-8")
    assert "line 1" in failed(run("status", "-w", workspace.path), "E_WORKSPACE_BROKEN")
    settings.write_text("task = 5", encoding="utf-8")
    assert "/task" in failed(run("status", "-w", workspace.path), "E_WORKSPACE_BROKEN")


def test_wrong_arguments(run):
    failed(run("ingest"), "E_USAGE")
    failed(run("no-such-command"), "E_USAGE")
    failed(run("ingest", "x", "--map", "text"), "E_USAGE")
    failed(run("studio", "pull", "--known-only"), "E_USAGE")
    failed(run("studio", "pull", "--full", "--file", "export.json"), "E_USAGE")


def test_missing_file(run, workspace, tmp_path):
    failed(run("ingest", tmp_path / "absent.jsonl", "-w", workspace.path), "E_NO_INPUT")


def test_empty_file(run, workspace, articles):
    (articles / "empty.txt").touch()
    failed(run("ingest", articles / "empty.txt", "-w", workspace.path), "E_NO_INPUT")


def test_folder_without_articles(run, workspace, articles):
    (articles / "picture.png").write_bytes(b"\x89PNG")
    failed(run("ingest", articles, "-w", workspace.path), "E_NO_INPUT")


def test_missing_column(run, workspace, articles):
    (articles / "table.csv").write_text("headline,url\nA,b\n", encoding="utf-8")
    line = failed(run("ingest", articles / "table.csv", "-w", workspace.path), "E_MISSING_COLUMN")
    assert "headline" in line
    assert "--map text=" in line


def test_broken_line_in_the_middle_keeps_the_others(run, workspace, articles):
    rows = [json.dumps({"text": f"Article {number}."}) for number in range(5)]
    rows[2] = '{"text": "cut'
    (articles / "wire.jsonl").write_text("\n".join(rows), encoding="utf-8")
    ran = run("ingest", articles / "wire.jsonl", "-w", workspace.path, "--json")
    assert ran.exit == Exit.FINDINGS
    assert ran.json["new"] == 4
    assert [reject["source"] for reject in ran.json["rejects"]] == ["wire.jsonl:3"]
    assert ran.err == "wire.jsonl, first record: text=text\n"


def test_server_down(run, workspace, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("LABEL_STUDIO_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "0" * 40)
    for command in ("push", "pull"):
        assert str(port) in failed(run("studio", command, "-w", workspace.path), "E_SERVER_DOWN")


def test_a_screen_that_contradicts_the_task_is_not_pushed(run, workspace):
    toml = workspace.path / "tasks" / "news-stance" / "task.toml"
    toml.write_text(toml.read_text().replace('"person"', '"human"'), encoding="utf-8")
    line = failed(run("studio", "push", "-w", workspace.path), "E_DEFINITION")
    assert "human" in line
    assert line.endswith("curation task check news-stance")


def test_no_credentials(run, workspace):
    failed(run("studio", "pull", "-w", workspace.path), "E_NO_CREDENTIALS")


def test_nothing_to_export(run, workspace):
    failed(run("export", "build", "news-stance", "-w", workspace.path), "E_NOTHING_TO_EXPORT")


def test_unknown_names(run, workspace):
    assert "news-stance" in failed(run("export", "build", "nope", "-w", workspace.path), "E_NOT_FOUND")
    failed(run("task", "show", "nope", "-w", workspace.path), "E_NOT_FOUND")
    failed(run("schema", "show", "nope", "-w", workspace.path), "E_NOT_FOUND")
    failed(run("explain", "nope"), "E_NOT_FOUND")


def test_init_does_not_overwrite(run, workspace, articles):
    (articles / "a.txt").write_text("An article.", encoding="utf-8")
    failed(run("init", articles), "E_EXISTS")
    task = workspace.path / "tasks" / "news-stance" / "task.toml"
    task.write_text(task.read_text().replace('title = "News stance"', 'title = "Mine"'))
    again = run("init", workspace.path)
    assert again.exit == 0
    assert "nothing to do" in again.out
    assert "Mine" in task.read_text()


def test_the_demo_stays_out_of_a_study(run, workspace):
    failed(run("demo", workspace.path), "E_EXISTS")


def test_a_second_writer_is_told_who_writes(run, workspace, articles):
    from curation.folders.lock import lock

    (articles / "a.txt").write_text("An article.", encoding="utf-8")
    with lock(workspace.path):
        line = failed(run("ingest", articles, "-w", workspace.path), "E_LOCKED")
    assert str(os.getpid()) in line


def test_a_store_that_is_no_database(run, workspace):
    (workspace.path / "curation.db").write_bytes(b"not a database, but long enough to look at" * 100)
    failed(run("status", "-w", workspace.path), "E_STORE_BROKEN")


def test_json_prints_the_same_object(run, tmp_path):
    ran = run("status", "-w", tmp_path, "--json")
    assert ran.json["error"] == "E_NO_WORKSPACE"
    assert ran.json["exit"] == ran.exit == Exit.CONFIG
    assert ran.json["fix"]


def test_a_bug_is_one_line_too(run, monkeypatch, workspace):
    import curation.workspace

    def boom(self, **kwargs):
        raise RuntimeError("unforeseen\nin two lines")

    monkeypatch.setattr(curation.workspace.Workspace, "status", boom)
    assert "unforeseen in two lines" in failed(run("status", "-w", workspace.path), "E_BUG")


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_code_is_explained(code, run):
    ran = run("explain", code)
    assert ran.exit == 0
    assert ERRORS[code].explanation in ran.out


@pytest.mark.parametrize("out", ["absent/tasks.jsonl", "."])
def test_a_file_that_cannot_be_written(run, workspace, out, monkeypatch):
    monkeypatch.chdir(workspace.path)
    failed(run("studio", "tasks", "--out", out), "E_DISK")


def test_a_file_of_another_kind_is_not_replaced(run, workspace, tmp_path):
    settings = workspace.path / "curation.toml"
    before = settings.read_bytes()
    assert "not a file of items" in failed(run("studio", "tasks", "-w", workspace.path, "--out", settings), "E_EXISTS")
    assert settings.read_bytes() == before
    for _ in range(2):
        assert run("studio", "tasks", "-w", workspace.path, "--out", tmp_path / "tasks.jsonl").exit == 0


def test_a_folder_that_cannot_be_made(run, workspace):
    failed(run("init", workspace.path / "curation.toml" / "study"), "E_DISK")


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no device that is always full")
def test_a_full_disk_under_the_output():
    with FULL.open("wb") as full:
        command = [sys.executable, "-m", "curation", "schema", "list", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == Exit.DISK
    assert LINE.match(done.stderr.strip())


def test_ctrl_c_is_one_line_too(run, monkeypatch, workspace):
    import curation.workspace

    def stopped(self, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(curation.workspace.Workspace, "status", stopped)
    failed(run("status", "-w", workspace.path), "E_INTERRUPTED")
    assert run("status", "-w", workspace.path, "--json").json["error"] == "E_INTERRUPTED"


def test_a_question_ends_in_one_mark(run):
    for asked in ("--updat", "--keep-dup"):
        line = failed(run("ingest", "x", asked), "E_USAGE")
        assert re.search(r"\?\)? Fix: curation ingest --help$", line), line


def test_what_an_article_was_made_from_is_no_json(run, workspace, articles):
    (articles / "a.txt").write_text("An article.", encoding="utf-8")
    workspace.ingest(articles)
    ran = run("articles", "show", workspace.articles()[0].id, "--raw", "--json", "-w", workspace.path)
    assert "--raw" in failed(ran, "E_USAGE")
    assert ran.json["error"] == "E_USAGE"


def test_a_changed_article_comes_with_its_fix(run, workspace, monkeypatch):
    from curation.studio.push import PushResult

    # What a server says is tested with one; here, what the command makes of it.
    result = PushResult(1, "http://x", False, "same", 1, 0, changed=("a",))
    monkeypatch.setattr(type(workspace), "push", lambda *_, **__: result)
    ran = run("studio", "push", "-w", workspace.path)
    assert ran.exit == Exit.FINDINGS
    assert "1 article sent, 0 already there" in ran.out
    assert "  changed: a has another text now than annotators have begun on\n    Fix: take the old text back" in ran.out
