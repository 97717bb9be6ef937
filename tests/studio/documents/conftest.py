"""A small task of its own and the raw documents around it, so that these tests stand on no sample of the project."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curation.catalog import Root, load_task
from curation.store import Store

TEXT = "🌀 Zoë said:\r\n“Rents fall”.\n\nمحمد علي\u200f disagrees, cafe\u0301 owners  shrug.\n"
"""An emoji, CRLF, typographic quotes, a right-to-left name with its mark, a combining accent, a double space."""

TASK = """
name = "press"
version = "3"
title = "Press"
description = "Who says what."

[interface]
text = "text"
labels = "span"

[labels.Actor.attributes.type]
control = "actor_type"
kind = "choice"
values = ["person", "group"]
required = true

[labels.Actor.attributes.roles]
control = "actor_roles"
kind = "choices"
values = ["speaker", "subject", "addressee"]

[labels.Actor.attributes.name]
control = "actor_name"
kind = "text"

[labels.Claim.attributes.kind]
control = "claim_kind"
kind = "choice"
values = ["factual", "demand"]

[relations.supports]
from = ["Actor"]
to = ["Claim"]

[relations.opposes]
from = ["Actor"]
to = ["Claim"]

[choices.stance]
kind = "choice"
values = ["favor", "against"]
required = true

[choices.topics]
kind = "choices"
values = ["housing", "transport"]

[choices.note]
kind = "text"
"""

_ACTOR = 'toName="text" perRegion="true" visibleWhen="region-selected" whenTagName="span" whenLabelValue="Actor"'
_CLAIM = _ACTOR.replace("Actor", "Claim")

INTERFACE = f"""
<View>
  <Style>.press .lsf-richtext__container {{ white-space: pre-wrap; }}</Style>
  <Relations><Relation value="supports"/><Relation value="opposes"/></Relations>
  <Labels name="span" toName="text"><Label value="Actor" hotkey="a"/><Label value="Claim" hotkey="c"/></Labels>
  <Header value="$title"/>
  <Text name="text" value="$text"/>
  <Choices name="actor_type" {_ACTOR} choice="single-radio" required="true">
    <Choice value="person" hotkey="1"/><Choice value="group" hotkey="2"/>
  </Choices>
  <Choices name="actor_roles" {_ACTOR} choice="multiple">
    <Choice value="speaker"/><Choice value="subject"/><Choice value="addressee"/>
  </Choices>
  <TextArea name="actor_name" {_ACTOR} maxSubmissions="1"/>
  <Choices name="claim_kind" {_CLAIM}><Choice value="factual"/><Choice value="demand"/></Choices>
  <Choices name="stance" toName="text" choice="single" required="true">
    <Choice value="favor"/><Choice value="against"/>
  </Choices>
  <Choices name="topics" toName="text" choice="multiple"><Choice value="housing"/><Choice value="transport"/></Choices>
  <TextArea name="note" toName="text" maxSubmissions="1"/>
