"""Read articles from files and folders, one after the other, in memory that does not grow with their number."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import chain
from pathlib import Path

from curation.articles.formats.columns import checked_map
from curation.articles.formats.documents import beginning
from curation.articles.formats.encodings import checked_encoding
from curation.articles.formats.packing import unpack
from curation.articles.languages import with_language
from curation.articles.options import Options
from curation.articles.rejects import Broken, Unusable
from curation.articles.sources import STDIN, WEB, Source, find_sources, web_address
from curation.errors import CurationError
from curation.records import Article, Reject

READERS = {
    "text": ("documents", "read_document"),
    "page": ("pages", "read_page"),
    "lines": ("lines", "read_lines"),
    "json": ("arrays", "read_json"),
    "table": ("tables", "read_table"),
    "parquet": ("arrow", "read_parquet"),
    "sheet": ("sheets", "read_sheets"),
    "warc": ("warc", "read_warc"),
    "dataset": ("arrow", "read_dataset"),
    WEB: ("pages", "read_address"),
}
"""Kind of file -> the module of `formats` and the function in it that read it."""

_FORMATS = "curation.articles.formats."


def read(sources: Sequence[str | Path], options: Options | None = None) -> Iterator[Article | Reject]:
    """The articles in `sources`, and in their places what had to be refused.

    A source is a file of a kind in `KINDS`, a folder that `datasets` saved, a file packed in a way of `PACKINGS`, a
    folder of these, which is read sorted by name, `-`, standard input, or the address of a page, which `options.fetch`
    gets. Columns of no field go to `Article.meta`.

    Raises `E_NO_INPUT` at once for a source that does not exist or holds nothing, `E_NOT_FETCHED` for an address that
    nobody may fetch; while reading, `E_MISSING_COLUMN` for a table without a column that is needed and
    `E_EXTRA_MISSING` for a file whose extra is not installed, if they were named themselves: in a folder they are
    refused, and the others read.
    """
    options = options or Options()
    options = replace(options, field_map=checked_map(options.field_map))
    checked_encoding(options.encoding)
    address = next(filter(None, map(web_address, sources)), None)
    if address is not None and options.fetch is None:
        raise CurationError("E_NOT_FETCHED", f"{address} is on the network")
    found = find_sources(sources, options.on_skipped, options.kind)
    return chain.from_iterable(_of_file(source, options) for source in found)


def _of_file(source: Source, options: Options) -> Iterator[Article | Reject]:
    """The documents of a source, each with the mark of its file: the same under every name that leads there."""
    there = source.kind != WEB and str(source.path) != STDIN
    path = os.fsencode(os.path.realpath(source.path))
    mark = hashlib.blake2b(path, digest_size=8).hexdigest() if there else None
    for document in documents(source, options):
        # They are frozen for everybody else; a copy of each would cost more than reading some of them.
        object.__setattr__(document, "file", mark)
        yield document


def documents(source: Source, options: Options, *, identify: bool = True) -> Iterator[Article | Reject]:
    """What `read` yields for one source; without `identify`, languages that the source does not give are left open.

    The field map of `options` is taken as it is.
    """
    try:
        if source.kind in READERS:
            found = _open(source, options)
            yield from map(_identified, found) if identify else found
        else:
            for inner in unpack(source, options):
                if isinstance(inner, Reject):
                    yield inner
                else:
                    yield from documents(inner, options, identify=identify)
    except Broken as error:
        yield Reject(source.name, error.code, error.reason, error.tail)
    except OSError as error:
        yield Reject(source.name, "R_UNREADABLE", error.strerror or str(error), b"")
    except Unusable as error:
        if not source.in_folder:
            place = source.name.removesuffix("/")
            raise CurationError(error.error, f"{place}: {error.reason}", fix=error.fix) from None
        yield Reject(source.name, error.code, f"{error.reason} (fix: {error.fix})", beginning(source))


def _open(source: Source, options: Options) -> Iterator[Article | Reject]:
    # Each kind is imported where it is met: a run over JSON Lines loads nothing else.
    module, function = READERS[source.kind]
    found: Iterator[Article | Reject] = getattr(import_module(_FORMATS + module), function)(source, options)
    return found


def _identified(document: Article | Reject) -> Article | Reject:
    return with_language(document) if isinstance(document, Article) else document
