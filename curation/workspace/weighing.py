"""What a migration would do to all that was annotated, counted without changing anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from curation.catalog import Schemas, Task
from curation.catalog.migration import Plan
from curation.records import Annotation
from curation.store import Revision, Store, StoredAnnotation
from curation.studio.migrating import reading
from curation.studio.rewriting import Change, Rewriter
from curation.studio.screens import made_with
from curation.validation import examine


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
    annotations and suggestions, `annotations` those that change, `articles` the articles that they are about. `faults`
    are the errors that validation will find only then, with the number of submitted annotations that will have them.
    `files` are the task's files that change, `by_hand` what no program can write.
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
    faults: Mapping[str, int] | None = None
    by_hand: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A map and what it makes of the task's files; `files` are those that change, by name within the folder."""

    plan: Plan
    after: Task
    rewriter: Rewriter
    before: Mapping[str, str]
    files: Mapping[str, str]
    examples: int
    by_hand: tuple[str, ...]


def weigh(store: Store, task: Task, schemas: Schemas, prepared: Prepared) -> MigrationReport:
    """Count what would change, without changing anything."""
    changes: Counter[Change] = Counter()
    losses: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    annotations, articles, suggestions = 0, set(), 0
    for stored in store.annotations.all(task=task.name):
        rows = _rows_today(store, task, stored)
        if stored.status == "deleted" or rows is None:
            continue
        moved = prepared.rewriter.rows(rows)
        if moved.rows != rows:
            annotations += 1
            articles.add(stored.article_id)
            faults.update(_new_faults(stored, task, schemas, prepared))
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
        faults=dict(sorted(faults.items())),
        by_hand=prepared.by_hand,
        renamed=tuple(_renamed(prepared.plan)),
    )


def _new_faults(stored: StoredAnnotation, task: Task, schemas: Schemas, prepared: Prepared) -> Iterator[str]:
    """The errors that a submitted annotation would have and does not have today, each code once."""
    if stored.status != "submitted" or stored.record is None:
        return
    # Names alone are compared: the text plays no part.
    before = _errors(stored, stored.record, task, schemas)
    after = _errors(stored, prepared.rewriter.record(stored.record)[0], prepared.after, schemas)
    yield from (code for code, count in after.items() if count > before[code])


def _errors(stored: StoredAnnotation, record: Annotation, task: Task, schemas: Schemas) -> Counter[str]:
    found = examine(record, stored.problems, None, task, schemas)
    return Counter(one.code for one in found if one.severity == "error")


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
