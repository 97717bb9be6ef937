"""What values of ratings are: their level of measurement, their order, and when one is missing or no number."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from operator import lt
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curation.errors import CurationError
from curation.text import QUOTED

Level = Literal["nominal", "ordinal", "interval", "ratio"]
"""Stevens' levels of measurement: names, ranks, numbers with distances, numbers with distances and a true zero."""

LEVELS: tuple[Level, ...] = get_args(Level)

Value = str | float
"""A value of ratings: a name, or a number where the level makes it one."""

MISSING: frozenset[str] = frozenset({"", "nan", "NaN"})
"""What stands for no value in a table besides null. "NA" and "none" do not: they are labels as often as not."""

DOUBTFUL: frozenset[str] = frozenset({"NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", "NAN", "?", "-", "."})
"""What may stand for no value: it counts as a value, and is told of."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of values as codes, -1 where there is none, and the values in order that the codes count."""

    codes: NDArray[np.int64]
    values: tuple[Value, ...]


def shown(value: object) -> str:
    """A value as text; numbers without a fraction have none, as tables with gaps turn 1 into 1.0."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def quoted(value: object) -> str:
    """A value as a message quotes it."""
    text = shown(value)
    return repr(text if len(text) <= QUOTED else text[: QUOTED - 1] + "…")


def named(column: pd.Series, what: str, missing: Collection[str] = MISSING) -> Column:
    """A column of names in order: of items or annotators, of which none may be missing.

    Raises `E_TABLE` with the row of one that is.
    """
    found = _factorised(column, what, missing)
    if (found.codes < 0).any():
        row = int(np.argmin(found.codes)) + 1
        raise CurationError("E_TABLE", f"row {row} has no {what}", fix=f"complete it, or name another column as {what}")
    texts = _shown_each(found.values)
    if _whole(column) and texts and texts[0].isdecimal():
        return Column(found.codes, tuple(texts))
    # Values that are texts already are distinct; as texts, others may not be.
    return _recoded(found.codes, texts, _in_order(texts if texts is found.values else dict.fromkeys(texts)))


def scaled(
    column: pd.Series, level: Level, order: Sequence[object] | None = None, missing: Collection[str] = MISSING
) -> Column:
    """A column of values at a level of measurement; nulls and what stands in `missing` have the code -1.

    `order` declares all values, lowest first: of names at any level, needed at the ordinal one unless the values are
    numbers or the column is an ordered category. Raises `E_TABLE` with the row of a value that does not fit, and
    `E_USAGE` where an order is needed or names a value twice.
    """
    if order is None and level == "ordinal" and isinstance(column.dtype, pd.CategoricalDtype) and column.dtype.ordered:
        order = list(column.dtype.categories)
    found = _factorised(column, "value", missing)
    if level in ("interval", "ratio"):
        return _numeric(found, level)
    if order is not None:
        return _declared(found, [shown(value) for value in order])
    if level == "ordinal":
        return _numeric(found, level, ", or the order of the values", "give their order (--order LOW,MIDDLE,HIGH); ")
    texts = _shown_each(found.values)
    used = [texts[code] for code in np.flatnonzero(np.bincount(found.codes + 1, minlength=1)[1:])]
    return _recoded(found.codes, texts, _in_order(dict.fromkeys(used)))


def _shown_each(values: Sequence[Any]) -> Sequence[str]:
    kinds = set(map(type, values))
    if kinds <= {str, int}:
        return values if int not in kinds else list(map(str, values))
    return [shown(value) for value in values]


def _in_order(names: Collection[str]) -> tuple[str, ...]:
    """Distinct names sorted, whole numbers among them first and by size.

    Names that come nearly in order take little time.
    """
    numbers = list(filter(str.isdecimal, names))
    sizes = list(map(int, numbers))
    if not all(map(lt, sizes, sizes[1:])):
        # With their sizes, as a key takes longer than sorting by none.
        numbers = [name for _, name in sorted(zip(sizes, numbers, strict=True))]
    rest = [name for name in names if not name.isdecimal()] if numbers else names
    return (*numbers, *(sorted(rest) if rest else ()))


def _factorised(column: pd.Series, what: str, missing: Collection[str]) -> Column:
    """Distinct values as they stand, in order of appearance; of whole numbers, in order of size."""
    try:
        codes, distinct = pd.factorize(column)
    except TypeError:
        row = next(row for row, value in enumerate(column, 1) if isinstance(value, list | dict | set))
        raise CurationError(
            "E_TABLE", f"row {row} holds several values as its {what}", fix="one row per item, annotator and value"
        ) from None
    if _whole(column):
        found, again = np.unique(np.asarray(distinct), return_inverse=True)
        return Column(again[codes].astype(np.int64, copy=False), tuple(found.tolist()))
    values = tuple(distinct.tolist())
    codes = codes.astype(np.int64)
    texts = values if set(map(type, values)) <= {str} else [value for value in values if isinstance(value, str)]
    if not frozenset(missing).isdisjoint(map(str.strip, texts)):
        gone = [code for code, value in enumerate(values) if isinstance(value, str) and value.strip() in missing]
        codes[np.isin(codes, gone)] = -1
    return Column(codes, values)


def _whole(column: pd.Series) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind == "i"


def _numeric(found: Column, level: Level, unless: str = "", fix: str = "correct it; ") -> Column:
    used = np.bincount(found.codes + 1, minlength=len(found.values) + 1)[1:] > 0
    numbers: list[float] = []
    for code, value in enumerate(found.values):
        number = _number(value)
        if used[code] and (number is None or (number < 0 and level == "ratio")):
            row = int(np.argmax(found.codes == code)) + 1
            needs = "numbers of at least 0" if level == "ratio" else "numbers"
            named = f"name what stands for no value (--missing {shown(value)}), or choose another level"
            raise CurationError(
                "E_TABLE",
                f"row {row} has the value {quoted(value)}, and the {level} level takes {needs}{unless}",
                fix=f"{fix}{named}",
            )
        numbers.append(0.0 if number is None else number)
    kept = {number for number, is_used in zip(numbers, used, strict=True) if is_used}
    return _recoded(found.codes, numbers, tuple(sorted(kept)))


def _number(value: object) -> float | None:
    if isinstance(value, str) and "_" in value:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _declared(found: Column, order: list[str]) -> Column:
    if len(set(order)) < len(order):
        twice = next(value for at, value in enumerate(order) if value in order[:at])
        raise CurationError("E_USAGE", f"the order names {quoted(twice)} twice", fix="name each value once")
    texts = [shown(value) for value in found.values]
    known = set(order)
    for code, text in enumerate(texts):
        if text not in known and (found.codes == code).any():
            row = int(np.argmax(found.codes == code)) + 1
            raise CurationError(
                "E_TABLE",
                f"row {row} has the value {quoted(text)}, which is not among {', '.join(order)}",
                fix="correct it, or name every value, lowest first",
            )
    return _recoded(found.codes, texts, tuple(order))


def _recoded(codes: NDArray[np.int64], each: Sequence[Value], values: tuple[Value, ...]) -> Column:
    """Codes of distinct values, the value of each given, as codes of other values."""
    if tuple(each) == values:
        return Column(codes, values)
    place: Mapping[Any, int] = dict(zip(values, range(len(values)), strict=True))
    places = np.fromiter(map(place.get, [*each, None], repeat(-1)), dtype=np.int64, count=len(each) + 1)
    return Column(places[codes], values)
