"""One writer at a time: an advisory lock on a file, that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from curation.errors import CurationError


@contextmanager
def lock(folder: Path, name: str = "curation.lock") -> Iterator[None]:
    """Hold the lock `name` of a folder. Raises `E_LOCKED`, naming the process that holds it, `E_DISK`."""
    descriptor = _held(folder / name, folder)
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def lock_of(path: Path) -> Iterator[None]:
    """Hold the right to put something in the place of `path`, by a file beside it that is gone afterwards.

    Raises `E_LOCKED`, naming the process that holds it, `E_DISK`.
    """
    beside = path.with_name(f".{path.name}.lock")
    descriptor = _held(beside, path)
    try:
        yield
    finally:
        with suppress(OSError):
            beside.unlink()
        os.close(descriptor)


def _held(path: Path, what: Path) -> int:
    """The descriptor of the lock file, which is locked, and still the one at its path."""
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            _lock(descriptor, what)
            if _is_at(descriptor, path):
                _sign(descriptor)
                return descriptor
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, OSError):
                raise _unwritable(path, error) from None
            raise
        # Whoever had it has removed it since it was opened.
        os.close(descriptor)


def _lock(descriptor: int, what: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        raise CurationError("E_LOCKED", f"{what} is in use by process {holder}") from None


def _sign(descriptor: int) -> None:
    """Say who holds the lock; on a full disk it is held all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _unwritable(path: Path, error: OSError) -> CurationError:
    return CurationError("E_DISK", f"{path.parent} cannot be written to: {error.strerror}")
