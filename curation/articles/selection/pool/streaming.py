"""Select from a pool in one process: everything goes through a store on disk, as `ingest` and `select` do it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from curation.articles.ingestion import ingest
from curation.articles.options import Options
from curation.articles.selection.pool.output import line, write
from curation.articles.selection.pool.result import PoolResult
from curation.articles.selection.request import Request
from curation.articles.selection.selecting import select
from curation.records import Progress
from curation.store import Store


def select_streaming(
    sources: Sequence[str],
    out: Path,
    *,
    options: Options,
    request: Request,
    threshold: float,
    progress: Progress | None,
) -> PoolResult:
    """Select without Daft. Needs disk space of about twice the pool beside `out`, and no more memory than ingest."""
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".pool-") as folder, Store(Path(folder)) as store:
        # No part of an article may take the id of another article.
        read = ingest(store, sources, options=options, threshold=threshold, longest=sys.maxsize, progress=progress)
        chosen = select(store, replace(request, drop_pushed=True), dry_run=True)
        ids = (one.article_id for one in chosen.assigned)
        written, sha256 = write(_lines(store, ids, options.fix_mojibake), out)
    return PoolResult(
        documents=read.total,
        articles=chosen.articles,
        repeated=read.n_repeated,
        refused=dict(sorted(read.refused.items())),
        duplicates=read.n_duplicates,
        clusters=read.clusters,
        left_out=chosen.left_out,
        copies=chosen.copies,
        pool=chosen.pool.articles,
        selected=written,
        strata=chosen.strata,
        crowded=len(read.crowded),
        sha256=sha256,
    )


def _lines(store: Store, ids: Iterator[str], mended: bool) -> Iterator[bytes]:
    for article_id in ids:
        article = store.articles.get(article_id)
        assert article is not None
        yield line(replace(article, raw=store.articles.raw(article_id)), article_id, mended=mended)
