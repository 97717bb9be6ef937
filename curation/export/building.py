"""Build a dataset: one pass over the valid annotations, article by article, into all configs at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation import __version__
from curation.catalog import Export, Field, Schemas, Task
from curation.errors import CurationError
from curation.export.columns import Layout, layout
from curation.export.consensus import agreed, holding, settled
from curation.export.inputs import inputs
from curation.export.rows import ROWS, exact, gold_row
from curation.export.splits import split_of
from curation.folders.manifest import digest_of, verify, write_manifest
from curation.folders.staging import publish, staging
from curation.parts import views
from curation.records import Annotation, Article, Gold, Progress, Value
from curation.store import Store, StoredAnnotation

if TYPE_CHECKING:
    from curation.export.card import Built, Tally
    from curation.export.tables import Table


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What was built. `configs` has the rows of each split that has any; `left_out` are configs without rows.

    `quarantined` annotations were left out, and `unjudged` ones, which have not been validated; `unsettled` articles
    have such an annotation, or lack a part of somebody's, and have a row in `gold` only if an adjudicator decided.
    `outdated` articles have gold that was made from other annotations, and `undecided` ones are open: see `adjudicate`.
    `changed` is False if the dataset stood there already, byte for byte. `digest` is the SHA-256 of its content.
    """

    name: str
    path: Path
    configs: Mapping[str, Mapping[str, int]]
    left_out: tuple[str, ...]
    articles: int
    annotations: int
    annotators: int
    quarantined: int
    unjudged: int
    unsettled: int
    outdated: int
    undecided: int
    changed: bool
    digest: str


@dataclass(frozen=True, slots=True)
class _Group:
    """An article with its valid annotations, and what holds of it, if that is known.

    `cluster` names the copies that it is one of.
    """

    article: Article
    cluster: str
    annotations: list[Annotation]
    gold: Gold | None


def build(
    store: Store,
    export: Export,
    task: Task,
    schemas: Schemas,
    out: Path,
    *,
    gold_made_with: str | None = None,
    progress: Progress | None = None,
) -> BuildResult:
    """Build `export` from the submitted, valid annotations of `task` into the folder `out`, or leave it as it was.

    Gold counts that was made with `gold_made_with`, by default the task alone. The same annotations and definitions
    give the same bytes. Raises `E_NOTHING_TO_EXPORT` without a valid annotation, `E_EXPORT_STALE` if one no longer fits
    its article or the task, `E_DEFINITION` for an export or task that cannot be published, `E_EXISTS` if `out` holds
    something else, `E_LOCKED`, `E_DISK`.
    """
    counts = store.annotations.counts(task.name)
    valid = counts.get(("submitted", "valid"), 0)
    quarantined = counts.get(("submitted", "quarantined"), 0)
    unjudged = counts.get(("submitted", None), 0)
    if not valid:
        raise CurationError(
            "E_NOTHING_TO_EXPORT",
            f"no valid annotation of the task {task.name!r} ({quarantined} quarantined, {unjudged} not validated)",
        )
    from curation.export.card import Tally, render

    out = out.absolute()
    tally = Tally(quarantined=quarantined, unjudged=unjudged)
    shape = layout(task)
    try:
        with staging(out, export.name) as folder:
            groups = _groups(store, task, tally, shape, gold_made_with or task.digest, _steps(progress, valid))
            configs = _write_tables(folder, export, shape, schemas, groups, tally)
            (folder / "README.md").write_text(render(export, task, tally, configs), encoding="utf-8")
            rows = _row_counts(configs)
            digest = write_manifest(folder, _facts(export, task, tally, rows, inputs(store, export, task)))
            changed = not (digest_of(out) == digest and verify(out).ok)
            if changed:
                publish(folder, out)
    except OSError as error:
        raise CurationError("E_DISK", f"{out}: {error}") from None
    return BuildResult(
        name=export.name,
        path=out,
        configs=rows,
        left_out=tuple(config for config in export.configs if config not in rows),
        articles=tally.articles,
        annotations=tally.annotations,
        annotators=len(tally.annotators),
        quarantined=quarantined,
        unjudged=unjudged,
        unsettled=tally.unsettled,
        outdated=tally.outdated,
        undecided=tally.undecided,
        changed=changed,
        digest=digest,
    )


def _groups(
    store: Store, task: Task, tally: Tally, shape: Layout, made_with: str, step: Callable[[int], None]
) -> Iterator[_Group]:
    superseded = _superseded(store, task)
    stored = store.annotations.all(task=task.name, status="submitted")
    for article_id, group in groupby(stored, key=lambda one: one.article_id):
        current = [one for one in group if one.id not in superseded]
        valid = [one for one in current if one.verdict == "valid"]
        article = store.articles.get(article_id or "")
        annotations, complete = _views(store, task, article, valid) if article is not None else ([], True)
        known = settled(current) and complete
        tally.unsettled += article is not None and not known
        if not valid:
            continue
        if article is None:
            raise CurationError("E_EXPORT_STALE", f"annotation {valid[0].id} is about an article that is not there")
        if annotations:
            tally.count(shape, annotations)
            gold = _gold(store, shape, article.id, annotations, tally, made_with, settled=known)
            yield _Group(article, store.articles.cluster(article.id), annotations, gold)
        step(tally.annotations)


