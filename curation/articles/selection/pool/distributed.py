"""Select from a pool on Daft: workers read, compare and write out; here come keys, counts and edges, and no text."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import daft
import numpy as np
import pyarrow as pa
from daft import col

from curation.articles.formats.columns import Columns
from curation.articles.options import Options
from curation.articles.selection.filters import REASONS
from curation.articles.selection.pool.buckets import twice
from curation.articles.selection.pool.copies import find_copies
from curation.articles.selection.pool.engine import failures, on_ray
from curation.articles.selection.pool.files import find_files
from curation.articles.selection.pool.identities import Identity, Settled, settle
from curation.articles.selection.pool.output import write
from curation.articles.selection.pool.reading import Files, Frame, Keys, columns_of, frame_of, joined, keys_of
from curation.articles.selection.pool.result import PoolResult
from curation.articles.selection.pool.rows import PLACES, Job, name_of
from curation.articles.selection.pool.units import cut, last_of
from curation.articles.selection.request import Request
from curation.articles.selection.sampling import VARIABLES, Stratum, allocate, rank
from curation.articles.selection.selecting import shares
from curation.articles.sources import Source
from curation.articles.tally import EXAMPLES, Counted
from curation.errors import CurationError
from curation.records import Progress

_STEPS = 4
_SPARE = 100
_IDENTITY = ("key", "id", "source_id", "sha256", "published")


def select_distributed(
    sources: Sequence[str],
    out: Path,
    *,
    options: Options,
    request: Request,
    threshold: float,
    progress: Progress | None,
) -> PoolResult:
    """Select on the engine that was started. Raises what `select_pool` does, and `E_CLUSTER_FAILED`."""
    tell = progress or (lambda done, total: None)
    job = Job(options.field_map, options.encoding, options.fix_mojibake, request.filters, request.by, request.seed)
    units = cut(find_files(sources, options), job.options())
    with ExitStack() as stack, failures():
        files = Files(units, job, None if on_ray() else stack.enter_context(_beside(out)))
        survey = _read_to_the_end(files.survey(), units)
        tell(1, _STEPS)
        told = _Told(survey)
        told.tell(options)
        told.require(sources, request.by)
        articles, settled = _settled(survey.where(col("what") == "article"), request.seed)
        copies = find_copies(articles, files, threshold)
        tell(2, _STEPS)
        passing = articles.where(col("reason").is_null())
        gone = [] if request.keep_duplicates else copies.superfluous
        pool = passing.join(frame_of(gone), on="key", how="anti") if gone else passing
        drawn = _draw(pool, request)
        tell(3, _STEPS)
        written, sha256 = write(_lines(files, drawn.keys, settled.renamed), out)
        tell(_STEPS, _STEPS)
        refused = {**told.refused(), **_taken(survey, settled)}
        left_out = _left_out(articles)
    return PoolResult(
        documents=told.documents,
        articles=told.articles - len(settled.repeated) - len(settled.taken),
        repeated=len(settled.repeated),
        refused=dict(sorted(refused.items())),
        duplicates=copies.duplicates,
        clusters=copies.clusters,
        left_out=left_out,
        copies=len(gone),
        pool=sum(drawn.sizes.values()),
        selected=written,
        crowded=copies.crowded,
        strata={name: shares(place, drawn.sizes, drawn.quotas) for place, name in enumerate(request.by)},
        sha256=sha256,
    )


@contextmanager
def _beside(out: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".pool-") as folder:
        yield Path(folder)


class _Told:
    """What the survey says of documents that are no articles."""

    def __init__(self, survey: Frame) -> None:
        self._survey = survey
        counted = survey.groupby("what", "code").agg(col("key").count().alias("count"))
        counts = {(row["what"], row["code"]): row["count"] for row in _rows(counted)}
        self.articles: int = counts.get(("article", None), 0)
        self._refused = {code: count for (what, code), count in counts.items() if what == "refused"}
        self.documents = self.articles + sum(self._refused.values())

    def require(self, sources: Sequence[str], by: Sequence[str]) -> None:
        """Raise what stopped a worker, the first in the order of reading, and errors about what there is."""
        failed = self._survey.where(col("what") == "failed").sort("key").limit(1)
        for row in _rows(failed.select("code", "reason")):
            message, fix = json.loads(row["reason"])
            raise CurationError(row["code"], message, fix=fix)
        if not self.documents:
            raise CurationError("E_NO_INPUT", f"{', '.join(sources)}: no article in it")
        there = {row["place"] for row in _rows(self._survey.where(col("what") == "variable").select("place"))}
        unknown = [name for name in by if name not in there and name not in VARIABLES]
        if unknown:
            raise CurationError("E_USAGE", f"no article has a {unknown[0]!r}", fix="sample by a column that there is")

    def tell(self, options: Options) -> None:
        """Tell `options` what the readers would have told it."""
        found = self._survey.where((col("what") == "columns") | (col("what") == "passed")).sort("key")
        for row in _rows(found.select("what", "place", "reason")):
            value = json.loads(row["reason"])
            if row["what"] == "passed":
                options.on_passed(row["place"], value)
            else:
                options.on_columns(row["place"], Columns(**{**value, "rest": tuple(value["rest"])}))

    def refused(self) -> dict[str, Counted]:
        """How many documents were refused, by code, and the first of each in the order of reading."""
        told = {}
        for code, count in self._refused.items():
            found = self._survey.where((col("what") == "refused") & (col("code") == code))
            first = found.sort("key").limit(EXAMPLES).select("place", "reason")
            told[code] = Counted(count, tuple((row["place"], row["reason"]) for row in _rows(first)))
        return told


def _read_to_the_end(survey: Frame, units: Sequence[Source]) -> Frame:
    """A survey without the units that stand, in their file, behind one that could not be read to its end.

    Whoever reads the file as a whole stops there.
    """
    for row in _rows(survey.where(col("what") == "ended").select("key").sort("key")):
        number = row["key"] >> PLACES
        behind, last = (number + 1) << PLACES, (last_of(number, units) + 1) << PLACES
        survey = survey.where((col("key") < behind) | (col("key") >= last))
    return survey


def _settled(articles: Frame, seed: int) -> tuple[Frame, Settled]:
    """The articles under their ids, each once. Only those whose id stands twice come here."""
    (names,) = joined(columns_of(articles, "name"), np.uint64)
    suspects = _named(articles, twice(names))
    while True:
        settled = settle(suspects.values())
        # An id that was just made may be that of an article that this pool took from another one.
        met = _named(articles, np.array([name_of(name) for name in settled.renamed.values()], np.uint64))
        if met.keys() <= suspects.keys():
            break
        suspects |= met
    gone = [*settled.repeated, *settled.taken]
    if gone:
        articles = articles.join(frame_of(gone), on="key", how="anti")
    if settled.renamed:
        articles = _renamed(articles, settled.renamed, seed)
    return articles, settled


def _renamed(articles: Frame, names: Mapping[int, str], seed: int) -> Frame:
    table = pa.table(
        {
            "key": pa.array(names.keys(), pa.int64()),
            "new_id": pa.array(names.values(), pa.string()),
            "new_rank": pa.array([rank(name, seed) for name in names.values()], pa.uint64()),
        }
    )
    joined = articles.join(daft.from_arrow(table), on="key", how="left")
    renewed = {name: col(f"new_{name}").fill_null(col(name)) for name in ("id", "rank")}
    return joined.with_columns(renewed).exclude("new_id", "new_rank")


def _named(articles: Frame, names: Any) -> dict[int, Identity]:
    if not len(names):
        return {}
    found = articles.join(frame_of(np.unique(names), "name", pa.uint64()), on="name", how="semi").select(*_IDENTITY)
    return {row["key"]: Identity(**row) for row in _rows(found)}


def _taken(survey: Frame, settled: Settled) -> dict[str, Counted]:
    if not settled.taken:
        return {}
    first = frame_of(sorted(settled.taken)[:EXAMPLES])
    found = survey.where(col("what") == "article").join(first, on="key", how="semi").sort("key")
    told = tuple(
        (row["place"], f"the id {row['source_id']!r} stands in this run with another text already")
        for row in _rows(found.select("place", "source_id"))
    )
    return {"R_ID_TAKEN": Counted(len(settled.taken), told)}


def _left_out(articles: Frame) -> dict[str, int]:
    counted = articles.where(col("reason").not_null()).groupby("reason").agg(col("key").count().alias("count"))
    counts = {row["reason"]: row["count"] for row in _rows(counted)}
    return {reason: counts[reason] for reason in REASONS if reason in counts}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The keys of a sample, and how many articles of each stratum there are in the pool and in it."""

    keys: Keys
    sizes: Mapping[Stratum, int]
    quotas: Mapping[Stratum, int]


