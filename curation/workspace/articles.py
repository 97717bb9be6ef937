"""What a workspace does with articles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from curation.errors import CurationError
from curation.records import Article, Progress, Reject
from curation.text import counted
from curation.workspace.base import Opened

if TYPE_CHECKING:
    from curation.articles import IngestResult, Options
    from curation.articles.selection import Request, SelectResult
    from curation.articles.selection.pool import Engine, PoolResult
    from curation.workspace.brat import Annotated, Brat
    from curation.workspace.library import Cluster, Entry, Kept, Refused


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
        longest: int | None = None,
        brat: Brat | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> IngestResult:
        """Read articles from files and folders into the workspace.

        `options` say how sources are read; its field map goes before the one in curation.toml. A known id with a new
        text is left alone unless `update` is set. Copies of a text, the same or nearly so, are linked, and all but one
        of them stand back when articles go to annotators unless `keep_duplicates` is set. `threshold` is the Jaccard
        similarity from which on texts count as copies; by default that of curation.toml, else 0.7.
        An article of more than `longest` characters goes to annotators in parts; by default curation.toml says how
        many, else 20,000. Raises `E_USAGE` for fewer than 1,000, and for a threshold that is not from 0.5 to 1.

        Annotations of brat's beside text files become suggestions, or what `brat` says; its maps go before the ones in
        curation.toml.

        With `dry_run` all this happens to a copy of the store, and the workspace stays as it is.
        """
        from curation import articles, parts
        from curation.articles.duplicates import require_threshold

        settings = self._ingest
        longest = settings.get("longest", parts.LONGEST) if longest is None else longest
        threshold = self._threshold if threshold is None else threshold
        require_threshold(threshold)
        several = [sources] if isinstance(sources, str | Path) else sources
        options = self._mapped(options)
        annotated = self._annotated(several, options, brat)
        with self._trying() if dry_run else self._writing() as store:
            before = len(store.articles)
            try:
                result = articles.ingest(
                    store,
                    several,
                    options=options,
                    update=update,
                    keep_duplicates=keep_duplicates,
                    threshold=threshold,
                    longest=longest,
                    progress=progress,
                )
            except CurationError as error:
                new = len(store.articles) - before
                if dry_run or not new:
                    raise
                stored = f"stored before that: {counted(new, 'new article')}"
                raise CurationError(error.code, f"{error.message.rstrip('.')}; {stored}", fix=error.fix) from error
            return result if annotated is None else annotated.take(store, self.schemas, options, result)

    def _mapped(self, options: Options | None) -> Options:
        """`options`, with the field map of curation.toml behind theirs."""
        from curation.articles import Options

        options = options or Options()
        return replace(options, field_map={**self._ingest.get("map", {}), **options.field_map})

    def _annotated(self, sources: Sequence[str | Path], options: Options, brat: Brat | None) -> Annotated | None:
        """The text files beside which annotations of brat's stand, and what is to become of these; None without any.

        What is wrong with that is raised here, before anything is stored.
        """
        from curation.workspace.brat import Annotated, Brat, require_words
        from curation.workspace.standoff import find_pairs

        settings = self._ingest
        brat = brat or Brat()
        asked = brat.task is not None or brat.labels or brat.relations
        brat = replace(
            brat,
            labels={**settings.get("labels", {}), **brat.labels},
            relations={**settings.get("relations", {}), **brat.relations},
        )
        pairs, alone = find_pairs(sources, options.kind)
        if not (pairs or alone or asked):
            return None
        task = self.task(brat.task)
        require_words(brat, task, [pair.beside for pair in pairs])
        return Annotated(pairs, alone, brat, task)

    def articles(self, *, noted: str | None = None) -> list[Entry]:
        """The articles without their texts, in the order in which they were added; or those `noted` with a code.

        Raises `E_NOT_FOUND` for a code that is none of `NOTES`.
        """
        from curation.workspace import library

        with self._reading() as store:
            return list(library.entries(store, noted))

    def article(self, article_id: str) -> Kept:
        """An article with its place among copies and what it was made from. Raises `E_NOT_FOUND`."""
        from curation.workspace import library

        with self._reading() as store:
            return library.article(store, article_id)

    def texts(self) -> Iterator[Article]:
        """The articles with their texts, one at a time, in the order in which they were added."""
        with self._reading() as store:
            yield from store.articles

    def raw_span(self, article_id: str, start: int, end: int) -> tuple[int, int] | None:
        """Where a stretch of an article's text, such as a mention, stood in what it was made from, in code points.

        None where that is not known: there is no map into the markup of a web page, and none was kept by the first
        version. Raises `E_NOT_FOUND`.
        """
        from curation.workspace import library

        with self._reading() as store:
            found = library.article(store, article_id).article
            return store.articles.raw_span(found.part_of or found.id, start + found.part_start, end + found.part_start)

    def refused(self, *, mended: bool = False) -> list[Refused]:
        """The documents that were refused, without their bytes; with `mended` also those that are mended by now."""
        from curation.workspace import library

        with self._reading() as store:
            return list(library.refused(store, mended=mended))

    def refused_bytes(self) -> Iterator[Reject]:
        """All that was ever refused, with the bytes that were kept of each, one at a time."""
        with self._reading() as store:
            yield from store.articles.rejects()

    def duplicates(self) -> list[Cluster]:
        """The clusters of articles whose texts are the same or nearly so."""
        from curation.workspace import library

        with self._reading() as store:
            return list(library.clusters(store))

    def select(
        self, request: Request | None = None, *, dry_run: bool = False, progress: Progress | None = None
    ) -> SelectResult:
        """Choose the articles that go to annotators, in the place of the choice before; without a `request`, all.

        Only whole articles are chosen; a long one goes to annotators in its parts. With `dry_run` nothing is written.
        """
        from curation.articles import selection

        with self._weighing() if dry_run else self._choosing() as store:
            return selection.select(store, request or selection.Request(), dry_run=dry_run, progress=progress)

    def select_pool(
        self,
        sources: str | Path | Sequence[str | Path],
        out: str | Path | None,
        *,
        request: Request | None = None,
        options: Options | None = None,
        threshold: float | None = None,
        engine: Engine = "stream",
        ray: str | None = None,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> PoolResult:
        """Select from a pool of articles that is not in the workspace, into the file `out` that `ingest` reads.

        See `curation.articles.selection.pool.select_pool`; field map and threshold come from curation.toml where they
        are not given. Nothing in the workspace changes.
        """
        from curation.articles.selection.pool import select_pool

        return select_pool(
            sources,
            out,
            request=request,
            options=self._mapped(options),
            threshold=self._threshold if threshold is None else threshold,
            engine=engine,
            ray=ray,
            dry_run=dry_run,
            progress=progress,
        )

    def select_all(self) -> int:
        """Let every article go to annotators again that stands back for no other; returns how many were chosen."""
        with self._writing() as store:
            chosen = len(store.selection)
            with store.transaction():
                store.selection.clear()
            return chosen
