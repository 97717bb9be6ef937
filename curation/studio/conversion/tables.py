"""The tables that a conversion writes: their columns, their rows in the making, and their Parquet files."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.studio.conversion import arrow

_TEXT, _TEXTS, _ID, _OFFSET, _FLOAT = pa.string(), pa.list_(pa.string()), pa.int64(), pa.int32(), pa.float64()
_PATHS = pa.list_(_TEXTS)


@dataclass(frozen=True, slots=True)
class Kind:
    """A table with rows of annotations. `coded` columns repeat themselves, `dense` ones have a cell in most rows,
    `sparse` ones in few."""

    coded: Mapping[str, Any]
    dense: Mapping[str, Any]
    sparse: Mapping[str, Any]
    order: tuple[str, ...]


_WHERE = {"control": _TEXT, "object": _TEXT}
_SAID = ("control", "object", "mention_id")

KINDS: Mapping[str, Kind] = {
    "mentions": Kind(
        {**_WHERE, "labels": _TEXTS, "origin": _TEXT},
        {"mention_id": _TEXT, "start": _OFFSET, "end": _OFFSET, "text": _TEXT},
        {"stored": _TEXT, "score": _FLOAT, "extra": _TEXT},
        (
            "mention_id",
            "object",
            "control",
            "label",
            "labels",
            "start",
            "end",
            "text",
            "stored",
            "origin",
            "score",
            "extra",
        ),
    ),
    "relations": Kind(
        {"direction": _TEXT, "labels": _TEXTS},
        {"from_id": _TEXT, "to_id": _TEXT},
        {"extra": _TEXT},
        ("from_id", "to_id", "direction", "label", "labels", "extra"),
    ),
    "choices": Kind(
        {**_WHERE, "values": _TEXTS, "origin": _TEXT},
        {"mention_id": _TEXT},
        {"extra": _TEXT},
        (*_SAID, "value", "values", "origin", "extra"),
    ),
    "taxonomies": Kind(
        {**_WHERE, "paths": _PATHS, "origin": _TEXT},
        {"mention_id": _TEXT},
        {"extra": _TEXT},
        (*_SAID, "paths", "origin", "extra"),
    ),
    "ratings": Kind(
        {**_WHERE, "origin": _TEXT},
        {"mention_id": _TEXT, "value": _FLOAT},
        {"extra": _TEXT},
        (*_SAID, "value", "origin", "extra"),
    ),
    "numbers": Kind(
        {**_WHERE, "origin": _TEXT},
        {"mention_id": _TEXT, "value": _FLOAT},
        {"extra": _TEXT},
        (*_SAID, "value", "origin", "extra"),
    ),
    "texts": Kind(
        {**_WHERE, "origin": _TEXT},
        {"mention_id": _TEXT, "values": _TEXTS},
        {"extra": _TEXT},
        (*_SAID, "values", "origin", "extra"),
    ),
    "other": Kind(
        {"type": _TEXT, "control": _TEXT},
        {"position": _OFFSET, "row": _TEXT},
        {},
        ("position", "type", "control", "row"),
    ),
}
"""The tables that have rows of results, by name."""

_FIRST = {"label": "labels", "value": "values"}
"""Columns that hold the first of several, if they are not columns of their own."""

PLAIN: Mapping[str, Mapping[str, Any]] = {
    "items": {"item_id": _ID, "text": _TEXT, "data": _TEXT, "created_at": _TEXT, "updated_at": _TEXT, "extra": _TEXT},
    "annotations": {
        "item_id": _ID, "annotation_id": _ID, "unique_id": _TEXT, "annotator": _TEXT, "status": _TEXT,
        "ground_truth": pa.bool_(), "created_at": _TEXT, "updated_at": _TEXT, "lead_time": _FLOAT, "extra": _TEXT,
    },
    "predictions": {
        "item_id": _ID, "prediction_id": _ID, "model_version": _TEXT, "score": _FLOAT, "result": _TEXT, "extra": _TEXT,
    },
    "drafts": {
        "item_id": _ID, "draft_id": _ID, "annotator": _TEXT, "result": _TEXT, "created_at": _TEXT, "updated_at": _TEXT,
        "extra": _TEXT,
    },
}  # fmt: skip
"""The columns of all other tables."""

_IDS = ("item_id", "annotation_id")

TABLES = ("items", "annotations", *KINDS, "predictions", "drafts")
"""Every table, in the order in which they are told of."""


def _schema(name: str) -> Any:
    if name in PLAIN:
        return pa.schema(list(PLAIN[name].items()))
    kind = KINDS[name]
    types = {**kind.coded, **kind.dense, **kind.sparse}
    columns = [(column, types.get(column, _TEXT)) for column in kind.order]
    return pa.schema([*[(one, _ID) for one in _IDS], *columns])


SCHEMAS: Mapping[str, Any] = {name: _schema(name) for name in TABLES}


def folded(values: Sequence[str]) -> str | tuple[str, ...]:
    """Several strings as combinations have them: one alone is the string, more are a tuple."""
    return values[0] if len(values) == 1 else tuple(values)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one of `KINDS` as columns.

    `combinations` has what stands in the coded columns, lists `folded`, and `codes` (int32) says for each row
    which. `cells` are the Arrow arrays of all other columns, `items` and
    `annotations` (int64) the ids of whose rows they are.
    """

    kind: Kind
    combinations: Sequence[tuple[Any, ...]]
    codes: Any
    cells: Mapping[str, Any]
    items: Any
    annotations: Any

    def table(self, name: str) -> Any:
        """The Arrow table of that name."""
        columns = {"item_id": arrow.numbers(self.items, _ID), "annotation_id": arrow.numbers(self.annotations, _ID)}
        columns |= self.cells
        for position, (column, type_) in enumerate(self.kind.coded.items()):
            distinct = [combination[position] for combination in self.combinations]
            columns[column] = _coded(distinct, type_, self.codes)
            for first, of in _FIRST.items():
                if of == column:
                    firsts = [one if one is None or isinstance(one, str) else next(iter(one), None) for one in distinct]
                    columns[first] = arrow.coded(firsts, self.codes)
        names = SCHEMAS[name].names
        return pa.Table.from_arrays([columns[column] for column in names], names)


