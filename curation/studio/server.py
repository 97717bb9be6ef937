"""The embedded Label Studio: start it in the workspace, find the one that runs, stop it."""

from __future__ import annotations

import atexit
import json
import secrets
import signal
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
from curation.studio.database import Database, claim, remembered, settle
from curation.studio.installation import data_of, ensure_installed, identity, make_data, server_environment, template
from curation.studio.processes import HOST, bindable, end, free_port, is_server, launch, lives, search, told

EVERYWHERE = "0.0.0.0"
"""The address that stands for all of this machine's."""

EMBEDDED = "embedded"
"""How names of a workspace's own servers begin in its ledger."""

EMAIL = "admin@example.com"
"""The first user of an embedded server; its password is made anew for each."""

CREDENTIALS_FILE = "credentials.json"
STATE_FILE = "server.json"
LOG_FILE = "server.log"

_START_SECONDS = 180.0
_ADDRESS = "LABEL_STUDIO_HOST"


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
        end(self.pid, self.port)

    def wait(self) -> None:
        """Stay until the server ends, or until Ctrl-C, SIGTERM or SIGHUP arrives; then stop it."""
        asked = threading.Event()
        previous = {kind: signal.signal(kind, lambda *_: asked.set()) for kind in _ENDINGS}
        try:
            while is_server(self.pid, self.data_dir) and not asked.wait(0.5):
                pass
        finally:
            for kind, handler in previous.items():
                signal.signal(kind, handler)
        self.stop()


