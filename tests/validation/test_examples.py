"""The tasks' own examples: every file must give exactly the findings that it says. A new file is a new test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.catalog import Schemas, Task, find_root, list_tasks, load_task
from curation.findings.fields import FIELDS
from curation.findings.people import PEOPLE
from curation.findings.relations import RELATIONS
from curation.findings.spans import SPANS
from curation.findings.surroundings import SURROUNDINGS
from curation.records import Article, Finding
from curation.studio.decode import Item, decode
from curation.text import content_hash
from curation.validation import Authorship, doubled, examine

ROOT = find_root(Path(__file__).resolve().parents[2])
FILES = sorted(ROOT.folder("tasks").glob("*/examples/*/*.json"))
NOT_IN_RAW_DATA = {
    "F_RECORD_SCHEMA",  # the decoder's own mistake
    "F_ANNOTATION_SUPERSEDED",  # takes two projects; an example is an item of one
    "F_PARTS_MISSING",  # takes several parts; an example is an item of one text
    "F_PARTS_DIFFER",
}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def article_of(data: dict[str, Any] | None) -> Article | None:
    return None if data is None else Article(data["article_id"], data["text"], data["sha256"], data.get("title"))


def examined(example: dict[str, Any], task: Task, schemas: Schemas) -> dict[str, list[Finding]]:
    """The findings of each of an example's annotations, as `pull` and `validate` give them."""
    data = example["item"]["data"]
    article = article_of(example.get("article", data))
    found: dict[str, list[Finding]] = {}
    authors = []
    for raw in example["item"]["annotations"]:
        user = raw["completed_by"]
        item = Item(
            raw["unique_id"], data.get("article_id"), data["text"], None if user is None else f"annotator-{user:02d}"
        )
        decoded = decode(raw, item=item, task=task, schemas=schemas)
        found[item.annotation_id] = []
        if decoded.status == "submitted":
            authors.append(Authorship(item.annotation_id, item.annotator))
            found[item.annotation_id] = examine(decoded.record, decoded.problems, article, task, schemas)
    for annotation, double in doubled(data.get("article_id", ""), authors).items():
        found[annotation].append(double)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-4:-3] + path.parts[-2:]))
def test_an_example_gives_the_findings_that_it_says(path, schemas):
    task = load_task(ROOT, path.parts[-4])
    example = read(path)
    assert schemas.problems("example", example) == []
    found = [one for findings in examined(example, task, schemas).values() for one in findings]
    assert sorted({one.code for one in found}) == example["expect"]
    assert bool(example["expect"]) == (path.parent.name == "invalid")


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-4:-3] + path.parts[-2:]))
def test_an_example_is_named_and_hashed_as_it_is(path):
    example = read(path)
    if path.parent.name == "invalid":
        (code,) = example["expect"]
        assert path.stem.startswith(code.removeprefix("F_").lower().replace("_", "-"))
    for data in (example["item"]["data"], example.get("article") or {}):
        assert data.get("sha256") == (content_hash(data["text"]) if "sha256" in data else None)


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "invalid"], ids=lambda path: path.stem)
def test_one_fault_is_one_finding(path, schemas):
    found = examined(read(path), load_task(ROOT, path.parts[-4]), schemas)
    assert [len(findings) for findings in found.values()] == [1] * len(found)


def test_every_finding_that_raw_data_can_give_has_an_example():
    shown = {code for path in FILES for code in read(path)["expect"]}
    assert shown == set().union(SURROUNDINGS, FIELDS, SPANS, RELATIONS, PEOPLE) - NOT_IN_RAW_DATA


def test_every_task_with_examples_is_seen():
    assert FILES
    assert {path.parts[-4] for path in FILES} <= set(list_tasks(ROOT))
