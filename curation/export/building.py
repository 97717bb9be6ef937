"""Build a dataset: plan the splits, write all configs in one pass over the articles, and put the card beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curation import __version__
from curation.catalog import Export, Schemas, Task
from curation.errors import CurationError
from curation.export.account import Account
from curation.export.blocks import Block, Blocks, gather
from curation.export.columns import Layout, layout
from curation.export.groups import Groups
from curation.export.inputs import inputs
from curation.export.rows import ROWS
from curation.export.splits import split_of
from curation.folders.manifest import digest_of, verify, write_manifest
from curation.folders.staging import publish, staging
from curation.records import Progress
from curation.store import Store

if TYPE_CHECKING:
    from datasets import Features

    from curation.export.card import Built

BLOCK = 10_000
"""So many articles are written at once, and are one shard of each split; a build that is cut off loses no more."""


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


def build(
    store: Store,
    export: Export,
    task: Task,
    schemas: Schemas,
    out: Path,
    *,
    gold_made_with: str | None = None,
    block: int = BLOCK,
    progress: Progress | None = None,
) -> BuildResult:
    """Build `export` from the submitted, valid annotations of `task` into the folder `out`, or leave it as it was.

    Gold counts that was made with `gold_made_with`, by default the task alone. The same annotations and definitions
    give the same bytes. Articles are written in blocks of so many; a build that was cut off goes on at the first block
    that is not whole. Raises `E_NOTHING_TO_EXPORT` without a valid annotation, `E_EXPORT_STALE` if one no longer fits
    its article or the task, `E_DEFINITION` for an export or task that cannot be published, `E_EXISTS` if `out` holds
    something else, `E_LOCKED`, `E_DISK`.
    """
    counts = store.annotations.counts(task.name)
    quarantined = counts.get(("submitted", "quarantined"), 0)
    unjudged = counts.get(("submitted", None), 0)
    if not counts.get(("submitted", "valid"), 0):
        raise CurationError(
            "E_NOTHING_TO_EXPORT",
            f"no valid annotation of the task {task.name!r} ({quarantined} quarantined, {unjudged} not validated)",
        )
    stray = store.submitted.astray(task.name)
    if stray is not None:
        raise CurationError("E_EXPORT_STALE", f"annotation {stray} is about an article that is not there")
    from curation.export.card import CardFacts, write_card

    out = out.absolute()
    made_from = inputs(store, export, task)
    writer = _Writer(store, export, layout(task), schemas, gold_made_with or task.digest)
    try:
        with staging(out, export.name) as folder:
            blocks = Blocks(out, f"{made_from} {gold_made_with} {block} {__version__}")
            done = list(writer.blocks(blocks, block, progress))
            account, configs = _assembled(done, export, writer.features, folder)
            write_card(folder, CardFacts(export, task, configs, account, quarantined=quarantined, unjudged=unjudged))
            rows = _row_counts(configs)
            facts = _facts(export, task, account, rows, made_from) | {"quarantined": quarantined, "unjudged": unjudged}
            digest = write_manifest(folder, facts)
            changed = not (digest_of(out) == digest and verify(out).ok)
            if changed:
                publish(folder, out)
            blocks.remove()
    except OSError as error:
        raise CurationError("E_DISK", f"{out}: {error}") from None
    return BuildResult(
        name=export.name,
        path=out,
        configs=rows,
        left_out=tuple(config for config in export.configs if config not in rows),
        articles=account.articles,
        annotations=account.annotations,
        annotators=len(account.annotators),
        quarantined=quarantined,
        unjudged=unjudged,
        unsettled=account.unsettled,
        outdated=account.outdated,
        undecided=account.undecided,
        changed=changed,
        digest=digest,
    )


class _Writer:
    """Writes blocks of articles into tables."""

    def __init__(self, store: Store, export: Export, shape: Layout, schemas: Schemas, made_with: str) -> None:
        from curation.export.features import features

        self._store = store
        self._export = export
        self._shape = shape
        self._schemas = schemas
        self._groups = Groups(store, shape, made_with)
        planned = {config: features(config, shape) for config in export.configs}
        self.features: dict[str, Features] = {config: one for config, one in planned.items() if one is not None}

    def blocks(self, blocks: Blocks, size: int, progress: Progress | None) -> Iterator[Block]:
        """All blocks in order; those that are whole already are not written again."""
        annotated = list(self._store.submitted.articles(self._shape.task.name))
        clusters = {one.id: one.cluster for one in annotated}
        ids = list(clusters)
        for number, first in enumerate(range(0, len(ids), size)):
            block = blocks.done(number)
            if block is None:
                with blocks.new(number) as block:
                    step = _steps(progress, first, len(ids))
                    block.notes = self._write(block.folder, ids[first : first + size], clusters, step)
            yield block

    def _write(
        self, folder: Path, ids: Sequence[str], clusters: Mapping[str, str], step: Callable[[int], None]
    ) -> dict[str, Any]:
        from curation.export.tables import Table

        account = Account()
        with ExitStack() as stack:
            tables = {
                config: stack.enter_context(Table(folder, config, columns, self._schemas))
                for config, columns in self.features.items()
            }
            for done, article_id in enumerate(ids, start=1):
                group = self._groups.of(article_id)
                account.count(group)
                if group.annotations:
                    split = split_of(clusters[article_id], self._export.seed, self._export.splits)
                    for config, table in tables.items():
                        table.add(split, ROWS[config](self._shape, group))
                step(done)
        written = {config: table.written() for config, table in tables.items()}
        return {"account": account.to_json(), "written": written}


def _assembled(
    blocks: Sequence[Block], export: Export, features: Mapping[str, Features], folder: Path
) -> tuple[Account, dict[str, Built]]:
    """The tables of all blocks, put together in `folder`, and what was counted."""
    from curation.export.card import Built
    from curation.export.tables import Written

    account = Account()
    for block in blocks:
        account.add(block.notes["account"])
    configs = {}
    for config, columns in features.items():
        splits: dict[str, Written] = {}
        files: dict[str, list[str]] = {}
        for split in export.splits:
            parts = [block.notes["written"][config].get(split, (0, 0)) for block in blocks]
            written = Written(*map(sum, zip(*parts, strict=True)))
            if written.rows:
                files[split] = gather(blocks, config, split, folder)
                splits[split] = written
        if splits:
            stored = sum(file.stat().st_size for file in (folder / config).iterdir())
            configs[config] = Built(columns, splits, files, stored)
    if not configs:
        raise CurationError("E_NOTHING_TO_EXPORT", f"no config of the export {export.name!r} has a row")
    return account, configs


def _row_counts(configs: Mapping[str, Built]) -> dict[str, dict[str, int]]:
    return {
        config: {split: written.rows for split, written in built.splits.items()} for config, built in configs.items()
    }


def _facts(
    export: Export, task: Task, account: Account, rows: Mapping[str, Mapping[str, int]], made_from: str
) -> dict[str, Any]:
    return {
        "name": export.name,
        "task": task.name,
        "task_version": task.version,
        "task_digest": task.digest,
        "made_with": {"curation": __version__, "datasets": version("datasets"), "pyarrow": version("pyarrow")},
        "seed": export.seed,
        "shares": dict(export.splits),
        "articles": account.articles,
        "annotations": account.annotations,
        "annotators": len(account.annotators),
        "unsettled": account.unsettled,
        "undecided": account.undecided,
        "inputs": made_from,
        "rows": rows,
    }


def _steps(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress else None
