"""The page of a conversion's findings takes texts and marks from the tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.findings import finding
from curation.records import Finding
from curation.studio.conversion import shown
from curation.studio.conversion.shown import write_report
from curation.studio.conversion.tables import SCHEMAS

TEXT = "The ferry runs again, said Captain Oda Brekke on Tuesday."


def found(code: str, item: str | None, annotation: str | None, region: str | None = None) -> Finding:
    return replace(finding(code, "what is wrong", region=region), article_id=item, annotation=annotation)


def table(folder: Path, name: str, *rows: dict[str, Any]) -> None:
    path = folder / "data" / name / "train-00000.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(list(rows), schema=SCHEMAS[name]), path)


@pytest.fixture
def tables(tmp_path) -> Path:
    """Two items, the second without a text; of the first one an annotation with two spans and a relation."""
    table(tmp_path, "items", {"item_id": 7, "text": TEXT}, {"item_id": -8, "text": None})
    span = {"item_id": 7, "annotation_id": 70}
    table(
        tmp_path,
        "mentions",
        {**span, "mention_id": "oda", "labels": ["Person", "Sailor"], "start": 27, "end": 45},
        {**span, "mention_id": None, "labels": None, "start": None, "end": None},
        {**span, "mention_id": "ferry", "labels": ["Thing"], "start": 4, "end": 9},
        {"item_id": 7, "annotation_id": 71, "mention_id": "oda", "labels": ["Other"], "start": 0, "end": 3},
    )
    table(tmp_path, "relations", {**span, "from_id": "oda", "to_id": "ferry", "label": None})
    return tmp_path


def page(tables: Path, *findings: Finding) -> str:
    path = tables / "report.html"
    write_report(tables, path, lambda: findings, title="Findings", summary="2 items.")
    return path.read_text(encoding="utf-8")


def test_the_span_of_the_finding_is_marked(tables):
    text = page(tables, found("F_SPAN_EDGES", "7", "70", "oda"))
    assert "<mark>Captain Oda Brekke</mark>" in text
    assert "Person, Sailor" in text
    assert '<span class="beside" title="Thing">ferry</span>' in text
    assert "Other" not in text


def test_what_has_no_text_or_place_is_listed_all_the_same(tables):
    findings = [
        replace(found("F_JSON_SYNTAX", None, None), json_pointer="/3"),
        found("F_RAW_SCHEMA", "7", "70"),
        found("F_RAW_SCHEMA", "-8", None),
        found("F_RAW_SCHEMA", "99", "not a number", "x"),
    ]
    text = page(tables, *findings)
    assert text.count("<article") == 4
    assert "The article begins:" in text
    assert "<bdi>/3</bdi>" in text


def test_as_many_as_are_shown_are_looked_up(tables, monkeypatch):
    monkeypatch.setattr(shown, "SHOWN", 2)
    text = page(tables, *[found("F_SPAN_EDGES", "7", "70", "oda")] * 5)
    assert text.count("<mark>") == 2
    assert f"3 more of this kind are not on this page. All are in {tables / 'findings.jsonl'}." in text


def test_a_conversion_without_findings_or_tables(tmp_path):
    assert "No findings" in page(tmp_path)
    assert "<article" in page(tmp_path, found("F_EXPORT_EMPTY", None, None))
