"""A tab for each annotator of the plan: the real server hands out there what was planned for them, and nothing else."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from curation.articles.selection import Plan, Request, select
from curation.errors import CurationError, Exit
from curation.studio.accounts import invite
from curation.studio.assignment import assign
from curation.studio.client import Client
from curation.studio.connection import ServerFault
from curation.studio.credentials import Credentials
from curation.studio.push import push

pytestmark = pytest.mark.server

NAMES = ("anna", "ben", "cleo")


@pytest.fixture(scope="module")
def people(label_studio):
    """Three people who annotate nothing else."""
    mark = uuid.uuid4().hex[:8]
    made = {}
    for name in NAMES:
        token = invite(label_studio.url, label_studio.token, f"{name}-{mark}@example.com", "a-long-password-1")
        made[name] = Client(Credentials(label_studio.url, token, "test"))
    yield made
    for one in made.values():
        one.close()


@pytest.fixture
def planned(store, mini, articles, client, title):
    """Selects seven articles for three people, two of them an article, and pushes; gives the plan and the project."""

    def call(calibration: int = 1):
        if not len(store.articles):
            articles(7)
        select(store, Request(annotators=NAMES, overlap=2, calibration=calibration))
        result = push(store, mini, store.articles.to_annotate(), client, project_title=title)
        ids = [article.id for article in store.articles.to_annotate()]
        plan = {one.article_id: one.annotators for one in Plan(NAMES, 2, calibration).assign(ids)}
        return plan, result.project_id

    return call


def annotate_all(person: Client, project_id: int, tab: int, rows) -> set[str]:
    """Everything that the server hands out to somebody who labels the tasks of a tab as displayed."""
    done: set[str] = set()
    # The page sends what its tab says: the server does not look at the tab.
    filters = next(one["data"]["filters"] for one in person.tabs(project_id) if one["id"] == tab)
    path = f"/api/dm/actions?id=next_task&tabID={tab}&project={project_id}"
    while True:
        try:
            item = person._connection.write("POST", path, {"ordering": [], "filters": filters})
        except (CurationError, ServerFault):
            return done
        assert item["data"]["article_id"] not in done
        done.add(item["data"]["article_id"])
        person.annotate(int(item["id"]), rows(item["data"]["text"]))


def tab_of(share) -> int:
    return int(share.url.partition("?tab=")[2])


def test_everybody_gets_what_was_planned_for_them(store, mini, client, planned, people, rows):
    plan, project = planned()
    found = assign(store, mini, client, NAMES, plan, url="https://labels.example.org")
    assert all(one.url.startswith(f"https://labels.example.org/projects/{project}/data?tab=") for one in found.shares)
    wanted = {name: {article for article, names in plan.items() if name in names} for name in NAMES}
    assert {(one.annotator, one.articles, one.tab) for one in found.shares} == {
        (name, len(wanted[name]), "made") for name in NAMES
    }
    handed = {one.annotator: annotate_all(people[one.annotator], project, tab_of(one), rows) for one in found.shares}
    assert handed == wanted
    assert {len(one) for one in wanted.values()} == {5}


def _of(name: str, plan) -> set[str]:
    return {article for article, names in plan.items() if name in names}


def test_a_second_run_changes_nothing_and_another_plan_only_the_articles(store, mini, client, planned):
    plan, project = planned()
    first = assign(store, mini, client, NAMES, plan)
    again = assign(store, mini, client, NAMES, plan)
    assert [(one.tab, one.url) for one in again.shares] == [("same", one.url) for one in first.shares]
    assert [tab["data"]["title"] for tab in client.tabs(project)] == ["Default", "For anna", "For ben", "For cleo"]
    mine = next(tab for tab in client.tabs(project) if tab["data"]["title"] == "For anna")
    client.change_tab(project, mine["id"], **{**mine["data"], "gridWidth": 7})
    other, _ = planned(calibration=3)
    changed = assign(store, mini, client, NAMES, other)
    # Which articles are for all is drawn: somebody's may be those of before.
    told = {one.annotator: one.tab for one in changed.shares}
    assert told == {name: "same" if _of(name, plan) == _of(name, other) else "changed" for name in NAMES}
    assert "changed" in told.values()
    assert [one.url for one in changed.shares] == [one.url for one in first.shares]
    kept = next(tab for tab in client.tabs(project) if tab["data"]["title"] == "For anna")
    assert kept["data"]["gridWidth"] == 7
    assert {one.tab for one in assign(store, mini, client, NAMES, other).shares} == {"same"}


def test_a_lost_answer_makes_no_second_tab(store, mini, client, planned, proxy, label_studio):
    plan, project = planned()
    proxy.fail("POST /api/dm/views", [1, 3], "reset")
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as through:
        assign(store, mini, through, NAMES, plan)
    assert len(client.tabs(project)) == 4
    assert {one.tab for one in assign(store, mini, client, NAMES, plan).shares} == {"same"}


def test_what_is_planned_and_not_pushed_is_told(store, mini, articles, client, planned):
    plan, _ = planned()
    found = assign(store, mini, client, (*NAMES, "dan"), {**plan, "later": ("dan",)})
    assert (found.unsent, found.shares[-1].articles) == (1, 0)


def test_without_named_annotators_or_a_project_there_is_nothing_to_share_out(run, workspace, store, mini, client):
    with pytest.raises(CurationError) as caught:
        assign(store, mini, client, NAMES, {})
    assert (caught.value.code, caught.value.fix) == ("E_NOT_FOUND", "curation studio push")
    ended = run("studio", "annotators", "assign", "-w", workspace.path)
    assert (ended.exit, ended.out) == (2, "")
    assert "the selection in force names no annotators" in ended.err


def test_a_project_that_is_gone_is_told(store, mini, client, planned):
    plan, _ = planned()
    binding = store.ledger.project(client.server, mini.name)
    assert binding is not None
    with store.transaction():
        store.ledger.bind(replace(binding, project_id=10**8))
    with pytest.raises(CurationError) as caught:
        assign(store, mini, client, NAMES, plan)
    assert (caught.value.code, caught.value.exit) == ("E_PROJECT_GONE", Exit.CONFLICT)
