"""Annotators and codebook, as the articles of a task are merged one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from curation.adjudication.report import Report
    from curation.records import Annotation, Gold
    from curation.store import Store
    from curation.workspace.adjudication import Considered


def told(considered: Iterable[Considered], report: Report, store: Store) -> Iterator[Considered]:
    """The same articles, each taken into the report as it comes by.

    An adjudicator's decision counts as an expert's; gold that is of rules alone does not: it is what people said.
    """
    for one in considered:
        article = store.articles.get(one.merged.article_id)
        if article is not None:
            report.add(one.merged, article, one.annotations, _expert(one.gold, one.merged.article_sha256))
        yield one


def _expert(gold: Gold | None, sha256: str) -> Annotation | None:
    if gold is None or gold.method != "adjudicated" or gold.annotation.article_sha256 != sha256:
        return None
    return gold.annotation
