"""On a real Label Studio: drift is shown as a diff, and a migration is carried over to the project and back."""

from __future__ import annotations

import time
import tomllib
from pathlib import Path

import pytest

from curation.catalog import load_task
from curation.errors import CurationError
from curation.records import Annotation, Mention
from curation.studio.client import Client
from curation.studio.project import codebook_html
from curation.studio.pull import pull
from curation.studio.push import push
from curation.studio.resending import resend, withdraw
from curation.studio.screens import interface_version
from curation.studio.uniting import united
from curation.text import content_hash
from curation.workspace.migration import migrate, standing, undo

pytestmark = pytest.mark.server

RENAME = 'labels.Actor.rename = "Party"\nchoices.tone.values.calm.rename = "cool"\n'
SWAP = 'choices.tone.values.calm.rename = "heated"\nchoices.tone.values.heated.rename = "calm"\n'


@pytest.fixture
def pushed(store, mini, articles, client, title):
    """Two articles in a project of the small task, one with a suggestion."""
    made = articles(2)
    mention = Mention("p1", "Actor", 0, 7, made[0].text[:7])
    record = Annotation("p", made[0].id, made[0].sha256, "mini", "1", "model", mentions=(mention,),
                        choices={"tone": "calm"}, origin="prediction")  # fmt: skip
    with store.transaction():
        store.predictions.put(record)
    result = push(store, mini, made, client, project_title=title)
    return made, result.project_id


def suggested(client: Client, project_id: int) -> list[list[dict]]:
    return [one["result"] for one in client.suggestions(project_id)]


@pytest.fixture
def annotated(pushed, store, mini, mini_schemas, client, annotators, rows):
    """Both annotated by two people, pulled, and one of them with an unfinished annotation."""
    made, project_id = pushed
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(project_id, [a.id for a in made])}
    for article in made:
        for who, tone in zip(annotators, ("calm", "heated"), strict=True):
            with Client(who) as person:
                person.annotate(items[article.id], rows(article.text, tone=tone))
    with Client(annotators[0]) as person:
        person.save_draft(items[made[0].id], rows(made[0].text))
    pull(store, mini, mini_schemas, client)
    return project_id


def results(client: Client, project_id: int) -> dict[int, list[dict]]:
    """What stands in a project, by annotation."""
    ids = [item.ls_task_id for item in client.list_tasks(project_id)]
    exported = client.export_tasks(project_id, ids)
    return {one["id"]: one["result"] for item in exported for one in item["annotations"]}


def drafts(client: Client, project_id: int) -> list[list[dict]]:
    ids = [item.ls_task_id for item in client.list_tasks(project_id)]
    return [one["result"] for item in client.export_tasks(project_id, ids) for one in item["drafts"]]


def authors(client: Client, project_id: int) -> dict[int, int]:
    ids = [item.ls_task_id for item in client.list_tasks(project_id)]
    exported = client.export_tasks(project_id, ids)
    return {one["id"]: one["completed_by"] for item in exported for one in item["annotations"]}


def words(result: list[dict]) -> set[str]:
    return {word for row in result for key in ("labels", "choices") for word in row["value"].get(key, ())}


def edit(task, name: str, old: str, new: str) -> None:
    path: Path = task.folder / name
    path.write_text(path.read_text().replace(old, new))


def test_a_refused_push_shows_what_differs_of_screen_and_codebook(
    store, definitions, mini, pushed, articles, client, title
):
    edit(mini, "interface.xml", '<Choice value="heated"/>', '<Choice value="heated"/><Choice value="dull"/>')
    edit(mini, "task.toml", '"heated"]', '"heated", "dull"]')
    edit(mini, "codebook.md", "Mark *actors*.", "Mark *all* actors.")
    changed = load_task(definitions, "mini")
    with pytest.raises(CurationError) as caught:
        push(store, changed, [], client, project_title=title)
    assert caught.value.code == "E_INTERFACE_DRIFT"
    diff = caught.value.details
    assert '+    <Choice value="dull"/>' in diff
    assert "-Mark *actors*. <b>Bold</b>" in diff
    assert "+Mark *all* actors. <b>Bold</b>" in diff
    assert caught.value.as_json()["details"] == list(diff)
    done = push(store, changed, [], client, project_title=title, update_interface=True)
    assert done.diff == diff
    assert push(store, changed, [], client, project_title=title).diff == ()


