"""The embedded server: one for a workspace, found again, private, quiet, and gone when stopped."""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from curation.errors import CurationError
from curation.folders.lock import lock
from curation.studio import installation, processes, server
from curation.studio.database import remembered

STARTER = """
import sys, json
from pathlib import Path
from curation.studio import server
found = server.start(Path(sys.argv[1]), detach=sys.argv[2] == "detach")
print(json.dumps([found.pid, found.url, found.started]), flush=True)
if sys.argv[2] == "wait":
    found.wait()
"""


def started(folder: Path, how: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder), how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def gone(pid: int, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.server
def test_a_detached_server_outlives_its_command_and_serve_twice_finds_it(tmp_path):
    folder = tmp_path / ".studio"
    first = started(folder, "detach")
    out, err = first.communicate(timeout=200)
    assert first.returncode == 0, err
    pid, url, fresh = json.loads(out)
    try:
        assert fresh
        again = server.start(folder)
        assert (again.pid, again.url, again.started) == (pid, url, False)
        assert httpx.get(f"{url}/health").status_code == 200
        for name in ("credentials.json", "server.json", "server.log"):
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert (folder / ".gitignore").read_text() == "*\n"
        assert again.password not in repr(again)
        assert again.token not in repr(again)
        assert stat.S_IMODE((folder / "label-studio" / ".env").stat().st_mode) == 0o600
        assert again.token not in (folder / "server.log").read_text()
    finally:
        assert server.stop(folder)
    assert gone(pid)
    assert server.running(folder) is None
    assert not server.stop(folder)
    assert server._choose_port(folder, None) == again.port, "the next start takes the same port"


@pytest.mark.server
def test_a_start_that_was_killed_is_taken_up(tmp_path):
    """Two servers on one database would corrupt each other."""
    folder = tmp_path / ".studio"
    first = started(folder, "detach")
    deadline = time.monotonic() + 200
    while not (folder / "server.json").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    first.kill()
    first.communicate()
    pid = json.loads((folder / "server.json").read_text())["pid"]
    assert server.running(folder) is None
    try:
        taken = server.start(folder, detach=True)
        assert taken.pid == pid
        assert server.running(folder).token == taken.token
    finally:
        server.stop(folder)


@pytest.mark.server
def test_a_server_in_the_foreground_ends_with_its_command(tmp_path):
    command = started(tmp_path / ".studio", "wait")
    assert command.stdout is not None
    pid, url, _ = json.loads(command.stdout.readline())
    assert httpx.get(f"{url}/health").status_code == 200
    command.terminate()
    command.communicate(timeout=30)
    assert command.returncode == 0
    assert gone(pid)


@pytest.mark.server
def test_the_environment_of_the_caller_does_not_leak_in(label_studio):
    pid = server.running(label_studio.data_dir).pid
    environment = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    names = {entry.partition("=")[0] for entry in environment if entry}
    allowed = {*installation._KEPT, *installation.server_environment(Path("x"))}
    database = remembered(label_studio.data_dir)
    allowed |= set(database.server_environment()) if database else set()
    # Django and Label Studio set their own after the start; these are not in the environment block.
    assert names <= allowed | {"LABEL_STUDIO_USERNAME", "LABEL_STUDIO_PASSWORD"}
    assert "LABEL_STUDIO_COLLECT_ANALYTICS=false" in environment
    assert "LABEL_STUDIO_SENTRY_DSN=" in environment


@pytest.mark.server
def test_it_listens_on_the_loopback_interface_alone(label_studio):
    port = int(label_studio.url.rsplit(":", 1)[1])
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line]
    assert [address for address in listening if address.endswith(f":{port:04X}")] == [f"0100007F:{port:04X}"]


@pytest.mark.server
def test_nobody_signs_up_without_an_invitation(label_studio):
    with httpx.Client(base_url=label_studio.url) as session:
        page = session.get("/user/signup/").text
        csrf = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = {"csrfmiddlewaretoken": csrf, "email": "stranger@example.com", "password": "long-enough-1"}
        answer = session.post("/user/signup/", data=form, headers={"Referer": f"{label_studio.url}/user/signup/"})
    assert answer.status_code == 403


def test_stray_variables_are_not_passed_on(monkeypatch, tmp_path):
    for name in ("USERNAME", "PASSWORD", "HOST", "PORT", "CI", "DEBUG", "LABEL_STUDIO_HOST", "LABEL_STUDIO_API_KEY"):
        monkeypatch.setenv(name, "leak")
    assert "leak" not in installation.server_environment(tmp_path).values()


