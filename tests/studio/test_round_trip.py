"""Records go to a real Label Studio as suggestions and as annotations, and come back as they were."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from curation.articles import ingest
from curation.catalog.documents import read_documents
from curation.records import annotation_from_json
from curation.store import Store
from curation.studio.decode import Item, decode
from curation.studio.encode import encode, prediction
from curation.studio.tasks import ls_task

SAMPLE = Path(__file__).resolve().parents[2] / "tasks" / "news-stance" / "sample"

pytestmark = pytest.mark.server


@pytest.fixture
def records():
    """The sample's annotations, mistakes included."""
    return [annotation_from_json(document) for _, document in read_documents(SAMPLE / "annotations.jsonl")]


@pytest.fixture
def texts(tmp_path):
    """The sample's articles by id."""
    with Store(tmp_path) as store:
        ingest(store, [SAMPLE / "articles"])
        return {article.id: article for article in store.articles}


def read_back(raw, record, article, task, schemas, origin):
    item = Item(record.id, article.id, article.text, record.annotator, record.revision)
    decoded = decode({**raw, "completed_by": 1}, item=item, task=task, schemas=schemas)
    assert decoded.problems == ()
    return replace(
        decoded.record,
        origin=origin,
        created_at=record.created_at,
        lead_time=record.lead_time,
        round=record.round,
    )


def test_suggestions_come_back_as_the_records_that_they_were(client, title, task, schemas, records, texts):
    project = client.create_project(title=title, label_config=task.interface)
    suggested: dict[str, list] = {}
    for record in records:
        suggested.setdefault(record.article_id, []).append(prediction(record, task, record.id))
    client.import_tasks(project, [ls_task(texts[name], suggested) for name in suggested])
    stored = []
    deadline = time.monotonic() + 30
    while len(stored) < len(records) and time.monotonic() < deadline:
        # The server lists suggestions a moment after it has taken them.
        stored = client._read("/api/predictions/", {"project": project})
        time.sleep(0.5)
    assert len(stored) == len(records)
    by_record = {entry["model_version"]: entry for entry in stored}
    for record in records:
        raw = {"result": by_record[record.id]["result"]}
        assert read_back(raw, record, texts[record.article_id], task, schemas, record.origin) == record


def test_annotations_come_back_as_the_records_that_they_were(client, title, task, schemas, records, texts):
    project = client.create_project(title=title, label_config=task.interface)
    mine = [record for record in records if record.annotator == "ana"]
    client.import_tasks(project, [ls_task(texts[record.article_id]) for record in mine])
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(project, [r.article_id for r in mine])}
    for record in mine:
        client.annotate(items[record.article_id], encode(record, task), lead_time=record.lead_time)
    exported = {item["data"]["article_id"]: item for item in client.export_tasks(project, list(items.values()))}
    for record in mine:
        (raw,) = exported[record.article_id]["annotations"]
        assert raw["lead_time"] == record.lead_time
        assert read_back(raw, record, texts[record.article_id], task, schemas, record.origin) == record
