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
