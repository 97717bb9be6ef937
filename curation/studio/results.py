"""What a pull found, in counts."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class PullResult:
    """Counts of a pull; two of them add up.

    `items` are Label Studio's. Every annotation and draft seen is either new, changed or unchanged; `skipped`, `drafts`
    and `undecodable` say how many of the new and changed ones were cancelled, are unfinished, or gave no record.
    `deleted` annotations are no longer on the server; `poisoned` are the ids of items that it fails to hand out.
    `drift` says how screen and codebook there differ from the workspace's, if they do, `fix` how that is settled, and
    `diff` shows it line by line.
    """

    items: int = 0
    annotations_new: int = 0
    annotations_changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    drafts: int = 0
    deleted: int = 0
    undecodable: int = 0
    poisoned: tuple[int, ...] = ()
    drift: str | None = None
    fix: str | None = None
    diff: tuple[str, ...] = ()

    @property
    def nothing_new(self) -> bool:
        """Whether the workspace is as it was before."""
        return not (self.annotations_new or self.annotations_changed or self.deleted)

    def __add__(self, other: PullResult) -> PullResult:
        names = [field.name for field in fields(self) if field.name not in ("drift", "fix", "diff")]
        counts = {name: getattr(self, name) + getattr(other, name) for name in names}
        told = self if self.drift else other
        return PullResult(**counts, drift=told.drift, fix=told.fix, diff=told.diff)
