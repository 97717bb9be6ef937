"""What a real Label Studio exports, as tables: nothing of it is lost, in any of the ways to export it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import curation
from curation.converting import findings_of

ROOT = Path(__file__).resolve().parents[2]
INTERFACE = """\
<View>
  <Labels name="who" toName="text" choice="multiple"><Label value="Person"/><Label value="&lt;i&gt;Pet|`x`"/></Labels>
  <Relations><Relation value="knows"/></Relations>
  <Text name="text" value="$text"/>
  <Choices name="mood" toName="text" perRegion="true" choice="multiple">
    <Choice value="good"/><Choice value="bad"/>
  </Choices>
  <TextArea name="note" toName="text" perRegion="true" maxSubmissions="5"/>
  <Rating name="sure" toName="text" perRegion="true"/>
  <Number name="age" toName="text" perRegion="true"/>
  <Choices name="topic" toName="text"><Choice value="sports"/></Choices>
  <Taxonomy name="kind" toName="text"><Choice value="A"><Choice value="A1"/></Choice><Choice value="B"/></Taxonomy>
  <Rating name="stars" toName="text"/>
</View>
"""
TEXTS = [
    "Rosa met Ann.",
    "\U0001f600 Rosa\r\nand Ann",
    "مرحبا Rosa, Ann",
    "  Rosa & <b>Ann</b> ",
    "Rosa saw Ann again.",
]
FULL = {
    "drafts": {"only_id": False},
    "predictions": {"only_id": False},
    "annotations__completed_by": {"only_id": False},
}


def rows(text: str) -> list[dict[str, Any]]:
    """What a browser sends: two marked words, all kinds of answers about one and about the item, an arrow."""

    def place(word: str) -> dict[str, Any]:
        start = text.index(word)
        return {"start": start, "end": start + len(word), "text": word}

    def row(name: str, control: str, kind: str, **value: Any) -> dict[str, Any]:
        return {"id": name, "from_name": control, "to_name": "text", "type": kind, "value": value}

    rosa, ann = place("Rosa"), place("Ann")
    return [
        row("r", "who", "labels", **rosa, labels=["Person", "<i>Pet|`x`"]),
        row("a", "who", "labels", **ann, labels=["Person"]),
        row("r", "mood", "choices", **rosa, choices=["good", "bad"]),
        row("r", "note", "textarea", **{**rosa, "text": ["one", "two"]}),
        row("r", "sure", "rating", **rosa, rating=3),
        row("r", "age", "number", **rosa, number=41),
        row("t", "topic", "choices", choices=["sports"]),
        row("k", "kind", "taxonomy", taxonomy=[["A", "A1"], ["B"]]),
        row("s", "stars", "rating", rating=4),
        {"type": "relation", "from_id": "r", "to_id": "a", "direction": "right", "labels": ["knows"]},
    ]


@pytest.fixture
def project(client, title) -> int:
    """A project in which people annotated, skipped, and left drafts, with predictions."""
    number = client.create_project(title=title, label_config=INTERFACE)
    client.import_tasks(number, [{"data": {"text": text, "a/b\n~": n}} for n, text in enumerate(TEXTS)])
    for n, (text, listed) in enumerate(zip(TEXTS, client.list_tasks(number), strict=True)):
        if n != 3:
            client.annotate(listed.ls_task_id, rows(text), lead_time=2.5, ground_truth=n == 0)
        if n in (1, 3):
            client.annotate(listed.ls_task_id, [], was_cancelled=True)
        if n in (2, 3):
            client.save_draft(listed.ls_task_id, rows(text)[:1])
        client.suggest(listed.ls_task_id, {"result": rows(text)[:2], "score": 0.5, "model_version": "m|1"})
    return number


@pytest.fixture
def exported(client, project, tmp_path) -> Callable[..., Path]:
    """Download the project in one of Label Studio's formats, with `options` from a snapshot."""

    def download(kind: str, options: dict[str, Any] | None = None) -> Path:
        root = f"/api/projects/{project}/export"
        if options is None:
            document = client._read(root, {"exportType": kind, "download_all_tasks": "true"})
        else:
            made = client._write("POST", f"{root}s/", {"title": "all", "serialization_options": options})["id"]
            while client._read(f"{root}s/{made}")["status"] not in ("completed", "failed"):
                time.sleep(0.1)
            document = client._read(f"{root}s/{made}/download", {"exportType": kind})
        path = tmp_path / f"{kind}.json"
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return path

    return download


def tables(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {path.parent.name: pq.read_table(path).to_pylist() for path in sorted(out.glob("data/*/*.parquet"))}


@pytest.mark.parametrize(("options", "predictions"), [(None, 0), ({}, 0), (FULL, len(TEXTS))], ids=str)
@pytest.mark.parametrize("declared", [True, False])
def test_nothing_of_a_download_or_a_snapshot_is_lost(exported, tmp_path, options, predictions, declared):
    export = exported("JSON", options)
    (tmp_path / "config.xml").write_text(INTERFACE, encoding="utf-8")
    report = curation.convert(export, tmp_path / "out", interface=tmp_path / "config.xml" if declared else None)
    counting = [sys.executable, "-m", "tests.studio.conversion.count_export", str(export), str(report.out)]
    counted = subprocess.run(counting, cwd=ROOT, capture_output=True, text=True, check=False)
    assert counted.returncode == 0, counted.stdout + counted.stderr
    assert list(findings_of(report.out)) == []
    made = tables(report.out)
    statuses = sorted(row["status"] for row in made["annotations"])
    assert statuses == ["skipped"] * 2 + ["submitted"] * 4
    assert len(made["items"]) == len(TEXTS)
    assert len(made["mentions"]) == 8
    assert len(made.get("predictions", [])) == predictions
    assert any("predictions" in lack for lack in report.lacks) == (predictions == 0)


@pytest.mark.parametrize("options", [None, FULL], ids=str)
def test_json_min_has_the_same_answers_at_the_same_spans(exported, tmp_path, options):
    (tmp_path / "config.xml").write_text(INTERFACE, encoding="utf-8")

    def answers(kind: str) -> dict[str, list[str]]:
        report = curation.convert(exported(kind, options), tmp_path / kind, interface=tmp_path / "config.xml")
        assert {one.code for one in findings_of(report.out)} <= {"F_EXPORT_MINIMAL"}
        made = tables(report.out)
        spans = {(row["annotation_id"], row["mention_id"]): row["text"] for row in made["mentions"]}
        said = {
            name: sorted(
                f"{row['annotation_id']} {spans.get((row['annotation_id'], row['mention_id']))} {row['control']} "
                f"{row.get('values', row.get('paths', row.get('value')))}"
                for row in made[name]
            )
            for name in ("choices", "taxonomies", "ratings", "numbers", "texts")
        }
        people = {row["annotator"] for row in made["annotations"]}
        assert len(people) == 1
        assert not any("@" in str(row) for row in made["annotations"])
        return said

    assert answers("JSON_MIN") == answers("JSON")
