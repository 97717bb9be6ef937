"""Label Studio in an environment of its own, installed once a machine, and a migrated data folder to start from."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from curation.errors import CurationError
from curation.records import Progress

VERSION = "1.23.2"
"""The version of Label Studio that is installed."""

_MARKER = "complete"
EXECUTABLE_VARIABLE = "CURATION_LABEL_STUDIO"
"""Names a `label-studio` executable to be used in place of an own installation."""

_KEPT = (
    "PATH", "HOME", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip
_QUIET = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "PYTHONUNBUFFERED": "1",
}
_DATABASE = "label_studio.sqlite3"
_DATA = "label-studio"
_ID_FILE = "curation-id"


def cache_folder() -> Path:
    """Where installations are kept: `label-studio-VERSION` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "curation" / f"label-studio-{VERSION}"


def server_environment(data: Path) -> dict[str, str]:
    """The environment of a server with its data in `data`: nothing leaks in from the caller's.

    Label Studio reads its settings without their prefix too: a stray USERNAME, HOST, PORT or CI would change it.
    """
    return {**kept_environment(), **_QUIET, "LABEL_STUDIO_BASE_DATA_DIR": str(data)}


def kept_environment() -> dict[str, str]:
    """The variables that every program of Label Studio's environment gets from the caller."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ}


def python_of(executable: Path) -> Path:
    """The interpreter of the environment that `executable` belongs to. Raises `E_SERVER_START` if there is none."""
    python = executable.resolve().parent / "python"
    if not python.exists():
        raise CurationError(
            "E_SERVER_START",
            f"{executable} has no Python beside it, with which to look at the database",
            fix=f"name the label-studio of a virtual environment in {EXECUTABLE_VARIABLE}, or unset it",
        )
    return python


def is_installed() -> bool:
    """Whether a server can be started without installing Label Studio first."""
    return bool(os.environ.get(EXECUTABLE_VARIABLE)) or _is_complete(_environment())


def ensure_installed(progress: Progress | None = None) -> Path:
    """The `label-studio` executable: the one that CURATION_LABEL_STUDIO names, else an own one, installed if need be.

    The first installation takes a minute or two and about a gigabyte. Raises `E_SERVER_START`.
    """
    named = os.environ.get(EXECUTABLE_VARIABLE)
    if named:
        if not os.access(named, os.X_OK) or Path(named).is_dir():
            raise CurationError(
                "E_SERVER_START",
                f"{EXECUTABLE_VARIABLE} is {named!r}, which is no executable",
                fix=f"correct {EXECUTABLE_VARIABLE}, or unset it to have Label Studio installed",
            )
        return Path(named).absolute()
    folder = _folder()
    environment = _environment()
    with _lock(folder / "install.lock"):
        if not _is_complete(environment):
            _install(environment, folder / "install.log", progress)
            (environment / _MARKER).write_text(VERSION, encoding="utf-8")
    return environment / "bin" / "label-studio"


def _environment() -> Path:
    return _folder() / f"env-{_pins_digest()}"


def _is_complete(environment: Path) -> bool:
    # The marker is written last: an environment without it is the remains of an interrupted installation.
    return (environment / _MARKER).is_file() and (environment / "bin" / "python").exists()


def template(executable: Path, progress: Progress | None = None) -> Path:
    """A data folder with all migrations done, made once for each executable. Copying it saves half a minute or more."""
    identity = f"{executable.resolve()}:{executable.stat().st_mtime_ns}"
    folder = _folder()
    ready = folder / f"template-{_digest(identity.encode())}"
    with _lock(folder / "template.lock"):
        if not ready.is_dir():
            _report(progress, 0, 1)
            _fill_template(executable, folder, ready)
            _report(progress, 1, 1)
    return ready


def data_of(data_dir: Path) -> Path:
    """Label Studio's own data folder in the folder of an embedded server."""
    return data_dir / _DATA


def identity(data_dir: Path) -> str | None:
    """What tells the server's data from those of every other; None before there are any."""
    try:
        return (data_of(data_dir) / _ID_FILE).read_text(encoding="utf-8")
    except OSError:
        return None


def uses_sqlite(data_dir: Path) -> bool:
    """Whether the server's data are in SQLite."""
    return (data_of(data_dir) / _DATABASE).is_file()


