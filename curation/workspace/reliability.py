"""How reliable annotators are, and which entries of the codebook are unclear, over a workspace."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from curation.workspace.adjudication import Merging, WithAdjudication

if TYPE_CHECKING:
    from curation.adjudication.report import Reported
    from curation.records import Annotation, Gold, Progress


class WithReliability(WithAdjudication):
    """Whom to talk to, and what to rewrite."""

    def reliability(
        self,
        *,
        task: str | None = None,
        round_: int | None = None,
        experts: Collection[str] = (),
        weights: Mapping[str, float] | None = None,
        progress: Progress | None = None,
    ) -> Reported:
        """How reliable annotators are, who is weak in what, and which entries of the codebook are unclear.

        Takes what `adjudicated` takes, and keeps nothing. An adjudicator's decision counts as an expert's; gold that is
        of rules alone does not: it is what people said.
        """
        from curation.adjudication.report import Report

        chosen = self._adjudicated_task(task)
        with self._reading() as store:
            merging = Merging(self, store, chosen, round_, experts, weights or {})
            report = Report(merging.rules, chosen)
            for one in merging.consider(keep=False, progress=progress):
                article = store.articles.get(one.merged.article_id)
                if article is not None:
                    report.add(one.merged, article, one.annotations, _expert(one.gold, one.merged.article_sha256))
        return report.reported()


def _expert(gold: Gold | None, sha256: str) -> Annotation | None:
    if gold is None or gold.method != "adjudicated" or gold.annotation.article_sha256 != sha256:
        return None
    return gold.annotation
