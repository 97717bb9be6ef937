"""What `doctor` sees of Label Studio, healthy and in every way in which it can be wrong."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from curation.records import Article
from curation.store.rows import Chosen
from curation.studio import health
from curation.studio.advisories import ADVISORIES, known
from curation.studio.client import Client
from curation.studio.push import push
from curation.text import content_hash

pytestmark = pytest.mark.server


@pytest.fixture
def seen(definitions, store, mini, label_studio, monkeypatch):
    """What is seen of the session's server, by name, with its token or another."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)

    def call(**how):
        looks = list(health.look(definitions, store, mini, **how))
        return {name: (state, detail, fix) for name, state, detail, fix in looks}

    return call


def test_a_healthy_server(seen, store, mini, articles, client, title, label_studio):
    push(store, mini, articles(2), client, project_title=title)
    found = seen()
    assert {name: state for name, (state, _, _) in found.items()} == {
        "Label Studio": "ok",
        "token": "ok",
        "clock": "ok",
        "project": "ok",
        "interface": "ok",
        "instructions": "ok",
        "items": "ok",
    }
    assert label_studio.url in found["Label Studio"][1]
    assert label_studio.email in found["token"][1]
    assert found["project"][1].startswith("2 articles, overlap 3: http")
    assert not any(label_studio.token in detail for _, detail, _ in found.values())


@pytest.mark.parametrize("token", ["0" * 40, "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2ln"])
def test_a_wrong_token(seen, monkeypatch, token):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    found = seen()
    assert found["token"][0] == "wrong"
    assert "LABEL_STUDIO_API_KEY" in found["token"][2]
    assert "project" not in found


def test_nothing_was_pushed(seen):
    state, detail, fix = seen()["project"]
    assert (state, fix) == ("warn", "curation studio push")
    assert "mini was not pushed" in detail


def test_a_project_that_is_gone(seen, store, mini, articles, client, title):
    made = push(store, mini, articles(1), client, project_title=title)
    client.delete("projects", made.project_id)
    found = seen()
    state, detail, fix = found["project"]
    assert state == "wrong"
    assert str(made.project_id) in detail
    assert "--new-project" in fix
    assert "interface" not in found


def test_a_screen_that_was_edited_comes_with_the_diff(seen, store, mini, articles, client, title):
    made = push(store, mini, articles(1), client, project_title=title)
    client.change_project(made.project_id, label_config=mini.interface.replace("heated", "angry"))
    state, detail, fix = seen()["interface"]
    assert state == "wrong"
    assert "--update-interface" in fix
    summary, *diff = detail.splitlines()
    assert summary.endswith("was changed in Label Studio")
    assert [line.strip() for line in diff if "Choice " in line and line.strip()[0] in "+-"] == [
        '-    <Choice value="angry"/>',
        '+    <Choice value="heated"/>',
    ]
    assert all(line.startswith("       ") for line in diff)


def test_instructions_that_were_edited_come_with_the_diff(seen, store, mini, definitions, articles, client, title):
    made = push(store, mini, articles(1), client, project_title=title)
    client.change_project(made.project_id, expert_instruction="<p>By hand</p>")
    state, detail, fix = seen()["instructions"]
    assert (state, "-<p>By hand</p>" in detail, "--update-interface" in fix) == ("wrong", True, True)


@pytest.mark.parametrize(("version", "state"), [("1.9.2", "warn"), ("1.23.2", "ok"), ("2.0", "ok")])
def test_an_older_version_is_warned_of(seen, monkeypatch, version, state):
    monkeypatch.setattr(Client, "version", lambda self: version)
    found = seen()["Label Studio"]
    assert found[0] == state
    assert version in found[1]
    assert bool(found[2]) == (state == "warn")


@pytest.mark.parametrize(
    ("version", "names"),
    [
        ("1.23.2", []),
        ("1.22.1", []),
        ("1.22.0", ["CVE-2026-22033"]),
        ("1.18.0", ["CVE-2026-22033"]),
        ("1.17.9", ["CVE-2026-22033", "CVE-2025-47783"]),
        ("1.9.2", ["CVE-2023-47117", "CVE-2024-23633"]),
        ("1.9.2.post0", ["CVE-2024-23633"]),
        ("1.7.1", ["GHSA-cpmr-mw4j-99r7"]),
        ("unknown", []),
    ],
)
def test_advisories_by_version(version, names):
    found = {one.name for one in known(version)}
    assert set(names) <= found
    assert bool(found) == bool(names)
    assert ("CVE-2023-47117" in found) == (version in ("1.7.1", "1.9.2"))


def test_advisories_are_told_from_the_newest_on():
    assert [one.fixed for one in ADVISORIES] == sorted((one.fixed for one in ADVISORIES), reverse=True)
    assert len({one.ghsa for one in ADVISORIES}) == len(ADVISORIES)


