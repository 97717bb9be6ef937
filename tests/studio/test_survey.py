"""How far a task is, as the real server has it: what was pulled, and what changed since, with nothing written."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from curation.articles.selection import Request, select
from curation.errors import CurationError
from curation.studio import survey as survey_module
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.pull import pull
from curation.studio.push import push
from curation.studio.roll import roll
from curation.studio.survey import Survey

pytestmark = pytest.mark.server


@pytest.fixture
def pushed(store, mini, articles, client, title):
    """Pushes so many articles; gives them with their items' ids, and the project's id."""

    def call(number: int, overlap: int | None = 2):
        made = articles(number)
        result = push(store, mini, made, client, overlap=overlap, project_title=title)
        found = client.find_tasks(result.project_id, [article.id for article in made])
        items = {one.article_id: one.ls_task_id for one in found}
        return [(article, items[article.id]) for article in made], result.project_id

    return call


def by_address(standing) -> dict[str | None, tuple[int, int, int, int]]:
    return {one.email: (one.submitted, one.skipped, one.drafts, one.left) for one in standing.people}


FIRST, SECOND = "annotator-1@example.com", "annotator-2@example.com"


def test_before_the_first_pull_everything_is_read_and_nothing_written(store, mini, pushed, client, people, rows):
    sent, project = pushed(5)
    (a, one), (b, two), (_, three), (d, four), _ = sent
    people[0].annotate(one, rows(a.text), lead_time=240)
    people[1].annotate(one, rows(a.text), lead_time=60)
    people[0].annotate(two, rows(b.text), lead_time=60)
    people[0].annotate(three, [], was_cancelled=True)
    people[1].save_draft(four, rows(d.text))
    standing = Survey(mini).look(store, client)
    work = standing.work
    assert (work.articles, work.done, work.begun, work.untouched) == (5, 1, 1, 3)
    assert (work.submitted, work.skipped, work.missing, work.overlaps) == (3, 1, 7, {2: 5})
    assert by_address(standing) == {FIRST: (2, 1, 0, 2), SECOND: (1, 0, 1, 4)}
    assert {(one.email, one.minutes, one.today) for one in standing.people} == {(FIRST, 2.5, 2), (SECOND, 1.0, 1)}
    assert {one.pseudonym for one in standing.people} == {None}
    assert (standing.source, standing.complete, standing.why, standing.notes) == ("server", True, None, ())
    assert standing.url == client.project_url(project)
    assert store.people.everyone() == []
    assert len(store.annotations) == 0


def test_after_a_pull_only_what_changed_is_read(store, mini, mini_schemas, pushed, client, people, rows, monkeypatch):
    monkeypatch.setattr(survey_module, "_MARGIN", timedelta())
    sent, _ = pushed(6)
    for article, item in sent[:4]:
        people[0].annotate(item, rows(article.text))
    gone = people[1].annotate(sent[0][1], rows(sent[0][0].text))
    pull(store, mini, mini_schemas, client)
    read: list[int] = []
    real = client.export_tasks
    monkeypatch.setattr(client, "export_tasks", lambda p, ids, **k: read.extend(ids) or real(p, ids, **k))
    survey = Survey(mini)
    before = survey.look(store, client)
    assert by_address(before) == {FIRST: (4, 0, 0, 2), SECOND: (1, 0, 0, 5)}
    assert {one.pseudonym for one in before.people} == {"annotator-01", "annotator-02"}
    read.clear()
    people[1].annotate(sent[5][1], rows(sent[5][0].text))
    client.delete("annotations", gone)
    # The server tells whole seconds. Told the next one, a look is over before it has begun, and not within it.
    told = client.server_time
    monkeypatch.setattr(client, "server_time", lambda: told() + timedelta(seconds=1))
    after = survey.look(store, client)
    assert by_address(after) == {FIRST: (4, 0, 0, 2), SECOND: (1, 0, 0, 5)}
    assert (after.work.done, after.work.begun, after.notes) == (0, 5, ())
    assert {sent[0][1], sent[5][1]} <= set(read)
    read.clear()
    survey.look(store, client)
    assert read == []
    people[1].save_draft(sent[1][1], rows(sent[1][0].text))
    assert by_address(survey.look(store, client))[SECOND] == (1, 0, 1, 5)


def test_each_article_counts_as_planned_for_it(store, mini, articles, client, title, people, rows):
    made = articles(4)
    select(store, Request(annotators=("x", "y", "z"), overlap=1, calibration=1))
    project = push(store, mini, store.articles.to_annotate(), client, project_title=title).project_id
    items = {one.article_id: one.ls_task_id for one in client.find_tasks(project, [one.id for one in made])}
    chosen = [one.id for one in store.articles.to_annotate()]
    texts = {one.id: one.text for one in made}
    for article in chosen[:2]:
        people[0].annotate(items[article], rows(texts[article]))
    standing = Survey(mini).look(store, client)
    assert standing.work.overlaps == {1: 3, 3: 1}
    assert (standing.work.done, standing.work.begun, standing.work.untouched) == (1, 1, 2)
    assert (standing.work.missing, standing.notes) == (4, ())
    client.change_project(project, maximum_annotations=2)
    assert "Label Studio gives an article to 2 annotators, the plan says 1: `curation studio push`" in " ".join(
        Survey(mini).look(store, client).notes
    )


def test_a_deleted_account_is_shown_as_such(store, mini, mini_schemas, pushed, client, label_studio, rows):
    sent, _ = pushed(2)
    email = f"{uuid.uuid4().hex[:8]}@example.com"
    token = invite(label_studio.url, label_studio.token, email, "a-long-password-1")
    with Client(Credentials(label_studio.url, token, "test")) as person:
        number = int(person.whoami()["id"])
        person.annotate(sent[0][1], rows(sent[0][0].text))
    pull(store, mini, mini_schemas, client)
    assert [(one.email, one.deleted) for one in Survey(mini).look(store, client).people] == [(email, False)]
    client.delete("users", number)
    standing = Survey(mini).look(store, client)
    assert sum(one.submitted for one in standing.people) == 1
    assert all(one.deleted and one.left == 0 for one in standing.people)
    listed = list(roll(store, mini, client.server, client.users(), int(client.whoami()["id"])))
    assert (listed[0].pseudonym, listed[0].email, listed[0].deleted) == ("annotator-01", email, True)
    assert all(one.deleted is False and one.submitted == 0 for one in listed[1:] if one.email)
    offline = list(roll(store, mini, None, None, None))
    assert [(one.email, one.submitted, one.deleted) for one in offline] == [(email, 1, None)]


def test_without_the_server_it_is_what_was_known_last(store, mini, mini_schemas, pushed, client, people, rows):
    sent, _ = pushed(3)
    people[0].annotate(sent[0][1], rows(sent[0][0].text))
    survey = Survey(mini)
    with pytest.raises(CurationError) as caught:
        Survey(mini.__class__(**{**vars_of(mini), "name": "other"})).recall(store, "no answer")
    assert caught.value.code == "E_NOT_FOUND"
    fresh = survey.recall(store, "no answer")
    assert (fresh.source, fresh.seen, fresh.why, fresh.people) == ("pull", None, "no answer", ())
    assert (fresh.work.articles, fresh.work.missing) == (3, 9)
    assert "each article is taken to go to 3 annotators" in fresh.notes[0]
    pull(store, mini, mini_schemas, client)
    people[1].annotate(sent[0][1], rows(sent[0][0].text))
    pulled = Survey(mini).recall(store, "no answer")
    assert (pulled.source, pulled.work.submitted) == ("pull", 1)
    assert pulled.seen is not None
    assert [one.deleted for one in pulled.people] == [None]
    survey.look(store, client)
    last = survey.recall(store, "no answer")
    assert (last.source, last.work.submitted, last.work.done, last.why) == ("server", 2, 1, "no answer")
    assert last.notes == ()


def vars_of(task) -> dict[str, object]:
    return {name: getattr(task, name) for name in task.__dataclass_fields__}


def test_where_too_much_has_changed_the_server_counts_by_itself(
    store, mini, mini_schemas, pushed, client, people, rows, monkeypatch
):
    monkeypatch.setattr(survey_module, "LIMIT", 2)
    sent, _ = pushed(5)
    for article, item in sent[:3]:
        people[0].annotate(item, rows(article.text))
    people[1].annotate(sent[0][1], rows(sent[0][0].text))
    people[1].annotate(sent[1][1], [], was_cancelled=True)
    survey = Survey(mini)
    standing = survey.look(store, client)
    assert not standing.complete
    assert (standing.work.done, standing.work.begun, standing.work.untouched) == (1, 2, 2)
    assert (standing.work.submitted, standing.work.skipped, standing.work.missing) == (4, 1, 6)
    assert standing.work.pace is None
    assert "too many to look at now: `curation studio pull`" in standing.notes[0]
    pull(store, mini, mini_schemas, client)
    monkeypatch.setattr(survey_module, "LIMIT", 300)
    complete = survey.look(store, client)
    assert complete.complete
    assert complete.notes == ()
    assert (complete.work.done, complete.work.submitted) == (1, 4)
    assert by_address(complete) == {FIRST: (3, 0, 0, 2), SECOND: (1, 1, 0, 3)}


def test_days_are_those_of_the_servers_clock(store, mini, pushed, client, people, rows, monkeypatch):
    sent, _ = pushed(1)
    people[0].annotate(sent[0][1], rows(sent[0][0].text))
    later = datetime.now(UTC) + timedelta(days=8)
    monkeypatch.setattr(client, "server_time", lambda: later)
    survey = Survey(mini)
    standing = survey.look(store, client)
    assert abs(standing.now - later) < timedelta(minutes=1)
    assert [(one.submitted, one.today, one.week) for one in standing.people] == [(1, 0, 0)]
    assert standing.work.pace is None
    assert abs(survey.recall(store, "no answer").now - later) < timedelta(minutes=1)


def test_articles_that_are_gone_from_the_server_are_told(store, mini, pushed, client):
    sent, _ = pushed(3)
    client.delete("tasks", sent[0][1])
    standing = Survey(mini).look(store, client)
    assert standing.work.articles == 2
    assert standing.notes[0].startswith("3 articles were sent and 2 are in Label Studio")


def test_what_was_not_pushed_cannot_be_looked_at(store, mini, client):
    with pytest.raises(CurationError) as caught:
        Survey(mini, title=f"none {uuid.uuid4().hex[:8]}").look(store, client)
    assert (caught.value.code, caught.value.fix) == ("E_NOT_FOUND", "curation studio push")
