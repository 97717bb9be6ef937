"""What a validation found: counts at hand, findings read from the store as they are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import overload

from curation.records import Finding
from curation.store import Store


class StoredFindings(Sequence[Finding]):
    """The findings of a task's annotations, by article, annotator and place, as the store has them when it is asked.

    Going through them holds one at a time, and needs no other open store.
    """

    def __init__(self, folder: Path, task: str) -> None:
        self.folder = folder
        self.task = task

    def __iter__(self) -> Iterator[Finding]:
        with Store(self.folder) as store:
            yield from store.annotations.each_finding(self.task)

    def __len__(self) -> int:
        with Store(self.folder) as store:
            return sum(store.annotations.finding_counts(self.task).values())

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        if isinstance(index, slice):
            return tuple(self)[index]
        place = index + len(self) if index < 0 else index
        found = list(islice(self, place, place + 1)) if place >= 0 else []
        if not found:
            raise IndexError("there is no such finding")
        return found[0]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, StoredFindings) and (self.folder, self.task) == (other.folder, other.task):
            return True
        return isinstance(other, StoredFindings | list | tuple) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # equal to a tuple and unlike it not fixed

    def __repr__(self) -> str:
        return f"StoredFindings({str(self.folder)!r}, {self.task!r})"


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What `validate` did, and what holds now.

    Of the submitted annotations, `checked` were judged in this run and `unchanged` had been judged before under the
    same rules; `valid` and `quarantined` count both. `skipped` and `drafts` are never judged. `findings` are those of
    all submitted annotations, by article, annotator and place, read from the store whenever they are gone through;
    `by_code` and `by_severity` count them.
    """

    checked: int
    unchanged: int
    valid: int
    quarantined: int
    skipped: int
    drafts: int
    findings: Sequence[Finding]
    by_code: Mapping[str, int]
    by_severity: Mapping[str, int]


def report(store: Store, task: str, tally: Mapping[str, int]) -> ValidationReport:
    """The report on what the store holds of a task; `tally` counts what was done by status."""
    counts = store.annotations.counts(task)
    by_code: Counter[str] = Counter()
    by_severity: Counter[str] = Counter()
    for (code, severity), number in store.annotations.finding_counts(task).items():
        by_code[code] += number
        by_severity[severity] += number
    return ValidationReport(
        checked=tally.get("checked", 0),
        unchanged=tally.get("unchanged", 0),
        valid=counts.get(("submitted", "valid"), 0),
        quarantined=counts.get(("submitted", "quarantined"), 0),
        skipped=tally.get("skipped", 0),
        drafts=tally.get("draft", 0),
        findings=StoredFindings(store.path.parent, task),
        by_code=dict(sorted(by_code.items())),
        by_severity=dict(sorted(by_severity.items())),
    )
