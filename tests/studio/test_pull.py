"""Pulling: everything once, changes as new revisions, what is gone marked, and no row lost by any fault."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.sync.poison import Stage, poison
from benchmarks.sync.proxy import FAULTS, status
from benchmarks.sync.sweep import Bench, batches
from curation.errors import CurationError, Exit
from curation.store import Store
from curation.studio import ahead as ahead_module
from curation.studio import pull as pull_module
from curation.studio.accounts import invite
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.exportfile import pull_file
from curation.studio.pull import pull
from curation.studio.push import push

pytestmark = pytest.mark.server


@pytest.fixture
def pushed(store, mini, articles, client, title):
    """Pushes so many articles; gives the articles, their items' ids and the project's id."""

    def call(number: int):
        made = articles(number)
        result = push(store, mini, made, client, project_title=title)
        found = client.find_tasks(result.project_id, [article.id for article in made])
        items = {one.article_id: one.ls_task_id for one in found}
        return made, [items[article.id] for article in made], result.project_id

    return call


@pytest.fixture
def first(annotators):
    with Client(annotators[0]) as connection:
        yield connection


@pytest.fixture
def second(annotators):
    with Client(annotators[1]) as connection:
        yield connection


def revisions(tmp_path) -> int:
    import sqlite3

    with sqlite3.connect(tmp_path / "curation.db") as connection:
        number = connection.execute("SELECT count(*) FROM revisions").fetchone()[0]
    connection.close()
    return number


def test_two_annotators_one_skip_one_draft(store, mini, mini_schemas, pushed, client, first, second, rows, tmp_path):
    made, items, project = pushed(4)
    first.annotate(items[0], rows(made[0].text), lead_time=12.5)
    second.annotate(items[0], rows(made[0].text, tone="heated"))
    first.annotate(items[1], [], was_cancelled=True)
    second.save_draft(items[2], rows(made[2].text))
    steps = []
    result = pull(store, mini, mini_schemas, client, progress=lambda *step: steps.append(step))
    assert (result.items, result.annotations_new, result.skipped, result.drafts) == (4, 4, 1, 1)
    assert (result.annotations_changed, result.unchanged, result.deleted, result.poisoned) == (0, 0, 0, ())
    assert steps[-1] == (4, 4)

    stored = {(one.article_id, one.annotator): one for one in store.annotations.all()}
    assert {(key[0], one.status) for key, one in stored.items()} == {
        (made[0].id, "submitted"), (made[1].id, "skipped"), (made[2].id, "draft"),
    }  # fmt: skip
    people = {one.annotator for one in stored.values()}
    assert len(people) == 2
    assert all(name.startswith("annotator-") for name in people)
    addresses = {client.users()[one.whoami()["id"]] for one in (first, second)}
    assert {email for _, email in store.ledger.annotators()} == addresses
    mine = next(one for one in stored.values() if one.raw.get("lead_time") == 12.5)
    assert mine.url == f"{client.url}/projects/{project}/data?task={items[0]}"
    assert mine.record is not None
    assert mine.record.mentions[0].text == made[0].text[0:7]
    assert mine.record.choices == {"tone": "calm"}
    assert mine.id == mine.raw["unique_id"]

    again = pull(store, mini, mini_schemas, client)
    assert again.nothing_new
    assert again.unchanged == 4
    assert revisions(tmp_path) == 4


def test_only_what_changed_is_fetched(store, mini, mini_schemas, pushed, client, first, rows, monkeypatch, tmp_path):
    monkeypatch.setattr(pull_module, "_OVERLAP", pull_module.timedelta(0))
    made, items, _ = pushed(6)
    for article, item in zip(made[:4], items[:4], strict=True):
        first.annotate(item, rows(article.text))
    assert pull(store, mini, mini_schemas, client).annotations_new == 4

    fetched: list[list[int]] = []
    real = client.export_tasks
    monkeypatch.setattr(client, "export_tasks", lambda p, ids, **k: fetched.append(list(ids)) or real(p, ids, **k))
    pull(store, mini, mini_schemas, client)
    seen_again = sum(map(len, fetched))
    fetched.clear()
    annotation = next(one for one in store.annotations.all() if one.article_id == made[0].id)
    # The server's date has whole seconds: what happened within the last one is looked at again.
    first.change_annotation(annotation.raw["id"], result=rows(made[0].text, tone="heated"))
    first.annotate(items[5], rows(made[5].text))
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.annotations_changed) == (1, 1)
    assert {items[0], items[5]} <= set(fetched[0])
    assert sum(map(len, fetched)) <= 2 + seen_again
    assert revisions(tmp_path) == 6, "the earlier revision is kept"
    current = store.annotations.get(annotation.id)
    assert current.record.choices == {"tone": "heated"}
    assert current.revision != annotation.revision


def test_what_becomes_visible_after_what_came_later_is_not_passed_over(
    store, mini, mini_schemas, pushed, client, first, rows
):
    """The server notes the time of a change when it begins with it; a later one may have been pulled before."""
    made, items, project = pushed(2)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    pull(store, mini, mini_schemas, client)
    numbers = {one.context["ls_task"]: one.raw["id"] for one in store.annotations.all()}
    first.change_annotation(numbers[items[0]], result=rows(made[0].text, tone="heated"))
    with store.transaction():
        store.ledger.move_cursor(
            client.server, "mini", (client.last_change(project) + timedelta(milliseconds=1)).isoformat()
        )
    time.sleep(0.01)
    first.change_annotation(numbers[items[1]], result=rows(made[1].text, tone="heated"))
    assert pull(store, mini, mini_schemas, client).annotations_changed == 2


def test_what_is_deleted_is_marked_and_kept(store, mini, mini_schemas, pushed, client, first, second, rows, tmp_path):
    made, items, _ = pushed(3)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
        second.annotate(item, rows(article.text, tone="heated"))
    pull(store, mini, mini_schemas, client)
    one = next(one for one in store.annotations.all() if one.article_id == made[0].id)
    client.delete("annotations", one.raw["id"])
    client.delete("tasks", items[1])
    result = pull(store, mini, mini_schemas, client)
    assert result.deleted == 3
    assert not result.nothing_new
    assert result.counted.agree
    assert {store.annotations.get(gone).status for gone in result.gone} == {"deleted"}
    assert all([back for _, back in store.annotations.deletions(gone)] == [None] for gone in result.gone)
    states = {(a.article_id, a.status) for a in store.annotations.all()}
    assert (made[0].id, "deleted") in states
    assert (made[0].id, "submitted") in states
    assert {status for name, status in states if name == made[1].id} == {"deleted"}
    assert {status for name, status in states if name == made[2].id} == {"submitted"}
    assert revisions(tmp_path) == 6
    assert pull(store, mini, mini_schemas, client).nothing_new


def test_a_draft_that_is_submitted_is_one_annotation(store, mini, mini_schemas, pushed, client, first, rows):
    made, items, _ = pushed(1)
    draft = first.save_draft(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    first.annotate(items[0], rows(made[0].text))
    first.delete("drafts", draft)
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.deleted) == (1, 0)
    assert sorted(one.status for one in store.annotations.all()) == ["deleted", "submitted"]


def test_a_draft_that_is_thrown_away_is_noticed(store, mini, mini_schemas, pushed, client, first, rows):
    made, items, _ = pushed(1)
    draft = first.save_draft(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    first.delete("drafts", draft)
    pull(store, mini, mini_schemas, client)
    assert [one.status for one in store.annotations.all()] == ["deleted"]


@pytest.mark.poison
def test_a_poisoned_item_is_named_and_the_others_are_kept(store, mini, mini_schemas, pushed, client, first, rows):
    made, items, _ = pushed(7)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    poison(client, items[3], {"article_id": made[3].id, "text": "a \ud800 b"})
    quick = Client(Credentials(client.url, client._connection._token, "test"), attempts=1)
    with quick:
        result = pull(store, mini, mini_schemas, quick)
        assert result.poisoned == (items[3],)
        assert result.annotations_new == 6
        assert (result.counted.server, result.counted.held, result.counted.items) == (7, 6, (items[3],))
        assert not result.counted.agree
        assert "repair or delete" in result.counted.fix
        again = pull(store, mini, mini_schemas, quick)
        assert (again.poisoned, again.counted) == (result.poisoned, result.counted), "it is told until it is mended"
    good = {"article_id": made[3].id, "sha256": made[3].sha256, "title": made[3].title, "text": made[3].text}
    client._write("PATCH", f"/api/tasks/{items[3]}/", {"data": good})
    mended = pull(store, mini, mini_schemas, client)
    assert (mended.annotations_new, mended.poisoned) == (1, ())
    assert mended.counted.agree


@pytest.mark.poison
def test_what_a_poisoned_item_keeps_from_being_pulled_is_told_until_it_is_mended(
    store, mini, mini_schemas, pushed, client, first, second, rows, monkeypatch
):
    """The counts agree, for it is a change of what the workspace holds; and the others' work goes on."""
    monkeypatch.setattr(pull_module, "_OVERLAP", timedelta(milliseconds=1))
    made, items, _ = pushed(3)
    changed = first.annotate(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    first.change_annotation(changed, result=rows(made[0].text, tone="heated"))
    poison(client, items[0], {"article_id": made[0].id, "text": "a \ud800 b"})
    for number in (0, 1, 2):
        second.annotate(items[1 + number % 2], rows(made[1 + number % 2].text))
        # Not in the same second: the server tells its time in whole ones.
        time.sleep(1.1)
        told = pull(store, mini, mini_schemas, client)
        assert (told.poisoned, told.annotations_new, told.counted.agree, told.complete) == (
            (items[0],), 1, True, False
        )  # fmt: skip
    good = {"article_id": made[0].id, "sha256": made[0].sha256, "title": made[0].title, "text": made[0].text}
    client.change_data(items[0], good)
    mended = pull(store, mini, mini_schemas, client)
    assert (mended.poisoned, mended.annotations_changed, mended.complete) == ((), 1, True)
    assert {one.record.choices["tone"] for one in store.annotations.all() if one.raw["id"] == changed} == {"heated"}


@pytest.mark.poison
def test_a_poisoned_item_costs_few_requests(label_studio, mini, mini_schemas):
    bench = Bench(label_studio.credentials, mini, mini_schemas, patience=120.0, stall=0.0)
    stage = Stage.set(bench, 40)
    with batches(10):
        plain = stage.pull()
        stage.poison(stage.items[13])
        spoilt = stage.pull()
    stage.clear()
    assert (plain.annotations, plain.poisoned, plain.exports) == (40, (), 4)
    assert (spoilt.annotations, spoilt.poisoned) == (39, (stage.items[13],))
    # Two for each of four halvings, and three more for the item itself: at once, and twice at the end.
    assert spoilt.exports <= plain.exports + 2 * 4 + 3


@pytest.mark.poison
def test_many_poisoned_items_in_a_row_do_not_hide_the_others(
    store, mini, mini_schemas, pushed, client, first, rows, monkeypatch
):
    monkeypatch.setattr(pull_module, "_DOUBTFUL", 2)
    made, items, _ = pushed(6)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    for item in items[:5]:
        poison(client, item, {"article_id": f"p-{item}", "text": "a \ud800 b"})
    result = pull(store, mini, mini_schemas, client)
    assert (result.poisoned, result.annotations_new) == (tuple(items[:5]), 1)
    assert result.counted.items == result.poisoned


def test_an_error_that_passes_poisons_nothing(store, mini, mini_schemas, pushed, first, rows, proxy, label_studio):
    made, items, _ = pushed(2)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    # Of both items, and then twice of the first one.
    proxy.fail("/export", {1, 2, 3}, "500")
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        result = pull(store, mini, mini_schemas, through)
    assert (result.annotations_new, result.poisoned) == (2, ())
    assert result.complete


def test_a_server_that_wants_to_be_left_alone_for_long_is_not_asked_for_less(
    store, mini, mini_schemas, pushed, proxy, label_studio, monkeypatch
):
    monkeypatch.setitem(FAULTS, "busy", status("429 Too Many Requests", "Retry-After: 3600"))
    pushed(4)
    proxy.fail("/export", range(1, 99), "busy", deliver=False)
    with (
        Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through,
        pytest.raises(CurationError, match="asks to wait 3600 s") as caught,
    ):
        pull(store, mini, mini_schemas, through)
    assert caught.value.exit == Exit.REMOTE
    assert sum("/export" in line for line in proxy.requests) == 1


@pytest.mark.poison
def test_a_poisoned_item_is_not_taken_for_a_deleted_one(store, mini, mini_schemas, pushed, client, first, rows):
    made, items, _ = pushed(1)
    first.annotate(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    poison(client, items[0], {"article_id": made[0].id, "text": "a \ud800 b"})
    with Client(Credentials(client.url, client._connection._token, "test"), attempts=1) as quick:
        result = pull(store, mini, mini_schemas, quick)
    assert (result.poisoned, result.deleted) == ((items[0],), 0)
    assert [one.status for one in store.annotations.all()] == ["submitted"]


def test_what_is_submitted_while_it_is_pulled_is_taken_in_too(
    store, mini, mini_schemas, pushed, client, first, second, rows, monkeypatch
):
    monkeypatch.setattr(pull_module, "CHUNK", 2)
    made, items, _ = pushed(4)
    first.annotate(items[0], rows(made[0].text))
    real = client.export_tasks
    answers: list[int] = []

    def and_annotate(project, ids, **settings):
        answer = real(project, ids, **settings)
        answers.append(len(answer))
        if len(answers) == 1:
            second.annotate(items[0], rows(made[0].text))
        return answer

    monkeypatch.setattr(client, "export_tasks", and_annotate)
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.counted.server, result.counted.held) == (2, 2, 2)
    assert result.complete


def test_what_the_server_counts_and_does_not_hand_out_is_named(
    store, mini, mini_schemas, pushed, client, first, rows, monkeypatch
):
    made, items, _ = pushed(3)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    real = client.export_tasks

    def withhold(project, ids, **settings):
        return [item for item in real(project, ids, **settings) if item["id"] != items[1]]

    with monkeypatch.context() as patched:
        patched.setattr(client, "export_tasks", withhold)
        for _ in range(2):
            result = pull(store, mini, mini_schemas, client)
            assert (result.counted.server, result.counted.held, result.counted.items) == (3, 2, (items[1],))
            assert "pull --full" in result.counted.fix
            assert not result.complete
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.complete) == (1, True)


