"""What a workspace does with articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curation.records import Progress
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.articles import IngestResult, Options
    from curation.articles.selection import Request, SelectResult


class WithArticles(Opened):
    """Reading articles, looking at them, and selecting those that go to annotators."""

    def ingest(
        self,
        sources: str | Path | Sequence[str | Path],
        *,
        options: Options | None = None,
        update: bool = False,
        keep_duplicates: bool = False,
        threshold: float | None = None,
        progress: Progress | None = None,
    ) -> IngestResult:
        """Read articles from files and folders into the workspace.

        `options` say how sources are read; its field map goes before the one in curation.toml. A known id with a new
        text is left alone unless `update` is set. Copies of a text, the same or nearly so, are linked, and all but one
        of them stand back when articles go to annotators unless `keep_duplicates` is set. `threshold` is the Jaccard
        similarity from which on texts count as copies; by default that of curation.toml, else 0.7.
        """
        from curation import articles

        settings = self.root.settings.get("ingest", {})
        several = [sources] if isinstance(sources, str | Path) else sources
        options = options or articles.Options()
        options = replace(options, field_map={**settings.get("map", {}), **options.field_map})
        with self._writing() as store:
            return articles.ingest(
                store,
                several,
                options=options,
                update=update,
                keep_duplicates=keep_duplicates,
                threshold=settings.get("threshold", articles.THRESHOLD) if threshold is None else threshold,
                progress=progress,
            )

    def select(self, request: Request, *, dry_run: bool = False, progress: Progress | None = None) -> SelectResult:
        """Choose the articles that go to annotators, in the place of the choice before.

        Only whole articles are chosen; a long one goes to annotators in its parts. With `dry_run` nothing is written.
        """
        from curation.articles import selection

        with self._reading() if dry_run else self._writing() as store:
            return selection.select(store, request, dry_run=dry_run, progress=progress)

    def select_all(self) -> int:
        """Let every article go to annotators again that stands back for no other; returns how many were chosen."""
        with self._writing() as store:
            chosen = len(store.selection)
            with store.transaction():
                store.selection.clear()
            return chosen
