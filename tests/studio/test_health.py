"""What `doctor` sees of Label Studio, healthy and in every way in which it can be wrong."""

from __future__ import annotations

import socket

import pytest

from curation.studio import health
from curation.studio.client import Client
from curation.studio.push import push

pytestmark = pytest.mark.server


@pytest.fixture
def seen(definitions, store, mini, label_studio, monkeypatch):
    """What is seen of the session's server, by name, with its token or another."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)

    def call():
        looks = list(health.look(definitions, store, mini))
        return {name: (state, detail, fix) for name, state, detail, fix in looks}

    return call


def test_a_healthy_server(seen, store, mini, articles, client, title, label_studio):
    push(store, mini, articles(2), client, project_title=title)
    found = seen()
    assert {name: state for name, (state, _, _) in found.items()} == {
        "Label Studio": "ok",
        "token": "ok",
        "project": "ok",
        "interface": "ok",
        "instructions": "ok",
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