def test_a_state_file_of_another_process_is_not_believed(tmp_path):
    """After a restart of the machine, the number may belong to anybody."""
    account = {"email": "a@example.com", "password": "p", "token": "t"}
    (tmp_path / "credentials.json").write_text(json.dumps(account))
    (tmp_path / "server.json").write_text(json.dumps({"pid": os.getpid(), "port": 1, "url": "http://127.0.0.1:1"}))
    assert server.running(tmp_path) is None
    assert not server.stop(tmp_path), "and is certainly not stopped"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x"}', '{"pid": 1}'])
def test_a_broken_state_file_means_that_nothing_runs(tmp_path, content):
    (tmp_path / "server.json").write_text(content)
    assert server.running(tmp_path) is None
    assert not server.stop(tmp_path)


@pytest.fixture
def stray(tmp_path) -> Iterator[subprocess.Popen[bytes]]:
    """What looks like a Label Studio of `tmp_path/.studio` and does nothing."""
    data = tmp_path / ".studio" / "label-studio"
    data.mkdir(parents=True)
    command = [sys.executable, "-c", "import time; time.sleep(600)", "start", "--port", "7", "--data-dir", str(data)]
    environment = {**os.environ, "LABEL_STUDIO_HOST": "https://labels.example.org"}
    process = subprocess.Popen(command, cwd=data, start_new_session=True, env=environment)
    deadline = time.monotonic() + 10
    while not list(processes.search(tmp_path / ".studio")) and time.monotonic() < deadline:
        time.sleep(0.01)  # until it has become that program
    yield process
    process.kill()
    process.wait()


def test_a_server_that_no_file_tells_of_is_found_and_stopped(tmp_path, stray):
    """Its file may be lost or broken; a second one must not open the same database."""
    folder = tmp_path / ".studio"
    assert list(processes.search(folder)) == [processes.Found(stray.pid, "127.0.0.1", 7, moved=False)]
    assert server._stray(folder) == (stray.pid, 7, "http://127.0.0.1:7")
    assert json.loads((folder / "server.json").read_text())["pid"] == stray.pid
    if Path("/proc/self").exists():
        assert server.how(folder).public_url == "https://labels.example.org"
    (folder / "server.json").write_text("{")
    assert server.stop(folder)
    assert gone(stray.pid)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="without /proc nobody knows where a process is")
def test_a_server_whose_folder_was_moved_is_ended_before_another_begins(tmp_path, stray):
    (tmp_path / ".studio").rename(tmp_path / "moved")
    shutil.copytree(tmp_path / "moved", tmp_path / ".studio")
    assert [found.moved for found in processes.search(tmp_path / "moved")] == [True]
    assert not list(processes.search(tmp_path / ".studio")), "a copy has none of its own"
    assert server._stray(tmp_path / "moved") is None
    assert gone(stray.pid)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="without /proc nobody knows where a process is")