def test_a_pull_shows_what_was_changed_in_label_studio(store, mini, mini_schemas, pushed, client):
    _, project_id = pushed
    assert pull(store, mini, mini_schemas, client).drift is None
    edited = mini.interface.replace('<Label value="Actor"/>', '<Label value="Actor"/><Label value="Place"/>')
    client.change_project(project_id, label_config=edited, expert_instruction=codebook_html("# Mini\n\nMark nothing."))
    pulled = pull(store, mini, mini_schemas, client)
    assert f"the interface of project {project_id} was changed in Label Studio" in pulled.drift
    assert f"the instructions of project {project_id} were changed in Label Studio" in pulled.drift
    assert '-    <Label value="Place"/>' in pulled.diff
    assert "-<p>Mark nothing.</p>" in pulled.diff


def test_annotations_know_what_the_project_showed(store, definitions, mini, mini_schemas, annotated, client):
    versions = {(one.record.interface, one.record.codebook) for one in store.annotations.all() if one.record}
    assert versions == {(interface_version(mini.interface), content_hash(mini.codebook)[:12])}


def test_annotations_know_the_codebook_that_was_sent_after_others(
    store, definitions, mini, mini_schemas, pushed, client, annotators, rows, title
):
    made, project_id = pushed
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(project_id, [a.id for a in made])}

    def annotate(number: int) -> None:
        with Client(annotators[0]) as person:
            person.annotate(items[made[number].id], rows(made[number].text))

    annotate(0)
    # The server's clock tells whole seconds.
    time.sleep(1.1)
    edit(mini, "codebook.md", "Mark *actors*.", "Mark *all* actors.")
    changed = load_task(definitions, "mini")
    assert "codebook sent" in push(store, changed, [], client, project_title=title).settings
    time.sleep(1.1)
    annotate(1)
    pull(store, changed, mini_schemas, client)
    known = {one.article_id: one.record.codebook for one in store.annotations.all()}
    versions = [content_hash(task.codebook)[:12] for task in (mini, changed)]
    assert versions[0] != versions[1]
    assert known == dict(zip([article.id for article in made], versions, strict=True))


@pytest.mark.parametrize("text", [RENAME, SWAP])
def test_a_migration_is_carried_over_to_the_project_and_back(
    store, definitions, mini, mini_schemas, annotated, client, text
):
    before, people, unfinished = results(client, annotated), authors(client, annotated), drafts(client, annotated)
    suggestions = suggested(client, annotated)
    assert migrate(store, mini, mini_schemas, tomllib.loads(text)).annotations == 5
    after = load_task(definitions, "mini")
    done = resend(store, after, mini_schemas, client)
    assert (done.annotations, done.drafts, done.suggestions, done.interface) == (4, 1, 1, True)
    there = results(client, annotated)
    named = {"Actor": "Party", "calm": "cool"} if text == RENAME else {"calm": "heated", "heated": "calm"}
    for number, result in before.items():
        assert words(there[number]) == {named.get(word, word) for word in words(result)}
    assert words(drafts(client, annotated)[0]) == {named.get(word, word) for word in words(unfinished[0])}
    assert words(suggested(client, annotated)[0]) == {named.get(word, word) for word in ("Actor", "calm")}
    assert authors(client, annotated) == people
    assert client.project(annotated)["label_config"] == after.interface.strip()
    assert pull(store, after, mini_schemas, client, full=True).drift is None
    records = [one.record for one in store.annotations.all(status="submitted")]
    assert {mention.label for one in records for mention in one.mentions} == {named.get("Actor", "Actor")}
    tones = sorted(one.choices["tone"] for one in records)
    assert tones == sorted(named.get(tone, tone) for tone in ("calm", "calm", "heated", "heated"))

    again = resend(store, after, mini_schemas, client)
    assert (again.annotations, again.drafts, again.suggestions, again.interface) == (0, 0, 0, False)

    withdraw(store, after, mini_schemas, client, standing(store, after))
    undo(store, after, mini_schemas)
    push(store, load_task(definitions, "mini"), [], client, update_interface=True)
    assert results(client, annotated) == before
    assert suggested(client, annotated) == suggestions
    assert client.project(annotated)["label_config"] == mini.interface.strip()


