"""Flags: exactly the items with findings have them, nothing else of an item changes, and whatever fails converges."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import curation
from curation.errors import CurationError
from curation.findings import finding, locate
from curation.records import Finding
from curation.studio import flags as flags_module
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.flags import KEY, TAB, flag
from curation.studio.pull import pull
from curation.studio.push import push
from curation.validation import validate

pytestmark = pytest.mark.server


@pytest.fixture
def through(proxy, label_studio) -> Iterator[Client]:
    """A connection through the fault proxy, in the ledger the same server as the direct one."""
    with Client(Credentials(proxy.url, label_studio.token, "test", label_studio.url)) as connection:
        yield connection


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(flags_module, "_ARRIVING", (0.05, 0.05))


@pytest.fixture
def project(store, mini, mini_schemas, articles, client, title, annotators, rows) -> int:
    """Four articles, each annotated once and pulled; of the annotations of the first two, tone is none of the task."""
    made = articles(4)
    project_id = push(store, mini, made, client, project_title=title).project_id
    texts = {article.id: article.text for article in made}
    with Client(annotators[0]) as first:
        for found in client.find_tasks(project_id, texts):
            wrong = found.article_id in {made[0].id, made[1].id}
            first.annotate(found.ls_task_id, rows(texts[found.article_id], tone="cold" if wrong else "calm"))
    pull(store, mini, mini_schemas, client)
    validate(store, mini, mini_schemas)
    return project_id


@pytest.fixture
def errors(store) -> Callable[[], Iterator[Finding]]:
    return lambda: (found for found in store.annotations.each_finding("mini") if found.severity == "error")


def data(client: Client, project_id: int) -> dict[int, dict[str, Any]]:
    """What lies on the server of every item, by number: PostgreSQL hands them out in any order."""
    items = [item.ls_task_id for item in client.list_tasks(project_id)]
    return dict(sorted((item["id"], item["data"]) for item in client.export_tasks(project_id, items)))


def flagged(client: Client, project_id: int) -> set[int]:
    return {item for item, held in data(client, project_id).items() if KEY in held}


def without_flags(client: Client, project_id: int) -> dict[int, dict[str, Any]]:
    held = data(client, project_id)
    return {item: {name: value for name, value in one.items() if name != KEY} for item, one in held.items()}


def shown_by(client: Client, project_id: int, title: str) -> set[int]:
    """The items that a tab shows, as the Data Manager asks for them."""
    (tab,) = [tab["id"] for tab in client.tabs(project_id) if tab["data"]["title"] == title]
    return {item["id"] for item in client._read("/api/tasks/", {"view": tab, "project": project_id})["tasks"]}


def test_items_with_findings_are_flagged_and_a_second_run_has_nothing_to_do(store, mini, client, project, errors):
    before = data(client, project)
    first = flag(store, mini, client, errors())
    assert (first.flagged, first.cleared, first.unchanged, first.findings) == (2, 0, 0, 2)
    assert without_flags(client, project) == before, "text, title, id and hash stay as they were"
    held = data(client, project)
    assert flagged(client, project) == set(list(before)[:2])
    item, text = next((item, one[KEY]) for item, one in held.items() if KEY in one)
    codes, line = text.splitlines()
    assert codes == "F_VALUE_UNKNOWN"
    number = next(one.raw["id"] for one in store.annotations.all() if one.raw["task"] == item)
    assert line.startswith(f"annotator-01, annotation {number}: A value that the field does not have. ")
    assert "cold" in line

    second = flag(store, mini, client, errors())
    assert (second.flagged, second.cleared, second.unchanged) == (0, 0, 2)
    assert data(client, project) == held


def test_a_tab_shows_the_flagged_items_and_the_one_with_all_stays_first(store, mini, client, project, errors):
    result = flag(store, mini, client, errors())
    tabs = client.tabs(project)
    assert [tab["data"]["title"] for tab in tabs] == ["Default", TAB]
    assert result.url == f"{client.project_url(project)}?tab={tabs[1]['id']}"
    assert shown_by(client, project, TAB) == flagged(client, project)
    assert shown_by(client, project, "Default") == set(data(client, project))
    hidden = tabs[0]["data"]["hiddenColumns"]["explore"]
    assert f"tasks:data.{KEY}" in hidden, "whoever annotates is not told of others' work in passing"
    flag(store, mini, client, ())
    flag(store, mini, client, errors())
    assert client.tabs(project) == tabs


def test_tabs_that_people_made_stay(store, mini, client, project, errors):
    mine = client.create_tab(project, title=TAB, filters={"conjunction": "or", "items": []})
    tabs = client.tabs(project)
    assert flag(store, mini, client, errors()).url.endswith(f"?tab={mine}")
    assert client.tabs(project) == tabs


def test_what_is_mended_is_cleared(store, mini, mini_schemas, client, project, errors, annotators, rows):
    flag(store, mini, client, errors())
    wrong = next(errors()).annotation
    stored = store.annotations.get(wrong)
    text = store.articles.get(stored.article_id).text
    with Client(annotators[0]) as first:
        first.change_annotation(stored.raw["id"], result=rows(text))
    pulled = pull(store, mini, mini_schemas, client)
    assert (pulled.annotations_new, pulled.annotations_changed) == (0, 1)
    validate(store, mini, mini_schemas)
    result = flag(store, mini, client, errors())
    assert (result.flagged, result.cleared, result.unchanged) == (0, 1, 1)
    assert stored.context["ls_task"] not in flagged(client, project)


def test_a_flag_is_no_change_to_push_pull_or_validation(store, mini, mini_schemas, client, title, project, errors):
    flag(store, mini, client, errors())
    pulled = pull(store, mini, mini_schemas, client)
    assert (pulled.annotations_new, pulled.annotations_changed, pulled.deleted) == (0, 0, 0)
    assert pull(store, mini, mini_schemas, client, full=True).nothing_new
    report = validate(store, mini, mini_schemas)
    assert (report.checked, report.quarantined) == (0, 2)
    pushed = push(store, mini, list(store.articles), client, project_title=title)
    assert (pushed.sent, pushed.already_there, pushed.changed, pushed.interface) == (0, 4, (), "same")


def test_a_dry_run_changes_nothing(store, mini, client, project, errors):
    before = data(client, project)
    result = flag(store, mini, client, errors(), dry_run=True)
    assert (result.flagged, result.findings, result.dry_run) == (2, 2, True)
    assert (data(client, project), client.tabs(project)) == (before, [])


def test_all_flags_can_be_taken_away(store, mini, client, project, errors):
    before = data(client, project)
    flag(store, mini, client, errors())
    assert flag(store, mini, client, ()).cleared == 2
    assert data(client, project) == before


def test_an_item_of_several_annotations_names_each(
    store, mini, mini_schemas, client, project, errors, annotators, rows
):
    item = store.annotations.get(next(errors()).annotation).context["ls_task"]
    text = client.item_data(project, item)["text"]
    with Client(annotators[1]) as second:
        second.annotate(item, rows(text, tone="hot"))
    pull(store, mini, mini_schemas, client)
    validate(store, mini, mini_schemas)
    flag(store, mini, client, errors())
    told = client.item_data(project, item)[KEY]
    assert "annotator-01, " in told
    assert "annotator-02, " in told
    assert told.splitlines()[0] == "F_VALUE_UNKNOWN"


def test_many_findings_are_cut_and_no_character_breaks_the_server(store, mini, client, project, errors):
    one = next(errors())
    hostile = "<b>\ud83d half, \u202eturned,\x00 nothing</b> " + "long " * 200
    many = [replace(one, message=f"{number}: {hostile}") for number in range(50)]
    flag(store, mini, client, many)
    (told,) = [held[KEY] for held in data(client, project).values() if KEY in held]
    assert told.splitlines()[-1] == "... and 30 more"
    assert len(told.splitlines()) == 22
    assert len(told) < 10_000
    assert r"\ud83d half, \u202eturned,\x00 nothing" in told


FAULTS = [
    *((fault, True) for fault in ("reset", "cut", "500", "502", "429")),
    *((fault, False) for fault in ("reset", "500", "429")),
]


@pytest.mark.parametrize(("fault", "deliver"), FAULTS)
@pytest.mark.usefixtures("quick")
def test_a_lost_answer_is_looked_after(store, mini, client, through, proxy, project, errors, fault, deliver):
    before = data(client, project)
    proxy.fail("PATCH /api/tasks/", {1, 2}, fault, deliver=deliver)
    result = flag(store, mini, through, errors())
    assert (result.flagged, result.refused) == (2, ())
    assert without_flags(client, project) == before
    assert len(flagged(client, project)) == 2


@pytest.mark.usefixtures("quick")
def test_an_item_that_the_server_fails_on_is_named_and_the_others_are_flagged(
    store, mini, client, through, proxy, project, errors
):
    first = store.annotations.get(next(errors()).annotation).context["ls_task"]
    proxy.fail(f"PATCH /api/tasks/{first}/ ", range(1, 100), "500", deliver=False)
    result = flag(store, mini, through, errors())
    assert ([item for item, _ in result.refused], result.flagged) == ([first], 1)
    assert first not in flagged(client, project)
    assert len(flagged(client, project)) == 1
    assert flag(store, mini, client, errors()).flagged == 1


@pytest.mark.usefixtures("quick")
def test_a_server_that_takes_nothing_ends_the_run(store, mini, through, proxy, project, errors, monkeypatch):
    monkeypatch.setattr(flags_module, "_HOPELESS", 2)
    proxy.fail("PATCH /api/tasks/", range(1, 100), "500", deliver=False)
    with pytest.raises(CurationError, match="so for 2 items") as caught:
        flag(store, mini, through, errors())
    assert caught.value.code == "E_SERVER_ERROR"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", ["reset", "500"])
def test_a_tab_whose_answer_was_lost_is_made_once(store, mini, client, through, proxy, project, errors, fault):
    proxy.fail("POST /api/dm/views/", {1, 2}, fault)
    flag(store, mini, through, errors())
    assert [tab["data"]["title"] for tab in client.tabs(project)] == ["Default", TAB]


def test_items_that_are_gone_are_told(store, mini, client, project, errors):
    gone = store.annotations.get(next(errors()).annotation).context["ls_task"]
    client.delete("tasks", gone)
    result = flag(store, mini, client, errors())
    assert (result.gone, result.flagged) == ((gone,), 1)


@pytest.mark.parametrize("own", ["a note", 7])
def test_what_a_project_has_under_the_key_itself_stays(store, mini, client, project, errors, own):
    first, second = (store.annotations.get(found.annotation).context["ls_task"] for found in errors())
    *_, unannotated = data(client, project)
    for item in (first, unannotated):
        client.change_data(item, {**data(client, project)[item], KEY: own})
    result = flag(store, mini, client, errors())
    assert [(item, "stays" in reason) for item, reason in result.refused] == [(first, True)]
    assert (result.flagged, result.findings) == (1, 1)
    assert shown_by(client, project, TAB) == {second}
    assert flag(store, mini, client, ()).cleared == 1
    assert {item: held[KEY] for item, held in data(client, project).items() if KEY in held} == {
        first: own,
        unannotated: own,
    }


def test_words_from_right_to_left_turn_nothing_around_them(store, mini, client, project):
    wrong = next(iter(store.annotations.all()))
    found = finding("F_PATTERN", "Actor “إيلينا” (447–457): no")
    flag(store, mini, client, [replace(found, annotation=wrong.id)])
    assert "Actor “\u2068إيلينا\u2069” (447–457)" in data(client, project)[wrong.context["ls_task"]][KEY]


def test_findings_of_other_places_are_counted(store, mini, client, project):
    found = locate(finding("F_PATTERN", "m"), annotation="elsewhere", article_id="a", annotator="x", url=None)
    result = flag(store, mini, client, [found])
    assert (result.elsewhere, result.flagged, result.findings) == (1, 0, 0)


def test_a_task_without_a_project_has_nothing_to_flag(store, mini, client):
    with pytest.raises(CurationError) as caught:
        flag(store, mini, client, ())
    assert caught.value.code == "E_NOT_FOUND"


def test_flags_survive_where_a_file_is_pulled(store, mini, mini_schemas, client, project, errors, tmp_path):
    """An export made by hand carries the flags; they are no part of what is read."""
    from curation.studio.exportfile import pull_file

    flag(store, mini, client, errors())
    items = [item.ls_task_id for item in client.list_tasks(project)]
    path = tmp_path / "export.json"
    path.write_text(json.dumps(client.export_tasks(project, items)), encoding="utf-8")
    texts = {article.id: article.sha256 for article in store.articles}
    pull_file(store, mini, mini_schemas, path, addresses={})
    assert {article.id: article.sha256 for article in store.articles} == texts


def test_nothing_else_of_an_item_changes(store, mini, client, project, errors):
    def seen() -> dict[int, Any]:
        items = [item.ls_task_id for item in client.list_tasks(project)]
        kept = {item: client._read(f"/api/tasks/{item}/") for item in items}
        return {
            item: {name: one[name] for name in one if name not in ("data", "updated_at")} for item, one in kept.items()
        }

    before = seen()
    flag(store, mini, client, errors())
    assert seen() == before


@pytest.fixture
def study(label_studio, client, title, annotators, tmp_path, monkeypatch) -> curation.Workspace:
    """A workspace of the flagship task with one article, on which two annotators have submitted nothing but a span."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    workspace = curation.init(tmp_path / "study")
    settings = workspace.path / "curation.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + f'\n[studio]\nproject = "{title}"\n', encoding="utf-8")
    text = "The harbour master, Ada Lund , said that the quay stays open all night."
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": title.replace(" ", "-"), "text": text}), encoding="utf-8")
    workspace = curation.open(workspace.path)
    workspace.ingest([tmp_path / "a.jsonl"])
    project = workspace.push().project_id
    (item,) = client.list_tasks(project)
    value = {"start": 20, "end": 29, "text": text[20:29], "labels": ["Actor"]}
    control = workspace.task().span_control
    row = {"id": "lund", "from_name": control, "to_name": "text", "type": "labels", "origin": "manual", "value": value}
    for person in annotators:
        with Client(person) as connection:
            connection.annotate(item.ls_task_id, [row])
    workspace.pull()
    return workspace


