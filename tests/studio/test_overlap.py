"""An item's own overlap: the real server hands calibration articles to everybody, and others to as many as planned."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from curation.articles.selection import Filters, Request, select
from curation.errors import CurationError
from curation.studio import overlap as overlap_module
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.connection import ServerFault
from curation.studio.credentials import Credentials
from curation.studio.push import push

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def people(label_studio, tmp_path_factory):
    """Four people who annotate nothing else."""
    mark = uuid.uuid4().hex[:8]
    made = []
    for number in range(4):
        token = invite(label_studio.url, label_studio.token, f"{mark}-{number}@example.com", "a-long-password-1")
        made.append(Client(Credentials(label_studio.url, token, "test")))
    yield made
    for one in made:
        one.close()


def four(size: int | None = None, overlap: int = 2, calibration: int = 2) -> Request:
    return Request(size=size, annotators=("w", "x", "y", "z"), overlap=overlap, calibration=calibration)


def send(store, mini, client, title, **more):
    return push(store, mini, store.articles.to_annotate(), client, project_title=title, **more)


def overlaps(store, client, project_id: int) -> list[int | None]:
    """The overlaps of the articles' items, in the order of the selection."""
    ids = [article.id for article in store.articles.to_annotate()]
    found = {one.article_id: one.overlap for one in client.find_tasks(project_id, ids)}
    return [found[one] for one in ids]


def annotate_all(person: Client, project_id: int, rows) -> list[str]:
    """Everything that the server hands out to a person, annotated."""
    done: list[str] = []
    while True:
        try:
            item = person._connection.read(f"/api/projects/{project_id}/next/", attempts=1)
        except (CurationError, ServerFault):
            return done
        assert item["data"]["article_id"] not in done
        done.append(item["data"]["article_id"])
        person.annotate(int(item["id"]), rows(item["data"]["text"]))


@pytest.mark.parametrize("overlap", [1, 2])
def test_calibration_articles_are_handed_to_everybody(overlap, store, mini, articles, client, title, people, rows):
    articles(7)
    select(store, four(overlap=overlap))
    ids = [article.id for article in store.articles.to_annotate()]
    dry = send(store, mini, client, title, dry_run=True)
    result = send(store, mini, client, title)
    assert dry.settings == result.settings
    assert client.project(result.project_id)["maximum_annotations"] == overlap
    assert overlaps(store, client, result.project_id) == [4, 4, *[overlap] * 5]
    assert "overlap of 2 articles set as planned" in result.settings
    handed = [annotate_all(person, result.project_id, rows) for person in people]
    assert all(set(ids[:2]) <= set(one) for one in handed)
    assert Counter(one for each in handed for one in each) == {
        article: 4 if place < 2 else overlap for place, article in enumerate(ids)
    }


def test_a_second_push_changes_nothing_and_one_after_an_edit_sets_it_right(store, mini, articles, client, title):
    articles(5)
    select(store, four())
    first = send(store, mini, client, title)
    assert send(store, mini, client, title).settings == ()
    found = next(iter(client.find_tasks(first.project_id, [one.id for one in store.articles.to_annotate()][:1])))
    client.set_overlap(found, 1)
    assert send(store, mini, client, title).settings == ("overlap of 1 article set as planned",)
    assert overlaps(store, client, first.project_id) == [4, 4, 2, 2, 2]


def test_a_new_plan_reaches_every_item(store, mini, articles, client, title):
    """The server overwrites items' overlaps, or forgets some, when the project's changes."""
    articles(5)
    select(store, four(overlap=1))
    project_id = send(store, mini, client, title).project_id
    select(store, four(overlap=3, calibration=1))
    result = send(store, mini, client, title)
    assert "overlap 1 -> 3" in result.settings
    assert overlaps(store, client, project_id) == [4, 3, 3, 3, 3]


def test_a_finished_item_is_handed_out_again_if_the_plan_grows(store, mini, articles, client, title, people, rows):
    articles(1)
    select(store, four(overlap=1, calibration=0))
    project_id = send(store, mini, client, title).project_id
    assert [len(annotate_all(person, project_id, rows)) for person in people[:2]] == [1, 0]
    select(store, four(overlap=1, calibration=1))
    send(store, mini, client, title)
    assert [len(annotate_all(person, project_id, rows)) for person in people] == [0, 1, 1, 1]
    assert annotate_all(people[0], project_id, rows) == []


def test_an_item_is_finished_if_the_plan_shrinks_to_what_it_has(store, mini, articles, client, title, people, rows):
    articles(1)
    select(store, four(overlap=2, calibration=1))
    project_id = send(store, mini, client, title).project_id
    assert [len(annotate_all(person, project_id, rows)) for person in people[:2]] == [1, 1]
    select(store, four(overlap=2, calibration=0))
    send(store, mini, client, title)
    assert annotate_all(people[2], project_id, rows) == []


def test_a_lost_answer_is_looked_at_again_by_the_next_push(store, mini, articles, client, title, proxy, label_studio):
    articles(4)
    select(store, four())
    proxy.fail("PATCH /api/tasks/", [2], "reset")
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        with pytest.raises(CurationError) as error:
            send(store, mini, through, title)
        assert error.value.code == "E_PUSH_UNKNOWN"
    assert sum("PATCH /api/tasks/" in line for line in proxy.requests) == 2
    result = send(store, mini, client, title)
    assert (result.sent, result.already_there) == (0, 4)
    assert overlaps(store, client, result.project_id) == [4, 4, 2, 2]


def test_an_overlap_that_is_not_the_plans_is_refused(store, mini, articles, client, title):
    articles(3)
    select(store, four())
    with pytest.raises(CurationError, match="plans 2 annotators an article, not 3") as error:
        send(store, mini, client, title, overlap=3)
    assert error.value.code == "E_USAGE"
    assert client.projects(title) == []


def test_a_selection_without_a_plan_leaves_the_overlap_alone(store, mini, articles, client, title):
    articles(3)
    select(store, Request(size=2, filters=Filters(shortest=1)))
    result = send(store, mini, client, title)
    assert (result.sent, result.settings) == (2, ())
    assert overlaps(store, client, result.project_id) == [3, 3]


def test_a_server_that_cannot_do_it_is_said_so(store, mini, articles, client, title, monkeypatch):
    articles(3)
    select(store, four())
    monkeypatch.setattr(Client, "set_overlap", lambda self, found, overlap: False)
    result = send(store, mini, client, title)
    assert result.sent == 3
    assert result.settings == (
        "this Label Studio has one overlap for all articles, 2: those planned for 4 annotators go to no more",
    )
    assert overlap_module.project_overlap(store, None) == 2