def _gold(
    store: Store,
    shape: Layout,
    article_id: str,
    annotations: Sequence[Annotation],
    tally: Tally,
    made_with: str,
    *,
    settled: bool,
) -> Gold | None:
    """What was found to hold of an article; what all agree on, as long as nothing of the task was adjudicated.

    Where an annotation is not valid only an adjudicator's word counts: the others may not have been all.
    """
    kept = store.gold.get(shape.task.name, article_id)
    gold = holding(kept, made_with, annotations)
    tally.outdated += kept is not None and gold is None
    if not settled and (gold is None or gold.method != "adjudicated"):
        return None
    if gold is None and not store.gold.was_run(shape.task.name):
        gold = agreed(shape, annotations)
    tally.undecided += gold is None
    return gold


def _views(
    store: Store, task: Task, article: Article, valid: Sequence[StoredAnnotation]
) -> tuple[list[Annotation], bool]:
    """What each annotator said of the whole article, and whether nobody lacks a part; who does has no say yet."""
    records = [_record(one, article, task) for one in valid]
    if all(record.part is None for record in records):
        return records, True
    joined = views(records, store.parts.count(article.id), task.choices)
    whole = [exact(article, view.annotation) for view in joined if not view.missing]
    return whole, len(whole) == len(joined)


def _superseded(store: Store, task: Task) -> set[str | None]:
    """The quarantined annotations that say nothing about gold, because their annotator's newer one does."""
    found = store.annotations.findings(task.name)
    return {one.annotation for one in found if one.code == "F_ANNOTATION_SUPERSEDED"}


def _record(stored: StoredAnnotation, article: Article, task: Task) -> Annotation:
    if stored.record is None:
        raise CurationError("E_EXPORT_STALE", f"annotation {stored.id} cannot be read")
    # A class that is gone keeps its id: its features alone would let the name pass.
    gone = next(_unknown(task, stored.record), None)
    if gone is not None:
        raise CurationError("E_EXPORT_STALE", f"annotation {stored.id}: the task has no {gone} (any more)")
    return exact(article, stored.record)


def _unknown(task: Task, record: Annotation) -> Iterator[str]:
    """What a record names that the task does not have."""
    for mention in record.mentions:
        label = task.labels.get(mention.label)
        if label is None:
            yield f"label {mention.label!r}"
        else:
            yield from _unknown_values(label.attributes, mention.attributes)
    yield from (f"relation {one.label!r}" for one in record.relations if one.label and one.label not in task.relations)
    yield from _unknown_values(task.choices, record.choices)


def _unknown_values(fields: Mapping[str, Field], given: Mapping[str, Value]) -> Iterator[str]:
    for name, value in given.items():
        known = fields[name].values if name in fields and fields[name].kind != "text" else ()
        values = (value,) if isinstance(value, str) else value
        yield from (f"value {one!r} of {name}" for one in values if known and one not in known)


def _write_tables(
    folder: Path,
    export: Export,
    shape: Layout,
    schemas: Schemas,
    groups: Iterator[_Group],
    tally: Tally,
) -> dict[str, Built]:
    from curation.export.card import Built
    from curation.export.features import features
    from curation.export.tables import Table

    planned = {config: features(config, shape) for config in export.configs}
    tables: dict[str, Table] = {}
    with ExitStack() as stack:
        for config, columns in planned.items():
            if columns is not None:
                tables[config] = stack.enter_context(Table(folder, config, columns, schemas))
        for group in groups:
            split = split_of(group.cluster, export.seed, export.splits)
            for config, table in tables.items():
                if config != "gold":
                    table.add(split, ROWS[config](shape, group.article, group.annotations))
                elif group.gold is not None:
                    tally.methods[group.gold.method] += 1
                    table.add(split, [gold_row(shape, group.article, group.gold)])
    built = {}
    for config, table in tables.items():
        written = table.written(export.splits)
        if written:
            stored = sum(file.stat().st_size for file in (folder / config).glob("*.parquet"))
            built[config] = Built(table.features, written, stored)
    if not built:
        raise CurationError("E_NOTHING_TO_EXPORT", f"no config of the export {export.name!r} has a row")
    return built


def _row_counts(configs: Mapping[str, Built]) -> dict[str, dict[str, int]]:
    return {
        config: {split: written.rows for split, written in built.splits.items()} for config, built in configs.items()
    }


def _facts(
    export: Export, task: Task, tally: Tally, rows: Mapping[str, Mapping[str, int]], made_from: str
) -> dict[str, Any]:
    return {
        "name": export.name,
        "task": task.name,
        "task_version": task.version,
        "task_digest": task.digest,
        "made_with": {"curation": __version__, "datasets": version("datasets"), "pyarrow": version("pyarrow")},
        "seed": export.seed,
        "shares": dict(export.splits),
        "articles": tally.articles,
        "annotations": tally.annotations,
        "annotators": len(tally.annotators),
        "quarantined": tally.quarantined,
        "unjudged": tally.unjudged,
        "unsettled": tally.unsettled,
        "undecided": tally.undecided,
        "inputs": made_from,
        "rows": rows,
    }


def _steps(progress: Progress | None, total: int) -> Callable[[int], None]:
    return lambda done: progress(done, total) if progress else None
