"""On a real Label Studio: a migration that is killed anywhere is told as one that is not finished, and can be ended
or taken back; several are carried over, and taken back one by one; what is lost there is what the dry run said."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import sys
import tomllib

import pytest

from curation.catalog import load_task
from curation.errors import CurationError
from curation.records import Annotation, Mention
from curation.studio.client import Client
from curation.studio.project import settle_project
from curation.studio.pull import pull
from curation.studio.push import push
from curation.studio.resending import is_shown, resend, withdraw
from curation.workspace.migration import migrate, standing, undo
from tests.workspace.counted import fewer, named, said, told

pytestmark = pytest.mark.server

RENAME = 'labels.Actor.rename = "Party"\nchoices.tone.values.calm.rename = "cool"\n'
SWAP = 'choices.tone.values.calm.rename = "heated"\nchoices.tone.values.heated.rename = "calm"\n'
AGAIN = 'version = "3"\nlabels.Party.rename = "Gr\u00f6\u00dfe \u4eba"\nchoices.tone.values.heated.rename = "hot"\n'
MERGE = 'choices.tone.values.calm.merge = "heated"\n'

COMMAND = """
import json, sys, tomllib
from pathlib import Path
sys.modules["rfc3987_syntax"] = None  # an optional import of jsonschema, which takes a second
import httpx
from curation.catalog import Root, Schemas, load_task
from curation.store import Store
from curation.studio.client import Client
from curation.studio.credentials import Credentials
from curation.studio.project import settle_project
from curation.studio.resending import resend, withdraw
from curation.workspace.migration import migrate, standing, undo

which, folder, definitions, url, token, text = json.load(sys.stdin)
root = Root(Path(definitions), is_workspace=True, settings={})
schemas = Schemas(root.folder("schemas"))

send = httpx.Client.request
def told(client, method, *arguments, **settings):
    answer = send(client, method, *arguments, **settings)
    if method == "PATCH":
        print("changed", flush=True)
    return answer
httpx.Client.request = told

with Store(Path(folder)) as store, Client(Credentials(url, token, "test")) as client:
    task = load_task(root, "mini")
    if which == "migrate":
        migrate(store, task, schemas, tomllib.loads(text), yes=True)
        resend(store, load_task(root, "mini"), schemas, client)
    else:
        withdraw(store, task, schemas, client, standing(store, task))
        undo(store, task, schemas)
        settle_project(store, load_task(root, "mini"), client, update_interface=True)
