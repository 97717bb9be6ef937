"""What a workspace publishes: the exports it declares, and the datasets built of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from curation.apart import over_all
from curation.catalog import Export, list_exports, load_export
from curation.errors import CurationError
from curation.records import Progress
from curation.workspace.base import OFFSETS, RELEASES, Opened

if TYPE_CHECKING:
    from curation.export import BuildResult


@dataclass(frozen=True, slots=True)
class Listed:
    """A declared export; `rows` are counts by config and split, empty until it is built.

    `damage` says which file of the dataset cannot be read and why; `rows` are then empty too.
    """

    name: str
    task: str
    title: str
    rows: Mapping[str, Mapping[str, int]]
    damage: str | None = None


class WithDatasets(Opened):
    """Building the datasets that a workspace declares."""

    def exports(self) -> list[Listed]:
        """The exports in force, with what is built of each."""
        return [self._listed(load_export(self.root, name)) for name in list_exports(self.root)]

    def build(
        self,
        name: str,
        *,
        offsets_only: bool = False,
        without_gold: bool = False,
        progress: Progress | None = None,
    ) -> BuildResult:
        """Build the dataset that `exports/NAME` declares into `build/NAME`.

        With `offsets_only`, without its texts and into `build/NAME.offsets`: for texts that may not be given away.
        `without_gold`, also where it loses configs that it had because all gold is outdated; else that raises
        `E_GOLD_OUTDATED`.
        """
        from curation import export
        from curation.workspace.published_agreement import agreement_of

        declared = load_export(self.root, name)
        textless = offsets_only and declared.text != "offsets"
        stands_at = f"{name}{OFFSETS}" if textless else name
        task = self.task(declared.task)
        with self._writing() as store:
            return export.build(
                store,
                replace(declared, text="offsets") if textless else declared,
                task,
                self.schemas,
                self.path / "build" / stands_at,
                gold_made_with=self._gold_made_with(store, task),
                agreement=partial(over_all, len(store.articles), agreement_of, self.path, task.name),
                releases=self.path / RELEASES / stands_at,
                without_gold=without_gold,
                progress=progress,
            )

    def _listed(self, export: Export) -> Listed:
        from curation.export import describe

        rows, damage = {}, None
        try:
            rows = describe(self.root.path / "build" / export.name)
        except CurationError as error:
            damage = error.message
        return Listed(export.name, export.task, export.title, rows, damage)
