"""`curation rehydrate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curation.cli.console import command, counted, emit, progress
from curation.cli.ingest import pairs
from curation.errors import Exit

if TYPE_CHECKING:
    from curation.export.rehydrating import Rehydrated

_SHOWN = 20


def register(cli: click.Group) -> None:
    """Add the command that needs a dataset, articles, and no workspace."""

    @command(cli, "rehydrate")
    @click.argument("dataset", type=click.Path(path_type=Path, file_okay=False))
    @click.option(
        "--articles",
        "articles",
        multiple=True,
        required=True,
        metavar="SOURCE",
        help="A file or folder that holds articles, in any form that `curation ingest` reads; may be given again.",
    )
    @click.option(
        "--map",
        "mapping",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="Our field (text, title, id, url) and the source's column that holds it.",
    )
    @click.option("--encoding", help="Of text that is not UTF-8 (default: detected).")
    @click.option("--fix-mojibake", is_flag=True, help="Mend text that was read with the wrong charset once.")
    @click.option("--out", type=click.Path(path_type=Path), help="The new dataset. Default: DATASET-with-texts.")
    def rehydrate(
        dataset: Path,
        articles: tuple[str, ...],
        mapping: tuple[str, ...],
        encoding: str | None,
        fix_mojibake: bool,
        out: Path | None,
    ) -> Exit:
        """Put the texts back into a dataset that was published without them.

        DATASET is a folder with hashes, addresses and offsets in the place of texts. An article is taken for one of the
        dataset's where its text, cleaned as every article is, has the hash that was published: then every offset fits.
        Where all articles are there, the tables are byte for byte those of a dataset that was built with its texts.

        Articles that could not be found are named, and rows about them left out of the new dataset. Of some there is a
        text with their id or address whose hash is another: it was edited since, or cleaned otherwise.

        \b
        Example:
          curation rehydrate downloads/news-stance --articles archive/ --out news-stance

        Exit status 1 if articles are missing.
        """
        from curation.articles import Options
        from curation.workspace.releases import rehydrate as run

        options = Options(field_map=pairs("--map", mapping), encoding=encoding, fix_mojibake=fix_mojibake)
        place = out or dataset.resolve().with_name(f"{dataset.resolve().name}-with-texts")
        with progress("Looking for articles") as bar:
            done = run(dataset, articles, place, options=options, progress=bar)
        emit(done, _lines(done))
        return Exit.FINDINGS if done.missing else Exit.OK


def _lines(done: Rehydrated) -> Iterator[str]:
    from curation.reports import visible

    for one in done.missing[:_SHOWN]:
        why = "the text that is there has another hash" if one.reason == "differs" else "not there"
        yield f"missing  {visible(' '.join(filter(None, (one.article_id, one.url))))}: {why}"
    if len(done.missing) > _SHOWN:
        yield f"... and {len(done.missing) - _SHOWN:,} more; --json has them all"
    if done.left_out:
        yield f"{counted(done.left_out, 'row')} about {counted(len(done.missing), 'article')} left out"
    if done.titles:
        yield f"{counted(done.titles, 'title')} not there as published, and null"
    if done.unread:
        yield f"{counted(done.unread, 'document')} could not be read; `curation ingest --dry-run` tells why"
    note = "" if done.changed else " (unchanged: nothing to do)"
    yield f"{done.restored:,} of {counted(done.articles, 'article')} have their texts again, in {done.path}{note}"
