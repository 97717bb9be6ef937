"""Select from a pool on Daft: workers read, compare and write out; here come keys, counts and edges, and no text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import daft
import pyarrow as pa
from daft import Window, col
from daft.functions import row_number

from curation.articles.formats.columns import Columns
from curation.articles.options import Options
from curation.articles.selection.filters import REASONS
from curation.articles.selection.pool.copies import find_copies
from curation.articles.selection.pool.engine import failures
from curation.articles.selection.pool.files import find_files
from curation.articles.selection.pool.identities import Identity, Settled, settle
from curation.articles.selection.pool.output import write
from curation.articles.selection.pool.reading import Files, Frame, Keys, frame_of, keys_of
from curation.articles.selection.pool.result import PoolResult
from curation.articles.selection.pool.rows import Job
from curation.articles.selection.request import Request
from curation.articles.selection.sampling import VARIABLES, Stratum, allocate, rank
from curation.articles.selection.selecting import shares
from curation.articles.tally import Tally
from curation.errors import CurationError
from curation.records import Progress

_STEPS = 4
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
    files = Files(find_files(sources, options), job)
    with failures():
        survey = files.survey().collect()
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
    refused = Tally()
    for one in chain(told.refusals(), _taken(survey, settled)):
        refused.add(*one)
    return PoolResult(
        documents=told.documents,
        articles=told.articles - len(settled.repeated) - len(settled.taken),
        repeated=len(settled.repeated),
        refused=dict(sorted(refused.found.items())),
        duplicates=copies.duplicates,
        clusters=copies.clusters,
        left_out=_left_out(articles),
        copies=len(gone),
        pool=sum(drawn.sizes.values()),
        selected=written,
        crowded=copies.crowded,
        strata={name: shares(place, drawn.sizes, drawn.quotas) for place, name in enumerate(request.by)},
        sha256=sha256,
    )


class _Told:
    """What the survey says of documents that are no articles."""

    def __init__(self, survey: Frame) -> None:
        self._survey = survey
        counted = survey.groupby("what", "code").agg(col("key").count().alias("count"))
        counts = {(row["what"], row["code"]): row["count"] for row in _rows(counted)}
        self.articles: int = counts.get(("article", None), 0)
        self.documents = self.articles + sum(count for (what, _), count in counts.items() if what == "refused")

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

    def refusals(self) -> Iterator[tuple[str, str, str]]:
        """Code, place and reason of every refusal, in the order of reading."""
        found = self._survey.where(col("what") == "refused").sort("key").select("code", "place", "reason")
        return ((row["code"], row["place"], row["reason"]) for row in _rows(found))


def _settled(articles: Frame, seed: int) -> tuple[Frame, Settled]:
    """The articles under their ids, each once. Only those whose id stands twice come here."""
    twice = articles.groupby("id").agg(col("key").count().alias("count")).where(col("count") > 1).select("id")
    suspects = {one.key: one for one in _identities(articles.join(twice, on="id", how="semi"))}
    while True:
        settled = settle(suspects.values())
        # An id that was just made may be that of an article that this pool took from another one.
        names = daft.from_arrow(pa.table({"id": pa.array(settled.renamed.values(), pa.string())}))
        met = {one.key: one for one in _identities(articles.join(names, on="id", how="semi"))} if len(names) else {}
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


def _identities(articles: Frame) -> Iterator[Identity]:
    return (Identity(**row) for row in _rows(articles.select(*_IDENTITY)))


def _taken(survey: Frame, settled: Settled) -> Iterator[tuple[str, str, str]]:
    if not settled.taken:
        return
    found = survey.where(col("what") == "article").join(frame_of(settled.taken), on="key", how="semi").sort("key")
    for row in _rows(found.select("place", "source_id")):
        reason = f"the id {row['source_id']!r} stands in this run with another text already"
        yield "R_ID_TAKEN", row["place"], reason


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
    table = pa.table({"stratum": [names[key] for key in quotas], "quota": pa.array(quotas.values(), pa.int64())})
    order = Window().partition_by("stratum").order_by(["rank", "id"])
    placed = pool.select("key", "stratum", "rank", "id").with_column("place", row_number().over(order))
    drawn = placed.join(daft.from_arrow(table), on="stratum").where(col("place") <= col("quota"))
    return _Drawn(keys_of(drawn), sizes, quotas)


def _lines(files: Files, keys: Keys, renamed: Mapping[int, str]) -> Iterator[bytes]:
    if not len(keys):
        return
    for batch in files.records(keys, renamed).to_arrow_iter():
        yield from batch.column(0).to_pylist()


def _rows(frame: Frame) -> Iterator[dict[str, Any]]:
    for batch in frame.to_arrow_iter():
        yield from batch.to_pylist()
