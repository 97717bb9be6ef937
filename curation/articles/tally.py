"""What became of the documents that a run read: counted whole, told of the first of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from curation.articles.duplicates import TOLD, Duplicate, Example
from curation.articles.rejects import Extent

if TYPE_CHECKING:
    from curation.articles.formats.brat import BratResult

EXAMPLES = 3
"""Of what is counted by code, so many are named."""

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A document that was refused. `kept` says how much of it is in the store."""

    source: str
    code: str
    reason: str
    kept: Extent = "whole"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many articles or documents have one code, and the first of them: which, and what was seen."""

    count: int
    examples: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of the documents that were read; `total` counts them all.

    What is listed is counted whole by the number of the same name with `n_` before it; of each kind the first 1,000
    (`TOLD`) are named, so that a result stays small. The store has all rejects, repeated places and copies.

    `n_cut` long articles were cut into `n_parts` parts, which go to annotators in their place.
    `changed` are the ids that are known with another text, which was left alone; `outdated`, which `same` counts too,
    those that are known with other metadata, left alone as well. `repeated` are the places where an article stood once
    more under the same id. `duplicates` are articles that stand back for another one with the same text or nearly so;
    `linked`, `clusters`, `alike` (the least similar pairs) and `crowded` are as in `duplicates.Linked`, `threshold` the
    similarity from which on texts counted as copies. `refused` counts the rejects by code, with the first places of
    each; `noted` the doubts of `NOTES`, with the first articles. `columns` says of each table which column was read as
    which of our fields. `skipped` are files of folders that are no articles; `passed` says of sources that hold more
    than articles how much of what was passed over. `brat` says what became of annotations that stood beside text files,
    None where there were none.
    """

    total: int
    new: int
    same: int
    updated: int
    n_cut: int
    n_parts: int
    n_changed: int
    changed: tuple[str, ...]
    n_outdated: int
    outdated: tuple[str, ...]
    n_repeated: int
    repeated: tuple[tuple[str, str], ...]
    n_duplicates: int
    duplicates: tuple[Duplicate, ...]
    linked: int
    released: int
    threshold: float
    clusters: int
    alike: tuple[Example, ...]
    crowded: tuple[tuple[str, int], ...]
    n_rejects: int
    rejects: tuple[Refusal, ...]
    refused: Mapping[str, Counted]
    noted: Mapping[str, Counted]
    n_columns: int
    columns: Mapping[str, Mapping[str, str]]
    n_skipped: int
    skipped: tuple[str, ...]
    n_passed: int
    passed: Mapping[str, Mapping[str, int]]
    brat: BratResult | None = None


@dataclass(slots=True)
class First(Generic[_Key, _Value]):
    """Counts what is told, and keeps the first `TOLD`. What is told of one key again takes the earlier one's place."""

    count: int = 0
    kept: dict[_Key, _Value] = field(default_factory=dict)

    def add(self, key: _Key, value: _Value) -> None:
        """Count one more, and keep it if it is among the first."""
        known = key in self.kept
        self.count += not known
        if known or len(self.kept) < TOLD:
            self.kept[key] = value


@dataclass(slots=True)
class Tally:
    """Counts by code, with the first examples of each."""

    found: dict[str, Counted] = field(default_factory=dict)

    def add(self, code: str, where: str, seen: str) -> None:
        """Count one more."""
        before = self.found.get(code, Counted(0, ()))
        examples = before.examples
        if len(examples) < EXAMPLES:
            examples = (*examples, (where, seen))
        self.found[code] = Counted(before.count + 1, examples)
