"""Write the tables of a dataset, block by block of articles."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Features

from curation.catalog import Export, Schemas, Task
from curation.catalog.migration import renames
from curation.cycles import uncollected
from curation.export.account import Account
from curation.export.blocks import Block, Blocks
from curation.export.columns import Layout
from curation.export.configs import ROWS
from curation.export.features import features, with_ids_of
from curation.export.groups import Groups
from curation.export.offsets import require_hashes, without_text
from curation.export.splitting import Plan
from curation.export.tables import Table
from curation.export.versions import Releases
from curation.records import Progress
from curation.store import Store


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a config, and those of them that are published."""

    all: Features
    published: Features


def columns_of(
    config: str, export: Export, layout: Layout, releases: Releases, renamed: Sequence[Mapping[str, str]]
) -> Columns | None:
    """The columns of `config` in `export`, or None if the task cannot fill it.

    Classes keep the ids that they were released with, also by the names that they were given since (`renamed`, oldest
    first).
    """
    found = features(config, layout)
    if found is None:
        return None
    released = releases.features(config)
    if released is not None:
        found = with_ids_of(found, released, renamed)
    return Columns(found, without_text(found) if export.text == "offsets" else found)


class Writer:
    """Writes what is published of a task into tables, each article into the split that `plan` has for it."""

    def __init__(
        self,
        store: Store,
        export: Export,
        layout: Layout,
        schemas: Schemas,
        made_with: str,
        plan: Plan,
        releases: Releases,
    ) -> None:
        self._layout = layout
        self._schemas = schemas
        self._plan = plan
        self._with_text = export.text == "full"
        if not self._with_text:
            require_hashes(export.name, export.configs)
        self._groups = Groups(store, layout, made_with)
        renamed = _renames(store, layout.task)
        found = {config: columns_of(config, export, layout, releases, renamed) for config in export.configs}
        self.columns: dict[str, Columns] = {config: one for config, one in found.items() if one is not None}

    def blocks(self, blocks: Blocks, articles: Sequence[str], size: int, progress: Progress | None) -> Iterator[Block]:
        """All blocks in order, of so many `articles` each; those that are whole already are not written again."""
        for number, first in enumerate(range(0, len(articles), size)):
            block = blocks.done(number)
            if block is None:
                with blocks.new(number) as block:
                    step = _steps(progress, first, len(articles))
                    block.notes = self._write(block.folder, articles[first : first + size], step)
            yield block

    def _write(self, folder: Path, articles: Sequence[str], step: Callable[[int], None]) -> dict[str, Any]:
        account = Account()
        with ExitStack() as stack:
            stack.enter_context(uncollected())
            tables = {
                config: stack.enter_context(Table(folder, config, one.all, self._schemas, with_text=self._with_text))
                for config, one in self.columns.items()
                if config in ROWS
            }
            for done, article_id in enumerate(articles, start=1):
                if article_id not in self._plan.held_out:
                    group = self._groups.of(article_id)
                    account.count(group)
                    if group.annotations:
                        split = self._plan.splits[article_id]
                        for config, table in tables.items():
                            table.add(split, ROWS[config](self._layout, group), group.size)
                step(done)
        return {
            "account": account.to_json(),
            "written": {config: table.written() for config, table in tables.items()},
        }


def _renames(store: Store, task: Task) -> list[dict[str, str]]:
    """What each migration that stands gave another name, in their order."""
    migrations = store.versions.migrations(task.name)
    return [renames(one.map, tomllib.loads(one.before["files"]["task.toml"])) for one in migrations]


def _steps(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, total) if progress else None
