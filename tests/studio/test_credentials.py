"""Which server, which token: the environment first, then the workspace's own; half of it is an error that says so."""

from __future__ import annotations

import json

import httpx
import pytest

from curation.errors import CurationError, Exit
from curation.studio import credentials, keeping, server
from curation.studio.credentials import Credentials, check_address, find

CANARY = "canary-token-0123456789abcdef"


def test_the_environment_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_URL", "https://studio.example.org/")
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", CANARY)
    found = find(tmp_path, {"studio": {"url": "https://other.example.org"}})
    assert (found.url, found.token, found.source) == ("https://studio.example.org", CANARY, "LABEL_STUDIO_API_KEY")
    assert found.server == "https://studio.example.org"
    assert CANARY not in repr(found)
    assert CANARY not in f"{found}"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where tokens are kept in a test."""
    monkeypatch.setenv("CURATION_CONFIG_HOME", str(tmp_path / "kept here"))


NAMED = {"studio": {"url": "https://studio.example.org/"}}


def test_a_workspace_alone_does_not_say_where_the_environments_token_goes(tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", CANARY)
    with pytest.raises(CurationError, match=r"is not sent to https://studio\.example\.org: studio\.url in") as caught:
        find(tmp_path, NAMED)
    assert (caught.value.code, caught.value.exit) == ("E_NO_CREDENTIALS", Exit.CONFIG)
    assert CANARY not in str(caught.value)
    assert "set LABEL_STUDIO_URL=https://studio.example.org" in caught.value.fix
    assert "curation studio login https://studio.example.org" in caught.value.fix
    keeping.keep("https://other.example.org", "their-own")
    with pytest.raises(CurationError, match="is not sent to"):
        find(tmp_path, NAMED)


def test_the_environments_token_goes_where_the_user_has_said_so(tmp_path, monkeypatch):
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", CANARY)
    local = find(tmp_path, {"studio": {"url": "http://localhost:8080"}})
    assert (local.url, local.token) == ("http://localhost:8080", CANARY)
    monkeypatch.setenv("LABEL_STUDIO_URL", "https://studio.example.org")
    assert find(tmp_path, NAMED).token == CANARY
    monkeypatch.delenv("LABEL_STUDIO_URL")
    keeping.keep("https://studio.example.org", "kept" * 10)
    assert find(tmp_path, NAMED).token == CANARY
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    assert find(tmp_path, NAMED).token == "kept" * 10


def test_nothing_is_sent_to_a_server_that_only_the_workspace_names(workspace, run, monkeypatch):
    asked = []
    monkeypatch.setattr(httpx.Client, "send", lambda self, request, **_: asked.append(request.url))
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", CANARY)
    toml = workspace.path / "curation.toml"
    toml.write_text(f'{toml.read_text()}\n[studio]\nurl = "https://studio.example.org"\n')
    for command in (("studio", "push"), ("studio", "pull"), ("studio", "progress"), ("studio", "annotators", "invite")):
        told = run(*command, "-w", workspace.path)
        assert (told.exit, "is not sent to https://studio.example.org" in told.err) == (Exit.CONFIG, True), command
        assert CANARY not in told.out + told.err
    assert "is not sent to" in run("doctor", "-w", workspace.path).out
    assert asked == []


@pytest.mark.parametrize(
    ("variables", "settings", "said"),
    [
        ({"LABEL_STUDIO_URL": "https://studio.example.org"}, {}, "LABEL_STUDIO_URL names a server"),
        ({"LABEL_STUDIO_API_KEY": CANARY}, {}, "LABEL_STUDIO_URL is not"),
        ({"LABEL_STUDIO_API_KEY": " "}, {}, "none of its own"),
        ({}, {"studio": {"url": "https://studio.example.org"}}, "LABEL_STUDIO_API_KEY is not set"),
        ({}, {}, "none of its own"),
        ({"LABEL_STUDIO_URL": "studio.example.org", "LABEL_STUDIO_API_KEY": CANARY}, {}, "no web address"),
        ({"LABEL_STUDIO_URL": "ftp://studio.example.org", "LABEL_STUDIO_API_KEY": CANARY}, {}, "no web address"),
        ({"LABEL_STUDIO_URL": f"https://u:{CANARY}@example.org", "LABEL_STUDIO_API_KEY": "k"}, {}, "no web address"),
        ({"LABEL_STUDIO_URL": "https://a.example:99999", "LABEL_STUDIO_API_KEY": CANARY}, {}, "no web address"),
        (
            {"LABEL_STUDIO_URL": "https://a.example", "LABEL_STUDIO_API_KEY": f"\u201c{CANARY}\u201d"},
            {},
            "no token has",
        ),
        ({"LABEL_STUDIO_URL": "https://a.example", "LABEL_STUDIO_API_KEY": f"Token {CANARY}"}, {}, "no token has"),
        ({"LABEL_STUDIO_URL": "https://a.example", "LABEL_STUDIO_API_KEY": "e"}, {}, "1 character, too few"),
        ({"LABEL_STUDIO_URL": "https://[bad", "LABEL_STUDIO_API_KEY": CANARY}, {}, "no web address"),
    ],
)
def test_none_or_half_of_them_is_one_clear_line(tmp_path, monkeypatch, variables, settings, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CurationError, match=said) as caught:
        find(tmp_path, settings)
    assert caught.value.code == "E_NO_CREDENTIALS"
    assert caught.value.exit == Exit.CONFIG
    assert CANARY not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://studio.example.org", "http://10.0.0.7:8080", "http://127.0.0.1.example.org"])
def test_an_unencrypted_address_of_another_machine_is_refused(monkeypatch, url):
    with pytest.raises(CurationError) as caught:
        check_address(url, "LABEL_STUDIO_URL")
    assert (caught.value.code, caught.value.exit) == ("E_INSECURE", Exit.CONFIG)
    monkeypatch.setenv("CURATION_ALLOW_HTTP", "1")
    assert check_address(url, "LABEL_STUDIO_URL") == url


@pytest.mark.parametrize(
    "page", ["/projects/1/data", "/projects/12", "/user/login/", "/user/account/personal-access-token"]
)
def test_the_address_of_a_page_is_none_of_a_server(page):
    for server_url in ("https://studio.example.org", "https://example.org:8443/user/studio"):
        with pytest.raises(CurationError, match="address of a page") as caught:
            check_address(server_url + page, "LABEL_STUDIO_URL")
        assert (caught.value.code, caught.value.fix) == ("E_NO_CREDENTIALS", f"leave the page out: {server_url}")
        assert check_address(server_url, "x") == server_url


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080/", "http://[::1]:8080"])
def test_loopback_needs_no_encryption(url):
    assert check_address(url, "x") == url.rstrip("/")


def test_an_own_server_that_does_not_run_is_to_be_started(tmp_path):
    folder = tmp_path / ".studio"
    folder.mkdir()
    (folder / "credentials.json").write_text(json.dumps({"email": "a@b.c", "password": CANARY, "token": CANARY}))
    with pytest.raises(CurationError) as caught:
        find(tmp_path, {})
    assert (caught.value.code, caught.value.exit) == ("E_SERVER_DOWN", Exit.REMOTE)
    assert caught.value.fix == "curation studio serve"
    assert CANARY not in str(caught.value)


@pytest.mark.server
def test_the_own_server_is_the_same_by_whatever_name(label_studio, tmp_path, monkeypatch):
    (tmp_path / credentials.SERVER_FOLDER).symlink_to(label_studio.data_dir)
    own = find(tmp_path, {})
    assert (own.url, own.token, own.server) == (
        label_studio.url,
        label_studio.token,
        server.ledger_name(label_studio.data_dir),
    )
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    for spelt in (f"{label_studio.url}/", label_studio.url.replace("127.0.0.1", "localhost")):
        monkeypatch.setenv("LABEL_STUDIO_URL", spelt)
        assert find(tmp_path, {}).server == own.server
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://localhost:9")
    assert find(tmp_path, {}).server == "http://localhost:9"


@pytest.mark.server
def test_the_own_server_is_the_same_behind_its_proxy(label_studio, tmp_path, monkeypatch):
    (tmp_path / credentials.SERVER_FOLDER).symlink_to(label_studio.data_dir)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    monkeypatch.setenv("LABEL_STUDIO_URL", "https://labels.example.org/")
    assert find(tmp_path, {}).server == "https://labels.example.org"
    file = label_studio.data_dir / server.STATE_FILE
    before = file.read_text()
    file.write_text(json.dumps({**json.loads(before), "public_url": "https://labels.example.org"}))
    try:
        assert find(tmp_path, {}).server == server.ledger_name(label_studio.data_dir)
    finally:
        file.write_text(before)


def test_a_server_is_named_by_its_address():
    assert Credentials("https://a.example", "t", "test").server == "https://a.example"
    assert Credentials("http://127.0.0.1:1", "t", "test", "embedded").server == "embedded"
