"""Whether the rows of a built dataset are what they claim: every row of every file is read for it.

The texts are not held, but looked up where they stand. What is held is some 300 bytes an article, and 100 bytes a row
of the configs in which a row may stand once only (`ONCE`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from curation.export.comparing import KEYS, picker
from curation.export.leaves import Leaf, leaves, values
from curation.export.offsets import restorer
from curation.text import content_hash

if TYPE_CHECKING:
    from pathlib import Path

    from curation.export.reading import Dataset
    from curation.export.rows import Row

ONCE = ("gold", "tokens", "articles", "annotations", "mentions")
"""Configs no two rows of which have one key."""

SHOWN = 10
"""So many faults of one kind in one config are named; the rest are counted."""

_WITH_TEXT = ("annotations", "gold")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a dataset that is not as it should be: where, and what."""

    place: str
    problem: str


@dataclass(slots=True)
class Faults:
    """What was found, of each kind in each place the first few."""

    found: list[Fault] = field(default_factory=list)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, place: str, kind: str, detail: str = "") -> None:
        """Note a fault of a kind; `detail` says which one it is."""
        count = self._counts[place, kind] = self._counts.get((place, kind), 0) + 1
        if count <= SHOWN:
            self.found.append(Fault(place, f"{kind}{detail}"))

    def all(self) -> tuple[Fault, ...]:
        """The faults in the order in which they were found, then how many more there are of each kind."""
        more = {key: count - SHOWN for key, count in self._counts.items() if count > SHOWN}
        return (*self.found, *(Fault(place, f"{kind}: {count:,} more") for (place, kind), count in more.items()))


class Texts:
    """The texts and titles of a dataset by article, read from its files one row group at a time."""

    def __init__(self, dataset: Dataset) -> None:
        self._places: dict[str, tuple[Path, int, int]] = {}
        for config in _WITH_TEXT:
            if config in dataset.configs and "text" in dataset.schema(config).names:
                self._look(dataset, config)
        self._group = lru_cache(maxsize=4)(self._read)

    def __contains__(self, article: str) -> bool:
        return article in self._places

    def of(self, article: str) -> tuple[str, str | None]:
        """The text and the title of an article."""
        file, group, position = self._places[article]
        texts, titles = self._group(file, group)
        return texts[position], titles[position]

    def _look(self, dataset: Dataset, config: str) -> None:
        import pyarrow.parquet as pq

        for split in dataset.configs[config]:
            for file in dataset.files(config, split):
                with pq.ParquetFile(file) as opened:
                    for group in range(opened.num_row_groups):
                        ids = opened.read_row_group(group, columns=["article_id"]).column(0).to_pylist()
                        for position, one in enumerate(ids):
                            self._places.setdefault(one, (file, group, position))

    @staticmethod
    def _read(file: Path, group: int) -> tuple[list[str], list[str | None]]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(file) as opened:
            table = opened.read_row_group(group, columns=["text", "title"])
        return table["text"].to_pylist(), table["title"].to_pylist()


def check_rows(dataset: Dataset, faults: Faults) -> None:
    """Read every row, and note what is wrong with it. Raises `E_EXPORT_UNREADABLE` where a page is damaged."""
    texts, known = Texts(dataset), _known(dataset)
    splits: dict[str, tuple[str, str]] = {}
    annotations = _ids(dataset)
    for config in dataset.configs:
        _check_config(dataset, config, _Checks(dataset, config, texts, known, splits, annotations), faults)


def _check_config(dataset: Dataset, config: str, checks: _Checks, faults: Faults) -> None:
    for split, rows in dataset.configs[config].items():
        count = 0
        for batch in dataset.batches(config, split):
            checks.classes(batch, faults)
            for number, row in enumerate(batch.to_pylist(), start=count):
                checks.row(f"{config}/{split}", number, split, row, faults)
            count += batch.num_rows
        if count != rows:
            faults.add(f"{config}/{split}", "rows", f": the manifest says {rows:,}, the files hold {count:,}")