def test_a_server_whose_folder_was_deleted_is_ended_before_another_begins(tmp_path, stray):
    shutil.rmtree(tmp_path / ".studio")
    assert server._stray(tmp_path / ".studio") is None
    assert gone(stray.pid)


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_a_server_that_does_not_start_names_its_log(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fake = script(
        tmp_path / "label-studio",
        'if [ "$1" = version ]; then touch "$LABEL_STUDIO_BASE_DATA_DIR/label_studio.sqlite3"; exit 0; fi\n'
        'echo "no luck"; exit 3',
    )
    monkeypatch.setenv("CURATION_LABEL_STUDIO", str(fake))
    with pytest.raises(CurationError) as caught:
        server.start(tmp_path / ".studio")
    assert caught.value.code == "E_SERVER_START"
    log = tmp_path / ".studio" / "server.log"
    assert str(log) in caught.value.message
    assert "no luck" in log.read_text()


def test_a_template_that_fails_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fake = script(tmp_path / "label-studio", "echo broken; exit 1")
    with pytest.raises(CurationError) as caught:
        installation.template(fake)
    assert caught.value.code == "E_SERVER_START"
    left = [path.name for path in installation.cache_folder().iterdir() if path.is_dir()]
    assert left == []


def test_an_executable_that_is_none_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("CURATION_LABEL_STUDIO", str(tmp_path / "nowhere"))
    with pytest.raises(CurationError, match="nowhere") as caught:
        installation.ensure_installed()
    assert caught.value.code == "E_SERVER_START"


def test_two_starts_at_once_do_not_make_two_servers(tmp_path):
    with lock(tmp_path, "server.lock"), pytest.raises(CurationError, match=str(os.getpid())) as caught:
        server.start(tmp_path)
    assert caught.value.code == "E_LOCKED"


def test_a_port_in_use_is_refused_by_name(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CurationError, match=f"port {port} is in use"):
            server._choose_port(tmp_path, port)


@pytest.fixture
def fake_uv(tmp_path, monkeypatch):
    """An installer that counts its calls and makes an environment with a `label-studio` in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CURATION_LABEL_STUDIO", raising=False)
    (tmp_path / "bin").mkdir()
    calls = tmp_path / "calls"
    script(
        tmp_path / "bin" / "uv",
        f'echo "$@" >> {calls}\n'
        f"if [ -e {tmp_path}/broken ]; then exit 1; fi\n"
        'if [ "$1" = venv ]; then mkdir -p "$4/bin" && touch "$4/bin/python"; sleep 0.3; exit 0; fi\n'
        'echo > "$(dirname "$5")/label-studio"',
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setattr(installation, "_pip_steps", lambda environment, pins: [["false"]])
    return tmp_path


def test_an_installation_is_made_once_even_by_two_at_a_time(fake_uv):
    code = "from curation.studio import installation; print(installation.ensure_installed())"
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    paths = {process.communicate(timeout=60)[0] for process in both}
    assert len(paths) == 1
    assert len((fake_uv / "calls").read_text().splitlines()) == 2, "one venv, one install"
    assert installation.ensure_installed().is_file()
    assert len((fake_uv / "calls").read_text().splitlines()) == 2


def test_a_partial_installation_is_never_taken_for_a_whole_one(fake_uv):
    (fake_uv / "broken").touch()
    with pytest.raises(CurationError) as caught:
        installation.ensure_installed()
    assert caught.value.code == "E_SERVER_START"
    assert "install.log" in caught.value.message
    (fake_uv / "broken").unlink()
    executable = installation.ensure_installed()
    (executable.parent.parent / "complete").unlink()
    (executable.parent / "left-over").touch()
    installation.ensure_installed()
    assert not (executable.parent / "left-over").exists(), "it starts from nothing"


def test_the_pins_are_exact_and_name_no_host():
    lines = Path(installation.__file__).with_name("label-studio.txt").read_text().splitlines()
    assert f"label-studio=={installation.VERSION}" in lines
    for line in lines:
        assert "==" in line.split(";")[0]
        assert "://" not in line
        assert "@" not in line


def test_the_servers_copies_of_exports_are_swept_at_the_next_start(tmp_path):
    data_dir = tmp_path / "studio"
    try:
        server.start(data_dir)
        copy = data_dir / "label-studio" / "export" / "project-1-at-2026.json"
        copy.write_text("[]", encoding="utf-8")
        server.stop(data_dir)
        server.start(data_dir)
        assert not copy.exists()
        assert copy.parent.is_dir()
    finally:
        server.stop(data_dir)


def test_a_new_database_is_another_server_in_the_ledger(tmp_path):
    """Its users and projects are numbered anew: the old ones must not be taken for them."""
    data_dir = tmp_path / "studio"
    try:
        server.start(data_dir)
        first = server.ledger_name(data_dir)
        server.stop(data_dir)
        server.start(data_dir)
        assert server.ledger_name(data_dir) == first
        server.stop(data_dir)
        shutil.rmtree(data_dir)
        server.start(data_dir)
        assert server.ledger_name(data_dir) not in (first, server.EMBEDDED)
    finally:
        server.stop(data_dir)


@pytest.mark.parametrize("left", [None, "", "{", '{"email": "admin@example.com"}'])
def test_a_lost_password_is_not_replaced_by_one_that_nobody_knows(tmp_path, left):
    installation.data_of(tmp_path).mkdir(parents=True)
    (installation.data_of(tmp_path) / "label_studio.sqlite3").touch()
    file = tmp_path / "credentials.json"
    if left is not None:
        file.write_text(left)
    with pytest.raises(CurationError) as caught:
        server.start(tmp_path)
    assert caught.value.code == "E_WORKSPACE_BROKEN"
    assert str(file) in caught.value.message
    assert (file.read_text() if file.exists() else None) == left
