"""Annotations know the screen and the codebook that they were made with; both are counted and published."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pyarrow.parquet as pq
import pytest

from curation.store import Store
from curation.studio.instructions import codebook_html
from curation.studio.screens import interface_version, keep_screen
from curation.text import content_hash

TEXT = "Mayor Elena Moss said that the charge works."
STANCES = [
    {"id": name, "from_name": name, "to_name": "text", "type": "choices", "value": {"choices": ["neutral"]}}
    for name in ("stance_congestion_charge", "stance_rent_cap")
]


def version_of(codebook: str) -> str:
    return content_hash(codebook)[:12]


@pytest.fixture
def pulled(workspace, tmp_path):
    """Pulls an annotation that was last saved on a day of March 2026, in project 1 of a server called "file"."""

    def pull(*days: int) -> None:
        items = [
            {"id": day, "project": 1, "data": {"article_id": f"charge-{day}", "text": f"{TEXT} Day {day}."},
             "annotations": [
                {"id": day, "unique_id": f"annotation-{day:02}", "completed_by": 1, "result": STANCES,
                 "created_at": f"2026-03-{day:02}T10:00:00Z"},
            ]}
            for day in days
        ]  # fmt: skip
        (tmp_path / "export.json").write_text(json.dumps(items))
        workspace.pull_file(tmp_path / "export.json")

    return pull


@pytest.fixture
def shown(workspace):
    """Notes what project 1 shows since a day of March 2026."""

    def show(day: int, instructions: str | None) -> None:
        task = workspace.task()
        with Store(workspace.path) as store:
            since = datetime(2026, 3, day, tzinfo=UTC)
            keep_screen(store, task, "file", 1, task.interface, since, instructions=instructions)

    return show


def records(workspace):
    with Store(workspace.path) as store:
        return {one.id: one.record for one in store.annotations.all()}


def test_an_annotation_knows_the_codebook_that_it_was_made_with(workspace, shown, pulled):
    task = workspace.task()
    first = task.codebook
    shown(2, codebook_html(first))
    later = f"{first}\nMark every claim.\n"
    (task.folder / "codebook.md").write_text(later)
    shown(4, codebook_html(later))
    shown(6, "<p>Mark nothing.</p>\n")
    shown(8, codebook_html(first))
    shown(10, "")
    pulled(1, 3, 5, 7, 9, 11)
    known = [record.codebook for _, record in sorted(records(workspace).items())]
    changed_there = version_of("<p>Mark nothing.</p>")
    assert known == [None, version_of(first), version_of(later), changed_there, version_of(first), None]
    assert workspace.version(changed_there) == "<p>Mark nothing.</p>"


def test_it_stays_what_it_was_when_the_annotation_is_read_anew(workspace, shown, pulled):
    shown(2, codebook_html(workspace.task().codebook))
    pulled(3)
    before = records(workspace)
    codebook = workspace.task().folder / "codebook.md"
    codebook.write_text(codebook.read_text() + "\nMore.\n")
    shown(2, codebook_html(codebook.read_text()))
    assert workspace.validate().checked == 1
    assert records(workspace) == before
    assert before["annotation-03"].codebook is not None


def test_screens_of_which_no_instructions_are_known_say_nothing_of_the_codebook(workspace, shown, pulled):
    shown(2, None)
    pulled(3)
    record = records(workspace)["annotation-03"]
    assert (record.interface, record.codebook) == (interface_version(workspace.task().interface), None)


def test_versions_are_counted(workspace, shown, pulled, run):
    shown(2, codebook_html(workspace.task().codebook))
    pulled(1, 3, 5)
    told = run("task", "versions", "-w", workspace.path, "--json").json
    counts = {one["kind"]: one["annotations"] for one in told["versions"]}
    assert counts == {"interface": 3, "codebook": 2, "declaration": None}
    assert told["unknown"] == {"codebook": 1}
    lines = run("task", "versions", "-w", workspace.path).out
    assert "of 1 annotation the codebook is not known" in lines


def test_versions_are_published(workspace, shown, pulled):
    shown(2, codebook_html(workspace.task().codebook))
    pulled(1, 3)
    assert workspace.validate().valid == 2
    workspace.build("news-stance")
    tables = map(pq.read_table, (workspace.path / "build").rglob("annotations/*.parquet"))
    rows = [row for table in tables for row in table.to_pylist()]
    published = {row["id"]: (row["interface"], row["codebook"]) for row in rows}
    screen = interface_version(workspace.task().interface)
    assert published == {
        "annotation-01": (screen, None),
        "annotation-03": (screen, version_of(workspace.task().codebook)),
    }


def test_a_workspace_whose_schemas_know_no_codebook_goes_on_working(workspace, shown, pulled):
    path = workspace.path / "schemas" / "annotation.json"
    annotation = json.loads(path.read_text())
    del annotation["properties"]["codebook"]
    path.write_text(json.dumps(annotation))
    shown(2, codebook_html(workspace.task().codebook))
    pulled(3)
    assert workspace.validate().valid == 1
    record = records(workspace)["annotation-03"]
    assert (record.interface, record.codebook) == (interface_version(workspace.task().interface), None)
