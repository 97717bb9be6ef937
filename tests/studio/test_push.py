"""Pushing: looks first, sends once, converges after any fault, and never doubles an article."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from types import SimpleNamespace

import pytest

import curation
from benchmarks.sync.poison import poison
from benchmarks.sync.proxy import FAULTS, status
from curation.catalog import load_task
from curation.errors import CurationError, Exit
from curation.records import Article
from curation.store import Store
from curation.studio import delivery as delivery_module
from curation.studio import push as push_module
from curation.studio.client import Client, ServerFault, UnclearWrite
from curation.studio.credentials import Credentials
from curation.studio.project import codebook_html
from curation.studio.pull import pull
from curation.studio.push import push
from curation.text import content_hash

pytestmark = pytest.mark.server


def on_server(client: Client, project_id: int) -> Counter[str]:
    """How often each article stands in a project."""
    ids = [item.ls_task_id for item in client.list_tasks(project_id)]
    return Counter(item["data"]["article_id"] for item in client.export_tasks(project_id, ids))


def states(store: Store, client: Client, project_id: int) -> Counter[str]:
    return Counter(entry.state for entry in store.ledger.pushes(client.server, project_id).values())


@pytest.fixture
def through(proxy, label_studio):
    """A connection through the fault proxy, in the ledger the same server as the direct one."""
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as connection:
        yield connection


@pytest.fixture
def quick(monkeypatch):
    """Waits for lost answers are short: the proxy hands everything on before it lets an answer get lost."""
    monkeypatch.setattr(delivery_module, "_ARRIVING", (0.05, 0.1))
    monkeypatch.setattr(delivery_module, "_LEFT_OVER", (0.05,))


def test_the_first_push_makes_the_project_and_the_second_has_nothing_to_do(store, mini, articles, client, title):
    made = articles(5)
    steps: list[tuple[int, int | None]] = []
    first = push(store, mini, made, client, project_title=title, progress=lambda *step: steps.append(step))
    assert (first.created_project, first.interface, first.sent, first.already_there) == (True, "created", 5, 0)
    assert steps[-1] == (5, 5)
    assert first.url == f"{client.url}/projects/{first.project_id}/data"
    project = client.project(first.project_id)
    assert project["label_config"] == mini.interface.strip()
    assert project["show_instruction"] is True
    assert project["expert_instruction"].startswith("<h1>Mini</h1>\n<p>Mark <em>actors</em>.")
    assert "<b>" not in project["expert_instruction"]
    assert project["maximum_annotations"] == 3
    ids = [item.ls_task_id for item in client.list_tasks(first.project_id)]
    data = {item["data"]["article_id"]: item["data"] for item in client.export_tasks(first.project_id, ids)}
    assert data == {a.id: {"article_id": a.id, "sha256": a.sha256, "title": a.title, "text": a.text} for a in made}
    assert states(store, client, first.project_id) == {"sent": 5}

    second = push(store, mini, made, client, project_title=title)
    assert (second.created_project, second.interface, second.sent, second.already_there) == (False, "same", 0, 5)
    assert (second.project_id, second.changed, second.doubled, second.refused) == (first.project_id, (), (), ())
    assert on_server(client, first.project_id) == {a.id: 1 for a in made}


def test_what_is_new_is_sent_in_batches(store, mini, articles, client, title, monkeypatch):
    monkeypatch.setattr(delivery_module, "CHUNK", 4)
    monkeypatch.setattr(push_module, "CHUNK", 4)
    old = articles(3)
    push(store, mini, old, client, project_title=title)
    new = articles(10, start=3)
    result = push(store, mini, [*old, *new], client, project_title=title)
    assert (result.sent, result.already_there) == (10, 3)
    assert on_server(client, result.project_id) == {a.id: 1 for a in [*old, *new]}


@pytest.fixture
def other(tmp_path):
    """The store of another workspace, or of one that lost its memory."""
    (tmp_path / "other").mkdir()
    with Store(tmp_path / "other") as opened:
        yield opened


OURS, THEIRS = "0123456789ab", "ba9876543210"


@pytest.mark.parametrize("theirs", [THEIRS, ""])
def test_another_workspace_makes_a_project_of_its_own(store, other, mini, articles, client, title, theirs):
    task = replace(mini, title=title)
    made = articles(2)
    first = push(store, task, made, client, workspace_id=OURS)
    second = push(other, task, made, client, workspace_id=theirs)
    assert (second.created_project, second.sent) == (True, 2)
    assert second.project_id != first.project_id
    assert push(store, task, made, client, workspace_id=OURS).project_id == first.project_id


@pytest.mark.parametrize("ours", [OURS, ""])
def test_a_workspace_that_lost_its_memory_finds_its_project(store, other, mini, articles, client, title, ours):
    task = replace(mini, title=title)
    made = articles(2)
    first = push(store, task, made, client, workspace_id=ours)
    second = push(other, task, made, client, workspace_id=ours)
    assert (second.project_id, second.created_project, second.sent) == (first.project_id, False, 0)


@pytest.mark.parametrize("ours", [OURS, ""])
def test_a_project_that_is_named_is_joined(store, other, mini, articles, client, title, ours):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title, workspace_id=ours)
    second = push(other, mini, made, client, project_title=title, workspace_id=THEIRS)
    assert (second.project_id, second.created_project, second.sent) == (first.project_id, False, 0)
    # On request there is a new one all the same, and the first is not given away.
    third = push(other, mini, made, client, project_title=title, workspace_id=THEIRS, new_project=True)
    assert third.created_project
    assert push(store, mini, made, client, project_title=title, workspace_id=ours).project_id == first.project_id


def test_a_new_project_is_not_the_empty_one_of_another_workspace(store, other, mini, articles, client, title):
    made = articles(1)
    push(store, mini, made, client, project_title=title, workspace_id=OURS)
    theirs = push(other, mini, [], client, project_title=title, workspace_id=THEIRS, new_project=True)
    ours = push(store, mini, made, client, project_title=title, workspace_id=OURS, new_project=True)
    assert ours.project_id != theirs.project_id


def test_two_studies_on_one_server_do_not_share_a_project(tmp_path, label_studio, client, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    one, other = curation.init(tmp_path / "one"), curation.init(tmp_path / "another")
    assert one.root.settings["id"] != other.root.settings["id"]
    projects = [study.push().project_id for study in (one, other)]
    assert len(set(projects)) == 2
    (one.path / "curation.db").unlink()
    assert one.push().project_id == projects[0]


def test_a_project_of_the_same_title_that_is_not_ours_is_left_alone(store, mini, articles, client, title):
    other = client.create_project(title=title, label_config='<View><Text name="t" value="$text"/></View>')
    result = push(store, mini, articles(1), client, project_title=title)
    assert result.created_project
    assert result.project_id != other


def test_a_server_that_was_set_up_anew_gives_the_number_to_others(
    store, other, mini, mini_schemas, articles, client, title
):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title, workspace_id=OURS)
    theirs = push(other, replace(mini, title=f"{title}, theirs"), articles(1, start=2), client, workspace_id=THEIRS)
    binding = store.ledger.project(client.server, mini.name)
    with store.transaction():
        store.ledger.bind(replace(binding, project_id=theirs.project_id))
        entries = store.ledger.pushes(client.server, first.project_id)
        store.ledger.record_pushes(client.server, theirs.project_id, list(entries.values()))
    before = on_server(client, theirs.project_id)
    for command in (
        lambda: push(store, mini, made, client, workspace_id=OURS, dry_run=True),
        lambda: push(store, mini, made, client, workspace_id=OURS, update_interface=True),
        lambda: pull(store, mini, mini_schemas, client, workspace_id=OURS),
    ):
        with pytest.raises(CurationError, match="another workspace made it") as caught:
            command()
        assert (caught.value.code, caught.value.exit) == ("E_PROJECT_GONE", Exit.CONFLICT)
        assert "--new-project" in caught.value.fix
    assert on_server(client, theirs.project_id) == before
    assert len(store.articles) == 3, "what is theirs was not taken in"
    again = push(store, mini, made, client, project_title=title, workspace_id=OURS, new_project=True)
    assert (again.sent, again.project_id not in (first.project_id, theirs.project_id)) == (2, True)


def test_a_project_of_others_that_holds_what_was_sent_is_in_order(store, other, mini, articles, client, title):
    made = articles(2)
    push(other, mini, [], client, project_title=title, workspace_id=THEIRS)
    joined = push(store, mini, made, client, project_title=title, workspace_id=OURS)
    client.change_project(joined.project_id, title=f"{title}, renamed")
    again = push(store, mini, made, client, workspace_id=OURS)
    assert (again.project_id, again.sent, again.already_there) == (joined.project_id, 0, 2)


@pytest.mark.poison
def test_an_item_on_which_the_server_fails_gets_its_text_again_and_stops_no_push(
    store, mini, articles, client, title, rows, people
):
    made = articles(6)
    project = push(store, mini, made, client, project_title=title).project_id
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(project, [a.id for a in made])}
    broken, lost = made[1], made[4]
    for one in (broken, lost):
        people[0].annotate(items[one.id], rows(one.text))
        poison(client, items[one.id], {"article_id": one.id, "sha256": one.sha256, "text": "a \ud800 b"})
    wanted = [edited(one) if one is lost else one for one in [*made, *articles(1, start=6)]]
    dry = push(store, mini, wanted, client, project_title=title, dry_run=True)
    with pytest.raises(ServerFault):
        client.export_tasks(project, [items[broken.id]])
    result = push(store, mini, wanted, client, project_title=title)
    for one in (dry, result):
        assert (one.sent, one.already_there, one.updated, one.changed) == (1, 6, (broken.id,), ())
        assert [name for name, _ in one.refused] == [lost.id]
        assert f"fails on its item {items[lost.id]}" in one.refused[0][1]
    [item] = client.export_tasks(project, [items[broken.id]])
    assert (item["data"]["text"], len(item["annotations"])) == (broken.text, 1)
    assert store.ledger.pushes(client.server, project)[lost.id].article_sha256 == lost.sha256
    # The way out that is told.
    back = push(store, mini, made, client, project_title=title)
    assert (back.updated, back.refused) == ((lost.id,), ())
    assert on_server(client, project) == {one.id: 1 for one in wanted}


def test_a_screen_that_the_server_refuses_takes_nobody_s_place(store, mini, definitions, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    changed = changed_task(definitions, mini, 'toName="text" choice="single-radio"', 'toName="nowhere"')
    for dry_run in (True, False):
        with pytest.raises(CurationError, match="Label Studio refuses the new interface") as caught:
            push(store, changed, made, client, project_title=title, update_interface=True, dry_run=dry_run)
        assert caught.value.code == "E_INTERFACE_DRIFT"
    assert client.project(first.project_id)["label_config"] == mini.interface.strip()


def edited(article: Article) -> Article:
    return replace(article, text=article.text + " More.", sha256=content_hash(article.text + " More."))


def test_a_changed_text_takes_the_old_one_s_place_unless_somebody_has_begun(
    store, mini, articles, client, title, rows, annotators
):
    made = articles(5)
    first = push(store, mini, made, client, project_title=title)
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(first.project_id, [a.id for a in made])}
    with Client(annotators[0]) as annotator:
        annotator.annotate(items[made[1].id], rows(made[1].text))
        annotator.annotate(items[made[2].id], [], was_cancelled=True)
        annotator.save_draft(items[made[3].id], rows(made[3].text))
    client.change_data(items[made[0].id], {**client.item_data(first.project_id, items[made[0].id]), "mark": "kept"})
    new = [edited(article) for article in made[:4]]
    dry = push(store, mini, [*new, made[4]], client, project_title=title, dry_run=True)
    result = push(store, mini, [*new, made[4]], client, project_title=title)
    assert result.updated == dry.updated == (made[0].id,)
    assert result.changed == dry.changed == tuple(article.id for article in made[1:4])
    assert (result.sent, result.already_there) == (0, 5)
    data = client.item_data(first.project_id, items[made[0].id])
    assert (data["text"], data["sha256"], data["mark"]) == (new[0].text, new[0].sha256, "kept")
    texts = {one.id: client.item_data(first.project_id, items[one.id])["text"] for one in made[1:]}
    assert texts == {one.id: one.text for one in made[1:]}
    entries = store.ledger.pushes(client.server, first.project_id)
    assert [entries[one.id].article_sha256 for one in made] == [new[0].sha256, *(one.sha256 for one in made[1:])]
    assert push(store, mini, [new[0]], client, project_title=title).updated == ()


def test_what_the_server_has_not_counted_yet_is_not_overwritten(
    store, mini, articles, client, title, rows, annotators, monkeypatch
):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title)
    item = next(client.find_tasks(first.project_id, [made[0].id]))
    with Client(annotators[0]) as annotator:
        annotator.annotate(item.ls_task_id, rows(made[0].text))
    real = Client.find_tasks
    behind = lambda *asked: (replace(one, annotations=0, skipped=0) for one in real(*asked))  # noqa: E731
    monkeypatch.setattr(Client, "find_tasks", behind)
    result = push(store, mini, [edited(one) for one in made], client, project_title=title)
    assert (result.changed, result.updated) == ((item.article_id,), (made[1].id,))


@pytest.mark.parametrize("fault", ["reset", "502"])
@pytest.mark.parametrize("deliver", [True, False])
def test_a_lost_update_of_a_text_is_sent_again(
    store, mini, articles, client, through, proxy, title, quick, fault, deliver
):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    [item] = client.find_tasks(first.project_id, [made[0].id])
    proxy.fail("PATCH /api/tasks", {1}, fault, deliver=deliver)
    new = edited(made[0])
    assert push(store, mini, [new], through, project_title=title).updated == (new.id,)
    assert client.item_data(first.project_id, item.ls_task_id)["text"] == new.text
    assert sum(line.startswith("PATCH /api/tasks") for line in proxy.requests) == (1 if deliver else 2)


def test_what_is_begun_while_others_are_updated_is_not_overwritten(
    store, mini, articles, client, title, rows, people, monkeypatch
):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title)
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(first.project_id, [a.id for a in made])}
    real = client.change_data

    def and_annotate(item, data):
        real(item, data)
        if item == items[made[0].id]:
            people[0].annotate(items[made[1].id], rows(made[1].text))

    monkeypatch.setattr(client, "change_data", and_annotate)
    result = push(store, mini, [edited(one) for one in made], client, project_title=title)
    assert (result.updated, result.changed) == ((made[0].id,), (made[1].id,))
    assert client.item_data(first.project_id, items[made[1].id])["text"] == made[1].text


def test_a_twin_with_a_draft_alone_stays(
    store, mini, articles, client, through, proxy, title, rows, people, monkeypatch
):
    """Drafts are in no counter of an item."""
    made = articles(1)
    project = push(store, mini, [], client, project_title=title).project_id
    real = Client.find_tasks

    def and_begin(self, project_id, article_ids):
        found = list(real(self, project_id, article_ids))
        if len(found) == 2 and not client.drafted(project):
            people[0].save_draft(max(one.ls_task_id for one in found), rows(made[0].text))
        return iter(found)

    monkeypatch.setattr(Client, "find_tasks", and_begin)
    proxy.fail("/import", {1}, "twice")
    assert push(store, mini, made, through, project_title=title).doubled == (made[0].id,)
    assert len(client.drafted(project)) == 1


def test_a_twin_that_is_begun_while_others_are_taken_back_stays(
    store, mini, articles, client, through, proxy, title, rows, people, monkeypatch
):
    made = articles(2)
    project = push(store, mini, [], client, project_title=title).project_id
    real, deleted = Client.delete, []

    def and_annotate(self, kind, number):
        if not deleted:
            [other] = set(sorted(client.items_where(project))[2:]) - {number}
            people[0].annotate(other, rows(made[0].text))
        deleted.append(number)
        real(self, kind, number)

    monkeypatch.setattr(Client, "delete", and_annotate)
    proxy.fail("/import", {1}, "twice")
    result = push(store, mini, made, through, project_title=title)
    assert (len(result.doubled), len(deleted)) == (1, 1)
    assert client.count_annotations(project) == 1


def test_doubles_that_are_there_already_are_reported(store, mini, articles, client, title):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title)
    client.import_tasks(first.project_id, [{"data": {"article_id": made[0].id, "text": "again"}}])
    assert push(store, mini, made, client, project_title=title).doubled == (made[0].id,)


def test_what_would_break_the_project_is_not_sent(store, mini, articles, client, title):
    good = articles(1)
    bad = [Article("nul", "a\0b", "x"), Article("lone", "a", "x", title="\ud800")]
    result = push(store, mini, [*bad, *good], client, project_title=title)
    assert result.sent == 1
    assert [(name, reason.split(" at")[0]) for name, reason in result.refused] == [
        ("nul", "NUL"),
        ("lone", "lone surrogate U+D800"),
    ]
    assert on_server(client, result.project_id) == {good[0].id: 1}


def test_one_article_that_the_server_refuses_is_named_and_the_others_arrive(
    store, mini, articles, client, title, monkeypatch
):
    made = articles(9)
    real = delivery_module.ls_task

    def spoilt(article: Article, suggestions: object) -> dict[str, object]:
        item = real(article)
        return {"data": {"article_id": article.id}} if article.id == made[4].id else item

    monkeypatch.setattr(delivery_module, "ls_task", spoilt)
    result = push(store, mini, made, client, project_title=title)
    assert [name for name, _ in result.refused] == [made[4].id]
    assert "text" in result.refused[0][1]
    assert result.sent == 8
    # It is told by each push; but none waits for what the server said that it did not take.
    monkeypatch.setattr(delivery_module, "_LEFT_OVER", (600.0,))
    again = push(store, mini, made, client, project_title=title)
    assert (again.refused, again.sent) == (result.refused, 0)
    assert on_server(client, result.project_id) == {a.id: 1 for a in made if a.id != made[4].id}


def test_one_article_that_the_server_fails_on_is_named_and_the_others_arrive(
    store, mini, articles, client, title, monkeypatch, quick
):
    made = articles(9)
    real = delivery_module.ls_task

    def spoilt(article: Article, suggestions: object) -> dict[str, object]:
        # The server answers 500 to a batch with such an item, and stores nothing of it.
        return {**real(article), **({"predictions": 3} if article.id == made[4].id else {})}

    monkeypatch.setattr(delivery_module, "ls_task", spoilt)
    result = push(store, mini, made, client, project_title=title)
    assert [name for name, _ in result.refused] == [made[4].id]
    assert "answered 500 to POST" in result.refused[0][1]
    assert (result.sent, result.doubled) == (8, ())
    assert states(store, client, result.project_id) == {"sent": 8}
    assert on_server(client, result.project_id) == {a.id: 1 for a in made if a.id != made[4].id}


def test_a_server_that_fails_on_everything_is_an_error_soon(
    store, mini, articles, client, through, proxy, title, quick
):
    made = articles(40)
    proxy.fail("/import", range(1, 1000), "500", deliver=False)
    with pytest.raises(CurationError, match="answered 500") as caught:
        push(store, mini, made, through, project_title=title)
    assert (caught.value.code, caught.value.exit) == ("E_PUSH_UNKNOWN", Exit.REMOTE)
    assert sum("/import" in line for line in proxy.requests) < 25
    assert push(store, mini, made, client, project_title=title).sent == 40


def test_a_server_that_refuses_everything_is_an_error(store, mini, articles, client, title, monkeypatch):
    monkeypatch.setattr(delivery_module, "_HOPELESS", 3)
    monkeypatch.setattr(delivery_module, "ls_task", lambda article, _: {"data": {"article_id": article.id}})
    with pytest.raises(CurationError, match="refused") as caught:
        push(store, mini, articles(8), client, project_title=title)
    assert caught.value.code == "E_SERVER_ERROR"


@pytest.mark.parametrize("fault", ["reset", "cut", "500", "502", "429"])
def test_a_lost_answer_doubles_nothing(store, mini, articles, client, through, proxy, title, quick, monkeypatch, fault):
    """The server takes the batch, the answer is lost: what arrived is seen, and nothing is sent twice."""
    monkeypatch.setattr(delivery_module, "CHUNK", 4)
    monkeypatch.setattr(push_module, "CHUNK", 4)
    made = articles(10)
    proxy.fail("/import", {2}, fault)
    result = push(store, mini, made, through, project_title=title)
    assert (result.sent, result.already_there) == (10, 0)
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}
    assert states(store, client, result.project_id) == {"sent": 10}
    assert sum("/import" in line for line in proxy.requests) == 3


def test_what_the_server_takes_twice_by_itself_is_there_once(store, mini, articles, client, through, proxy, title):
    """As it does on SQLite where the database was locked; its answer is that to the second time."""
    made = articles(5)
    proxy.fail("/import", {1}, "twice")
    result = push(store, mini, made, through, project_title=title)
    assert (result.sent, result.doubled) == (5, ())
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}
    assert states(store, client, result.project_id) == {"sent": 5}


@pytest.mark.parametrize("fault", ["reset", "502", "429"])
def test_a_lost_request_is_sent_again_once_it_was_looked_for(
    store, mini, articles, client, through, proxy, title, quick, monkeypatch, fault
):
    monkeypatch.setattr(delivery_module, "CHUNK", 4)
    made = articles(10)
    proxy.fail("/import", {2}, fault, deliver=False)
    result = push(store, mini, made, through, project_title=title)
    assert (result.sent, result.already_there, result.doubled) == (10, 0, ())
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}
    assert states(store, client, result.project_id) == {"sent": 10}
    assert sum("/import" in line for line in proxy.requests) == 4


def test_a_request_that_arrives_after_it_was_given_up_is_taken_back(
    store, mini, articles, client, through, proxy, title, quick, monkeypatch
):
    """The server takes the first request only after it was looked for in vain and sent again."""
    made = articles(3)
    push(store, mini, [], client, project_title=title)
    real, late = Client.import_tasks, []

    def tardy(self, project_id, items):
        if not late:
            late.append(list(items))
            raise UnclearWrite("E_PUSH_UNKNOWN", "the answer was lost")
        real(self, project_id, late[0])
        return real(self, project_id, items)

    monkeypatch.setattr(Client, "import_tasks", tardy)
    result = push(store, mini, made, client, project_title=title)
    assert (result.sent, result.doubled) == (3, ())
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}


def test_what_is_to_be_sent_is_noted_before_it_is(store, mini, articles, client, title, monkeypatch):
    made = articles(3)
    project = push(store, mini, [], client, project_title=title).project_id
    real, noted = Client.import_tasks, []

    def and_look(self, project_id, items):
        noted.append(states(store, client, project))
        return real(self, project_id, items)

    monkeypatch.setattr(Client, "import_tasks", and_look)
    push(store, mini, made, client, project_title=title)
    assert noted == [{"intent": 3}]
    assert states(store, client, project) == {"sent": 3}


def test_what_an_interrupted_push_has_under_way_is_waited_for(store, mini, articles, client, title, monkeypatch):
    """The first push ends before its request arrives, as if it had been killed; the next one comes sooner than it."""
    monkeypatch.setattr(delivery_module, "_LEFT_OVER", (0.1, 30.0))
    made = articles(3)
    project = push(store, mini, [], client, project_title=title).project_id
    real, under_way = Client.import_tasks, []

    def killed(self, project_id, items):
        under_way.append(list(items))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Client, "import_tasks", killed)
        with pytest.raises(KeyboardInterrupt):
            push(store, mini, made, client, project_title=title)

    def and_arrive(seconds):
        if seconds > 1:
            real(client, project, under_way.pop())

    monkeypatch.setattr(delivery_module, "time", SimpleNamespace(sleep=and_arrive))
    result = push(store, mini, made, client, project_title=title)
    assert (result.sent, result.already_there, result.doubled) == (0, 3, ())
    assert on_server(client, project) == {a.id: 1 for a in made}


def test_requests_that_all_arrive_after_the_push_has_given_up_are_taken_back_by_the_next(
    store, mini, articles, client, title, quick, rows, people, monkeypatch
):
    made = articles(3)
    project = push(store, mini, [], client, project_title=title).project_id
    real, under_way = Client.import_tasks, []

    def lost(self, project_id, items):
        under_way.append(list(items))
        raise UnclearWrite("E_PUSH_UNKNOWN", "time is up before the answer")

    with monkeypatch.context() as patched:
        patched.setattr(Client, "import_tasks", lost)
        with pytest.raises(CurationError, match="0 have been seen"):
            push(store, mini, made, client, project_title=title)
    for items in under_way:
        real(client, project, items)
    assert on_server(client, project) == {a.id: 3 for a in made}
    last = max(found.ls_task_id for found in client.find_tasks(project, [made[2].id]))
    people[0].annotate(last, rows(made[2].text))
    for dry_run in (True, False):
        result = push(store, mini, made, client, project_title=title, dry_run=dry_run)
        assert (result.sent, result.already_there, result.doubled) == (0, 3, (made[2].id,))
    assert on_server(client, project) == {made[0].id: 1, made[1].id: 1, made[2].id: 2}
    assert client.count_annotations(project) == 1
    assert states(store, client, project) == {"sent": 3}


def test_a_push_that_is_killed_before_it_takes_doubles_back_leaves_that_to_the_next(
    store, mini, articles, client, through, proxy, title, monkeypatch
):
    made = articles(3)

    def killed(self, articles):
        raise KeyboardInterrupt

    proxy.fail("/import", {1}, "twice")
    with monkeypatch.context() as patched:
        patched.setattr(delivery_module.Delivery, "_withdraw_twins", killed)
        with pytest.raises(KeyboardInterrupt):
            push(store, mini, made, through, project_title=title)
    result = push(store, mini, made, client, project_title=title)
    assert (result.sent, result.already_there, result.doubled) == (0, 3, ())
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}
    assert states(store, client, result.project_id) == {"sent": 3}


def test_what_was_sent_three_times_is_not_taken_for_its_own_double(
    store, mini, articles, client, title, quick, monkeypatch
):
    """Ids so long that they are looked for in several requests, after which nothing must be found twice."""
    made = [replace(article, id=f"{article.id}-{'x' * 100}") for article in articles(40)]
    real, lost = Client.import_tasks, [1, 2]

    def tardy(self, project_id, items):
        if lost:
            raise UnclearWrite("E_PUSH_UNKNOWN", f"the answer {lost.pop()} was lost")
        return real(self, project_id, items)

    monkeypatch.setattr(Client, "import_tasks", tardy)
    result = push(store, mini, made, client, project_title=title)
    assert (result.sent, result.doubled) == (40, ())
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}


@pytest.mark.parametrize("fault", ["reset", "502"])
def test_requests_that_are_lost_again_and_again_are_an_error_and_the_next_push_sends_what_is_missing(
    store, mini, articles, client, through, proxy, title, quick, monkeypatch, fault
):
    monkeypatch.setattr(delivery_module, "CHUNK", 4)
    monkeypatch.setattr(push_module, "CHUNK", 4)
    made = articles(10)
    proxy.fail("/import", {2, 3, 4}, fault, deliver=False)
    with pytest.raises(CurationError, match="nothing lost") as caught:
        push(store, mini, made, through, project_title=title)
    assert (caught.value.code, caught.value.exit) == ("E_PUSH_UNKNOWN", Exit.REMOTE)
    result = push(store, mini, made, through, project_title=title)
    assert (result.sent, result.already_there) == (6, 4)
    assert on_server(client, result.project_id) == {a.id: 1 for a in made}
    assert states(store, client, result.project_id) == {"sent": 10}


def test_a_server_that_wants_to_be_left_alone_for_long_gets_nothing_again(
    store, mini, articles, client, through, proxy, title, monkeypatch
):
    monkeypatch.setitem(FAULTS, "busy", status("429 Too Many Requests", "Retry-After: 3600"))
    made = articles(3)
    proxy.fail("/import", range(1, 9), "busy", deliver=False)
    with pytest.raises(CurationError, match="asks to wait 3600 s") as caught:
        push(store, mini, made, through, project_title=title)
    assert caught.value.code == "E_PUSH_UNKNOWN"
    assert sum("/import" in line for line in proxy.requests) == 1
    assert push(store, mini, made, client, project_title=title).sent == 3


def test_a_lost_answer_to_the_making_of_the_project_makes_no_second_one(
    store, mini, articles, client, through, proxy, title
):
    proxy.fail("POST /api/projects/ ", {1}, "reset")
    result = push(store, mini, articles(1), through, project_title=title)
    assert [project["id"] for project in client.projects(title)] == [result.project_id]
    assert result.created_project


def test_a_project_that_the_server_makes_twice_by_itself_is_there_once(
    store, mini, articles, client, through, proxy, title
):
    """As it does on SQLite where the database was locked; its answer is that to the second time."""
    proxy.fail("POST /api/projects/ ", {1}, "twice")
    result = push(store, mini, articles(1), through, project_title=title)
    assert [project["id"] for project in client.projects(title)] == [result.project_id]


def test_a_dry_run_says_what_a_push_would_do_and_writes_nothing(
    store, mini, definitions, articles, client, through, proxy, title
):
    made = articles(3)
    dry = push(store, mini, made, through, project_title=title, dry_run=True)
    assert (dry.dry_run, dry.created_project, dry.project_id, dry.sent) == (True, True, 0, 3)
    assert client.projects(title) == []
    assert store.ledger.project(client.server, mini.name) is None
    first = push(store, mini, made[:2], client, project_title=title, overlap=2)
    changed = changed_task(definitions, mini, "calm", "cool")
    (mini.folder / "codebook.md").write_text("# New")
    changed = load_task(definitions, "mini")
    before, ledger = client.project(first.project_id), store.ledger.project(client.server, mini.name)
    with pytest.raises(CurationError) as caught:
        push(store, changed, made, through, project_title=title, dry_run=True)
    assert caught.value.code == "E_INTERFACE_DRIFT", "as the push itself would say"
    dry = push(store, changed, made, through, project_title=title, update_interface=True, overlap=3, dry_run=True)
    assert (dry.interface, dry.sent, dry.already_there) == ("updated", 1, 2)
    assert dry.settings == ("codebook sent", "overlap 2 -> 3")
    assert client.project(first.project_id) == before
    assert store.ledger.project(client.server, mini.name) == ledger
    assert on_server(client, first.project_id) == {a.id: 1 for a in made[:2]}
    asked = ("GET ", "POST /api/token/refresh", "POST /api/projects/validate")
    written = [line for line in proxy.requests if not line.startswith(asked) and "/validate/" not in line]
    assert written == []
    done = push(store, changed, made, client, project_title=title, update_interface=True, overlap=3)
    told = ("interface", "settings", "sent", "already_there", "updated")
    assert [getattr(done, name) for name in told] == [getattr(dry, name) for name in told]


def test_a_dry_run_writes_nothing_here_either(store, mini, articles, client, title):
    made = articles(3)
    first = push(store, mini, made[:2], client, project_title=title)
    angry = mini.interface.replace("heated", "angry")
    client.change_project(first.project_id, label_config=angry, expert_instruction="<p>By hand</p>")
    before = dumped(store)
    for how in ({}, {"update_interface": True}, {"new_project": True}):
        with suppress(CurationError):
            push(store, mini, [edited(made[0]), *made[1:]], client, project_title=title, dry_run=True, **how)
        assert dumped(store) == before


def dumped(store: Store) -> list[str]:
    """Everything that a store holds."""
    with closing(sqlite3.connect(store.path)) as connection:
        return list(connection.iterdump())


def test_a_flaky_reading_is_not_noticed(store, mini, articles, through, proxy, title):
    proxy.fail("GET ", {1, 3, 5}, "reset")
    result = push(store, mini, articles(3), through, project_title=title)
    assert result.sent == 3


def test_a_project_deleted_under_us(store, mini, articles, client, title):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title)
    client.delete("projects", first.project_id)
    with pytest.raises(CurationError) as caught:
        push(store, mini, made, client, project_title=title)
    assert (caught.value.code, caught.value.exit) == ("E_PROJECT_GONE", Exit.CONFLICT)
    again = push(store, mini, made, client, project_title=title, new_project=True)
    assert again.created_project
    assert again.sent == 2
    assert push(store, mini, made, client, project_title=title).project_id == again.project_id


def test_an_interrupted_new_project_is_taken_up(store, mini, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    left = client.create_project(title=title, description="curation:mini", label_config=mini.interface)
    result = push(store, mini, made, client, project_title=title, new_project=True)
    assert (result.project_id, result.sent) == (left, 1)
    third = push(store, mini, made, client, project_title=title, new_project=True)
    assert third.project_id not in (first.project_id, left)


def test_an_interface_changed_in_label_studio_stops_the_push(store, mini, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    client.change_project(first.project_id, label_config=mini.interface.replace("heated", "angry"))
    with pytest.raises(CurationError, match="changed in Label Studio") as caught:
        push(store, mini, made, client, project_title=title)
    assert (caught.value.code, caught.value.exit) == ("E_INTERFACE_DRIFT", Exit.CONFLICT)
    differs = 'Label Studio has <Choice value="angry"/>; the workspace has <Choice value="heated"/>'
    assert caught.value.message.endswith(f"changed in Label Studio: {differs}")
    result = push(store, mini, made, client, project_title=title, update_interface=True)
    assert result.interface == "updated"
    assert client.project(first.project_id)["label_config"] == mini.interface.strip()


def test_layout_alone_is_no_drift(store, mini, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    client.change_project(first.project_id, label_config=mini.interface.replace("\n", "\n   ").strip())
    assert push(store, mini, made, client, project_title=title).interface == "same"


def test_an_interface_changed_in_the_workspace_stops_the_push(store, mini, definitions, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    changed = changed_task(definitions, mini, "calm", "cool")
    with pytest.raises(CurationError, match=r"interface.xml of mini has changed") as caught:
        push(store, changed, made, client, project_title=title)
    assert caught.value.code == "E_INTERFACE_DRIFT"
    assert push(store, changed, made, client, project_title=title, update_interface=True).interface == "updated"
    assert "cool" in client.project(first.project_id)["label_config"]


def test_labels_in_use_are_not_taken_away(store, mini, definitions, articles, client, title, rows):
    """The server itself would let it happen and leave annotations without their labels."""
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    [item] = client.list_tasks(first.project_id)
    client.annotate(item.ls_task_id, rows(made[0].text))
    changed = changed_task(definitions, mini, "Actor", "Person")
    with pytest.raises(CurationError, match=r"lacks: 'Actor' of 'span' \(1 item\)") as caught:
        push(store, changed, made, client, project_title=title, update_interface=True)
    assert caught.value.code == "E_INTERFACE_DRIFT"
    assert client.project(first.project_id)["label_config"] == mini.interface.strip()


@pytest.mark.poison
def test_an_item_on_which_the_server_fails_may_use_what_would_go(
    store, mini, definitions, articles, client, title, rows
):
    made = articles(2)
    first = push(store, mini, made, client, project_title=title)
    [item] = client.find_tasks(first.project_id, [made[0].id])
    client.annotate(item.ls_task_id, rows(made[0].text))
    poison(client, item.ls_task_id, {"article_id": made[0].id, "sha256": made[0].sha256, "text": "a \ud800 b"})
    interface = mini.interface
    changed = changed_task(definitions, mini, "Actor", "Person")
    with pytest.raises(CurationError, match=f"some in item {item.ls_task_id}, on which Label Studio fails") as caught:
        push(store, changed, made, client, project_title=title, update_interface=True)
    assert caught.value.code == "E_INTERFACE_DRIFT"
    # The way out that is told.
    (mini.folder / "interface.xml").write_text(interface)
    assert push(store, load_task(definitions, "mini"), made, client, project_title=title).updated == (made[0].id,)
    changed = changed_task(definitions, mini, "Actor", "Person")
    with pytest.raises(CurationError, match=r"lacks: 'Actor' of 'span' \(1 item\)") as caught:
        push(store, changed, made, client, project_title=title, update_interface=True)
    assert "perhaps" not in caught.value.message


def test_an_interface_that_the_server_refuses_makes_no_project(store, mini, definitions, articles, client, title):
    changed = changed_task(definitions, mini, 'toName="text" choice="single-radio"', 'toName="nowhere"')
    with pytest.raises(CurationError, match=r"refuses .*interface\.xml") as caught:
        push(store, changed, articles(1), client, project_title=title)
    assert caught.value.code == "E_DEFINITION"
    assert client.projects(title) == []


def test_codebook_and_overlap_follow_the_workspace(store, mini, definitions, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title, overlap=2)
    assert client.project(first.project_id)["maximum_annotations"] == 2
    client.change_project(first.project_id, expert_instruction="by hand", maximum_annotations=5)
    assert push(store, mini, made, client, project_title=title).settings == ()
    project = client.project(first.project_id)
    assert (project["expert_instruction"], project["maximum_annotations"]) == ("by hand", 5), "left as they are"
    client.change_project(first.project_id, expert_instruction=codebook_html(mini.codebook))
    (mini.folder / "codebook.md").write_text("# New")
    changed = push(store, load_task(definitions, "mini"), made, client, project_title=title, overlap=3)
    assert changed.settings == ("codebook sent", "overlap 5 -> 3")
    assert (changed.drift, changed.diff[3]) == (None, "-# Mini")
    project = client.project(first.project_id)
    assert project["expert_instruction"].strip() == "<h1>New</h1>"
    assert project["maximum_annotations"] == 3


def test_instructions_changed_in_label_studio_are_not_lost(store, mini, definitions, articles, client, title):
    made = articles(1)
    first = push(store, mini, made, client, project_title=title)
    client.change_project(first.project_id, expert_instruction="<p>By hand</p>")
    told = push(store, mini, made, client, project_title=title)
    assert "were changed in Label Studio" in told.drift
    assert "--update-interface" in told.fix
    assert "-<p>By hand</p>" in told.diff
    (mini.folder / "codebook.md").write_text("# New")
    changed = load_task(definitions, "mini")
    with pytest.raises(CurationError, match="have both changed") as caught:
        push(store, changed, made, client, project_title=title)
    assert caught.value.code == "E_INTERFACE_DRIFT"
    assert {"-<p>By hand</p>", "+<h1>New</h1>"} <= set(caught.value.details)
    assert client.project(first.project_id)["expert_instruction"] == "<p>By hand</p>"
    replaced = push(store, changed, made, client, project_title=title, update_interface=True)
    assert (replaced.settings, replaced.interface, replaced.drift) == (("codebook sent",), "same", None)
    assert client.project(first.project_id)["expert_instruction"].strip() == "<h1>New</h1>"


def test_what_one_control_loses_is_not_taken_for_what_another_has(
    store, mini, definitions, articles, client, title, rows, annotators
):
    """One word can be a value of two controls, and a relation: Label Studio's own check looks at the word alone."""
    more = (
        '<Relations choice="single"><Relation value="heated"/></Relations><Choices name="pace" toName="text">'
        '<Choice value="calm"/><Choice value="quick"/></Choices></View>'
    )
    before = changed_task(definitions, mini, "</View>", more)
    made = articles(2)
    project_id = push(store, before, made, client, project_title=title).project_id
    texts = {article.id: article.text for article in made}
    annotated, drafted = client.find_tasks(project_id, texts)
    relation = {"type": "relation", "from_id": "m1", "to_id": "m1", "direction": "right", "labels": ["heated"]}
    client.annotate(annotated.ls_task_id, [*rows(texts[annotated.article_id]), relation])
    with Client(annotators[0]) as annotator:
        paced = {"id": "p", "from_name": "pace", "to_name": "text", "type": "choices", "value": {"choices": ["calm"]}}
        annotator.save_draft(drafted.ls_task_id, [*rows(texts[drafted.article_id]), paced])

    lacking = changed_task(definitions, before, 'Relation value="heated"', 'Relation value="warm"')
    lacking = changed_task(definitions, lacking, '"calm"/><Choice value="quick"', '"slow"/><Choice value="quick"')
    with pytest.raises(CurationError, match="lacks: ") as caught:
        push(store, lacking, made, client, project_title=title, update_interface=True)
    assert caught.value.message.endswith("lacks: the relation 'heated' (1 item), 'calm' of 'pace' (1 item)")
    assert client.project(project_id)["label_config"] == before.interface.strip()

    (mini.folder / "interface.xml").write_text(before.interface)
    unused = changed_task(definitions, before, 'value="quick"', 'value="fast"')
    kept = push(store, unused, made, client, project_title=title, update_interface=True)
    assert kept.interface == "updated", "what nobody uses goes"


