"""Log-ins: a token is tried, then kept by address in a private file or the keyring, and forgotten again."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from curation.errors import CurationError, Exit
from curation.studio import keeping
from curation.studio.credentials import find
from curation.workspace.login import log_in

CANARY = "canary-token-0123456789abcdef"
URL = "https://studio.example.org"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Where tokens are kept in a test."""
    named = tmp_path / "kept here"
    monkeypatch.setenv("CURATION_CONFIG_HOME", str(named))
    return named


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """A backend of the keyring library that needs no desktop: one file. Set as users set theirs, by environment."""
    written = tmp_path / "ring.json"
    source = f"""
import json
from pathlib import Path
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

class Ring(KeyringBackend):
    priority = 1
    at = Path({str(written)!r})

    def _all(self):
        return json.loads(self.at.read_text()) if self.at.exists() else {{}}

    def get_password(self, service, username):
        return self._all().get(service + " " + username)

    def set_password(self, service, username, password):
        self.at.write_text(json.dumps(self._all() | {{service + " " + username: password}}))

    def delete_password(self, service, username):
        held = self._all()
        if held.pop(service + " " + username, None) is None:
            raise PasswordDeleteError("not there")
        self.at.write_text(json.dumps(held))
"""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "one_file_ring.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "one_file_ring.Ring")
    _choose_backend_anew(monkeypatch)
    yield written
    sys.modules.pop("one_file_ring", None)


def _choose_backend_anew(monkeypatch) -> None:
    """The library chooses its backend once a process; each of these tests stands for a process of its own."""
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", None)


def test_what_is_kept_is_found_by_its_address_alone(tmp_path, folder, monkeypatch):
    place = keeping.keep(URL, CANARY)
    found = find(tmp_path, {"studio": {"url": f"{URL}/"}})
    assert (found.url, found.token, found.source) == (URL, CANARY, place)
    assert Path(place).parent == folder
    for other in ("https://other.example.org", "https://studio.example.org.evil.example", f"{URL}:8443", f"{URL}/x"):
        with pytest.raises(CurationError, match="no token is kept") as caught:
            find(tmp_path, {"studio": {"url": other}})
        assert caught.value.fix == f"curation studio login {other}"
    monkeypatch.setenv("LABEL_STUDIO_URL", "HTTPS://Studio.Example.ORG:443/")
    assert find(tmp_path, {}).token == CANARY


def test_the_environments_token_comes_first(tmp_path, monkeypatch):
    keeping.keep(URL, CANARY)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "other" * 8)
    assert find(tmp_path, {"studio": {"url": URL}}).token == "other" * 8


def test_only_the_owner_can_read_it_and_no_repository_takes_it(folder):
    os.umask(os.umask(0))
    path = Path(keeping.keep(URL, CANARY))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    subprocess.run(["git", "init", "-q", folder], check=True)
    subprocess.run(["git", "add", "."], cwd=folder, check=True)
    assert subprocess.run(["git", "ls-files"], cwd=folder, check=True, capture_output=True).stdout == b""


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620, 0o604, 0o777])
def test_a_file_that_others_can_read_is_refused_with_the_command_to_run(tmp_path, mode):
    path = Path(keeping.keep(URL, CANARY))
    path.chmod(mode)
    with pytest.raises(CurationError) as caught:
        find(tmp_path, {"studio": {"url": URL}})
    assert (caught.value.code, caught.value.exit) == ("E_EXPOSED", Exit.CONFIG)
    assert CANARY not in str(caught.value)
    subprocess.run(caught.value.fix, shell=True, check=True)
    assert find(tmp_path, {"studio": {"url": URL}}).token == CANARY


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path):
    path = Path(keeping.keep(URL, CANARY))
    os.chown(path, 65534, 65534)
    with pytest.raises(CurationError, match="belongs to another user") as caught:
        find(tmp_path, {"studio": {"url": URL}})
    assert caught.value.code == "E_EXPOSED"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"https://studio.example.org": "token"}', '{"a": null}', "\ud800"])
def test_a_broken_file_is_one_clear_line(tmp_path, content):
    path = Path(keeping.keep(URL, CANARY))
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(CurationError, match="no file of tokens") as caught:
        find(tmp_path, {"studio": {"url": URL}})
    assert caught.value.code == "E_NO_CREDENTIALS"


def test_a_folder_in_place_of_the_file_is_named(tmp_path):
    keeping.tokens_file().mkdir(parents=True)
    with pytest.raises(CurationError) as caught:
        find(tmp_path, {"studio": {"url": URL}})
    assert (caught.value.code, caught.value.message) == ("E_DISK", f"{keeping.tokens_file()}: Is a directory")