def test_a_server_with_advisories_is_told_which(seen, monkeypatch):
    monkeypatch.setattr(Client, "version", lambda self: "1.15.0")
    state, detail, fix = seen()["Label Studio"]
    assert state == "warn"
    assert "with 5 published security advisories" in detail
    assert "https://github.com/advisories/GHSA-m238-fmcw-wh58" in detail
    assert "upgrade" in fix


@pytest.mark.parametrize(
    ("off", "state", "said"),
    [(0, "ok", "within"), (20, "ok", "within"), (3600, "warn", "3,6"), (-3600, "warn", "behind the server's")],
)
def test_a_clock_that_is_off_is_told_by_how_much(seen, off, state, said):
    found = seen(now=lambda: datetime.now(UTC) + timedelta(seconds=off))["clock"]
    assert (found[0], said in found[1]) == (state, True)
    assert bool(found[2]) == (state == "warn")


@pytest.fixture
def pretender() -> Iterator[dict[str, object]]:
    """A server that says it is a Label Studio, with a clock that is right and the answers that a test puts in."""
    answers: dict[str, object] = {
        "/api/version/": {"release": "1.23.2"},
        "/api/current-user/whoami": {"id": 1, "email": "a@example.org"},
        "/api/token/refresh/": {"access": "x"},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = json.dumps(answers.get(self.path.partition("?")[0], {})).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    answers["url"] = f"http://127.0.0.1:{server.server_port}"
    yield answers
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("days", "state", "said"), [(3.5, "warn", ", 3 days left"), (1.5, "warn", "1 day left"), (100.5, "ok", "100 days")]
)
def test_a_token_that_ends_soon(seen, pretender, monkeypatch, days, state, said):
    end = datetime.now(UTC) + timedelta(days=days)
    claims = json.dumps({"token_type": "refresh", "exp": int(end.timestamp())}).encode()
    token = f"eyJhbGciOiJIUzI1NiJ9.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln"
    monkeypatch.setenv("LABEL_STUDIO_URL", str(pretender["url"]))
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    found = seen()["token"]
    assert (found[0], said in found[1]) == (state, True)
    assert state == "ok" or "LABEL_STUDIO_API_KEY" in found[2]
    assert token not in repr(found)


@pytest.mark.parametrize("answer", [[], {"id": 1}, "hello", None])
def test_an_answer_that_nobody_expects_is_told_and_not_raised(seen, pretender, monkeypatch, answer):
    pretender["/api/current-user/whoami"] = answer
    monkeypatch.setenv("LABEL_STUDIO_URL", str(pretender["url"]))
    name, (state, _, fix) = list(seen().items())[-1]
    assert (name, state) == ("token", "wrong")
    assert fix


def test_the_overlap_is_held_against_the_plan(seen, store, mini, articles, client, title):
    made = articles(3)
    with store.transaction():
        store.selection.choose([Chosen(article.id, 2) for article in made], '{"overlap": 2}')
    push(store, mini, made, client, project_title=title)
    assert seen()["overlap"][:2] == ("ok", "2 annotators an article, as the selection plans")
    project = store.ledger.projects()[0].project_id
    client.change_project(project, maximum_annotations=4)
    assert seen()["overlap"][0] == "wrong"
    assert "2 in the selection's plan" in seen()["overlap"][1]
    push(store, mini, made, client, project_title=title)
    found = seen(deep=True)
    assert (found["overlap"][0], "overlap of items" in found) == ("ok", False)
    (item,) = client.find_tasks(project, [made[0].id])
    client.set_overlap(item, 3)
    found = seen(deep=True)["overlap of items"]
    assert (found[0], found[2]) == ("wrong", "curation studio push")
    assert found[1].endswith(f"plans: {item.ls_task_id}")


def data(article: Article, **more: str) -> dict[str, object]:
    return {"data": {"article_id": article.id, "sha256": article.sha256, "text": article.text, **more}}


@pytest.mark.poison
def test_every_item_is_looked_at_on_request(seen, store, mini, articles, client, title, label_studio):
    made = articles(40)
    project = push(store, mini, made, client, project_title=title).project_id
    assert seen()["items"][:2] == ("ok", "40, as many as were sent; --deep looks at each of them")
    assert seen(deep=True)["items"][0] == "ok"
    client.import_tasks(
        project,
        [
            data(made[3]),
            {"data": {"text": "nobody's"}},
            {"data": {"text": "another's", "article_id": "no-such-article"}},
            data(made[5], title="with a NUL \x00"),
        ],
    )
    quick = seen()["items"]
    assert (quick[0], quick[2]) == ("warn", "curation doctor --deep")
    assert "4 more than were sent, 1 without an article_id" in quick[1]
    ids: dict[str, int] = {}
    for item in client.find_tasks(project, [article.id for article in made]):
        ids.setdefault(item.article_id, item.ls_task_id)
    poisoned = (ids[made[17].id], ids[made[18].id])
    for number in poisoned:
        body = b'{"data": {"text": "\\ud800", "article_id": "poison"}}'
        headers = client._connection._authorisation() | {"Content-Type": "application/json"}
        httpx.patch(f"{label_studio.url}/api/tasks/{number}", content=body, headers=headers, timeout=60)
    found = seen(deep=True)
    assert {name: found[name][0] for name in ("poison", "characters", "doubles", "orphans", "strangers")} == {
        "poison": "wrong", "characters": "warn", "doubles": "wrong", "orphans": "warn", "strangers": "warn"
    }  # fmt: skip
    assert found["poison"][1] == f"2 items on which the server fails: {poisoned[0]}, {poisoned[1]}"
    assert found["doubles"][1].startswith(f"2 articles with several items: {made[3].id} ({ids[made[3].id]}, ")
    assert "NUL in title" in found["characters"][1]
    assert "missing" not in found
    assert "items" not in found
    assert all(fix for _, _, fix in (found[name] for name in ("poison", "characters", "doubles", "orphans")))