def test_a_project_without_annotations_has_no_numbers(client, title, mini):
    project = client.create_project(title=title, label_config=mini.interface)
    assert client.annotation_numbers(project) == {}
    client.import_tasks(project, [{"data": {"text": "one"}}, {"data": {"text": "two"}}])
    assert client.annotation_numbers(project) == {}
    [one, _] = [item.ls_task_id for item in client.list_tasks(project)]
    made = {client.annotate(one, []), client.annotate(one, [], was_cancelled=True)}
    assert client.annotation_numbers(project) == {one: made}


def test_items_deleted_while_they_are_fetched_shift_nothing(
    store, mini, mini_schemas, pushed, client, first, rows, monkeypatch
):
    monkeypatch.setattr(pull_module, "CHUNK", 2)
    made, items, _ = pushed(6)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    real = client.export_tasks
    calls: list[int] = []

    def and_delete(project, ids, **settings):
        calls.append(len(ids))
        if len(calls) == 2:
            client.delete("tasks", items[0])
            client.delete("tasks", items[3])
        return real(project, ids, **settings)

    monkeypatch.setattr(client, "export_tasks", and_delete)
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.deleted) == (5, 1)
    assert result.counted.agree
    monkeypatch.setattr(client, "export_tasks", real)
    assert pull(store, mini, mini_schemas, client).nothing_new
    submitted = {one.article_id for one in store.annotations.all(status="submitted")}
    assert submitted == {article.id for article in made} - {made[0].id, made[3].id}