</View>
"""


def write_task(folder: Path, schemas: Path, *, task: str = TASK, interface: str = INTERFACE) -> Root:
    """A root of definitions with the task `press` alone."""
    (folder / "tasks" / "press").mkdir(parents=True)
    shutil.copytree(schemas, folder / "schemas")
    for name, content in (("task.toml", task), ("interface.xml", interface), ("codebook.md", "# Press\n")):
        (folder / "tasks" / "press" / name).write_text(content, encoding="utf-8")
    return Root(folder, is_workspace=False, settings={})


@pytest.fixture(scope="session")
def press(tmp_path_factory, root):
    """The small task."""
    return load_task(write_task(tmp_path_factory.mktemp("press"), root.folder("schemas")))


@pytest.fixture
def press_with(tmp_path, root) -> Callable[..., Any]:
    """The small task with another task.toml or interface.xml, by replacing pieces of them."""

    def make(*changes: tuple[str, str], file: str = "interface"):
        content = {"interface": INTERFACE, "task": TASK}
        for old, new in changes:
            assert old in content[file]
            content[file] = content[file].replace(old, new)
        return load_task(write_task(tmp_path / "changed", root.folder("schemas"), **content))

    return make


@pytest.fixture(scope="session")
def text() -> str:
    """The text that the raw documents of these tests are about."""
    return TEXT


@pytest.fixture(scope="session")
def span() -> Callable[..., dict[str, Any]]:
    """A row of a marked span, by the words that were marked."""

    def make(region: str, words: str, *labels: str, within: str = TEXT, **value: Any) -> dict[str, Any]:
        start = within.index(words)
        stored = words.replace("\r", "\\n").replace("\n", "\\n")
        place = {"start": start, "end": start + len(words), "text": stored, "labels": list(labels)}
        return {
            "value": {**place, **value},
            "id": region,
            "from_name": "span",
            "to_name": "text",
            "type": "labels",
            "origin": "manual",
        }

    return make


@pytest.fixture(scope="session")
def attribute() -> Callable[..., dict[str, Any]]:
    """A row that gives a span's row an attribute."""

    def make(of: dict[str, Any], control: str, *values: str, kind: str = "choices", **value: Any) -> dict[str, Any]:
        place = {key: of["value"][key] for key in ("start", "end", "text")}
        given = {"choices": list(values)} if kind == "choices" else {"text": list(values)}
        return {**of, "from_name": control, "type": kind, "value": {**place, **given, **value}}

    return make


@pytest.fixture(scope="session")
def choice() -> Callable[..., dict[str, Any]]:
    """A row of a field of the whole article."""

    def make(control: str, *values: str, kind: str = "choices") -> dict[str, Any]:
        given = {"choices" if kind == "choices" else "text": list(values)}
        return {"value": given, "id": f"id-{control}", "from_name": control, "to_name": "text", "type": kind}

    return make


@pytest.fixture(scope="session")
def arrow() -> Callable[..., dict[str, Any]]:
    """A row of a relation."""

    def make(source: str, target: str, *labels: str, direction: str = "right") -> dict[str, Any]:
        row = {"from_id": source, "to_id": target, "type": "relation", "direction": direction}
        return {**row, "labels": list(labels)} if labels else row

    return make


@pytest.fixture(scope="session")
def full(span, attribute, choice, arrow) -> dict[str, Any]:
    """A raw annotation with everything in it."""
    zoe, claim = span("m1", "Zoë", "Actor"), span("m2", "“Rents fall”", "Claim")
    ali = span("m3", "محمد علي", "Actor")
    return {
        "id": 41,
        "unique_id": "6f1cf1c2-5d5e-4d0e-9a53-0d2b8d6f3a11",
        "completed_by": 7,
        "was_cancelled": False,
        "ground_truth": False,
        "created_at": "2026-03-02T09:14:00.123456Z",
        "updated_at": "2026-03-02T09:15:00.000000Z",
        "lead_time": 61.5,
        "result": [
            zoe,
            attribute(zoe, "actor_type", "person"),
            attribute(zoe, "actor_roles", "subject", "speaker"),
            attribute(zoe, "actor_name", "Zoë K.", kind="textarea"),
            claim,
            attribute(claim, "claim_kind", "factual"),
            ali,
            attribute(ali, "actor_type", "person"),
            choice("stance", "favor"),
            choice("topics", "transport", "housing"),
            choice("note", "hm", kind="textarea"),
            arrow("m1", "m2", "supports"),
            arrow("m2", "m3", "opposes", direction="left"),
        ],
    }


@pytest.fixture
def ls_task(full) -> Callable[..., dict[str, Any]]:
    """An item as the API and exports give it."""

    def make(*annotations: dict[str, Any], drafts: Any = (), **data: Any) -> dict[str, Any]:
        shown = {"article_id": "rents-1", "title": "Rents", "text": TEXT}
        return {
            "id": 12,
            "project": 5,
            "data": {key: value for key, value in {**shown, **data}.items() if value is not None},
            "annotations": list(annotations or [full]),
            "drafts": list(drafts),
            "predictions": [],
        }

    return make


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    (tmp_path / "store").mkdir()
    with Store(tmp_path / "store") as opened:
        yield opened