_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a server is to be started; None leaves it to the last start, or to what is usual.

    `port`: else the last one's, else a free one. `host`: an IPv4 address of this machine to listen on, else loopback.
    `public_url`: where people reach it through a reverse proxy. `database`: else the one that its data are in, else
    SQLite.
    """

    port: int | None = None
    host: str | None = None
    public_url: str | None = None
    database: Database | None = None


def start(
    data_dir: Path,
    asked: Asked | None = None,
    *,
    detach: bool = False,
    legacy_tokens: bool = False,
    progress: Progress | None = None,
) -> RunningServer:
    """The server of `data_dir`: the one that runs, else a new one as it is `asked` for.

    It listens on the loopback interface alone unless asked otherwise. The first user, password and token are made
    without a click and kept in `data_dir`, readable by the owner only. With `detach` the server outlives this program,
    else it ends with it. `legacy_tokens` counts at the very first start. Raises `E_SERVER_START`, naming the log, what
    `database.claim` raises, and `E_LOCKED` while another start is under way.
    """
    data_dir = data_dir.resolve()
    asked = asked or Asked()
    _make_private(data_dir)
    with lock(data_dir, "server.lock"):
        database = settle(data_dir, asked.database)
        found = running(data_dir)
        if found is not None:
            _require_as_asked(data_dir, asked)
            return found
        account = _account(data_dir)
        state = _left_running(data_dir) or _stray(data_dir)
        if state is None:
            # First what may be refused: what it leaves must not pass for the data of a server.
            free = _choose_port(data_dir, asked.port, asked.host or HOST)
            executable = ensure_installed(progress)
            if database is None:
                make_data(data_dir, None if data_of(data_dir).is_dir() else template(executable, progress))
            else:
                claim(executable, database, data_dir)
            _sweep(data_of(data_dir))
            state = _launch(executable, data_dir, free, asked, database, account, legacy_tokens=legacy_tokens)
        pid, chosen, url = state
        try:
            _await_health(pid, url, data_dir)
            _ensure_token(data_dir, url, account)
        except BaseException:
            end(pid)
            raise
        if not detach:
            atexit.register(end, pid)
    return RunningServer(url, pid, chosen, data_dir, started=True, **_read(data_dir / CREDENTIALS_FILE))


def running(data_dir: Path) -> RunningServer | None:
    """The server of `data_dir` if it runs and answers and is truly ours, else None."""
    state = _read(data_dir / STATE_FILE)
    account = _read(data_dir / CREDENTIALS_FILE)
    try:
        server = RunningServer(state["url"], int(state["pid"]), int(state["port"]), data_dir, started=False, **account)
    except (KeyError, TypeError, ValueError):
        return None
    return server if is_server(server.pid, data_dir) and _healthy(server.url) else None


def ledger_name(data_dir: Path) -> str:
    """What the server of `data_dir` is called in the workspace's ledger, whatever its port.

    A new database is another server: its numbers of projects and users begin anew and mean others.
    """
    known = identity(data_dir)
    return f"{EMBEDDED}-{known}" if known else EMBEDDED


def last_url(data_dir: Path) -> str | None:
    """Where the server of `data_dir` answers, or answered when it ran last; None if it never did."""
    url = _read(data_dir / STATE_FILE).get("url")
    return url if isinstance(url, str) else None


def stop(data_dir: Path) -> bool:
    """Stop the server of `data_dir`, even one that no longer answers or that no file tells of; False if none runs."""
    state = _left_running(data_dir)
    if state is not None:
        end(state[0], state[1])
    strays = list(search(data_dir))
    for stray in strays:
        end(stray.pid, stray.port)
    return state is not None or bool(strays)


@dataclass(frozen=True, slots=True)
class How:
    """How the server of a folder was started last; `database` is an address without a password, None for SQLite."""

    port: int | None
    host: str
    public_url: str | None
    database: str | None


def how(data_dir: Path) -> How:
    """How the server of `data_dir` runs, or ran last."""
    state, database = _read(data_dir / STATE_FILE), remembered(data_dir)
    host, url = state.get("host", HOST), state.get("public_url")
    return How(state.get("port"), host, url, database.url if database else None)


def _require_as_asked(data_dir: Path, asked: Asked) -> None:
    """A server that runs is not changed by asking for another port: whoever asks must not believe it was."""
    runs = how(data_dir)
    database = asked.database.url if asked.database else None
    pairs = (
        ("port", asked.port, runs.port),
        ("host", asked.host, runs.host),
        ("public URL", asked.public_url, runs.public_url or "none"),
        ("database", database, runs.database or "SQLite"),
    )
    others = [f"{name} {real}" for name, wanted, real in pairs if wanted is not None and wanted != real]
    if others:
        raise CurationError(
            "E_SERVER_START",
            f"the workspace's Label Studio runs already, with {', '.join(others)}",
            fix="curation studio stop, then serve again",
        )


def _left_running(data_dir: Path) -> tuple[int, int, str] | None:
    """Process, port and address of a server whose start was cut short: no second one must open the same database."""
    state = _read(data_dir / STATE_FILE)
    pid, port, url = state.get("pid"), state.get("port"), state.get("url")
    if isinstance(pid, int) and isinstance(port, int) and isinstance(url, str) and is_server(pid, data_dir):
        return pid, port, url
    return None


def _stray(data_dir: Path) -> tuple[int, int, str] | None:
    """The same of one that no file tells of. One whose folder was moved finds its data no more, and is ended."""
    for found in search(data_dir):
        if not found.moved:
            return _note(data_dir, found.pid, found.port, found.host, told(found.pid, _ADDRESS))
        end(found.pid, found.port)
    return None


def _note(data_dir: Path, pid: int, port: int, host: str, public_url: str | None) -> tuple[int, int, str]:
    """Write down how the server runs, for whoever looks for it."""
    url = f"http://{HOST if host == EVERYWHERE else host}:{port}"
    state = {"pid": pid, "port": port, "url": url, "host": host, "public_url": public_url}
    _write_private(data_dir / STATE_FILE, state)
    return pid, port, url


def _sweep(data: Path) -> None:
    # Label Studio keeps a copy of every export that was ever asked for, and so of every pull.
    for copy in (data / "export").glob("project-*"):
        copy.unlink(missing_ok=True)


def _launch(
    executable: Path,
    data_dir: Path,
    port: int,
    asked: Asked,
    database: Database | None,
    account: dict[str, str],
    *,
    legacy_tokens: bool,
) -> tuple[int, int, str]:
    host, data = asked.host or HOST, data_of(data_dir)
    # --data-dir says nothing that the environment does not; it marks the process as this workspace's.
    command = [str(executable), "start", "--no-browser", "--internal-host", host, "--port", str(port)]
    command += ["--data-dir", str(data), *(["--enable-legacy-api-token"] if legacy_tokens else [])]
    environment = {
        **server_environment(data),
        **(database.server_environment() if database else {}),
        **(_behind(asked.public_url) if asked.public_url else {}),
        "LABEL_STUDIO_USERNAME": account["email"],
        "LABEL_STUDIO_PASSWORD": account["password"],
    }
    pid = launch(command, environment, data, data_dir / LOG_FILE)
    return _note(data_dir, pid, port, host, asked.public_url)


def _behind(url: str) -> dict[str, str]:
    """What Label Studio must know of a reverse proxy: where forms come from, and that cookies go over TLS alone."""
    return {
        _ADDRESS: url,
        "LABEL_STUDIO_CSRF_TRUSTED_ORIGINS": url,
        "LABEL_STUDIO_SESSION_COOKIE_SECURE": "1" if url.startswith("https:") else "0",
        # Its pages read this cookie; left alone, it would be hidden from them together with the session's.
        "LABEL_STUDIO_CSRF_COOKIE_HTTPONLY": "0",
    }


def _await_health(pid: int, url: str, data_dir: Path) -> None:
    log = data_dir / LOG_FILE
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if not lives(pid):
            raise CurationError("E_SERVER_START", f"Label Studio ended while it started; {log} tells why")
        if _healthy(url):
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


_LOST = (
    "put the file back from a backup; or move {folder} away, and `curation studio serve` begins anew: what was pulled"
    " stays in the workspace"
)


def _account(data_dir: Path) -> dict[str, str]:
    # Written before the server starts: a password that was given to it and then lost would lock everybody out.
    known = _read(data_dir / CREDENTIALS_FILE)
    if known.get("email") and known.get("password"):
        return known
    if data_of(data_dir).is_dir():
        # Another password would be none that the account in the database knows.
        lost = f"{data_dir / CREDENTIALS_FILE} is lost or broken, and with it the administrator's password"
        raise CurationError("E_WORKSPACE_BROKEN", lost, fix=_LOST.format(folder=data_dir))
    fresh = {"email": EMAIL, "password": secrets.token_urlsafe(18)}
    _write_private(data_dir / CREDENTIALS_FILE, fresh)
    return fresh


def _choose_port(data_dir: Path, wanted: int | None, host: str = HOST) -> int:
    free = free_port(host)
    if wanted is not None:
        if not bindable(wanted, host):
            raise CurationError("E_SERVER_START", f"port {wanted} is in use", fix="name another with --port")
        return wanted
    last = _read(data_dir / STATE_FILE).get("port")
    return last if isinstance(last, int) and bindable(last, host) else free


def _healthy(url: str) -> bool:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


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