@pytest.mark.parametrize("fault", ["reset", "cut", "502"])
def test_an_answer_that_breaks_off_is_asked_for_again(
    store, mini, mini_schemas, pushed, first, rows, proxy, label_studio, fault
):
    made, items, _ = pushed(2)
    first.annotate(items[0], rows(made[0].text))
    proxy.fail("GET ", {2, 5}, fault)
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        assert pull(store, mini, mini_schemas, through).annotations_new == 1


def test_a_connection_that_breaks_for_good_keeps_what_was_fetched(
    store, mini, mini_schemas, pushed, client, first, rows, proxy, label_studio, monkeypatch
):
    monkeypatch.setattr(pull_module, "CHUNK", 2)
    monkeypatch.setattr(pull_module, "_DOUBTFUL", 1)
    # Of two parts that are asked for at once either may come first.
    monkeypatch.setattr(ahead_module, "AHEAD", 1)
    made, items, _ = pushed(6)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    proxy.fail("/export", set(range(2, 99)), "cut")
    credentials = Credentials(proxy.url, label_studio.token, "test", label_studio.url)
    with Client(credentials, attempts=1) as through, pytest.raises(CurationError) as caught:
        pull(store, mini, mini_schemas, through)
    assert caught.value.exit == Exit.REMOTE
    assert len(store.annotations) == 2
    assert store.ledger.project(client.server, "mini").cursor is None
    assert pull(store, mini, mini_schemas, client).annotations_new == 4


