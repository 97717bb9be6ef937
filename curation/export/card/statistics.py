"""Figures of a dataset, counted in the tables as they were built: what the card says is what the files hold.

Tables are read a batch at a time, and of each only the columns that are counted.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.catalog import Task
from curation.export.card.facts import Tables
from curation.export.columns import layout
from curation.export.splitting.days import day
from curation.records import task_versions

_PARTIAL = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")

SAID = ("annotations", "gold")
"""Where it stands what articles say; the first of these that is published is counted."""


@dataclass(slots=True)
class Person:
    """What an annotator did: annotations, marks, and the seconds that each annotation took."""

    annotations: int = 0
    mentions: int = 0
    seconds: array[float] = field(default_factory=lambda: array("d"))

    @property
    def median_seconds(self) -> float | None:
        """The median time of an annotation, in seconds; None where none was measured."""
        return median(self.seconds) if self.seconds else None


@dataclass(slots=True)
class Counted:
    """How often each value of a column occurs in each split. `values` are all it may take, in codebook order.

    `targets` is what the column holds the stance toward, if it does; `several` says that a row may have more than one.
    """

    values: Sequence[str]
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    targets: str | None = None
    several: bool = False

    def of(self, value: str, split: str | None = None) -> int:
        """How often a value occurs in a split, or in all."""
        if split is not None:
            return self.counts[value, split]
        return sum(count for (one, _), count in self.counts.items() if one == value)

    def total(self, split: str | None = None) -> int:
        """How many values there are in a split, or in all."""
        return sum(count for (_, one), count in self.counts.items() if split in (None, one))


@dataclass(slots=True)
class Statistics:
    """What the built tables hold.

    `source` is the config that was counted for what is said of articles (None: neither of `SAID` is published), and
    `unit` what one row of it is. `articles` counts articles by split, `overlap` how many articles had so many
    annotators. `per_row` is how many mentions each row has. `characters` are the lengths of the articles. `decided` is
    the stance that holds, by target, of the articles of which that is known, where the source does not say it, and
    `versions` has the versions of the codebook that its rows go by, `task_versions` those of the rows of all configs.
    `origins` and `rounds` are those of annotations.
    """

    source: str | None = None
    articles: Counter[str] = field(default_factory=Counter)
    overlap: Counter[int] = field(default_factory=Counter)
    people: dict[str, Person] = field(default_factory=dict)
    labels: Counted | None = None
    relations: Counted | None = None
    fields: dict[str, Counted] = field(default_factory=dict)
    attributes: dict[str, Counted] = field(default_factory=dict)
    decided: dict[str, Counted] = field(default_factory=dict)
    methods: Counted | None = None
    versions: Counter[str] = field(default_factory=Counter)
    task_versions: tuple[str, ...] = ()
    origins: Counter[str] = field(default_factory=Counter)
    rounds: Counter[int] = field(default_factory=Counter)
    per_row: array[int] = field(default_factory=lambda: array("q"))
    characters: array[int] = field(default_factory=lambda: array("q"))
    tokens: int | None = None
    languages: Counter[str] = field(default_factory=Counter)
    outlets: Counter[str] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    published: tuple[str, str] | None = None
    annotated: tuple[str, str] | None = None

    @property
    def targets(self) -> dict[str, Counted]:
        """The fields that hold the article's stance, by target."""
        return {one.targets: one for one in self.fields.values() if one.targets is not None}


def count(tables: Tables, task: Task) -> Statistics:
    """Count what the tables hold."""
    found = Statistics(source=next((one for one in SAID if one in tables.built), None))
    if found.source:
        _said(tables, task, found.source, found)
    if not found.source and tables.has("mentions", "label"):
        found.labels = _counted(tables, "mentions", ("label",), "label")
    if not found.source and "stance" in tables.built:
        _stances(tables, task, found)
    if tables.has("gold", "method"):
        found.methods = _counted(tables, "gold", ("method",), "method")
        _decided(tables, task, found)
    if "annotations" in tables.built:
        _people(tables, found)
    _articles(tables, found)
    if tables.has("tokens", "tokens"):
        found.tokens = sum(_items(batch["tokens"]) for _, batch in tables.batches("tokens", ["tokens"]))
    found.task_versions = _task_versions(tables)
    return found


