"""Change the names that a task uses, in its files and in the reading of all that was annotated, and take it back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from curation.catalog import Schemas, Task
from curation.catalog.mentioning import said_in_comments
from curation.catalog.migrated import changed_task
from curation.catalog.migration import Document, Plan, is_idle, plan
from curation.catalog.redeclaring import recode, redeclare
from curation.catalog.tasks import task_of
from curation.errors import CurationError
from curation.store import Migration, Store
from curation.studio.intake import redecode
from curation.studio.interface import check_interface
from curation.studio.migrating import require_none_later
from curation.studio.reconfiguring import reconfigure
from curation.studio.rewriting import Rewriter
from curation.studio.screens import interface_version, keep_versions
from curation.workspace.examples import example_files
from curation.workspace.rewriting import (
    broken_examples,
    rewritten_examples,
    rewritten_sample,
    scratch,
    write_files,
)
from curation.workspace.weighing import MigrationReport, Prepared, weigh

FILES = ("task.toml", "interface.xml", "codebook.md")


def migrate(
    store: Store, task: Task, schemas: Schemas, changes: Document, *, dry_run: bool = False, yes: bool = False
) -> MigrationReport:
    """Apply a map, which satisfies its schema. The same map again does nothing, or ends what was interrupted.

    Raises `E_MIGRATION_MAP` for a map that does not fit, `E_MIGRATION_LOSSY` without `yes` where what was annotated
    would lose something, `E_MIGRATION_EDITED` where a file cannot be edited.
    """
    last = _last(store, task)
    if last is not None and last.map == changes:
        return _again(store, task, schemas, last, dry_run=dry_run)
    left = _left(task, last) if last is not None else {}
    if last is not None and left:
        message = f"migration {last.number} of {task.name} was interrupted: {_named(left)} as before it"
        raise CurationError("E_MIGRATION_EDITED", message, fix="run its map again, or take it back with --undo")
    prepared = _prepare(task, schemas, changes)
    report = weigh(store, task, schemas, prepared)
    if is_idle(changes) or not (report.files or report.changes):
        raise CurationError("E_MIGRATION_MAP", "the map changes nothing", fix="name what becomes of what")
    if dry_run:
        return replace(report, dry_run=True)
    if report.losses and not yes:
        told = [f"{count} x {what}" for what, count in report.losses.items()]
        message = f"of what is annotated this would be lost: {'; '.join(told)}"
        raise CurationError("E_MIGRATION_LOSSY", message, details=(f"lost: {one}" for one in told))
    number = _note(store, task, changes, prepared)
    write_files(task.folder, prepared.files)
    _read_anew(store, task, schemas)
    return replace(report, applied=True, number=number)


def undo(store: Store, task: Task, schemas: Schemas, *, dry_run: bool = False) -> MigrationReport:
    """Take the last migration back: files byte for byte, suggestions, and the reading of all annotations.

    Raises `E_NOT_FOUND` if there is none, `E_MIGRATION_EDITED` if a file was edited since, or annotations were made
    with the new names.
    """
    last = standing(store, task)
    require_none_later(store, task, last)
    before, after = last.before["files"], last.after["files"]
    edited = [name for name in after if _read(task.folder / name) not in (after[name], before[name])]
    if edited:
        message = f"{', '.join(edited)} of {task.name} was edited since the migration"
        put_back = "keep a copy and put back what the migration left; `curation task versions --show VERSION` prints it"
        raise CurationError("E_MIGRATION_EDITED", message, fix=put_back)
    files = tuple(name for name in after if _read(task.folder / name) != before[name])
    report = MigrationReport(task.name, last.number, applied=False, dry_run=dry_run, undone=True, files=files)
    if dry_run:
        return report
    write_files(task.folder, {name: before[name] for name in after})
    with store.transaction():
        store.predictions.restore(task.name, last.number)
        store.versions.undo(last.number, _now())
    _read_anew(store, task, schemas)
    return replace(report, applied=True)


def standing(store: Store, task: Task) -> Migration:
    """The latest migration of a task that stands. Raises `E_NOT_FOUND` if there is none."""
    last = _last(store, task)
    if last is None:
        raise CurationError("E_NOT_FOUND", f"no migration of {task.name} stands", fix="curation task migrate MAP.toml")
    return last


def _named(files: Mapping[str, str]) -> str:
    first, *others = files
    return f"{first} and {len(others)} more files are" if others else f"{first} is"


def _again(store: Store, task: Task, schemas: Schemas, last: Migration, *, dry_run: bool) -> MigrationReport:
    """What is left of a migration that was noted and then interrupted; mostly nothing."""
    left = _left(task, last)
    if left and not dry_run:
        write_files(task.folder, left)
    if not dry_run:
        _read_anew(store, task, schemas)
    done = bool(left) and not dry_run
    return MigrationReport(task.name, last.number, applied=done, dry_run=dry_run, undone=False, files=tuple(left))


def _left(task: Task, last: Migration) -> dict[str, str]:
    """The files that a migration has not changed yet, as they will be."""
    before, after = last.before["files"], last.after["files"]
    return {name: text for name, text in after.items() if _read(task.folder / name) == before[name] != text}


def _prepare(task: Task, schemas: Schemas, changes: Document) -> Prepared:
    before = {name: _read(task.folder / name) for name in FILES}
    document = tomllib.loads(before["task.toml"])
    made = plan(changes, document)
    after = changed_task(made, document, changes.get("version"))
    schemas.require("task", after, "task.toml after the migration", "E_MIGRATION_MAP")
    files = {"task.toml": redeclare(before["task.toml"], made, after)}
    files["interface.xml"], see = reconfigure(before["interface.xml"], made, task, task_of(task.folder, after))
    files["codebook.md"], write = recode(before["codebook.md"], made)
    there = task_of(task.folder, after)
    rewriter = Rewriter(made, task, there)
    others = {**rewritten_examples(task.folder, rewriter), **rewritten_sample(task.folder, rewriter)}
    examples = {path.relative_to(task.folder).as_posix(): _read(path) for path in example_files(task)}
    with scratch({**files, **examples, **others}) as folder:
        problems = check_interface(task_of(folder, after))
        if problems and not check_interface(task):
            message = f"interface.xml cannot be edited by program: {problems[0].where}: {problems[0].message}"
            raise CurationError("E_MIGRATION_EDITED", message, fix=problems[0].fix)
        broken = tuple(broken_examples(task, task_of(folder, after), schemas, _new_names(made)))
    before |= {name: _read(task.folder / name) for name in others}
    changed = {name: text for name, text in {**files, **others}.items() if text != before[name]}
    by_hand = (*write, *said_in_comments(files["task.toml"], made), *see, *broken)
    return Prepared(made, there, rewriter, before, changed, len(others), by_hand)


def _new_names(made: Plan) -> set[str]:
    """The names that a migration brings into the task."""
    fields = (change.values for fields in (*made.attributes.values(), made.choices) for change in fields.values())
    return {new for names in (made.labels, made.relations, *fields) for new in names.creator if new not in names.to}


def _note(store: Store, task: Task, changes: Document, prepared: Prepared) -> int:
    """Write the migration down, with all that taking it back needs; suggestions are changed at once."""
    files = {**{name: prepared.before[name] for name in FILES}, **prepared.files}
    version = interface_version(files["interface.xml"])
    with store.transaction():
        keep_versions(store, task)
        number = store.versions.add_migration(
            task.name,
            changes,
            before={
                "files": {name: prepared.before[name] for name in files},
                "interface": interface_version(prepared.before["interface.xml"]),
                "former": [one for one in store.versions.vocabularies(task.name) if one != version],
                "taken": store.versions.last_taken(),
            },
            after={"files": files, "interface": version},
            at=_now(),
        )
        for record in store.predictions.all(task.name):
            store.predictions.rewrite(prepared.rewriter.record(record)[0], number)
        return number


def _read_anew(store: Store, task: Task, schemas: Schemas) -> None:
    now = task_of(task.folder, tomllib.loads(_read(task.folder / "task.toml")))
    with store.transaction():
        keep_versions(store, now)
    redecode(store, now, schemas)


def _last(store: Store, task: Task) -> Migration | None:
    found = store.versions.migrations(task.name)
    return found[-1] if found else None


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise CurationError("E_DISK", f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise CurationError("E_DEFINITION", f"{path}: {error}") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
