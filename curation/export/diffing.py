"""What changed between two builds of a dataset: columns, classes, rows, labels, agreement and card.

A row is the same row where its key is (see `KEYS`). Memory grows with the datasets by some 150 bytes an article, and
with the rows of the largest config up to 100 MB.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from filecmp import cmp
from typing import TYPE_CHECKING, Any

from curation.export.comparing import RowChanges, compare_rows
from curation.export.leaves import Leaf, gathered, leaves, stored, values

if TYPE_CHECKING:
    from curation.export.reading import Dataset

CARD = "README.md"
_MOVED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ClassChanges:
    """How the classes of a column changed. `moved` ones have another id, `renamed` ones the id of one that is gone."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    moved: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether an id means another class than it did, or none."""
        return bool(self.removed or self.renamed or self.moved)


@dataclass(frozen=True, slots=True)
class ConfigDiff:
    """How a config changed. `labels` has the count of each class before and after, of columns where one differs."""

    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    retyped: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    classes: Mapping[str, ClassChanges] = field(default_factory=dict)
    rows: Mapping[str, RowChanges] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        """Whether nothing in it changed."""
        shape = self.columns_added or self.columns_removed or self.retyped or self.classes
        return not shape and not any(rows.changed for rows in self.rows.values())


@dataclass(frozen=True, slots=True)
class CardDiff:
    """How the card changed: the fields of its header that differ, and the lines that are not in both."""

    fields: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from one build to the other. `articles` are those that came, went, and moved to another split.

    `moved` names some of the last. `agreement` has the figures that differ, as (scope, of, measure, level) and the
    values before and after. `files` are those whose bytes differ, or that only one of the two has.
    """

    configs_added: tuple[str, ...] = ()
    configs_removed: tuple[str, ...] = ()
    configs: Mapping[str, ConfigDiff] = field(default_factory=dict)
    articles: tuple[int, int, int] = (0, 0, 0)
    moved: tuple[str, ...] = ()
    agreement: tuple[tuple[tuple[str | None, ...], float | None, float | None], ...] = ()
    card: CardDiff = CardDiff()
    texts: tuple[str, str] = ("full", "full")
    files: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the two are the same, byte for byte."""
        return not self.files

    @property
    def same_tables(self) -> bool:
        """Whether the tables hold the same."""
        changed = self.configs_added or self.configs_removed or any(self.articles) or self.texts[0] != self.texts[1]
        return not changed and all(config.same for config in self.configs.values())


def diff(before: Dataset, after: Dataset) -> Diff:
    """Compare two builds of a dataset. Raises `E_EXPORT_UNREADABLE`."""
    files = _files(before, after)
    texts = (before.facts.get("text", "full"), after.facts.get("text", "full"))
    if not files and before.facts.get("files"):
        return Diff(texts=texts)
    shared = [config for config in before.configs if config in after.configs]
    came, went, moved = _articles(before, after)
    return Diff(
        configs_added=tuple(config for config in after.configs if config not in before.configs),
        configs_removed=tuple(config for config in before.configs if config not in after.configs),
        configs={config: _config(before, after, config) for config in shared},
        articles=(came, went, len(moved)),
        moved=tuple(moved[:_MOVED_SHOWN]),
        agreement=tuple(_agreement(before, after)) if "agreement" in shared else (),
        card=_card(before, after),
        texts=texts,
        files=files,
    )


def class_changes(before: tuple[str, ...], after: tuple[str, ...]) -> ClassChanges:
    """How the classes of a column changed, each in the order of its ids."""
    gone, new = set(before) - set(after), set(after) - set(before)
    renamed = {old: name for old, name in zip(before, after, strict=False) if old in gone and name in new}
    return ClassChanges(
        added=tuple(name for name in after if name in new and name not in renamed.values()),
        removed=tuple(name for name in before if name in gone and name not in renamed),
        renamed=renamed,
        moved=tuple(name for number, name in enumerate(before) if name in after and after.index(name) != number),
    )


def _files(before: Dataset, after: Dataset) -> tuple[str, ...]:
    """The files whose bytes differ; none where a dataset is not complete yet and has no hashes."""
    old, new = before.facts.get("files", {}), after.facts.get("files", {})
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path)))


def _same_files(before: Dataset, after: Dataset, config: str) -> bool:
    """Whether all files of a config have the same bytes: by their hashes, or by reading where there are none yet."""
    old, new = (
        {path: file for path, file in dataset.facts.get("files", {}).items() if path.startswith(f"{config}/")}
        for dataset in (before, after)
    )
    if old and new:
        return old == new
    one, other = (
        {file.name: file for split in dataset.configs[config] for file in dataset.files(config, split)}
        for dataset in (before, after)
    )
    return one.keys() == other.keys() and all(cmp(file, other[name], shallow=False) for name, file in one.items())


