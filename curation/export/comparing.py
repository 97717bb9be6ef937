"""Which rows of a config came, went, got other labels or changed otherwise between two builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from curation.export.digests import Digests, digester, mixed
from curation.export.leaves import gathered, leaves

if TYPE_CHECKING:
    from curation.export.reading import Dataset

KEYS: dict[str, tuple[str, ...]] = {
    "gold": ("article_id",),
    "tokens": ("article_id",),
    "articles": ("article_id",),
    "annotations": ("id",),
    "mentions": ("annotation", "id"),
    "statements": ("annotation", "claim_fragments.id", "holder_id"),
    "stance": ("article_id", "scope", "target", "annotation", "claim_fragments.id", "holder_start", "holder_end"),
    "agreement": ("scope", "of", "measure", "level"),
}
"""What tells the rows of a config apart, between builds too. In any other config every row that differs is another."""

ROWS_HELD = 500_000
"""Of so many rows of each of the two digests are held at a time: some 60 MB."""

NO_LABELS = frozenset({"method", "origin", "scope", "measure", "level"})
"""Columns with classes that say what a row is, and nothing of what annotators found."""

_Picker = Callable[[Any], Any]


@dataclass(slots=True)
class RowChanges:
    """Rows of a split before and after; of these `added`, `removed`, `relabelled` (another class) and `edited`.

    `moved` rows came from another split. A relabelled row is not counted as edited too.
    """

    before: int = 0
    after: int = 0
    added: int = 0
    removed: int = 0
    relabelled: int = 0
    edited: int = 0
    moved: int = 0

    @property
    def changed(self) -> bool:
        """Whether any row did."""
        return bool(self.added or self.removed or self.relabelled or self.edited or self.moved)


def compare_rows(
    before: Dataset, after: Dataset, config: str, renamed: Mapping[str, Mapping[str, str]]
) -> dict[str, RowChanges]:
    """The changes of a config by split. `renamed` maps, by column, names of classes before to those after.

    Of at most some `ROWS_HELD` rows digests are held: larger configs are read several times, for some of the keys each.
    """
    splits = list(dict.fromkeys((*before.configs[config], *after.configs[config])))
    total = max(sum(dataset.configs[config].values()) for dataset in (before, after))
    passes = -(-total // ROWS_HELD) or 1
    changes = {split: RowChanges() for split in splits}
    shared = _shared(before, after, config)
    for mine in range(passes):
        was = _rows(before, config, splits, shared, {}, mine, passes)
        now = _rows(after, config, splits, shared, renamed, mine, passes)
        _count(changes, was, now)
    return changes


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows with the number of their split, and the digests of their key, which no two have, of labels and of the rest.

    They are in the order of their keys.
    """

    splits: NDArray[np.uint8]
    keys: Digests
    labels: Digests
    rest: Digests


def _rows(
    of: Dataset,
    config: str,
    splits: Sequence[str],
    shared: set[str],
    renamed: Mapping[str, Mapping[str, str]],
    mine: int,
    passes: int,
) -> _Rows:
    """The rows of a dataset whose keys are in one part of so many, by the leaves that are `shared`."""
    features = dict(of.features(config))
    classes = {name for name, leaf in leaves(features).items() if leaf.classes is not None}
    labelled = (shared & classes) - NO_LABELS
    keys = set(KEYS.get(config, ()))
    keyed = keys if keys and keys <= shared else shared
    made = [digester(features, chosen.__contains__, renamed) for chosen in (keyed, labelled, shared - labelled)]
    columns = [name for name in features if name in {leaf.split(".")[0] for leaf in shared}]
    found: list[tuple[NDArray[Any], ...]] = [(np.zeros(0, np.uint8), *[np.zeros(0, np.uint64)] * 3)]
    for split in of.configs[config]:
        for batch in gathered(of.batches(config, split, columns=columns)):
            own = made[0](batch)
            chosen = own % np.uint64(passes) == mine
            here = np.full(len(batch), splits.index(split), np.uint8)
            found.append(tuple(one[chosen] for one in (here, own, made[1](batch), made[2](batch))))
    where, own, labels, rest = (np.concatenate(parts) for parts in zip(*found, strict=True))
    own = _told_apart(own)
    order = np.argsort(own)
    return _Rows(where[order], own[order], labels[order], rest[order])


def _told_apart(keys: Digests) -> Digests:
    """Keys of which each stands once: the second row of a key gets another, the third one a third."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.concatenate((np.ones(1, bool), ordered[1:] != ordered[:-1]))[: len(keys)]
    starts = np.flatnonzero(begins)
    number = np.arange(len(keys)) - np.repeat(starts, np.diff(np.append(starts, len(keys))))
    again = number > 0
    ordered[again] = mixed(ordered[again] + mixed(number[again].astype(np.uint64)))
    keys[order] = ordered
    return keys


def _count(changes: Mapping[str, RowChanges], was: _Rows, now: _Rows) -> None:
    _, old, new = np.intersect1d(was.keys, now.keys, assume_unique=True, return_indices=True)
    gone, came = np.ones(len(was.keys), bool), np.ones(len(now.keys), bool)
    gone[old], came[new] = False, False
    moved = was.splits[old] != now.splits[new]
    relabelled = ~moved & (was.labels[old] != now.labels[new])
    edited = ~moved & ~relabelled & (was.rest[old] != now.rest[new])
    stay = now.splits[new]
    told = {
        "before": was.splits,
        "after": now.splits,
        "added": now.splits[came],
        "removed": was.splits[gone],
        "moved": stay[moved],
        "relabelled": stay[relabelled],
        "edited": stay[edited],
    }
    for name, where in told.items():
        for one, count in zip(changes.values(), np.bincount(where, minlength=len(changes)).tolist(), strict=True):
            setattr(one, name, getattr(one, name) + count)


def _shared(before: Dataset, after: Dataset, config: str) -> set[str]:
    """The leaves that both have, of one type."""
    old, new = leaves(before.features(config)), leaves(after.features(config))
    return {name for name in old.keys() & new.keys() if old[name].kind == new[name].kind}


def picker(
    feature: Any, path: str, wanted: Callable[[str], bool], renamed: Mapping[str, Mapping[str, str]]
) -> _Picker | None:
    """What takes the wanted leaves, told by their paths, out of a stored value of `feature`; None if none is wanted.

    Class ids become names, and those that were `renamed` (by path: name before to name after) the name before.
    """
    from datasets import ClassLabel, List

    if isinstance(feature, dict):
        parts = {
            name: pick
            for name, part in sorted(feature.items())
            if (pick := picker(part, f"{path}.{name}" if path else name, wanted, renamed))
        }
        return (lambda row: row and [pick(row[name]) for name, pick in parts.items()]) if parts else None
    if isinstance(feature, List):
        item = picker(feature.feature, path, wanted, renamed)
        return (lambda items: items and [item(one) for one in items]) if item else None
    if not wanted(path):
        return None
    if isinstance(feature, ClassLabel):
        names = _names_before(feature.names, renamed.get(path, {}))
        return lambda number: None if number is None else names[number]
    return lambda value: value


def _names_before(names: Sequence[str], renamed: Mapping[str, str]) -> list[str]:
    back = {new: old for old, new in renamed.items()}
    return [back.get(name, name) for name in names]
