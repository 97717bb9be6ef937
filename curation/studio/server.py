"""The embedded Label Studio: start it in the workspace, find the one that runs, stop it."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from curation.errors import CurationError
from curation.folders.lock import lock
from curation.folders.whole import whole
from curation.records import Progress
from curation.studio.installation import copy_template, ensure_installed, server_environment, template

HOST = "127.0.0.1"
EMBEDDED = "embedded"
"""How names of a workspace's own servers begin in its ledger."""

EMAIL = "admin@example.com"
"""The first user of an embedded server; its password is made anew for each."""

CREDENTIALS_FILE = "credentials.json"
STATE_FILE = "server.json"
_ID_FILE = "curation-id"
LOG_FILE = "server.log"

_START_SECONDS = 180.0
_STOP_SECONDS = 10.0
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A Label Studio that answers at `url`. `started` says whether this very call started it."""

    url: str
    pid: int
    port: int
    data_dir: Path
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    started: bool

    @property
    def log(self) -> Path:
        """What the server writes."""
        return self.data_dir / LOG_FILE

    def stop(self) -> None:
        """End the server and wait until it is gone. The next one takes the same port if it is free."""
        _end(self.pid, self.port)

    def wait(self) -> None:
        """Stay until the server ends, or until Ctrl-C, SIGTERM or SIGHUP arrives; then stop it."""
        asked = threading.Event()
        previous = {kind: signal.signal(kind, lambda *_: asked.set()) for kind in _ENDINGS}
        try:
            while _is_server(self.pid, self.data_dir) and not asked.wait(0.5):
                pass
        finally:
            for kind, handler in previous.items():
                signal.signal(kind, handler)
        self.stop()


_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def start(
    data_dir: Path,
    port: int | None = None,
    *,
    detach: bool = False,
    legacy_tokens: bool = False,
    progress: Progress | None = None,
) -> RunningServer:
    """The server of `data_dir`: the one that runs, else a new one on `port` (default: the last one's, else a free one).

    It listens on the loopback interface alone. The first user, password and token are made without a click and kept in
    `data_dir`, readable by the owner only. With `detach` the server outlives this program, else it ends with it.
    `legacy_tokens` counts at the very first start. Raises `E_SERVER_START`, naming the log, and `E_LOCKED` while
    another start is under way.
    """
    data_dir = data_dir.resolve()
    _make_private(data_dir)
    with lock(data_dir, "server.lock"):
        found = running(data_dir)
        if found is not None:
            return found
        account = _account(data_dir)
        state = _left_running(data_dir)
        if state is None:
            executable = ensure_installed(progress)
            data = data_dir / "label-studio"
            if not data.is_dir():
                copy_template(template(executable, progress), data)
                (data / _ID_FILE).write_text(secrets.token_hex(4), encoding="utf-8")
            _sweep(data)
            state = _launch(executable, data, _choose_port(data_dir, port), account, legacy_tokens=legacy_tokens)
        pid, chosen = state
        try:
            _await_health(pid, chosen, data_dir)
            _ensure_token(data_dir, _url(chosen), account)
        except BaseException:
            _end(pid)
            raise
        if not detach:
            atexit.register(_end, pid)
    return RunningServer(_url(chosen), pid, chosen, data_dir, started=True, **_read(data_dir / CREDENTIALS_FILE))


def running(data_dir: Path) -> RunningServer | None:
    """The server of `data_dir` if it runs and answers and is truly ours, else None."""
    state = _read(data_dir / STATE_FILE)
    account = _read(data_dir / CREDENTIALS_FILE)
    try:
        server = RunningServer(state["url"], int(state["pid"]), int(state["port"]), data_dir, started=False, **account)
    except (KeyError, TypeError, ValueError):
        return None
    return server if _is_server(server.pid, data_dir) and _healthy(server.url) else None


def ledger_name(data_dir: Path) -> str:
    """What the server of `data_dir` is called in the workspace's ledger, whatever its port.

    A new database is another server: its numbers of projects and users begin anew and mean others.
    """
    try:
        return f"{EMBEDDED}-{(data_dir / 'label-studio' / _ID_FILE).read_text(encoding='utf-8')}"
    except OSError:
        return EMBEDDED


def last_url(data_dir: Path) -> str | None:
    """Where the server of `data_dir` answers, or answered when it ran last; None if it never did."""
    url = _read(data_dir / STATE_FILE).get("url")
    return url if isinstance(url, str) else None


def stop(data_dir: Path) -> bool:
    """Stop the server of `data_dir`; False if none runs, even one that no longer answers."""
    state = _read(data_dir / STATE_FILE)
    pid = state.get("pid")
    if not isinstance(pid, int) or not _is_server(pid, data_dir):
        return False
    _end(pid, state.get("port"))
    return True


def _left_running(data_dir: Path) -> tuple[int, int] | None:
    """Process and port of a server whose start was cut short: a second one must not open the same database."""
    state = _read(data_dir / STATE_FILE)
    pid, port = state.get("pid"), state.get("port")
    if isinstance(pid, int) and isinstance(port, int) and _is_server(pid, data_dir):
        return pid, port
    return None


def _sweep(data: Path) -> None:
    # Label Studio keeps a copy of every export that was ever asked for, and so of every pull.
    for copy in (data / "export").glob("project-*"):
        copy.unlink(missing_ok=True)


def _launch(
    executable: Path, data: Path, port: int, account: dict[str, str], *, legacy_tokens: bool
) -> tuple[int, int]:
    # --data-dir says nothing that the environment does not; it marks the process as this workspace's.
    command = [str(executable), "start", "--no-browser", "--internal-host", HOST, "--port", str(port)]
    command += ["--data-dir", str(data), *(["--enable-legacy-api-token"] if legacy_tokens else [])]
    environment = {
        **server_environment(data),
        "LABEL_STUDIO_USERNAME": account["email"],
        "LABEL_STUDIO_PASSWORD": account["password"],
    }
    log = data.parent / LOG_FILE
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    try:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=data,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise CurationError("E_SERVER_START", f"{executable}: {error.strerror}") from None
    _CHILDREN[process.pid] = process
    _write_private(data.parent / STATE_FILE, {"pid": process.pid, "port": port, "url": _url(port)})
    return process.pid, port


def _await_health(pid: int, port: int, data_dir: Path) -> None:
    log = data_dir / LOG_FILE
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if not _lives(pid):
            raise CurationError("E_SERVER_START", f"Label Studio ended while it started; {log} tells why")
        if _healthy(_url(port)):
            return
        time.sleep(0.1)
    raise CurationError("E_SERVER_START", f"Label Studio did not answer for {_START_SECONDS:.0f} s; {log} tells why")


def _ensure_token(data_dir: Path, url: str, account: dict[str, str]) -> None:
    from curation.studio.accounts import accepts, log_in, personal_access_token

    if account.get("token") and accepts(url, account["token"]):
        return
    with log_in(url, account["email"], account["password"]) as session:
        token = personal_access_token(session)
    _write_private(data_dir / CREDENTIALS_FILE, {**account, "token": token})


def _account(data_dir: Path) -> dict[str, str]:
    # Written before the server starts: a password that was given to it and then lost would lock everybody out.
    known = _read(data_dir / CREDENTIALS_FILE)
    if known.get("email") and known.get("password"):
        return known
    fresh = {"email": EMAIL, "password": secrets.token_urlsafe(18)}
    _write_private(data_dir / CREDENTIALS_FILE, fresh)
    return fresh


def _choose_port(data_dir: Path, wanted: int | None) -> int:
    if wanted is not None:
        if not _bindable(wanted):
            raise CurationError("E_SERVER_START", f"port {wanted} is in use", fix="name another with --port")
        return wanted
    last = _read(data_dir / STATE_FILE).get("port")
    if isinstance(last, int) and _bindable(last):
        return last
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _bindable(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def _healthy(url: str) -> bool:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _is_server(pid: int, data_dir: Path) -> bool:
    """Whether the process lives and is the Label Studio of `data_dir`, not another one that got its number."""
    return str(data_dir.resolve() / "label-studio") in " ".join(_command_line(pid))


def _command_line(pid: int) -> list[str]:
    process = Path(f"/proc/{pid}")
    if Path("/proc/self").exists():
        try:
            return (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.split()


def _end(pid: int, port: int | None = None) -> None:
    """SIGTERM, then SIGKILL, to the process and what it started; it leads a process group of its own."""
    _kill(pid)
    # The last thread closes the port a moment after the process has gone.
    deadline = time.monotonic() + 2
    while port is not None and time.monotonic() < deadline and not _bindable(port):
        time.sleep(0.02)


def _kill(pid: int) -> None:
    for kind, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
        try:
            os.killpg(pid, kind)
        except (ProcessLookupError, PermissionError):
            break
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and _lives(pid):
            time.sleep(0.05)
    if not _lives(pid):
        _CHILDREN.pop(pid, None)


def _lives(pid: int) -> bool:
    if pid in _CHILDREN:
        return _CHILDREN[pid].poll() is None
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except OSError:
        return not Path("/proc/self").exists()
    return state not in ("Z", "X")


def _url(port: int) -> str:
    return f"http://{HOST}:{port}"


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Wherever the workspace lies, its secrets and its database do not get into a repository.
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise CurationError("E_DISK", f"{folder}: {error.strerror}") from None


def _write_private(path: Path, document: dict[str, Any]) -> None:
    with whole(path, private=True) as file:
        file.write(json.dumps(document, indent=2).encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}