def test_a_log_in_that_fails_tells_of_the_address_and_not_of_the_environment(tmp_path):
    with pytest.raises(CurationError, match="no answer from") as caught:
        log_in("http://127.0.0.1:9", lambda: CANARY, tmp_path)
    assert caught.value.code == "E_SERVER_DOWN"
    assert "LABEL_STUDIO_URL" not in caught.value.fix
    assert not keeping.tokens_file().exists()


def test_a_token_of_odd_characters_is_not_sent(tmp_path):
    keeping.keep(URL, f"{CANARY}\r\nX-Other: 1")
    with pytest.raises(CurationError, match="no token has") as caught:
        find(tmp_path, {"studio": {"url": URL}})
    assert CANARY not in str(caught.value)


def test_consent_to_plain_http_is_kept_with_the_address(tmp_path):
    plain = "http://studio.example.org:8080"
    keeping.keep(plain, CANARY, allow_http=True)
    assert find(tmp_path, {"studio": {"url": plain}}).token == CANARY
    with pytest.raises(CurationError) as caught:
        find(tmp_path, {"studio": {"url": "http://other.example.org"}})
    assert caught.value.code == "E_INSECURE"
    assert "CURATION_ALLOW_HTTP=1" in caught.value.fix
    assert "--allow-http" in caught.value.fix


def test_the_keyring_keeps_it_and_the_file_does_not(tmp_path, ring, folder):
    keeping.keep(URL, CANARY)
    keeping.keep(URL, CANARY, keyring=True)
    assert CANARY not in keeping.tokens_file().read_text()
    assert json.loads(ring.read_text()) == {f"curation {URL}": CANARY}
    found = find(tmp_path, {"studio": {"url": URL}})
    assert (found.token, found.source) == (CANARY, "the system's keyring")
    assert keeping.forget(URL)
    assert json.loads(ring.read_text()) == {}
    assert not keeping.forget(URL)


def test_two_log_ins_at_once_lose_neither(folder):
    script = "import sys; from curation.studio import keeping; keeping.keep(sys.argv[1], 'token')"
    many = [
        subprocess.Popen([sys.executable, "-c", script, f"https://s{number}.example.org"], stderr=subprocess.PIPE)
        for number in range(6)
    ]
    failed = sum(b"E_LOCKED" in process.communicate()[1] for process in many)
    assert len(keeping.addresses()) == 6 - failed >= 1
    assert {path.name for path in folder.iterdir()} == {".gitignore", "tokens.json"}


def test_out_of_the_keyring_into_the_file(ring):
    keeping.keep(URL, CANARY, keyring=True)
    keeping.keep(URL, "new" * 10)
    assert json.loads(ring.read_text()) == {}
    assert keeping.kept(URL).token == "new" * 10


def test_a_keyring_that_lost_the_token(tmp_path, ring):
    keeping.keep(URL, CANARY, keyring=True)
    ring.unlink()
    with pytest.raises(CurationError, match="has no token") as caught:
        find(tmp_path, {"studio": {"url": URL}})
    assert (caught.value.code, caught.value.exit) == ("E_KEYRING", Exit.CONFIG)
    assert keeping.forget(URL)


def test_no_keyring_at_all(monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    _choose_backend_anew(monkeypatch)
    with pytest.raises(CurationError) as caught:
        keeping.keep(URL, CANARY, keyring=True)
    assert caught.value.code == "E_KEYRING"
    assert CANARY not in str(caught.value)
    assert keeping.kept(URL) is None


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CurationError, match="keyring") as caught:
        keeping.keep(URL, CANARY, keyring=True)
    assert (caught.value.code, caught.value.fix) == ("E_EXTRA_MISSING", "pip install 'curation[keyring]'")
    assert keeping.keep(URL, CANARY) == str(keeping.tokens_file())


# The commands


def typed(text: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "curation", "studio", *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, cwd=cwd, timeout=120)