def test_items_that_were_deleted_there(seen, store, mini, articles, client, title):
    made = articles(3)
    project = push(store, mini, made, client, project_title=title).project_id
    (item,) = client.find_tasks(project, [made[0].id])
    client.delete("tasks", item.ls_task_id)
    state, detail, fix = seen()["items"]
    assert (state, "1 fewer than were sent" in detail, "curation studio push" in fix) == ("warn", True, True)
    found = seen(deep=True)
    assert ("items" in found, found["missing"][0]) == (False, "warn")
    assert found["missing"][1].endswith(f"are gone: {made[0].id}")


def test_articles_that_have_another_text_there(seen, store, mini, articles, client, title):
    made = articles(3)
    push(store, mini, made, client, project_title=title)
    assert "texts" not in seen(deep=True)
    with store.transaction():
        store.articles.replace(Article(made[1].id, "Anew.", content_hash("Anew."), title=made[1].title))
    found = seen(deep=True)
    assert "items" not in found
    state, detail, fix = found["texts"]
    assert (state, detail) == ("warn", f"1 article with another text there than here: {made[1].id}")
    assert "curation studio push" in fix


def test_no_label_studio_at_all_is_a_warning(workspace, run):
    ran = run("doctor", "-w", workspace.path, "--json")
    [check] = [check for check in ran.json["checks"] if check["name"] == "Label Studio"]
    assert (ran.exit, check["state"]) == (0, "warn")
    assert "studio serve" in check["fix"]


def test_a_server_of_the_workspace_that_does_not_run_is_wrong(workspace, run):
    (workspace.path / ".studio").mkdir()
    (workspace.path / ".studio" / "credentials.json").write_text("{}")
    ran = run("doctor", "-w", workspace.path, "--json")
    [check] = [check for check in ran.json["checks"] if check["name"] == "Label Studio"]
    assert (ran.exit, check["state"], check["fix"]) == (1, "wrong", "curation studio serve")


@pytest.mark.parametrize("key", ["0" * 40, None])
def test_a_server_that_is_named_and_cannot_be_used_is_wrong(workspace, run, monkeypatch, key):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    if key:
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", key)
    ran = run("doctor", "-w", workspace.path, "--json")
    [check] = [check for check in ran.json["checks"] if check["name"] == "Label Studio"]
    assert (ran.exit, check["state"]) == (1, "wrong")
    assert check["fix"]


def test_doctor_shows_the_diff_and_pull_says_that_there_is_one(
    workspace, label_studio, client, title, run, monkeypatch
):
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    settings = workspace.path / "curation.toml"
    settings.write_text(f'{settings.read_text()}\n[studio]\nproject = "{title}"\n')
    project = type(workspace)(workspace.path).push().project_id
    interface = workspace.task().interface
    client.change_project(project, label_config=interface.replace('toName="text"', 'toName="text" title="new"', 1))
    ran = run("doctor", "-w", workspace.path)
    assert ran.exit == 1
    assert any(line.startswith("       -") and 'title="new"' in line for line in ran.out.splitlines())
    pulled = run("studio", "pull", "-w", workspace.path)
    assert pulled.exit == 0
    [line] = [line for line in pulled.out.splitlines() if line.startswith("differs: ")]
    assert "was changed in Label Studio" in line


def test_annotations_that_the_server_has_not_counted_are_told(seen, store, mini, articles, client, title, rows):
    made = articles(2)
    project = push(store, mini, made, client, project_title=title).project_id
    item = next(client.find_tasks(project, [made[0].id])).ls_task_id
    client.annotate(item, rows(made[0].text))
    assert "counters" not in seen()
    client.set_counts(item, submitted=0, skipped=0, is_finished=False)
    state, detail, fix = seen()["counters"]
    assert (state, detail.split(",")[0]) == ("warn", "Label Studio counts no annotation of 1 item that has some")
    assert fix.startswith("Restart Label Studio")
    push(store, mini, made, client, project_title=title)
    assert "counters" not in seen()
