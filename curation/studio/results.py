"""What a pull found: counts, and by name what could not be read or was taken in besides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import chain
from operator import attrgetter


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An annotation that gave no record: its item's number, its place in the item, and why.

    `annotation` is the workspace's id of what was kept of it; None if there was nothing to keep. `line` is where its
    item begins in a file, `url` the item's screen on a server.
    """

    item: int | None
    json_pointer: str
    annotation: str | None
    reason: str
    line: int | None = None
    url: str | None = None

    def __str__(self) -> str:
        line = f"line {self.line}, " if self.line is not None else ""
        item = f"item {self.item}" if self.item is not None else "an item without a number"
        kept = f" ({self.annotation})" if self.annotation is not None else ", not kept"
        url = f" {self.url}" if self.url is not None else ""
        return f"{line}{item}, {self.json_pointer}{kept}: {self.reason}{url}"


@dataclass(frozen=True, slots=True)
class Moved:
    """An annotation, by the workspace's id, that was `before`'s and is `after`'s now.

    `after` is None where the account was deleted: the annotation stays under `before`.
    """

    annotation: str
    before: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many annotations (drafts aside) the server counts at the end of a pull, and how many the workspace holds.

    Where these differ, `items` are the items in which they do, as far as the server lists them, and `fix` says what to
    do about it.
    """

    server: int
    held: int
    items: tuple[int, ...] = ()
    fix: str | None = None

    @property
    def agree(self) -> bool:
        """Whether the workspace holds what the server counts."""
        return self.server == self.held and not self.items


@dataclass(frozen=True, slots=True)
class PullResult:
    """Counts of a pull; several of them add up.

    `items` are Label Studio's. Every annotation and draft seen is either new, changed or unchanged; `skipped`, `drafts`
    and `undecodable` say how many of the new and changed ones were cancelled, are unfinished, or gave no record,
    `resumed` how many had been cancelled and are submitted, `returned` how many had been deleted and are there again.
    `moved` are those that have another annotator, or whose annotator's account was deleted.
    `unreadable` names the latter, and what is no annotation at all. `adopted` are the articles that the workspace
    lacked and took in, `left_out` the items that were not taken because it lacks their article. `apart` are annotations
    with the number of another article's: they were given ids of their own. `deleted` annotations are no longer on the
    server and stay in the workspace, marked so; `gone` are their ids. `poisoned` are the ids of items that the server
    fails to hand out. `counted` compares the server's count with the workspace; None of a file. `drift` says how screen
    and codebook there differ from the workspace's, if they do, `fix` how that is settled, and `diff` shows it line by
    line.
    """

    items: int = 0
    annotations_new: int = 0
    annotations_changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    resumed: int = 0
    returned: int = 0
    drafts: int = 0
    deleted: int = 0
    undecodable: int = 0
    unreadable: tuple[Unreadable, ...] = ()
    adopted: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    gone: tuple[str, ...] = ()
    poisoned: tuple[int, ...] = ()
    counted: Counted | None = None
    drift: str | None = None
    fix: str | None = None
    diff: tuple[str, ...] = ()

    @property
    def nothing_new(self) -> bool:
        """Whether the workspace is as it was before."""
        return not (self.annotations_new or self.annotations_changed or self.deleted or self.adopted)

    @property
    def complete(self) -> bool:
        """Whether everything was handed out, as far as the server's own count tells."""
        return not self.poisoned and (self.counted is None or self.counted.agree)

    def __add__(self, other: PullResult) -> PullResult:
        return total((self, other))


_TOLD = ("drift", "fix", "diff")
_NAMES = ("unreadable", "adopted", "left_out", "apart", "moved", "gone", "poisoned")
_COUNTS = tuple(field.name for field in fields(PullResult) if field.name not in (*_TOLD, *_NAMES, "counted"))
_counts = attrgetter(*_COUNTS)
_names = attrgetter(*_NAMES)


def total(results: Iterable[PullResult]) -> PullResult:
    """Several results as one; how it differs is what the first says of it that does, counted is what the last did."""
    counts = [0] * len(_COUNTS)
    named: list[list[tuple[object, ...]]] = [[] for _ in _NAMES]
    told, counted = PullResult(), None
    for one in results:
        counted = one.counted or counted
        counts = [before + more for before, more in zip(counts, _counts(one), strict=True)]
        for known, more in zip(named, _names(one), strict=True):
            if more:
                known.append(more)
        told = told if told.drift else one
    summed: dict[str, object] = dict(zip(_COUNTS, counts, strict=True))
    summed |= {name: tuple(chain.from_iterable(known)) for name, known in zip(_NAMES, named, strict=True)}
    return PullResult(**summed, counted=counted, drift=told.drift, fix=told.fix, diff=told.diff)  # type: ignore[arg-type]
