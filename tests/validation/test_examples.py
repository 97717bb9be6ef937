"""The tasks' own examples: every file must give exactly the findings that it says. A new file is a new test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.catalog import find_root, list_tasks, load_task
from curation.findings.fields import FIELDS
from curation.findings.people import PEOPLE
from curation.findings.relations import RELATIONS
from curation.findings.spans import SPANS
from curation.findings.surroundings import SURROUNDINGS
from curation.findings.units import UNITS
from curation.parts import cut
from curation.records import Article
from curation.store import Reject, Store
from curation.studio.intake import take
from curation.text import content_hash
from curation.validation import validate
from curation.workspace.examples import items_of, judged

ROOT = find_root(Path(__file__).resolve().parents[2])
FILES = sorted(ROOT.folder("tasks").glob("*/examples/*/*.json"))
NOT_IN_RAW_DATA = {"F_RECORD_SCHEMA"}  # no raw annotation makes the decoder write a record of another shape


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-4:-3] + path.parts[-2:]))
def test_an_example_gives_the_findings_that_it_says(path, schemas):
    task = load_task(ROOT, path.parts[-4])
    example = read(path)
    assert schemas.problems("example", example) == []
    found = [one for findings in judged(example, task, schemas).values() for one in findings]
    assert sorted({one.code for one in found}) == example["expect"]
    assert bool(example["expect"]) == (path.parent.name == "invalid")


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-4:-3] + path.parts[-2:]))
def test_an_example_is_named_and_hashed_as_it_is(path):
    example = read(path)
    if path.parent.name == "invalid":
        (code,) = example["expect"]
        assert path.stem.startswith(code.removeprefix("F_").lower().replace("_", "-"))
    items = example.get("items") or [example["item"]]
    for data in (*(item["data"] for item in items), *example.get("articles", ()), example.get("article") or {}):
        assert data.get("sha256") == (content_hash(data["text"]) if "sha256" in data else None)


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "invalid"], ids=lambda path: path.stem)
def test_one_fault_is_one_finding(path, schemas):
    example = read(path)
    found = [len(findings) for findings in judged(example, load_task(ROOT, path.parts[-4]), schemas).values()]
    # Across items one annotation tells of the others; within an item each has its own fault.
    assert sorted(found) == ([0] * (len(found) - 1) + [1] if "items" in example else [1] * len(found))


def test_every_finding_that_raw_data_can_give_has_an_example():
    shown = {code for path in FILES for code in read(path)["expect"]}
    assert shown == set().union(SURROUNDINGS, FIELDS, SPANS, RELATIONS, PEOPLE, UNITS) - NOT_IN_RAW_DATA


def test_every_task_with_examples_is_seen():
    assert FILES
    assert {path.parts[-4] for path in FILES} <= set(list_tasks(ROOT))


def stand_in(store: Store, example: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """Put into a workspace what it has by the time that the example's items come: their articles, cut and refused."""
    declared = [example["article"]] if "article" in example else example.get("articles", [one["data"] for one in items])
    for data in filter(None, declared):
        text, name = data["text"], data["article_id"]
        whole = Article(name, text, content_hash(text), source=f"{name}.txt", file=f"{name}.txt")
        store.articles.add(whole)
        if "refused" in data:
            store.articles.reject(Reject(f"{name}.txt", "R_EMPTY", data["refused"], b"", f"{name}.txt"))
        if "parts" in data:
            begins = {text.index(item["data"]["text"]) for item in items}
            ends = {text.index(item["data"]["text"]) + len(item["data"]["text"]) for item in items}
            parts = cut(whole, sorted(begins | ends - {len(text)}))
            assert len(parts) == data["parts"]
            store.parts.cut(name, parts)


def sent(store: Store, example: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """An item's data as a server has them: a part goes by its own id, and what nobody knows has left its text out."""
    data = {**item["data"], "page": item["page"]} if "page" in item else dict(item["data"])
    if "part" in item:
        data["article_id"] = store.parts.of(data["article_id"])[item["part"] - 1].id
    if "article" in example and example["article"] is None:
        del data["text"]
    return data


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-4:-3] + path.parts[-2:]))
def test_pulling_and_validating_finds_the_same(path, schemas, tmp_path):
    example = read(path)
    task = load_task(ROOT, path.parts[-4])
    items = list(items_of(example))
    with Store(tmp_path) as store, store.transaction():
        stand_in(store, example, items)
        for number, item in enumerate(items, start=1):
            if "counted" in item:
                store.units.decide("http://127.0.0.1", 1, item["counted"], certain=True, evidence={})
            copies = [{**raw, "unique_id": raw["unique_id"] + item.get("copy", "")} for raw in item["annotations"]]
            take(
                store, task, schemas, {"id": number, "data": sent(store, example, item), "annotations": copies},
                server="http://127.0.0.1", project_id=item.get("project", 1), pulled_at="2026-03-20T00:00:00Z",
                url_of=lambda _: None,
            )  # fmt: skip
    with Store(tmp_path) as store:
        assert sorted(validate(store, task, schemas).by_code) == example["expect"]


def test_pieces_of_a_claim_are_joined_in_the_sample_as_the_codebook_says():
    path = ROOT.folder("tasks") / "news-stance" / "sample" / "annotations.jsonl"
    joined = []
    for record in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        marks = {one["id"]: one for one in record["mentions"]}
        pairs = [(one["source"], one["target"]) for one in record["relations"] if one["label"] == "continues"]
        joined += [(marks[later], marks[first]) for later, first in pairs]
    assert joined
    assert all(later["start"] > first["start"] for later, first in joined), "from the later piece to the first one"
    assert all(later["attributes"] == first["attributes"] for later, first in joined), "pieces have the same attributes"
