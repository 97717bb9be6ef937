"""What a workspace does with its tasks' versions: list and compare them, and migrate from one to the next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.records import Progress
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.catalog import Task
    from curation.store import ShownKind, Store, Version
    from curation.studio.resending import Resent
    from curation.workspace.weighing import MigrationReport


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A content that a file of a task has had.

    `shown` is since when which projects showed it, `annotations` how many there are that were made with it; neither is
    known of task.toml, which nobody is shown.
    """

    kind: str
    version: str
    seen_at: str
    current: bool
    shown: tuple[str, ...] = ()
    annotations: int | None = None


@dataclass(frozen=True, slots=True)
class KnownVersions:
    """The versions of a task's files; `unknown` counts by file the annotations of which the version is not known."""

    versions: tuple[KnownVersion, ...]
    unknown: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did here, and on the server if that was asked for."""

    here: MigrationReport
    server: Resent | None = None


class WithTasks(Opened):
    """Versions of tasks and migrations between them."""

    def versions(self, *, task: str | None = None) -> KnownVersions:
        """Every version of a task's interface, codebook and task.toml that was ever pushed, pulled or validated."""
        from curation.store import SHOWN_KINDS
        from curation.studio.screens import current_versions, keep_versions

        chosen = self.task(task)
        with self._writing() as store:
            with store.transaction():
                keep_versions(store, chosen)
            current = current_versions(chosen)
            shown = {kind: _shown(store, chosen, kind) for kind in SHOWN_KINDS}
            made = {kind: store.annotations.made_with(chosen.name, kind) for kind in SHOWN_KINDS}
            known = tuple(
                KnownVersion(
                    one.kind,
                    one.version,
                    one.seen_at,
                    one.version in current,
                    tuple(shown[one.kind].get(one.version, ())) if one.kind != "declaration" else (),
                    made[one.kind].get(one.version, 0) if one.kind != "declaration" else None,
                )
                for one in store.versions.all(chosen.name)
            )
            return KnownVersions(known, {kind: counts[None] for kind, counts in made.items() if None in counts})

    def version(self, version: str, *, task: str | None = None) -> str:
        """The content of a version, named by its hash or the beginning of it. Raises `E_NOT_FOUND`."""
        with self._reading() as store:
            return _find(store, self.task(task), version).content

    def version_diff(self, old: str, new: str, *, task: str | None = None) -> tuple[str, ...]:
        """The unified diff between two versions of one file."""
        with self._reading() as store:
            a, b = (_find(store, self.task(task), name) for name in (old, new))
        if a.kind != b.kind:
            message = f"{old} is of the {a.kind}, {new} of the {b.kind}"
            raise CurationError("E_USAGE", message, fix="name two versions of one file")
        names = (f"{a.kind} {a.version}", f"{b.kind} {b.version}")
        before, after = a.content.splitlines(), b.content.splitlines()
        return tuple(difflib.unified_diff(before, after, *names, lineterm=""))

    def migrate(
        self,
        path: str | Path | None = None,
        *,
        task: str | None = None,
        dry_run: bool = False,
        yes: bool = False,
        server: bool = False,
        progress: Progress | None = None,
    ) -> Migrated:
        """Change the names that a task uses, as a map declares it; see `schemas/migration.json`.

        With `server`, the task's project in Label Studio too. Without a map, what was interrupted of the last migration
        is ended. Raises `E_MIGRATION_MAP`, `E_MIGRATION_LOSSY`, `E_MIGRATION_EDITED`, `E_NOT_FOUND`.
        """
        from curation.catalog import Schemas
        from curation.catalog.migration import read_map
        from curation.studio.resending import resend
        from curation.workspace.definitions import shipped_schemas
        from curation.workspace.migration import migrate, standing

        # A workspace that was made by an earlier version has no schema of maps.
        changes = None if path is None else read_map(Path(path), Schemas(shipped_schemas()))
        name = task or (changes or {}).get("task")
        with self._writing() as store:
            if changes is None:
                changes = dict(standing(store, self.task(name)).map)
            report = migrate(store, self.task(name), self.schemas, changes, dry_run=dry_run, yes=yes)
            done = Migrated(replace(report, by_hand=(*report.by_hand, *self._settings_by_hand(report))))
            if not server or dry_run:
                return done
            with self._client() as client:
                return replace(done, server=resend(store, self.task(name), self.schemas, client, progress))

    def undo_migration(
        self, *, task: str | None = None, dry_run: bool = False, server: bool = False, progress: Progress | None = None
    ) -> Migrated:
        """Take the last migration back, with `server` also what it sent; again, the one before it.

        Raises `E_MIGRATION_EDITED`, `E_NOT_FOUND`.
        """
        from curation.studio.project import settle_project
        from curation.studio.resending import is_shown, withdraw
        from curation.workspace.migration import standing, undo

        with self._writing() as store:
            chosen = self.task(task)
            last = standing(store, chosen)
            sent = store.versions.has_rewritten(last.number)
            if sent and not server:
                message = f"migration {last.number} of {chosen.name} was carried over to Label Studio too"
                raise CurationError("E_MIGRATION_EDITED", message, fix="add --server, to take it back there as well")
            weighed = undo(store, chosen, self.schemas, dry_run=True)
            if dry_run:
                return Migrated(weighed)
            if not server:
                return Migrated(undo(store, chosen, self.schemas))
            with self._client() as client:
                if not sent and not is_shown(store, chosen, client):
                    return Migrated(undo(store, chosen, self.schemas))
                withdrawn = withdraw(store, chosen, self.schemas, client, last, progress)
                report = undo(store, chosen, self.schemas)
                settle_project(store, self.task(task), client, update_interface=True)
            return Migrated(report, withdrawn)

    def _settings_by_hand(self, report: MigrationReport) -> Iterable[str]:
        """Where curation.toml names what a migration renames: brat's words for the task's labels and relations."""
        gone = {one.old for one in report.renamed}
        for kind in ("labels", "relations"):
            named = sorted({str(value) for value in self._ingest.get(kind, {}).values()} & gone)
            if named:
                yield f"curation.toml, ingest.{kind}: it names {', '.join(named)}"


def _shown(store: Store, task: Task, kind: ShownKind) -> dict[str | None, list[str]]:
    """By version, since when which project has shown it."""
    found: dict[str | None, list[str]] = {}
    for project in store.ledger.projects():
        if project.task != task.name:
            continue
        for since, version in store.versions.history(project.server, project.project_id, kind):
            told = f"project {project.project_id} since {since.isoformat(timespec='seconds')}"
            found.setdefault(version, []).append(told)
    return found


def _find(store: Store, task: Task, version: str) -> Version:
    known = store.versions.all(task.name)
    found = [one for one in known if version and one.version.startswith(version)]
    if len(found) == 1:
        return found[0]
    which = f"{len(found)} versions of {task.name} begin" if found else f"no version of {task.name} begins"
    message = f"{which} with {version!r}"
    raise CurationError("E_NOT_FOUND", message, fix="`curation task versions` lists them")
