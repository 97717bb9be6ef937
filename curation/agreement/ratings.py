"""Ratings: who gave which item which value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from curation.agreement.patterns import Patterns
from curation.agreement.scales import MISSING, Level, Value, named, quoted, scaled, shown
from curation.errors import CurationError, require_columns


@dataclass(frozen=True, slots=True)
class Ratings:
    """Items by annotators, each cell the code of a value or -1 for none: what measures of agreement are taken of.

    `codes` are places in `values`, which stand in the order of the level: names sorted or as declared, numbers
    ascending. Values that were declared and never given are among them. Items and annotators are sorted by name, so
    that nothing depends on the order of a table. `n_missing` counts ratings that were left empty in the table;
    `clusters` says which larger unit each item belongs to, None where an item stands for itself.
    """

    items: Sequence[str]
    annotators: tuple[str, ...]
    values: tuple[Value, ...]
    codes: NDArray[np.int64] = field(repr=False)
    level: Level = "nominal"
    n_missing: int = 0
    clusters: NDArray[np.int64] | None = field(default=None, repr=False)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        item: str = "item",
        annotator: str = "annotator",
        value: str = "value",
        level: Level = "nominal",
        order: Sequence[object] | None = None,
        missing: Collection[str] = MISSING,
    ) -> Ratings:
        """The ratings of a long-form frame, one row per item and annotator; missing values are counted and left out.

        `order` declares the values, lowest first. Raises `E_MISSING_COLUMN`, and `E_TABLE` with the row for a value
        that does not fit the level, an item or annotator without a name, and a second value of the same annotator
        for the same item.
        """
        require_columns(frame.columns, (item, annotator, value))
        scale = scaled(frame[value], level, order, missing)
        items, people = named(frame[item], "item"), named(frame[annotator], "annotator")
        here = np.flatnonzero(scale.codes >= 0)
        cells = (items.codes * len(people.values) + people.codes)[here]
        codes = np.full((len(items.values), len(people.values)), -1, dtype=np.int64)
        codes.reshape(-1)[cells] = scale.codes[here]
        if np.count_nonzero(codes >= 0) < len(cells):
            _refuse_doubles(cells, here, len(people.values), items.values, people.values)
        names = [cast(tuple[str, ...], one.values) for one in (items, people)]
        return cls(names[0], names[1], scale.values, codes, level, len(frame) - len(here))

    @classmethod
    def from_triples(
        cls,
        triples: Iterable[tuple[object, object, object]],
        *,
        level: Level = "nominal",
        order: Sequence[object] | None = None,
        missing: Collection[str] = MISSING,
    ) -> Ratings:
        """The same from triples of item, annotator and value."""
        frame = pd.DataFrame(list(triples), columns=["item", "annotator", "value"], dtype=object)
        return cls.from_frame(frame, level=level, order=order, missing=missing)

    @classmethod
    def from_matrix(
        cls, matrix: ArrayLike, *, level: Level = "nominal", order: Sequence[object] | None = None
    ) -> Ratings:
        """The same from items by annotators, None or NaN where there is no value; names are numbers from 1."""
        cells = np.asarray(matrix)
        scale = scaled(pd.Series(cells.reshape(-1)), level, order)
        items, people = _Numbers(cells.shape[0]), tuple(_Numbers(cells.shape[1]))
        codes = scale.codes.reshape(cells.shape)
        return cls(items, people, scale.values, codes, level, int((codes < 0).sum()))

    @property
    def numbers(self) -> NDArray[np.float64]:
        """The values as numbers: themselves at the interval and ratio level, their ranks from 0 at the others."""
        if self.level in ("interval", "ratio"):
            return np.array(self.values, dtype=np.float64)
        return np.arange(len(self.values), dtype=np.float64)

    def patterns(self, least: int = 2) -> Patterns:
        """The items that at least so many annotators rated, as patterns: whoever gave which value, missing ones first.

        Measures that do not tell annotators apart need no more.
        """
        return Patterns.of(self.codes, len(self.values), least, self.clusters, ordered=False)

    def within(self, clusters: Sequence[str]) -> Ratings:
        """The same ratings, of items that belong to larger units which are drawn as a whole, one name for each item.

        So statements are drawn by article: those of one article are not independent.
        """
        _, codes = np.unique(np.array(clusters, dtype=str), return_inverse=True)
        return replace(self, clusters=codes.astype(np.int64))

    def only(self, items: NDArray[np.bool_] | NDArray[np.int64]) -> Ratings:
        """The ratings of some items, given as a mask or as places."""
        rows = np.arange(len(self.items))[items]
        names = tuple(self.items[int(row)] for row in rows)
        clusters = None if self.clusters is None else self.clusters[rows]
        return replace(self, items=names, codes=self.codes[rows], n_missing=0, clusters=clusters)

    def without(self, annotator: str) -> Ratings:
        """The ratings of everybody else."""
        kept = [column for column, name in enumerate(self.annotators) if name != annotator]
        people = tuple(self.annotators[column] for column in kept)
        return replace(self, annotators=people, codes=self.codes[:, kept], n_missing=0)

    def against_the_rest(self, value: Value) -> Ratings:
        """The ratings as one value or not: nominal, with the values "not X" and X."""
        codes = np.where(self.codes < 0, -1, self.codes == self.values.index(value)).astype(np.int64, copy=False)
        return replace(self, values=(f"not {shown(value)}", shown(value)), codes=codes, level="nominal")


def _refuse_doubles(
    cells: NDArray[np.int64], rows: NDArray[np.int64], width: int, items: Sequence[Any], people: Sequence[Any]
) -> None:
    _, first, inverse, counts = np.unique(cells, return_index=True, return_inverse=True, return_counts=True)
    second = int(np.flatnonzero(first[inverse] != np.arange(len(cells)))[0])
    item, person = divmod(int(cells[second]), width)
    more = int((counts > 1).sum()) - 1
    once, again = rows[first[inverse[second]]] + 1, rows[second] + 1
    others = f"; so it is with {more} more" if more else ""
    raise CurationError(
        "E_TABLE",
        f"{quoted(people[person])} rated the item {quoted(items[item])} twice, in rows {once} and {again}{others}",
        fix="keep one value per item and annotator, or name the columns that tell items and annotators apart",
    )


class _Numbers(Sequence[str]):
    """The numbers from 1 as names, made when they are asked for: there may be more of them than cells to count."""

    def __init__(self, size: int) -> None:
        self._numbers = range(1, size + 1)

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return str(self._numbers[place]) if isinstance(place, int) else [str(one) for one in self._numbers[place]]
