"""`status` tells what there is and what comes next; `doctor` what is wrong."""

from __future__ import annotations

import sqlite3

import pytest

from curation.records import Annotation, Finding
from curation.store import Push, Revision, Store
from curation.store.rows import Project


def annotate(store: Store, name: str, status: str = "submitted", verdict: str | None = None) -> None:
    revision = Revision(name, "r", {"result": []}, {"article_id": "a"})
    record = Annotation(name, "a", "0" * 64, "news-stance", "1", "annotator-01")
    store.annotations.add_revision(revision, pulled_at="2026-01-01T00:00:00Z")
    store.annotations.put(
        revision, task="news-stance", status=status, annotator="annotator-01", record=record, problems=[],
        decoded_with="d",
    )  # fmt: skip
    if verdict:
        found = [Finding("F_X", "error", "m", "f")] if verdict == "quarantined" else []
        store.annotations.judge(name, verdict, found, validated_with="v")


@pytest.fixture
def study(workspace, tmp_path):
    (tmp_path / "one.txt").write_text("The council met.", encoding="utf-8")
    workspace.ingest([tmp_path / "one.txt"])
    return workspace


def test_an_empty_workspace_wants_articles(workspace):
    assert workspace.status().next.startswith("curation ingest")


def test_articles_want_to_be_pushed(study):
    status = study.status()
    assert (status.articles, status.next) == (1, "curation studio push")


def test_then_pulled_validated_and_built(study):
    with Store(study.path) as store, store.transaction():
        (article,) = store.articles
        store.ledger.bind(Project("s", "news-stance", 1, "", "", "1"))
        store.ledger.record_pushes("s", 1, [Push(article.id, article.sha256, 5, "sent")])
    assert study.status().next == "curation studio pull"
    with Store(study.path) as store, store.transaction():
        annotate(store, "x")
        annotate(store, "y", status="skipped")
        annotate(store, "z", status="draft")
    status = study.status()
    assert status.next == "curation validate"
    assert status.annotations == {"unchecked": 1, "skipped": 1, "draft": 1}
    with Store(study.path) as store, store.transaction():
        annotate(store, "x", verdict="valid")
        annotate(store, "w", verdict="quarantined")
    status = study.status()
    assert status.next == "curation export build news-stance"
    assert status.findings == {"F_X": 1}
    assert status.annotators == {"annotator-01": 2}
    (study.path / "build" / "news-stance").mkdir(parents=True)
    (study.path / "build" / "news-stance" / "README.md").touch()
    assert study.status().builds == ("news-stance",)


def test_the_command_prints_it(study, run):
    printed = run("status", "-w", study.path).out
    assert "articles" in printed
    assert "next: curation studio push" in printed
    assert run("status", "-w", study.path, "--json").json["articles"] == 1


def test_a_healthy_workspace(study, run):
    diagnosis = study.doctor()
    assert diagnosis.healthy
    assert {check.name for check in diagnosis.checks} >= {"workspace", "store", "disk", "task news-stance"}
    assert run("doctor", "-w", study.path).exit == 0


def test_doctor_names_a_task_that_does_not_agree(study, run):
    codebook = study.path / "tasks" / "news-stance" / "codebook.md"
    codebook.write_text(codebook.read_text(encoding="utf-8").replace("##### causal", "##### causes"), encoding="utf-8")
    ran = run("doctor", "-w", study.path, "--json")
    assert ran.exit == 1
    (wrong,) = [check for check in ran.json["checks"] if check["state"] == "wrong"]
    assert wrong["name"] == "task news-stance"
    assert wrong["fix"]


def test_doctor_sees_a_damaged_store(study):
    raw = sqlite3.connect(study.path / "curation.db")
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'articles_by_text'").fetchone()
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    with (study.path / "curation.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    (wrong,) = [check for check in study.doctor().checks if check.state == "wrong"]
    assert wrong.name == "store"
