"""What Daft's workers do with a unit of a pool: a file, or a part of a large one. Plain functions.

A unit is read up to three times: to survey its articles, for the shingles of those that may be copies, and for the
records of those that were selected. What is found goes in tables of some thousand rows, whatever the unit's size, to a
file beside the output, or to Daft. Texts stay with the worker that reads them; an article's survey takes half a
kilobyte. An article's key is its unit's number, times 2^32, and its place among the unit's documents.
"""

from __future__ import annotations

import json
import os
import pickle
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import xxhash
from pyarrow import parquet

from curation.articles.duplicates.sketches import BANDS, Sketches, sketch
from curation.articles.formats.columns import Columns
from curation.articles.languages import with_language
from curation.articles.options import Options
from curation.articles.reading import documents
from curation.articles.selection.filters import Filters
from curation.articles.selection.pool.output import line
from curation.articles.selection.sampling import rank, stratum
from curation.articles.sources import Source
from curation.errors import CurationError
from curation.records import Article, Reject, published
from curation.shingles import jaccard, shingles

PLACES = 32
"""Bits of a key that tell the document's place in its unit."""

BAND_NAMES = tuple(f"band_{number}" for number in range(BANDS))
"""The columns of a survey that hold the hashes of a sketch's bands. Each is looked at by itself."""

_AT_ONCE = 500
_GROUP = 4_000
_GROUP_BYTES = 4_000_000

SURVEY = pa.schema(
    {
        "key": pa.int64(),
        "what": pa.string(),
        "place": pa.string(),
        "id": pa.string(),
        "name": pa.uint64(),
        "source_id": pa.string(),
        "sha256": pa.string(),
        "published": pa.string(),
        "near": pa.uint64(),
        "far": pa.uint64(),
        **dict.fromkeys(BAND_NAMES, pa.uint64()),
        "reason": pa.string(),
        "stratum": pa.string(),
        "rank": pa.uint64(),
        "date": pa.string(),
        "length": pa.int64(),
        "code": pa.string(),
    }
)
"""What is known of a document without its text. `what` is "article", or "refused" or "failed" with `code` and `reason`.

Of an article `name` is a hash of its id, `near` and `far` are the halves of its folded hash, and `reason` says why
filters leave it out. What readers tell beside is "columns" and "passed", see `Options`; "variable" names a column of
`meta` that articles are to be sampled by and that is there; "ended" says that the rest of a file could not be read.
"""

SHINGLES = pa.schema({"key": pa.int64(), "shingles": pa.binary()})
RECORDS = pa.schema({"line": pa.binary()})