def _config(before: Dataset, after: Dataset, config: str) -> ConfigDiff:
    if _same_files(before, after, config):
        return ConfigDiff(rows={split: RowChanges(rows, rows) for split, rows in before.configs[config].items()})
    features = before.features(config), after.features(config)
    old, new = map(leaves, features)
    shared = [name for name in old if name in new]
    classes = {
        name: class_changes(was, now)
        for name in shared
        if (was := old[name].classes) is not None and (now := new[name].classes) is not None and was != now
    }
    rows = compare_rows(before, after, config, {name: dict(changes.renamed) for name, changes in classes.items()})
    changes = ConfigDiff(
        columns_added=tuple(name for name in new if name not in old),
        columns_removed=tuple(name for name in old if name not in new),
        retyped={name: (old[name].kind, new[name].kind) for name in shared if old[name].kind != new[name].kind},
        classes=classes,
        rows=rows,
    )
    if changes.same:
        return changes
    counted = _counts(before, config, old), _counts(after, config, new)
    return replace(changes, labels=_labels(counted, old, new))


def _counts(dataset: Dataset, config: str, found: Mapping[str, Leaf]) -> dict[str, Counter[str]]:
    """How often each class of each column is given."""
    import pyarrow.compute as pc

    counts: dict[str, Counter[str]] = {name: Counter() for name, leaf in found.items() if leaf.classes is not None}
    schema = dataset.schema(config)
    columns = [stored(schema, found[name]) for name in counts]
    for split in dataset.configs[config] if counts else ():
        for batch in gathered(dataset.batches(config, split, columns=columns)):
            for name, counter in counts.items():
                classes = found[name].classes or ()
                for array in values(batch, found[name]):
                    for one in pc.value_counts(array).to_pylist():
                        if one["values"] is not None:
                            counter[classes[one["values"]]] += one["counts"]
    return counts


def _labels(
    counted: tuple[Mapping[str, Counter[str]], Mapping[str, Counter[str]]],
    old: Mapping[str, Leaf],
    new: Mapping[str, Leaf],
) -> dict[str, dict[str, tuple[int, int]]]:
    before, after = counted
    found = {}
    for name in before.keys() & after.keys():
        if before[name] != after[name]:
            names = dict.fromkeys((*(old[name].classes or ()), *(new[name].classes or ())))
            found[name] = {one: (before[name][one], after[name][one]) for one in names}
    return {name: found[name] for name in old if name in found}


def _articles(before: Dataset, after: Dataset) -> tuple[int, int, list[str]]:
    """How many articles came and went, and the ids of those that are in another split."""
    if list(before.configs) == list(after.configs) and all(_same_files(before, after, one) for one in before.configs):
        return 0, 0, []
    old, new = _splits(before), _splits(after)
    moved = sorted(one for one, split in new.items() if one in old and old[one] != split)
    return len(new.keys() - old.keys()), len(old.keys() - new.keys()), moved


def _splits(dataset: Dataset) -> dict[str, str]:
    """The split of each article, by the first config that has all of them."""
    order = ("articles", "annotations", "gold", *dataset.configs)
    config = next((one for one in order if one in dataset.configs and "article_id" in dataset.schema(one).names), None)
    found: dict[str, str] = {}
    if config is None:
        return found
    for split in dataset.configs[config]:
        for batch in dataset.batches(config, split, columns=["article_id"]):
            found.update(dict.fromkeys(batch.column(0).to_pylist(), split))
    return found


def _agreement(before: Dataset, after: Dataset) -> list[tuple[tuple[str | None, ...], float | None, float | None]]:
    old, new = _figures(before), _figures(after)
    keys = dict.fromkeys((*old, *new))
    return [(key, old.get(key), new.get(key)) for key in keys if old.get(key) != new.get(key)]


def _figures(dataset: Dataset) -> dict[tuple[str | None, ...], float | None]:
    rows = dataset.rows("agreement")
    return {(row["scope"], row["of"], row["measure"], row["level"]): row["value"] for row in rows}


def _card(before: Dataset, after: Dataset) -> CardDiff:
    texts = []
    for dataset in (before, after):
        path = dataset.folder / CARD
        texts.append(path.read_text(encoding="utf-8") if path.is_file() else None)
    old, new = texts
    if old is None or new is None or old == new:
        return CardDiff()
    headers = _header(old), _header(new)
    fields = [
        name for name in dict.fromkeys((*headers[0], *headers[1])) if headers[0].get(name) != headers[1].get(name)
    ]
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), "before", "after", n=0, lineterm="")
    return CardDiff(tuple(fields), tuple(found))


def _header(card: str) -> dict[str, Any]:
    """The YAML at the beginning of a card; empty where it cannot be read."""
    from curation.export.card.metadata import parts_of

    try:
        return parts_of(card)[0]
    except ValueError:
        return {}
