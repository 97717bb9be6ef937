"""`status` tells what there is and what comes next; `doctor` what is wrong."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from curation.records import Annotation, Article, Finding, annotation_from_json, to_json
from curation.store import Push, Revision, Store
from curation.store.rows import Project


def annotate(
    store: Store,
    name: str,
    status: str = "submitted",
    verdict: str | None = None,
    article: Article | None = None,
    revision: str = "r",
    code: str = "F_X",
) -> None:
    about, sha256 = (article.id, article.sha256) if article else ("a", "0" * 64)
    revision = Revision(name, revision, {"result": []}, {"article_id": about})
    record = Annotation(name, about, sha256, "news-stance", "1", "annotator-01")
    store.annotations.add_revision(revision, pulled_at="2026-01-01T00:00:00Z")
    store.annotations.put(
        revision, task="news-stance", status=status, annotator="annotator-01", record=record, problems=[],
        decoded_with="d",
    )  # fmt: skip
    if verdict:
        found = [Finding(code, "error", "m", "f")] if verdict == "quarantined" else []
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


def test_copies_are_counted_and_nobody_waits_for_them_to_be_sent(study, tmp_path):
    (tmp_path / "two.jsonl").write_text('{"id": "wire", "text": "The  council MET."}\n', encoding="utf-8")
    study.ingest([tmp_path / "two.jsonl"])
    status = study.status()
    assert (status.articles, status.duplicates, status.next) == (2, 1, "curation studio push")
    with Store(study.path) as store, store.transaction():
        (article,) = store.articles.to_annotate()
        store.ledger.bind(Project("s", "news-stance", 1, "", "", "1"))
        store.ledger.record_pushes("s", 1, [Push(article.id, article.sha256, 5, "sent")])
    assert study.status().next == "curation studio pull"


def test_items_are_told_where_long_articles_make_them_more_than_articles(study, run, tmp_path):
    assert "items for annotators" not in run("status", "-w", study.path).out
    (tmp_path / "long.txt").write_text("\n\n".join(["A paragraph of some length."] * 60), encoding="utf-8")
    told = run("ingest", tmp_path / "long.txt", "--longest", 1000, "-w", study.path)
    assert "1 long article is cut into 2 parts" in told.out
    found = study.status()
    assert (found.articles, found.long, found.items) == (2, 1, 3)
    words = [line.split() for line in run("status", "-w", study.path).out.splitlines()]
    assert ["articles", "2"] in words
    assert ["long", "ones,", "cut", "into", "parts", "1"] in words
    assert ["items", "for", "annotators", "3"] in words


def test_then_pulled_validated_and_built(study, run):
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
    assert (status.next, status.why) == ("curation validate", "1 annotation has not been validated")
    assert status.annotations == {"unchecked": 1, "skipped": 1, "draft": 1}
    with Store(study.path) as store, store.transaction():
        annotate(store, "x", verdict="valid")
        annotate(store, "w", verdict="quarantined")
    status = study.status()
    assert status.next == "curation export build news-stance"
    assert status.findings == {"F_X": 1}
    assert run("status", "-w", study.path, "--json").json["findings"] == {"F_X": 1}
    assert status.annotators == {"annotator-01": 2}
    (study.path / "build" / "news-stance").mkdir(parents=True)
    (study.path / "build" / "news-stance" / "README.md").touch()
    assert study.status().builds == ("news-stance",)


@pytest.fixture
def built(study):
    """A study with a valid annotation and a dataset of it."""
    with Store(study.path) as store, store.transaction():
        (article,) = store.articles
        annotate(store, "x", verdict="valid", article=article)
    study.build("news-stance")
    return study


def change(study, *names: str, **how: object) -> None:
    with Store(study.path) as store, store.transaction():
        (article,) = store.articles
        for name in names:
            annotate(store, name, article=article, **how)


def test_a_build_of_today_needs_nothing(built):
    status = built.status()
    assert (status.stale, status.next) == ((), "curation studio pull")


def test_a_new_annotation_makes_a_build_stale(built):
    change(built, "y")
    assert built.status().next == "curation validate"
    change(built, "y", verdict="valid")
    status = built.status()
    assert (status.stale, status.next) == (("news-stance",), "curation export build news-stance")
    built.build("news-stance")
    assert built.status().next == "curation studio pull"


def test_a_changed_or_deleted_annotation_makes_a_build_stale(built):
    change(built, "x", verdict="valid", revision="r2")
    assert built.status().stale == ("news-stance",)
    change(built, "y", verdict="valid")
    built.build("news-stance")
    assert built.status().stale == ()
    with Store(built.path) as store, store.transaction():
        store.annotations.mark_deleted(["y"])
    assert built.status().next == "curation export build news-stance"


def test_a_changed_card_makes_a_build_stale(built):
    (built.path / "exports" / "news-stance" / "card.md").write_text("# $title", encoding="utf-8")
    assert built.status().stale == ("news-stance",)


def test_a_dataset_that_has_nothing_left_to_be_built_from(built):
    with Store(built.path) as store, store.transaction():
        store.annotations.mark_deleted(["x"])
    assert built.status().next == "curation studio pull"


def test_a_broken_export_does_not_stop_the_status(built):
    (built.path / "exports" / "news-stance" / "export.toml").write_text("name = 5", encoding="utf-8")
    assert built.status().builds == ("news-stance",)
    (wrong,) = [check for check in built.doctor().checks if check.state == "wrong"]
    assert wrong.name == "dataset news-stance"
    assert "export.toml" in wrong.detail


def test_quarantined_work_is_looked_at_when_the_dataset_stands(built):
    change(built, "y", "z", verdict="quarantined")
    assert built.status().next == "curation export build news-stance"
    built.build("news-stance")
    status = built.status()
    assert status.next == "curation validate"
    assert status.why == "2 annotations are quarantined: it lists what to mend"


def test_quarantined_work_alone(study):
    change(study, "y", verdict="quarantined")
    status = study.status()
    assert (status.next, status.why) == ("curation validate", "1 annotation is quarantined: it lists what to mend")


def test_a_superseded_annotation_waits_for_nobody(built):
    change(built, "y", verdict="quarantined", code="F_ANNOTATION_SUPERSEDED")
    built.build("news-stance")
    assert built.status().next == "curation studio pull"


def test_the_build_says_what_is_not_validated(built, run):
    change(built, "y")
    said = "1 annotations are not validated yet and left out; run `curation validate`"
    assert said in run("export", "build", "news-stance", "-w", built.path).out.splitlines()
    change(built, "y", verdict="valid")
    assert "not validated" not in run("export", "build", "news-stance", "-w", built.path).out


def dataset_check(study):
    return next((check for check in study.doctor().checks if check.name == "dataset news-stance"), None)


def test_doctor_verifies_what_is_built(built):
    assert dataset_check(built).state == "ok"
    (built.path / "build" / "news-stance" / "notes.txt").touch()
    check = dataset_check(built)
    assert (check.state, "notes.txt" in check.detail) == ("warn", True)
    assert built.doctor().healthy


def test_schemas_of_another_version_are_told(study, run):
    (check,) = [one for one in study.doctor().checks if one.name == "schemas"]
    assert check.state == "ok"
    assert "doctor" not in study.status().why
    schemas = study.path / "schemas"
    older = json.loads((schemas / "annotation.json").read_text(encoding="utf-8"))
    del older["properties"]["part"]
    (schemas / "annotation.json").write_text(json.dumps(older), encoding="utf-8")
    (schemas / "finding.json").unlink()
    (check,) = [one for one in study.doctor().checks if one.name == "schemas"]
    assert (check.state, study.doctor().healthy) == ("warn", True)
    assert "annotation, finding (" in check.detail
    assert study.status().why.endswith("`curation doctor` tells which schemas are not this version's")
    subprocess.run(check.fix.partition(": ")[2], shell=True, check=True)
    assert (study.doctor().checks, "doctor" in study.status().why) == (type(study)(study.path).doctor().checks, False)
    assert json.loads((schemas / "annotation.json").read_text(encoding="utf-8")) != older


def test_an_annotation_of_a_whole_article_satisfies_the_schema_of_an_older_workspace(study):
    path = study.path / "schemas" / "annotation.json"
    older = json.loads(path.read_text(encoding="utf-8"))
    del older["properties"]["part"]
    path.write_text(json.dumps(older), encoding="utf-8")
    record = Annotation("x", "a", "0" * 64, "news-stance", "1", "annotator-01")
    assert study.schemas.problems("annotation", to_json(record)) == []
    assert study.schemas.problems("annotation", to_json(replace(record, part=2))) != []
    assert to_json(replace(record, part=2))["part"] == 2
    assert annotation_from_json(to_json(record)) == record


def test_doctor_says_that_convert_has_no_compiled_core(study):
    command = [sys.executable, "-m", "curation", "doctor", "-w", str(study.path)]
    environment = os.environ | {"CURATION_PURE_PYTHON": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "warn   convert: without its compiled core: slower, with the same results\n       Fix: " in ran.stdout


def test_doctor_says_nothing_of_what_is_not_built(study):
    assert dataset_check(study) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [("README.md", "README.md has changed"), ("manifest.json", "manifest.json is missing or damaged")],
)
def test_doctor_sees_a_changed_file(built, run, name, said):
    with (built.path / "build" / "news-stance" / name).open("a", encoding="utf-8") as file:
        file.write("x")
    check = dataset_check(built)
    assert (check.state, check.detail) == ("wrong", said)
    assert check.fix.endswith("curation export build news-stance")
    assert run("doctor", "-w", built.path).exit == 1


@pytest.mark.parametrize("name", ["README.md", "manifest.json"])
def test_doctor_misses_a_file(built, name):
    (built.path / "build" / "news-stance" / name).unlink()
    check = dataset_check(built)
    assert check.state == "wrong"
    assert f"{name} is missing" in check.detail


def test_a_damaged_dataset_does_not_stop_the_list(built, run):
    other = built.path / "exports" / "other"
    shutil.copytree(built.path / "exports" / "news-stance", other)
    definition = (other / "export.toml").read_text(encoding="utf-8")
    (other / "export.toml").write_text(definition.replace('"news-stance"', '"other"', 1), encoding="utf-8")
    built.build("other")
    whole = built.exports()
    next((built.path / "build" / "other" / "gold").iterdir()).write_bytes(b"no Parquet")
    ran = run("export", "list", "-w", built.path)
    assert ran.exit == 0
    (line,) = [line for line in ran.out.splitlines() if line.startswith("other")]
    assert "damaged" in line
    first, second = built.exports()
    assert first == whole[0]
    assert (second.rows, "gold" in second.damage) == ({}, True)


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
