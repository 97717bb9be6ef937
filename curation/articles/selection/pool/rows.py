"""What Daft's workers do with a file of a pool. Plain functions: in and out go arrays of pyarrow.

A file is read up to three times: to survey its articles, for the shingles of those that may be copies, and for the
records of those that were selected. Texts stay with the worker that reads them; an article's survey takes half a
kilobyte. An article's key is its file's number, times 2^32, and its place among the file's documents.
"""

from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from curation.articles.duplicates import confirming
from curation.articles.duplicates.sketches import jaccard, shingles, sketch
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

PLACES = 32
"""Bits of a key that tell the document's place in its file."""

_AT_ONCE = 500

SURVEY = pa.struct(
    {
        "key": pa.int64(),
        "what": pa.string(),
        "place": pa.string(),
        "id": pa.string(),
        "source_id": pa.string(),
        "sha256": pa.string(),
        "published": pa.string(),
        "folded": pa.binary(),
        "bands": pa.binary(),
        "reason": pa.string(),
        "stratum": pa.string(),
        "rank": pa.uint64(),
        "date": pa.string(),
        "length": pa.int64(),
        "code": pa.string(),
    }
)
"""What is known of a document without its text. `what` is "article", or "refused" or "failed" with `code` and `reason`.

Of an article `reason` says why filters leave it out. What readers tell beside is "columns" and "passed", see `Options`,
and "variable" names a column of `meta` that articles are to be sampled by and that is there.
"""

SHINGLES = pa.struct({"key": pa.int64(), "shingles": pa.binary()})
PAIRS = pa.struct({"one": pa.int64(), "other": pa.int64()})


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


def survey(numbers: Any, sources: Any, job: Job) -> Any:
    """A list of `SURVEY` for each file."""
    return _lists(SURVEY, (_survey(number, pickle.loads(data), job) for number, data in _rows(numbers, sources)))


def candidates(numbers: Any, sources: Any, wanted: Any, job: Job) -> Any:
    """A list of `SHINGLES` for each file: of the documents at the places in `wanted`."""
    return _lists(
        SHINGLES,
        (
            [
                {"key": key, "shingles": shingles(article.text).tobytes()}
                for key, article in _wanted(number, source, places, job)
            ]
            for number, source, places in _rows(numbers, sources, wanted)
        ),
    )


def records(numbers: Any, sources: Any, wanted: Any, renamed: Any, job: Job) -> Any:
    """A list of output lines for each file: of the documents at the places in `wanted`."""
    return _lists(
        pa.binary(),
        (
            [
                line(with_language(article), json.loads(names).get(str(key), article.id), mended=job.fix_mojibake)
                for key, article in _wanted(number, source, places, job)
            ]
            for number, source, places, names in _rows(numbers, sources, wanted, renamed)
        ),
    )


def split(bands: Any) -> Any:
    """The hashes of the bands, a list for each article."""
    data = [np.frombuffer(row, "<u8") for row in bands.to_pylist()]
    offsets = np.cumsum([0, *map(len, data)])
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), pa.array(np.concatenate([*data, []])))


def pairs(keys: Any, folded: Any) -> Any:
    """A list of `PAIRS` for each bucket: which of its texts are to be compared.

    Near ones first, in the order of their folded hashes, until 200,000 are reached; see `duplicates.confirming`.
    """
    return _lists(PAIRS, (_pairs(*row) for row in _rows(keys, folded)))


def in_order(keys: list[int], folded: list[bytes]) -> list[int]:
    """The keys of a bucket's texts, in the order of their folded hashes."""
    return [key for _, key in sorted(zip(map(_number, folded), keys, strict=True))]


def alike(one: Any, other: Any, threshold: float) -> Any:
    """Whether two texts have a Jaccard similarity of at least `threshold`, by their shingles."""
    return pa.array(
        jaccard(np.frombuffer(a, np.uint64), np.frombuffer(b, np.uint64)) >= threshold for a, b in _rows(one, other)
    )


def _survey(number: int, source: Source, job: Job) -> Iterator[dict[str, Any]]:
    first = number << PLACES
    told = _Told(first)
    options = replace(job.options(), on_columns=told.columns, on_passed=told.passed)
    batch: list[tuple[int, Article]] = []
    variables: set[str] = set()
    try:
        for key, document in enumerate(documents(source, options), start=first):
            if isinstance(document, Reject):
                place, code, reason = document.source, document.code, document.reason
                yield {"key": key, "what": "refused", "place": place, "code": code, "reason": reason}
                continue
            variables.update(name for name in job.by if name in document.meta)
            batch.append((key, document))
            if len(batch) == _AT_ONCE:
                yield from _surveyed(batch, job)
                batch.clear()
        yield from _surveyed(batch, job)
    except CurationError as error:
        yield _failed(first, source, error)
    except Exception as error:  # a worker's errors come out of Daft as anything: a fault of ours would be put on it
        where = traceback.extract_tb(error.__traceback__)[-1]
        message = f"{source.name}: {type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        yield _failed(first, source, CurationError("E_BUG", message))
    told.variables(variables)
    yield from told.rows


def _failed(key: int, source: Source, error: CurationError) -> dict[str, Any]:
    why = json.dumps([error.message, error.fix])
    return {"key": key, "what": "failed", "place": source.name, "code": error.code, "reason": why}


def _surveyed(batch: list[tuple[int, Article]], job: Job) -> Iterator[dict[str, Any]]:
    made = sketch(article.text for _, article in batch)
    for (key, article), folded, bands in zip(batch, made.folded, made.bands.astype("<u8"), strict=True):
        date = article.published_at
        own = stratum(
            job.by,
            outlet=article.outlet,
            published_at=date,
            lang=article.lang,
            license=article.license,
            meta=article.meta,
        )
        yield {
            "key": key,
            "what": "article",
            "place": article.source,
            "id": article.id,
            "source_id": article.source_id,
            "sha256": article.sha256,
            "published": published(article),
            "folded": folded,
            "bands": bands.tobytes(),
            "reason": job.filters.refusal(article),
            "stratum": json.dumps(own),
            "rank": rank(article.id, job.seed),
            "date": date,
            "length": len(article.text),
        }


def _wanted(number: int, source: bytes, places: bytes, job: Job) -> Iterator[tuple[int, Article]]:
    wanted = set(np.frombuffer(places, "<u4").tolist())
    for place, document in enumerate(documents(pickle.loads(source), job.options(), identify=False)):
        if place in wanted and isinstance(document, Article):
            yield (number << PLACES) + place, document


def _pairs(keys: list[int], folded: list[bytes]) -> list[dict[str, int]]:
    order = in_order(keys, folded)
    found: list[dict[str, int]] = []
    for step in range(1, len(order)):
        near = zip(order, order[step:], strict=False)
        found += [{"one": min(pair), "other": max(pair)} for pair in near]
        if len(found) >= confirming.PAIRS:
            break
    return found


def _number(folded: bytes) -> tuple[int, int]:
    """What `duplicates.candidates` orders texts by."""
    return int.from_bytes(folded[:8], "little"), int.from_bytes(folded[8:], "little")


def _rows(*columns: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in columns), strict=True)


def _lists(kind: Any, lists: Any) -> Any:
    """An array of lists, made from one list after the other."""
    offsets = [0]
    values = []
    for one in lists:
        made = pa.array(one, kind)
        values.append(made)
        offsets.append(offsets[-1] + len(made))
    items = pa.concat_arrays(values) if values else pa.array([], kind)
    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), items)