@dataclass(frozen=True, slots=True)
class Job:
    """What workers are told."""

    field_map: Mapping[str, str]
    encoding: str | None
    fix_mojibake: bool
    filters: Filters
    by: tuple[str, ...]
    seed: int

    def options(self) -> Options:
        """How files are read."""
        return Options(field_map=self.field_map, encoding=self.encoding, fix_mojibake=self.fix_mojibake)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The places in a unit of the documents that are asked for, as 32-bit numbers; by key, those with another id."""

    places: bytes
    renamed: Mapping[int, str]


class _Told:
    """What a reader tells beside documents, as rows of the survey."""

    def __init__(self, key: int) -> None:
        self._key = key
        self.rows: list[dict[str, Any]] = []

    def columns(self, name: str, columns: Columns) -> None:
        """Which column of a table is read as what."""
        self._tell("columns", name, asdict(columns))

    def passed(self, name: str, counts: Mapping[str, int]) -> None:
        """How much is no article."""
        self._tell("passed", name, dict(counts))

    def variables(self, names: set[str]) -> None:
        """Stratum variables that are columns of `meta`."""
        for name in sorted(names):
            self._tell("variable", name, None)

    def _tell(self, what: str, place: str, value: Any) -> None:
        self.rows.append({"key": self._key, "what": what, "place": place, "reason": json.dumps(value)})


def survey(number: int, source: Source, _: Wanted | None, job: Job) -> Iterator[Any]:
    """Tables of `SURVEY`: every document of a unit."""
    first = number << PLACES
    told = _Told(first)
    options = replace(job.options(), on_passed=told.passed)
    if source.part is None or source.part.first:
        options = replace(options, on_columns=told.columns)
    batch: list[tuple[int, Article]] = []
    variables: set[str] = set()
    try:
        for key, document in enumerate(documents(source, options), start=first):
            if isinstance(document, Reject):
                told.rows += _refused(key, document, source)
            else:
                variables.update(name for name in job.by if name in document.meta)
                batch.append((key, document))
            if len(batch) + len(told.rows) >= _AT_ONCE:
                yield _surveyed(batch, job)
                yield _table(told.rows, SURVEY)
                batch.clear()
                told.rows.clear()
        yield _surveyed(batch, job)
    except CurationError as error:
        told.rows.append(_failed(first, source, error))
    except Exception as error:  # a worker's errors come out of Daft as anything: a fault of ours would be put on it
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{source.name}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        told.rows.append(_failed(first, source, CurationError("E_BUG", message)))
    told.variables(variables)
    yield _table(told.rows, SURVEY)


def candidates(number: int, source: Source, wanted: Wanted, job: Job) -> Iterator[Any]:
    """Tables of `SHINGLES`: the documents that are asked for."""
    made = ({"key": key, "shingles": shingles(one.text).tobytes()} for key, one in _wanted(number, source, wanted, job))
    return _tables(made, SHINGLES)


def records(number: int, source: Source, wanted: Wanted, job: Job) -> Iterator[Any]:
    """Tables of `RECORDS`: the output lines of the documents that are asked for."""
    made = (
        {"line": line(with_language(one), wanted.renamed.get(key, one.id), mended=job.fix_mojibake)}
        for key, one in _wanted(number, source, wanted, job)
    )
    return _tables(made, RECORDS)


def listed(loads: Any, what: str, kind: Any, job: Job) -> Any:
    """What the function `what` makes of loads of units, as a list of rows for each."""
    offsets = [0]
    values = []
    for tables in _made(loads, what, job):
        chunks = [batch.to_struct_array() for table in tables for batch in table.to_batches()]
        values += chunks
        offsets.append(offsets[-1] + sum(map(len, chunks)))
    items = pa.concat_arrays(values) if values else pa.array([], pa.struct(kind))
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), items)


def spilled(numbers: Any, loads: Any, what: str, kind: Any, job: Job, folder: str) -> Any:
    """Write what the function `what` makes of loads of units to Parquet files in a folder. Returns their rows."""
    counts = []
    for number, tables in zip(numbers.to_pylist(), _made(loads, what, job), strict=True):
        with parquet.ParquetWriter(Path(folder, f"{number:08}.parquet"), kind) as file:
            count = 0
            for table in _gathered(tables):
                file.write_table(table)
                count += len(table)
        counts.append(count)
    return pa.array(counts, pa.int64())


def alike(one: Any, other: Any, threshold: float) -> Any:
    """Whether two texts have a Jaccard similarity of at least `threshold`, by their shingles."""
    return _alike(zip(one.to_pylist(), other.to_pylist(), strict=True), threshold)


def alike_in(one: Any, one_size: Any, other: Any, other_size: Any, path: str, threshold: float) -> Any:
    """What `alike` tells, of shingles that stand in a file: where they begin, and how many bytes they take."""
    file = os.open(path, os.O_RDONLY)
    try:
        places = zip(*(column.to_pylist() for column in (one, one_size, other, other_size)), strict=True)
        return _alike(((os.pread(file, m, a), os.pread(file, n, b)) for a, m, b, n in places), threshold)
    finally:
        os.close(file)


def _alike(pairs: Iterable[tuple[bytes, bytes]], threshold: float) -> Any:
    found = (jaccard(np.frombuffer(a, np.uint64), np.frombuffer(b, np.uint64)) >= threshold for a, b in pairs)
    return pa.array(found, pa.bool_())


def _refused(key: int, document: Reject, source: Source) -> Iterator[dict[str, Any]]:
    place, code, reason = document.source, document.code, document.reason
    yield {"key": key, "what": "refused", "place": place, "code": code, "reason": reason}
    if source.part is not None and place == source.name:
        yield {"key": key, "what": "ended", "place": place}


def _failed(key: int, source: Source, error: CurationError) -> dict[str, Any]:
    why = json.dumps([error.message, error.fix])
    return {"key": key, "what": "failed", "place": source.name, "code": error.code, "reason": why}


def _surveyed(batch: list[tuple[int, Article]], job: Job) -> Any:
    made = sketch(article.text for _, article in batch)
    return _with_sketches(_table([_described(key, article, job) for key, article in batch], SURVEY), made)


def _with_sketches(table: Any, made: Sketches) -> Any:
    folded = np.frombuffer(b"".join(made.folded), "<u8").astype(np.uint64).reshape(-1, 2)
    columns = {"near": folded[:, 0], "far": folded[:, 1], **dict(zip(BAND_NAMES, made.bands.T, strict=True))}
    for name, values in columns.items():
        table = table.set_column(table.schema.get_field_index(name), name, pa.array(values, pa.uint64()))
    return table


def _described(key: int, article: Article, job: Job) -> dict[str, Any]:
    date = article.published_at
    own = stratum(
        job.by, outlet=article.outlet, published_at=date, lang=article.lang, license=article.license, meta=article.meta
    )
    return {
        "key": key,
        "what": "article",
        "place": article.source,
        "id": article.id,
        "name": name_of(article.id),
        "source_id": article.source_id,
        "sha256": article.sha256,
        "published": published(article),
        "reason": job.filters.refusal(article),
        "stratum": json.dumps(own),
        "rank": rank(article.id, job.seed),
        "date": date,
        "length": len(article.text),
    }


def name_of(article_id: str) -> int:
    """The number by which articles of one id find each other. Others may have it too."""
    return xxhash.xxh3_64_intdigest(article_id.encode())


def _wanted(number: int, source: Source, wanted: Wanted, job: Job) -> Iterator[tuple[int, Article]]:
    places = set(np.frombuffer(wanted.places, "<u4").tolist())
    last = max(places)
    for place, document in enumerate(documents(source, job.options(), identify=False)):
        if place in places and isinstance(document, Article):
            yield (number << PLACES) + place, document
        if place == last:
            return


def _made(loads: Any, what: str, job: Job) -> Iterator[Iterator[Any]]:
    function = {"survey": survey, "candidates": candidates, "records": records}[what]
    for load in loads.to_pylist():
        yield chain.from_iterable(
            function(number, pickle.loads(source), wanted, job) for number, source, wanted in pickle.loads(load)
        )


def _table(rows: list[dict[str, Any]], kind: Any) -> Any:
    return pa.Table.from_pylist(rows, kind)


def _tables(rows: Iterable[dict[str, Any]], kind: Any) -> Iterator[Any]:
    held: list[dict[str, Any]] = []
    for row in rows:
        held.append(row)
        if len(held) == _AT_ONCE:
            yield _table(held, kind)
            held.clear()
    yield _table(held, kind)


def _gathered(tables: Iterable[Any]) -> Iterator[Any]:
    """The rows of `tables` in larger ones: a column of Parquet should hold more than some hundred values at once."""
    held: list[Any] = []
    count = size = 0
    for table in filter(len, tables):
        held.append(table)
        count, size = count + len(table), size + table.nbytes
        if count >= _GROUP or size >= _GROUP_BYTES:
            yield pa.concat_tables(held)
            held.clear()
            count = size = 0
    if held:
        yield pa.concat_tables(held)
