"""A task's examples, judged as `pull` and `validate` would judge them in a workspace of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from curation.catalog import Schemas, Task
from curation.findings import finding
from curation.records import Annotation, Article, Finding, to_json
from curation.studio.decode import Item, Part, decode
from curation.studio.offsets import Counted
from curation.text import content_hash
from curation.validation import Authorship, doubled, examine
from curation.validation.habits import habits
from curation.validation.parts import disjointed


@dataclass(frozen=True, slots=True)
class _Article:
    """An article as the example's workspace has it; `article` is None for one that it lacks."""

    article: Article | None
    parts: int = 0
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class _Submitted:
    """A submitted annotation, by whom, and the record that was read from it."""

    article_id: str
    authorship: Authorship
    record: Annotation | None


def example_files(task: Task) -> list[Path]:
    """The task's examples, valid and invalid, by name."""
    return sorted(task.folder.glob("examples/*valid/*.json"))


def judged(example: Mapping[str, Any], task: Task, schemas: Schemas) -> dict[str, list[Finding]]:
    """The findings of each of an example's annotations, by id; the example satisfies `schemas/example.json`."""
    found: dict[str, list[Finding]] = {}
    submitted: list[_Submitted] = []
    known = _articles(example)
    for item in items_of(example):
        name = item["data"].get("article_id")
        there = _known(example, item, known)
        for number, raw in enumerate(item["annotations"]):
            author = raw.get("completed_by")
            about = Item(
                f"{raw.get('unique_id', number)}{item.get('copy', '')}",
                name,
                item["data"].get("text"),
                f"annotator-{author:02}" if isinstance(author, int) else None,
                part=_part(item, there),
                counted=Counted(item["counted"], certain=True) if "counted" in item else None,
                objects={"HyperText": json.dumps(item["page"])} if "page" in item else {},
            )
            decoded = decode(raw, item=about, task=task, schemas=schemas)
            found[about.annotation_id] = []
            if decoded.status == "submitted":
                found[about.annotation_id] = examine(decoded.record, decoded.problems, there.article, task, schemas)
                if there.refused:
                    found[about.annotation_id].append(finding("F_ARTICLE_REFUSED", there.refused))
                made = raw.get("created_at")
                authorship = Authorship(
                    about.annotation_id,
                    about.annotator,
                    project=item.get("project"),
                    created_at=made if isinstance(made, str) else None,
                    part=about.part.number if about.part else None,
                )
                submitted.append(_Submitted(str(name), authorship, decoded.record))
    for annotation, across in _across(submitted, known, task):
        found[annotation].append(across)
    return found


def _across(submitted: list[_Submitted], known: Mapping[str, _Article], task: Task) -> Iterator[tuple[str, Finding]]:
    """What is found by looking at several annotations."""
    submitted.sort(key=lambda one: one.article_id)
    for name in dict.fromkeys(one.article_id for one in submitted):
        own = [one for one in submitted if one.article_id == name]
        twice = doubled(name, (one.authorship for one in own))
        yield from twice.items()
        records = [one.record for one in own if one.record is not None and one.authorship.annotation not in twice]
        parts = known[name].parts if name in known else 0
        for annotation, findings in disjointed(records, parts, task).items():
            yield from ((annotation, one) for one in findings)
    rows = [
        (number, one.article_id, one.record.annotator, json.dumps(to_json(one.record)))
        for number, one in enumerate(submitted)
        if one.record is not None
    ]
    for number, striking in habits(rows, task).items():
        yield from ((submitted[number].authorship.annotation, one) for one in striking)


def items_of(example: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The items, each as often as it says: copies are other articles with the same text, one later than the other."""
    for item in example.get("items") or [example["item"]]:
        copies = item.get("copies", {"number": 1, "seconds": 0})
        if copies["number"] == 1:
            yield item
            continue
        for number in range(copies["number"]):
            later = timedelta(seconds=number * copies["seconds"])
            data = {**item["data"], "article_id": f"{item['data'].get('article_id')}-{number:03}"}
            annotations = [_delayed(raw, later) for raw in item["annotations"]]
            yield {**item, "data": data, "annotations": annotations, "copy": f"-{number:03}"}


def _delayed(raw: Mapping[str, Any], later: timedelta) -> Mapping[str, Any]:
    """The same annotation, made later; one without a time stays as it is."""
    try:
        return {**raw, "created_at": (datetime.fromisoformat(raw["created_at"]) + later).isoformat()}
    except (KeyError, TypeError, ValueError):
        return raw


def _articles(example: Mapping[str, Any]) -> dict[str, _Article]:
    """The articles that the example declares beside its items, by id."""
    return {
        one["article_id"]: _Article(_article(one), one.get("parts", 0), one.get("refused"))
        for one in example.get("articles", ())
    }


def _known(example: Mapping[str, Any], item: Mapping[str, Any], known: Mapping[str, _Article]) -> _Article:
    """What the workspace has of an item's article: by default the item's own data."""
    declared = known.get(item["data"].get("article_id", ""))
    if declared is not None:
        return declared
    data = example.get("article", item["data"])
    return _Article(None if data is None else _article(data))


def _part(item: Mapping[str, Any], there: _Article) -> Part | None:
    """Which part of its article an item shows; it begins where its text stands in the whole one."""
    start = there.article.text.find(item["data"]["text"]) if "part" in item and there.article else -1
    return Part(item["part"], start, there.article.sha256) if there.article and start >= 0 else None


def _article(data: Mapping[str, Any]) -> Article:
    text = data["text"]
    return replace(Article(data.get("article_id", ""), text, content_hash(text)), title=data.get("title"))