class _Checks:
    """What holds of each row of one config."""

    def __init__(
        self,
        dataset: Dataset,
        config: str,
        texts: Texts,
        known: Mapping[str, tuple[str, int]],
        splits: dict[str, tuple[str, str]],
        annotations: set[str] | None,
    ) -> None:
        features = dict(dataset.features(config))
        self._config = config
        self._classes: list[Leaf] = [leaf for leaf in leaves(features).values() if leaf.classes is not None]
        self._texts, self._known, self._splits, self._annotations = texts, known, splits, annotations
        self._restore = restorer(dataset.features(config))
        self._spans = _spans_of(features)
        keys = KEYS.get(config, ())
        self._key = picker(features, "", lambda leaf: leaf in keys, {}) if config in ONCE else None
        self._seen: set[bytes] = set()

    def classes(self, batch: Any, faults: Faults) -> None:
        """Every id of a class is one of those that the schema names."""
        import pyarrow.compute as pc

        for leaf in self._classes:
            for array in values(batch, leaf):
                ends = pc.min_max(array).as_py()
                if ends["min"] is not None and not 0 <= ends["min"] <= ends["max"] < len(leaf.classes or ()):
                    beyond = ends["min"] if ends["min"] < 0 else ends["max"]
                    faults.add(self._config, "no class", f" of {leaf.name} has the id {beyond}")

    def row(self, place: str, number: int, split: str, row: Row, faults: Faults) -> None:
        """What a row says fits the text that it is about, its split, and the other rows."""
        where = f" (row {number})"
        if self._key is not None:
            key = hashlib.blake2b(repr(self._key(row)).encode(), digest_size=16).digest()
            if key in self._seen:
                faults.add(place, "the same row twice", f": {self._key(row)}{where}")
            self._seen.add(key)
        annotation = row.get("annotation")
        if annotation is not None and self._annotations is not None and annotation not in self._annotations:
            faults.add(place, "no such annotation", f": {annotation}{where}")
        article = row.get("article_id")
        if article is not None:
            self._article(place, where, split, article, row, faults)

    def _article(self, place: str, where: str, split: str, article: str, row: Row, faults: Faults) -> None:
        at = f": article {article}{where}"
        is_new = article not in self._splits
        other, config = self._splits.setdefault(article, (split, self._config))
        if other != split:
            faults.add(place, f"an article that is in {other} too", f" ({config}){at}")
        sha256, length = self._known.get(article, (None, None))
        if article in self._texts:
            text, title = self._texts.of(article)
            length = len(text)
            if is_new and sha256 is not None and content_hash(text) != sha256:
                faults.add(place, "a text that is not the one that `articles` has the hash of", at)
            if self._restore is not None and self._restore(row, text, title) != row:
                faults.add(place, "a text that is not what stands in the article at its offsets", at)
        if length is not None and not all(0 <= start <= end <= length for start, end in self._spans(row)):
            faults.add(place, "an offset outside of the text", at)


def _known(dataset: Dataset) -> dict[str, tuple[str, int]]:
    """The hash of each article's text, and its length in code points."""
    columns = ["article_id", "sha256", "characters"]
    if "articles" not in dataset.configs or not set(columns) <= set(dataset.schema("articles").names):
        return {}
    return {row["article_id"]: (row["sha256"], row["characters"]) for row in dataset.rows("articles", columns=columns)}


def _ids(dataset: Dataset) -> set[str] | None:
    """The ids of all annotations, None where the dataset has no config of them."""
    if "annotations" not in dataset.configs:
        return None
    return {row["id"] for row in dataset.rows("annotations", columns=["id"])} or None


def _spans_of(features: Mapping[str, Any]) -> Callable[[Row], Iterator[tuple[int, int]]]:
    """What gives all pairs of offsets in a row, at every depth."""
    from datasets import List

    pairs = [(name, f"{stem}end") for name in features
             if (stem := name.removesuffix("start")) != name and f"{stem}end" in features]  # fmt: skip
    inner = {
        name: _spans_of(part)
        for name, feature in features.items()
        if isinstance(part := feature.feature if isinstance(feature, List) else feature, dict)
    }

    def spans(row: Row) -> Iterator[tuple[int, int]]:
        for start, end in pairs:
            if isinstance(row[start], list):
                yield from zip(row[start], row[end], strict=True)
            elif row[start] is not None or row[end] is not None:
                yield (-1 if row[start] is None else row[start], -1 if row[end] is None else row[end])
        for name, within in inner.items():
            for part in row[name] if isinstance(row[name], list) else [row[name]]:
                if part is not None:
                    yield from within(part)

    return spans