def test_the_command_flags_errors_and_what_is_asked_for(run, study, client):
    def told() -> str:
        project = study.flag(dry_run=True).project_id
        (held,) = data(client, project).values()
        return str(held.get(KEY, ""))

    first = run("studio", "flag", "-w", study.path)
    assert first.exit == 0, "what was not validated yet is validated first"
    assert first.out.startswith("1 item flagged, 0 cleared, 0 as before")
    assert "?tab=" in first.out
    assert told().splitlines()[0] == "F_REQUIRED_MISSING"
    assert run("studio", "flag", "-w", study.path).out.startswith(
        "0 items flagged, 0 cleared, 1 as before; nothing to do"
    )

    dry = run("studio", "flag", "-w", study.path, "--warnings", "--dry-run")
    assert dry.out.startswith("1 item would be flagged, 0 would be cleared")
    assert "F_SPAN_EDGES" not in told()
    run("studio", "flag", "-w", study.path, "--warnings")
    assert told().splitlines()[0].split()[:2] == ["F_REQUIRED_MISSING", "F_SPAN_EDGES"]
    assert run("studio", "flag", "-w", study.path, "--code", "f_span_edges").exit == 0
    assert told().splitlines()[0] == "F_SPAN_EDGES"
    assert len(told().splitlines()) == 3, "a line for each annotator"

    cleared = run("studio", "flag", "-w", study.path, "--clear", "--json").json
    assert (cleared["cleared"], cleared["findings"], told()) == (1, 0, "")