print("done", flush=True)
"""


@pytest.fixture
def project(store, mini, mini_schemas, articles, client, annotators, rows, title) -> int:
    """A project of three articles, each annotated by two people, with suggestions; everything is pulled."""
    made = articles(3)
    with store.transaction():
        for article in made:
            mention = Mention("p1", "Actor", 0, 7, article.text[:7])
            store.predictions.put(
                Annotation("p", article.id, article.sha256, "mini", "1", "model", mentions=(mention,),
                           choices={"tone": "calm"}, origin="prediction")
            )  # fmt: skip
    number = push(store, mini, made, client, project_title=title).project_id
    items = {found.article_id: found.ls_task_id for found in client.find_tasks(number, [one.id for one in made])}
    for article in made:
        for who, tone in zip(annotators, ("calm", "heated"), strict=True):
            with Client(who) as person:
                person.annotate(items[article.id], rows(article.text, tone=tone))
    pull(store, mini, mini_schemas, client)
    return number


def there(client: Client, project: int) -> dict[object, list[dict]]:
    """What stands in a project: annotations, and suggestions."""
    ids = [item.ls_task_id for item in client.list_tasks(project)]
    exported = client.export_tasks(project, ids)
    annotations = {one["id"]: one["result"] for item in exported for one in item["annotations"]}
    return annotations | {("suggestion", one["id"]): one["result"] for one in client.suggestions(project)}


def renamed(results: dict[object, list[dict]], names: dict[str, str]) -> dict[object, list[dict]]:
    """The same with other names, by hand."""
    made = json.loads(json.dumps(list(results.values())))
    for rows in made:
        for row in rows:
            for key in {"labels", "choices"} & row["value"].keys():
                row["value"][key] = [names.get(word, word) for word in row["value"][key]]
    return dict(zip(results, made, strict=True))


class Killed:
    """Runs a migration, or its undoing, in a process of its own, which is killed after so many changes it has made."""

    def __init__(self, folder, definitions, credentials) -> None:
        self._arguments = [str(folder), str(definitions), credentials.url, credentials.token]

    def run(self, which: str, text: str = "", changes: int | None = None) -> bool:
        """Whether it came to its end."""
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([which, *self._arguments, text]))
        process.stdin.close()
        if changes is not None:
            list(itertools.islice(process.stdout, changes))
            process.send_signal(signal.SIGKILL)
        process.stdout.read()
        process.stdout.close()
        assert process.wait() in (0, -signal.SIGKILL)
        return process.returncode == 0


@pytest.fixture
def killed(tmp_path, definitions, label_studio) -> Killed:
    return Killed(tmp_path, definitions.path, label_studio.credentials)


@pytest.mark.parametrize("text", [RENAME, SWAP])
def test_what_is_killed_is_told_and_ended(
    store, definitions, mini, mini_schemas, project, client, killed, annotators, rows, text
):
    before = there(client, project)
    names = {"Actor": "Party", "calm": "cool"} if text == RENAME else {"calm": "heated", "heated": "calm"}
    for changes in (1, 2, 2):
        # The first change is the screen; what was killed goes on where it stopped.
        assert not killed.run("migrate", text, changes)
        now = load_task(definitions, "mini")
        pulled = pull(store, now, mini_schemas, client)
        assert re.match(f"migration 1 of mini is (not|only half) carried over to project {project}", pulled.drift)
        assert re.match("`curation task migrate --server` (does that|ends it), ", pulled.fix)
        with pytest.raises(CurationError, match="carried over to project") as caught:
            push(store, now, [], client)
        assert (caught.value.code, "migrate --server" in caught.value.fix) == ("E_INTERFACE_DRIFT", True)
        assert there(client, project) != renamed(before, names)
    assert there(client, project) != before
    assert "only half" in pulled.drift
    assert pulled.diff == ()
    assert killed.run("migrate", text)
    assert there(client, project) == renamed(before, names)
    now = load_task(definitions, "mini")
    assert pull(store, now, mini_schemas, client).drift is None
    assert resend(store, now, mini_schemas, client).annotations == 0
    for changes in (1, 3):
        assert not killed.run("undo", changes=changes)
        pulled = pull(store, now, mini_schemas, client)
        if text == RENAME:
            assert "only half carried over" in pulled.drift
            assert "`curation task migrate --undo --server` takes the migration back" in pulled.fix
    assert killed.run("undo")
    assert there(client, project) == before
    assert pull(store, load_task(definitions, "mini"), mini_schemas, client).drift is None


@pytest.mark.parametrize("text", [RENAME, SWAP])
def test_what_is_taken_back_half_can_be_carried_over_again(
    store, definitions, mini, mini_schemas, project, client, killed, text
):
    before = there(client, project)
    assert killed.run("migrate", text)
    carried = there(client, project)
    assert not killed.run("undo", changes=3)
    assert there(client, project) not in (before, carried)
    resend(store, load_task(definitions, "mini"), mini_schemas, client)
    assert there(client, project) == carried


def test_an_undoing_that_ends_before_the_screen_is_told(
    store, definitions, mini, mini_schemas, project, client, killed
):
    assert killed.run("migrate", RENAME)
    now = load_task(definitions, "mini")
    withdraw(store, now, mini_schemas, client, standing(store, now))
    undo(store, now, mini_schemas)
    pulled = pull(store, load_task(definitions, "mini"), mini_schemas, client)
    assert pulled.drift == f"migration 1 of mini was taken back, but not to the end in project {project}"
    assert pulled.fix == "`curation studio push --update-interface` ends it"
    push(store, load_task(definitions, "mini"), [], client, update_interface=True)
    assert pull(store, load_task(definitions, "mini"), mini_schemas, client).drift is None


def test_a_name_that_is_chosen_meanwhile_is_carried_over_too(
    store, definitions, mini, mini_schemas, project, client, killed, annotators, rows, articles
):
    assert not killed.run("migrate", RENAME, 1)
    before = there(client, project)
    (item,) = client.list_tasks(project)[:1]
    with Client(annotators[0]) as person:
        text = client.export_tasks(project, [item.ls_task_id])
        person.annotate(item.ls_task_id, rows(next(iter(text))["data"]["text"], tone="calm"))
    assert killed.run("migrate", RENAME)
    after = there(client, project)
    (new,) = after.keys() - before.keys()
    names = {"Actor": "Party", "calm": "cool"}
    assert {key: rows_ for key, rows_ in after.items() if key != new} == renamed(before, names)
    assert [row["value"].get("labels", row["value"].get("choices")) for row in after[new]] == [["Party"], ["cool"]]


def test_several_are_carried_over_at_once_and_taken_back_one_by_one(
    store, definitions, mini, mini_schemas, project, client
):
    before = there(client, project)
    migrate(store, mini, mini_schemas, tomllib.loads(RENAME))
    pulled = pull(store, load_task(definitions, "mini"), mini_schemas, client)
    assert pulled.drift.startswith(f"migration 1 of mini is not carried over to project {project}")
    with pytest.raises(CurationError, match=r"use what the new interface lacks.* is not carried over") as refused:
        settle_project(store, load_task(definitions, "mini"), client, update_interface=True)
    assert "curation task migrate --server" in refused.value.fix
    migrate(store, load_task(definitions, "mini"), mini_schemas, tomllib.loads(AGAIN))
    now = load_task(definitions, "mini")
    assert not is_shown(store, now, client)
    done = resend(store, now, mini_schemas, client)
    assert (done.annotations, done.suggestions, done.interface) == (6, 3, True)
    middle = renamed(before, {"Actor": "Party", "calm": "cool"})
    last = renamed(middle, {"Party": "Gr\u00f6\u00dfe \u4eba", "heated": "hot"})
    assert there(client, project) == last
    for expected in (middle, before):
        now = load_task(definitions, "mini")
        withdraw(store, now, mini_schemas, client, standing(store, now))
        undo(store, now, mini_schemas)
        now = load_task(definitions, "mini")
        settle_project(store, now, client, update_interface=True)
        assert there(client, project) == expected
        assert pull(store, now, mini_schemas, client).drift is None
    with pytest.raises(CurationError, match="no migration") as caught:
        undo(store, load_task(definitions, "mini"), mini_schemas)
    assert caught.value.code == "E_NOT_FOUND"


def test_what_annotators_change_while_it_is_carried_over_is_not_overwritten(
    store, definitions, mini, mini_schemas, project, client, monkeypatch
):
    migrate(store, mini, mini_schemas, tomllib.loads(RENAME))
    after = load_task(definitions, "mini")
    real, changed = client.change_annotation, {}

    def and_annotators_go_on(number, **fields):
        real(number, **fields)
        if not changed:
            other = max(name for name in there(client, project) if isinstance(name, int) and name != number)
            [row] = (row for row in there(client, project)[other] if row["type"] == "labels")
            changed[other] = [{**row, "value": {**row["value"], "end": 5, "text": row["value"]["text"][:5]}}]
            real(other, result=changed[other])

    monkeypatch.setattr(client, "change_annotation", and_annotators_go_on)
    resend(store, after, mini_schemas, client)
    [number] = changed
    [row] = there(client, project)[number]
    assert (row["value"]["end"], row["value"]["labels"]) == (5, ["Party"])


def test_what_is_lost_there_is_what_was_said(store, definitions, mini, mini_schemas, project, client):
    before = said(there(client, project))
    weighed = migrate(store, mini, mini_schemas, tomllib.loads(MERGE), dry_run=True)
    done = migrate(store, mini, mini_schemas, tomllib.loads(MERGE), yes=True)
    resend(store, load_task(definitions, "mini"), mini_schemas, client)
    after = said(there(client, project))
    assert done.losses == weighed.losses
    assert told(weighed.losses, "merged") == {"mention": 0, "value": named(before["value"], "calm"), "relation": 0}
    assert fewer(before, after) == told(weighed.losses) == {"mention": 0, "value": 0, "relation": 0}
    assert named(after["value"], "heated") == named(before["value"], "calm", "heated") > 0


@pytest.mark.parametrize("text", [RENAME, SWAP])
def test_annotations_in_the_new_names_keep_a_migration(
    store, definitions, mini, mini_schemas, project, client, annotators, rows, text
):
    migrate(store, mini, mini_schemas, tomllib.loads(text))
    now = load_task(definitions, "mini")
    resend(store, now, mini_schemas, client)
    item = client.list_tasks(project)[0].ls_task_id
    with Client(annotators[0]) as person:
        made = rows(next(iter(client.export_tasks(project, [item])))["data"]["text"], tone="heated")
        person.annotate(item, renamed({0: made}, {"Actor": "Party"})[0] if text == RENAME else made)
    carried = there(client, project)
    with pytest.raises(CurationError, match="since migration 1 of mini, 1 annotation came in with its new") as caught:
        withdraw(store, now, mini_schemas, client, standing(store, now))
    assert caught.value.code == "E_MIGRATION_EDITED"
    assert there(client, project) == carried
    with pytest.raises(CurationError, match="new names"):
        undo(store, now, mini_schemas)
