"""Which marks of one annotator are those of another: one-to-one, by how far their stretches of text overlap."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Extent = tuple[tuple[int, int], ...]
"""The stretches of text that a mark covers, half-open, in code points: in order, apart from each other."""

Overlap = Callable[[Extent, Extent], float]
Alike = Callable[[int, int], float]

LEAST = 0.5
"""From this overlap on (intersection over union), two marks count as the same one unless another is asked for: what
both took in is then at least half of what either did.
"""

SLIGHT = 1e-6
"""What being wholly alike adds to an overlap: enough to decide between overlaps that are equal, and nothing else."""

_NEARER = 1e-9


def extent(stretches: Iterable[tuple[int, int]]) -> Extent:
    """The stretches in order, those that touch or overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def length(one: Extent) -> int:
    """How many characters it covers."""
    return sum(end - start for start, end in one)


def common(one: Extent, other: Extent) -> int:
    """How many characters both cover."""
    total = position = 0
    for start, end in one:
        while position < len(other) and other[position][1] <= start:
            position += 1
        for left, right in other[position:]:
            if left >= end:
                break
            total += min(end, right) - max(start, left)
    return total


def iou(one: Extent, other: Extent) -> float:
    """Intersection over union, 0 to 1: Jaccard's coefficient of the characters."""
    both = common(one, other)
    return both / (length(one) + length(other) - both) if both else 0.0


def dice(one: Extent, other: Extent) -> float:
    """Twice the intersection over the sum of the lengths, 0 to 1: Dice's coefficient of the characters."""
    both = common(one, other)
    return 2 * both / (length(one) + length(other)) if both else 0.0


def matched(
    ours: Sequence[Extent],
    theirs: Sequence[Extent],
    *,
    least: float = LEAST,
    overlap: Overlap = iou,
    alike: Alike | None = None,
) -> list[tuple[int, int]]:
    """Pairs of positions (in `ours`, in `theirs`) that overlap by at least `least`, in the order of `ours`.

    Each is in at most one pair, and the pairs are those whose overlaps have the largest sum (Kuhn 1955). Of pairings
    with the same sum, that whose marks are more `alike`, a number up to about 1 for two positions; then that whose
    starts and ends lie nearer. Neither the side nor the order matters, except among marks of the very same extent that
    are as much alike.
    """
    candidates = [
        (row, column, score)
        for row, one in enumerate(ours)
        for column, other in enumerate(theirs)
        if one and other and one[0][0] < other[-1][1] and other[0][0] < one[-1][1]
        and (score := overlap(one, other)) >= least
    ]  # fmt: skip
    rows = {row for row, _, _ in candidates}
    columns = {column for _, column, _ in candidates}
    if len(rows) == len(columns) == len(candidates):
        return [(row, column) for row, column, _ in candidates]
    if alike is not None:
        candidates = [(row, column, score + SLIGHT * alike(row, column)) for row, column, score in candidates]
    return sorted(_assigned(ours, theirs, candidates))


def _assigned(
    ours: Sequence[Extent], theirs: Sequence[Extent], candidates: Sequence[tuple[int, int, float]]
) -> list[tuple[int, int]]:
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    rows = sorted({row for row, _, _ in candidates}, key=lambda row: ours[row])
    columns = sorted({column for _, column, _ in candidates}, key=lambda column: theirs[column])
    if [theirs[column] for column in columns] < [ours[row] for row in rows]:
        # Of pairings that are as good, the same one is found from either side.
        swapped = [(column, row, score) for row, column, score in candidates]
        return [(row, column) for column, row in _assigned(theirs, ours, swapped)]
    row_at, column_at = ({one: place for place, one in enumerate(ones)} for ones in (rows, columns))
    scores = np.zeros((len(rows), len(columns)))
    allowed = np.zeros(scores.shape, dtype=bool)
    for row, column, score in candidates:
        place = row_at[row], column_at[column]
        scores[place] = score - _NEARER * _distance(ours[row], theirs[column])
        allowed[place] = True
    found = zip(*linear_sum_assignment(scores, maximize=True), strict=True)
    return [(rows[row], columns[column]) for row, column in found if allowed[row, column]]


def _distance(one: Extent, other: Extent) -> float:
    """How far the ends lie apart, as a share of the longer one: at most 2 for marks that overlap."""
    apart = abs(one[0][0] - other[0][0]) + abs(one[-1][1] - other[-1][1])
    return apart / max(length(one), length(other))
