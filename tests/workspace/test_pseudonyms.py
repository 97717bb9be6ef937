"""Nothing that leaves a workspace tells who annotated: no address, no name and no number of an account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from curation.catalog.documents import read_documents
from curation.records import annotation_from_json
from curation.studio.encode import encode
from curation.studio.tasks import task_data

SAMPLE = Path(__file__).resolve().parents[2] / "tasks" / "news-stance" / "sample"

PEOPLE = {
    "ada": {"id": 918273641, "email": "Ada.Kanarien@example.org", "first_name": "Adalgisa", "last_name": "Kanarievna"},
    "ben": {"id": 918273642, "email": "ben.kanarien@example.org", "first_name": "Benvenuto", "last_name": "Kanarievna"},
    "cleo": {"id": 918273643, "email": "cleo@kanarien.example", "first_name": "Cleopha", "last_name": "Kanarievna"},
}  # fmt: skip
"""Accounts as exports of several versions carry them, with words that stand nowhere else."""

WORDS = [str(word).lower() for person in PEOPLE.values() for word in person.values()]


def shapes(person: dict[str, object]) -> Iterator[dict[str, object]]:
    """The ways in which exports say who made an annotation."""
    named = f"{person['first_name']} {person['last_name']} {person['email']}, {person['id']}"
    yield {"completed_by": person, "created_username": named, "updated_by": person["id"]}
    yield {"completed_by": person["id"], "last_created_by": person["id"], "created_username": named}
    yield {"completed_by": {"id": person["id"], "email": person["email"]}, "reviews": [{"created_by": person}]}


@pytest.fixture
def pulled(workspace, tmp_path):
    """The sample, annotated by three people with mistakes, a draft and a skip, as exports have it."""
    workspace.ingest([SAMPLE / "articles"])
    records = [annotation_from_json(document) for _, document in read_documents(SAMPLE / "annotations.jsonl")]
    names = sorted({record.annotator for record in records})
    people = dict(zip(names, PEOPLE.values(), strict=True))
    task = workspace.task()
    items = {
        article.id: {"id": number, "project": 7, "data": task_data(article), "annotations": [], "drafts": []}
        for number, article in enumerate(workspace.texts(), start=1)
    }
    for number, record in enumerate(records, start=1):
        told = list(shapes(people[record.annotator]))[number % 3]
        raw = {"id": number, "result": encode(replace(record, task=task.name), task), "was_cancelled": False,
               "created_at": "2026-11-03T10:00:00Z", "lead_time": 100.0 + number, **told}  # fmt: skip
        items[record.article_id]["annotations"].append(raw)
    for number, (item, person) in enumerate(zip(items.values(), PEOPLE.values(), strict=False), start=900):
        named = f"{person['first_name']} {person['last_name']} {person['email']}, {person['id']}"
        item["drafts"].append({"id": number, "user": person["email"], "created_username": named, "result": []})
        skip = {"id": number, "result": [], "was_cancelled": True, "completed_by": person["id"]}
        item["annotations"].append(skip)
    export = tmp_path / "export.json"
    export.write_text(json.dumps(list(items.values())))
    assert workspace.pull_file(export).annotations_new == len(records) + 6
    return workspace


def leaks(folder: Path) -> list[tuple[str, str]]:
    """Where one of the words stands: in the bytes of a file, or in what a compressed table holds."""
    found = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        content = path.read_bytes().lower()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            content += json.dumps([table.to_pylist(), str(table.schema)], default=str).lower().encode()
        found += [(path.name, word) for word in WORDS if word.encode() in content]
    return found


def test_who_annotated_is_told_by_pseudonyms_alone(pulled, run, tmp_path):
    place = ("--workspace", pulled.path)
    validated = run("validate", *place, "--json")
    assert validated.json["quarantined"] > 0
    assert "annotator-01" in validated.out
    out = tmp_path / "out"
    out.mkdir()
    (out / "findings.json").write_text(validated.out)
    (out / "findings.txt").write_text(run("validate", *place).out)
    run("validate", *place, "--html", out / "report.html")
    built = pulled.build("news-stance")
    (out / "status.json").write_text(run("status", *place, "--json").out)
    (out / "doctor.txt").write_text(run("doctor", *place).out)

    assert b"annotator-02" in (out / "report.html").read_bytes()
    tables = list(built.path.rglob("*.parquet"))
    assert any("annotator-03" in str(pq.read_table(path).to_pylist()) for path in tables)
    assert leaks(out) == []
    assert leaks(built.path) == []


def test_the_workspace_itself_knows_them(pulled):
    """What the test above looks for is there to be found."""
    stored = b"".join(path.read_bytes() for path in pulled.path.glob("curation.db*")).lower()
    assert all(word.encode() in stored for word in WORDS)
    known = {one.pseudonym: one.email for one in pulled.annotators().people}
    assert set(known) == {"annotator-01", "annotator-02", "annotator-03"}
    assert set(known.values()) == {person["email"] for person in PEOPLE.values()}