def _draw(pool: Frame, request: Request) -> _Drawn:
    counted = pool.groupby("stratum").agg(col("key").count().alias("count"))
    names = {tuple(json.loads(row["stratum"])): row["stratum"] for row in _rows(counted)}
    sizes = {tuple(json.loads(row["stratum"])): row["count"] for row in _rows(counted)}
    total = sum(sizes.values())
    if request.size is None or request.size >= total:
        return _Drawn(keys_of(pool), sizes, sizes)
    quotas = allocate(sizes, request.size, seed=request.seed, shares=request.shares, minimum=request.minimum)
    drawn = _smallest(pool, {names[key]: quota for key, quota in quotas.items()})
    return _Drawn(np.sort(np.fromiter(drawn, np.int64)), sizes, quotas)


def _smallest(pool: Frame, quotas: Mapping[str, int]) -> Iterator[int]:
    """The keys of as many articles of each stratum as it has a quota of: those of the smallest ranks.

    Holds twice the sample at most.
    """
    held: dict[str, list[tuple[int, str, int]]] = {stratum: [] for stratum in quotas}
    for batch in pool.select("stratum", "rank", "id", "key").to_arrow_iter():
        for stratum, *ranked in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            some = held[stratum]
            some.append(tuple(ranked))
            if len(some) >= 2 * quotas[stratum] + _SPARE:
                some.sort()
                del some[quotas[stratum] :]
    return (key for stratum, some in held.items() for _, _, key in sorted(some)[: quotas[stratum]])


def _lines(files: Files, keys: Keys, renamed: Mapping[int, str]) -> Iterator[bytes]:
    if not len(keys):
        return
    for batch in files.records(keys, renamed).batches():
        yield from batch.column(0).to_pylist()


def _rows(frame: Frame) -> Iterator[dict[str, Any]]:
    for batch in frame.to_arrow_iter():
        yield from batch.to_pylist()
