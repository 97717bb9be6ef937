"""Agreement of anyone's table of ratings: CSV, TSV, JSON, JSON Lines or Parquet, one row per item and annotator."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from curation.agreement.bootstrap import Bootstrap
from curation.agreement.figures import Figure
from curation.agreement.labels import agreement
from curation.agreement.ratings import Ratings
from curation.agreement.scales import DOUBTFUL, LEVELS, MISSING, Level, named, quoted, shown
from curation.errors import CurationError, require_columns

_SEPARATORS = (",", ";", "\t", "|")
_LARGEST = 2**31 - 1
_TOLD = re.compile('"?sep=.?"?')
_COMMA = re.compile(r"(\s*[+-]?\d+),(\d+\s*)")


def agree_table(
    table: Path | str | pd.DataFrame,
    item: str = "item",
    annotator: str = "annotator",
    value: str = "value",
    level: Level = "nominal",
    *,
    order: Sequence[object] | None = None,
    missing: Collection[str] = (),
    article: str | None = None,
    bootstrap: Bootstrap | None = None,
) -> list[Figure]:
    """All measures of labels of a table: percent agreement, alpha at the level, AC1, Fleiss, kappa by pair and mean.

    Arguments and errors are those of `read_ratings`; `bootstrap` is that of `agreement`.
    """
    ratings = read_ratings(table, item, annotator, value, level, order=order, missing=missing, article=article)
    return agreement(ratings, of=value, bootstrap=bootstrap)


def read_ratings(
    table: Path | str | pd.DataFrame,
    item: str = "item",
    annotator: str = "annotator",
    value: str = "value",
    level: Level = "nominal",
    *,
    order: Sequence[object] | None = None,
    missing: Collection[str] = (),
    article: str | None = None,
) -> Ratings:
    """The ratings of a table, a frame or the path of one, from three of its columns.

    Nulls, empty cells and NaN are missing values, and so is what `missing` names. `article` names the column of the
    larger unit that each item belongs to, over which intervals are then. Rows are counted from 1, without the header.
    Raises `E_NOT_FOUND` without such a file, `E_TABLE` for one that cannot be read or used, or has an item in no
    article or in two, `E_MISSING_COLUMN` for a column that is not in it, and `E_USAGE` for a level that there is not.
    """
    if level not in LEVELS:
        raise CurationError("E_USAGE", f"there is no level {level!r}", fix=f"one of: {', '.join(LEVELS)}")
    columns = (item, annotator, value, *(() if article is None else (article,)))
    frame = table if isinstance(table, pd.DataFrame) else read_table(Path(table), columns)
    require_columns(frame.columns, columns)
    if not len(frame):
        raise CurationError("E_TABLE", "the table has no rows", fix="name a table with one row per item and annotator")
    if level != "nominal" and order is None and frame.attrs.get("decimal") == ",":
        frame = frame.assign(**{value: frame[value].str.replace(_COMMA, r"\1.\2", regex=True)})
    ratings = Ratings.from_frame(
        frame,
        item=item,
        annotator=annotator,
        value=value,
        level=level,
        order=order,
        missing={*MISSING, *missing},
    )
    return ratings if article is None else ratings.within(item_articles(frame, ratings.items, item, article))


def item_articles(frame: pd.DataFrame, items: Sequence[str], item: str, article: str) -> list[str]:
    """Which article each of `items` belongs to: what `Ratings.within` takes.

    Raises `E_TABLE` with the row that has no article, or another one than an earlier row of the same item.
    """
    found, of = named(frame[article], "article"), named(frame[item], "item")
    first = np.full(len(of.values), len(frame), dtype=np.int64)
    np.minimum.at(first, of.codes, np.arange(len(frame)))
    moved = np.flatnonzero(found.codes != found.codes[first[of.codes]])
    if len(moved):
        row = int(moved[0])
        name, earlier = of.values[of.codes[row]], int(first[of.codes[row]])
        told = (f"{quoted(found.values[found.codes[at]])} in row {at + 1}" for at in (earlier, row))
        raise CurationError(
            "E_TABLE",
            f"the item {quoted(name)} belongs to two articles: {' and '.join(told)}",
            fix="give each item one article, or name another column as article",
        )
    belongs = dict(zip(map(str, of.values), found.codes[first], strict=True))
    return [str(found.values[belongs[name]]) for name in items]


def item_times(frame: pd.DataFrame, items: Sequence[str], item: str, time: str) -> list[float | str | None]:
    """When each of `items` was rated, by the latest of its rows: what `over_time` takes; None without a time.

    Times are numbers, or dates and times as ISO 8601 writes them, in UTC where they have no zone; a null or an empty
    cell is none. Raises `E_MISSING_COLUMN` for a column that is not there, `E_TABLE` with the row of any other value.
    """
    require_columns(frame.columns, (item, time))
    column = frame[time].astype(object).where(frame[time].notna(), "")
    there = column.map(lambda value: str(value).strip() not in MISSING)
    given = column[there]
    keys = pd.to_numeric(given, errors="coerce")
    if keys.isna().any():
        dates = pd.to_datetime(given.astype(str), errors="coerce", utc=True, format="ISO8601")
        if dates.isna().any():
            row = int(np.flatnonzero(there)[int(np.argmax(dates.isna()))]) + 1
            message = f"row {row} has the time {quoted(frame[time].iloc[row - 1])}"
            raise CurationError(
                "E_TABLE", message, fix="write times as numbers, or like 2026-03-31 or 2026-03-31T14:00"
            )
        keys = dates.dt.strftime("%Y-%m-%dT%H:%M:%SZ" if (dates != dates.dt.normalize()).any() else "%Y-%m-%d")
    latest = keys.groupby(frame.loc[there, item].map(shown)).max()
    return [latest.get(name) for name in items]


def doubtful(ratings: Ratings) -> list[str]:
    """Values that may stand for no value, as "NA" does in some tables and in others not; they count as values."""
    return [value for value in ratings.values if isinstance(value, str) and value in DOUBTFUL]


def lookalikes(ratings: Ratings) -> list[tuple[str, str]]:
    """Names of annotators, values or items that are two, and differ in white space or capitals alone, in pairs."""
    values = [value for value in ratings.values if isinstance(value, str)]
    found = []
    for names in (ratings.annotators, values, ratings.items):
        seen: dict[str, str] = {}
        for name in names:
            first = seen.setdefault(" ".join(name.split()).casefold(), name)
            if first != name:
                found.append((first, name))
    return found


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """These columns of a file, if they are in it; else all that are. Cells of CSV and TSV are text as it stands.

    The kind follows from the name's ending, which may have .gz behind it. Raises `E_NOT_FOUND` and `E_TABLE`.
    """
    if not path.is_file():
        raise CurationError("E_NOT_FOUND", f"{path} is not a file", fix="name an existing file")
    kind = next((suffix for suffix in reversed(path.suffixes) if suffix.lower() != ".gz"), "").lower()
    if kind not in _READERS:
        known = ", ".join(_READERS)
        raise CurationError("E_TABLE", f"{path.name} is no table by its name", fix=f"one of: {known}, also with .gz")
    try:
        return _READERS[kind](path, columns)
    except UnicodeDecodeError as error:
        raise CurationError("E_TABLE", f"{path.name} is not UTF-8", fix="save it as UTF-8") from error
    except (ValueError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CurationError("E_TABLE", f"{path.name} cannot be read: {reason}", fix="correct the file") from error


def _opened(path: Path) -> IO[str]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    # Cells may hold whole articles.
    csv.field_size_limit(_LARGEST)
    with _opened(path) as file:
        first, begin = file.readline(), 0
        if _TOLD.fullmatch(first.strip()):
            # Excel reads such a line, and other programs write it for Excel.
            begin, first = file.tell(), file.readline()
        # Spreadsheets write semicolons where the comma is a decimal point: what shows the columns is what separates.
        headers = {one: next(csv.reader([first], delimiter=one), []) for one in _SEPARATORS}
        separator = max(headers, key=lambda one: (len(set(headers[one]) & set(columns)), len(headers[one])))
        file.seek(begin)
        rows = csv.reader(file, delimiter=separator, strict=True)
        header = next(rows, [])
        if not header:
            raise ValueError("it is empty")
        there = [place for place, name in enumerate(header) if name in columns] or list(range(len(header)))
        cells: list[list[str]] = []
        for row in rows:
            if row and len(row) != len(header):
                raise ValueError(f"line {rows.line_num} has {len(row)} cells, and the header {len(header)}")
            if row:
                cells.append([row[place] for place in there])
    if len(set(there)) < len(set(columns)):
        return pd.DataFrame(columns=header, dtype=object)
    frame = pd.DataFrame(cells, columns=[header[place] for place in there], dtype=object)
    frame.attrs["decimal"] = "," if separator == ";" else "."
    return frame


def _json_lines(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    def rows() -> Iterator[Any]:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        yield json.loads(line)
                    except ValueError as error:
                        raise ValueError(f"line {number}: {error}") from error

    return _of_objects(rows(), columns)


def _json(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    with _opened(path) as file:
        document = json.load(file)
    if not isinstance(document, list):
        raise ValueError("it is not a list of objects")
    return _of_objects(iter(document), columns)


def _of_objects(objects: Iterator[Any], columns: Sequence[str]) -> pd.DataFrame:
    """Rows by name; a key that no object has is no column."""
    names: dict[str, None] = {}
    rows: list[list[Any]] = []
    for number, one in enumerate(objects, 1):
        if not isinstance(one, Mapping):
            raise ValueError(f"row {number} is no object")
        names.update(dict.fromkeys(one))
        rows.append([one.get(name) for name in columns])
    there = [name for name in columns if name in names or not rows]
    frame = pd.DataFrame(rows, columns=list(columns), dtype=object)[there]
    return frame.assign(**{name: None for name in names if name not in there}) if len(there) < len(columns) else frame


def _parquet(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    try:
        return pd.read_parquet(path, columns=list(dict.fromkeys(columns)))
    except (KeyError, ValueError):
        return pd.read_parquet(path)


_READERS: Mapping[str, Callable[[Path, Sequence[str]], pd.DataFrame]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".json": _json,
    ".parquet": _parquet,
}
