"""A second push and a second pull of what has not changed write nothing, neither on the server nor in the workspace."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.sync.sweep import suggestion
from curation.articles.selection import Request, select
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.pull import pull
from curation.studio.push import push
from curation.text import content_hash

pytestmark = pytest.mark.server

READS = ("GET ", "POST /api/token/refresh")


def held(folder: Path) -> list[str]:
    """All that a workspace's database holds."""
    with closing(sqlite3.connect(folder / "curation.db")) as connection:
        return list(connection.iterdump())


def test_what_has_not_changed_is_only_looked_at(
    store, mini, mini_schemas, articles, client, title, annotators, rows, proxy, label_studio, tmp_path
):
    """With suggestions, calibration articles, a text that changed too late, a skip, a draft and a deletion."""
    made = articles(6)
    with store.transaction():
        for article in made[:3]:
            store.predictions.put(suggestion(article))
    select(store, Request(annotators=("x", "y", "z"), overlap=1, calibration=2))
    first = push(store, mini, made, client, project_title=title)
    items = {one.article_id: one.ls_task_id for one in client.find_tasks(first.project_id, [one.id for one in made])}
    with Client(annotators[0]) as annotator:
        annotator.annotate(items[made[0].id], rows(made[0].text))
        annotator.annotate(items[made[1].id], [], was_cancelled=True)
        annotator.save_draft(items[made[2].id], rows(made[2].text))
        gone = annotator.annotate(items[made[3].id], rows(made[3].text))
    text = f"{made[0].text} More."
    made[0] = replace(made[0], text=text, sha256=content_hash(text))
    with store.transaction():
        store.articles.replace(made[0])
    pull(store, mini, mini_schemas, client)
    client.delete("annotations", gone)
    # The server tells whole seconds: a pull in that of a change does not take it for past.
    time.sleep(1.1)
    pull(store, mini, mini_schemas, client)
    assert push(store, mini, made, client, project_title=title).changed == (made[0].id,)
    before = held(tmp_path)
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        pushed = push(store, mini, made, through, project_title=title)
        assert (pushed.sent, pushed.updated, pushed.suggested, pushed.settings) == (0, (), 0, ())
        assert held(tmp_path) == before
        for full in (False, True):
            pulled = pull(store, mini, mini_schemas, through, full=full)
            assert (pulled.nothing_new, pulled.complete) == (True, True)
        assert held(tmp_path) == before
    assert [line for line in proxy.requests if not line.startswith(READS)] == []
