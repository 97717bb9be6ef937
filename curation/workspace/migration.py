"""Change the names that a task uses, in its files and in the reading of all that was annotated, and take it back."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from curation.catalog import Schemas, Task
from curation.catalog.migrated import changed_task
from curation.catalog.migration import Document, Plan, is_idle, plan
from curation.catalog.redeclaring import recode, redeclare
from curation.catalog.tasks import task_of
from curation.errors import CurationError
from curation.records import annotation_from_json, to_json
from curation.store import Migration, Revision, Store, StoredAnnotation
from curation.studio.intake import redecode
from curation.studio.interface import check_interface
from curation.studio.migrating import reading
from curation.studio.reconfiguring import reconfigure
from curation.studio.rewriting import Change, Rewriter
from curation.studio.screens import interface_version, keep_versions, made_with
from curation.workspace.rewriting import rewritten_examples, rewritten_sample, scratch, write_files

FILES = ("task.toml", "interface.xml", "codebook.md")


@dataclass(frozen=True, slots=True)
class Changed:
    """So many things of a kind that get another name, or are gone where `new` is None."""

    kind: str
    old: str
    new: str | None
    count: int


@dataclass(frozen=True, slots=True)
class Renamed:
    """A label or relation of the task and everything that it may become; nothing if it is dropped."""

    kind: str
    old: str
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What a migration does, did, or would do.

    `applied` says whether this call did it; neither that nor `dry_run` means that there was nothing to do. `undone`
    says that it is about taking one back.
    `renamed` are the task's labels and relations that do not keep their name. `changes` and `losses` count over stored
    annotations and suggestions, `annotations` those that change, `articles` the articles that they are about. `files`
    are the task's files that change, `by_hand` what no program can write.
    """

    task: str
    number: int | None
    applied: bool
    dry_run: bool
    undone: bool
    files: tuple[str, ...]
    annotations: int = 0
    articles: int = 0
    suggestions: int = 0
    examples: int = 0
    changes: tuple[Changed, ...] = ()
    losses: Mapping[str, int] | None = None
    by_hand: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A map and what it makes of the task's files; `files` are those that change, by name within the folder."""

    plan: Plan
    rewriter: Rewriter
    before: Mapping[str, str]
    files: Mapping[str, str]
    examples: int
    by_hand: tuple[str, ...]


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
    report = _weigh(store, task, prepared)
    if is_idle(changes) or not (report.files or report.changes):
        raise CurationError("E_MIGRATION_MAP", "the map changes nothing", fix="name what becomes of what")
    if dry_run:
        return replace(report, dry_run=True)
    if report.losses and not yes:
        told = "; ".join(f"{count} x {what}" for what, count in report.losses.items())
        error = CurationError("E_MIGRATION_LOSSY", f"of what is annotated this would be lost: {told}")
        error.details = tuple(f"lost: {count} x {what}" for what, count in report.losses.items())
        raise error
    number = _note(store, task, changes, prepared)
    write_files(task.folder, prepared.files)
    _read_anew(store, task, schemas)
    return replace(report, applied=True, number=number)


def undo(store: Store, task: Task, schemas: Schemas, *, dry_run: bool = False) -> MigrationReport:
    """Take the last migration back: files byte for byte, suggestions, and the reading of all annotations.

    Raises `E_NOT_FOUND` if there is none, `E_MIGRATION_EDITED` if a file was edited since.
    """
    last = _last(store, task)
    if last is None:
        raise CurationError("E_NOT_FOUND", f"no migration of {task.name} stands", fix="curation task migrate MAP.toml")
    before, after = last.before["files"], last.after["files"]
    edited = [name for name in after if _read(task.folder / name) not in (after[name], before[name])]
    if edited:
        message = f"{', '.join(edited)} of {task.name} was edited since the migration"
        raise CurationError("E_MIGRATION_EDITED", message)
    files = tuple(name for name in after if _read(task.folder / name) != before[name])
    report = MigrationReport(task.name, last.number, applied=False, dry_run=dry_run, undone=True, files=files)
    if dry_run:
        return report
    write_files(task.folder, {name: before[name] for name in after})
    with store.transaction():
        _restore_suggestions(store, task, last)
        store.versions.undo(last.number, _now())
    _read_anew(store, task, schemas)
    return replace(report, applied=True)


def last_migration(store: Store, task: Task) -> Migration | None:
    """The latest migration of a task that stands, None if there is none."""
    return _last(store, task)


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


