"""What makes a dataset of written tables: all of them in one folder, the card, and the facts for the manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from curation import __version__
from curation.catalog import Export, Schemas, Task
from curation.errors import CurationError
from curation.export import offsets
from curation.export.account import Account
from curation.export.agreed import AgreementFigures, agreement_rows
from curation.export.blocks import Block, gather
from curation.export.card import Built, Card, CardFacts
from curation.export.measured import Measured
from curation.export.planned import Planned
from curation.export.possible import stances
from curation.export.reading import Dataset
from curation.export.tables import Table, Written
from curation.export.versions import History, Releases, next_version
from curation.export.writer import Columns

EVERYTHING = "overall"
"""The split of a table that is about all articles at once."""


class Finishing:
    """Puts a dataset together, whose version follows that of the last release."""

    def __init__(
        self,
        export: Export,
        task: Task,
        schemas: Schemas,
        known: Planned,
        figures: Measured,
        releases: Releases,
    ) -> None:
        self._export = export
        self._task = task
        self._schemas = schemas
        self._plan = known.plan
        self._rules = known.rules
        self._figures = figures
        self._releases = releases

    def finish(
        self,
        folder: Path,
        blocks: Sequence[Block],
        columns: Mapping[str, Columns],
        quarantined: int,
        unjudged: int,
    ) -> dict[str, Any]:
        """Fill `folder`, and return the facts for the manifest. Raises `E_NOTHING_TO_EXPORT`, `OSError`."""
        account = Account()
        for block in blocks:
            account.add(block.notes["account"])
        tables = {config: self._table(config, folder, blocks, one) for config, one in columns.items()}
        built = {config: one for config, one in tables.items() if one is not None}
        if not built:
            raise CurationError("E_NOTHING_TO_EXPORT", f"no config of the export {self._export.name!r} has a row")
        facts = {
            **self._facts(account, built),
            **(offsets.facts({config: columns[config].all for config in built}) if self._is_textless else {}),
            "quarantined": quarantined,
            "unjudged": unjudged,
        }
        card = CardFacts(
            self._export,
            self._task,
            built,
            account,
            quarantined=quarantined,
            unjudged=unjudged,
            plan=self._plan,
            agreement=self._figures.agreement,
            leakage=self._figures.leakage,
        )
        written = Card(folder, card)
        history = self._described(folder, written, facts)
        unfilled = {"card": written.unfilled()} if self._is_textless else {}
        said = {"not_stated": list(written.not_stated()), "version": history.version, "changelog": history.changelog}
        return {**facts, **unfilled, **said}

    @property
    def _is_textless(self) -> bool:
        return self._export.text == "offsets"

    def _described(self, folder: Path, written: Card, facts: Mapping[str, Any]) -> History:
        """Write the card, with the version that follows from the tables and from the card itself."""
        upcoming = next_version(self._releases.folder, Dataset(folder, facts))
        return upcoming.settle(lambda history: written.write(history.version, history.changelog))

    def _table(self, config: str, folder: Path, blocks: Sequence[Block], columns: Columns) -> Built | None:
        """A config, put together in `folder`; None if it has no row."""
        splits: dict[str, Written] = {}
        files: dict[str, list[str]] = {}
        if config == "agreement":
            figures = self._figures.agreement
            if figures is not None and figures.figures:
                splits[EVERYTHING], files[EVERYTHING] = self._agreement(folder, columns, figures)
        else:
            for split in self._export.splits:
                parts = [block.notes["written"][config].get(split, (0, 0)) for block in blocks]
                written = Written(*map(sum, zip(*parts, strict=True)))
                if written.rows:
                    splits[split], files[split] = written, gather(blocks, config, split, folder)
        stored = sum((folder / path).stat().st_size for paths in files.values() for path in paths)
        return Built(columns.published, splits, files, stored) if splits else None

    def _agreement(self, folder: Path, columns: Columns, figures: AgreementFigures) -> tuple[Written, list[str]]:
        with Table(folder, "agreement", columns.all, self._schemas) as table:
            table.add(EVERYTHING, agreement_rows(figures))
        path = f"agreement/{EVERYTHING}-00000-of-00001.parquet"
        (folder / "agreement" / f"{EVERYTHING}.parquet").rename(folder / path)
        return table.written()[EVERYTHING], [path]

    def _facts(self, account: Account, built: Mapping[str, Built]) -> dict[str, Any]:
        return {
            "name": self._export.name,
            "task": self._task.name,
            "task_version": self._task.version,
            "task_digest": self._task.digest,
            "made_with": {"curation": __version__, "datasets": version("datasets"), "pyarrow": version("pyarrow")},
            "seed": self._export.seed,
            "shares": dict(self._export.splits),
            "by": list(self._export.by),
            "articles": account.articles,
            "annotations": account.annotations,
            "annotators": len(account.annotators),
            "unsettled": account.unsettled,
            "outdated": account.outdated,
            "undecided": account.undecided,
            "held_out": dict(self._plan.reasons),
            "split_rules": self._rules,
            "cuts": dict(self._plan.cuts),
            **({"stances": stances(self._task)} if "stance" in built else {}),
            "rows": {
                config: {split: written.rows for split, written in one.splits.items()} for config, one in built.items()
            },
        }