def _task_versions(tables: Tables) -> tuple[str, ...]:
    told: set[str] = set()
    for config in tables.built:
        if tables.has(config, "task_version"):
            for _, batch in tables.batches(config, ["task_version"]):
                told.update(pc.unique(batch["task_version"].drop_null()).to_pylist())
    return tuple(task_versions(told).split(", ")) if told else ()


def _said(tables: Tables, task: Task, source: str, found: Statistics) -> None:
    """Labels, relations, fields and attributes, each read by itself: a column at a time is what Parquet reads best."""
    if tables.has(source, "mentions"):
        found.labels = _counted(tables, source, ("mentions", "label"), "mentions.list.element.label")
        for _, batch in tables.batches(source, ["mentions.list.element.label"]):
            found.per_row.extend(pc.fill_null(pc.list_value_length(batch["mentions"]), 0).to_pylist())
    if tables.has(source, "relations"):
        found.relations = _counted(tables, source, ("relations", "label"), "relations.list.element.label")
    _made(tables, source, found)
    shape = layout(task)
    for column in shape.document:
        if column.field.kind != "text" and tables.has(source, column.name):
            found.fields[column.name] = _counted(tables, source, (column.name,), column.name)
            found.fields[column.name].targets = column.field.target
            found.fields[column.name].several = column.field.kind == "choices"
    for column in shape.attributes:
        if column.field.kind != "text" and tables.has(source, "mentions"):
            path = ("mentions", "attributes", column.name)
            found.attributes[column.name] = _counted(
                tables, source, path, f"mentions.list.element.{'.'.join(path[1:])}"
            )


def _made(tables: Tables, source: str, found: Statistics) -> None:
    """By which version of the codebook rows were made; of annotations also from what, in which round, and when."""
    counts: dict[str, Counter[Any]] = {
        "task_version": found.versions, "origin": found.origins, "round": found.rounds
    }  # fmt: skip
    columns = [one for one in (*counts, "created_at") if tables.has(source, one)]
    for _, batch in tables.batches(source, columns) if columns else ():
        for name in columns:
            if name in counts:
                classes = tables.names(source, name)
                for one in pc.value_counts(batch[name]).to_pylist():
                    counts[name][classes[one["values"]] if classes else one["values"]] += one["counts"]
            else:
                ends = pc.min_max(batch[name]).as_py().values()
                days = [one.date().isoformat() for one in ends if one is not None]
                found.annotated = _spanned([*(found.annotated or ()), *days])


def _decided(tables: Tables, task: Task, found: Statistics) -> None:
    for target, one in task.targets.items() if found.source != "gold" else ():
        if one.kind != "text" and tables.has("gold", one.name):
            found.decided[target] = _counted(tables, "gold", (one.name,), one.name)


def _stances(tables: Tables, task: Task, found: Statistics) -> None:
    """The stance of each article where that is known, of the config `stance` alone."""
    names = tables.names("stance", "label")
    article = tables.names("stance", "scope").index("article")
    found.decided = {
        target: Counted([one for one in names if one in field.classes]) for target, field in task.targets.items()
    }
    last: tuple[str, str] | None = None
    for split, batch in tables.batches("stance", ["article_id", "scope", "target", "label"]):
        rows = batch.filter(pc.equal(batch["scope"], article))
        for of, target, label in zip(
            *(rows[one].to_pylist() for one in ("article_id", "target", "label")), strict=True
        ):
            found.articles[split] += (split, of) != last
            last = (split, of)
            if label is not None and target in found.decided:
                found.decided[target].counts[names[label], split] += 1


