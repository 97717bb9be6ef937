"""The process of an embedded Label Studio: is it the one, does it live, end it; and is its port free."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from curation.errors import CurationError
from curation.studio.installation import data_of

HOST = "127.0.0.1"

_STOP_SECONDS = 10.0
_CHILDREN: dict[int, subprocess.Popen[bytes]] = {}


def launch(command: list[str], environment: Mapping[str, str], folder: Path, log: Path) -> int:
    """Start a program in a process group of its own, with what it says in `log`; returns its number.

    The log that was there is kept beside it. Raises `E_SERVER_START`.
    """
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    try:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise CurationError("E_SERVER_START", f"{command[0]}: {error.strerror}") from None
    _CHILDREN[process.pid] = process
    return process.pid


def is_server(pid: int, data_dir: Path) -> bool:
    """Whether the process lives and is the Label Studio of `data_dir`, not another one that got its number."""
    return str(data_of(data_dir.resolve())) in " ".join(_command_line(pid))


@dataclass(frozen=True, slots=True)
class Found:
    """A Label Studio among the processes. `moved` says that its folder is not where it looks for it any more."""

    pid: int
    host: str
    port: int
    moved: bool


def search(data_dir: Path) -> Iterator[Found]:
    """Every Label Studio of `data_dir`, whether or not a file tells of it; without /proc none of a moved folder."""
    data = data_of(data_dir.resolve())
    for pid in _processes():
        words = _command_line(pid)
        options = dict(pairwise(words))
        named, port = options.get("--data-dir"), options.get("--port", "")
        if named is None or not port.isdecimal():
            continue
        folder = _folder_of(pid)
        is_there = folder is not None and folder.is_dir()
        if folder == data if is_there else named == str(data):
            moved = folder is not None and str(folder) != named
            yield Found(pid, options.get("--internal-host", HOST), int(port), moved)


def told(pid: int, variable: str) -> str | None:
    """What a variable of the environment that a process was started with says; None if that cannot be told."""
    try:
        words = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return None
    named = f"{variable}=".encode()
    return next((word.removeprefix(named).decode(errors="replace") for word in words if word.startswith(named)), None)


def lives(pid: int) -> bool:
    """Whether the process runs."""
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


def end(pid: int, port: int | None = None) -> None:
    """SIGTERM, then SIGKILL, to the process and what it started; waits until its port is free again."""
    _kill(pid)
    # The last thread closes the port a moment after the process has gone.
    deadline = time.monotonic() + 2
    while port is not None and time.monotonic() < deadline and not bindable(port):
        time.sleep(0.02)


def bindable(port: int, host: str = HOST) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
    return True


def free_port(host: str = HOST) -> int:
    """A port on which nothing listens. Raises `E_SERVER_START` if `host` is no address of this machine."""
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            raise CurationError(
                "E_SERVER_START",
                f"{host} is no address of this machine",
                fix="name one of its IPv4 addresses with --host, 0.0.0.0 for all, or leave it out",
            ) from None
        return int(probe.getsockname()[1])


def _processes() -> list[int]:
    if Path("/proc/self").exists():
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    shown = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
    return [int(pid) for pid in shown.stdout.split()]


def _folder_of(pid: int) -> Path | None:
    """The folder in which a process is, wherever it was moved to."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _command_line(pid: int) -> list[str]:
    process = Path(f"/proc/{pid}")
    if Path("/proc/self").exists():
        try:
            return (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            return []
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.split()


def _kill(pid: int) -> None:
    for kind, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, _STOP_SECONDS)):
        try:
            os.killpg(pid, kind)
        except (ProcessLookupError, PermissionError):
            break
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and lives(pid):
            time.sleep(0.05)
    if not lives(pid):
        _CHILDREN.pop(pid, None)