@pytest.mark.server
def test_log_in_use_and_log_out(label_studio, workspace, folder, run):
    logged = typed(f"{label_studio.token}\n", "login", label_studio.url, "-w", workspace.path, "--json")
    assert logged.returncode == 0, logged.stderr
    told = json.loads(logged.stdout)
    assert (told["url"], told["email"], told["token_kind"]) == (
        label_studio.url, label_studio.email, "personal access"
    )  # fmt: skip
    assert told["used"]
    assert told["days_left"] is None or told["days_left"] > 0
    assert label_studio.token not in logged.stdout + logged.stderr
    settings = tomllib.loads((workspace.path / "curation.toml").read_text())
    assert settings["studio"] == {"url": label_studio.url}
    assert label_studio.token not in (workspace.path / "curation.toml").read_text()
    looked = run("doctor", "-w", workspace.path, "--json")
    [check] = [check for check in looked.json["checks"] if check["name"] == "token"]
    assert check["state"] == "ok"
    assert str(folder) in check["detail"]
    assert run("studio", "logout", "-w", workspace.path).out == f"the token for {label_studio.url} is forgotten\n"
    again = run("studio", "logout", "-w", workspace.path)
    assert (again.exit, again.out.startswith("nothing to do")) == (0, True)
    assert run("studio", "annotators", "invite", "-w", workspace.path).exit == Exit.CONFIG


@pytest.mark.server
def test_on_a_terminal_the_token_is_not_shown(label_studio, folder, tmp_path):
    shown = b""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "curation", "studio", "login", label_studio.url]
    with subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, cwd=tmp_path, start_new_session=True
    ) as process:
        os.close(child)
        while b"not shown" not in shown:
            shown += os.read(parent, 1000)
        os.write(parent, f"{label_studio.token}\n".encode())
        try:
            while part := os.read(parent, 1000):
                shown += part
        except OSError:
            pass  # how a terminal says that nobody is at its other end any more
    os.close(parent)
    assert process.returncode == 0, shown
    assert label_studio.token.encode() not in shown
    assert keeping.kept(label_studio.url).token == label_studio.token


@pytest.mark.server
@pytest.mark.parametrize("given", ["0" * 40, "", "a b", "\u201cx\u201d"])
def test_what_the_server_does_not_take_is_not_kept(label_studio, workspace, given):
    ran = typed(f"{given}\n", "login", label_studio.url, "-w", workspace.path)
    assert ran.returncode == Exit.CONFIG
    assert ran.stderr.count("\n") == 1
    assert not keeping.tokens_file().exists()
    assert "[studio]" not in (workspace.path / "curation.toml").read_text()


@pytest.mark.server
def test_a_workspace_that_cannot_be_written_to_is_told_with_the_line_to_write(label_studio, workspace, monkeypatch):
    def fails(root: object, url: str) -> None:
        raise CurationError("E_DISK", f"{workspace.path}/curation.toml: Permission denied")

    monkeypatch.setattr("curation.workspace.login.name_server", fails)
    with pytest.raises(CurationError, match="the token is kept, but this workspace does not name") as caught:
        log_in(label_studio.url, lambda: label_studio.token, workspace.path)
    assert (caught.value.code, f'url = "{label_studio.url}"' in caught.value.fix) == ("E_DISK", True)
    assert keeping.addresses() == [label_studio.url]


def test_the_token_is_no_argument(run):
    for words in ((URL, CANARY), (CANARY,)):
        ran = run("studio", "login", *words)
        assert ran.exit in (Exit.USAGE, Exit.CONFIG)
        assert CANARY not in ran.out + ran.err


def test_an_address_has_to_be_known(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for word in ("login", "logout"):
        ran = run("studio", word)
        assert (ran.exit, "which server?" in ran.err) == (Exit.USAGE, True)
    ran = run("studio", "login", "http://studio.example.org")
    assert (ran.exit, "--allow-http" in ran.err) == (Exit.CONFIG, True)


def test_a_piped_token_goes_to_no_server_that_a_workspace_alone_names(workspace):
    settings = workspace.path / "curation.toml"
    settings.write_text(f'{settings.read_text()}\n[studio]\nurl = "https://127.0.0.2:9"\n')
    ran = typed(f"{CANARY}\n", "login", "-w", workspace.path)
    assert ran.returncode == Exit.USAGE
    assert ran.stderr.startswith("error[E_USAGE]: a token that is piped goes to no server")
    assert "curation studio login https://127.0.0.2:9" in ran.stderr
    assert CANARY not in ran.stdout + ran.stderr
    # Who names it means it; nothing listens there.
    assert typed(f"{CANARY}\n", "login", "https://127.0.0.2:9", "-w", workspace.path).returncode != Exit.USAGE


@pytest.mark.server
def test_a_workspace_that_uses_another_server_is_told(label_studio, workspace):
    settings = workspace.path / "curation.toml"
    settings.write_text(f'{settings.read_text()}\n[studio]\nurl = "{URL}"\n')
    before = settings.read_text()
    ran = typed(f"{label_studio.token}\n", "login", label_studio.url, "-w", workspace.path)
    assert ran.returncode == 0, ran.stderr
    assert f'set url = "{label_studio.url}" under [studio]' in ran.stdout
    assert settings.read_text() == before
