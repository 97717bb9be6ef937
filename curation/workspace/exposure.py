"""Who else on this machine can read or change what a workspace holds."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

DATABASE = "curation.db"


def exposed(folder: Path, server_folder: Path) -> Iterator[tuple[str, str]]:
    """What others can do that they should not, in words, and the command that ends it.

    `server_folder` is where the workspace's own Label Studio lives, with its passwords. Files that cannot be looked at
    are left out.
    """
    if _mode(folder) & stat.S_IWOTH and _within_reach(folder):
        yield f"everybody on this machine may change {folder}", f"chmod o-w {shlex.quote(str(folder))}"
    database = folder / DATABASE
    rights = _mode(database) & (stat.S_IROTH | stat.S_IWOTH)
    if rights and _within_reach(database):
        may = "change" if rights & stat.S_IWOTH else "read"
        # With the files that SQLite puts beside it and gives the same rights.
        yield (
            f"everybody on this machine may {may} {database}, which holds annotators' addresses",
            f"chmod o-rwx {shlex.quote(str(database))}*",
        )
    if _mode(server_folder) & 0o077:
        detail = f"others may look into {server_folder}, which holds passwords and tokens"
        yield detail, f"chmod 700 {shlex.quote(str(server_folder))}"
    for path in sorted([*server_folder.glob("*.json"), *server_folder.glob("*.csv")]):
        if _mode(path) & 0o077:
            yield f"others may read {path}, which holds secrets", f"chmod 600 {shlex.quote(str(path))}"


def unwritable(folder: Path) -> Iterator[tuple[str, str]]:
    """What commands could not write to, in words, and what to do."""
    for path in (folder, folder / DATABASE):
        if path.exists() and not os.access(path, os.W_OK, effective_ids=True):
            yield f"{path} cannot be written to", f"chmod u+w {shlex.quote(str(path))}, or work as its owner"


def _mode(path: Path) -> int:
    """The rights of a file or folder; none where there is none."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _within_reach(path: Path) -> bool:
    """Whether everybody may pass through the folders above it."""
    return all(_mode(parent) & stat.S_IXOTH for parent in path.resolve().parents)