def test_names_that_a_later_migration_brings_back_are_no_old_ones(
    store, definitions, mini, mini_schemas, annotated, client
):
    """There and back by two maps. Whoever had a page open meanwhile, and saves in the names between, is read too."""
    before, unfinished = results(client, annotated), drafts(client, annotated)
    migrate(store, mini, mini_schemas, tomllib.loads(RENAME))
    resend(store, load_task(definitions, "mini"), mini_schemas, client)
    number, between = next(one for one in results(client, annotated).items() if "cool" in words(one[1]))
    back = 'labels.Party.rename = "Actor"\nchoices.tone.values.cool.rename = "calm"\n'
    migrate(store, load_task(definitions, "mini"), mini_schemas, tomllib.loads(back))
    after = load_task(definitions, "mini")
    assert resend(store, after, mini_schemas, client).annotations == 4
    assert (results(client, annotated), drafts(client, annotated)) == (before, unfinished)
    pulled = pull(store, after, mini_schemas, client, full=True)
    assert (pulled.annotations_changed, pulled.drift) == (0, None)
    assert resend(store, after, mini_schemas, client).annotations == 0

    client.change_annotation(number, result=[{**row, "id": f"late-{row['id']}"} for row in between])
    pull(store, after, mini_schemas, client)
    records = [one.record for one in store.annotations.all(status="submitted")]
    assert {mention.label for one in records for mention in one.mentions} == {"Actor"}
    assert sorted(one.choices["tone"] for one in records) == ["calm", "calm", "heated", "heated"]


def test_what_was_cut_off_goes_on_and_swaps_nothing_twice(
    store, definitions, mini, mini_schemas, annotated, client, monkeypatch
):
    before = results(client, annotated)
    migrate(store, mini, mini_schemas, tomllib.loads(SWAP))
    after = load_task(definitions, "mini")
    real, calls = client.change_annotation, []

    def dies(number, **fields):
        calls.append(number)
        real(number, **fields)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(client, "change_annotation", dies)
    with pytest.raises(KeyboardInterrupt):
        resend(store, after, mini_schemas, client)
    monkeypatch.undo()
    resend(store, after, mini_schemas, client)
    swapped = {"calm": "heated", "heated": "calm"}
    for number, result in results(client, annotated).items():
        assert words(result) == {swapped.get(word, word) for word in words(before[number])}


def test_a_screen_that_somebody_changed_is_left_alone(store, definitions, mini, mini_schemas, annotated, client):
    edited = mini.interface.replace('<Label value="Actor"/>', '<Label value="Actor"/><Label value="Place"/>')
    client.change_project(annotated, label_config=edited)
    migrate(store, mini, mini_schemas, tomllib.loads(RENAME))
    after = load_task(definitions, "mini")
    with pytest.raises(CurationError) as caught:
        resend(store, after, mini_schemas, client)
    assert caught.value.code == "E_INTERFACE_DRIFT"
    assert client.project(annotated)["label_config"] == edited.strip()


def test_both_sets_of_names_are_shown_meanwhile(mini):
    new = mini.interface.replace("Actor", "Party").replace('value="calm"', 'value="cool"')
    both = united(mini.interface, new)
    for word in ("Actor", "Party", "calm", "cool", "heated"):
        assert both.count(f'"{word}"') == 1