def test_a_workspace_that_lost_its_memory_finds_the_project(
    store, mini, mini_schemas, pushed, client, first, rows, tmp_path, title
):
    made, items, _ = pushed(1)
    first.annotate(items[0], rows(made[0].text))
    (tmp_path / "other").mkdir()
    with Store(tmp_path / "other") as other:
        result = pull(other, mini, mini_schemas, client, project_title=title)
        assert result.annotations_new == 1


def test_another_workspace_pulls_from_that_project_only_if_it_names_it(
    store, mini, mini_schemas, articles, client, title, tmp_path
):
    task = replace(mini, title=title)
    push(store, task, articles(1), client, workspace_id="0123456789ab")
    (tmp_path / "other").mkdir()
    with Store(tmp_path / "other") as other:
        with pytest.raises(CurationError) as caught:
            pull(other, task, mini_schemas, client, workspace_id="ba9876543210")
        assert caught.value.code == "E_NOT_FOUND"
        assert "studio.project" in caught.value.fix
        assert pull(other, task, mini_schemas, client, workspace_id="ba9876543210", project_title=title).nothing_new


def test_a_screen_that_is_no_longer_ours_is_told_and_the_annotations_come_all_the_same(
    store, mini, mini_schemas, pushed, client, first, rows
):
    made, items, project = pushed(1)
    first.annotate(items[0], rows(made[0].text))
    client.change_project(project, label_config=mini.interface.replace("heated", "angry"))
    result = pull(store, mini, mini_schemas, client)
    assert result.annotations_new == 1
    assert "changed in Label Studio" in result.drift
    assert '<Choice value="angry"/>' in result.drift
    client.change_project(project, label_config=mini.interface)
    assert pull(store, mini, mini_schemas, client).drift is None