def _counted(tables: Tables, config: str, path: tuple[str, ...], leaf: str) -> Counted:
    names = tables.names(config, *path)
    found = Counted(names)
    for split, batch in tables.batches(config, [leaf]):
        leaves = _leaves(batch[path[0]], path[1:])
        for one in pc.value_counts(leaves).to_pylist():
            if one["values"] is not None:
                found.counts[names[one["values"]] if names else str(one["values"]), split] += one["counts"]
    return found


def _leaves(column: Any, path: Sequence[str]) -> Any:
    """The values at a path, those of all lists in one."""
    while True:
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            column = column.flatten()
        elif path:
            # With the nulls of what holds them, which `field` alone would leave out.
            column, path = pc.struct_field(column, path[0]), path[1:]
        else:
            return column


def _people(tables: Tables, found: Statistics) -> None:
    """What each annotator did, and how many annotated an article."""
    last: tuple[str, str] | None = None
    seen: set[str] = set()
    for split, article, name, mentions, seconds in _annotations(tables):
        person = found.people.setdefault(name, Person())
        person.annotations += 1
        person.mentions += mentions
        if seconds is not None:
            person.seconds.append(seconds)
        # Rows of an article stand together.
        if (split, article) != last:
            found.articles[split] += 1
            found.overlap.update([len(seen)] if last else [])
            last, seen = (split, article), set()
        seen.add(name)
    found.overlap.update([len(seen)] if last else [])
    found.people = dict(sorted(found.people.items()))


def _annotations(tables: Tables) -> Iterator[tuple[str, str, str, int, float | None]]:
    """Of every annotation its split, article, annotator, number of mentions, and seconds where they are known."""
    marks = ["mentions.list.element.start"] if tables.has("annotations", "mentions") else []
    times = ["lead_time"] if tables.has("annotations", "lead_time") else []
    for split, batch in tables.batches("annotations", ["article_id", "annotator", *times, *marks]):
        none = [None] * batch.num_rows
        yield from zip(
            [split] * batch.num_rows,
            batch["article_id"].to_pylist(),
            batch["annotator"].to_pylist(),
            pc.fill_null(pc.list_value_length(batch["mentions"]), 0).to_pylist() if marks else [0] * batch.num_rows,
            batch["lead_time"].to_pylist() if times else none,
            strict=True,
        )


def _articles(tables: Tables, found: Statistics) -> None:
    """What stands of articles where each has a row; otherwise the lengths of the texts that are published."""
    if "articles" in tables.built:
        columns = [one for one in ("characters", "lang", "outlet", "published_at") if tables.has("articles", one)]
        found.articles.clear()
        for split, batch in tables.batches("articles", ["article_id", *columns]):
            given = {name: pc.drop_null(batch[name]) for name in columns}
            found.articles[split] += batch.num_rows
            found.characters.extend(given["characters"].to_pylist() if "characters" in given else ())
            found.languages.update(given["lang"].to_pylist() if "lang" in given else ())
            found.outlets.update(given["outlet"].to_pylist() if "outlet" in given else ())
            if "published_at" in given:
                days = [known for one in given["published_at"].to_pylist() if (known := _day(one))]
                found.months.update(one[:7] for one in days)
                found.published = _spanned([*(found.published or ()), *days])
    elif found.source and tables.has(found.source, "text"):
        _texts(tables, found.source, found)


def _texts(tables: Tables, source: str, found: Statistics) -> None:
    last = None
    for split, batch in tables.batches(source, ["article_id", "text"]):
        lengths = pc.utf8_length(batch["text"]).to_pylist()
        for article, length in zip(batch["article_id"].to_pylist(), lengths, strict=True):
            if article != last:
                last = article
                found.articles[split] += source == "gold"
                found.characters.extend([length] if length is not None else [])


def _items(column: Any) -> int:
    return int(pc.sum(pc.list_value_length(column)).as_py() or 0)


def _day(published_at: str) -> str:
    """The day (UTC) of a date in ISO 8601, or the month or year where no more is known; empty if it is none."""
    found = _PARTIAL.match(published_at)
    return day(published_at) or (found[0] if found else "")


def _spanned(days: Sequence[str]) -> tuple[str, str] | None:
    return (min(days), max(days)) if days else None
