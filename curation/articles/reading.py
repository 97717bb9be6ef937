"""Read articles from files and folders, one after the other, in memory that does not grow with their number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from curation.articles.columns import checked_map
from curation.articles.rejects import Unusable
from curation.articles.sources import Source, find_sources
from curation.errors import CurationError
from curation.records import Article, Reject


def read(
    sources: Sequence[str | Path],
    *,
    field_map: Mapping[str, str] | None = None,
    skipped: Callable[[str], None] | None = None,
) -> Iterator[Article | Reject]:
    """The articles in `sources`, and in their places what had to be refused.

    A source is a .txt, .md, .html, .jsonl, .csv, .tsv or .parquet file, a folder that `datasets` saved, or a folder of
    these, which is read sorted by name. `field_map` names a table's column for our fields (`FIELDS`); columns of no
    field go to `Article.meta`. `skipped` is told the files of a folder that are of no such kind.

    Raises `E_NO_INPUT` at once for a source that does not exist or holds nothing; while reading, `E_MISSING_COLUMN` for
    a table without a column that is needed and `E_EXTRA_MISSING` for a web page without the extra `html`, if they were
    named themselves: in a folder they are refused, and the others read.
    """
    checked = checked_map(field_map)
    found = find_sources(sources, skipped or (lambda name: None))
    return chain.from_iterable(_documents(source, checked) for source in found)


def _documents(source: Source, field_map: Mapping[str, str]) -> Iterator[Article | Reject]:
    try:
        yield from _open(source, field_map)
    except OSError as error:
        yield Reject(source.name, "R_UNREADABLE", error.strerror or str(error), b"")
    except Unusable as error:
        if not source.in_folder:
            place = source.name.removesuffix("/")
            raise CurationError(error.error, f"{place}: {error.reason}", fix=error.fix) from None
        from curation.articles.documents import beginning

        yield Reject(source.name, error.code, f"{error.reason} (fix: {error.fix})", beginning(source.path))


def _open(source: Source, field_map: Mapping[str, str]) -> Iterator[Article | Reject]:
    # Each kind is imported where it is met: a run over JSON Lines loads nothing else.
    if source.kind == "lines":
        from curation.articles.lines import read_lines

        return read_lines(source, field_map)
    if source.kind == "text":
        from curation.articles.documents import read_document

        return read_document(source)
    if source.kind == "page":
        from curation.articles.pages import read_page

        return read_page(source)
    if source.kind == "table":
        from curation.articles.tables import read_table

        return read_table(source, field_map)
    from curation.articles import arrow

    return (arrow.read_parquet if source.kind == "parquet" else arrow.read_dataset)(source, field_map)
