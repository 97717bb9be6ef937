"""Find the copies in a pool on Daft: the pairs that `duplicates.link` compares, and so the same clusters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import daft
import numpy as np
import pyarrow as pa
from daft import col

from curation.articles.duplicates import confirming
from curation.articles.duplicates.clusters import Clusters, precedence
from curation.articles.selection.pool import buckets, rows
from curation.articles.selection.pool.buckets import Hashes, Members
from curation.articles.selection.pool.reading import Files, Found, Frame, Keys, batched, columns_of, frame_of, joined

_AT_ONCE = 1_000_000
"""Hashes that are sorted at once, if one band has no more: 16 MB."""

_COMPARED = 1000


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
    """The copies among `articles`, a survey.

    Holds the keys of all that have copies and the pairs that are compared, and of the others 16 bytes an article.
    """
    clusters: Clusters[int] = Clusters()
    again: list[int] = []
    for first, *others in _same(articles):
        for other in others:
            clusters.join(first, other)
        again += others
    texts = articles.join(frame_of(again), on="key", how="anti") if again else articles
    pairs, crowds = _met(texts)
    for one, other in _alike(pairs, files, threshold):
        clusters.join(one, other)
    members = _members(articles, [key for group in clusters.groups() for key in group])
    groups = [[members[key] for key in group] for group in clusters.groups()]
    return Copies(
        clusters=len(groups),
        duplicates=sum(map(len, groups)) - len(groups),
        superfluous=[member.key for group in groups for member in _superfluous(group)],
        crowded=len({int(crowd[0]) for crowd in crowds if len(set(map(clusters.find, crowd.tolist()))) > 1}),
    )


def _same(articles: Frame) -> Iterator[list[int]]:
    """The keys of articles with the same folded text."""
    groups: dict[tuple[int, int], list[int]] = {}
    members = _members_of(articles, ("near",), buckets.twice(joined(columns_of(articles, "near"), np.uint64)[0]))
    for near, far, key in zip(members.near.tolist(), members.far.tolist(), members.key.tolist(), strict=True):
        groups.setdefault((near, far), []).append(key)
    return (sorted(keys) for keys in groups.values() if len(keys) > 1)


def _met(texts: Frame) -> tuple[Keys, list[Keys]]:
    """The pairs of texts that share a band and are to be compared, and the buckets that are too large for that."""
    count = max(texts.count_rows(), 1)
    width = max(1, _AT_ONCE // count)
    pairs: Keys = np.empty((0, 2), np.int64)
    crowds: list[Keys] = []
    for start in range(0, len(rows.BAND_NAMES), width):
        names = rows.BAND_NAMES[start : start + width]
        values = (bands for piece in columns_of(texts, *names) for bands in zip(piece, strict=True))
        members = _members_of(texts, names, buckets.twice(joined(values, np.uint64)[0])).sorted()
        pairs = buckets.once(np.concatenate((pairs, buckets.pairs(members, confirming.PAIRS))))
        crowds += buckets.large(members, confirming.PAIRS)
    return pairs, crowds


def _members_of(texts: Frame, names: Sequence[str], some: Hashes) -> Members:
    """The texts that have a hash in one of these columns that is among `some`."""
    found = []
    if len(some):
        for key, near, far, *columns in columns_of(texts, "key", "near", "far", *names):
            for column in columns:
                there = buckets.within(column, some)
                found.append((column[there], key[there], near[there], far[there]))
    return Members(*joined(found, np.uint64, np.int64, np.uint64, np.uint64))


def _alike(pairs: Keys, files: Files, threshold: float) -> Iterator[tuple[int, int]]:
    """Those of the pairs whose texts are similar enough."""
    if not len(pairs):
        return
    keys = np.unique(pairs)
    shingles = files.shingles(keys)
    met = daft.from_arrow(pa.table({"one": pairs[:, 0], "other": pairs[:, 1]}))
    how = {"use_process": False, "batch_size": _COMPARED}
    if files.folder is None:
        for side in ("one", "other"):
            met = met.join(
                shingles.frame.select(col("key").alias(side), col("shingles").alias(f"shingles_{side}")), on=side
            )
        alike = batched(rows.alike, pa.bool_(), **how)(col("shingles_one"), col("shingles_other"), threshold)
    else:
        path = files.folder / "shingles"
        begin, size = _laid_out(shingles, keys, path)
        places: dict[str, Keys] = {}
        for side, place in zip(("one", "other"), np.searchsorted(keys, pairs).T, strict=True):
            places |= {f"begin_{side}": begin[place], f"size_{side}": size[place]}
        met = daft.from_arrow(pa.table({"one": pairs[:, 0], "other": pairs[:, 1], **places}))
        alike = batched(rows.alike_in, pa.bool_(), **how)(*map(col, places), str(path), threshold)
    for one, other in columns_of(met.where(alike), "one", "other"):
        yield from zip(one.tolist(), other.tolist(), strict=True)


def _laid_out(shingles: Found, keys: Keys, path: Path) -> tuple[Keys, Keys]:
    """Write shingles to one file, from which any can be read. Where those of each key begin, and their bytes."""
    begin, size = np.zeros((2, len(keys)), np.int64)
    with path.open("wb") as file:
        for batch in shingles.batches():
            places = np.searchsorted(keys, batch.column("key").to_numpy())
            for place, one in zip(places, batch.column("shingles").to_pylist(), strict=True):
                begin[place], size[place] = file.tell(), len(one)
                file.write(one)
    return begin, size


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