def _prepare(task: Task, schemas: Schemas, changes: Document) -> _Prepared:
    before = {name: _read(task.folder / name) for name in FILES}
    document = tomllib.loads(before["task.toml"])
    made = plan(changes, document)
    after = changed_task(made, document, changes.get("version"))
    schemas.require("task", after, "task.toml after the migration", "E_MIGRATION_MAP")
    files = {"task.toml": redeclare(before["task.toml"], made, after)}
    files["interface.xml"], see = reconfigure(before["interface.xml"], made, task, task_of(task.folder, after))
    files["codebook.md"], write = recode(before["codebook.md"], made)
    with scratch(files) as folder:
        problems = check_interface(task_of(folder, after))
    if problems and not check_interface(task):
        message = f"interface.xml cannot be edited by program: {problems[0].where}: {problems[0].message}"
        raise CurationError("E_MIGRATION_EDITED", message, fix=problems[0].fix)
    rewriter = Rewriter(made, task, task_of(task.folder, after))
    others = {**rewritten_examples(task.folder, rewriter), **rewritten_sample(task.folder, rewriter)}
    before |= {name: _read(task.folder / name) for name in others}
    changed = {name: text for name, text in {**files, **others}.items() if text != before[name]}
    return _Prepared(made, rewriter, before, changed, len(others), (*write, *see))


def _weigh(store: Store, task: Task, prepared: _Prepared) -> MigrationReport:
    """Count what would change, without changing anything."""
    changes: Counter[Change] = Counter()
    losses: Counter[str] = Counter()
    annotations, articles, suggestions = 0, set(), 0
    for stored in store.annotations.all(task=task.name):
        rows = _rows_today(store, task, stored)
        if stored.status == "deleted" or rows is None:
            continue
        moved = prepared.rewriter.rows(rows)
        if moved.rows != rows:
            annotations += 1
            articles.add(stored.article_id)
        changes += moved.changes
        losses += moved.losses
    for record in store.predictions.all(task.name):
        _, changed, lost = prepared.rewriter.record(record)
        suggestions += bool(changed)
        changes += changed
        losses += lost
    return MigrationReport(
        task.name,
        None,
        applied=False,
        dry_run=False,
        undone=False,
        files=tuple(prepared.files),
        annotations=annotations,
        articles=len(articles),
        suggestions=suggestions,
        examples=prepared.examples,
        changes=tuple(Changed(*change, count) for change, count in sorted(changes.items(), key=str)),
        losses=dict(sorted(losses.items())),
        by_hand=prepared.by_hand,
        renamed=tuple(_renamed(prepared.plan)),
    )


def _renamed(made: Plan) -> Iterator[Renamed]:
    for kind, names in (("label", made.labels), ("relation", made.relations)):
        for old in names.to:
            if names.destinations(old) != (old,):
                yield Renamed(kind, old, names.destinations(old))


def _rows_today(store: Store, task: Task, stored: StoredAnnotation) -> list[Any] | None:
    revision = Revision(stored.id, stored.revision, stored.raw, stored.context)
    version = stored.record.interface if stored.record is not None else made_with(store, task, revision)
    found = reading(store, task, revision, version).raw.get("result")
    return found if isinstance(found, list) else None


def _note(store: Store, task: Task, changes: Document, prepared: _Prepared) -> int:
    """Write the migration down, with all that taking it back needs; suggestions are changed at once."""
    files = {**{name: prepared.before[name] for name in FILES}, **prepared.files}
    version = interface_version(files["interface.xml"])
    with store.transaction():
        keep_versions(store, task)
        old = list(store.predictions.all(task.name))
        new = [prepared.rewriter.record(record)[0] for record in old]
        for record in new:
            store.predictions.put(record)
        return store.versions.add_migration(
            task.name,
            changes,
            before={
                "files": {name: prepared.before[name] for name in files},
                "interface": interface_version(prepared.before["interface.xml"]),
                "former": [one for one in store.versions.vocabularies(task.name) if one != version],
                "taken": store.versions.last_taken(),
                "suggestions": [to_json(record) for record in old],
            },
            after={"files": files, "interface": version, "suggestions": [to_json(record) for record in new]},
            at=_now(),
        )


def _restore_suggestions(store: Store, task: Task, last: Migration) -> None:
    """Suggestions as they were; those that were made anew since stay."""
    current = {(one.article_id, one.annotator): to_json(one) for one in store.predictions.all(task.name)}
    for old, new in zip(last.before["suggestions"], last.after["suggestions"], strict=True):
        record = annotation_from_json(old)
        if current.get((record.article_id, record.annotator)) == new:
            store.predictions.put(record)


def _read_anew(store: Store, task: Task, schemas: Schemas) -> None:
    now = task_of(task.folder, tomllib.loads(_read(task.folder / "task.toml")))
    with store.transaction():
        keep_versions(store, now)
        redecode(store, now, schemas)


def _last(store: Store, task: Task) -> Migration | None:
    standing = store.versions.migrations(task.name)
    return standing[-1] if standing else None


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
