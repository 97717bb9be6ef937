"""What the card is made of: the declarations, the built tables, and what only the build knows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets import Features

from curation.catalog import Export, Task
from curation.export.account import Account

if TYPE_CHECKING:
    from curation.export.agreed import AgreementFigures
    from curation.export.splitting import Leakage, Plan
    from curation.export.tables import Written

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Built:
    """One config as it was written: its features, what its splits hold, their files, and the bytes of these.

    `files` are paths relative to the dataset, in the order of the split's rows.
    """

    features: Features
    splits: Mapping[str, Written]
    files: Mapping[str, Sequence[str]]
    stored: int

    @property
    def rows(self) -> int:
        """The rows of all splits."""
        return sum(written.rows for written in self.splits.values())


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What `write_card` makes the card of.

    `tables` are the configs as they were built, in their order. `account` is what the build counted; `quarantined` and
    `unjudged` annotations were left out. `agreement`, `plan` and `leakage` are None if they are not known; `version`
    and `changelog`, in Markdown, are those of the release.
    """

    export: Export
    task: Task
    tables: Mapping[str, Built]
    account: Account
    quarantined: int = 0
    unjudged: int = 0
    agreement: AgreementFigures | None = None
    plan: Plan | None = None
    leakage: Leakage | None = None
    version: str | None = None
    changelog: str | None = None

    @property
    def split_names(self) -> list[str]:
        """The declared splits that have rows."""
        there = {split for built in self.tables.values() for split in built.splits}
        return [one for one in self.export.splits if one in there]

    @property
    def held_out(self) -> int:
        """How many articles are in no split."""
        return len(self.plan.held_out) if self.plan else 0


@dataclass(frozen=True, slots=True)
class Tables:
    """The built tables in a folder."""

    folder: Path
    built: Mapping[str, Built]

    def has(self, config: str, *columns: str) -> bool:
        """Whether a config was built and has these columns."""
        return config in self.built and set(columns) <= self.built[config].features.keys()

    def names(self, config: str, column: str, *path: str) -> list[str]:
        """The classes of a column, or of what lies deeper in it, by id; empty if it has none."""
        feature: Any = self.built[config].features[column]
        for step in path:
            feature = getattr(feature, "feature", feature)[step]
        return list(getattr(getattr(feature, "feature", feature), "names", ()))

    def batches(self, config: str, columns: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """The splits of a config, each with one Arrow batch after the other; columns may be paths to leaves."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for split, files in self.built[config].files.items():
            for path in files:
                with pq.ParquetFile(self.folder / path) as file:
                    for batch in file.iter_batches(_BATCH, columns=list(columns)):
                        yield split, batch
                        # Texts are large: what Arrow keeps of them for later is more than what it needs.
                        del batch
                        pa.default_memory_pool().release_unused()


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
