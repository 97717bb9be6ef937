"""Pulling while others add, change and delete: when they stop, one more pull ends where the server is.

`CURATION_TEST_SECONDS=600` lets them go on for so long, `CURATION_TEST_SEED` has them do something else.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import pytest

from curation.errors import CurationError
from curation.studio import pull as pull_module
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.pull import pull
from curation.studio.push import push
from curation.text import content_hash

pytestmark = pytest.mark.server

SECONDS = float(os.environ.get("CURATION_TEST_SECONDS", "0"))
PULLS, MOVES = 3, 25
"""They go on for so long, and in any case for so many pulls, and until so much has been done."""
SEED = int(os.environ.get("CURATION_TEST_SEED", "20261130"))


@dataclass
class Project:
    """What the others know of the project that they work on; they may all be a little behind."""

    number: int
    interface: str
    items: dict[int, str]
    annotations: list[int] = field(default_factory=list)
    drafts: list[int] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def moves(self) -> int:
        """How much was done."""
        return self.done.total() - self.done["in vain"]


class Other(threading.Thread):
    """Somebody who does one thing after the other, with a token of their own, until told to stop."""

    def __init__(
        self, project: Project, credentials: Credentials, rows: Callable[..., Any], moves: list[str], seed: int
    ) -> None:
        super().__init__(daemon=True)
        self._project, self._credentials, self._rows, self._moves = project, credentials, rows, moves
        self._dice = Random(seed)
        self.enough = threading.Event()
        self.surprise: BaseException | None = None

    def run(self) -> None:
        """Do things. What is gone or locked meanwhile cannot be done, which is as it should be."""
        with Client(self._credentials) as self._client:
            while not self.enough.is_set():
                move = self._dice.choice(self._moves)
                try:
                    getattr(self, move)()
                    self._project.done[move] += 1
                except (CurationError, IndexError):
                    self._project.done["in vain"] += 1
                except BaseException as error:
                    self.surprise = error
                    raise

    def _item(self) -> tuple[int, str]:
        return self._dice.choice(list(self._project.items.items()))

    def _result(self, text: str) -> list[dict[str, Any]]:
        return self._rows(text, end=self._dice.randint(1, 7), tone=self._dice.choice(["calm", "heated"]))

    def annotate(self) -> None:
        item, text = self._item()
        self._project.annotations.append(self._client.annotate(item, self._result(text)))

    def skip(self) -> None:
        self._project.annotations.append(self._client.annotate(self._item()[0], [], was_cancelled=True))

    def change(self) -> None:
        text = next(iter(self._project.items.values()))
        self._client.change_annotation(self._dice.choice(self._project.annotations), result=self._result(text))

    def turn_over(self) -> None:
        wanted = self._dice.random() < 0.5
        self._client.change_annotation(self._dice.choice(self._project.annotations), was_cancelled=wanted)

    def take_over(self) -> None:
        me = self._client.whoami()["id"]
        self._client.change_annotation(self._dice.choice(self._project.annotations), completed_by=me)

    def draft(self) -> None:
        item, text = self._item()
        self._project.drafts.append(self._client.save_draft(item, self._result(text)))

    def redraft(self) -> None:
        text = next(iter(self._project.items.values()))
        self._client.change_draft(self._dice.choice(self._project.drafts), result=self._result(text))

    def throw_away(self) -> None:
        self._client.delete("drafts", self._dice.choice(self._project.drafts))

    def delete(self) -> None:
        self._client.delete("annotations", self._dice.choice(self._project.annotations))

    def delete_item(self) -> None:
        item, _ = self._item()
        self._project.items.pop(item)
        self._client.delete("tasks", item)

    def add_item(self) -> None:
        name = uuid.UUID(int=self._dice.getrandbits(128)).hex[:10] + uuid.uuid4().hex[:4]
        text = f"Report {name} of somebody else."
        data = {"article_id": name, "sha256": content_hash(text), "title": "", "text": text}
        self._client.import_tasks(self._project.number, [{"data": data}])
        for found in self._client.find_tasks(self._project.number, [name]):
            self._project.items[found.ls_task_id] = text

    def rename(self) -> None:
        tone = self._dice.choice(["heated", "angry", "loud"])
        interface = self._project.interface.replace("heated", tone)
        self._client.change_project(self._project.number, label_config=interface)


WORK = ["annotate", "annotate", "annotate", "skip", "change", "change", "turn_over", "draft", "redraft", "throw_away"]
MEDDLE = ["add_item", "add_item", "delete", "delete_item", "take_over", "rename", "annotate"]


@pytest.fixture
def leaver(label_studio) -> Iterator[Client]:
    """Somebody whose account will be deleted."""
    token = invite(label_studio.url, label_studio.token, f"{uuid.uuid4().hex[:10]}@example.com", "long-enough-1")
    with Client(Credentials(label_studio.url, token, "test")) as connection:
        yield connection


def test_others_work_while_it_is_pulled(
    store, mini, mini_schemas, articles, client, title, annotators, leaver, rows, tmp_path, monkeypatch, label_studio
):
    monkeypatch.setattr(pull_module, "CHUNK", 5)
    made = articles(12)
    number = push(store, mini, made, client, project_title=title).project_id
    texts = {article.id: article.text for article in made}
    project = Project(
        number,
        mini.interface,
        {found.ls_task_id: texts[found.article_id] for found in client.find_tasks(number, texts)},
    )
    left = [leaver.annotate(item, rows(text)) for item, text in list(project.items.items())[:3]]
    pull(store, mini, mini_schemas, client)
    others = [
        Other(project, annotators[0], rows, WORK, SEED),
        Other(project, annotators[1], rows, WORK, SEED + 1),
        Other(project, label_studio.credentials, rows, MEDDLE, SEED + 2),
    ]
    for other in others:
        other.start()
    ends = time.monotonic() + SECONDS
    seen, moved, pulls = revisions(tmp_path), [], 0
    while pulls < PULLS or project.moves < MOVES or time.monotonic() < ends:
        assert [other.surprise for other in others] == [None] * 3
        if pulls == 1:
            client.delete("users", leaver.whoami()["id"])
        moved += pull(store, mini, mini_schemas, client).moved
        pulls += 1
        now = revisions(tmp_path)
        assert now >= seen, "what was pulled is kept"
        seen = now
    for other in others:
        other.enough.set()
    for other in others:
        other.join()

    last = pull(store, mini, mini_schemas, client)
    moved += last.moved
    assert last.counted.agree
    assert revisions(tmp_path) >= seen
    there = exported(label_studio, client, number)
    here = {one.id: what(one.raw, draft=one.status == "draft") for one in store.annotations.all()
            if one.status != "deleted"}  # fmt: skip
    assert here == there
    ever = {annotation for annotation, _ in revisions(tmp_path)}
    for annotation in ever - there.keys():
        assert store.annotations.get(annotation).status == "deleted"
        assert store.annotations.deletions(annotation)[-1][1] is None
    again = pull(store, mini, mini_schemas, client)
    assert (again.nothing_new, again.counted.agree) == (True, True)

    gone = [one for one in store.annotations.all() if one.raw["id"] in left and one.status == "submitted"]
    assert all(one.annotator is not None for one in gone)
    unnamed = {one.id for one in gone if one.raw.get("completed_by") is None}
    assert unnamed <= {one.annotation for one in moved if one.after is None}


def revisions(folder) -> set[tuple[str, str]]:
    """Every revision that the workspace keeps."""
    with closing(sqlite3.connect(folder / "curation.db")) as connection:
        return set(connection.execute("SELECT annotation, revision FROM revisions"))


def what(raw: dict[str, Any], *, draft: bool) -> tuple[Any, ...]:
    """What an annotation or a draft says, and whose it is."""
    if draft:
        return ("draft", raw["id"], raw["user"], raw["result"])
    return (raw["id"], raw["completed_by"], raw["was_cancelled"], raw["result"])


def exported(label_studio, client: Client, project: int) -> dict[str, tuple[Any, ...]]:
    """What the server's own export of the whole project holds, by the ids that the workspace uses."""
    answer = httpx.get(
        f"{label_studio.url}/api/projects/{project}/export",
        params={"exportType": "JSON", "download_all_tasks": "true"},
        headers=client._connection._authorisation(),
        timeout=120,
    ).raise_for_status()
    found = {}
    for item in answer.json():
        found |= {one["unique_id"]: what(one, draft=False) for one in item["annotations"]}
        found |= {f"ls-{project}-draft-{one['id']}": what(one, draft=True) for one in item["drafts"]}
    return found