def test_a_server_that_goes_down(store, mini, articles, proxy, through, title):
    proxy.close()
    through._connection._attempts = 1
    with pytest.raises(CurationError) as caught:
        push(store, mini, articles(1), through, project_title=title)
    assert (caught.value.code, caught.value.exit) == ("E_SERVER_DOWN", Exit.REMOTE)


def test_the_interface_satisfies_the_reference_parser(mini):
    from label_studio_sdk.label_interface import LabelInterface

    LabelInterface(mini.interface).validate()


def test_the_codebook_is_shown_as_it_was_written():
    html = codebook_html("| a | b |\n|---|---|\n| 1 | <script>x</script> |\n\n[x](javascript:alert(1))")
    assert "<table>" in html
    assert "<script>" not in html
    assert 'href="javascript' not in html


def test_no_secret_reaches_the_store_or_an_error(store, mini, articles, label_studio, through, proxy, title, tmp_path):
    proxy.fail("GET /api/tasks", set(range(1, 99)), "500")
    through._connection._attempts = 1
    with pytest.raises(ServerFault) as caught:
        push(store, mini, articles(1), through, project_title=title)
    secrets = [label_studio.token, through._connection._access]
    assert not any(secret in str(caught.value) for secret in secrets)
    for path in tmp_path.glob("curation.db*"):
        assert not any(secret.encode() in path.read_bytes() for secret in secrets)


def changed_task(definitions, task, old: str, new: str):
    """The task with its interface edited."""
    assert old in task.interface
    (task.folder / "interface.xml").write_text(task.interface.replace(old, new))
    return load_task(definitions, task.name)