def make_data(data_dir: Path, source: Path | None = None) -> None:
    """Make the server's data folder unless there is one, as a copy of `source` or empty; the caller holds the lock.

    It has an identity from the start, and a half-made one is never taken for a whole one.
    """
    data = data_of(data_dir)
    if data.is_dir():
        return
    _sweep(data_dir, ".new-*")
    staging = Path(tempfile.mkdtemp(prefix=".new-", dir=data_dir))
    if source is not None:
        shutil.copytree(source, staging, dirs_exist_ok=True)
        # The template has no key file: each server signs with a key of its own.
        (staging / ".env").unlink(missing_ok=True)
    (staging / _ID_FILE).write_text(secrets.token_hex(4), encoding="utf-8")
    staging.rename(data)


def migrate(executable: Path, data: Path, database: Mapping[str, str], log: Path) -> bool:
    """Bring the tables that the variables `database` name, else SQLite in `data`, to the executable's version."""
    # `version` migrates before it prints.
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        return _run([str(executable), "version"], {**server_environment(data), **database}, out.fileno()) == 0


def _install(environment: Path, log: Path, progress: Progress | None) -> None:
    pins = files("curation.studio") / "label-studio.txt"
    attempts = [*_uv_steps(environment, str(pins)), _pip_steps(environment, str(pins))]
    with log.open("wb") as out:
        for steps in attempts:
            shutil.rmtree(environment, ignore_errors=True)
            if _run_all(steps, out.fileno(), progress):
                return
    raise CurationError(
        "E_SERVER_START",
        f"Label Studio {VERSION} could not be installed; {log} tells why",
        fix=f"correct it and run the command again, or name an installed one in {EXECUTABLE_VARIABLE}",
    )


def _uv_steps(environment: Path, pins: str) -> list[list[list[str]]]:
    found = shutil.which("uv")
    uv = [found] if found else [sys.executable, "-m", "uv"] if find_spec("uv") else None
    if uv is None:
        return []
    create = [*uv, "venv", "--python", sys.executable, str(environment)]
    fill = [*uv, "pip", "install", "--no-deps", "--python", str(environment / "bin" / "python"), "--requirement", pins]
    return [[create, fill]]


def _pip_steps(environment: Path, pins: str) -> list[list[str]]:
    create = [sys.executable, "-m", "venv", str(environment)]
    fill = [str(environment / "bin" / "python"), "-m", "pip", "install", "--no-deps", "--requirement", pins]
    return [create, fill]


def _run_all(steps: Sequence[Sequence[str]], out: int, progress: Progress | None) -> bool:
    ignored = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    environment = {name: value for name, value in os.environ.items() if name not in ignored}
    for number, step in enumerate(steps):
        _report(progress, number, len(steps))
        if _run(step, environment, out) != 0:
            return False
    _report(progress, len(steps), len(steps))
    return True


def _fill_template(executable: Path, folder: Path, ready: Path) -> None:
    _sweep(folder, ".migrating-*")
    staging = Path(tempfile.mkdtemp(prefix=".migrating-", dir=folder))
    log = folder / "template.log"
    try:
        if not migrate(executable, staging, {}, log) or not (staging / _DATABASE).is_file():
            raise CurationError("E_SERVER_START", f"Label Studio's database could not be made; {log} tells why")
        (staging / ".env").unlink(missing_ok=True)
        staging.rename(ready)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _run(command: Sequence[str], environment: Mapping[str, str], out: int) -> int:
    try:
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
        ).returncode
    except OSError as error:
        os.write(out, f"{command[0]}: {error.strerror}\n".encode())
        return 127


def _sweep(folder: Path, pattern: str) -> None:
    """Remove what an interrupted run left."""
    for path in folder.glob(pattern):
        shutil.rmtree(path, ignore_errors=True)


def _folder() -> Path:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CurationError("E_DISK", f"{folder}: {error.strerror}") from None
    return folder


def _pins_digest() -> str:
    pins = (files("curation.studio") / "label-studio.txt").read_bytes()
    return _digest(pins + f"{sys.version_info[:2]}{sys.platform}".encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:8]


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Wait for, then hold, a lock that dies with its process."""
    with path.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