def test_nothing_was_pushed(store, mini, mini_schemas, client):
    with pytest.raises(CurationError) as caught:
        pull(store, mini, mini_schemas, client, project_title=f"none {uuid.uuid4().hex[:8]}")
    assert caught.value.code == "E_NOT_FOUND"
    assert caught.value.fix.startswith("curation studio push")


def test_a_project_deleted_under_us_loses_nothing(store, mini, mini_schemas, pushed, client, first, rows):
    made, items, project = pushed(1)
    first.annotate(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    client.delete("projects", project)
    with pytest.raises(CurationError) as caught:
        pull(store, mini, mini_schemas, client)
    assert (caught.value.code, caught.value.exit) == ("E_PROJECT_GONE", Exit.CONFLICT)
    assert [one.status for one in store.annotations.all()] == ["submitted"]


def test_the_server_going_back_in_time_hides_nothing(store, mini, mini_schemas, pushed, client, first, rows):
    """A server restored from a backup has times before the last pull."""
    made, items, _ = pushed(2)
    first.annotate(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    with store.transaction():
        store.ledger.move_cursor(client.server, "mini", "2999-01-01T00:00:00+00:00")
    first.annotate(items[1], rows(made[1].text))
    assert pull(store, mini, mini_schemas, client).annotations_new == 1
    assert store.ledger.project(client.server, "mini").cursor < "2999"


def test_what_was_taken_for_deleted_by_mistake_comes_back(
    store, mini, mini_schemas, pushed, client, first, rows, monkeypatch
):
    monkeypatch.setattr(pull_module, "_OVERLAP", pull_module.timedelta(0))
    made, items, _ = pushed(3)
    first.annotate(items[0], rows(made[0].text))
    first.annotate(items[1], [], was_cancelled=True)
    pull(store, mini, mini_schemas, client)
    with store.transaction():
        store.annotations.mark_deleted(store.annotations.ids())
        store.ledger.move_cursor(client.server, "mini", pull_module.datetime.now(pull_module.UTC).isoformat())
    time.sleep(0.01)
    first.annotate(items[2], rows(made[2].text))
    result = pull(store, mini, mini_schemas, client)
    assert (result.annotations_new, result.annotations_changed, result.returned) == (1, 2, 2)
    tombs = [store.annotations.deletions(one.id) for one in store.annotations.all()]
    assert sorted(len(one) for one in tombs) == [0, 1, 1]
    assert all(noticed and back for one in tombs for noticed, back in one)
    assert sorted(one.status for one in store.annotations.all()) == ["skipped", "submitted", "submitted"]


def test_a_deleted_account_is_noticed_and_its_annotations_stay_under_its_name(
    store, mini, mini_schemas, pushed, client, first, label_studio, rows, tmp_path
):
    made, items, _ = pushed(2)
    email = f"{uuid.uuid4().hex[:10]}@example.com"
    token = invite(label_studio.url, label_studio.token, email, "long-enough-1")
    with Client(Credentials(label_studio.url, token, "test")) as who:
        number = who.whoami()["id"]
        who.annotate(items[0], rows(made[0].text))
        who.annotate(items[1], [], was_cancelled=True)
    first.annotate(items[1], rows(made[1].text))
    pull(store, mini, mini_schemas, client)
    name = next(one.pseudonym for one in store.people.everyone() if one.email == email)
    before = {one.id for one in store.annotations.all() if one.annotator == name}
    assert len(before) == 2
    client.delete("users", number)
    result = pull(store, mini, mini_schemas, client)
    assert result.annotations_changed == 2
    assert {(one.annotation, one.before, one.after) for one in result.moved} == {(one, name, None) for one in before}
    stored = [one for one in store.annotations.all() if one.id in before]
    assert [(one.annotator, one.raw["completed_by"]) for one in stored] == [(name, None)] * 2
    assert {one.record.annotator for one in stored if one.record} == {name}
    assert revisions(tmp_path) == 5
    again = pull(store, mini, mini_schemas, client, full=True)
    assert (again.nothing_new, again.moved) == (True, ())
    client.change_annotation(stored[0].raw["id"], result=rows(made[0].text, tone="heated"))
    changed = pull(store, mini, mini_schemas, client)
    assert (changed.annotations_changed, changed.moved) == (1, ()), "it is told once"
    assert store.annotations.get(stored[0].id).annotator == name


def test_an_account_that_is_deleted_long_after_its_work_is_noticed(
    store, mini, mini_schemas, pushed, client, first, label_studio, rows, monkeypatch
):
    """No time moves, and what was annotated is no longer in the window of the pull."""
    monkeypatch.setattr(pull_module, "_OVERLAP", timedelta(milliseconds=1))
    made, items, _ = pushed(2)
    token = invite(label_studio.url, label_studio.token, f"{uuid.uuid4().hex[:10]}@example.com", "long-enough-1")
    with Client(Credentials(label_studio.url, token, "test")) as who:
        number, annotation = who.whoami()["id"], who.annotate(items[0], rows(made[0].text))
    # Not in the same second: the server tells its time in whole ones.
    time.sleep(1.1)
    first.annotate(items[1], rows(made[1].text))
    time.sleep(1.1)
    pull(store, mini, mini_schemas, client)
    client.delete("users", number)
    [moved] = pull(store, mini, mini_schemas, client).moved
    assert (store.annotations.get(moved.annotation).raw["id"], moved.after) == (annotation, None)


def test_an_annotation_that_is_given_to_somebody_else_is_theirs(
    store, mini, mini_schemas, pushed, client, first, second, rows, tmp_path
):
    made, items, _ = pushed(2)
    for article, item in zip(made, items, strict=True):
        first.annotate(item, rows(article.text))
    pull(store, mini, mini_schemas, client)
    [one, other] = store.annotations.all()
    client.change_annotation(one.raw["id"], completed_by=second.whoami()["id"])
    result = pull(store, mini, mini_schemas, client)
    moved = store.annotations.get(one.id)
    assert [(m.annotation, m.before, m.after) for m in result.moved] == [(one.id, one.annotator, moved.annotator)]
    assert moved.annotator not in (None, one.annotator)
    assert moved.record.annotator == moved.annotator
    assert store.annotations.get(other.id).annotator == one.annotator
    assert revisions(tmp_path) == 3


def test_what_is_skipped_and_taken_up_again_is_told(store, mini, mini_schemas, pushed, client, first, rows):
    made, items, _ = pushed(1)
    number = first.annotate(items[0], rows(made[0].text))
    states = []
    for fields in ({}, {"was_cancelled": True}, {"was_cancelled": False}):
        if fields:
            first.change_annotation(number, **fields)
        result = pull(store, mini, mini_schemas, client)
        assert result.counted.agree
        states.append((result.annotations_new, result.annotations_changed, result.skipped, result.resumed))
    assert states == [(1, 0, 0, 0), (0, 1, 1, 0), (0, 1, 0, 1)]


def test_an_export_by_hand_is_the_same_annotation(store, mini, mini_schemas, pushed, client, first, rows, tmp_path):
    made, items, project = pushed(1)
    first.annotate(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    exported = client._connection.read(f"/api/projects/{project}/export", {"exportType": "JSON"})
    (tmp_path / "export.json").write_text(json.dumps(exported))
    pull_file(store, mini, mini_schemas, tmp_path / "export.json")
    assert len(store.annotations) == 1


def test_what_came_in_a_file_first_is_the_servers_from_then_on(
    store, mini, mini_schemas, pushed, client, first, rows, tmp_path, title
):
    made, items, project = pushed(2)
    numbers = [first.annotate(item, rows(article.text)) for article, item in zip(made, items, strict=True)]
    exported = client._connection.read(f"/api/projects/{project}/export", {"exportType": "JSON"})
    (tmp_path / "export.json").write_text(json.dumps(exported))
    (tmp_path / "other").mkdir()
    with Store(tmp_path / "other") as other:
        assert pull_file(other, mini, mini_schemas, tmp_path / "export.json").annotations_new == 2
        assert pull(other, mini, mini_schemas, client, project_title=title).counted.agree
        client.delete("annotations", numbers[0])
        result = pull(other, mini, mini_schemas, client)
        assert (result.deleted, result.counted.agree) == (1, True)
        assert sorted(one.status for one in other.annotations.all()) == ["deleted", "submitted"]
        assert pull_file(other, mini, mini_schemas, tmp_path / "export.json").returned == 1
        assert pull(other, mini, mini_schemas, client).deleted == 1


def test_the_token_stays_out_of_the_store(store, mini, mini_schemas, pushed, client, first, rows, tmp_path):
    made, items, _ = pushed(1)
    first.annotate(items[0], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("curation.db*"))
    assert made[0].text[:10].encode() in kept
    for secret in (client._connection._token, client._connection._access):
        assert secret.encode() not in kept
