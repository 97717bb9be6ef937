"""Which rows of a config came, went, got other labels or changed otherwise between two builds."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from curation.export.leaves import leaves

if TYPE_CHECKING:
    from curation.export.reading import Dataset
    from curation.export.rows import Row

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

ROWS_HELD = 400_000
"""Of so many rows at a time a digest is held: some 100 MB."""

NO_LABELS = frozenset({"method", "scope"})
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

    Of at most some `ROWS_HELD` rows a digest is held: larger configs are read several times, for some of the keys each.
    """
    splits = list(dict.fromkeys((*before.configs[config], *after.configs[config])))
    changes = {split: RowChanges() for split in splits}
    passes = -(-sum(before.configs[config].values()) // ROWS_HELD) or 1
    for part in range(passes):
        _compare_part(before, after, config, renamed, changes, (part, passes))
    return changes


def _compare_part(
    before: Dataset,
    after: Dataset,
    config: str,
    renamed: Mapping[str, Mapping[str, str]],
    changes: Mapping[str, RowChanges],
    part: tuple[int, int],
) -> None:
    """Count the changes of the rows whose keys are in one part of so many."""
    splits = list(changes)
    number = {split: position for position, split in enumerate(splits)}
    held: dict[bytes, bytes] = {}
    doubles = 0
    for split, key, digest in _digests(before, after, config, {}, part, of=before):
        depth = 0
        while key in held:
            key, depth = _again(key), depth + 1
        held[key] = bytes([number[split]]) + digest
        doubles = max(doubles, depth)
        changes[split].before += 1
    for split, key, digest in _digests(before, after, config, renamed, part, of=after):
        found = held.pop(key, None)
        for _ in range(doubles if found is None else 0):
            key = _again(key)
            found = found or held.pop(key, None)
        _count(changes[split], found, bytes([number[split]]) + digest)
    for split_number, removed in Counter(one[0] for one in held.values()).items():
        changes[splits[split_number]].removed += removed


def _count(changes: RowChanges, was: bytes | None, now: bytes) -> None:
    changes.after += 1
    if was is None:
        changes.added += 1
    elif was[0] != now[0]:
        changes.moved += 1
    elif was[1:9] != now[1:9]:
        changes.relabelled += 1
    elif was != now:
        changes.edited += 1


def _digests(
    before: Dataset,
    after: Dataset,
    config: str,
    renamed: Mapping[str, Mapping[str, str]],
    part: tuple[int, int],
    *,
    of: Dataset,
) -> Iterator[tuple[str, bytes, bytes]]:
    """The split, the key (16 bytes) and the digest (8 of its labels, 8 of the rest) of each row of one of the two.

    What only one of them has a column for says nothing.
    """
    mine, passes = part
    features = dict(of.features(config))
    shared = _shared(before, after, config)
    kept = {name.split(".")[0] for name in shared}
    with_classes = {name for name, leaf in leaves(of.features(config)).items() if leaf.classes is not None}
    labelled = (shared & with_classes) - NO_LABELS
    labels = picker(features, "", lambda leaf: leaf in labelled, renamed) or _nothing
    rest = picker(features, "", lambda leaf: leaf in shared - labelled, renamed) or _nothing
    keys = KEYS.get(config, ())
    whole = not keys or not set(keys) <= shared
    key = picker(features, "", lambda leaf: leaf in (shared if whole else keys), renamed) or _nothing
    for split in of.configs[config]:
        for batch in of.batches(config, split, columns=[name for name in features if name in kept]):
            for row in batch.to_pylist():
                hashed = _hash(key(row), 16)
                if int.from_bytes(hashed[:4], "big") % passes == mine:
                    yield split, hashed, _hash(labels(row), 8) + _hash(rest(row), 8)


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


def _nothing(row: Row) -> None:
    return None


def _hash(value: Any, size: int) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=size).digest()


def _again(key: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=16).digest()
