"""Annotations that the real server has not counted: they are seen, told, and counted by the next push."""

from __future__ import annotations

import pytest

from benchmarks.sync.poison import poison
from curation.studio.client import Client
from curation.studio.counters import recount, uncounted
from curation.studio.push import push
from curation.studio.survey import Survey

pytestmark = pytest.mark.server


def test_what_was_not_counted_is_counted_by_the_next_push(store, mini, articles, client, title, people, rows):
    made = articles(4)
    project = push(store, mini, made, client, overlap=2, project_title=title).project_id
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(project, [one.id for one in made])}
    finished, begun, skipped, untouched = (items[one.id] for one in made)
    for person in people:
        person.annotate(finished, rows(made[0].text))
    people[0].annotate(begun, rows(made[1].text))
    people[0].annotate(skipped, [], was_cancelled=True)
    right = listed(client, project)
    assert uncounted(client, project) == 0
    for item in (finished, begun, skipped):
        client.set_counts(item, submitted=0, skipped=0, is_finished=False)
    assert uncounted(client, project) == 3
    assert client.project(project)["finished_task_number"] == 0
    standing = Survey(mini).look(store, client)
    assert (standing.work.done, standing.work.begun, standing.work.submitted, standing.work.skipped) == (1, 1, 3, 1)
    assert "its counters are behind" in " ".join(standing.notes)
    dry = push(store, mini, made, client, project_title=title, dry_run=True)
    assert uncounted(client, project) == 3
    again = push(store, mini, made, client, project_title=title)
    assert [one.split(" that ")[0] for one in again.settings] == ["the annotations of 3 items"]
    assert dry.settings == again.settings
    assert uncounted(client, project) == 0
    assert client.project(project)["finished_task_number"] == 1
    assert listed(client, project) == right
    assert right[untouched] == (0, 0, False)
    assert push(store, mini, made, client, project_title=title).settings == ()


@pytest.mark.poison
def test_beside_an_item_on_which_the_server_fails_the_others_are_counted(
    store, mini, articles, client, title, people, rows
):
    made = articles(3)
    project = push(store, mini, made, client, project_title=title).project_id
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(project, [one.id for one in made])}
    for article in made:
        people[0].annotate(items[article.id], rows(article.text))
        client.set_counts(items[article.id], submitted=0, skipped=0, is_finished=False)
    poison(client, items[made[1].id], {"article_id": made[1].id, "text": "a \ud800 b"})
    assert recount(client, project) == 2
    assert uncounted(client, project) == 1


def listed(client: Client, project: int) -> dict[int, tuple[int, int, bool]]:
    """How many annotations and skips each item has by the server's counters, and whether it is finished."""
    fields = "id,total_annotations,cancelled_annotations,is_labeled"
    return {
        int(item["id"]): (item["total_annotations"], item["cancelled_annotations"], item["is_labeled"])
        for item in client.items_after(project, 0, 100, fields)
    }
