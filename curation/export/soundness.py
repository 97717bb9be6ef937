"""Whether the rows of a built dataset are what they claim: every row of every file is read for it.

The texts are not held, but looked up where they stand. What is held is some 500 bytes an article, 56 bytes an
annotation, 8 bytes a mention, and 8 bytes a row of the config that is read, if it may stand there once only (`ONCE`).
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from curation.export.comparing import KEYS, picker
from curation.export.digests import Digests, digester
from curation.export.leaves import Leaf, leaves, values
from curation.export.offsets import are_offsets, restorer
from curation.export.references import References
from curation.export.within import given, rule_of, ways
from curation.folders.manifest import MANIFEST
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
        # Of all texts, one after the other, the place of an article's; and where each group of rows begins.
        self._places: dict[str, int] = {}
        self._begins: list[int] = []
        self._groups: list[tuple[Path, int]] = []
        self._end = 0
        for config in _WITH_TEXT:
            if config in dataset.configs and "text" in dataset.schema(config).names:
                self._look(dataset, config)
        self._group = lru_cache(maxsize=4)(self._read)

    def __contains__(self, article: str) -> bool:
        return article in self._places

    def of(self, article: str) -> tuple[str, str | None]:
        """The text and the title of an article."""
        place = self._places[article]
        number = bisect_right(self._begins, place) - 1
        texts, titles = self._group(*self._groups[number])
        position = place - self._begins[number]
        return texts[position], titles[position]

    def _look(self, dataset: Dataset, config: str) -> None:
        import pyarrow.parquet as pq

        for split in dataset.configs[config]:
            for file in dataset.files(config, split):
                with pq.ParquetFile(file) as opened:
                    for group in range(opened.num_row_groups):
                        self._begins.append(self._end)
                        self._groups.append((file, group))
                        ids = (
                            opened.read_row_group(group, columns=["article_id"], use_threads=False)
                            .column(0)
                            .to_pylist()
                        )
                        for place, one in enumerate(ids, start=self._end):
                            self._places.setdefault(sys.intern(one), place)
                        self._end += len(ids)

    @staticmethod
    def _read(file: Path, group: int) -> tuple[list[str], list[str | None]]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(file) as opened:
            table = opened.read_row_group(group, columns=["text", "title"], use_threads=False)
        return table["text"].to_pylist(), table["title"].to_pylist()


def check_rows(dataset: Dataset, faults: Faults) -> None:
    """Read every row, and note what is wrong with it. Raises `E_EXPORT_UNREADABLE` where a page is damaged."""
    texts, known = Texts(dataset), _known(dataset)
    splits: dict[str, tuple[str, str]] = {}
    references = References(dataset)
    for config in dataset.configs:
        _check_config(dataset, config, _Checks(dataset, config, texts, known, splits), references, faults)
    _check_facts(dataset, references, faults)


def _check_facts(dataset: Dataset, references: References, faults: Faults) -> None:
    """What the manifest counts is what there is; a mention of an annotation is in `mentions` too."""
    rows = {config: sum(splits.values()) for config, splits in dataset.configs.items()}
    counted = {
        "articles": rows.get("articles"),
        "annotations": rows.get("annotations"),
        "annotators": references.annotators,
    }
    for name, number in counted.items():
        if number is not None and dataset.facts.get(name) != number:
            faults.add(MANIFEST, name, f": it says {dataset.facts.get(name)}, and there are {number:,}")
    if references.marks is not None and rows.get("mentions", references.marks) != references.marks:
        faults.add("mentions", "rows", f": annotations have {references.marks:,}, the files hold {rows['mentions']:,}")


def _check_config(dataset: Dataset, config: str, checks: _Checks, references: References, faults: Faults) -> None:
    for split, rows in dataset.configs[config].items():
        count = 0
        for batch in dataset.batches(config, split):
            place, here = f"{config}/{split}", (split, config)
            checks.classes(batch, faults)
            checks.given(place, batch, faults)
            references.check(config, place, count, batch, faults)
            checks.keep(batch)
            for number, row in enumerate(batch.to_pylist(), start=count):
                checks.row(place, number, here, row, faults)
            count += batch.num_rows
        if count != rows:
            faults.add(f"{config}/{split}", "rows", f": the manifest says {rows:,}, the files hold {count:,}")
    _check_once(dataset, config, checks, faults)


def _check_once(dataset: Dataset, config: str, checks: _Checks, faults: Faults) -> None:
    """Name the rows that stand twice, which are read once more if there are any."""
    twice = checks.twice()
    seen: set[str] = set()
    for split in dataset.configs[config] if len(twice) else ():
        count = 0
        for batch in dataset.batches(config, split):
            for number in np.flatnonzero(np.isin(checks.keys(batch), twice)).tolist():
                key = checks.key(batch.slice(number, 1).to_pylist()[0])
                if repr(key) in seen:
                    faults.add(f"{config}/{split}", "the same row twice", f": {key} (row {count + number})")
                seen.add(repr(key))
            count += batch.num_rows


class _Checks:
    """What holds of each row of one config."""

    def __init__(
        self,
        dataset: Dataset,
        config: str,
        texts: Texts,
        known: Mapping[str, tuple[bytes, int]],
        splits: dict[str, tuple[str, str]],
    ) -> None:
        features = dict(dataset.features(config))
        self._config = config
        self._classes: list[Leaf] = [leaf for leaf in leaves(features).values() if leaf.classes is not None]
        self._texts, self._known, self._splits = texts, known, splits
        self._given = given(config, dataset.features(config))
        self._ways = ways(config, dataset.features(config)) if "method" in self._given else None
        self._rule = rule_of(config, dataset.features(config))
        self._restore = restorer(dataset.features(config))
        self._spans = _spans_of(features)
        wanted = KEYS[config].__contains__ if config in ONCE else lambda leaf: False
        self.key = picker(features, "", wanted, {}) or repr
        self.keys = digester(features, wanted, {})
        self._held: list[Digests] = [np.zeros(0, np.uint64)]

    def keep(self, batch: Any) -> None:
        """Keep in mind which rows there are, if each may stand once only."""
        if self._config in ONCE:
            self._held.append(self.keys(batch))

    def twice(self) -> Digests:
        """The digests of the keys that were met more than once."""
        held, self._held = np.concatenate(self._held), []
        held.sort()
        twice: Digests = np.unique(held[1:][held[1:] == held[:-1]])
        return twice

    def given(self, place: str, batch: Any, faults: Faults) -> None:
        """No row leaves out what each says, and each was decided in a way that there is for its kind."""
        import pyarrow.compute as pc

        for name in self._given:
            if batch.column(name).null_count:
                faults.add(place, f"rows without {name}", f": {batch.column(name).null_count:,}")
        if self._ways is not None:
            other = set(pc.unique(batch.column("method")).to_pylist()) - self._ways - {None}
            for number in sorted(other):
                faults.add(place, "a method by which no row of its kind is decided", f": the id {number}")

    def classes(self, batch: Any, faults: Faults) -> None:
        """Every id of a class is one of those that the schema names."""
        import pyarrow.compute as pc

        for leaf in self._classes:
            for array in values(batch, leaf):
                ends = pc.min_max(array).as_py()
                if ends["min"] is not None and not 0 <= ends["min"] <= ends["max"] < len(leaf.classes or ()):
                    beyond = ends["min"] if ends["min"] < 0 else ends["max"]
                    faults.add(self._config, "no class", f" of {leaf.name} has the id {beyond}")

    def row(self, place: str, number: int, here: tuple[str, str], row: Row, faults: Faults) -> None:
        """What a row of a split and config says fits the text that it is about, and the other rows."""
        article = row.get("article_id")
        if article is None:
            return
        at = f": article {article} (row {number})"
        is_new = article not in self._splits
        other, config = self._splits.setdefault(sys.intern(article), here)
        if other != here[0]:
            faults.add(place, f"an article that is in {other} too", f" ({config}){at}")
        problems = list(self._rule(row)) if self._rule else []
        for problem in problems:
            faults.add(place, problem, at)
        sha256, length = self._known.get(article, (None, None))
        if problems:
            return
        if article in self._texts:
            text, title = self._texts.of(article)
            if is_new and length not in (None, len(text)):
                faults.add(place, "another length than `articles` has as `characters`", at)
            length = len(text)
            if is_new and sha256 is not None and bytes.fromhex(content_hash(text)) != sha256:
                faults.add(place, "a text that is not the one that `articles` has the hash of", at)
            if self._restore is not None and self._restore(row, text, title) != row:
                faults.add(place, "a text that is not what stands in the article at its offsets", at)
        if length is not None and not all(0 <= start <= end <= length for start, end in self._spans(row)):
            faults.add(place, "an offset outside of the text", at)


def _known(dataset: Dataset) -> dict[str, tuple[bytes, int]]:
    """The hash of each article's text, and its length in code points."""
    columns = ["article_id", "sha256", "characters"]
    if "articles" not in dataset.configs or not set(columns) <= set(dataset.schema("articles").names):
        return {}
    rows = dataset.rows("articles", columns=columns)
    return {sys.intern(row["article_id"]): (_bytes(row["sha256"]), row["characters"]) for row in rows}


def _bytes(sha256: str) -> bytes:
    """A hash in half of the room; what is no hash is no text's either."""
    try:
        return bytes.fromhex(sha256)
    except ValueError:
        return b""


def _spans_of(features: Mapping[str, Any]) -> Callable[[Row], Iterator[tuple[int, int]]]:
    """What gives all pairs of offsets in a row, at every depth."""
    from datasets import List

    pairs = [
        (name, end)
        for name in features
        if (stem := name.removesuffix("start")) != name
        and any(are_offsets(features, name, end := f"{stem}end", in_lists=several) for several in (False, True))
    ]
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
