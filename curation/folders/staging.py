"""Make a folder beside its place and put it there whole: whenever the process dies, the old or the new one stands."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from curation.errors import CurationError
from curation.folders.lock import lock_of
from curation.folders.manifest import MANIFEST, verify

_AT_FDCWD = -100
_EXCHANGE = 2


@contextmanager
def staging(out: Path, name: str) -> Iterator[Path]:
    """A fresh folder beside `out`, removed at the end. Clears away what a killed process left behind.

    Raises `E_LOCKED` while another process writes `out`, `E_EXISTS` if `out` holds anything but what was made earlier
    under the same `name`, `E_DISK`.
    """
    out = _place(out)
    _make_parent(out)
    with lock_of(out):
        _recover(out)
        _require_ours(out, name)
        folder = out.parent / f".{out.name}.partial-{os.getpid()}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, out: Path) -> None:
    """Put the finished `folder` in the place of `out`, durably; what was there is removed afterwards.

    Raises `E_EXISTS` if what is there was made read-only: whoever did that wants it to stay.
    """
    out = _place(out)
    _require_writable(out)
    _sync(folder)
    if not out.exists():
        folder.rename(out)
    elif not _exchange(folder, out):
        old = out.parent / f".{out.name}.old-{os.getpid()}"
        out.rename(old)
        folder.rename(out)
        shutil.rmtree(old)
    _sync_folder(out.parent)


def _place(out: Path) -> Path:
    """Where `out` is: a link leads to it and stays, and it has a name."""
    return out.resolve() if out.is_symlink() or out.name in ("", "..") else out


def _make_parent(out: Path) -> None:
    if not out.name:
        raise CurationError("E_EXISTS", f"{out} cannot be replaced")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise CurationError("E_EXISTS", f"{out.parent} is no folder", fix="choose another folder") from None


def _recover(out: Path) -> None:
    for old in sorted(_leftovers(out, "old")):
        if out.exists():
            _clear(old)
        else:
            old.rename(out)
    for partial in _leftovers(out, "partial"):
        _clear(partial)


def _clear(leftover: Path) -> None:
    try:
        shutil.rmtree(leftover)
    except OSError as error:
        message = f"{leftover}, which an earlier run left behind, cannot be removed: {error.strerror}"
        raise CurationError("E_DISK", message, fix="remove it yourself, then run the command again") from None


def _leftovers(out: Path, kind: str) -> list[Path]:
    return list(out.parent.glob(f".{escape(out.name)}.{kind}-*"))


def _require_ours(out: Path, name: str) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir():
        raise CurationError("E_EXISTS", f"{out} is no folder", fix="choose another folder")
    if not (out / MANIFEST).is_file():
        raise CurationError("E_EXISTS", f"{out} exists, is not empty and was not made by curation")
    held = verify(out)
    if held.name is None:
        raise CurationError("E_EXISTS", f"{out / MANIFEST} is damaged or was not written by curation")
    if held.name != name:
        raise CurationError("E_EXISTS", f"{out} holds {held.name!r}, not {name!r}")
    if held.extra:
        raise CurationError(
            "E_EXISTS",
            f"{out} holds files that were not made with it: {', '.join(held.extra[:3])}",
            fix="Move them away, then run the command again: it replaces the whole folder.",
        )


def _require_writable(out: Path) -> None:
    for folder, _, _ in os.walk(out):
        if not os.access(folder, os.W_OK | os.X_OK):
            fix = f"choose another folder, or `chmod -R u+w {out}`"
            raise CurationError("E_EXISTS", f"{folder} is read-only, so that {out} stays as it is", fix=fix)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two paths in one step, where the system can (Linux, macOS); False if it cannot."""
    paths = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None)
        if sys.platform == "darwin":
            return bool(library.renamex_np(*paths, _EXCHANGE) == 0)
        return bool(library.renameat2(_AT_FDCWD, paths[0], _AT_FDCWD, paths[1], _EXCHANGE) == 0)
    except (AttributeError, OSError, TypeError):
        return False


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
