"""Open the workspace's database, bring its schema up to date, and hand out its parts."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from curation.errors import CurationError
from curation.store.annotations import Annotations
from curation.store.articles import Articles
from curation.store.gold import Golds
from curation.store.ledger import Ledger
from curation.store.library import Library
from curation.store.parts import Parts
from curation.store.people import People
from curation.store.predictions import Predictions
from curation.store.schema import MIGRATIONS
from curation.store.selection import Selection
from curation.store.sketches import Sketches
from curation.store.splits import Splits
from curation.store.submitted import Submissions
from curation.store.units import Units
from curation.store.versions import Versions


class Store:
    """The database `curation.db` of a workspace. Use it as a context manager; writes go through `transaction`.

    Raises `E_STORE_BROKEN` for a file that is no such database, `E_STORE_NEWER` for one of a later version.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "curation.db"
        try:
            self._connection = _opened(self.path)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._migrate()
        except sqlite3.DatabaseError as error:
            code = "E_DISK" if isinstance(error, sqlite3.OperationalError) else "E_STORE_BROKEN"
            raise CurationError(code, f"{self.path}: {error}") from None
        self.parts = Parts(self._connection)
        self.articles = Articles(self._connection, self.parts)
        self.annotations = Annotations(self._connection)
        self.ledger = Ledger(self._connection)
        self.people = People(self._connection)
        self.predictions = Predictions(self._connection)
        self.library = Library(self._connection)
        self.sketches = Sketches(self._connection)
        self.selection = Selection(self._connection)
        self.versions = Versions(self._connection)
        self.units = Units(self._connection)
        self.gold = Golds(self._connection)
        self.splits = Splits(self._connection)
        self.submitted = Submissions(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside are kept together or not at all. Raises `E_DISK` if the disk fails."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise CurationError("E_DISK", f"{self.path}: {error}") from None

    def copy_to(self, folder: Path) -> None:
        """Write the database as it stands into another folder, to try something on it."""
        target = sqlite3.connect(folder / self.path.name)
        try:
            self._connection.backup(target)
        except sqlite3.Error as error:
            raise CurationError("E_DISK", f"{folder}: {error}") from None
        finally:
            target.close()

    def damage(self) -> str | None:
        """What SQLite's own check finds wrong with the file, or None."""
        found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if found == "ok" else str(found)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _migrate(self) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            raise CurationError(
                "E_STORE_NEWER", f"{self.path} has schema {version}, this program knows {len(MIGRATIONS)}"
            )
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            self._connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists() or os.access(path.parent, os.W_OK):
        _make_private(path)
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        connection.execute("PRAGMA journal_mode = WAL")
        return connection
    # Of a folder that cannot be written to, what is in it can still be looked at. A file beside the database has what
    # was written last; without one, SQLite has to be told not to make it.
    last = path.with_name(f"{path.name}-wal")
    fixed = "" if last.exists() and last.stat().st_size else "&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{fixed}", uri=True, isolation_level=None, timeout=30)


def _make_private(path: Path) -> None:
    """A new database is its owner's alone, since it holds addresses; SQLite makes the files beside it alike."""
    # What else can go wrong here, SQLite meets and names.
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