def _coded(distinct: list[Any], type_: Any, codes: Any) -> Any:
    if type_ == _TEXT:
        return arrow.coded(distinct, codes)
    if type_ == _PATHS:
        return arrow.path_lists([distinct[code] for code in codes])
    return arrow.coded_lists([[value] if isinstance(value, str) else value for value in distinct], codes)


@dataclass(slots=True)
class Rows:
    """Rows of one of `KINDS` in the making: `codes` of `combinations`, and what stands in the other columns."""

    kind: Kind
    codes: array[int] = field(default_factory=lambda: array("i"))
    combinations: dict[tuple[Any, ...], int] = field(default_factory=dict)
    dense: dict[str, Any] = field(default_factory=dict)
    sparse: dict[str, dict[int, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dense = {name: array("i") if type_ == _OFFSET else [] for name, type_ in self.kind.dense.items()}
        self.sparse = {name: {} for name in self.kind.sparse}

    def add(self, combination: tuple[Any, ...], dense: Sequence[Any], sparse: Mapping[str, Any]) -> None:
        """Append a row. An offset that is not known is -1."""
        for name, value in sparse.items():
            if value is not None:
                self.sparse[name][len(self.codes)] = value
        self.codes.append(self.combinations.setdefault(combination, len(self.combinations)))
        for cells, value in zip(self.dense.values(), dense, strict=True):
            cells.append(value)

    def part(self, items: Any, annotations: Any) -> Part:
        """The rows as columns, with the ids of whose they are."""
        cells = {name: _dense(self.dense[name], type_) for name, type_ in self.kind.dense.items()}
        for name, type_ in self.kind.sparse.items():
            cells[name] = arrow.scattered(self.sparse[name], len(self.codes), type_)
        return Part(self.kind, list(self.combinations), np.asarray(self.codes, np.int32), cells, items, annotations)


def _dense(values: Any, type_: Any) -> Any:
    if type_ == _TEXT:
        return arrow.strings(values)
    if type_ == _TEXTS:
        return arrow.string_lists(values)
    if type_ == _OFFSET:
        return arrow.numbers(
            values, type_, [place for place, value in enumerate(values) if value < 0] if -1 in values else ()
        )
    return arrow.optional_numbers(values, type_)


class Batch:
    """The rows of some items in the making, one `Rows` for each of `KINDS` and tuples for the other tables.

    `ends` has for each annotation how many rows there are in each of `KINDS` behind it, one number after the other.
    """

    def __init__(self) -> None:
        self.rows = {name: Rows(kind) for name, kind in KINDS.items()}
        self.plain: dict[str, list[tuple[Any, ...]]] = {name: [] for name in PLAIN}
        self.ends = array("i")
        self._codes = [rows.codes for rows in self.rows.values()]

    def end_annotation(self) -> None:
        """All rows since the last call are those of one annotation, whose own row is there."""
        self.ends.extend(map(len, self._codes))

    def columns(self) -> Columns:
        """All rows as columns."""
        ids = [np.array([row[at] for row in self.plain["annotations"]], np.int64) for at in (0, 1)]
        numbers = np.diff(np.asarray(self.ends).reshape(-1, len(self.rows)), axis=0, prepend=0)
        parts = {
            name: rows.part(*(one.repeat(each) for one in ids))
            for (name, rows), each in zip(self.rows.items(), numbers.T, strict=True)
            if rows.codes
        }
        return Columns({name: _plain(name, rows) for name, rows in self.plain.items() if rows}, parts)


def _plain(name: str, rows: list[tuple[Any, ...]]) -> Any:
    columns = []
    for values, type_ in zip(zip(*rows, strict=True), PLAIN[name].values(), strict=True):
        if type_ == _TEXT:
            columns.append(arrow.strings(values))
        elif type_ == pa.bool_():
            columns.append(arrow.booleans(values))
        else:
            columns.append(arrow.optional_numbers(values, type_))
    return pa.Table.from_arrays(columns, schema=SCHEMAS[name])


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of some items: the Arrow tables of `PLAIN`, and parts of `KINDS`; those without rows are not there."""

    plain: Mapping[str, Any]
    parts: Mapping[str, Part]

    def tables(self) -> dict[str, Any]:
        """An Arrow table for each that has rows."""
        return {**self.plain, **{name: part.table(name) for name, part in self.parts.items()}}

    def with_(self, other: Columns, ids: Sequence[int]) -> Columns:
        """The rows of both, sorted as `ids` has the items."""
        if not self.plain or not other.plain:
            return other if not self.plain else self
        places = _Places(ids)
        plain = {
            name: _merged([one.plain[name] for one in (self, other) if name in one.plain], places)
            for name in {**self.plain, **other.plain}
        }
        parts = {
            name: _joined([one.parts[name] for one in (self, other) if name in one.parts], places)
            for name in {**self.parts, **other.parts}
        }
        return Columns(plain, parts)


class _Places:
    """Where items stand among others."""

    def __init__(self, ids: Sequence[int]) -> None:
        self._ids = np.asarray(ids, np.int64)
        self._sorter = np.argsort(self._ids)

    def order(self, items: Any) -> Any:
        """The numbers of rows, given by the ids of their items, in order; those of one item stay as they are."""
        return np.argsort(self._sorter[np.searchsorted(self._ids, items, sorter=self._sorter)], kind="stable")


def _merged(tables: list[Any], places: _Places) -> Any:
    if len(tables) == 1:
        return tables[0]
    table = pa.concat_tables(tables).combine_chunks()
    return table.take(arrow.numbers(places.order(arrow.integers(table["item_id"].chunk(0))), _ID))


def _joined(parts: list[Part], places: _Places) -> Part:
    if len(parts) == 1:
        return parts[0]
    first, second = parts
    order = places.order(np.concatenate([first.items, second.items]))
    rows = arrow.numbers(order, _ID)
    return Part(
        first.kind,
        [*first.combinations, *second.combinations],
        np.concatenate([first.codes, second.codes + len(first.combinations)])[order],
        {name: pa.concat_arrays([cells, second.cells[name]]).take(rows) for name, cells in first.cells.items()},
        np.concatenate([first.items, second.items])[order],
        np.concatenate([first.annotations, second.annotations])[order],
    )


class Writer:
    """Writes tables below a folder as `TABLE/train-00000.parquet`; a table that gets no rows has no file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = dict.fromkeys(TABLES, 0)
        self._files: dict[str, Any] = {}
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None

    def write(self, tables: Mapping[str, Any]) -> None:
        """Append to the tables by name, while the caller goes on; the one before has been written then.

        Raises what writing the one before raised.
        """
        self._wait()
        for name, table in tables.items():
            self.rows[name] += table.num_rows
        self._last = self._thread.submit(self._write, tables)

    def close(self) -> list[Path]:
        """Finish all files; the paths of them, in the order of the tables."""
        try:
            self._wait()
        finally:
            self._thread.shutdown()
            for file in self._files.values():
                file.close()
        return [self._path(name) for name in TABLES if name in self._files]

    def _wait(self) -> None:
        last, self._last = self._last, None
        if last is not None:
            last.result()

    def _write(self, tables: Mapping[str, Any]) -> None:
        for name, table in tables.items():
            if name not in self._files:
                self._path(name).parent.mkdir(parents=True, exist_ok=True)
                self._files[name] = pq.ParquetWriter(
                    self._path(name),
                    table.schema,
                    compression="zstd",
                    use_dictionary=_dictionaries(name),
                    column_encoding=dict.fromkeys(_IDS, "DELTA_BINARY_PACKED") if name in KINDS else None,
                    write_statistics=False,
                    # That columns are encoded with dictionaries is nothing to readers, who find strings.
                    store_schema=False,
                )
            self._files[name].write_table(table)

    def _path(self, name: str) -> Path:
        return self.folder / name / "train-00000.parquet"


def _dictionaries(name: str) -> list[str]:
    """The columns whose values repeat themselves."""
    if name in KINDS:
        paths = {
            "labels": "labels.list.element",
            "values": "values.list.element",
            "paths": "paths.list.element.list.element",
        }
        coded = [paths.get(column, column) for column in KINDS[name].coded]
        return [*coded, *[first for first, of in _FIRST.items() if of in KINDS[name].coded]]
    return ["annotator", "status", "model_version"] if name != "items" else []
