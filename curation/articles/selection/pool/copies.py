"""Find the copies in a pool on Daft: the pairs that `duplicates.link` compares, and so the same clusters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from daft import col

from curation.articles.duplicates import confirming
from curation.articles.duplicates.clusters import Clusters, precedence
from curation.articles.selection.pool import rows
from curation.articles.selection.pool.reading import Files, Frame, batched, frame_of, keys_of


@dataclass(frozen=True, slots=True)
class Member:
    """An article in a cluster. `passes`: no filter leaves it out."""

    key: int
    id: str
    date: str | None
    length: int
    passes: bool


@dataclass(frozen=True, slots=True)
class Copies:
    """Clusters of copies: how many articles stand back for another one, and the keys of those that fall away.

    The one kept is, of those that no filter leaves out, the one that stands for the cluster, else the first one read.
    `crowded` counts groups of texts with a band in common that are too large to compare each with each, and that are
    not one cluster by other ways.
    """

    clusters: int
    duplicates: int
    superfluous: list[int]
    crowded: int


def find_copies(articles: Frame, files: Files, threshold: float) -> Copies:
    """The copies among `articles`, a survey. Holds the keys of all that have copies, and the pairs that were found."""
    clusters: Clusters[int] = Clusters()
    again: list[int] = []
    for first, *others in _same(articles):
        for other in others:
            clusters.join(first, other)
        again += others
    texts = articles.join(frame_of(again), on="key", how="anti") if again else articles
    buckets = _buckets(texts).collect()
    for one, other in _alike(buckets, files, threshold):
        clusters.join(one, other)
    members = _members(articles, [key for group in clusters.groups() for key in group])
    groups = [[members[key] for key in group] for group in clusters.groups()]
    return Copies(
        clusters=len(groups),
        duplicates=sum(map(len, groups)) - len(groups),
        superfluous=[member.key for group in groups for member in _superfluous(group)],
        crowded=_crowded(buckets, clusters),
    )


def _same(articles: Frame) -> Iterator[list[int]]:
    """The keys of articles with the same folded text."""
    counted = articles.groupby("folded").agg(col("key").count().alias("count"), col("key").list_agg().alias("keys"))
    for batch in counted.where(col("count") > 1).select("keys").to_arrow_iter():
        yield from map(sorted, batch.column(0).to_pylist())


def _buckets(texts: Frame) -> Frame:
    """The groups of texts that share a band: count, keys, folded."""
    split = batched(rows.split, pa.large_list(pa.uint64()), use_process=False)
    bands = texts.select("key", "folded", split(col("bands")).alias("band")).explode("band")
    buckets = bands.groupby("band").agg(
        col("key").count().alias("count"), col("key").list_agg().alias("keys"), col("folded").list_agg().alias("folded")
    )
    return buckets.where(col("count") > 1)


def _crowded(buckets: Frame, clusters: Clusters[int]) -> int:
    """How many texts are the first of a bucket that was not compared to its end and is no cluster."""
    # The last step of a bucket compares one pair: it is not left before that.
    large = buckets.where(col("count") * (col("count") - 1) / 2 - 1 >= confirming.PAIRS).select("keys", "folded")
    first = set()
    for batch in large.to_arrow_iter():
        for keys, folded in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if len({clusters.find(key) for key in keys}) > 1:
                first.add(rows.in_order(keys, folded)[0])
    return len(first)


def _alike(buckets: Frame, files: Files, threshold: float) -> Iterator[tuple[int, int]]:
    """Pairs of texts that share a band and are similar enough."""
    pairs = batched(rows.pairs, pa.large_list(rows.PAIRS), use_process=False)
    pair = pairs(col("keys"), col("folded")).alias("pair")
    met = buckets.select(pair).explode("pair").where(col("pair").not_null())
    met = met.select(*(col("pair")[name].alias(name) for name in ("one", "other"))).distinct().collect()
    keys = np.union1d(keys_of(met, "one"), keys_of(met, "other"))
    if not len(keys):
        return
    shingles = files.shingles(keys).collect()
    for side in ("one", "other"):
        met = met.join(shingles.select(col("key").alias(side), col("shingles").alias(f"shingles_{side}")), on=side)
    alike = batched(rows.alike, pa.bool_(), use_process=False)
    found = met.where(alike(col("shingles_one"), col("shingles_other"), threshold)).select("one", "other")
    for batch in found.to_arrow_iter():
        yield from zip(batch.column("one").to_pylist(), batch.column("other").to_pylist(), strict=True)


def _members(articles: Frame, keys: list[int]) -> dict[int, Member]:
    if not keys:
        return {}
    found = articles.join(frame_of(keys), on="key", how="semi")
    found = found.select("key", "id", "date", "length", col("reason").is_null().alias("passes"))
    rows_of = (row for batch in found.to_arrow_iter() for row in batch.to_pylist())
    return {row["key"]: Member(**row) for row in rows_of}


def _superfluous(group: list[Member]) -> list[Member]:
    """Those of a cluster that pass the filters and are not kept."""
    first = min(group, key=lambda one: precedence(one.date, one.length, one.id))
    passing = sorted((one for one in group if one.passes), key=lambda one: (one is not first, one.key))
    return passing[1:]
