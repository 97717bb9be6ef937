"""Killing a push or a pull anywhere and running it again ends where an undisturbed one does."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from curation.store import Store
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.pull import pull
from curation.studio.push import push

pytestmark = pytest.mark.server

KILLS = 12

COMMAND = """
import json, sys
from pathlib import Path
sys.modules["rfc3987_syntax"] = None  # an optional import of jsonschema, which takes a second
import httpx
from curation.catalog import Root, Schemas, load_task
from curation.store import Store
from curation.studio import delivery, pull, push
from curation.studio.client import Client
from curation.studio.credentials import Credentials

which, folder, definitions, url, token, title = json.load(sys.stdin)
pull.CHUNK = 8
push.CHUNK = delivery.CHUNK = 15
delivery._LEFT_OVER = (0.3, 0.7)
root = Root(Path(definitions), is_workspace=True, settings={})
task = load_task(root, "mini")

send = httpx.Client.request
def told(*arguments, **settings):
    print("request", flush=True)
    answer = send(*arguments, **settings)
    print("answer", flush=True)
    return answer
httpx.Client.request = told

with Store(Path(folder)) as store, Client(Credentials(url, token, "test")) as client:
    if which == "push":
        push.push(store, task, store.articles, client, project_title=title)
    else:
        pull.pull(store, task, Schemas(root.folder("schemas")), client, project_title=title)
print("done", flush=True)
"""


class Command:
    """Runs a push or a pull in a process of its own, to its end or until it is killed."""

    def __init__(self, folder: Path, definitions: Path, credentials: Credentials, title: str) -> None:
        self._arguments = [str(folder), str(definitions), credentials.url, credentials.token, title]

    def run(self, which: str, kill_at: tuple[int, float] | None = None) -> bool:
        """Whether it came to its end. It is killed a moment after so many requests began or ended."""
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([which, *self._arguments]))
        process.stdin.close()
        events, pause = kill_at or (10**9, 0.0)
        told = "".join(itertools.islice(process.stdout, events))
        time.sleep(pause)
        if "done" not in told:
            process.send_signal(signal.SIGKILL)
        process.stdout.read()
        process.stdout.close()
        assert process.wait() in (0, -signal.SIGKILL)
        return process.returncode == 0


def moments(events: int) -> list[tuple[int, float]]:
    """Random moments, from the first request on, early ones more often: each run goes on where the last one stopped."""
    chance = random.Random(20261123)
    return [(1 + int(events * chance.random() ** 2), 0.05 * chance.random()) for _ in range(KILLS)]


@pytest.fixture
def command(tmp_path, definitions, label_studio, title) -> Command:
    return Command(tmp_path, definitions.path, label_studio.credentials, title)


def test_push(command, client, mini, articles, title, store):
    made = articles(90)
    killed = sum(not command.run("push", moment) for moment in moments(30))
    assert killed >= 4, "the kills came too late to prove anything"
    assert command.run("push")
    [project] = client.projects(title)
    ids = [item.ls_task_id for item in client.list_tasks(project["id"])]
    there = Counter(
        item["data"]["article_id"]
        for start in range(0, len(ids), 100)
        for item in client.export_tasks(project["id"], ids[start : start + 100])
    )
    assert there == {article.id: 1 for article in made}
    entries = store.ledger.pushes(client.server, project["id"])
    assert {entry.state for entry in entries.values()} == {"sent"}
    assert sorted(entry.ls_task_id for entry in entries.values()) == ids
    assert push(store, mini, made, client, project_title=title).sent == 0


def wait_for_annotations(client: Client, project: int, number: int) -> None:
    """Wait until the server hands out what was imported: it marks items as annotated in the background."""
    for _ in range(60):
        items = [item.ls_task_id for item in client.list_tasks(project)]
        if sum(len(item["annotations"]) for item in client.export_tasks(project, items, unannotated=False)) == number:
            return
        time.sleep(0.5)
    pytest.fail(f"the server does not hand out the {number} annotations that were imported")


def test_pull(command, client, mini, mini_schemas, articles, title, store, rows, annotators, tmp_path):
    made = articles(20)
    project = push(store, mini, made, client, project_title=title).project_id
    people = []
    for credentials in annotators:
        with Client(credentials) as one:
            people.append(one.whoami()["id"])
    client.import_tasks(
        project,
        [
            {
                "data": {"article_id": article.id, "sha256": article.sha256, "title": "", "text": article.text},
            }
            for article in articles(30, start=20)
        ],
    )
    # One by one: of annotations that are imported with their items, the server may lose the mark that there are some.
    texts = {article.id: article.text for article in articles(30, start=20)}
    for found in list(client.find_tasks(project, texts)):
        for person in people:
            client.annotate(found.ls_task_id, rows(texts[found.article_id]), completed_by=person)
    wait_for_annotations(client, project, 60)
    (tmp_path / "undisturbed").mkdir()
    with Store(tmp_path / "undisturbed") as other:
        for article in store.articles:
            other.articles.add(article)
        pull(other, mini, mini_schemas, client, project_title=title)
        expected = state(other)
    assert len(expected["annotations"]) == 60

    killed = sum(not command.run("pull", moment) for moment in moments(20))
    assert killed >= 4, "the kills came too late to prove anything"
    assert command.run("pull")
    assert state(store) == expected
    assert pull(store, mini, mini_schemas, client).nothing_new


def state(store: Store) -> dict[str, object]:
    """Everything that a pull leaves, but for times."""
    annotations = store.annotations.all()
    return {
        "annotations": [(one.id, one.revision, one.status, one.annotator, one.record) for one in annotations],
        "annotators": store.ledger.annotators(),
        "cursor": [project.cursor is not None for project in store.ledger.projects()],
    }
