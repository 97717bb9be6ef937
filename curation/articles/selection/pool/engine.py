"""Daft, embedded or on a Ray cluster. This and its neighbours are the only doors to `daft` and `ray`."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from urllib.parse import urlsplit

from curation.errors import CurationError

_PATIENCE = 20
"""Seconds in which a cluster has to answer."""

_LOUD = ("daft_local_execution", "daft_io")
"""Loggers that say on stderr what is raised too."""

_THEIRS = {"daft", "ray", "pyarrow"}
_AUTO = "auto"
_CLIENT = "ray://"


def start(ray: str | None) -> None:
    """Let Daft run in this process, or on the Ray cluster at the address `ray`.

    Neither may send usage statistics. Raises `E_EXTRA_MISSING`, `E_CLUSTER_DOWN` where no cluster answers within
    seconds, and `E_USAGE` where this process uses the other of the two already, which Daft cannot change.
    """
    for module, extra in (("daft", "pool"), *((("ray", "ray"),) if ray is not None else ())):
        if find_spec(module) is None:
            raise CurationError("E_EXTRA_MISSING", f"{module} is not installed", fix=f"pip install 'curation[{extra}]'")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
    import daft
    from daft.runners import _get_runner

    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.CRITICAL)

    runner, wanted = _get_runner(), "native" if ray is None else "ray"
    if runner is not None and runner.name != wanted:
        raise CurationError("E_USAGE", "Daft runs in one way in a process", fix="start another process")
    if runner is None and ray is None:
        daft.set_runner_native()
    elif runner is None and ray is not None:
        _connect(ray)
        daft.set_runner_ray()


def on_ray() -> bool:
    """Whether Daft runs on a Ray cluster, and not in this process."""
    from daft.runners import get_or_infer_runner_type

    return bool(get_or_infer_runner_type() == "ray")


@contextmanager
def failures() -> Iterator[None]:
    """Turn what Daft, Ray and the machines raise into `E_CLUSTER_FAILED`. What is a fault of ours stays what it is."""
    try:
        yield
    except Exception as error:  # neither Daft nor Ray has one class of errors for all that can happen
        if isinstance(error, CurationError) or not _is_theirs(error):
            raise
        raise CurationError("E_CLUSTER_FAILED", _told(error)) from error


def _is_theirs(error: Exception) -> bool:
    """Whether an error comes from Daft, Ray or a machine. What a worker raised is judged by itself."""
    raised = getattr(error, "cause", None)
    if isinstance(raised, Exception):
        return _is_theirs(raised)
    rooms = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return isinstance(error, OSError | RuntimeError | MemoryError) or bool(rooms & _THEIRS)


def _connect(address: str) -> None:
    """Connect to a cluster. Ray itself would try for minutes."""
    import ray

    if ray.is_initialized():
        return
    if address != _AUTO:
        _require_answer(address)
    try:
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # whatever stops Ray from connecting
        raise CurationError("E_CLUSTER_DOWN", f"{address}: {_told(error)}") from None


def _require_answer(address: str) -> None:
    try:
        parts = urlsplit(address if address.startswith(_CLIENT) else f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise CurationError("E_USAGE", f"{address!r} is no address of a Ray cluster", fix="--ray HOST:PORT")
    try:
        socket.create_connection((host, port), timeout=_PATIENCE).close()
    except OSError as error:
        raise CurationError("E_CLUSTER_DOWN", f"{address} does not answer: {error.strerror or error}") from None
    if not address.startswith(_CLIENT):
        _require_ray(address)


def _require_ray(address: str) -> None:
    """Ask with Ray's own command, which can be stopped: `ray.init` waits for ever for what is no cluster."""
    command = [sys.executable, "-c", "from ray.scripts.scripts import main; main()", "health-check"]
    try:
        asked = subprocess.run([*command, "--address", address], capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise CurationError("E_CLUSTER_DOWN", f"{address} does not answer as a Ray cluster does") from None
    if asked.returncode:
        refused = "AuthenticationError" in asked.stderr
        why = "asks for a token and got none, or another" if refused else "says that it is not well"
        raise CurationError("E_CLUSTER_DOWN", f"the Ray cluster at {address} {why}")


def _told(error: Exception) -> str:
    """The end of a long message, which has the cause, on one line."""
    return " ".join(str(error).split())[-300:] or type(error).__name__
